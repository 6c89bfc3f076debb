#ifndef OSSIFY_SESSION_BUFFER_POOL_HPP
#define OSSIFY_SESSION_BUFFER_POOL_HPP

#include <cstddef>
#include <memory>
#include <mutex>
#include <new>
#include <span>
#include <utility>
#include <vector>

namespace ossify {

/// Blocks of one size through which bodies are read, used again and again.
/// Each begins with a page. Where one begins a few bytes further, as large allocations do, some processors copy from the
/// page cache into it at half the speed: each store is taken for one to the bytes that are loaded next, whose addresses
/// end alike.
/// Thread safety: a monitor. It must outlive its leases.
class buffer_pool {
    struct deleter {
        void operator()(std::byte* block) const noexcept { ::operator delete[](block, alignment); }
    };
    using block = std::unique_ptr<std::byte[], deleter>;

public:
    /// One block; it goes back when the lease ends.
    class lease {
    public:
        lease(buffer_pool& pool, block memory) : pool_(&pool), block_(std::move(memory)) {}
        lease(lease&& other) noexcept : pool_(other.pool_), block_(std::move(other.block_)) {}
        lease& operator=(lease&&) = delete;
        ~lease()
        {
            if (block_)
                pool_->give_back(std::move(block_));
        }
        std::span<std::byte> bytes() const noexcept { return {block_.get(), pool_->block_bytes_}; }

    private:
        buffer_pool* pool_;
        block block_;
    };

    explicit buffer_pool(std::size_t block_bytes, std::size_t keep = 16) : block_bytes_(block_bytes), keep_(keep)
    {
        free_.reserve(keep);  // to give a block back must not fail
    }

    lease take()
    {
        {
            std::lock_guard const lock(mutex_);
            if (!free_.empty()) {
                lease taken(*this, std::move(free_.back()));
                free_.pop_back();
                return taken;
            }
        }
        return lease(*this, block(static_cast<std::byte*>(::operator new[](block_bytes_, alignment))));
    }

private:
    static constexpr std::align_val_t alignment{4096};

    void give_back(block memory)
    {
        std::lock_guard const lock(mutex_);
        if (free_.size() < keep_)
            free_.push_back(std::move(memory));
    }

    std::mutex mutex_;
    std::vector<block> free_;
    std::size_t block_bytes_;
    std::size_t keep_;
};

}  // namespace ossify

#endif
