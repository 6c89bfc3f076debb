#ifndef OSSIFY_EMULATOR_CALLBACK_REQUEST_HPP
#define OSSIFY_EMULATOR_CALLBACK_REQUEST_HPP

#include <ossify/callback/signature.hpp>
#include <ossify/codec/base64.hpp>
#include <ossify/codec/date.hpp>
#include <ossify/codec/public_key.hpp>
#include <ossify/emulator/callback_job.hpp>
#include <ossify/http/message.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace ossify::emulation {

/// The head of the request with which the service calls back, signed.
/// Errors: those of signing. Source: OSS documentation, "Callback"; header names and order as in captured requests.
inline result<http::request_head> make_callback_request(callback_job const& job, callback_target const& target,
                                                        codec::private_key const& key, std::string_view key_url,
                                                        codec::wall_time now)
{
    auto signature = sign_callback(key, target.where.path_and_query, job.body);
    if (!signature)
        return signature.error();
    http::request_head head(http::method::post, target.where.path_and_query);
    auto& to = head.headers;
    // The service's own Host header leaves the port out.
    to.append("Host", job.parameters.host.empty() ? target.where.bracketed_host() : job.parameters.host);
    to.append("Connection", "close");
    to.append("Content-Length", std::to_string(job.body.size()));
    to.append("Authorization", *signature);
    to.append("Content-MD5", callback_content_md5(job.body));
    to.append("Content-Type", to_string(job.parameters.body_type));
    to.append("Date", codec::http_date(now));
    to.append("User-Agent", "aliyun-oss-callback");
    to.append("x-oss-additional-headers", "");
    to.append("x-oss-bucket", job.bucket);
    to.append("x-oss-owner", job.account);
    to.append("x-oss-pub-key-url", codec::base64_encode(key_url));
    to.append("x-oss-request-id", job.request_id);
    to.append("x-oss-requester", job.account);
    to.append("x-oss-signature-version", "1.0");
    to.append("x-oss-tag", "CALLBACK");
    return head;
}

}  // namespace ossify::emulation

#endif
