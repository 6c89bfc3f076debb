// The callback server over loopback: alone, and as the third party of an upload to the emulator.
#include <ossify/callback/contract.hpp>
#include <ossify/client.hpp>
#include <ossify/emulator/emulator.hpp>
#include <ossify/receiver/callback_server.hpp>

#include "certificates.hpp"
#include "http_feed.hpp"
#include "printers.hpp"
#include "signed_callback.hpp"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <asio/write.hpp>
#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <vector>

using namespace ossify;
using namespace std::chrono_literals;
using tests::signed_callback;

namespace {

struct photo_stored {
    std::string bucket;
    std::string object;
    std::uint64_t size = 0;
    std::string user_id;
};
BOOST_DESCRIBE_STRUCT(photo_stored, (), (bucket, object, size, user_id))
struct photo_reply {
    std::string photo_id;
};
BOOST_DESCRIBE_STRUCT(photo_reply, (), (photo_id))
using photo_contract = callback_contract<photo_stored, photo_reply>;

awaitable<photo_reply> reply_to(photo_stored const& event) { co_return photo_reply{event.user_id + "/" + event.object}; }

awaitable<json::value> give_back(received_callback const& in) { co_return in.members(); }

server_config trusting()
{
    return server_config().receiver(
        receiver_config().trust_key(signed_callback().key_url, signed_callback::public_key()));
}

/// Runs a coroutine to its end on a loop of its own. Throws what it throws.
template<class Work>
void run(Work work)
{
    asio::io_context io(1);
    std::exception_ptr thrown;
    asio::co_spawn(io, work(io), [&](std::exception_ptr e) { thrown = e; });
    io.run();
    if (thrown)
        std::rethrow_exception(thrown);
}

/// A connection of a client that only knows bytes.
class raw_client {
public:
    explicit raw_client(asio::any_io_executor ex) : socket_(std::move(ex)) {}

    awaitable<void> connect(std::uint16_t port)
    {
        asio::ip::tcp::endpoint const to(asio::ip::address_v4::loopback(), port);
        co_await socket_.async_connect(to, asio::use_awaitable_t<asio::any_io_executor>{});
    }
    awaitable<void> send(std::string bytes)
    {
        co_await asio::async_write(socket_, asio::buffer(bytes), asio::use_awaitable_t<asio::any_io_executor>{});
    }
    /// Returns: so many answers, or fewer when the server closes before.
    awaitable<std::vector<test::read_message>> receive(std::size_t count)
    {
        std::array<char, 4096> block;
        for (;;) {
            auto got = test::feed_response(bytes_).messages;
            bool const all = got.size() == count && got.back().complete;
            auto [ec, n] = all ? std::tuple(std::error_code(), std::size_t{0})
                               : co_await socket_.async_read_some(asio::buffer(block), awaited);
            if (all || ec)
                co_return got;
            bytes_.append(block.data(), n);
        }
    }

private:
    asio::ip::tcp::socket socket_;
    std::string bytes_;
};

/// Lets the loop turn until `done`, but not for ever.
template<class Done>
awaitable<void> turn_until(Done done)
{
    for (int turns = 0; turns != 1000 && !done(); ++turns)
        co_await asio::post(asio::use_awaitable_t<asio::any_io_executor>{});
}

/// A server whose handler waits until it is let go, with a callback under way.
class kept_busy {
public:
    explicit kept_busy(asio::io_context& io)
        : server(io.get_executor(), trusting()), gate(io, asio::steady_timer::time_point::max()),
          client_(io.get_executor())
    {
        server.on_any([this](received_callback const&) { return wait(); });
        server.start().value();
    }
    awaitable<void> begin()
    {
        co_await client_.connect(server.port());
        co_await client_.send(signed_callback().request());
        while (!entered_)
            co_await asio::post(asio::use_awaitable_t<asio::any_io_executor>{});
    }

    callback_server server;
    asio::steady_timer gate;

private:
    awaitable<json::value> wait()
    {
        entered_ = true;
        co_await gate.async_wait(awaited);
        co_return nullptr;
    }

