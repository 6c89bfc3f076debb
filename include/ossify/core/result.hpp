#ifndef OSSIFY_CORE_RESULT_HPP
#define OSSIFY_CORE_RESULT_HPP

#include <ossify/core/failure.hpp>

#include <boost/assert/source_location.hpp>
#include <boost/system/result.hpp>

namespace ossify {

/// A value, or the failure that says why there is none. `value()` throws `ossify::error`.
template<class T>
using result = boost::system::result<T, failure>;

/// Found by argument-dependent lookup from `result<T>::value()`.
[[noreturn]] inline void throw_exception_from_error(failure const& f, boost::source_location const&)
{
    throw error(f);
}

}  // namespace ossify

#endif
