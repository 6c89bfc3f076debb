#ifndef OSSIFY_CLIENT_HPP
#define OSSIFY_CLIENT_HPP

#include <ossify/presign/form_request.hpp>
#include <ossify/presign/form_signer.hpp>
#include <ossify/presign/grant.hpp>
#include <ossify/presign/presigner.hpp>
#include <ossify/session/session.hpp>
#include <ossify/transport/net_stream.hpp>
#include <ossify/upload/complete_upload.hpp>
#include <ossify/upload/multipart_calls.hpp>
#include <ossify/upload/multipart_listing.hpp>
#include <ossify/upload/multipart_requests.hpp>
#include <ossify/upload/object_requests.hpp>
#include <ossify/upload/operation_end.hpp>
#include <ossify/upload/presign.hpp>
#include <ossify/upload/put_object.hpp>
#include <ossify/upload/upload_requests.hpp>
#include <ossify/upload/uploader.hpp>

#include <asio/any_io_executor.hpp>

#include <chrono>
#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace ossify {

namespace detail {

template<class Transport>
Transport transport_for(config const& c)
{
    if constexpr (std::constructible_from<Transport, tls_context>) {
        if (c.tls())
            return Transport(*c.tls());
    }
    return Transport();
}

}  // namespace detail

/// A client of the service on the caller's executor: no thread, no global, no call to initialise.
/// Each operation is checked and encoded by the call and performed by the await, so that a request may be a temporary.
///
/// Cancellation: every operation honours terminal cancellation and then gives `errc::cancelled`; what the service
/// did by then is said with each operation.
/// Lifetime: operations share what they need, and the client may be destroyed before they end. Its executor must outlive
/// it and them; the executor that an operation runs on, if it is another one, must outlive that operation.
/// Thread safety: a monitor. Operations may be started from different threads; each runs on the executor that its
/// coroutine runs on, which must not run two handlers of it at once: with several threads, spawn on a strand.
template<transport Transport = net_transport>
class basic_client {
public:
    /// Errors: throws `ossify::error` for a configuration that cannot work: what is wrong and what would be right.
    basic_client(asio::any_io_executor ex, config const& c)
        : basic_client(std::move(ex), c, detail::transport_for<Transport>(c))
    {
    }
    basic_client(asio::any_io_executor ex, config const& c, Transport net)
        : session_(std::make_shared<session<Transport>>(std::move(ex), c, std::move(net)))
    {
    }

    /// Stores an object. Returns: the stored object; `callback` says whether the application server was called.
    /// Errors: a failure means that nothing was stored, but for `outcome_unknown` (the answer was lost and asking for the
    /// object failed too, or no answer came in time and there is no object yet), `crc_mismatch` (other bytes than those
    /// sent were stored, as far as can be told), `source_changed` (the file was written to during the upload; what is
    /// stored may mix both states) and `service_internal` (which the service says when it does not know). Where an earlier
    /// attempt may have stored it, the object is asked for.
    /// A put with a callback, or one that must not overwrite, is sent again after a lost answer or an error of the
    /// service's own (5xx, but not when it throttles) only when the object is not there a back-off later or, after
    /// a 5xx, when these credentials may not ask for it, and never because of the answer's CRC-64: the object is asked for
    /// then. When a connection is lost, the service is believed to be done with the put half a second later; when no answer
    /// came in time, it may be at work for long.
    /// A service that was slow rather than gone may call back once for each attempt: receivers should be idempotent.
    /// Cancellation: terminal; `cancelled` when the service cannot have stored the object, else `outcome_unknown`.
    /// Lifetime: bytes given as a borrowed body must live until the await returns.
    /// Source: OSS documentation, PutObject, Callback.
    template<class Reply>
    awaitable<result<stored_object<Reply>>> put_object(put_object_request<Reply> const& request)
    {
        return ossify::put_object<Transport, Reply>(session_, prepared_put(request));
    }

    /// Asks for an object's headers. Errors: `no_such_key`, and those of the connection.
    awaitable<result<object_info>> head_object(std::string bucket, std::string key)
    {
        return ending(ossify::head_object(session_, std::move(bucket), std::move(key)));
    }

    /// Reads an object, or a range of it, into memory.
    /// Errors: `no_such_key`; `body_too_large` beyond the request's limit; `crc_mismatch` for a whole object.
    awaitable<result<object_content>> get_object(get_object_request request)
    {
        return ending(ossify::get_object(session_, std::move(request)));
    }

