#ifndef OSSIFY_CODEC_JSON_HPP
#define OSSIFY_CODEC_JSON_HPP

#include <ossify/core/result.hpp>

#include <boost/json/array.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse_options.hpp>
#include <boost/json/parser.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/serializer.hpp>
#include <boost/json/storage_ptr.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace ossify {

/// The JSON library: `json::value`, `json::object`, `json::array`, `json::string`.
namespace json = boost::json;

namespace codec {

/// Reads one JSON value that takes up the whole text (white space around it is fine).
/// Integers of 64 bits stay exact, signed or unsigned; of equal names in an object the last one counts.
/// Errors: `malformed_json`, with the byte where reading stopped; also for a nesting deeper than 32.
/// Lifetime: what `storage` refers to must live as long as the value; without it the value owns its memory.
/// Thread safety: stateless. Source: RFC 8259.
inline result<json::value> parse_json(std::string_view text, json::storage_ptr storage = {})
{
    auto const fail_at = [](std::size_t byte, std::string const& why) {
        return failure(errc::malformed_json, "at byte " + std::to_string(byte) + ": " + why);
    };
    if (text.empty())
        return fail_at(0, "empty text");
    unsigned char stack[512];  // of values that are not complete yet: enough for a small object
    json::parser parser(json::storage_ptr(), json::parse_options(), stack, sizeof stack);
    parser.reset(std::move(storage));
    boost::system::error_code ec;
    std::size_t const used = parser.write_some(json::string_view(text.data(), text.size()), ec);
    if (ec)
        return fail_at(used, ec.message());
    if (used != text.size())
        return fail_at(used, "text after the end of the value");
    return parser.release();
}

/// The value as compact JSON in UTF-8, names in the order they were inserted. Thread safety: stateless.
inline std::string to_json_text(json::value const& value) { return json::serialize(value); }

/// Appends a text as a JSON string, as `to_json_text` writes it, without making a value of it first.
/// `text` must not lie in `out`. Thread safety: stateless.
inline void append_json_string(std::string& out, std::string_view text)
{
    json::serializer writer;
    writer.reset(json::string_view(text.data(), text.size()));
    char piece[1024];  // most texts fit: the writer then needs no memory of its own
    while (!writer.done())
        out.append(writer.read(piece));
}

}  // namespace codec

}  // namespace ossify

#endif
