#ifndef OSSIFY_UPLOAD_MULTIPART_CALLS_HPP
#define OSSIFY_UPLOAD_MULTIPART_CALLS_HPP

#include <ossify/auth/names.hpp>
#include <ossify/operation/abort_multipart_upload.hpp>
#include <ossify/operation/initiate_multipart_upload.hpp>
#include <ossify/operation/list_multipart_uploads.hpp>
#include <ossify/operation/list_parts.hpp>
#include <ossify/operation/upload_part.hpp>
#include <ossify/operation/upload_part_copy.hpp>
#include <ossify/session/session.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace ossify {

/// The requests of a multipart upload, each performed alone: encoded, sent with retries until `end`, decoded.
/// Errors: `invalid_argument` for what cannot be sent; those of the service and the connection.
/// Cancellation: terminal; whether the service acted is then unknown.

namespace detail {

inline result<void> check_names(std::string_view bucket, std::string_view key, std::string_view operation)
{
    if (auto ok = check_bucket_name(bucket); !ok)
        return std::move(ok).error().in(operation);
    if (auto ok = check_object_key(key); !ok)
        return std::move(ok).error().in(operation);
    return {};
}

/// Sends what `op` encodes to, and lets it read the answer. `watch`, if any, must live until the await returns.
template<transport Transport, class Operation>
auto perform_simply(std::shared_ptr<session<Transport>> s, Operation op, typename session<Transport>::time_point end,
                    send_observer* watch = nullptr)
    -> awaitable<decltype(op.decode(std::declval<http::response_head const&>(), std::string_view()))>
{
    auto request = op.encode();
    if (!request)
        co_return std::move(request).error();
    typename session<Transport>::state state;
    state.end = end;
    state.observer = watch;
    auto got = co_await s->send(*std::move(request), content(), state);
    if (!got)
        co_return std::move(got).error();
    co_return op.decode(got->head, got->body);
}

template<class Operation>
concept about_an_upload = requires(Operation const& op) { op.upload.upload_id; };

}  // namespace detail

template<transport Transport>
awaitable<result<multipart_upload>> perform(std::shared_ptr<session<Transport>> s, initiate_multipart_upload op,
                                            typename session<Transport>::time_point end, send_observer* watch = nullptr)
{
    if (auto ok = detail::check_names(op.bucket, op.key, op.operation); !ok)
        co_return std::move(ok).error();
    co_return co_await detail::perform_simply(std::move(s), std::move(op), end, watch);
}

/// UploadPartCopy, AbortMultipartUpload, ListParts.
template<transport Transport, detail::about_an_upload Operation>
auto perform(std::shared_ptr<session<Transport>> s, Operation op, typename session<Transport>::time_point end)
    -> decltype(detail::perform_simply(s, op, end))
{
    if (auto ok = detail::check_names(op.upload.bucket, op.upload.key, op.operation); !ok)
        co_return std::move(ok).error();
    auto done = co_await detail::perform_simply(std::move(s), op, end);
    if (!done)
        co_return detail::concerning(std::move(done).error(), op.upload);
    co_return done;
}

template<transport Transport>
awaitable<result<uploads_page>> perform(std::shared_ptr<session<Transport>> s, list_multipart_uploads op,
                                        typename session<Transport>::time_point end)
{
    if (auto ok = check_bucket_name(op.bucket); !ok)
        co_return std::move(ok).error().in(op.operation);
    co_return co_await detail::perform_simply(std::move(s), std::move(op), end);
}

/// UploadPart. `state` says how it is sent, and afterwards how that went.
/// Lifetime: `state` must live until the await returns.
template<transport Transport>
awaitable<result<part>> perform(std::shared_ptr<session<Transport>> s, upload_part op, content sends,
                                typename session<Transport>::state& state)
{
    if (auto ok = detail::check_names(op.upload.bucket, op.upload.key, op.operation); !ok)
        co_return std::move(ok).error();
    std::uint64_t const bytes = sends.length;
    for (;;) {
        auto request = op.encode();
        if (!request)
            co_return std::move(request).error();
        auto got = co_await s->send(*std::move(request), sends, state);
        if (!got)
            co_return detail::concerning(std::move(got).error(), op.upload, op.number);
        auto receipt = op.decode(got->head, got->body, bytes);
        if (receipt && state.sums)
            receipt->crc64 = state.crc64;
        // a part can be sent again without harm, and a receipt that makes no sense is one that was damaged
        if (receipt || state.attempts - state.forgiven >= s->settings().retry().max_attempts)
            co_return receipt;
    }
}

/// UploadPart, within the client's limits. `check`: compare the CRC-64 of what was sent with the service's.
template<transport Transport>
awaitable<result<part>> perform(std::shared_ptr<session<Transport>> s, upload_part op, content sends, bool check)
{
    if (std::uint64_t const all = sends.source.size(); sends.offset > all || sends.length > all - sends.offset)
        co_return detail::concerning(
            failure(errc::invalid_argument, std::to_string(sends.length) + " bytes from " + std::to_string(sends.offset) +
                                                " on, of a body of " + std::to_string(all))
                .in(op.operation),
            op.upload, op.number);
    typename session<Transport>::state state;
    state.end = s->end_after();
    state.sums = check;
    co_return co_await perform(std::move(s), std::move(op), std::move(sends), state);
}

}  // namespace ossify

#endif
