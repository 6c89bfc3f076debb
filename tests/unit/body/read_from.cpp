#include <ossify/body/read_from.hpp>

#include "printers.hpp"
#include "run.hpp"

#include <doctest/doctest.h>

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>

#include <array>
#include <string>
#include <string_view>

#include <unistd.h>

using namespace ossify;

namespace {

struct pipe_ends {
    pipe_ends() { REQUIRE(::pipe(fd.data()) == 0); }
    void write(std::string_view text) const
    {
        REQUIRE(::write(fd[1], text.data(), text.size()) == static_cast<::ssize_t>(text.size()));
    }
    void close_writer() const { ::close(fd[1]); }
    std::array<int, 2> fd{};
};

std::string read_all(asio::io_context& io, stream_body const& from)
{
    std::string out;
    for (;;) {
        std::array<std::byte, 4> into;
        auto const got = tests::run(io, from.read_some(into));
        REQUIRE(got);
        if (*got == 0)
            return out;
        out.append(reinterpret_cast<char const*>(into.data()), *got);
    }
}

}  // namespace

TEST_CASE("a pipe is read to its end")
{
    asio::io_context io;
    pipe_ends const ends;
    asio::posix::stream_descriptor reader(io, ends.fd[0]);
    ends.write("Hello, world");
    ends.close_writer();
    CHECK(read_all(io, stream_body::from(read_from(reader))) == "Hello, world");
}

TEST_CASE("a stream may be given away")
{
    asio::io_context io;
    pipe_ends const ends;
    ends.write("kept");
    ends.close_writer();
    auto const source = stream_body::from(read_from(asio::posix::stream_descriptor(io, ends.fd[0])));
    CHECK(read_all(io, source) == "kept");
}

TEST_CASE("a stream that cannot be read fails")
{
    asio::io_context io;
    pipe_ends const ends;
    asio::posix::stream_descriptor writer(io, ends.fd[1]);  // the wrong end
    ::close(ends.fd[0]);
    std::array<std::byte, 4> into;
    auto const got = tests::run(io, stream_body::from(read_from(writer)).read_some(into));
    REQUIRE_FALSE(got);
    CHECK(got.error() == errc::source_failed);
}
