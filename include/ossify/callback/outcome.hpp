#ifndef OSSIFY_CALLBACK_OUTCOME_HPP
#define OSSIFY_CALLBACK_OUTCOME_HPP

#include <ossify/codec/describe.hpp>
#include <ossify/codec/json.hpp>
#include <ossify/core/failure.hpp>
#include <ossify/core/result.hpp>

#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace ossify {

/// What became of the callback of an upload that is stored.
enum class callback_status {
    not_requested = 1,  ///< the request carried no callback
    delivered,          ///< the application server answered, and the service accepted its answer
    failed,             ///< the object is stored; the service got no acceptable answer from the application server
    unknown,            ///< the object is stored; the service's answer was lost, and with it that of the application
};

inline std::string_view to_string(callback_status status) noexcept
{
    switch (status) {
    case callback_status::not_requested: return "not requested";
    case callback_status::delivered: return "delivered";
    case callback_status::failed: return "failed";
    case callback_status::unknown: return "unknown";
    }
    return "unknown";
}

template<class Reply = void>
class callback_outcome;

/// The outcome with the answer as text.
template<>
class callback_outcome<void> {
public:
    /// No callback was requested.
    callback_outcome() = default;

    static callback_outcome delivered_with(std::string body)
    {
        return {callback_status::delivered, std::move(body), ossify::failure(std::error_code())};
    }
    static callback_outcome failed_because(ossify::failure why)
    {
        return {callback_status::failed, {}, std::move(why)};
    }
    static callback_outcome unknown_because(ossify::failure why)
    {
        return {callback_status::unknown, {}, std::move(why)};
    }

    callback_status status() const noexcept { return status_; }
    bool requested() const noexcept { return status_ != callback_status::not_requested; }
    bool delivered() const noexcept { return status_ == callback_status::delivered; }
    bool failed() const noexcept { return status_ == callback_status::failed; }
    bool unknown() const noexcept { return status_ == callback_status::unknown; }

    /// The application server's answer, byte for byte; empty unless `delivered()`. It is untrusted text.
    std::string const& body() const noexcept { return body_; }

    /// Why the callback failed or is unknown: the service's message, EC and request id. Says that there is no
    /// failure otherwise.
    ossify::failure const& failure() const noexcept { return failure_; }

private:
    callback_outcome(callback_status status, std::string body, ossify::failure why)
        : status_(status), body_(std::move(body)), failure_(std::move(why))
    {
    }

    callback_status status_ = callback_status::not_requested;
    std::string body_;
    ossify::failure failure_{std::error_code()};
};

/// The outcome with the answer as a `Reply`: a struct described with BOOST_DESCRIBE_STRUCT.
template<class Reply>
class callback_outcome {
public:
    /// No callback was requested.
    callback_outcome() = default;
    explicit callback_outcome(callback_outcome<void> untyped) : untyped_(std::move(untyped)) {}

    callback_status status() const noexcept { return untyped_.status(); }
    bool requested() const noexcept { return untyped_.requested(); }
    bool delivered() const noexcept { return untyped_.delivered(); }
    bool failed() const noexcept { return untyped_.failed(); }
    bool unknown() const noexcept { return untyped_.unknown(); }

    /// The application server's answer, byte for byte; empty unless `delivered()`. It is untrusted text.
    std::string const& body() const noexcept { return untyped_.body(); }

    /// Reads the answer as a `Reply`.
    /// Errors: malformed_json when the answer is not such a JSON object; `failure()` when none was delivered.
    result<Reply> reply() const
    {
        if (!delivered())
            return failure();
        unsigned char memory[1024];  // a short answer takes none of the heap
        json::monotonic_resource scratch(memory, sizeof memory);
        auto const read = codec::parse_json(body(), &scratch);
        if (!read)
            return not_a_reply(read.error());
        auto parsed = codec::from_json<Reply>(*read);
        return parsed ? std::move(parsed) : not_a_reply(parsed.error());
    }

    /// Why the callback failed or is unknown: the service's message, EC and request id.
    ossify::failure const& failure() const noexcept { return untyped_.failure(); }

    callback_outcome<void> const& untyped() const noexcept { return untyped_; }

private:
    static ossify::failure not_a_reply(ossify::failure const& why)
    {
        return {why.code(), "the application server's answer does not fit the reply type: " + why.message()};
    }

    callback_outcome<void> untyped_;
};

}  // namespace ossify

#endif
