// Callbacks inside a server of another library: Boost.Beast, with one thread for each connection. The receiver fetches
// keys on a loop of its own; `receive` is handed Beast's request as it is.
// usage: callback_beast PORT [PUBLIC_KEY_URL]
#include "command_line.hpp"
#include "photo.hpp"

#include <ossify/receiver/callback_receiver.hpp>

#include <asio/co_spawn.hpp>
#include <asio/thread_pool.hpp>
#include <asio/use_future.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <exception>
#include <iostream>
#include <string>
#include <thread>

namespace beast = boost::beast;
using tcp = boost::asio::ip::tcp;

namespace {

void serve(tcp::socket socket, ossify::callback_receiver& receiver, asio::thread_pool& loop)
try {
    beast::flat_buffer buffer;
    beast::http::request<beast::http::string_body> request;
    beast::http::read(socket, buffer, request);

    auto const photo =
        asio::co_spawn(loop, receiver.receive<photo_contract>(request.target(), request, request.body()), asio::use_future)
            .get();

    beast::http::response<beast::http::string_body> response;
    response.result(photo ? 200 : ossify::refusal_status(photo.error()));
    response.set(beast::http::field::content_type, "application/json");
    response.body() = "{}";
    if (photo)
        response.body() = ossify::codec::to_json_text(ossify::codec::to_json(photo_reply{(*photo)->user_id}));
    response.keep_alive(false);
    response.prepare_payload();  // the service insists on Content-Length
    std::cout << (photo ? (*photo)->object : to_string(photo.error())) << std::endl;
    beast::http::write(socket, response);
} catch (std::exception const& e) {
    std::cerr << e.what() << '\n';
}

}  // namespace

int main(int argc, char** argv)
try {
    boost::asio::io_context io(1);
    auto const port = command_line::port(argc > 1 ? argv[1] : "0");
    tcp::acceptor acceptor(io, tcp::endpoint(boost::asio::ip::address_v4::loopback(), port));

    asio::thread_pool loop(1);
    ossify::receiver_config config;
    if (argc > 2)
        config.trust_key_url(argv[2]);
    ossify::callback_receiver receiver(loop.get_executor(), config);

    std::cout << "listening on http://127.0.0.1:" << acceptor.local_endpoint().port() << std::endl;
    for (;;)
        std::thread(serve, acceptor.accept(), std::ref(receiver), std::ref(loop)).detach();
} catch (std::exception const& e) {
    std::cerr << e.what() << '\n';
    return 1;
}
