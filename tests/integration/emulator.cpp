// The emulator over loopback: starting, stopping, being destroyed, and calling back over TLS.
#include <ossify/callback/make_callback.hpp>
#include <ossify/client.hpp>
#include <ossify/emulator/emulator.hpp>

#include "certificates.hpp"
#include "printers.hpp"

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/read.hpp>
#include <asio/write.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>

using namespace ossify;
using namespace std::chrono_literals;

namespace {

/// Runs one put to its end.
result<stored_object<>> put(asio::io_context& io, client& oss, put_object_request<> const& request)
{
    std::optional<result<stored_object<>>> got;
    asio::co_spawn(io, oss.put_object(request), [&](std::exception_ptr thrown, result<stored_object<>> r) {
        CHECK_FALSE(thrown);
        got = std::move(r);
    });
    while (!got)
        io.run_one();
    return *std::move(got);
}

retry_policy once()
{
    retry_policy out;
    out.max_attempts = 1;
    return out;
}

/// An application server that answers every callback with {}.
awaitable<void> answer_empty_object(http_exchange& x)
{
    (void)co_await x.read_body(1 << 20);
    http::response_head head(200);
    x.reply(std::move(head), "{}");
}

put_object_request<> put_a(std::string const& callback_url, bool sni = false)
{
    callback_parameters parameters;
    parameters.urls = callback_url;
    parameters.body = "key=${object}";
    parameters.sni = sni;
    return put_object_request<>("photos", "a").body(std::string("abc")).callback(make_callback(parameters).value());
}

/// A request of which the emulator has the head and half of the body.
class half_sent {
public:
    half_sent(asio::io_context& io, emulator& oss) : socket_(io)
    {
        socket_.connect({asio::ip::address_v4::loopback(), oss.port()});
        std::string const text = "PUT /photos/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nab";
        asio::write(socket_, asio::buffer(text));
        for (int i = 0; i != 20; ++i)
            io.poll();
    }
    void finish() { asio::write(socket_, asio::buffer("cd", 2)); }
    std::string rest()
    {
        std::string out;
        std::error_code ec;
        asio::read(socket_, asio::dynamic_buffer(out), ec);
        return out;
    }

private:
    asio::ip::tcp::socket socket_;
};

}  // namespace

TEST_CASE("an object and its callback go through a plain emulator with a generated key")
{
    asio::io_context io(1);
    emulator oss_here(io.get_executor());
    REQUIRE(oss_here.create_bucket("photos"));
    http_server app(io.get_executor(), http_server_config(), &answer_empty_object);
    REQUIRE(app.start());
    client oss(io.get_executor(), oss_here.client_config());
    auto const stored = put(io, oss, put_a("http://127.0.0.1:" + std::to_string(app.port()) + "/cb"));
    REQUIRE(stored);
    CHECK(stored->callback.delivered());
    CHECK(oss_here.find_object("photos", "a")->data.size() == 3);
    auto const deliveries = oss_here.deliveries();
    REQUIRE(deliveries.size() == 1);
    CHECK(deliveries[0].body == "key=a");
}

TEST_CASE("a bucket name that the service refuses is refused here too")
{
    asio::io_context io(1);
    emulator oss_here(io.get_executor());
    CHECK(oss_here.create_bucket("No").error() == errc::invalid_argument);
}

TEST_CASE("an address that is taken is reported, and so is a bad plan of faults")
{
    asio::io_context io(1);
    emulator first(io.get_executor());
    auto const second = emulator::start(io.get_executor(), emulator_config().listen("127.0.0.1", first.port()));
    REQUIRE_FALSE(second);
    CHECK(second.error() == errc::connection_failed);
    auto const planned = emulator::start(io.get_executor(), emulator_config().faults("explode"));
    REQUIRE_FALSE(planned);
    CHECK(planned.error() == condition::usage);
}

TEST_CASE("a folder gives an emulator its objects back, and serves one emulator at a time")
{
    tests::temporary_folder folder;
    asio::io_context io(1);
    auto const config = emulator_config().directory(folder.path() / "data");
    std::string etag;
    {
        emulator oss_here(io.get_executor(), config);
        REQUIRE(oss_here.create_bucket("photos", "public-read"));
        client oss(io.get_executor(), oss_here.client_config());
        auto const stored = put(io, oss, put_object_request<>("photos", "a").body(std::string("abc")));
        REQUIRE(stored);
        etag = stored->etag;
        auto const second = emulator::start(io.get_executor(), config);
        REQUIRE_FALSE(second);
        CHECK(second.error() == errc::invalid_config);
    }
    while (io.poll_one() != 0) {
    }
    emulator again(io.get_executor(), config);
    REQUIRE(again.create_bucket("photos"));  // it exists, and stays as it is
    auto const found = again.find_object("photos", "a");
    REQUIRE(found != nullptr);
    CHECK(found->etag == etag);
    std::string bytes(3, '?');
    REQUIRE(found->data.read_at(0, std::as_writable_bytes(std::span(bytes))));
    CHECK(bytes == "abc");
    CHECK(again.service().objects.find_bucket("photos")->acl == "public-read");
}

