#ifndef OSSIFY_UPLOAD_PUT_OBJECT_HPP
#define OSSIFY_UPLOAD_PUT_OBJECT_HPP

#include <ossify/codec/base64.hpp>
#include <ossify/codec/digest.hpp>
#include <ossify/operation/put_object.hpp>
#include <ossify/session/session.hpp>
#include <ossify/upload/operation_end.hpp>
#include <ossify/upload/put_object_request.hpp>
#include <ossify/upload/settle.hpp>

#include <asio/error.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

namespace ossify {

namespace detail {

class put_observer final : public send_observer {
public:
    explicit put_observer(prepared_put const& put) : put_(put) {}
    awaitable<std::size_t> pace(std::size_t wanted) override { co_return wanted; }
    bool paces() const noexcept override { return false; }
    void on_sent(std::size_t bytes) override
    {
        sent_ += bytes;
        put_.on_progress(put_progress(sent_, put_.sends.length));
    }
    void on_attempt(unsigned) override { sent_ = 0; }

private:
    prepared_put const& put_;
    std::uint64_t sent_ = 0;
};

/// Adds the body's MD5 to a put.
inline awaitable<result<void>> add_md5(prepared_put& put, buffer_pool& buffers)
{
    content const& c = put.sends;
    codec::md5_stream sum;
    if (c.source.in_memory()) {
        sum.update(c.source.bytes().subspan(static_cast<std::size_t>(c.offset), static_cast<std::size_t>(c.length)));
    } else {
        auto const block = buffers.take();
        for (std::uint64_t at = 0; at != c.length;) {
            auto const part = block.bytes().first(
                static_cast<std::size_t>(std::min<std::uint64_t>(block.bytes().size(), c.length - at)));
            auto got = co_await c.source.read_at(c.offset + at, part);
            if (!got)
                co_return std::move(got).error();
            if (*got != part.size())
                co_return failure(errc::source_changed, "the source is shorter than it said");
            sum.update(part);
            at += part.size();
        }
    }
    auto const digest = sum.finish();
    put.request.headers.set("Content-MD5", codec::base64_encode(codec::as_chars(digest)));
    co_return result<void>();
}

/// What to say of an object whose source was written to while it was sent; nothing when it was not.
inline std::optional<failure> mixed(prepared_put const& put, std::string_view request_id)
{
    auto same = put.sends.source.check_unchanged();
    if (same)
        return std::nullopt;
    failure why = std::move(same).error();
    why.edit().message += ". The object is stored all the same, perhaps with bytes from before and after";
    why.edit().request_id = request_id;
    return std::move(why).in(put.request.operation);
}

/// Reads the answer to a put.
template<class Reply>
result<stored_object<Reply>> stored_by(prepared_put const& put, unsigned attempts, answer&& got)
{
    auto stored = decode_stored<Reply>(put.request, got.head, std::move(got.body));
    if (stored) {
        stored->bytes = put.sends.length;
        stored->retries = attempts - 1;
    }
    if (auto why = mixed(put, got.head.headers.get("x-oss-request-id")))
        stored = *std::move(why);
    return stored;
}

/// Makes a success that is none of the service's a failure. What it means, nobody knows.
template<class State>
void refuse_foreign(result<answer>& got, prepared_put const& put, State& state)
{
    if (!got)
        return;
    http::response_head const& head = got->head;
    bool const is_usual = head.status == 200 || head.status == 203;
    if (is_failed_callback(put.request, head) || (is_usual && is_from_service(head)))
        return;
    state.effect.answered_unclearly();
    got = foreign_answer(put.request.operation, head);
}

/// Reads the answer to a put that must not be sent again because of the answer's CRC-64: the object is asked for then.
/// Lifetime: all must live until the await returns.
template<class Reply, transport Transport>
awaitable<result<stored_object<Reply>>> confirmed_by(session<Transport>& s, prepared_put const& put,
                                                     typename session<Transport>::state& state, answer& got)
{
    constexpr std::string_view crc_header = "x-oss-hash-crc64ecma";
    auto const differs = session<Transport>::mismatch(got, state, put.request.operation);
    std::string const theirs(got.head.headers.get(crc_header));
    if (differs)
        got.head.headers.erase(crc_header);
    auto stored = stored_by<Reply>(put, state.attempts, std::move(got));
    if (!stored || !differs)
        co_return stored;
    auto const until = end_of_look(state.end, put.to_look);
    auto const same = co_await is_as_sent(s, put.request, stored->bytes, stored->etag, state.crc64, until);
    if (!same || !*same)
        co_return other_bytes(state.crc64, theirs, same, stored->request_id, put.request.operation);
    stored->crc64 = state.crc64;
    co_return stored;
}

/// Whether a put that failed with `why` was answered each time, and the caller can be left with what was said: that another
/// CRC-64 is stored, or, each time, that the service failed. Who cannot ask for the object is.
template<class State>
bool is_told(State const& state, failure const& why)
{
    return !state.effect.unanswered() &&
           (why == errc::crc_mismatch || (why == errc::service_internal && !state.differed));
}

/// Goes on with a put that failed and may have been acted upon: the object itself tells what became of it.
/// Lifetime: all must live until the await returns.
template<transport Transport>
awaitable<result<stored_object<>>> settle_put(session<Transport>& s, prepared_put const& put,
                                              typename session<Transport>::state& state,
                                              typename session<Transport>::time_point began, failure lost)
{
    using clock = typename session<Transport>::clock;
    auto const until = end_of_look(state.end, put.to_look);
    bool is_there = false;  // something
    while (must_look(state.effect, lost)) {
        bool const repeat = put.acts_once() && is_retryable(lost);
        pause const before = co_await wait_to_look(s, lost, repeat, state, until);
        if (state.effect.unanswered() && until <= clock::now())
            co_return unknown_outcome(put.request, lost, "no time is left to ask for the object");
        auto const head = co_await ask_for_object(s, put.request, until);
        lost_object looked_for;
        looked_for.bytes = put.sends.length;
        if (put.crc)
            looked_for.crc64 = state.crc64;
        looked_for.age = std::chrono::ceil<std::chrono::seconds>(clock::now() - began);  // as it was when that was answered
        auto verdict = judge(head, put.request, looked_for, lost);
        if (verdict && *verdict) {
            if (auto why = mixed(put, {}))
                co_return *std::move(why);
            stored_object<> found = std::move(**verdict);
            found.retries = state.attempts - 1;
            co_return found;
        }
        is_there = head.has_value();
        if (!verdict && (is_there || !is_told(state, lost)))
            co_return std::move(verdict).error();
        if (is_there && state.differed && lost != errc::crc_mismatch) {
            failure other(errc::crc_mismatch, "an earlier attempt was stored with other bytes than those sent, then: " +
                                                  to_string(lost));
            co_return std::move(other).in(put.request.operation);
        }
        if (verdict)
            state.effect.found_nothing(before.a_moment_later);
        // a key that may not ask tries again; who could not be told just now, does not
        bool const may_not_ask = !head && head.error().info().http_status == 403;
        if (!before.again || !(verdict || may_not_ask))
            break;
        auto got = co_await s.send(put.request, put.sends, state);
        refuse_foreign(got, put, state);
        if (got) {
            state.effect.answered_unclearly();  // until it is confirmed
            co_return co_await confirmed_by<void>(s, put, state, *got);
        }
        lost = std::move(got).error();
    }
    if (is_there && !put.sends.source.check_unchanged())
        co_return unknown_outcome(put.request, lost, "the source was written to, so what an earlier attempt sent is not known");
    if (state.effect.unanswered())
        co_return unknown_outcome(put.request, lost, "the object is not there, but the service may be at work on it still");
    co_return ended(std::move(lost));
}

/// Gives the callback's answer its type; without one, hands the argument on.
template<class Reply>
decltype(auto) typed(result<stored_object<>>&& untyped)
{
    if constexpr (std::is_void_v<Reply>)
        return std::move(untyped);
    else
        return untyped ? result<stored_object<Reply>>(stored_object<Reply>(*std::move(untyped)))
                       : result<stored_object<Reply>>(std::move(untyped).error());
}

}  // namespace detail

/// Performs a put, until `end`, where that is given, instead of within its own limit. See `basic_client::put_object`.
/// One coroutine with a small frame does the usual case: most of what a short put costs here is memory.
template<transport Transport, class Reply = void>
awaitable<result<stored_object<Reply>>> put_object(std::shared_ptr<session<Transport>> s, prepared_put put,
                                                   typename session<Transport>::time_point end =
                                                       session<Transport>::time_point::max())
{
    if (put.refused)
        co_return std::move(*put.refused).in(put.request.operation);
    detail::put_observer observer(put);
    typename session<Transport>::state state;
    state.sums = put.crc;
    if (put.observer != nullptr)
        state.observer = put.observer;
    else if (put.on_progress)
        state.observer = &observer;
    state.on_lost = put.acts_once() ? lost_answer::report : lost_answer::resend;
    failure why(errc::cancelled);
    try {
        state.end = end == session<Transport>::time_point::max() ? s->end_after(put.time_limit) : end;
        if (put.md5) {
            auto const added = co_await detail::add_md5(put, s->buffers());
            if (!added)
                co_return ended(failure(added.error()).in(put.request.operation));
        }
        auto const began = session<Transport>::clock::now();
        auto got = co_await s->send(put.request, put.sends, state);
        detail::refuse_foreign(got, put, state);
        if (got && put.acts_once() && session<Transport>::mismatch(*got, state, put.request.operation)) {
            state.effect.answered_unclearly();  // until it is confirmed
            co_return co_await detail::confirmed_by<Reply>(*s, put, state, *got);
        }
        if (got)
            co_return detail::stored_by<Reply>(put, state.attempts, *std::move(got));
        why = std::move(got).error();
        bool const careful = put.acts_once() || state.differed;
        if (must_look(state.effect, why) && (careful || !detail::is_told(state, why))) {
            auto settled = co_await detail::settle_put(*s, put, state, began, why);
            co_return detail::typed<Reply>(std::move(settled));
        }
    } catch (std::system_error const& e) {
        if (e.code() != asio::error::operation_aborted)
            throw;
        why = failure(errc::cancelled);
        if (state.effect.possible())
            why = failure(errc::outcome_unknown, "cancelled after all was sent").in(put.request.operation);
    }
    co_return ended(std::move(why));
}

}  // namespace ossify

#endif
