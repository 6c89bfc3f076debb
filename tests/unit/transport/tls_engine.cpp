#include <ossify/transport/tls_engine.hpp>

#include "certificates.hpp"
#include "printers.hpp"

#include <doctest/doctest.h>

#include <openssl/evp.h>

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

TEST_CASE("somebody else can send with the keys of a connection")
{
    peers const world("DNS:one.example");
    auto const ours = tls_engine::client(world.client(), "one.example", true, true).value();
    auto const theirs = tls_engine::server(world.server()).value();
    for (int turn = 0; turn != 3; ++turn) {
        (void)ours->handshake();
        carry(*ours, *theirs);
        (void)theirs->handshake();
        carry(*theirs, *ours);
    }
    auto const keys = ours->take_send_keys();
    REQUIRE(keys);
    CHECK_FALSE(ours->take_send_keys());

    // the first record as RFC 8446 section 5.2 has it: its number is 0, which leaves the iv as it is
    std::string const plain = std::string("hello") + '\x17';
    std::string record{'\x17', '\x03', '\x03', '\0', static_cast<char>(plain.size() + 16)};
    auto const* const head = reinterpret_cast<unsigned char const*>(record.data());
    std::string sealed(plain.size() + 16, '\0');
    auto* const out = reinterpret_cast<unsigned char*>(sealed.data());
    std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> const cipher(EVP_CIPHER_CTX_new(),
                                                                                 &EVP_CIPHER_CTX_free);
    int n = 0;
    REQUIRE(EVP_EncryptInit_ex(cipher.get(), EVP_aes_128_gcm(), nullptr, keys->key.data(), keys->iv.data()) == 1);
    REQUIRE(EVP_EncryptUpdate(cipher.get(), nullptr, &n, head, 5) == 1);
    REQUIRE(EVP_EncryptUpdate(cipher.get(), out, &n, reinterpret_cast<unsigned char const*>(plain.data()),
                              static_cast<int>(plain.size())) == 1);
    REQUIRE(EVP_EncryptFinal_ex(cipher.get(), out + n, &n) == 1);
    REQUIRE(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_GET_TAG, 16, out + plain.size()) == 1);
    record += sealed;

    auto const room = theirs->prepare_input();
    std::copy_n(std::as_bytes(std::span(record)).begin(), record.size(), room.begin());
    theirs->commit_input(record.size());
    CHECK(read(*theirs) == "hello");
}

TEST_CASE("keys are kept on request only")
{
    peers const world("DNS:one.example");
    auto const ours = tls_engine::client(world.client(), "one.example").value();
    auto const theirs = tls_engine::server(world.server()).value();
    for (int turn = 0; turn != 3; ++turn) {
        (void)ours->handshake();
        carry(*ours, *theirs);
        (void)theirs->handshake();
        carry(*theirs, *ours);
    }
    CHECK(ours->cipher() == "TLS_AES_128_GCM_SHA256");
    CHECK_FALSE(ours->take_send_keys());
}
