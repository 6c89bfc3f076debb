#ifndef OSSIFY_AUTH_NAMES_HPP
#define OSSIFY_AUTH_NAMES_HPP

#include <ossify/core/result.hpp>

#include <algorithm>
#include <string>
#include <string_view>

namespace ossify {

/// Checks a bucket name: 3 to 63 characters of a-z, 0-9 and hyphen, the first and the last no hyphen.
/// Errors: `invalid_argument` with the rule that is broken.
/// Thread safety: stateless. Source: OSS documentation, "Bucket naming conventions".
inline result<void> check_bucket_name(std::string_view bucket)
{
    auto const refuse = [bucket](char const* why) {
        return failure(errc::invalid_argument, "the bucket name \"" + std::string(bucket.substr(0, 80)) + "\" " + why);
    };
    auto const plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    if (bucket.empty())
        return failure(errc::invalid_argument, "the bucket name is empty");
    if (bucket.size() < 3 || bucket.size() > 63)
        return refuse("must have 3 to 63 characters");
    if (!std::all_of(bucket.begin(), bucket.end(), [&](char c) { return plain(c) || c == '-'; }))
        return refuse("may hold only a-z, 0-9 and hyphens");
    if (!plain(bucket.front()) || !plain(bucket.back()))
        return refuse("must begin and end with a letter or digit");
    return {};
}

/// Checks an object key: 1 to 1023 bytes, the first neither `/` nor `\`.
/// Errors: `invalid_argument` with the rule that is broken.
/// Thread safety: stateless. Source: OSS documentation, "Object naming conventions".
inline result<void> check_object_key(std::string_view key)
{
    if (key.empty())
        return failure(errc::invalid_argument, "the object key is empty");
    if (key.size() > 1023)
        return failure(errc::invalid_argument,
                       "the object key has " + std::to_string(key.size()) + " bytes; at most 1023 are allowed");
    if (key.front() == '/' || key.front() == '\\')
        return failure(errc::invalid_argument, std::string("the object key must not begin with ") + key.front());
    return {};
}

}  // namespace ossify

#endif
