#ifndef OSSIFY_TESTS_ODR_HPP
#define OSSIFY_TESTS_ODR_HPP

#include <cstdint>

namespace odr {

/// Where one translation unit, which includes every public header, sees `ossify::error_category()`.
std::uintptr_t address_of_first();
std::uintptr_t address_of_last();

}  // namespace odr

#endif
