#ifndef OSSIFY_CODEC_DETAIL_CRC64_X86_HPP
#define OSSIFY_CODEC_DETAIL_CRC64_X86_HPP

#if defined(__x86_64__)

#include <ossify/codec/detail/crc64_tables.hpp>

#include <cstddef>
#include <cstdint>

#include <immintrin.h>

// Folding by carry-less products. Source: Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ
// Instruction", Intel, 2009. Each function names the instructions it uses, so that no compiler option is needed;
// who calls it has asked the processor first.

#define OSSIFY_CRC64_PCLMUL __attribute__((target("sse4.1,pclmul")))
#define OSSIFY_CRC64_VPCLMUL_256 __attribute__((target("avx2,pclmul,vpclmulqdq")))
#define OSSIFY_CRC64_VPCLMUL_512 __attribute__((target("avx512f,avx512vl,pclmul,vpclmulqdq")))

namespace ossify::detail {

template<unsigned Bits>
OSSIFY_CRC64_PCLMUL inline __m128i crc64_factors_128() noexcept
{
    return _mm_set_epi64x(static_cast<long long>(crc64_fold<Bits>::last),
                          static_cast<long long>(crc64_fold<Bits>::first));
}

OSSIFY_CRC64_PCLMUL inline __m128i crc64_load_128(unsigned char const* p) noexcept
{
    return _mm_loadu_si128(reinterpret_cast<__m128i const*>(p));
}

OSSIFY_CRC64_PCLMUL inline __m128i crc64_fold_128(__m128i x, __m128i factors, __m128i next) noexcept
{
    __m128i const carried =
        _mm_xor_si128(_mm_clmulepi64_si128(x, factors, 0x00), _mm_clmulepi64_si128(x, factors, 0x11));
    return _mm_xor_si128(carried, next);
}

/// Folds the rest of the bytes into `x`, 16 at a time, and reduces it to the register.
OSSIFY_CRC64_PCLMUL inline std::uint64_t crc64_finish_128(__m128i x, unsigned char const* p, std::size_t bytes) noexcept
{
    __m128i const by_16 = crc64_factors_128<128>();
    for (; bytes >= 16; p += 16, bytes -= 16)
        x = crc64_fold_128(x, by_16, crc64_load_128(p));
    alignas(16) unsigned char last[16];
    _mm_store_si128(reinterpret_cast<__m128i*>(last), x);
    return crc64_step_sliced(p, bytes, crc64_step_sliced(last, sizeof last, 0));
}

/// 64 bytes a round in four independent 16-byte lanes.
OSSIFY_CRC64_PCLMUL inline std::uint64_t crc64_step_pclmul(unsigned char const* p, std::size_t bytes,
                                                           std::uint64_t crc) noexcept
{
    if (bytes < 32)
        return crc64_step_sliced(p, bytes, crc);
    __m128i a = _mm_xor_si128(crc64_load_128(p), _mm_cvtsi64_si128(static_cast<long long>(crc)));
    if (bytes < 128)
        return crc64_finish_128(a, p + 16, bytes - 16);
    __m128i b = crc64_load_128(p + 16);
    __m128i c = crc64_load_128(p + 32);
    __m128i d = crc64_load_128(p + 48);
    __m128i const by_64 = crc64_factors_128<512>();
    for (p += 64, bytes -= 64; bytes >= 64; p += 64, bytes -= 64) {
        a = crc64_fold_128(a, by_64, crc64_load_128(p));
        b = crc64_fold_128(b, by_64, crc64_load_128(p + 16));
        c = crc64_fold_128(c, by_64, crc64_load_128(p + 32));
        d = crc64_fold_128(d, by_64, crc64_load_128(p + 48));
    }
    __m128i const by_16 = crc64_factors_128<128>();
    b = crc64_fold_128(a, by_16, b);
    c = crc64_fold_128(b, by_16, c);
    d = crc64_fold_128(c, by_16, d);
    return crc64_finish_128(d, p, bytes);
}

OSSIFY_CRC64_VPCLMUL_256 inline __m256i crc64_load_256(unsigned char const* p) noexcept
{
    return _mm256_loadu_si256(reinterpret_cast<__m256i const*>(p));
}

OSSIFY_CRC64_VPCLMUL_256 inline __m256i crc64_fold_256(__m256i x, __m256i factors, __m256i next) noexcept
{
    __m256i const carried =
        _mm256_xor_si256(_mm256_clmulepi64_epi128(x, factors, 0x00), _mm256_clmulepi64_epi128(x, factors, 0x11));
    return _mm256_xor_si256(carried, next);
}

/// 128 bytes a round in four lanes of 32 bytes: processors with AVX2 but without AVX-512.
OSSIFY_CRC64_VPCLMUL_256 inline std::uint64_t crc64_step_vpclmul_256(unsigned char const* p, std::size_t bytes,
                                                                     std::uint64_t crc) noexcept
{
    if (bytes < 512)
        return crc64_step_pclmul(p, bytes, crc);
    __m256i const factors = _mm256_broadcastsi128_si256(crc64_factors_128<1024>());
    __m256i const start = _mm256_zextsi128_si256(_mm_cvtsi64_si128(static_cast<long long>(crc)));
    __m256i a = _mm256_xor_si256(crc64_load_256(p), start);
    __m256i b = crc64_load_256(p + 32);
    __m256i c = crc64_load_256(p + 64);
    __m256i d = crc64_load_256(p + 96);
    for (p += 128, bytes -= 128; bytes >= 128; p += 128, bytes -= 128) {
        a = crc64_fold_256(a, factors, crc64_load_256(p));
        b = crc64_fold_256(b, factors, crc64_load_256(p + 32));
        c = crc64_fold_256(c, factors, crc64_load_256(p + 64));
        d = crc64_fold_256(d, factors, crc64_load_256(p + 96));
    }
    alignas(32) unsigned char lanes[128];
    _mm256_store_si256(reinterpret_cast<__m256i*>(lanes), a);
    _mm256_store_si256(reinterpret_cast<__m256i*>(lanes + 32), b);
    _mm256_store_si256(reinterpret_cast<__m256i*>(lanes + 64), c);
    _mm256_store_si256(reinterpret_cast<__m256i*>(lanes + 96), d);
    return crc64_step_pclmul(p, bytes, crc64_step_pclmul(lanes, sizeof lanes, 0));
}

OSSIFY_CRC64_VPCLMUL_512 inline __m512i crc64_fold_512(__m512i x, __m512i factors, __m512i next) noexcept
{
    constexpr int xor_of_three = 0x96;
    return _mm512_ternarylogic_epi64(_mm512_clmulepi64_epi128(x, factors, 0x00),
                                     _mm512_clmulepi64_epi128(x, factors, 0x11), next, xor_of_three);
}

/// 256 bytes a round in four lanes of 64 bytes.
OSSIFY_CRC64_VPCLMUL_512 inline std::uint64_t crc64_step_vpclmul_512(unsigned char const* p, std::size_t bytes,
                                                                     std::uint64_t crc) noexcept
{
    if (bytes < 1024)
        return crc64_step_pclmul(p, bytes, crc);
    // The masked form: GCC 12 warns falsely about an uninitialised value inside the plain one.
    __m512i const factors = _mm512_maskz_broadcast_i32x4(0xffff, crc64_factors_128<2048>());
    __m512i const start = _mm512_zextsi128_si512(_mm_cvtsi64_si128(static_cast<long long>(crc)));
    __m512i a = _mm512_xor_si512(_mm512_loadu_si512(p), start);
    __m512i b = _mm512_loadu_si512(p + 64);
    __m512i c = _mm512_loadu_si512(p + 128);
    __m512i d = _mm512_loadu_si512(p + 192);
    for (p += 256, bytes -= 256; bytes >= 256; p += 256, bytes -= 256) {
        a = crc64_fold_512(a, factors, _mm512_loadu_si512(p));
        b = crc64_fold_512(b, factors, _mm512_loadu_si512(p + 64));
        c = crc64_fold_512(c, factors, _mm512_loadu_si512(p + 128));
        d = crc64_fold_512(d, factors, _mm512_loadu_si512(p + 192));
    }
    alignas(64) unsigned char lanes[256];
    _mm512_store_si512(lanes, a);
    _mm512_store_si512(lanes + 64, b);
    _mm512_store_si512(lanes + 128, c);
    _mm512_store_si512(lanes + 192, d);
    return crc64_step_pclmul(p, bytes, crc64_step_pclmul(lanes, sizeof lanes, 0));
}

inline bool cpu_has_pclmul() noexcept { return __builtin_cpu_supports("sse4.1") && __builtin_cpu_supports("pclmul"); }
inline bool cpu_has_vpclmul_256() noexcept
{
    return cpu_has_pclmul() && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("vpclmulqdq");
}
inline bool cpu_has_vpclmul_512() noexcept
{
    return cpu_has_vpclmul_256() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl");
}

}  // namespace ossify::detail

#undef OSSIFY_CRC64_PCLMUL
#undef OSSIFY_CRC64_VPCLMUL_256
#undef OSSIFY_CRC64_VPCLMUL_512

#endif

#endif
