#ifndef OSSIFY_TESTS_FUZZ_HTTP_PROPERTIES_HPP
#define OSSIFY_TESTS_FUZZ_HTTP_PROPERTIES_HPP

#include <ossify/http/parser.hpp>
#include <ossify/http/serializer.hpp>

#include "http_feed.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <string>
#include <string_view>

// What must hold for any bytes that a peer sends.

namespace ossify::test {

inline void require(bool holds, char const* what)
{
    if (holds)
        return;
    std::cerr << what << '\n';
    std::abort();
}

/// `make` gives a new parser.
template<class Make>
void check_http(std::string_view bytes, Make make)
{
    auto first = make();
    read_outcome const expected = feed(first, bytes, whole, true);

    auto second = make();
    require(feed(second, bytes, one_byte, true) == expected, "bytes that come one by one read differently");

    auto third = make();
    std::size_t step = bytes.size() + 1;
    auto const uneven = [&](std::size_t left) { return 1 + (step = step * 2654435761u + left) % 7; };
    require(feed(third, bytes, uneven, true) == expected, "bytes that come in pieces read differently");

    require(expected.error || expected.messages.empty() || expected.messages.back().complete,
            "a message ends without an end and without an error");
    for (std::size_t i = 0; i + 1 < expected.messages.size(); ++i)
        require(expected.messages[i].complete, "a message begins before the one before it ends");

    if (!expected.messages.empty() && expected.messages.front().complete) {
        // The same body when nobody takes it while it arrives.
        auto patient = make();
        while (!patient.complete()) {
            auto const room = patient.prepare();
            if (bytes.empty()) {
                require(patient.commit_eof().has_value(), "a body left in the parser reads differently");
                continue;
            }
            std::size_t const n = std::min({room.size(), bytes.size(), std::size_t{5}});
            std::memcpy(room.data(), bytes.data(), n);
            bytes.remove_prefix(n);
            require(patient.commit(n).has_value(), "a body left in the parser reads differently");
        }
        require(patient.body() == expected.messages.front().body, "a body left in the parser reads differently");

        // What is written from a head reads as that head.
        std::string again;
        http::write_head(again, patient.head());
        typename decltype(patient)::head_type head;
        http::head_parser<typename decltype(patient)::head_type> parser(again.size(), 1000);
        auto const read = parser.parse(again, head);
        require(read && *read == again.size() && parser.is_done(), "a written head is refused");
        require(head.headers == patient.head().headers, "a written head reads differently");
    }
}

}  // namespace ossify::test

#endif