    raw_client client_;
    bool entered_ = false;
};

}  // namespace

TEST_CASE("an upload's callback is verified, decoded into the contract's struct, and its reply comes back typed")
{
    std::vector<std::string> log;
    std::optional<result<stored_object<photo_reply>>> stored;
    auto const work = [&](asio::io_context& io) -> awaitable<void> {
        emulator oss_here(io.get_executor());
        oss_here.create_bucket("photos");
        callback_server server(io.get_executor(), server_config()
                                                      .trust_key_url(oss_here.public_key_url())
                                                      .log([&log](callback_log_entry const& e) {
                                                          log.push_back(std::to_string(e.status) + e.reason);
                                                      }));
        server.on<photo_contract>("/oss/photo", &reply_to);
        server.start().value();
        client oss(io.get_executor(), oss_here.client_config());
        auto const callback = photo_contract::to(server.url() + "/oss/photo").value().set<&photo_stored::user_id>("u1");
        stored = co_await oss.put_object(
            put_object_request("photos", "a b/\xe4\xb8\xad.jpg").body(std::string("hello")).callback(callback));
        co_await server.stop();
        co_await oss_here.stop();
    };
    run(work);
    REQUIRE(stored);
    REQUIRE(*stored);
    REQUIRE((*stored)->callback.delivered());
    CHECK((*stored)->callback.reply().value().photo_id == "u1/a b/\xe4\xb8\xad.jpg");
    CHECK(log == std::vector<std::string>{"200"});
}

TEST_CASE("an upload whose callback is not believed is stored all the same, and says what the server answered")
{
    std::optional<result<stored_object<photo_reply>>> stored;
    auto const work = [&](asio::io_context& io) -> awaitable<void> {
        emulator oss_here(io.get_executor());
        oss_here.create_bucket("photos");
        callback_server server(io.get_executor());  // believes the real service alone
        server.on<photo_contract>("/oss/photo", &reply_to);
        server.start().value();
        client oss(io.get_executor(), oss_here.client_config());
        auto const callback = photo_contract::to(server.url() + "/oss/photo").value().set<&photo_stored::user_id>("u1");
        stored = co_await oss.put_object(
            put_object_request("photos", "a").body(std::string("hello")).callback(callback));
        co_await server.stop();
        co_await oss_here.stop();
    };
    run(work);
    REQUIRE(stored);
    REQUIRE(*stored);
    CHECK_FALSE((*stored)->callback.delivered());
    CHECK(to_string((*stored)->callback.failure()).find("Error status : 403.") != std::string::npos);
}

TEST_CASE("one connection carries many callbacks")
{
    std::vector<test::read_message> answers;
    auto const work = [&](asio::io_context& io) -> awaitable<void> {
        callback_server server(io.get_executor(), trusting());
        server.on_any(&give_back);
        server.start().value();
        raw_client c(io.get_executor());
        co_await c.connect(server.port());
        for (std::size_t i = 1; i != 4; ++i) {
            co_await c.send(signed_callback("/n", "{\"n\":" + std::to_string(i) + "}").request());
            answers = co_await c.receive(i);
        }
        co_await server.stop();
    };
    run(work);
    REQUIRE(answers.size() == 3);
    CHECK(answers[2].body == "{\"n\":3}");
}

TEST_CASE("garbage, cut requests and idle connections do not keep others from being served")
{
    std::vector<test::read_message> garbage;
    std::vector<test::read_message> good;
    auto const work = [&](asio::io_context& io) -> awaitable<void> {
        callback_server server(io.get_executor(), trusting());
        server.on_any(&give_back);
        server.start().value();
        auto const request = signed_callback().request();
        raw_client idle(io.get_executor());
        raw_client noisy(io.get_executor());
        raw_client half(io.get_executor());
        raw_client ordinary(io.get_executor());
        co_await idle.connect(server.port());
        co_await noisy.connect(server.port());
        co_await half.connect(server.port());
        co_await ordinary.connect(server.port());
        co_await noisy.send(std::string("\x16\x03\x01\x02\0\x01\0\r\n\r\n", 11));
        garbage = co_await noisy.receive(1);
        co_await half.send(request.substr(0, request.size() - 5));
        co_await ordinary.send(request);
        good = co_await ordinary.receive(1);
        co_await server.stop(0ms);
    };
    run(work);
    REQUIRE(garbage.size() == 1);
    CHECK(garbage.front().start == "HTTP/1.1 400 Bad Request");
    REQUIRE(good.size() == 1);
    CHECK(good.front().start == "HTTP/1.1 200 OK");
}

