#include <ossify/body/chunks.hpp>

#include "printers.hpp"
#include "run.hpp"

#include <doctest/doctest.h>

#include <asio/experimental/coro.hpp>
#include <asio/experimental/use_coro.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>

#include <array>
#include <stdexcept>
#include <string>
#include <vector>

using namespace ossify;

namespace {

// Reads all, a few bytes at a time.
awaitable<std::string> read_all(stream_body from, std::size_t piece)
{
    std::string out;
    std::vector<std::byte> into(piece);
    for (;;) {
        auto const got = co_await from.read_some(into);
        if (!got)
            co_return out + "!" + got.error().message();
        if (*got == 0)
            co_return out;
        out.append(reinterpret_cast<char const*>(into.data()), *got);
    }
}

awaitable<std::string> next_word(std::vector<std::string>& words)
{
    if (words.empty())
        co_return std::string();
    std::string word = std::move(words.front());
    words.erase(words.begin());
    co_return word;
}

awaitable<result<std::string>> next_or_failure(int& calls)
{
    if (++calls == 1)
        co_return std::string("one ");
    co_return failure(errc::source_failed, "no more");
}

asio::experimental::coro<std::string> counted(asio::any_io_executor ex, int until)
{
    for (int i = 0; i != until; ++i) {
        co_await asio::post(ex, asio::experimental::use_coro);
        co_yield std::to_string(i);
        co_yield std::string();  // an empty chunk of a generator is not its end
    }
}

}  // namespace

TEST_CASE("chunks of any length come out as one stream")
{
    for (std::size_t piece : {1U, 3U, 100U}) {
        asio::io_context io;
        std::vector<std::string> words{"Hello", ", ", "a", " world"};
        auto const source = stream_body::from(chunks_from([&words] { return next_word(words); }));
        CHECK(tests::run(io, read_all(source, piece)) == "Hello, a world");
    }
}

TEST_CASE("a chunk that fails ends the stream with the failure")
{
    asio::io_context io;
    int calls = 0;
    auto const source = stream_body::from(chunks_from([&calls] { return next_or_failure(calls); }));
    CHECK(tests::run(io, read_all(source, 10)) == "one !no more");
}

TEST_CASE("a coroutine that yields chunks is a stream")
{
    asio::io_context io;
    auto const source = stream_body::from(chunks_from(counted(io.get_executor(), 12)));
    CHECK(tests::run(io, read_all(source, 4)) == "01234567891011");
}
