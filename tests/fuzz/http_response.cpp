#include "http_properties.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

/// The first byte says whether the answer is one to HEAD.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    using namespace ossify;
    std::string_view bytes(reinterpret_cast<char const*>(data), size);
    http::method const of_request = bytes.starts_with('h') ? http::method::head : http::method::get;
    bytes.remove_prefix(bytes.empty() ? 0 : 1);
    http::parser_limits limits;
    limits.header_bytes = 256;
    limits.header_count = 6;
    test::check_http(bytes, [&] {
        http::response_parser parser(limits);
        parser.expect(of_request);
        return parser;
    });
    return 0;
}
