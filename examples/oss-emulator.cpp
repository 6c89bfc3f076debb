// oss-emulator: an Object Storage Service on this machine, for development and tests.
//
//     oss-emulator --bucket photos
//
// prints where it listens and which key it accepts, and runs until SIGINT or SIGTERM.
#include <ossify/auth/credentials.hpp>
#include <ossify/emulator/emulator.hpp>
#include <ossify/emulator/key_file.hpp>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

constexpr std::string_view usage =
    "usage: oss-emulator [--listen HOST:PORT] [--bucket NAME[=ACL]] [--access-key-id ID --access-key-secret S]\n"
    "                    [--keys FILE | --no-authentication]\n"
    "                    [--data-dir DIR | --memory | --discard] [--tls-cert F --tls-key F] [--fault SPEC]\n"
    "                    [--region NAME] [--strict] [--quiet]\n"
    "\n"
    "  --listen HOST:PORT     where to listen; port 0 takes a free one (default 127.0.0.1:0)\n"
    "  --bucket NAME[=ACL]    make this bucket at the start; may be given several times; ACL is private (default),\n"
    "                         public-read or public-read-write\n"
    "  --access-key-id ID     accept requests signed with this key (default: the one in OSS_ACCESS_KEY_ID\n"
    "  --access-key-secret S  and OSS_ACCESS_KEY_SECRET, else a generated one)\n"
    "  --keys FILE            accept the keys in this file, too: a line each of ID SECRET, then read-only for a key\n"
    "                         that stores nothing, token=T for a temporary one, expires=2030-01-31T12:00:00Z for its end\n"
    "  --no-authentication    accept everything from everybody\n"
    "  --memory               keep objects in memory (default)\n"
    "  --discard              keep what is known of objects, throw their bytes away\n"
    "  --data-dir DIR         keep objects in a folder\n"
    "  --tls-cert F           speak TLS with this certificate chain (PEM)\n"
    "  --tls-key F            and this private key (PEM)\n"
    "  --fault SPEC           fail on purpose, for example on=upload_part,chance=10%,reset; see fault_text.hpp\n"
    "  --region NAME          the region that requests must be signed for (default cn-hangzhou)\n"
    "  --strict               refuse what the real service refuses, such as callbacks to this machine\n"
    "  --quiet                do not log requests\n";

struct options {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;
    std::vector<std::pair<std::string, std::string>> buckets;  // name and ACL
    std::vector<ossify::emulation::key_pair> keys;
    std::string key_id;
    std::string key_secret;
    std::string store;
    std::string data_dir;
    std::string tls_cert;
    std::string tls_key;
    std::string fault;
    std::string region = "cn-hangzhou";
    bool authenticate = true;
    bool strict = false;
    bool quiet = false;
};

[[noreturn]] void refuse(std::string const& why)
{
    std::cerr << "oss-emulator: " << why << '\n' << usage;
    std::exit(2);
}

void read_address(options& to, std::string_view text)
{
    auto const colon = text.rfind(':');
    if (colon == text.npos)
        refuse("--listen takes HOST:PORT, not \"" + std::string(text) + '"');
    std::string_view host = text.substr(0, colon);
    std::string_view const port = text.substr(colon + 1);
    if (host.starts_with('[') && host.ends_with(']'))
        host = host.substr(1, host.size() - 2);
    auto const [end, ec] = std::from_chars(port.data(), port.data() + port.size(), to.port);
    if (host.empty() || port.empty() || ec != std::errc() || end != port.data() + port.size())
        refuse("--listen takes HOST:PORT, not \"" + std::string(text) + '"');
    to.host = host;
}

void read_bucket(options& to, std::string const& text)
{
    auto const equals = text.find('=');
    std::string acl = equals == text.npos ? "private" : text.substr(equals + 1);
    if (acl != "private" && acl != "public-read" && acl != "public-read-write")
        refuse("--bucket NAME=ACL takes private, public-read or public-read-write, not \"" + acl + '"');
    to.buckets.emplace_back(text.substr(0, equals), std::move(acl));
}

void read_keys(options& to, std::string const& path)
{
    std::ifstream file(path, std::ios::binary);
    std::string const text{std::istreambuf_iterator<char>(file), {}};
    if (!file)
        refuse("--keys: " + path + " cannot be read");
    auto keys = ossify::emulation::parse_keys(text);
    if (!keys)
        refuse("--keys: " + path + ": " + keys.error().message());
    for (auto& key : *keys)
        to.keys.push_back(std::move(key));
}

void choose_store(options& to, std::string_view name)
{
    if (!to.store.empty() && to.store != name)
        refuse("only one of --memory, --discard and --data-dir can be given");
    to.store = name;
}