TEST_CASE("stop lets a callback under way be answered, and run ends after it")
{
    std::vector<test::read_message> answers;
    bool ran_to_its_end = false;
    auto const work = [&](asio::io_context& io) -> awaitable<void> {
        callback_server server(io.get_executor(), trusting());
        asio::steady_timer gate(io, asio::steady_timer::time_point::max());
        bool entered = false;
        server.on<photo_contract>("/oss/photo", [&](photo_stored const&) -> awaitable<photo_reply> {
            entered = true;
            co_await gate.async_wait(awaited);
            co_return photo_reply{"late"};
        });
        server.start().value();
        asio::co_spawn(io, server.run(), [&](std::exception_ptr e, result<void> r) { ran_to_its_end = !e && r; });
        raw_client c(io.get_executor());
        co_await c.connect(server.port());
        co_await c.send(signed_callback().request());
        while (!entered)
            co_await asio::post(asio::use_awaitable_t<asio::any_io_executor>{});
        bool stopped = false;
        asio::co_spawn(io, server.stop(), [&](std::exception_ptr) { stopped = true; });
        for (int i = 0; i != 20; ++i)
            co_await asio::post(asio::use_awaitable_t<asio::any_io_executor>{});
        bool const too_early = stopped || ran_to_its_end;
        gate.cancel();
        answers = co_await c.receive(1);
        while (!stopped || !ran_to_its_end)
            co_await asio::post(asio::use_awaitable_t<asio::any_io_executor>{});
        ran_to_its_end = ran_to_its_end && !too_early;
    };
    run(work);
    CHECK(ran_to_its_end);
    REQUIRE(answers.size() == 1);
    CHECK(answers.front().body == R"({"photo_id":"late"})");
    CHECK(answers.front().headers.find("Connection: close") != std::string::npos);
}

TEST_CASE("cancelling run cuts off what is under way and frees the port")
{
    bool ended = false;
    std::optional<result<void>> again;
    auto const work = [&](asio::io_context& io) -> awaitable<void> {
        asio::cancellation_signal stop;
        callback_server server(io.get_executor(), trusting());
        server.on_any(&give_back);
        server.start().value();
        auto const port = server.port();
        auto on_end = [&](std::exception_ptr, result<void>) { ended = true; };
        asio::co_spawn(io, server.run(), asio::bind_cancellation_slot(stop.slot(), std::move(on_end)));
        raw_client idle(io.get_executor());
        co_await idle.connect(port);
        co_await idle.send("POST / HTTP/1.1\r\n");
        stop.emit(asio::cancellation_type::terminal);
        auto const nothing = co_await idle.receive(1);
        while (!ended)
            co_await asio::post(asio::use_awaitable_t<asio::any_io_executor>{});
        callback_server next(io.get_executor(), server_config().listen("127.0.0.1", port));
        again = next.start();
        co_await next.stop();
    };
    run(work);
    CHECK(ended);
    REQUIRE(again);
    CHECK(*again);
}

TEST_CASE("a second stop with less patience cuts off what the first one waits for")
{
    int ended = 0;
    bool waited = false;
    bool cut_off = false;
    auto const work = [&](asio::io_context& io) -> awaitable<void> {
        kept_busy busy(io);
        co_await busy.begin();
        auto const on_end = [&](std::exception_ptr) { ++ended; };
        asio::co_spawn(io, busy.server.stop(1h), on_end);
        for (int i = 0; i != 20; ++i)
            co_await asio::post(asio::use_awaitable_t<asio::any_io_executor>{});
        waited = ended == 0 && busy.server.connections() == 1;
        asio::co_spawn(io, busy.server.stop(0ms), on_end);
        co_await turn_until([&] { return ended == 2; });
        cut_off = ended == 2 && busy.server.connections() == 0;
        busy.gate.cancel();
        co_await turn_until([&] { return ended == 2; });
    };
    run(work);
    CHECK(waited);
    CHECK(cut_off);
}