    /// Deletes an object; one that does not exist is no error.
    awaitable<result<void>> delete_object(std::string bucket, std::string key)
    {
        return ending(ossify::delete_object(session_, std::move(bucket), std::move(key)));
    }

    /// Stores a file of up to 48.8 TB, in one put or in parts that are sent concurrently, whichever its size asks for.
    /// Returns: the stored object, as `put_object` does; `figures` tells how the parts went.
    /// Errors: a failure means that nothing was stored, but for `outcome_unknown`, `crc_mismatch` and, where one put was
    /// enough, `source_changed` and `service_internal`, as with `put_object`. `info().upload_id` of a failure names an
    /// upload of which parts are left at the service.
    /// Cancellation: terminal stops and has the service drop the parts; total and partial stop and keep them, for a
    /// checkpoint or for `list_parts`. All end within moments, the first within `abort_limit` at the most. When it comes
    /// during the completion, `outcome_unknown`, but for terminal cancellation that finds out; so also after all of a put
    /// was sent. A coroutine lets in total and partial cancellation by
    /// `this_coro::reset_cancellation_state(enable_total_cancellation())`.
    /// Source: OSS documentation, Multipart upload, Callback.
    template<class Reply>
    awaitable<result<stored_object<Reply>>> upload_file(upload_file_request<Reply> const& request)
    {
        return typed<Reply>(ending(ossify::upload(session_, request.prepare())));
    }

    /// Stores bytes of known length, as `upload_file` does.
    template<class Reply>
    awaitable<result<stored_object<Reply>>> upload(upload_request<Reply> const& request)
    {
        return typed<Reply>(ending(ossify::upload(session_, request.prepare())));
    }

    /// Stores what comes out of a stream of unknown length, as `upload_file` does.
    template<class Reply>
    awaitable<result<stored_object<Reply>>> upload_stream(upload_stream_request<Reply> const& request)
    {
        return typed<Reply>(ending(ossify::upload(session_, request.prepare())));
    }

    // --- multipart uploads request by request: for several machines that send parts of one object ---

    // Cancellation of each: terminal; `cancelled`. Whether the service acted is then unknown, unless it says more.

    /// Begins a multipart upload. Returns: its handle, which goes through JSON.
    /// Cancellation: an upload may remain of which nobody knows the id; `list_multipart_uploads` finds it.
    awaitable<result<multipart_upload>> initiate_multipart_upload(initiate_multipart_upload_request const& request)
    {
        return ending(perform(session_, request.prepare(), session_->end_after()));
    }

    /// Sends one part. Returns: its receipt, which goes through JSON. Errors: `crc_mismatch`; those of the service.
    /// Lifetime: bytes given as a borrowed body must live until the await returns.
    awaitable<result<part>> upload_part(upload_part_request const& request)
    {
        return ending(perform(session_, request.operation(), request.sends(), request.checks_crc64()));
    }

    /// Makes a part from an object that is stored already. Returns: its receipt, without a checksum.
    awaitable<result<part>> upload_part_copy(upload_part_copy_request const& request)
    {
        return ending(perform(session_, request.operation(), session_->end_after()));
    }

    /// Makes the parts one object. The service may take 15 minutes. An answer that is lost or does not tell is settled by
    /// asking for the object and the upload.
    /// Errors: `outcome_unknown`; `crc_mismatch` when the object is stored with other bytes; those of the service.
    /// Cancellation: `cancelled` when the service cannot have completed the upload, else `outcome_unknown`.
    template<class Reply>
    awaitable<result<stored_object<Reply>>> complete_multipart_upload(
        complete_multipart_upload_request<Reply> const& request)
    {
        return typed<Reply>(ending(perform(session_, request.operation(), request.refused(), request.checks_crc64())));
    }

    /// Gives an upload up: the service drops its parts. Errors: `no_such_upload`; those of the service.
    awaitable<result<void>> abort_multipart_upload(multipart_upload upload)
    {
        return ending(perform(session_, ossify::abort_multipart_upload(std::move(upload)), session_->end_after()));
    }

