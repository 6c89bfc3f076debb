// callback-server: an application server for upload callbacks, for development and tests.
//
//     callback-server --public-key-url http://127.0.0.1:8000/callback_pub_key_v1.pem
//
// prints where it listens, then one line of JSON for each callback, and runs until SIGINT or SIGTERM. It answers what
// it has understood, and 403 to everything that the service (or the owner of the key at the URL) has not signed.
#include <ossify/codec/utf8.hpp>
#include <ossify/core/printable.hpp>
#include <ossify/receiver/callback_server.hpp>

#include "command_line.hpp"

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>

namespace {

constexpr std::string_view usage =
    "usage: callback-server [--listen HOST:PORT] [--public-key-url URL] [--public-base-path PATH]\n"
    "                       [--tls-cert F --tls-key F]\n"
    "\n"
    "  --listen HOST:PORT       where to listen; port 0 takes a free one (default 127.0.0.1:0)\n"
    "  --public-key-url URL     also believe callbacks signed with the key at this URL; may be given several times\n"
    "  --public-base-path PATH  what a proxy takes off the front of the path\n"
    "  --tls-cert F             speak TLS with this certificate chain (PEM)\n"
    "  --tls-key F              and this private key (PEM)\n";

ossify::server_config read_options(int argc, char** argv)
{
    ossify::server_config out;
    std::string tls_cert;
    std::string tls_key;
    command_line::reader from(argc, argv);
    while (from.next()) {
        std::string const& name = from.name();
        if (name == "--help") {
            std::cout << usage;
            std::exit(0);
        } else if (name == "--listen") {
            auto [host, port] = from.address();
            out.listen(std::move(host), port);
        } else if (name == "--public-key-url") {
            std::string url = from.value();
            if (auto const parsed = ossify::codec::parse_url(url); !parsed)
                throw command_line::usage_error("--public-key-url: " + parsed.error().message());
            out.trust_key_url(std::move(url));
        } else if (name == "--public-base-path") {
            std::string path = from.value();
            if (!path.starts_with('/'))
                throw command_line::usage_error("--public-base-path takes a path such as /api, not \"" + path + '"');
            out.public_base_path(std::move(path));
        } else if (name == "--tls-cert") {
            tls_cert = from.value();
        } else if (name == "--tls-key") {
            tls_key = from.value();
        } else {
            throw command_line::usage_error("unknown option " + name);
        }
    }
    if (tls_cert.empty() != tls_key.empty())
        throw command_line::usage_error("--tls-cert and --tls-key belong together");
    if (!tls_cert.empty()) {
        auto context = ossify::tls_context::server(tls_cert, tls_key);
        if (!context)
            throw command_line::usage_error(to_string(context.error()));
        out.tls(*std::move(context));
    }
    return out;
}

void print(ossify::callback_log_entry const& entry)
{
    auto const& callback = entry.callback;
    ossify::json::object line;
    line["verified"] = entry.verified;
    line["event"] = entry.verified ? callback.members() : ossify::json::value(nullptr);  // else anybody's words
    line["reason"] = entry.reason;
    line["path"] = callback.target;
    line["request_id"] = callback.request_id;
    line["status"] = entry.status;
    line["microseconds"] = entry.took.count();
    std::cout << ossify::codec::replace_non_utf8(ossify::codec::to_json_text(line)) << std::endl;
}

ossify::awaitable<ossify::json::value> answer(ossify::received_callback const& callback)
{
    ossify::json::object said;
    said["Status"] = "OK";
    said["received"] = callback.members();
    co_return said;
}

ossify::awaitable<void> stop_when_signalled(ossify::callback_server& server, asio::signal_set& signals)
{
    co_await signals.async_wait(ossify::awaited);
    co_await server.stop(std::chrono::seconds(2));
}

}  // namespace

int main(int argc, char** argv)
try {
    auto config = read_options(argc, argv);
    config.log(print);
    asio::io_context io(1);
    asio::signal_set signals(io, SIGINT, SIGTERM);  // before anybody can know that we are there
    ossify::callback_server server(io.get_executor(), config);
    server.on_any(answer);
    if (auto started = server.start(); !started) {
        std::cerr << "callback-server: " << started.error() << '\n';
        return 1;
    }
    std::cout << "listening on " << server.url() << std::endl;
    int status = 0;
    asio::co_spawn(io, stop_when_signalled(server, signals), [&](std::exception_ptr failed) { status = failed ? 1 : 0; });
    io.run();
    return status;
} catch (command_line::usage_error const& e) {
    std::cerr << "callback-server: " << ossify::printable(e.what()) << "\nTry callback-server --help.\n";
    return 2;
} catch (std::exception const& e) {
    std::cerr << "callback-server: " << e.what() << '\n';
    return 1;
}
