#ifndef OSSIFY_UPLOAD_UPLOAD_SPEC_HPP
#define OSSIFY_UPLOAD_UPLOAD_SPEC_HPP

#include <ossify/async/awaitable.hpp>
#include <ossify/body/file.hpp>
#include <ossify/body/source.hpp>
#include <ossify/body/stream_source.hpp>
#include <ossify/callback/encoded.hpp>
#include <ossify/multipart/part_plan.hpp>
#include <ossify/multipart/progress.hpp>
#include <ossify/multipart/rate_limiter.hpp>
#include <ossify/operation/object_headers.hpp>
#include <ossify/upload/checkpoint_place.hpp>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ossify {

/// An upload as its request describes it: what, where to, and how.
/// Thread safety: a value; copies share the source.
class upload_spec {
public:
    upload_spec() = default;
    upload_spec(std::string bucket_name, std::string object_key)
        : bucket(std::move(bucket_name)), key(std::move(object_key))
    {
    }

    std::string bucket;
    std::string key;
    object_headers headers;
    encoded_callback callback;
    std::optional<failure> refused;  ///< why it cannot even be begun

    // one of the two
    body source;
    stream_body stream;
    std::string identity;                         ///< of the source; empty: not known
    std::optional<std::uint64_t> expected_bytes;  ///< of the source

    std::uint64_t part_bytes = 0;  ///< 0: 8 MiB or what the length needs
    std::uint64_t threshold = 2 * default_part_bytes;
    unsigned parallel = 4;
    unsigned least_parallel = 1;
    checkpoint_place checkpoint;
    std::optional<bool> leave_parts;  ///< none: with a checkpoint
    std::optional<rate_limiter> rate;
    bool check_crc64 = true;
    std::chrono::milliseconds time_limit{0};
    std::chrono::milliseconds abort_limit{10'000};
    std::function<void(progress const&)> on_progress;
    std::chrono::milliseconds progress_interval{100};
    std::function<void(std::string_view)> on_notice;
    asio::any_io_executor workers_on;  ///< none: where the upload runs

    /// Notes why it cannot be begun; the first reason counts.
    void refuse(failure why)
    {
        if (!refused)
            refused = std::move(why);
    }
};

namespace detail {

inline std::string identity_text(file_identity const& f)
{
    return "file " + std::to_string(f.device) + ":" + std::to_string(f.inode) + ":" + std::to_string(f.size) + ":" +
           std::to_string(f.modified_ns);
}

inline std::string identity_text(std::string_view text) { return std::string(text); }

/// What tells this source from another one, and one state of it from another; empty when it does not say.
template<class Source>
std::string identity_of(Source const& source)
{
    if constexpr (requires { identity_text(source.identity()); })
        return identity_text(source.identity());
    else
        return {};
}

}  // namespace detail

}  // namespace ossify

#endif