TEST_CASE("a bucket with a bad name or a bad ACL is not made")
{
    asio::io_context io(1);
    emulator oss_here(io.get_executor());
    CHECK(oss_here.create_bucket("No").error() == errc::invalid_argument);
    auto const acl = oss_here.create_bucket("photos", "open");
    CHECK(acl.error() == errc::invalid_argument);
    CHECK(acl.error().message().find("\"open\"") != std::string::npos);
    CHECK(oss_here.service().objects.find_bucket("photos") == nullptr);
}

TEST_CASE("stop lets a request under way end and closes idle connections")
{
    asio::io_context io(1);
    emulator oss_here(io.get_executor(), emulator_config().without_authentication());
    REQUIRE(oss_here.create_bucket("photos"));
    half_sent request(io, oss_here);
    bool stopped = false;
    asio::co_spawn(io, oss_here.stop(5s), [&](std::exception_ptr) { stopped = true; });
    for (int i = 0; i != 20; ++i)
        io.poll();
    CHECK_FALSE(stopped);
    request.finish();
    while (!stopped)
        io.run_one();
    CHECK(request.rest().starts_with("HTTP/1.1 200 OK"));
    CHECK(oss_here.find_object("photos", "k") != nullptr);
}

TEST_CASE("stop cuts off what does not end in time")
{
    asio::io_context io(1);
    emulator oss_here(io.get_executor(), emulator_config().without_authentication());
    REQUIRE(oss_here.create_bucket("photos"));
    half_sent request(io, oss_here);
    bool stopped = false;
    asio::co_spawn(io, oss_here.stop(0s), [&](std::exception_ptr) { stopped = true; });
    while (!stopped)
        io.run_one();
    CHECK(oss_here.find_object("photos", "k") == nullptr);
}

TEST_CASE("an emulator that is destroyed leaves nothing running")
{
    asio::io_context io(1);
    auto oss_here = std::make_unique<emulator>(io.get_executor(), emulator_config().without_authentication());
    REQUIRE(oss_here->create_bucket("photos"));
    half_sent request(io, *oss_here);
    oss_here.reset();
    io.run_for(5s);
    CHECK(io.stopped());
}

TEST_CASE("an emulator may be destroyed with its context, in the middle of everything")
{
    auto io = std::make_unique<asio::io_context>(1);
    auto oss_here = std::make_unique<emulator>(io->get_executor(), emulator_config().without_authentication());
    REQUIRE(oss_here->create_bucket("photos"));
    auto request = std::make_unique<half_sent>(*io, *oss_here);
    request.reset();
    oss_here.reset();
    io.reset();
    CHECK(io == nullptr);
}

TEST_CASE("strict mode refuses callbacks to private addresses before anything is stored")
{
    asio::io_context io(1);
    emulator oss_here(io.get_executor(), emulator_config().strict());
    REQUIRE(oss_here.create_bucket("photos"));
    client oss(io.get_executor(), oss_here.client_config().retry(once()));
    auto const refused = put(io, oss, put_a("http://192.168.1.1/"));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().info().service_message == "Private address is forbidden to callback.");
    CHECK(refused.error().info().ec == "0007-00000008");
    CHECK(oss_here.find_object("photos", "a") == nullptr);
}

TEST_CASE("callbacks over TLS check the certificate, with and without the host name in the handshake")
{
    tests::temporary_folder folder;
    tests::certificate authority("test authority", "", nullptr);
    tests::certificate own("server", "DNS:localhost", &authority, -1, 2);
    authority.write(folder.file("ca.pem"));
    own.write(folder.file("cert.pem"), folder.file("key.pem"));

    asio::io_context io(1);
    auto const context = tls_context::server(folder.file("cert.pem"), folder.file("key.pem")).value();
    http_server app(io.get_executor(), http_server_config().tls(context), &answer_empty_object);
    REQUIRE(app.start());
    auto const trust = tls_context::client_trusting(folder.file("ca.pem")).value();
    emulator trusting(io.get_executor(), emulator_config().callback_trust(trust));
    emulator doubting(io.get_executor());
    std::string const good = "https://localhost:" + std::to_string(app.port()) + "/";
    std::string const wrong_name = "https://127.0.0.1:" + std::to_string(app.port()) + "/";

    auto const outcome = [&](emulator& at, std::string const& url, bool sni) {
        REQUIRE(at.create_bucket("photos"));
        client oss(io.get_executor(), at.client_config().retry(once()));
        auto const stored = put(io, oss, put_a(url, sni));
        REQUIRE(stored);
        return stored->callback.delivered() ? "delivered" : stored->callback.failure().info().service_message;
    };
    CHECK(outcome(trusting, good, true) == "delivered");
    CHECK(outcome(trusting, good, false) == "delivered");
    CHECK(outcome(trusting, wrong_name, true) == "Error status : 502.");
    CHECK(outcome(doubting, good, true) == "Error status : 502.");
}
