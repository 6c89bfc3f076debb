#ifndef OSSIFY_CORE_SECRET_HPP
#define OSSIFY_CORE_SECRET_HPP

#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace ossify {

namespace detail {

/// Overwrites memory in a way that the optimiser must keep.
inline void wipe(void* memory, std::size_t bytes) noexcept
{
    if (bytes != 0)
        std::memset(memory, 0, bytes);
    asm volatile("" : : "r"(memory) : "memory");  // as if somebody read it
}

}  // namespace detail

/// A string that is wiped when it goes out of scope and that no stream prints.
class secret {
public:
    secret() noexcept = default;
    secret(std::string_view text) : text_(text) {}
    secret(std::string const& text) : text_(text) {}
    secret(char const* text) : text_(text) {}
    secret(secret const&) = default;
    secret(secret&& other) noexcept : text_(std::move(other.text_)) { other.wipe(); }
    secret& operator=(secret other) noexcept
    {
        text_.swap(other.text_);
        return *this;
    }
    ~secret() { wipe(); }

    /// The plain text. Hand it to the function that needs it; keep no copy.
    std::string_view reveal() const noexcept { return text_; }
    bool empty() const noexcept { return text_.empty(); }

    friend bool operator==(secret const& a, secret const& b) noexcept { return a.text_ == b.text_; }

private:
    void wipe() noexcept
    {
        text_.resize(text_.capacity());  // never reallocates; reaches what an earlier, longer text left behind
        detail::wipe(text_.data(), text_.size());
        text_.clear();
    }

    std::string text_;
};

}  // namespace ossify

#endif
