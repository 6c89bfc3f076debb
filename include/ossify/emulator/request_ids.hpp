#ifndef OSSIFY_EMULATOR_REQUEST_IDS_HPP
#define OSSIFY_EMULATOR_REQUEST_IDS_HPP

#include <ossify/codec/hex.hpp>
#include <ossify/codec/random.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>

namespace ossify::emulation {

/// Makes ids of requests: 24 upper-case hexadecimal digits. No two of one object are alike, and hardly any two of
/// different ones. They are not secret: randomness that nobody foresees would cost as much as parsing a small request.
/// Thread safety: a monitor.
class request_ids {
public:
    request_ids() { codec::fill_random(std::as_writable_bytes(std::span(start_))); }

    std::string next()
    {
        std::array<std::uint64_t, 2> raw{0, start_[1] + count_.fetch_add(1, std::memory_order_relaxed)};
        auto& n = raw[1];
        n = (n ^ (n >> 30)) * 0xbf58476d1ce4e5b9U;  // splitmix64: each step can be undone, so no two numbers become one
        n = (n ^ (n >> 27)) * 0x94d049bb133111ebU;
        n ^= n >> 31;
        std::array<char, 12> bytes;
        std::memcpy(bytes.data(), &start_[0], 4);
        std::memcpy(bytes.data() + 4, &n, 8);
        return codec::hex_encode_upper({bytes.data(), bytes.size()});
    }

private:
    std::array<std::uint64_t, 2> start_{};
    std::atomic<std::uint64_t> count_{0};
};

}  // namespace ossify::emulation

#endif
