#ifndef OSSIFY_CODEC_DETAIL_CRC64_ARM64_HPP
#define OSSIFY_CODEC_DETAIL_CRC64_ARM64_HPP

#if defined(__aarch64__) && defined(__linux__) && !defined(__AARCH64EB__)

#include <ossify/codec/detail/crc64_tables.hpp>

#include <cstddef>
#include <cstdint>

#include <arm_neon.h>
#include <asm/hwcap.h>
#include <sys/auxv.h>

// The same folding as on x86 with the polynomial products of ARMv8's cryptography extension.

#define OSSIFY_CRC64_PMULL __attribute__((target("+crypto")))

namespace ossify::detail {

OSSIFY_CRC64_PMULL inline uint64x2_t crc64_load_neon(unsigned char const* p) noexcept
{
    return vreinterpretq_u64_u8(vld1q_u8(p));
}

template<unsigned Bits>
OSSIFY_CRC64_PMULL inline uint64x2_t crc64_fold_neon(uint64x2_t x, uint64x2_t next) noexcept
{
    auto const product = [](std::uint64_t word, std::uint64_t factor) OSSIFY_CRC64_PMULL {
        return vreinterpretq_u64_p128(vmull_p64(static_cast<poly64_t>(word), static_cast<poly64_t>(factor)));
    };
    uint64x2_t const first = product(vgetq_lane_u64(x, 0), crc64_fold<Bits>::first);
    uint64x2_t const last = product(vgetq_lane_u64(x, 1), crc64_fold<Bits>::last);
    return veorq_u64(veorq_u64(first, last), next);
}

/// 64 bytes a round in four independent 16-byte lanes.
OSSIFY_CRC64_PMULL inline std::uint64_t crc64_step_pmull(unsigned char const* p, std::size_t bytes,
                                                         std::uint64_t crc) noexcept
{
    if (bytes < 64)
        return crc64_step_sliced(p, bytes, crc);
    uint64x2_t a = veorq_u64(crc64_load_neon(p), vsetq_lane_u64(crc, vdupq_n_u64(0), 0));
    uint64x2_t b = crc64_load_neon(p + 16);
    uint64x2_t c = crc64_load_neon(p + 32);
    uint64x2_t d = crc64_load_neon(p + 48);
    for (p += 64, bytes -= 64; bytes >= 64; p += 64, bytes -= 64) {
        a = crc64_fold_neon<512>(a, crc64_load_neon(p));
        b = crc64_fold_neon<512>(b, crc64_load_neon(p + 16));
        c = crc64_fold_neon<512>(c, crc64_load_neon(p + 32));
        d = crc64_fold_neon<512>(d, crc64_load_neon(p + 48));
    }
    b = crc64_fold_neon<128>(a, b);
    c = crc64_fold_neon<128>(b, c);
    d = crc64_fold_neon<128>(c, d);
    for (; bytes >= 16; p += 16, bytes -= 16)
        d = crc64_fold_neon<128>(d, crc64_load_neon(p));
    unsigned char last[16];
    vst1q_u8(last, vreinterpretq_u8_u64(d));
    return crc64_step_sliced(p, bytes, crc64_step_sliced(last, sizeof last, 0));
}

inline bool cpu_has_pmull() noexcept { return (getauxval(AT_HWCAP) & HWCAP_PMULL) != 0; }

}  // namespace ossify::detail

#undef OSSIFY_CRC64_PMULL

#endif

#endif
