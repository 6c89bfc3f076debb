#ifndef OSSIFY_EMULATOR_OWN_PAGES_HPP
#define OSSIFY_EMULATOR_OWN_PAGES_HPP

#include <ossify/codec/date.hpp>
#include <ossify/codec/json.hpp>
#include <ossify/codec/xml.hpp>
#include <ossify/emulator/overview_page.hpp>
#include <ossify/emulator/service.hpp>

#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ossify::emulation {

/// The path under which the emulator serves the key that its callbacks are signed with, as the real one does.
inline constexpr std::string_view public_key_path = "/callback_pub_key_v1.pem";

/// Something that the emulator serves besides the service. No bucket can have such a name.
class own_page {
public:
    own_page() = default;
    own_page(std::string type, std::string text) : content_type(std::move(type)), body(std::move(text)) {}

    unsigned status = 200;
    std::string content_type;
    std::string body;
};

namespace detail {

/// Any bytes as text of JSON, which is UTF-8: each byte that is none becomes U+FFFD.
inline json::string text_of(std::string_view bytes)
{
    json::string out;
    out.reserve(bytes.size());
    while (!bytes.empty()) {
        auto const first = static_cast<unsigned char>(bytes[0]);
        std::size_t const n = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
        std::string_view const one = bytes.substr(0, n);
        bool const fits = first < 0x80 || (one.size() == n && codec::xml_can_hold(one));
        std::string_view const shown = fits ? one : "\xef\xbf\xbd";
        out.append(shown.begin(), shown.end());
        bytes.remove_prefix(fits ? n : 1);
    }
    return out;
}

/// The callbacks so far, oldest first, as JSON. Source of the shape: `delivery`.
inline json::value callbacks_as_json(service& of)
{
    std::lock_guard const lock(of.mutex);
    json::array out;
    for (auto const& d : of.deliveries.entries()) {
        json::array attempts;
        for (auto const& a : d.attempts) {
            json::object one;
            one["url"] = text_of(a.url);
            one["requestHead"] = text_of(a.request_head);
            one["status"] = a.status;
            one["answerHead"] = text_of(a.answer_head);
            one["answerBody"] = text_of(a.answer_body);
            one["verdict"] = text_of(a.verdict);
            one["milliseconds"] = a.took.count();
            attempts.push_back(std::move(one));
        }
        json::object one;
        one["requestId"] = text_of(d.request_id);
        one["operation"] = text_of(d.operation);
        one["bucket"] = text_of(d.bucket);
        one["key"] = text_of(d.key);
        one["time"] = text_of(codec::iso_extended_ms(d.began));
        one["bodyType"] = text_of(d.body_type);
        one["body"] = text_of(d.body);
        one["delivered"] = d.delivered;
        one["attempts"] = std::move(attempts);
        out.push_back(std::move(one));
    }
    return out;
}

/// The multipart uploads so far, oldest first, as JSON: with how often each part was stored.
inline json::value uploads_as_json(service& of)
{
    std::lock_guard const lock(of.mutex);
    json::array out;
    for (auto const& u : of.uploads.entries()) {
        json::object received;
        for (auto const& [number, times] : u.received)
            received[std::to_string(number)] = times;
        json::object one;
        one["uploadId"] = text_of(u.id);
        one["bucket"] = text_of(u.bucket);
        one["key"] = text_of(u.key);
        one["state"] = text_of(to_string(u.state));
        one["received"] = std::move(received);
        out.push_back(std::move(one));
    }
    return out;
}

}  // namespace detail

/// What the emulator itself serves under a target; nothing when the target belongs to the service.
inline std::optional<own_page> find_own_page(service& of, std::string_view target)
{
    if (target == public_key_path) {
        auto const key = of.signing_key();
        own_page out("application/x-pem-file", key ? key->public_pem() : std::string());
        out.status = key ? 200 : 500;
        return out;
    }
    if (target == "/_emulator" || target == "/_emulator/" || target == "/_emulator/?watch")
        return own_page("text/html; charset=utf-8", overview_page(of, target.ends_with("?watch")));
    if (target == "/_emulator/callbacks")
        return own_page("application/json", codec::to_json_text(detail::callbacks_as_json(of)));
    if (target == "/_emulator/uploads")
        return own_page("application/json", codec::to_json_text(detail::uploads_as_json(of)));
    return std::nullopt;
}

}  // namespace ossify::emulation

#endif
