// Preprocessed when the build is configured, to see whether crc64.cpp can be compiled here.
#if !__has_include(<boost/json/src.hpp>) || !__has_include(<doctest/doctest.h>)
#error missing
#endif