options read_options(int argc, char** argv)
{
    options out;
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
        } else if (name == "--bucket") {
            read_bucket(out, argument());
        } else if (name == "--access-key-id") {
            out.key_id = argument();
        } else if (name == "--access-key-secret") {
            out.key_secret = argument();
        } else if (name == "--keys") {
            read_keys(out, argument());
        } else if (name == "--no-authentication") {
            out.authenticate = false;
        } else if (name == "--memory") {
            choose_store(out, "memory");
        } else if (name == "--discard") {
            choose_store(out, "discard");
        } else if (name == "--data-dir") {
            choose_store(out, "directory");
            out.data_dir = argument();
        } else if (name == "--tls-cert") {
            out.tls_cert = argument();
        } else if (name == "--tls-key") {
            out.tls_key = argument();
        } else if (name == "--fault") {
            out.fault += argument() + ";";
        } else if (name == "--region") {
            out.region = argument();
        } else if (name == "--strict") {
            out.strict = true;
        } else if (name == "--quiet") {
            out.quiet = true;
        } else {
            refuse("unknown option " + std::string(name));
        }
        if (value)
            refuse(std::string(name) + " takes no value");
    }
    if (out.key_id.empty() != out.key_secret.empty())
        refuse("--access-key-id and --access-key-secret belong together");
    if (!out.authenticate && (!out.keys.empty() || !out.key_id.empty()))
        refuse("--no-authentication has no use for keys");
    if (out.tls_cert.empty() != out.tls_key.empty())
        refuse("--tls-cert and --tls-key belong together");
    if (out.store == "directory")
        refuse("--data-dir is not available yet");
    return out;
}

ossify::emulator_config configure(options const& from)
{
    ossify::emulator_config config;
    config.listen(from.host, from.port).region(from.region).strict(from.strict).faults(from.fault).single_threaded();
    if (from.store == "discard")
        config.discard();
    if (!from.authenticate)
        config.without_authentication();
    if (from.key_id.empty()) {
        // what the clients started from the same shell will use; and a secret does not belong on a command line
        if (auto key = ossify::credentials_from_environment())
            config.access_key(*std::move(key));
    } else {
        config.access_key(ossify::credentials(from.key_id, ossify::secret(from.key_secret)));
    }
    for (auto const& key : from.keys)
        config.access_key(key);
    if (!from.tls_cert.empty()) {
        auto context = ossify::tls_context::server(from.tls_cert, from.tls_key);
        if (!context) {
            std::cerr << "oss-emulator: " << context.error() << '\n';
            std::exit(2);
        }
        config.tls(*std::move(context));
    }
    if (!from.quiet)
        config.log([](std::string_view line) {
            std::string text(line);
            text += '\n';
            std::fwrite(text.data(), 1, text.size(), stderr);
        });
    return config;
}

// Not through secret::reveal and a stream by accident: whoever starts an emulator without a key needs to see it.
void introduce(ossify::emulator const& oss, options const& from)
{
    std::cout << "listening on " << oss.url() << '\n';
    if (from.authenticate && from.key_id.empty() && from.keys.empty() && !ossify::credentials_from_environment())
        std::cout << "OSS_ACCESS_KEY_ID=" << oss.credentials().access_key_id()
                  << "\nOSS_ACCESS_KEY_SECRET=" << oss.credentials().access_key_secret().reveal() << '\n';
    std::cout << "region " << oss.region() << "\ncallback key at " << oss.public_key_url() << std::endl;
}

ossify::awaitable<void> run_until_signalled(ossify::emulator& oss)
{
    auto const ex = co_await asio::this_coro::executor;
    asio::signal_set signals(ex, SIGINT, SIGTERM);
    co_await signals.async_wait(ossify::awaited);
    co_await oss.stop(std::chrono::seconds(2));
}

}  // namespace

int main(int argc, char** argv)
try {
    options const chosen = read_options(argc, argv);
    asio::io_context io(1);
    auto oss = ossify::emulator::start(io.get_executor(), configure(chosen));
    if (!oss) {
        std::cerr << "oss-emulator: " << oss.error() << '\n';
        return oss.error() == ossify::condition::usage ? 2 : 1;
    }
    for (auto const& [name, acl] : chosen.buckets)
        if (auto made = (*oss)->create_bucket(name, acl); !made) {
            std::cerr << "oss-emulator: --bucket: " << made.error() << '\n';
            return 2;
        }
    introduce(**oss, chosen);
    int status = 0;
    asio::co_spawn(io, run_until_signalled(**oss), [&](std::exception_ptr failed) { status = failed ? 1 : 0; });
    io.run();
    return status;
} catch (std::exception const& e) {
    std::cerr << "oss-emulator: " << e.what() << '\n';
    return 1;
}
