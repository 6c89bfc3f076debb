#ifndef OSSIFY_SESSION_BUFFER_POOL_HPP
#define OSSIFY_SESSION_BUFFER_POOL_HPP

#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

namespace ossify {

/// Blocks of one size through which bodies are read, used again and again.
/// Thread safety: a monitor. It must outlive its leases.
class buffer_pool {
public:
    /// One block; it goes back when the lease ends.
    class lease {
    public:
        lease(buffer_pool& pool, std::unique_ptr<std::byte[]> block) : pool_(&pool), block_(std::move(block)) {}
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
        std::unique_ptr<std::byte[]> block_;
    };

    explicit buffer_pool(std::size_t block_bytes, std::size_t keep = 16) : block_bytes_(block_bytes), keep_(keep) {}

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
        return lease(*this, std::make_unique_for_overwrite<std::byte[]>(block_bytes_));
    }

private:
    void give_back(std::unique_ptr<std::byte[]> block)
    {
        std::lock_guard const lock(mutex_);
        if (free_.size() < keep_)
            free_.push_back(std::move(block));
    }

    std::mutex mutex_;
    std::vector<std::unique_ptr<std::byte[]>> free_;
    std::size_t block_bytes_;
    std::size_t keep_;
};

}  // namespace ossify

#endif