    /// The parts that the service has of an upload, one by one.
    multipart_listing<Transport, ossify::list_parts> list_parts(multipart_upload upload)
    {
        return {session_, ossify::list_parts(std::move(upload))};
    }
    multipart_listing<Transport, ossify::list_parts> list_parts(ossify::list_parts from)
    {
        return {session_, std::move(from)};
    }

    /// The open uploads of a bucket, one by one, in order of key and upload id.
    multipart_listing<Transport, ossify::list_multipart_uploads> list_multipart_uploads(std::string bucket,
                                                                                        std::string prefix = {})
    {
        return {session_, ossify::list_multipart_uploads(std::move(bucket), std::move(prefix))};
    }
    multipart_listing<Transport, ossify::list_multipart_uploads> list_multipart_uploads(
        ossify::list_multipart_uploads from)
    {
        return {session_, std::move(from)};
    }

    // --- signed for others: what a browser or a phone may send without holding a secret ---
    // Nothing is sent here; credentials are fetched when a provider gives them. The URLs are those of
    // `config::public_endpoint`. Whoever has a grant can use it until it expires, as often as they like.

    /// Signs a put. Whatever body the request has is left out: the sender's is stored.
    /// Returns: the URL, and exactly the headers that the sender must send. All of them are signed, in version 1 only
    /// Content-Type, Content-MD5 and x-oss-*. The callback stands in the URL, where it costs the sender nothing, or among
    /// the headers.
    /// Errors: `invalid_argument` for what cannot be signed, or for a time that is not 1 second to 7 days (version 1:
    /// to 100 years); `missing_credentials`; those of the callback and of the provider.
    /// Source: OSS documentation, "Include V4 signatures in a URL", "Include V1 signatures in a URL", Callback.
    template<class Reply>
    awaitable<result<grant>> presign_put(put_object_request<Reply> const& request, std::chrono::seconds valid_for,
                                         callback_place callback = callback_place::query)
    {
        return ending(ossify::presign(session_, detail::request_for_others(request), valid_for, callback));
    }

    /// Signs a download, as `presign_put` does.
    awaitable<result<grant>> presign_get(get_object_request const& request, std::chrono::seconds valid_for)
    {
        return presign(detail::request_for_others(request), valid_for);
    }

    /// Signs one part, as `presign_put` does. The sender keeps the ETag of the answer for whoever completes the upload.
    awaitable<result<grant>> presign_upload_part(upload_part_request const& request, std::chrono::seconds valid_for)
    {
        return presign(detail::request_for_others(request), valid_for);
    }

    /// Signs a completion, as `presign_put` does. The sender adds the list of parts, as XML; with `all_parts` there is
    /// nothing to add.
    template<class Reply>
    awaitable<result<grant>> presign_complete_multipart_upload(
        complete_multipart_upload_request<Reply> const& request, std::chrono::seconds valid_for,
        callback_place callback = callback_place::query)
    {
        return ending(ossify::presign(session_, detail::request_for_others(request), valid_for, callback));
    }

    /// Signs any other request, as `presign_put` does.
    awaitable<result<grant>> presign(result<service_request> request, std::chrono::seconds valid_for,
                                     callback_place callback = callback_place::query)
    {
        return ending(ossify::presign(session_, std::move(request), valid_for, callback));
    }

    /// Signs a form that a browser can post straight to the service.
    /// Errors: `invalid_argument` for what cannot be a form; `missing_credentials`; those of the callback and of the
    /// provider. Source: OSS documentation, PostObject; "POST V4 signature".
    awaitable<result<signed_form>> sign_form(form_request request)
    {
        return ending(ossify::sign_form(session_, std::move(request)));
    }

    config const& settings() const noexcept { return session_->settings(); }

private:
    template<class Reply>
    static awaitable<result<stored_object<Reply>>> typed(awaitable<result<stored_object<>>> untyped)
    {
        if constexpr (std::is_void_v<Reply>)
            return untyped;
        else
            return give_type<Reply>(std::move(untyped));
    }

    template<class Reply>
    static awaitable<result<stored_object<Reply>>> give_type(awaitable<result<stored_object<>>> untyped)
    {
        auto got = co_await std::move(untyped);
        co_return detail::typed<Reply>(std::move(got));
    }

    std::shared_ptr<session<Transport>> session_;
};

/// The client over TCP and TLS.
using client = basic_client<net_transport>;

}  // namespace ossify

#endif
