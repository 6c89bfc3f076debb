#ifndef OSSIFY_UPLOAD_SETTLE_HPP
#define OSSIFY_UPLOAD_SETTLE_HPP

#include <ossify/operation/head_object.hpp>
#include <ossify/operation/put_object.hpp>
#include <ossify/session/session.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ossify {

/// What an object must look like to be the one whose answer was lost.
class lost_object {
public:
    lost_object() = default;

    std::optional<std::uint64_t> bytes;  ///< where they are known
    std::optional<std::uint64_t> crc64;  ///< where it is known
    std::optional<std::chrono::seconds> age;  ///< since the operation began: an object older than that is another one
    unsigned parts = 0;       ///< the ETag of a multipart object ends in their number; 0: not such an object
};

/// HeadObject of the object that `request` stores.
template<transport Transport>
awaitable<result<answer>> ask_for_object(session<Transport>& s, service_request const& request,
                                         typename session<Transport>::time_point end)
{
    service_request head("HeadObject", http::method::head, request.bucket, request.key);
    if (request.headers.contains("x-oss-request-payer"))
        head.headers.append_valid("x-oss-request-payer", "requester");
    typename session<Transport>::state state;
    state.end = end;
    content const nothing;
    co_return co_await s.send(head, nothing, state);
}

/// Whether an object must be asked for when the request that stores it failed with `why`: it may have been acted upon; or what
/// an earlier attempt has done stands in the way now.
inline bool must_look(possible_effect const& effect, failure const& why)
{
    return effect.possible() || (effect.was_possible() && (why == errc::object_exists || why == errc::no_such_upload));
}

namespace detail {

/// What became of the pause before an object is looked for.
class pause {
public:
    pause() = default;

    bool again = false;           ///< the request may be sent again; see `session::may_retry`
    bool a_moment_later = false;  ///< a service that was about to end the request has done so
};

}  // namespace detail

/// Waits before an object is looked for: a service that is still at work can finish meanwhile. `repeat`: the request is worth
/// sending again after `why`. `until`: when there is no time to look any more.
/// Lifetime: all must live until the await returns.
template<transport Transport>
awaitable<detail::pause> wait_to_look(session<Transport>& s, failure const& why, bool repeat,
                                      typename session<Transport>::state& state,
                                      typename session<Transport>::time_point until)
{
    using clock = typename session<Transport>::clock;
    detail::pause out;
    constexpr std::chrono::milliseconds least(200);
    auto const moment = clock::now() + std::max(s.settings().retry().delay(2, 0.5), least);
    if (repeat)
        out.again = co_await s.may_retry(why, state);
    auto const now = clock::now();
    if (now < moment && moment < until)
        co_await s.sleep(std::chrono::ceil<std::chrono::milliseconds>(moment - now));
    out.a_moment_later = clock::now() >= moment;
    co_return out;
}

/// Until when the object of an operation that ends at `end` may be looked for. `to_look`: how much longer that is.
template<class TimePoint>
TimePoint end_of_look(TimePoint end, std::chrono::milliseconds to_look)
{
    return end == TimePoint::max() ? end : end + to_look;
}

/// Asks for an object whose answer had another CRC-64 than what was sent: a damaged answer says nothing of the object.
/// Returns: whether the object that is there is the one that was sent, of `bytes` bytes and with that `etag`.
/// Errors: those of HeadObject.
/// Lifetime: all must live until the await returns.
template<transport Transport>
awaitable<result<bool>> is_as_sent(session<Transport>& s, service_request const& request, std::uint64_t bytes,
                                   std::string const& etag, std::uint64_t crc64,
                                   typename session<Transport>::time_point end)
{
    auto const got = co_await ask_for_object(s, request, end);
    if (!got)
        co_return got.error();
    auto const found = decode_head_object(got->head);
    co_return found && found->crc64 == crc64 && found->bytes == bytes && found->etag == etag;
}

/// What to say when it is not, or when nobody could tell.
inline failure other_bytes(std::uint64_t sent, std::string const& stored, result<bool> const& looked,
                           std::string request_id, std::string_view operation_name)
{
    failure why(errc::crc_mismatch, "sent " + std::to_string(sent) + ", stored " + stored +
                                        ": an object is there, with other bytes than those sent");
    if (!looked)
        why.edit().message += ", or the answer is damaged: asking for the object failed: " + to_string(looked.error());
    why.edit().request_id = std::move(request_id);
    return std::move(why).in(operation_name);
}

/// What to say when nobody can tell whether `request`, which failed with `lost`, has stored its object.
inline failure unknown_outcome(service_request const& request, failure const& lost, std::string const& why)
{
    failure out(errc::outcome_unknown,
                lost.code().message() + "; " + why + ". Ask for it later, and compare size and CRC-64");
    return std::move(out).in(request.operation);
}

/// What the answer to HeadObject tells of a request that stores an object and failed with `lost`.
/// Returns: the stored object, with its callback unknown if one was requested; nothing when the object is not there or
/// is another one. Errors: `outcome_unknown` when that cannot be told either.
/// Source: the service offers no request ids for this; size and CRC-64 are what the answer would have carried.
inline result<std::optional<stored_object<>>> judge(result<answer> const& got, service_request const& request,
                                                    lost_object const& wanted, failure const& lost)
{
    if (!got && got.error() == condition::not_found)
        return std::optional<stored_object<>>();
    auto const unknown = [&](std::string const& why) {
        return unknown_outcome(request, lost, "asking for the object failed too: " + why);
    };
    if (!got)
        return unknown(to_string(got.error()));
    auto const found = decode_head_object(got->head);
    if (!found)
        return unknown(to_string(found.error()));
    if (!detail::is_from_service(got->head))
        return unknown(to_string(detail::foreign_answer("HeadObject", got->head)));
    bool same = !wanted.bytes || found->bytes == *wanted.bytes;
    if (same && wanted.age) {
        // both times are the service's own, so that a skewed clock here does not matter
        auto const now = codec::parse_http_date(got->head.headers.get("Date"));
        if (!now || !found->last_modified)
            return unknown("the service did not say how old the object is");
        same = *found->last_modified + std::chrono::seconds(2) >= *now - *wanted.age;
    }
    if (wanted.parts != 0)
        same = same && found->etag.ends_with("-" + std::to_string(wanted.parts));
    if (same && !wanted.crc64)
        return unknown("the CRC-64 of what was sent is not known");
    if (same && !found->crc64)
        return unknown("the service gave no CRC-64 to compare");
    same = same && *found->crc64 == *wanted.crc64;
    if (!same)
        return std::optional<stored_object<>>();
    stored_object<> stored;
    stored.etag = found->etag;
    stored.crc64 = found->crc64;
    stored.bytes = found->bytes;
    stored.version_id = found->version_id;
    stored.parts = wanted.parts;
    if (request.carries_callback)
        stored.callback = callback_outcome<>::unknown_because(lost);
    return std::optional<stored_object<>>(std::move(stored));
}

}  // namespace ossify

#endif
