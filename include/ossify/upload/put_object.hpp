#ifndef OSSIFY_UPLOAD_PUT_OBJECT_HPP
#define OSSIFY_UPLOAD_PUT_OBJECT_HPP

#include <ossify/auth/names.hpp>
#include <ossify/body/file.hpp>
#include <ossify/callback/encoded.hpp>
#include <ossify/codec/base64.hpp>
#include <ossify/codec/digest.hpp>
#include <ossify/operation/part.hpp>
#include <ossify/operation/put_object.hpp>
#include <ossify/session/session.hpp>
#include <ossify/upload/body_setters.hpp>
#include <ossify/upload/object_setters.hpp>
#include <ossify/upload/operation_end.hpp>
#include <ossify/upload/settle.hpp>

#include <asio/error.hpp>

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>

namespace ossify {

/// How far a put got. Bytes of an attempt that failed no longer count.
class put_progress {
public:
    put_progress(std::uint64_t bytes_sent, std::uint64_t bytes_total) : sent(bytes_sent), total(bytes_total) {}

    std::uint64_t sent;   ///< bytes handed to the connection
    std::uint64_t total;  ///< bytes of the object
};

/// Stores bytes of known length, up to 5 GB, as one object.
/// `Reply` is deduced from the callback: the struct that the application server answers with.
template<class Reply = void>
class put_object_request : public object_setters<put_object_request<Reply>>,
                           public body_setters<put_object_request<Reply>> {
public:
    put_object_request(std::string bucket, std::string key) : bucket_(std::move(bucket)), key_(std::move(key)) {}

    /// Sends a regular file; it is opened here. What goes wrong with that comes out of the operation.
    put_object_request& file(std::filesystem::path const& path, file_reading how = file_reading::copy)
    {
        auto opened = file_source::open(path, how);
        if (opened)
            return this->body_from(*std::move(opened));
        refused_ = std::move(opened).error();
        return *this;
    }

    /// Has OSS call an application server when the object is stored, and return its answer.
    /// Returns: the request, with the type of that answer.
    template<upload_callback Callback>
    [[nodiscard]] put_object_request<callback_reply_t<Callback>> callback(Callback const& c) const
    {
        detail::require_complete<Callback>();
        put_object_request<callback_reply_t<Callback>> typed(*this);
        auto encoded = c.encode();
        if (encoded)
            typed.callback_ = *std::move(encoded);
        else
            typed.refused_ = std::move(encoded).error();
        return typed;
    }

    /// Sends the body's MD5, so that the service refuses a body that arrives changed. Costs a pass over the body;
    /// CRC-64, which is compared anyway, guards as well against accidents.
    put_object_request& content_md5(bool v = true) { return this->set(md5_, v); }
    /// Whether the CRC-64 of what was sent is compared with the service's. Default: yes. Without it a lost answer cannot
    /// be settled either: it ends as `outcome_unknown`, unless there is no such object.
    put_object_request& check_crc64(bool v) { return this->set(crc_, v); }
    /// Called on the operation's executor after every chunk, at most 256 KiB (512 KiB with `file_reading::sendfile`);
    /// it must not throw.
    put_object_request& on_progress(std::function<void(put_progress const&)> hook)
    {
        return this->set(on_progress_, std::move(hook));
    }
    /// The limit for the whole operation with its retries. Default: the client's.
    put_object_request& time_limit(std::chrono::milliseconds t) { return this->set(time_limit_, t); }

private:
    template<class>
    friend class put_object_request;
    friend class body_setters<put_object_request>;
    friend class prepared_put;

    template<class Other>
    explicit put_object_request(put_object_request<Other> const& other)
        : object_setters<put_object_request<Reply>>(other.headers_),
          bucket_(other.bucket_),
          key_(other.key_),
          body_(other.body_),
          callback_(other.callback_),
          refused_(other.refused_),
          on_progress_(other.on_progress_),
          time_limit_(other.time_limit_),
          md5_(other.md5_),
          crc_(other.crc_)
    {
    }

    void take_body(ossify::body b, std::string) { body_ = std::move(b); }

    std::string bucket_;
    std::string key_;
    ossify::body body_;
    encoded_callback callback_;
    std::optional<failure> refused_;
    std::function<void(put_progress const&)> on_progress_;
    std::chrono::milliseconds time_limit_{0};
    bool md5_ = false;
    bool crc_ = true;
};

/// A put, checked and encoded: independent of the request object it was made from.
class prepared_put {
public:
    template<class Reply>
    explicit prepared_put(put_object_request<Reply> const& r)
        : prepared_put(r.bucket_, r.key_, r.body_, r.headers_, r.callback_, r.refused_)
    {
        on_progress = r.on_progress_;
        time_limit = r.time_limit_;
        md5 = r.md5_;
        crc = r.crc_;
    }

    prepared_put(std::string bucket, std::string key, body sent, object_headers const& headers,
                 encoded_callback const& callback, std::optional<failure> why_refused = {})
        : request("PutObject", http::method::put, std::move(bucket), std::move(key)),
          sends(std::move(sent)),
          refused(std::move(why_refused)),
          exclusive(headers.forbid_overwrite)
    {
        auto const note = [this](result<void> const& checked) {
            if (!refused && !checked)
                refused = checked.error();
        };
        note(check_bucket_name(request.bucket));
        note(check_object_key(request.key));
        request.headers.reserve(8, 192 + callback.callback_base64().size() + callback.callback_var_base64().size());
        note(headers.encode(request.key, object_headers::use::put, request.headers));
        if (sends.length > max_put_bytes)
            note(failure(errc::body_too_large, "one put carries at most 5 GB; upload larger objects in parts"));
        request.attach(callback);
    }

