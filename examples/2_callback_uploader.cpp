// Uploads a photo; the callback goes to 2_callback_server, and its reply comes back as a struct.
// usage: 2_callback_uploader ENDPOINT APPLICATION_SERVER FILE      with OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET
#include "photo.hpp"

#include <ossify/client.hpp>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>

#include <iostream>

ossify::awaitable<void> upload(ossify::client& oss, std::string application, std::string file)
{
    auto const callback = photo_contract::to(application + "/oss/photo").value().set<&photo_stored::user_id>("alice");
    auto const stored = co_await oss.put_object(
        ossify::put_object_request("photos", "holiday.jpg").file(file).callback(callback));
    if (!stored)                             std::cout << stored.error() << '\n';
    else if (!stored->callback.delivered())  std::cout << "stored, but " << stored->callback.failure() << '\n';
    else                                     std::cout << "stored as " << stored->callback.reply().value().photo_id << '\n';
}

int main(int argc, char** argv)
{
    if (argc != 4)
        return 2;
    asio::io_context io(1);
    ossify::client oss(io.get_executor(), ossify::config().endpoint(argv[1]).region("cn-hangzhou").credentials(
                                              ossify::credentials_from_environment()));
    asio::co_spawn(io, upload(oss, argv[2], argv[3]), asio::detached);
    io.run();
}
