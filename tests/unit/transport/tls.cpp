#include <ossify/transport/tls.hpp>

#include "certificates.hpp"
#include "printers.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

using namespace ossify;

namespace {

/// A server's settings, and those of clients that trust it.
class peers {
public:
    explicit peers(std::string const& names) : authority_("test authority", "", nullptr), server_("server", names, &authority_)
    {
        authority_.write(folder_.file("ca.pem"));
        server_.write(folder_.file("cert.pem"), folder_.file("key.pem"));
    }
    tls_context server() const { return tls_context::server(folder_.file("cert.pem"), folder_.file("key.pem")).value(); }
    tls_context client() const { return tls_context::client_trusting(folder_.file("ca.pem")).value(); }

private:
    tests::temporary_folder folder_;
    tests::certificate authority_;
    tests::certificate server_;
};

bool carry(tls_engine& from, tls_engine& to)
{
    bool moved = false;
    while (!from.output().empty()) {
        auto const room = to.prepare_input();
        std::size_t const n = std::min(room.size(), from.output().size());
        if (n == 0)
            break;
        std::copy_n(from.output().begin(), n, room.begin());
        to.commit_input(n);
        from.consume_output(n);
        moved = true;
    }
    return moved;
}

std::string read(tls_engine& from)
{
    std::string out(100, '\0');
    std::size_t bytes = 0;
    (void)from.read(std::as_writable_bytes(std::span(out)), bytes);
    out.resize(bytes);
    return out;
}

/// One connection: the handshake, and a text each way.
struct met {
    bool done = false;
    bool resumed = false;
    std::string heard;
};

met meet(tls_context const& client, tls_context const& server, std::string const& host)
{
    auto const ours = tls_engine::client(client, host).value();
    auto const theirs = tls_engine::server(server).value();
    met out;
    bool ready = false;
    for (int turn = 0; turn != 10 && !(out.done && ready); ++turn) {
        out.done = ours->handshake() == tls_engine::status::done;
        carry(*ours, *theirs);
        ready = theirs->handshake() == tls_engine::status::done;
        carry(*theirs, *ours);
    }
    if (!out.done || !ready)
        return out;
    std::size_t bytes = 0;
    (void)theirs->write(std::as_bytes(std::span(std::string_view("hello"))), bytes);
    carry(*theirs, *ours);
    out.heard = read(*ours);
    out.resumed = ours->resumed();
    CHECK(theirs->resumed() == out.resumed);
    return out;
}

}  // namespace

TEST_CASE("a second connection to a host goes on from the session of the first")
{
    peers const world("DNS:one.example,DNS:two.example");
    auto const server = world.server();
    auto const client = world.client();
    auto const first = meet(client, server, "one.example");
    REQUIRE(first.done);
    CHECK(first.heard == "hello");
    CHECK_FALSE(first.resumed);
    for (int again = 0; again != 3; ++again) {
        auto const next = meet(client, server, "one.example");
        CHECK(next.heard == "hello");
        CHECK(next.resumed);
    }
}

TEST_CASE("a session is offered to its host alone, and by its settings alone")
{
    peers const world("DNS:one.example,DNS:two.example");
    auto const server = world.server();
    auto const client = world.client();
    REQUIRE(meet(client, server, "one.example").done);
    CHECK_FALSE(meet(client, server, "two.example").resumed);
    CHECK_FALSE(meet(world.client(), server, "one.example").resumed);
}

TEST_CASE("a server that does not know the session gets a whole handshake")
{
    peers const world("DNS:one.example");
    auto const client = world.client();
    REQUIRE(meet(client, world.server(), "one.example").done);
    auto const next = meet(client, world.server(), "one.example");  // with ticket keys of its own
    CHECK(next.done);
    CHECK_FALSE(next.resumed);
    CHECK(next.heard == "hello");
}

TEST_CASE("a host whose certificate is refused leaves no session behind")
{
    peers const world("DNS:one.example");
    auto const server = world.server();
    auto const client = world.client();
    CHECK_FALSE(meet(client, server, "other.example").done);
    CHECK_FALSE(meet(client, server, "other.example").done);
}

TEST_CASE("AES-128-GCM is what a server without an opinion gets")
{
    peers const world("DNS:one.example");
    auto const ours = tls_engine::client(world.client(), "one.example").value();
    auto const theirs = tls_engine::server(world.server()).value();
    (void)ours->handshake();
    carry(*ours, *theirs);
    (void)theirs->handshake();
    CHECK(theirs->cipher() == "TLS_AES_128_GCM_SHA256");
}
