#ifndef OSSIFY_EMULATOR_MEMORY_STORE_HPP
#define OSSIFY_EMULATOR_MEMORY_STORE_HPP

#include <ossify/emulator/store.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace ossify::emulation {

/// Keeps everything in memory and loses it with the process.
class memory_store final : public store {
public:
    std::string_view kind() const noexcept override { return "memory"; }

    result<std::unique_ptr<blob_sink>> open_sink(std::optional<std::uint64_t> expected) override
    {
        return std::unique_ptr<blob_sink>(std::make_unique<sink>(expected.value_or(0)));
    }

private:
    // Pieces, because one block that grows is copied again and again.
    using pieces = std::vector<std::vector<std::byte>>;
    static constexpr std::size_t piece_bytes = 1 << 20;

    class bytes final : public blob {
    public:
        bytes(pieces data, std::uint64_t size) noexcept : data_(std::move(data)), size_(size) {}

        std::uint64_t size() const noexcept override { return size_; }
        result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out) const override
        {
            std::size_t done = 0;
            while (offset < size_ && done != out.size()) {
                auto const& piece = data_[static_cast<std::size_t>(offset / piece_bytes)];
                std::size_t const at = static_cast<std::size_t>(offset % piece_bytes);
                std::size_t const n = std::min(out.size() - done, piece.size() - at);
                std::memcpy(out.data() + done, piece.data() + at, n);
                done += n;
                offset += n;
            }
            return done;
        }

    private:
        pieces data_;  // all of piece_bytes but the last
        std::uint64_t size_;
    };

    class sink final : public blob_sink {
    public:
        explicit sink(std::uint64_t expected) : expected_(expected) {}

        result<void> write(std::span<std::byte const> more) override
        {
            while (!more.empty()) {
                if (data_.empty() || data_.back().size() == piece_bytes) {
                    // A length that was only announced claims no more memory than one piece.
                    std::uint64_t const left = expected_ > size_ ? expected_ - size_ : more.size();
                    data_.emplace_back().reserve(static_cast<std::size_t>(std::min<std::uint64_t>(left, piece_bytes)));
                }
                auto& piece = data_.back();
                auto const now = more.first(std::min(more.size(), piece_bytes - piece.size()));
                piece.insert(piece.end(), now.begin(), now.end());
                size_ += now.size();
                more = more.subspan(now.size());
            }
            return {};
        }
        result<std::shared_ptr<blob const>> finish() override
        {
            return std::shared_ptr<blob const>(std::make_shared<bytes>(std::move(data_), size_));
        }

    private:
        pieces data_;
        std::uint64_t expected_;
        std::uint64_t size_ = 0;
    };
};

/// Keeps records, counts bytes and throws the bytes away: for benchmarks, and for uploads larger than memory.
class discard_store final : public store {
public:
    std::string_view kind() const noexcept override { return "discard"; }
    bool keeps_bytes() const noexcept override { return false; }

    result<std::unique_ptr<blob_sink>> open_sink(std::optional<std::uint64_t>) override
    {
        return std::unique_ptr<blob_sink>(std::make_unique<sink>());
    }

private:
    class nothing final : public blob {
    public:
        explicit nothing(std::uint64_t size) noexcept : size_(size) {}

        std::uint64_t size() const noexcept override { return size_; }
        result<std::size_t> read_at(std::uint64_t, std::span<std::byte>) const override
        {
            return failure(errc::not_supported, "this store threw the object's bytes away");
        }

    private:
        std::uint64_t size_;
    };

    class sink final : public blob_sink {
    public:
        result<void> write(std::span<std::byte const> bytes) override
        {
            size_ += bytes.size();
            return {};
        }
        result<std::shared_ptr<blob const>> finish() override
        {
            return std::shared_ptr<blob const>(std::make_shared<nothing>(size_));
        }

    private:
        std::uint64_t size_ = 0;
    };
};

}  // namespace ossify::emulation

#endif