    service_request request;
    content sends;
    std::optional<failure> refused;
    std::function<void(put_progress const&)> on_progress;
    send_observer* observer = nullptr;  ///< in place of `on_progress`; must live until the put ends
    std::chrono::milliseconds time_limit{0};
    std::chrono::milliseconds to_look{0};  ///< how long, beyond the time limit, the object may be asked for
    bool md5 = false;
    bool crc = true;
    bool exclusive = false;  ///< must not replace an object

    /// Sent again, it would call the application server twice, or run into the object that it has stored itself.
    bool acts_once() const noexcept { return request.carries_callback || exclusive; }
};

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
    auto const until = std::max(state.end, session<Transport>::clock::now() + put.to_look);
    auto const same = co_await is_as_sent(s, put.request, stored->bytes, stored->etag, state.crc64, until);
    if (!same || !*same)
        co_return other_bytes(state.crc64, theirs, same, stored->request_id, put.request.operation);
    stored->crc64 = state.crc64;
    co_return stored;
}

/// Whether a request that was answered, the last one or an earlier one, may have stored the object. When all were answered
/// with an error of the service's own, or with another CRC-64, that is what the caller is told, but for a put that must not
/// be sent blindly again.
template<class State>
bool may_be_stored(prepared_put const& put, State const& state, failure const& why)
{
    return state.in_doubt && (put.acts_once() || (why != errc::service_internal && why != errc::crc_mismatch));
}

inline failure ask_later(prepared_put const& put, failure const& lost, std::string const& why)
{
    failure out(errc::outcome_unknown, lost.code().message() + "; " + why + ". Ask for it later, and compare size and CRC-64");
    return std::move(out).in(put.request.operation);
}

/// Goes on with a put that reached the service and whose answer is lost: the object itself tells what became of it.
/// Lifetime: all must live until the await returns.
template<transport Transport>
awaitable<result<stored_object<>>> settle_put(session<Transport>& s, prepared_put const& put,
                                              typename session<Transport>::state& state,
                                              typename session<Transport>::time_point began, failure lost)
{
    using clock = typename session<Transport>::clock;
    auto const until = [&] { return std::max(state.end, clock::now() + put.to_look); };
    auto const moment = s.settings().retry().delay(2, 0.5);
    while (state.answer_lost) {
        // The back-off comes first, so that a service that is still at work can finish.
        bool again = false;
        if (put.acts_once() && is_retryable(lost))
            again = co_await s.may_retry(lost, state);
        if (until() <= clock::now())
            co_return ask_later(put, lost, "no time is left to ask for the object");
        if (!again && until() > clock::now() + moment)
            co_await s.sleep(moment);
        lost_object looked_for;
        looked_for.bytes = put.sends.length;
        if (put.crc)
            looked_for.crc64 = state.crc64;
        looked_for.age = std::chrono::ceil<std::chrono::seconds>(clock::now() - began);
        auto verdict = co_await settle(s, put.request, looked_for, lost, until());
        // this put was answered: who cannot ask is left with that, and may try again
        bool const told = put.acts_once() && lost == errc::service_internal && !state.late;
        if (!verdict && !told)
            co_return std::move(verdict).error();
        if (verdict && *verdict) {
            if (auto why = mixed(put, {}))
                co_return *std::move(why);
            stored_object<> found = std::move(**verdict);
            found.retries = state.attempts - 1;
            co_return found;
        }
        if (!again)
            break;
        if (verdict)
            state.in_doubt = false;  // it is not there
        auto got = co_await s.send(put.request, put.sends, state);
        if (got) {
            state.answer_lost = true;  // until it is confirmed
            co_return co_await confirmed_by<void>(s, put, state, *got);
        }
        lost = std::move(got).error();
        bool const own_perhaps = put.exclusive && lost == errc::object_exists;
        state.answer_lost = state.answer_lost || own_perhaps || may_be_stored(put, state, lost);
    }
    if (state.late)
        co_return ask_later(put, lost, "the object is not there, but the service may be at work on it still");
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
        if (got && put.acts_once() && session<Transport>::mismatch(*got, state, put.request.operation)) {
            state.answer_lost = true;  // until it is confirmed
            co_return co_await detail::confirmed_by<Reply>(*s, put, state, *got);
        }
        if (got)
            co_return detail::stored_by<Reply>(put, state.attempts, *std::move(got));
        why = std::move(got).error();
        state.answer_lost = state.answer_lost || detail::may_be_stored(put, state, why);
        if (state.answer_lost) {
            auto settled = co_await detail::settle_put(*s, put, state, began, why);
            co_return detail::typed<Reply>(std::move(settled));
        }
    } catch (std::system_error const& e) {
        if (e.code() != asio::error::operation_aborted)
            throw;
        why = failure(errc::cancelled);
        if (state.answer_lost || state.in_doubt || state.late)
            why = failure(errc::outcome_unknown, "cancelled after all was sent").in(put.request.operation);
    }
    co_return ended(std::move(why));
}

}  // namespace ossify

#endif
