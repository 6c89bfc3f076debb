// callback-server: an application server for upload callbacks, for development and tests.
//
//     callback-server --public-key-url http://127.0.0.1:8000/callback_pub_key_v1.pem
//
// prints where it listens, then one line of JSON for each callback, and runs until SIGINT or SIGTERM. It answers what
// it has understood, and 403 to everything that the service (or the owner of the key at the URL) has not signed.
#include <ossify/receiver/callback_server.hpp>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>

#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <optional>
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

[[noreturn]] void refuse(std::string const& why)
{
    std::cerr << "callback-server: " << why << '\n' << usage;
    std::exit(2);
}

void read_address(ossify::server_config& to, std::string_view text)
{
    auto const colon = text.rfind(':');
    if (colon == text.npos)
        refuse("--listen takes HOST:PORT, not \"" + std::string(text) + '"');
    std::string_view host = text.substr(0, colon);
    std::string_view const digits = text.substr(colon + 1);
    if (host.starts_with('[') && host.ends_with(']'))
        host = host.substr(1, host.size() - 2);
    std::uint16_t port = 0;
    auto const [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (host.empty() || digits.empty() || ec != std::errc() || end != digits.data() + digits.size())
        refuse("--listen takes HOST:PORT, not \"" + std::string(text) + '"');
    to.listen(std::string(host), port);
}

ossify::server_config read_options(int argc, char** argv)
{
    ossify::server_config out;
    std::string tls_cert;
    std::string tls_key;
    for (int i = 1; i < argc; ++i) {
        std::string_view name = argv[i];
        std::optional<std::string> value;
        if (auto const equals = name.find('='); name.starts_with("--") && equals != name.npos) {
            value = name.substr(equals + 1);
            name = name.substr(0, equals);
        }
        auto const argument = [&]() -> std::string {
            if (value)
                return *std::exchange(value, std::nullopt);
            if (i + 1 == argc)
                refuse(std::string(name) + " needs a value");
            return argv[++i];
        };
        if (name == "--help") {
            std::cout << usage;
            std::exit(0);
        } else if (name == "--listen") {
            read_address(out, argument());
        } else if (name == "--public-key-url") {
            std::string url = argument();
            if (auto const parsed = ossify::codec::parse_url(url); !parsed)
                refuse("--public-key-url: " + parsed.error().message());
            out.trust_key_url(std::move(url));
        } else if (name == "--public-base-path") {
            out.public_base_path(argument());
        } else if (name == "--tls-cert") {
            tls_cert = argument();
        } else if (name == "--tls-key") {
            tls_key = argument();
        } else {
            refuse("unknown option " + std::string(name));
        }
        if (value)
            refuse(std::string(name) + " takes no value");
    }
    if (tls_cert.empty() != tls_key.empty())
        refuse("--tls-cert and --tls-key belong together");
    if (!tls_cert.empty()) {
        auto context = ossify::tls_context::server(tls_cert, tls_key);
        if (!context)
            refuse(to_string(context.error()));
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
    std::cout << ossify::codec::to_json_text(line) << std::endl;
}

ossify::awaitable<ossify::json::value> answer(ossify::received_callback const& callback)
{
    ossify::json::object said;
    said["Status"] = "OK";
    said["received"] = callback.members();
    co_return said;
}

ossify::awaitable<void> stop_when_signalled(ossify::callback_server& server)
{
    asio::signal_set signals(co_await asio::this_coro::executor, SIGINT, SIGTERM);
    co_await signals.async_wait(ossify::awaited);
    co_await server.stop(std::chrono::seconds(2));
}

}  // namespace

int main(int argc, char** argv)
try {
    auto config = read_options(argc, argv);
    config.log(print);
    asio::io_context io(1);
    ossify::callback_server server(io.get_executor(), config);
    server.on_any(answer);
    if (auto started = server.start(); !started) {
        std::cerr << "callback-server: " << started.error() << '\n';
        return 1;
    }
    std::cout << "listening on " << server.url() << std::endl;
    int status = 0;
    asio::co_spawn(io, stop_when_signalled(server), [&](std::exception_ptr failed) { status = failed ? 1 : 0; });
    io.run();
    return status;
} catch (std::exception const& e) {
    std::cerr << "callback-server: " << e.what() << '\n';
    return 1;
}
