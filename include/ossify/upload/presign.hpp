#ifndef OSSIFY_UPLOAD_PRESIGN_HPP
#define OSSIFY_UPLOAD_PRESIGN_HPP

#include <ossify/async/awaitable.hpp>
#include <ossify/auth/signer.hpp>
#include <ossify/core/result.hpp>
#include <ossify/http/fields.hpp>
#include <ossify/operation/service_request.hpp>
#include <ossify/presign/form_request.hpp>
#include <ossify/presign/form_signer.hpp>
#include <ossify/presign/grant.hpp>
#include <ossify/presign/presigner.hpp>
#include <ossify/session/session.hpp>
#include <ossify/upload/multipart_requests.hpp>
#include <ossify/upload/object_requests.hpp>
#include <ossify/upload/put_object_request.hpp>

#include <chrono>
#include <memory>
#include <string_view>
#include <utility>

namespace ossify {

// What a client signs for others to send. The parts of a request that only the sender knows, its body above all, are
// left out of the signature.

namespace detail {

template<class Reply>
result<service_request> request_for_others(put_object_request<Reply> const& wanted)
{
    prepared_put put(wanted);
    if (put.refused)
        return std::move(*put.refused).in(put.request.operation);
    if (put.md5)
        return failure(errc::invalid_argument, "the body is the sender's: sign its MD5 with header(\"Content-MD5\", ...)")
            .in(put.request.operation);
    return std::move(put.request);
}

inline result<service_request> request_for_others(get_object_request const& wanted)
{
    return encode(wanted);
}

inline result<service_request> request_for_others(upload_part_request const& wanted)
{
    return wanted.operation().encode();
}

template<class Reply>
result<service_request> request_for_others(complete_multipart_upload_request<Reply> const& wanted)
{
    auto const& op = wanted.operation();
    if (wanted.refused())
        return failure(*wanted.refused()).in(op.operation);
    if (!op.parts.empty())
        return failure(errc::invalid_argument, "the sender lists the parts: give none here, or say all_parts()")
            .in(op.operation);
    auto out = op.encode_head();
    if (out && !op.all_parts)
        out->headers.append_valid("Content-Type", "application/xml");
    return out;
}

/// Version 4 signs every header of the request, so that the sender can neither change nor forget one. Version 1 cannot.
inline request_signer signer_of_all(request_signer signer, http::fields const& headers)
{
    auto names = signer.additional_headers();
    for (auto const [name, value] : headers)
        names.emplace_back(name);
    signer.additional_headers(std::move(names));
    return signer;
}

}  // namespace detail

/// See `basic_client::presign`.
template<transport Transport>
awaitable<result<grant>> presign(std::shared_ptr<session<Transport>> s, result<service_request> request,
                                 std::chrono::seconds valid_for, callback_place callback)
{
    if (!request)
        co_return std::move(request).error();
    auto const who = co_await s->identity();
    if (!who)
        co_return failure(who.error()).in(request->operation);
    presigner const signer(s->public_address(), detail::signer_of_all(s->signer(), request->headers));
    co_return signer.presign(*std::move(request), *who, s->wall_now(), valid_for, callback);
}

/// See `basic_client::sign_form`.
template<transport Transport>
awaitable<result<signed_form>> sign_form(std::shared_ptr<session<Transport>> s, form_request request)
{
    auto const who = co_await s->identity();
    if (!who)
        co_return failure(who.error()).in("PostObject");
    form_signer const signer(s->public_address(), s->signer());
    co_return signer.sign(request, *who, s->wall_now());
}

}  // namespace ossify

#endif
