#ifndef OSSIFY_VERSION_HPP
#define OSSIFY_VERSION_HPP

/// The library's version: major * 10000 + minor * 100 + patch.
#define OSSIFY_VERSION 100
#define OSSIFY_VERSION_STRING "0.1.0"

#endif
