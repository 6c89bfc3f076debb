// The client against the emulator over TLS on loopback.
#include <ossify/client.hpp>
#include <ossify/emulator/emulator.hpp>

#include "certificates.hpp"
#include "printers.hpp"

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include <optional>
#include <string>

using namespace ossify;

namespace {

/// An emulator with a certificate for `names`, and what a client that trusts `trusted` gets from it.
class secure_world {
public:
    explicit secure_world(std::string const& names, int from_day = -1, int until_day = 2)
        : authority_("test authority", "", nullptr), server_("server", names, &authority_, from_day, until_day)
    {
        authority_.write(folder_.file("ca.pem"));
        server_.write(folder_.file("cert.pem"), folder_.file("key.pem"));
        tests::certificate("another authority", "", nullptr).write(folder_.file("other.pem"));
    }

    std::string file(std::string const& name) const { return folder_.file(name); }

    result<stored_object<>> put(std::optional<tls_context> trust, std::size_t bytes, std::string const& host = {})
    {
        asio::io_context io(1);
        emulator oss_here(io.get_executor(),
                          emulator_config().tls(tls_context::server(file("cert.pem"), file("key.pem")).value()));
        oss_here.create_bucket("examplebucket");
        config c = oss_here.client_config();
        if (trust)
            c.tls(*trust);
        if (!host.empty())
            c.endpoint("https://" + host + ":" + std::to_string(oss_here.port())).style(url_style::path);
        retry_policy once;
        once.max_attempts = 1;
        client oss(io.get_executor(), c.retry(once));
        std::string const content(bytes, 'a');
        result<stored_object<>> got = failure();
        auto on_end = [&](std::exception_ptr thrown, result<stored_object<>> r) {
            CHECK_FALSE(thrown);
            got = std::move(r);
            io.stop();
        };
        asio::co_spawn(io, oss.put_object(put_object_request("examplebucket", "k").body(asio::buffer(content))), on_end);
        io.run();
        return got;
    }

private:
    tests::temporary_folder folder_;
    tests::certificate authority_;
    tests::certificate server_;
};

}  // namespace

TEST_CASE("a certificate of a trusted authority for this address is accepted")
{
    secure_world world("IP:127.0.0.1,DNS:localhost");
    auto const trust = tls_context::client_trusting(world.file("ca.pem"));
    REQUIRE(trust);
    auto const small = world.put(*trust, 5);
    REQUIRE(small);
    CHECK(small->bytes == 5);
    auto const large = world.put(*trust, 3'000'000);
    REQUIRE(large);
    CHECK(large->bytes == 3'000'000);
    CHECK(world.put(*trust, 5, "localhost"));
}

TEST_CASE("an unknown authority is refused, by its own file and by the system's")
{
    secure_world world("IP:127.0.0.1");
    auto const other = tls_context::client_trusting(world.file("other.pem"));
    REQUIRE(other);
    CHECK(world.put(*other, 5).error() == errc::certificate_untrusted);
    auto const refused = world.put(std::nullopt, 5);
    REQUIRE_FALSE(refused);
    CHECK(refused.error() == errc::certificate_untrusted);
    CHECK(refused.error() == condition::untrusted_peer);
}

TEST_CASE("a certificate for another host is refused")
{
    secure_world world("DNS:oss.example.com");
    auto const trust = tls_context::client_trusting(world.file("ca.pem"));
    REQUIRE(trust);
    CHECK(world.put(*trust, 5).error() == errc::certificate_wrong_host);
    auto const by_name = world.put(*trust, 5, "localhost");
    REQUIRE_FALSE(by_name);
    CHECK(by_name.error() == errc::certificate_wrong_host);
    CHECK(by_name.error().message().find("\"localhost\"") != std::string::npos);
}

TEST_CASE("an expired certificate and one that is not yet valid are refused")
{
    secure_world expired("IP:127.0.0.1", -3, -1);
    auto const trust = tls_context::client_trusting(expired.file("ca.pem"));
    REQUIRE(trust);
    CHECK(expired.put(*trust, 5).error() == errc::certificate_expired);
    secure_world early("IP:127.0.0.1", 1, 3);
    CHECK(early.put(tls_context::client_trusting(early.file("ca.pem")).value(), 5).error() ==
          errc::certificate_expired);
}

TEST_CASE("a CA file that cannot be read is a configuration error that names it")
{
    auto const none = tls_context::client_trusting("/nonexistent/ca.pem");
    REQUIRE_FALSE(none);
    CHECK(none.error() == errc::invalid_config);
    CHECK(none.error().message().find("/nonexistent/ca.pem") != std::string::npos);
}

TEST_CASE("plain HTTP to a TLS port, and TLS to a plain port, fail as errors")
{
    asio::io_context io(1);
    emulator plain(io.get_executor());
    config c = plain.client_config();
    retry_policy once;
    once.max_attempts = 1;
    c.endpoint("https://127.0.0.1:" + std::to_string(plain.port())).retry(once);
    client oss(io.get_executor(), c);
    result<stored_object<>> got = failure(errc::cancelled);
    auto on_end = [&](std::exception_ptr, result<stored_object<>> r) {
        got = std::move(r);
        io.stop();
    };
    asio::co_spawn(io, oss.put_object(put_object_request("examplebucket", "k")), on_end);
    io.run();
    REQUIRE_FALSE(got);
    CHECK(got.error() == errc::tls_failed);
}

TEST_CASE("the connections of a pool go on from one session")
{
    secure_world world("IP:127.0.0.1");
    asio::io_context io(1);
    emulator oss_here(io.get_executor(), emulator_config().tls(
                                             tls_context::server(world.file("cert.pem"), world.file("key.pem")).value()));
    oss_here.create_bucket("examplebucket");
    auto const trust = tls_context::client_trusting(world.file("ca.pem")).value();
    client oss(io.get_executor(), oss_here.client_config().tls(trust));
    int stored = 0;
    auto const put_at_once = [&](int puts) {
        int left = puts;
        for (int i = 0; i != puts; ++i)
            asio::co_spawn(io, oss.put_object(put_object_request("examplebucket", std::to_string(i)).body("text")),
                           [&](std::exception_ptr, result<stored_object<>> const& r) {
                               stored += r ? 1 : 0;
                               if (--left == 0)
                                   io.stop();
                           });
        io.restart();
        io.run();
    };
    put_at_once(1);
    CHECK(SSL_CTX_sess_hits(trust.get()) == 0);
    put_at_once(3);  // one connection is there, two are new
    CHECK(stored == 4);
    CHECK(SSL_CTX_sess_hits(trust.get()) == 2);
}
