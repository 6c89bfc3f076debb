#ifndef OSSIFY_CORE_GCC12_HPP
#define OSSIFY_CORE_GCC12_HPP

#include <type_traits>

/// GCC 12 destroys aggregate temporaries twice in a statement that contains co_await (GCC PR 99576 and relatives).
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
#define OSSIFY_GCC12 1
#else
#define OSSIFY_GCC12 0
#endif

namespace ossify::detail {

/// True for arguments that are safe in a co_await statement on every supported compiler: named objects, and
/// temporaries that have nothing to destroy or are no aggregates.
template<class T>
concept named_or_trivial = OSSIFY_GCC12 == 0 || std::is_lvalue_reference_v<T> ||
                           std::is_trivially_destructible_v<std::remove_cvref_t<T>> ||
                           !std::is_aggregate_v<std::remove_cvref_t<T>>;

}  // namespace ossify::detail

#endif
