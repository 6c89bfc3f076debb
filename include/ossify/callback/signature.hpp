#ifndef OSSIFY_CALLBACK_SIGNATURE_HPP
#define OSSIFY_CALLBACK_SIGNATURE_HPP

#include <ossify/codec/base64.hpp>
#include <ossify/codec/digest.hpp>
#include <ossify/codec/percent.hpp>
#include <ossify/codec/public_key.hpp>
#include <ossify/core/result.hpp>

#include <string>
#include <string_view>

namespace ossify {

namespace detail {

/// The part of a request target that is signed: an absolute-form target loses its scheme and authority.
/// Source: RFC 9112 section 3.2.
inline std::string_view origin_form(std::string_view target) noexcept
{
    if (target.starts_with('/'))
        return target;
    auto const mark = target.find("://");
    if (mark == target.npos)
        return {};
    auto const path = target.find_first_of("/?", mark + 3);
    return path == target.npos ? std::string_view("/") : target.substr(path);
}

/// The path of a request target, still encoded; empty for a target that is neither a path nor a URL.
inline std::string_view target_path(std::string_view target) noexcept
{
    auto const seen = origin_form(target);
    return seen.starts_with('?') ? std::string_view("/") : seen.substr(0, seen.find('?'));
}

}  // namespace detail

/// Returns what the service signs: the path, percent-decoded once, with `+` left alone; the raw query behind its `?`;
/// a line feed; the raw body. `target` is the request target as it was received. `public_base_path` is what a proxy
/// took off the front of the path, still encoded.
/// Errors: callback_unverified when the target is neither a path nor a URL, and when it has a line feed, in its
/// path also an encoded one: with it, the front of a signed body could be passed off as target.
/// Thread safety: stateless. Source: OSS documentation, "Callback" (signature).
inline result<std::string> callback_string_to_sign(std::string_view target, std::string_view body,
                                                   std::string_view public_base_path = {})
{
    auto const seen = detail::origin_form(target);
    if (seen.empty())
        return failure(errc::callback_unverified, "the request target is neither a path nor a URL");
    auto const query_start = seen.find('?');
    while (public_base_path.ends_with('/'))
        public_base_path.remove_suffix(1);
    std::string path(public_base_path);
    path += detail::target_path(target);

    // A path with a broken escape is taken as it stands: the signature decides.
    auto decoded = codec::percent_decode(path);
    std::string out = decoded ? *std::move(decoded) : std::move(path);
    if (query_start != seen.npos)
        out += seen.substr(query_start);
    if (out.find('\n') != out.npos)
        return failure(errc::callback_unverified, "the request target has a line feed");
    return std::move(out.append("\n").append(body));
}

/// The `Authorization` value that the service sends with a callback.
/// Errors: those of `callback_string_to_sign` and of the key.
/// Thread safety: stateless. Source: OSS documentation, "Callback" (signature).
inline result<std::string> sign_callback(codec::private_key const& key, std::string_view target, std::string_view body)
{
    auto const text = callback_string_to_sign(target, body);
    if (!text)
        return text.error();
    auto const signature = key.sign_md5(*text);
    if (!signature)
        return signature.error();
    return codec::base64_encode(*signature);
}

/// The `Content-MD5` value that the service sends with a callback. Thread safety: stateless.
inline std::string callback_content_md5(std::string_view body)
{
    auto const digest = codec::md5(body);
    return codec::base64_encode({reinterpret_cast<char const*>(digest.data()), digest.size()});
}

}  // namespace ossify

#endif
