// An application server: verifies each callback, decodes it into a struct, and answers.
// usage: 2_callback_server PORT [PUBLIC_KEY_URL]      an emulator prints the URL; the real service needs none
#include "command_line.hpp"
#include "photo.hpp"

#include <ossify/receiver/callback_server.hpp>

#include <asio/io_context.hpp>

#include <exception>
#include <iostream>
#include <string>

ossify::awaitable<photo_reply> on_photo(photo_stored const& photo)
{
    std::cout << photo.user_id << " stored " << photo.object << ", " << photo.size << " bytes" << std::endl;
    co_return photo_reply{photo.user_id + "/" + photo.object};
}

int main(int argc, char** argv)
try {
    if (argc > 1 && argv[1][0] == '-') {
        std::cerr << "usage: 2_callback_server PORT [PUBLIC_KEY_URL]\n";
        return 2;
    }
    auto const port = command_line::port(argc > 1 ? argv[1] : "8080");
    auto config = ossify::server_config().listen("127.0.0.1", port);
    if (argc > 2)
        config.trust_key_url(argv[2]);
    asio::io_context io(1);
    ossify::callback_server server(io.get_executor(), config);
    server.on<photo_contract>("/oss/photo", on_photo);
    server.start().value();
    std::cout << "listening on " << server.url() << std::endl;
    io.run();
} catch (std::exception const& e) {
    std::cerr << e.what() << '\n';
    return 1;
}
