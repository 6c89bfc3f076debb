#ifndef OSSIFY_RECEIVER_RECEIVED_CALLBACK_HPP
#define OSSIFY_RECEIVER_RECEIVED_CALLBACK_HPP

#include <ossify/callback/message.hpp>
#include <ossify/callback/signature.hpp>
#include <ossify/codec/describe.hpp>
#include <ossify/codec/json.hpp>
#include <ossify/codec/percent.hpp>
#include <ossify/core/result.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace ossify {

/// A callback request as it came. Thread safety: a value.
class received_callback {
public:
    received_callback() = default;

    std::string target;        ///< path and query as they were received and signed
    std::string content_type;
    std::string body;          ///< as it was received and signed
    std::string request_id;    ///< of the upload; the signature does not cover it
    std::string client;        ///< the IP address of the sender, or of a proxy before us

    /// The path of the target, still encoded.
    std::string_view path() const noexcept { return detail::target_path(target); }

    /// Returns: the body in a described struct. Errors: malformed_callback.
    template<codec::described Event>
    result<callback_event<Event>> decode() const
    {
        return decode_callback<Event>(content_type, body);
    }

    /// Returns: the body as JSON. A form becomes an object of texts, a name that comes several times an array of them;
    /// a body that is not what it says stays text.
    json::value members() const;
};

inline json::value received_callback::members() const
{
    auto const as_text = [this] { return json::value(json::string_view(body.data(), body.size())); };
    if (detail::is_json(content_type, body)) {
        auto parsed = codec::parse_json(body);
        return parsed ? *std::move(parsed) : as_text();
    }
    auto const fields = codec::parse_form(body);
    if (!fields)
        return as_text();
    json::object out;
    for (auto const& [name, text] : *fields) {
        json::value value(json::string_view(text.data(), text.size()));
        auto& slot = out[name];
        if (slot.is_null()) {
            slot = std::move(value);
        } else if (auto* const several = slot.if_array()) {
            several->push_back(std::move(value));
        } else {
            json::array both;
            both.push_back(std::move(slot));
            both.push_back(std::move(value));
            slot = std::move(both);
        }
    }
    return out;
}

/// What became of one callback; handed to a log.
class callback_log_entry {
public:
    explicit callback_log_entry(received_callback const& which) : callback(which) {}

    received_callback const& callback;  ///< believe none of it unless `verified`
    bool verified = false;              ///< the service signed it
    unsigned status = 0;                ///< of the answer; only 200 makes the callback a success
    std::string reason;                 ///< why it was refused or failed; empty when it was accepted
    std::chrono::microseconds took{0};  ///< from the end of its head to its answer
};

}  // namespace ossify

#endif
