// oss-emulator: an Object Storage Service on this machine, for development and tests.
//
//     oss-emulator --bucket photos
//
// prints where it listens and which key it accepts, and runs until SIGINT or SIGTERM: requests under way may then end,
// and a second signal ends it at once.
#include <ossify/auth/credentials.hpp>
#include <ossify/core/printable.hpp>
#include <ossify/emulator/data_folder.hpp>
#include <ossify/emulator/emulator.hpp>
#include <ossify/emulator/key_file.hpp>

#include "command_line.hpp"

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace {

constexpr std::string_view usage =
    "usage: oss-emulator [--listen HOST:PORT] [--bucket NAME[=ACL]] [--access-key-id ID --access-key-secret S]\n"
    "                    [--keys FILE | --no-authentication]\n"
    "                    [--data-dir DIR | --memory | --discard] [--tls-cert F --tls-key F] [--fault SPEC]\n"
    "                    [--region NAME] [--strict] [--log FILE | --quiet]\n"
    "\n"
    "  --listen HOST:PORT     where to listen; port 0 takes a free one (default 127.0.0.1:0)\n"
    "  --bucket NAME[=ACL]    make this bucket at the start; may be given several times; ACL is private (a new one's),\n"
    "                         public-read or public-read-write\n"
    "  --access-key-id ID     accept requests signed with this key (default: the one in OSS_ACCESS_KEY_ID\n"
    "  --access-key-secret S  and OSS_ACCESS_KEY_SECRET, else a generated one)\n"
    "  --keys FILE            accept the keys in this file, too: a line each of ID SECRET, then read-only for a key\n"
    "                         that stores nothing, token=T for a temporary one, expires=2030-01-31T12:00:00Z for its end\n"
    "  --no-authentication    accept everything from everybody\n"
    "  --memory               keep objects in memory (default)\n"
    "  --discard              keep what is known of objects, throw their bytes away\n"
    "  --data-dir DIR         keep objects in a folder, where they survive even a crash\n"
    "  --tls-cert F           speak TLS with this certificate chain (PEM)\n"
    "  --tls-key F            and this private key (PEM)\n"
    "  --fault SPEC           fail on purpose; may be given several times\n"
    "  --region NAME          the region that requests must be signed for (default cn-hangzhou)\n"
    "  --strict               refuse what the real service refuses, such as callbacks to this machine\n"
    "  --log FILE             append a line for each request to FILE (default: standard error)\n"
    "  --quiet                do not log requests\n"
    "\n"
    "GET /_emulator/ shows objects, uploads and callbacks to a browser.\n"
    "Exit: 0 ended by SIGINT or SIGTERM, 1 could not start, 2 wrong usage.\n"
    "\n";

struct options {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;
    std::vector<std::pair<std::string, std::optional<std::string>>> buckets;  // name and ACL
    std::vector<ossify::emulation::key_pair> keys;
    std::string key_id;
    std::string key_secret;
    std::string store;
    std::string data_dir;
    std::string tls_cert;
    std::string tls_key;
    std::string fault;
    std::string region = "cn-hangzhou";
    std::string log;
    bool authenticate = true;
    bool strict = false;
    bool quiet = false;
};

void read_bucket(options& to, std::string const& text)
{
    auto const equals = text.find('=');
    to.buckets.emplace_back(text.substr(0, equals), std::nullopt);
    if (equals != text.npos)
        to.buckets.back().second = text.substr(equals + 1);
}

void read_keys(options& to, std::string const& path)
{
    auto const text = ossify::emulation::durable::read_file(path);
    if (!text)
        throw command_line::usage_error("--keys: " + text.error().message());
    auto keys = ossify::emulation::parse_keys(*text);
    if (!keys)
        throw command_line::usage_error("--keys: " + path + ": " + keys.error().message());
    for (auto& key : *keys)
        to.keys.push_back(std::move(key));
}

void choose_store(options& to, std::string_view name)
{
    if (!to.store.empty() && to.store != name)
        throw command_line::usage_error("only one of --memory, --discard and --data-dir can be given");
    to.store = name;
}

/// An option that says something by itself. Returns whether it was one.
bool read_flag(options& to, std::string_view name)
{
    if (name == "--memory")
        choose_store(to, "memory");
    else if (name == "--discard")
        choose_store(to, "discard");
    else if (name == "--no-authentication")
        to.authenticate = false;
    else if (name == "--strict")
        to.strict = true;
    else if (name == "--quiet")
        to.quiet = true;
    else
        return false;
    return true;
}

/// An option with a value. Returns whether it was one.
bool read_setting(options& to, command_line::reader& from)
{
    std::string const& name = from.name();
    if (name == "--data-dir") {
        choose_store(to, "directory");
        to.data_dir = from.value();
        return true;
    }
    if (name == "--listen")
        std::tie(to.host, to.port) = from.address();
    else if (name == "--bucket")
        read_bucket(to, from.value());
    else if (name == "--keys")
        read_keys(to, from.value());
    else if (name == "--access-key-id")
        to.key_id = from.value();
    else if (name == "--access-key-secret")
        to.key_secret = from.value();
    else if (name == "--tls-cert")
        to.tls_cert = from.value();
    else if (name == "--tls-key")
        to.tls_key = from.value();
    else if (name == "--fault")
        to.fault += from.value() + ";";
    else if (name == "--region")
        to.region = from.value();
    else if (name == "--log")
        to.log = from.value();
    else
        return false;
    return true;
}

options read_options(int argc, char** argv)
{
    options out;
    command_line::reader from(argc, argv);
    while (from.next()) {
        if (from.name() == "--help") {
            std::cout << usage << ossify::emulation::fault_text_help;
            std::exit(0);
        }
        if (!read_flag(out, from.name()) && !read_setting(out, from))
            throw command_line::usage_error("unknown option " + from.name());
    }
    if (out.key_id.empty() != out.key_secret.empty())
        throw command_line::usage_error("--access-key-id and --access-key-secret belong together");
    if (!out.authenticate && (!out.keys.empty() || !out.key_id.empty()))
        throw command_line::usage_error("--no-authentication has no use for keys");
    if (out.tls_cert.empty() != out.tls_key.empty())
        throw command_line::usage_error("--tls-cert and --tls-key belong together");
    if (out.region.empty())
        throw command_line::usage_error("--region takes a name, such as cn-hangzhou");
    if (out.store == "directory" && out.data_dir.empty())
        throw command_line::usage_error("--data-dir takes a folder");
    if (out.quiet && !out.log.empty())
        throw command_line::usage_error("--log and --quiet exclude each other");
    return out;
}

/// Where the log goes. Lines are written at once, whole.
class log_file {
public:
    explicit log_file(std::string const& name) : to_(name.empty() ? stderr : std::fopen(name.c_str(), "ae"))
    {
        if (to_ == nullptr)
            throw command_line::usage_error("--log: \"" + name + "\" cannot be opened for writing");
    }
    void operator()(std::string_view line) const
    {
        std::string text(line);
        text += '\n';
        std::fwrite(text.data(), 1, text.size(), to_);
        std::fflush(to_);
    }

private:
    std::FILE* to_;  // for as long as the program runs
};

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
    if (!from.tls_cert.empty())
        config.tls(ossify::tls_context::server(from.tls_cert, from.tls_key).value());
    if (!from.quiet)
        config.log(log_file(from.log));
    if (from.store == "directory") {
        auto opened = ossify::emulation::directory_store::open(from.data_dir).value();
        for (auto const& notice : opened->notices())
            std::cerr << "oss-emulator: " << notice << '\n';
        config.store(std::move(opened));
    }
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
    signals.clear();  // the next one ends the process
    co_await oss.stop(std::chrono::seconds(10));
}

}  // namespace

int main(int argc, char** argv)
try {
    std::signal(SIGPIPE, SIG_IGN);  // whoever reads the log may go away
    options const chosen = read_options(argc, argv);
    asio::io_context io(1);
    auto const oss = ossify::emulator::start(io.get_executor(), configure(chosen)).value();
    for (auto const& [name, acl] : chosen.buckets)
        oss->create_bucket(name, acl).value();
    introduce(*oss, chosen);
    int status = 0;
    asio::co_spawn(io, run_until_signalled(*oss), [&](std::exception_ptr failed) { status = failed ? 1 : 0; });
    io.run();
    return status;
} catch (command_line::usage_error const& e) {
    std::cerr << "oss-emulator: " << ossify::printable(e.what()) << "\nTry oss-emulator --help.\n";
    return 2;
} catch (ossify::error const& e) {
    std::cerr << "oss-emulator: " << e.what() << '\n';
    return e.code() == ossify::condition::usage ? 2 : 1;
} catch (std::exception const& e) {
    std::cerr << "oss-emulator: " << e.what() << '\n';
    return 1;
}
