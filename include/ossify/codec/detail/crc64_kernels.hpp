#ifndef OSSIFY_CODEC_DETAIL_CRC64_KERNELS_HPP
#define OSSIFY_CODEC_DETAIL_CRC64_KERNELS_HPP

#include <ossify/codec/detail/crc64_arm64.hpp>
#include <ossify/codec/detail/crc64_tables.hpp>
#include <ossify/codec/detail/crc64_x86.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ossify::detail {

/// One way to compute the CRC.
struct crc64_kernel {
    std::string_view name;
    std::uint64_t (*step)(unsigned char const* bytes, std::size_t count, std::uint64_t crc) noexcept;
    bool (*runs_here)() noexcept;  ///< asks the processor, and the system where it must save wider registers
};

/// Every way compiled in, the fastest first; the last one runs everywhere.
inline constexpr crc64_kernel crc64_kernels[] = {
#if defined(__x86_64__)
    {"vpclmul-512", crc64_step_vpclmul_512, cpu_has_vpclmul_512},
    {"vpclmul-256", crc64_step_vpclmul_256, cpu_has_vpclmul_256},
    {"pclmul", crc64_step_pclmul, cpu_has_pclmul},
#endif
#if defined(__aarch64__) && defined(__linux__) && !defined(__AARCH64EB__)
    {"pmull", crc64_step_pmull, cpu_has_pmull},
#endif
    {"slicing-by-16", crc64_step_sliced, []() noexcept { return true; }},
};

/// The fastest way that this processor can go; looked up once.
inline crc64_kernel const& chosen_crc64_kernel() noexcept
{
    static crc64_kernel const& chosen = []() -> crc64_kernel const& {
        crc64_kernel const* kernel = crc64_kernels;
        while (!kernel->runs_here())
            ++kernel;
        return *kernel;
    }();
    return chosen;
}

}  // namespace ossify::detail

#endif