TEST_CASE("cancelling run while stop waits cuts off what is under way before run ends")
{
    bool stopped = false;
    std::optional<std::size_t> left;
    auto const work = [&](asio::io_context& io) -> awaitable<void> {
        kept_busy busy(io);
        asio::cancellation_signal cancel;
        auto on_end = [&](std::exception_ptr, result<void>) { left = busy.server.connections(); };
        asio::co_spawn(io, busy.server.run(), asio::bind_cancellation_slot(cancel.slot(), std::move(on_end)));
        co_await busy.begin();
        asio::co_spawn(io, busy.server.stop(1h), [&](std::exception_ptr) { stopped = true; });
        for (int i = 0; i != 20; ++i)
            co_await asio::post(asio::use_awaitable_t<asio::any_io_executor>{});
        cancel.emit(asio::cancellation_type::terminal);
        co_await turn_until([&] { return left && stopped; });
        busy.gate.cancel();
        co_await turn_until([&] { return left && stopped; });
    };
    run(work);
    CHECK(left == std::size_t{0});
    CHECK(stopped);
}

TEST_CASE("a server that was stopped does not start again and says so; run has nothing left to do")
{
    result<void> started;
    result<void> ran = failure();
    auto const work = [&](asio::io_context& io) -> awaitable<void> {
        callback_server server(io.get_executor());
        server.start().value();
        co_await server.stop();
        started = server.start();
        ran = co_await server.run();
    };
    run(work);
    REQUIRE_FALSE(started);
    CHECK(started.error() == errc::invalid_config);
    CHECK(ran);
}

TEST_CASE("a port that is taken is reported")
{
    result<void> second;
    auto const work = [&](asio::io_context& io) -> awaitable<void> {
        callback_server one(io.get_executor());
        one.start().value();
        callback_server two(io.get_executor(), server_config().listen("127.0.0.1", one.port()));
        second = co_await two.run();
        co_await one.stop();
    };
    run(work);
    REQUIRE_FALSE(second);
    CHECK(second.error() == errc::connection_failed);
}

TEST_CASE("a callback comes over TLS, with the server's certificate checked")
{
    tests::temporary_folder const folder;
    tests::certificate authority("test authority", "", nullptr);
    tests::certificate server_certificate("server", "DNS:localhost", &authority);
    authority.write(folder.file("ca.pem"));
    server_certificate.write(folder.file("cert.pem"), folder.file("key.pem"));
    std::string received;
    auto const work = [&](asio::io_context& io) -> awaitable<void> {
        auto config = trusting();
        config.tls(tls_context::server(folder.file("cert.pem"), folder.file("key.pem")).value());
        callback_server server(io.get_executor(), config);
        server.on_any(&give_back);
        server.start().value();
        received = server.url() + "\n";
        peer const to("localhost", server.port(), true);
        net_transport const net(tls_context::client_trusting(folder.file("ca.pem")).value());
        net_stream stream = net.make_stream(io.get_executor());
        (co_await stream.connect(to)).value();
        (co_await stream.secure(to)).value();
        std::string const request = signed_callback("/n", "{\"n\":1}").request();
        std::array<asio::const_buffer, 1> const out{asio::buffer(request)};
        (void)stream.try_write_some(out);
        std::array<std::byte, 4096> block;
        while (!received.ends_with("}")) {
            io_result const got = stream.try_read_some(block);
            received.append(reinterpret_cast<char const*>(block.data()), got.bytes);
            if (got.ec && got.ec != asio::error::would_block)
                break;
            if (got.ec)
                (void)co_await stream.wait_readable();
        }
        stream.close();
        co_await server.stop();
    };
    run(work);
    CHECK(received.starts_with("https://127.0.0.1:"));
    CHECK(received.ends_with("{\"n\":1}"));
}
