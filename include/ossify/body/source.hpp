#ifndef OSSIFY_BODY_SOURCE_HPP
#define OSSIFY_BODY_SOURCE_HPP

#include <ossify/async/awaitable.hpp>
#include <ossify/core/result.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace ossify {

/// Bytes of known length that can be read again, which is what makes a retry possible.
/// - `size()` is in bytes and must not change during the upload.
/// - `read_at(offset, out)` fills `out` from `offset` on and gives the number of bytes read: less than `out.size()` only
///   at the end. Several reads may be outstanding at once.
/// A model may also offer `result<void> check_unchanged()`: it is asked before the upload is completed, and says
/// `errc::source_changed` when the bytes may differ from those at the beginning.
/// A model whose bytes are those of a file may let streams that can (`file_sending_stream`) send them from there:
/// - `int sendable_file()` is a descriptor, or -1, and always the same; byte n of the source must be byte n of the file.
/// - `checksum_at(offset, bytes, crc)` gives the CRC-64 of a stretch, following bytes with the sum `crc`, in an
///   `awaitable<std::optional<std::uint64_t>>`; nothing when `read_at` must be used for that stretch.
template<class B>
concept body_source = requires(B& b, std::uint64_t offset, std::span<std::byte> out) {
    { b.size() } -> std::same_as<std::uint64_t>;
    { b.read_at(offset, out) } -> std::same_as<awaitable<result<std::size_t>>>;
};

namespace detail {

class body_model {
public:
    virtual ~body_model() = default;
    virtual std::uint64_t size() = 0;
    virtual awaitable<result<std::size_t>> read_at(std::uint64_t offset, std::span<std::byte> out) = 0;
    virtual result<void> check_unchanged() = 0;
    virtual int sendable_file() = 0;
    virtual awaitable<std::optional<std::uint64_t>> checksum_at(std::uint64_t offset, std::size_t bytes,
                                                                std::uint64_t crc) = 0;
};

template<body_source B>
class body_model_of final : public body_model {
public:
    explicit body_model_of(B source) : source_(std::move(source)) {}
    std::uint64_t size() override { return source_.size(); }
    awaitable<result<std::size_t>> read_at(std::uint64_t offset, std::span<std::byte> out) override
    {
        return source_.read_at(offset, out);
    }
    result<void> check_unchanged() override
    {
        if constexpr (requires { { source_.check_unchanged() } -> std::same_as<result<void>>; })
            return source_.check_unchanged();
        else
            return {};
    }
    int sendable_file() override
    {
        if constexpr (sends_from_file)
            return source_.sendable_file();
        else
            return -1;
    }
    awaitable<std::optional<std::uint64_t>> checksum_at(std::uint64_t offset, std::size_t bytes,
                                                        std::uint64_t crc) override
    {
        if constexpr (sends_from_file)
            return source_.checksum_at(offset, bytes, crc);
        else
            return none();
    }

private:
    static constexpr bool sends_from_file = requires(B& b, std::uint64_t offset, std::size_t bytes, std::uint64_t crc) {
        { b.sendable_file() } -> std::same_as<int>;
        { b.checksum_at(offset, bytes, crc) } -> std::same_as<awaitable<std::optional<std::uint64_t>>>;
    };
    static awaitable<std::optional<std::uint64_t>> none() { co_return std::nullopt; }

    B source_;
};

}  // namespace detail

/// What a request sends: bytes in memory, or any `body_source`. A cheap handle; copies share the source.
/// Thread safety: a value, but the source it holds is used by the operation until that ends.
class body {
public:
    body() noexcept = default;

    /// Sends bytes that stay the caller's. Lifetime: they must live, unchanged, until the operation ends.
    static body borrowed(std::span<std::byte const> bytes)
    {
        body made;
        made.bytes_ = bytes;
        return made;
    }
    static body borrowed(std::string_view text) { return borrowed(std::as_bytes(std::span(text))); }

    /// Sends bytes that the body keeps alive itself: a string, a vector of bytes.
    template<std::ranges::contiguous_range Bytes>
        requires(sizeof(std::ranges::range_value_t<Bytes>) == 1)
    static body owned(Bytes bytes)
    {
        auto kept = std::make_shared<Bytes const>(std::move(bytes));
        body made = borrowed(std::as_bytes(std::span(*kept)));
        made.owner_ = std::move(kept);
        return made;
    }

    template<body_source B>
    static body from(B source)
    {
        body made;
        made.model_ = std::make_shared<detail::body_model_of<B>>(std::move(source));
        return made;
    }

    std::uint64_t size() const { return model_ ? model_->size() : bytes_.size(); }

    /// True when all bytes lie in memory already: then `bytes()` gives them, otherwise `read_at` does.
    bool in_memory() const noexcept { return model_ == nullptr; }
    std::span<std::byte const> bytes() const noexcept { return bytes_; }

    awaitable<result<std::size_t>> read_at(std::uint64_t offset, std::span<std::byte> out) const
    {
        return model_->read_at(offset, out);
    }

    result<void> check_unchanged() const { return model_ ? model_->check_unchanged() : result<void>(); }

    /// The file from which a stream may send the bytes itself, or -1.
    int sendable_file() const { return model_ ? model_->sendable_file() : -1; }
    /// Only with a `sendable_file`. See `body_source`.
    awaitable<std::optional<std::uint64_t>> checksum_at(std::uint64_t offset, std::size_t bytes, std::uint64_t crc) const
    {
        return model_->checksum_at(offset, bytes, crc);
    }

private:
    std::span<std::byte const> bytes_;
    std::shared_ptr<void const> owner_;
    std::shared_ptr<detail::body_model> model_;
};

}  // namespace ossify

#endif
