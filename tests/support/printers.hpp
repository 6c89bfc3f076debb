#ifndef OSSIFY_TESTS_SUPPORT_PRINTERS_HPP
#define OSSIFY_TESTS_SUPPORT_PRINTERS_HPP

// Lets CHECK(result) show why there is no value.
#include <ossify/core/result.hpp>

#include <doctest/doctest.h>

namespace doctest {

template<class T>
struct StringMaker<boost::system::result<T, ossify::failure>> {
    static String convert(boost::system::result<T, ossify::failure> const& r)
    {
        return r ? String("a value") : String(("failure: " + ossify::to_string(r.error())).c_str());
    }
};

template<>
struct StringMaker<ossify::failure> {
    static String convert(ossify::failure const& f) { return String(ossify::to_string(f).c_str()); }
};

}  // namespace doctest

#endif
