// Uses one thing of each library below ossify, so that a flag or a library missing from the dependency shows.
#include <ossify/async/awaitable.hpp>
#include <ossify/codec/digest.hpp>
#include <ossify/codec/json.hpp>
#include <ossify/codec/url.hpp>
#include <ossify/version.hpp>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>

#include <iostream>

static ossify::awaitable<void> check(bool& fine)
{
    auto const json = ossify::codec::parse_json(R"({"name": "ossify"})");
    auto const url = ossify::codec::parse_url("https://oss-cn-hangzhou.aliyuncs.com/");
    fine = json && url && ossify::codec::sha256_hex("").size() == 64;
    co_return;
}

int main()
{
    bool fine = false;
    asio::io_context io;
    asio::co_spawn(io, check(fine), asio::detached);
    io.run();
    std::cout << "ossify " OSSIFY_VERSION_STRING << (fine ? " works" : " FAILED") << " here\n";
    return fine ? 0 : 1;
}
