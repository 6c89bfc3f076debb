#include "http_properties.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    using namespace ossify;
    // Small limits, so that small inputs reach them.
    http::parser_limits limits;
    limits.header_bytes = 256;
    limits.header_count = 6;
    limits.body_bytes = 1000;
    test::check_http({reinterpret_cast<char const*>(data), size}, [&] { return http::request_parser(limits); });
    return 0;
}
