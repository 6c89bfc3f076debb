#ifndef OSSIFY_UPLOAD_OBJECT_REQUESTS_HPP
#define OSSIFY_UPLOAD_OBJECT_REQUESTS_HPP

#include <ossify/auth/names.hpp>
#include <ossify/codec/crc64.hpp>
#include <ossify/operation/head_object.hpp>
#include <ossify/session/session.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace ossify {

/// Reads an object into memory.
class get_object_request {
public:
    get_object_request(std::string bucket, std::string key) : bucket_(std::move(bucket)), key_(std::move(key)) {}

    /// Only the bytes [first, first + count). The service gives fewer where the object ends earlier.
    get_object_request& range(std::uint64_t first, std::uint64_t count)
    {
        first_ = first;
        count_ = count;
        ranged_ = true;
        return *this;
    }
    /// The most bytes to hold in memory; more is `errc::body_too_large`. Default: 1 GiB.
    get_object_request& limit(std::size_t bytes)
    {
        limit_ = bytes;
        return *this;
    }

    std::string const& bucket() const noexcept { return bucket_; }
    std::string const& key() const noexcept { return key_; }
    bool ranged() const noexcept { return ranged_; }
    std::uint64_t first() const noexcept { return first_; }
    std::uint64_t count() const noexcept { return count_; }
    std::size_t limit() const noexcept { return limit_; }

private:
    std::string bucket_;
    std::string key_;
    std::uint64_t first_ = 0;
    std::uint64_t count_ = 0;
    std::size_t limit_ = std::size_t{1} << 30;
    bool ranged_ = false;
};

/// An object's bytes, or a range of them, with what is known about the whole.
class object_content {
public:
    object_content() = default;

    object_info info;
    std::string bytes;
};

namespace detail {

inline result<service_request> object_request(std::string_view operation, http::method method, std::string bucket,
                                              std::string key)
{
    if (auto ok = check_bucket_name(bucket); !ok)
        return failure(std::move(ok).error()).in(operation);
    if (auto ok = check_object_key(key); !ok)
        return failure(std::move(ok).error()).in(operation);
    return service_request(operation, method, std::move(bucket), std::move(key));
}

/// Errors: `invalid_argument` for a bad bucket, key or range.
inline result<service_request> encode(get_object_request const& wanted)
{
    auto out = object_request("GetObject", http::method::get, wanted.bucket(), wanted.key());
    if (!out || !wanted.ranged())
        return out;
    if (wanted.count() == 0 || wanted.first() > std::numeric_limits<std::uint64_t>::max() - wanted.count())
        return failure(errc::invalid_argument, "an empty or endless range").in("GetObject");
    out->headers.set("Range", "bytes=" + std::to_string(wanted.first()) + "-" +
                                  std::to_string(wanted.first() + wanted.count() - 1));
    return out;
}

}  // namespace detail

/// See `basic_client::head_object`.
template<transport Transport>
awaitable<result<object_info>> head_object(std::shared_ptr<session<Transport>> s, std::string bucket, std::string key)
{
    auto request = detail::object_request("HeadObject", http::method::head, std::move(bucket), std::move(key));
    if (!request)
        co_return std::move(request).error();
    typename session<Transport>::state state;
    state.end = s->end_after();
    auto got = co_await s->send(*std::move(request), content(), state);
    if (!got)
        co_return std::move(got).error();
    co_return decode_head_object(got->head);
}

/// See `basic_client::get_object`.
template<transport Transport>
awaitable<result<object_content>> get_object(std::shared_ptr<session<Transport>> s, get_object_request wanted)
{
    auto request = detail::encode(wanted);
    if (!request)
        co_return std::move(request).error();
    typename session<Transport>::state state;
    state.end = s->end_after();
    state.answer_limit = wanted.limit();
    auto got = co_await s->send(*std::move(request), content(), state);
    if (!got)
        co_return std::move(got).error();
    auto info = decode_head_object(got->head);
    if (!info)
        co_return std::move(info).error().in("GetObject");
    object_content out;
    out.info = *std::move(info);
    out.bytes = std::move(got->body);
    bool const whole = got->head.status == 200;
    if (wanted.ranged() && whole && (wanted.first() != 0 || wanted.count() < out.bytes.size()))
        co_return failure(errc::bad_answer, "the service ignored the range").in("GetObject");
    if (whole && out.info.crc64 && crc64(out.bytes) != *out.info.crc64)
        co_return failure(errc::crc_mismatch, "the bytes received are not those stored").in("GetObject");
    co_return out;
}

/// See `basic_client::delete_object`.
template<transport Transport>
awaitable<result<void>> delete_object(std::shared_ptr<session<Transport>> s, std::string bucket, std::string key)
{
    auto request = detail::object_request("DeleteObject", http::method::delete_, std::move(bucket), std::move(key));
    if (!request)
        co_return std::move(request).error();
    typename session<Transport>::state state;
    state.end = s->end_after();
    auto got = co_await s->send(*std::move(request), content(), state);
    if (!got)
        co_return std::move(got).error();
    co_return result<void>();
}

}  // namespace ossify

#endif
