#ifndef OSSIFY_BODY_STREAM_SOURCE_HPP
#define OSSIFY_BODY_STREAM_SOURCE_HPP

#include <ossify/async/awaitable.hpp>
#include <ossify/core/result.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>

namespace ossify {

/// Bytes of unknown length that come once: a socket, a pipe, a generator.
/// - `read_some(out)` waits for bytes, puts at least one into `out` and gives their number; 0 means the end. `out` is not
///   empty. One read is outstanding at a time. After a failure or the end it is not called again.
/// Cancellation: terminal should end a read promptly; an upload that is cancelled waits for it.
template<class S>
concept stream_source = std::move_constructible<S> && requires(S& s, std::span<std::byte> out) {
    { s.read_some(out) } -> std::same_as<awaitable<result<std::size_t>>>;
};

namespace detail {

class stream_model {
public:
    virtual ~stream_model() = default;
    virtual awaitable<result<std::size_t>> read_some(std::span<std::byte> out) = 0;
};

template<stream_source S>
class stream_model_of final : public stream_model {
public:
    explicit stream_model_of(S source) : source_(std::move(source)) {}
    awaitable<result<std::size_t>> read_some(std::span<std::byte> out) override { return source_.read_some(out); }

private:
    S source_;
};

}  // namespace detail

/// Any `stream_source`. A cheap handle; copies share the source.
/// Thread safety: not thread-safe.
class stream_body {
public:
    stream_body() noexcept = default;

    template<stream_source S>
    static stream_body from(S source)
    {
        stream_body made;
        made.model_ = std::make_shared<detail::stream_model_of<S>>(std::move(source));
        return made;
    }

    explicit operator bool() const noexcept { return model_ != nullptr; }

    awaitable<result<std::size_t>> read_some(std::span<std::byte> out) const { return model_->read_some(out); }

    /// Reads until `out` is full or the stream ends. Returns: fewer bytes than `out` has only at the end.
    static awaitable<result<std::size_t>> fill(stream_body from, std::span<std::byte> out)
    {
        std::size_t total = 0;
        while (total != out.size()) {
            auto const got = co_await from.read_some(out.subspan(total));
            if (!got)
                co_return got;
            if (*got == 0)
                break;
            total += *got;
        }
        co_return total;
    }

private:
    std::shared_ptr<detail::stream_model> model_;
};

}  // namespace ossify

#endif
