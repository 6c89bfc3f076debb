// Uploads a photo; the callback goes to 2_callback_server, and its reply comes back as a struct.
// usage: 2_callback_uploader ENDPOINT APPLICATION_SERVER FILE      with OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET
#include "photo.hpp"

#include <ossify/client.hpp>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

#include <exception>
#include <iostream>
#include <string>

ossify::awaitable<bool> upload(ossify::client& oss, std::string application, std::string file)
{
    auto const callback = photo_contract::to(application + "/oss/photo").value().set<&photo_stored::user_id>("alice");
    auto const stored = co_await oss.put_object(
        ossify::put_object_request("photos", "holiday.jpg").file(file).callback(callback));
    if (!stored)                             std::cerr << stored.error() << '\n';
    else if (!stored->callback.delivered())  std::cerr << "stored, but " << stored->callback.failure() << '\n';
    else                                     std::cout << "stored as " << stored->callback.reply().value().photo_id << '\n';
    co_return stored && stored->callback.delivered();
}

int main(int argc, char** argv)
try {
    if (argc != 4) {
        std::cerr << "usage: 2_callback_uploader ENDPOINT APPLICATION_SERVER FILE\n";
        return 2;
    }
    asio::io_context io(1);
    ossify::client oss(io.get_executor(), ossify::config().endpoint(argv[1]).region("cn-hangzhou").credentials(
                                              ossify::credentials_from_environment()));
    bool ok = false;
    auto const on_end = [&ok](std::exception_ptr thrown, bool value) {
        if (thrown)
            std::rethrow_exception(thrown);  // out of io.run()
        ok = value;
    };
    asio::co_spawn(io, upload(oss, argv[2], argv[3]), on_end);
    io.run();
    return ok ? 0 : 1;
} catch (std::exception const& e) {
    std::cerr << e.what() << '\n';
    return 1;
}
