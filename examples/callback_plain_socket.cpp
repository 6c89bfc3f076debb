// Callbacks without our server: a plain socket, the library's HTTP parser, and `receive`, which takes what any HTTP
// framework has: the raw target, the headers, the raw body.
// usage: callback_plain_socket PORT [PUBLIC_KEY_URL]
#include "command_line.hpp"
#include "photo.hpp"

#include <ossify/http/parser.hpp>
#include <ossify/receiver/callback_receiver.hpp>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/write.hpp>

#include <exception>
#include <iostream>
#include <string>
#include <tuple>
#include <utility>

namespace {

std::string answer(unsigned status, std::string const& json)
{
    return "HTTP/1.1 " + std::to_string(status) + " \r\nContent-Type: application/json\r\nConnection: close\r\n" +
           "Content-Length: " + std::to_string(json.size()) + "\r\n\r\n" + json;
}

ossify::awaitable<void> serve(asio::ip::tcp::socket socket, ossify::callback_receiver& receiver)
{
    ossify::http::parser_limits limits;
    limits.body_bytes = 256 * 1024;  // a server that takes any length lets strangers fill its memory
    ossify::http::request_parser request(limits);
    while (!request.complete()) {
        auto const room = request.prepare();
        auto [ec, n] = co_await socket.async_read_some(asio::buffer(room.data(), room.size()), ossify::awaited);
        if (ec || !request.commit(n))
            co_return;
    }
    auto const& head = request.head();
    auto const photo =
        co_await receiver.receive<photo_contract>(head.target, head.headers, std::string(request.body()));
    std::cout << (photo ? (*photo)->object : to_string(photo.error())) << std::endl;
    std::string out;
    if (photo)
        out = answer(200, ossify::codec::to_json_text(ossify::codec::to_json(photo_reply{(*photo)->user_id})));
    else
        out = answer(ossify::refusal_status(photo.error()), "{}");
    co_await asio::async_write(socket, asio::buffer(out), ossify::awaited);
}

ossify::awaitable<void> accept(asio::ip::tcp::acceptor& acceptor, ossify::callback_receiver& receiver)
{
    for (;;) {
        auto accepted = co_await acceptor.async_accept(ossify::awaited);
        if (!std::get<0>(accepted))
            asio::co_spawn(acceptor.get_executor(), serve(std::get<1>(std::move(accepted)), receiver), asio::detached);
    }
}

}  // namespace

int main(int argc, char** argv)
try {
    asio::io_context io(1);
    ossify::receiver_config config;
    if (argc > 2)
        config.trust_key_url(argv[2]);
    ossify::callback_receiver receiver(io.get_executor(), config);
    auto const port = command_line::port(argc > 1 ? argv[1] : "0");
    asio::ip::tcp::acceptor acceptor(io, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), port));
    std::cout << "listening on http://127.0.0.1:" << acceptor.local_endpoint().port() << std::endl;
    asio::co_spawn(io, accept(acceptor, receiver), asio::detached);
    io.run();
} catch (std::exception const& e) {
    std::cerr << e.what() << '\n';
    return 1;
}
