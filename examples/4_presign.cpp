// Grants an upload to somebody who holds no secret: prints the line for curl, which anybody may run within ten minutes.
// The service then calls 2_callback_server, whose reply curl prints.
// usage: 4_presign ENDPOINT APPLICATION_SERVER [v1|v4]      with OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET
#include "photo.hpp"

#include <ossify/client.hpp>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

#include <chrono>
#include <exception>
#include <iostream>
#include <string>
#include <string_view>

ossify::awaitable<void> grant_upload(ossify::client& oss, std::string application)
{
    auto const callback = photo_contract::to(application + "/oss/photo").value().set<&photo_stored::user_id>("alice");
    auto const granted = co_await oss.presign_put(
        ossify::put_object_request("photos", "holiday.jpg").content_type("image/jpeg").callback(callback),
        std::chrono::minutes(10));
    auto const& grant = granted.value();
    std::cout << "curl --upload-file PHOTO";
    for (auto const [name, value] : grant.headers)  // all that are signed: with any other the service refuses
        std::cout << " --header '" << name << ": " << value << "'";
    std::cout << " '" << grant.url << "'" << std::endl;
}

int main(int argc, char** argv)
try {
    if (argc < 3) {
        std::cerr << "usage: 4_presign ENDPOINT APPLICATION_SERVER [v1|v4]\n";
        return 2;
    }
    bool const v1 = argc > 3 && std::string_view(argv[3]) == "v1";
    asio::io_context io(1);
    ossify::client oss(io.get_executor(),
                       ossify::config()
                           .endpoint(argv[1])
                           .region("cn-hangzhou")
                           .signature(v1 ? ossify::signature_version::v1 : ossify::signature_version::v4)
                           .credentials(ossify::credentials_from_environment()));
    auto const on_end = [](std::exception_ptr thrown) {
        if (thrown)
            std::rethrow_exception(thrown);  // out of io.run()
    };
    asio::co_spawn(io, grant_upload(oss, argv[2]), on_end);
    io.run();
    return 0;
} catch (std::exception const& e) {
    std::cerr << e.what() << '\n';
    return 1;
}
