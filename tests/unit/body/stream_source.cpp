#include <ossify/body/stream_source.hpp>

#include "printers.hpp"
#include "run.hpp"

#include <doctest/doctest.h>

#include <asio/io_context.hpp>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

using namespace ossify;

namespace {

/// Gives a text in pieces.
class pieces {
public:
    pieces(std::string text, std::size_t most) : text_(std::move(text)), most_(most) {}
    awaitable<result<std::size_t>> read_some(std::span<std::byte> out)
    {
        std::size_t const n = std::min({out.size(), most_, text_.size()});
        if (n != 0)
            std::memcpy(out.data(), text_.data(), n);
        text_.erase(0, n);
        co_return n;
    }

private:
    std::string text_;
    std::size_t most_;
};

class broken {
public:
    awaitable<result<std::size_t>> read_some(std::span<std::byte>)
    {
        co_return failure(errc::source_failed, "broken");
    }
};

std::string filled(stream_body from, std::size_t bytes)
{
    asio::io_context io;
    std::string out(bytes, '.');
    auto const got = tests::run(io, stream_body::fill(from, std::as_writable_bytes(std::span(out))));
    REQUIRE(got);
    return out.substr(0, *got);
}

static_assert(stream_source<pieces>);
static_assert(!stream_source<std::string>);

}  // namespace

TEST_CASE("fill reads until the buffer is full, and then goes on where it was")
{
    auto const from = stream_body::from(pieces("abcdefgh", 3));
    CHECK(filled(from, 5) == "abcde");
    CHECK(filled(from, 3) == "fgh");
    CHECK(filled(from, 3).empty());
}

TEST_CASE("fill gives less only at the end")
{
    CHECK(filled(stream_body::from(pieces("abcd", 1)), 100) == "abcd");
}

TEST_CASE("fill reports what went wrong")
{
    asio::io_context io;
    std::vector<std::byte> out(10);
    auto const got = tests::run(io, stream_body::fill(stream_body::from(broken()), out));
    REQUIRE_FALSE(got);
    CHECK(got.error() == errc::source_failed);
}

TEST_CASE("a stream that was never given is none")
{
    CHECK_FALSE(stream_body());
    CHECK(stream_body::from(broken()));
}
