// Files that the kernel sends, over real sockets.
#include <ossify/client.hpp>
#include <ossify/emulator/emulator.hpp>

#include "certificates.hpp"
#include "printers.hpp"

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/post.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace ossify;

namespace {

std::string sample(std::string const& path, std::size_t bytes)
{
    std::string text;
    for (std::size_t i = 0; i != bytes; ++i)
        text.push_back(static_cast<char>(i * 131 + i / 4096));
    std::ofstream(path, std::ios::binary) << text;
    return text;
}

template<class T>
T run(asio::io_context& io, awaitable<T> work)
{
    std::optional<T> value;
    auto on_end = [&](std::exception_ptr thrown, T v) {
        io.stop();
        if (thrown)
            std::rethrow_exception(thrown);
        value.emplace(std::move(v));
    };
    asio::co_spawn(io, std::move(work), on_end);
    io.restart();
    io.run();
    return *std::move(value);
}

put_object_request<> request_for(std::string const& path, bool check)
{
    return put_object_request("examplebucket", "k").file(path, file_reading::sendfile).check_crc64(check);
}

awaitable<result<stored_object<>>> put(client& oss, put_object_request<> request)
{
    co_return co_await oss.put_object(request);
}

/// A file that tells which stretches it was asked to sum, and refuses one of them.
class summed_source {
public:
    summed_source(std::string const& path, std::string_view text, std::shared_ptr<std::vector<std::size_t>> asked,
                  std::size_t refused)
        : file_(file_source::open(path, file_reading::sendfile).value()), text_(text), asked_(std::move(asked)),
          refused_(refused)
    {
    }
    std::uint64_t size() const noexcept { return file_.size(); }
    awaitable<result<std::size_t>> read_at(std::uint64_t offset, std::span<std::byte> out)
    {
        return file_.read_at(offset, out);
    }
    int sendable_file() const noexcept { return file_.sendable_file(); }
    awaitable<std::optional<std::uint64_t>> checksum_at(std::uint64_t offset, std::size_t bytes, std::uint64_t crc)
    {
        asked_->push_back(bytes);
        if (asked_->size() == refused_ + 1)
            co_return std::nullopt;
        co_return crc64(text_.substr(static_cast<std::size_t>(offset), bytes), crc);
    }

private:
    file_source file_;
    std::string_view text_;
    std::shared_ptr<std::vector<std::size_t>> asked_;
    std::size_t refused_;
};

awaitable<result<stored_object<>>> upload(client& oss, upload_request<> request)
{
    request.threshold(100'000'000);
    co_return co_await oss.upload(request);
}

awaitable<result<stored_object<>>> upload(client& oss, std::string path)
{
    upload_file_request request("examplebucket", "k", path, file_reading::sendfile);
    request.part_size(1'000'000).threshold(0).parallel(3);
    co_return co_await oss.upload_file(request);
}

}  // namespace

TEST_CASE("a file that the kernel sends arrives as it is, whole and in parts, plain and over TLS")
{
    tests::temporary_folder const folder;
    std::string const path = folder.file("sample");
    std::string const text = sample(path, 5'300'007);
    tests::certificate const authority("test authority", "", nullptr);
    tests::certificate const server("server", "IP:127.0.0.1", &authority);
    authority.write(folder.file("ca.pem"));
    server.write(folder.file("cert.pem"), folder.file("key.pem"));

    for (bool const secure : {false, true}) {
        asio::io_context io(1);
        emulator_config described;
        if (secure)
            described.tls(tls_context::server(folder.file("cert.pem"), folder.file("key.pem")).value());
        emulator oss_here(io.get_executor(), described);
        oss_here.create_bucket("examplebucket");
        config c = oss_here.client_config();
        if (secure)
            c.tls(tls_context::client_trusting(folder.file("ca.pem")).value());
        client oss(io.get_executor(), c);

        // the emulator's sum is of what arrived
        auto const summed = run(io, put(oss, request_for(path, true)));
        CHECK(summed.value().crc64 == crc64(text));
        auto const unsummed = run(io, put(oss, request_for(path, false)));
        CHECK(unsummed.value().crc64 == crc64(text));
        auto const parts = run(io, upload(oss, path));
        CHECK(parts.value().crc64 == crc64(text));
        CHECK(parts.value().parts == 6);
    }
}

TEST_CASE("others on the loop have their turn while the kernel sends a file")
{
    tests::temporary_folder const folder;
    std::string const path = folder.file("sample");
    sample(path, 20'000'000);
    asio::io_context io(1);
    emulator oss_here(io.get_executor());
    oss_here.create_bucket("examplebucket");
    client oss(io.get_executor(), oss_here.client_config());

    std::size_t turns = 0;
    std::function<void()> other = [&] {
        ++turns;
        asio::post(io, other);
    };
    asio::post(io, other);
    for (bool const check : {true, false}) {
        std::uint64_t sent = 0;
        std::size_t turns_then = turns;
        std::uint64_t longest = 0;
        auto const on_progress = [&](put_progress const& p) {
            longest = std::max(longest, p.sent - sent);
            CHECK(turns != turns_then);
            sent = p.sent;
            turns_then = turns;
        };
        auto const stored = run(io, put(oss, request_for(path, check).on_progress(on_progress)));
        CHECK(stored);
        CHECK(sent == 20'000'000);
        CHECK(longest <= 512 * 1024);
    }
}

TEST_CASE("stretches are summed far ahead, but not around what has to be read, nor under a rate limit")
{
    tests::temporary_folder const folder;
    std::string const path = folder.file("sample");
    std::string const text = sample(path, 16'000'000);
    asio::io_context io(1);
    emulator oss_here(io.get_executor());
    oss_here.create_bucket("examplebucket");
    client oss(io.get_executor(), oss_here.client_config());
    auto const send = [&](std::size_t refused, bool limited) {
        auto const asked = std::make_shared<std::vector<std::size_t>>();
        upload_request<> request("examplebucket", "k");
        request.body_from(summed_source(path, text, asked, refused));
        if (limited)
            request.rate_limit(100'000'000);
        CHECK(run(io, upload(oss, request)).value().crc64 == crc64(text));
        return *asked;
    };
    constexpr std::size_t mib = 1024 * 1024;

    auto const all = send(99, false);
    REQUIRE(all.size() == 4);
    CHECK(all[0] == 4 * mib);
    CHECK(all[2] == 4 * mib);

    auto const some = send(1, false);
    REQUIRE(some.size() > 5);
    CHECK(some[1] == 4 * mib);  // is refused
    CHECK(some[2] == mib / 2);
    CHECK(some[3] == mib);
    CHECK(some[4] == 2 * mib);
    CHECK(some[5] == 4 * mib);

    auto const slow = send(99, true);
    REQUIRE(slow.size() == 62);  // what a limit grants at one time is what is read at one time, where it must be read
    CHECK(std::ranges::all_of(slow, [](std::size_t bytes) { return bytes <= mib / 4; }));
}

TEST_CASE("under a low rate limit little is sent at one time, and summed no further ahead")
{
    tests::temporary_folder const folder;
    std::string const path = folder.file("sample");
    std::string const text = sample(path, 400'000);
    asio::io_context io(1);
    emulator oss_here(io.get_executor());
    oss_here.create_bucket("examplebucket");
    client oss(io.get_executor(), oss_here.client_config());
    auto const asked = std::make_shared<std::vector<std::size_t>>();
    upload_request<> request("examplebucket", "k");
    request.body_from(summed_source(path, text, asked, 99)).rate_limit(800'000);
    CHECK(run(io, upload(oss, request)).value().crc64 == crc64(text));
    CHECK(*asked == std::vector<std::size_t>(4, 100'000));
}

TEST_CASE("a peer that hangs up while the kernel sends to it is a failure, not a signal")
{
    tests::temporary_folder const folder;
    std::string const path = folder.file("sample");
    sample(path, 20'000'000);
    asio::io_context io(1);
    asio::ip::tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
    std::optional<asio::ip::tcp::socket> taken;
    auto const hang_up = [&](std::error_code, asio::ip::tcp::socket s) {
        s.set_option(asio::socket_base::linger(true, 0));
        taken.emplace(std::move(s));
        taken.reset();
    };
    acceptor.async_accept(hang_up);
    retry_policy once;
    once.max_attempts = 1;
    client oss(io.get_executor(),
               config()
                   .endpoint("http://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port()))
                   .region("cn-hangzhou")
                   .credentials(credentials("test-id", secret("test-secret")))
                   .retry(once));
    auto const got = run(io, put(oss, request_for(path, true)));
    CHECK(got.error() == errc::connection_closed);

    // and the attempt itself, at its worst: nobody is there any more
    asio::ip::tcp::socket mine(io);
    asio::ip::tcp::acceptor other(io, {asio::ip::address_v4::loopback(), 0});
    mine.connect(other.local_endpoint());
    mine.non_blocking(true);
    mine.shutdown(asio::socket_base::shutdown_send);
    auto const file = file_source::open(path, file_reading::sendfile).value();
    io_result const step = detail::send_file(mine.native_handle(), file.sendable_file(), 0, 1000);
    CHECK(step.bytes == 0);
    CHECK(step.ec == asio::error::broken_pipe);
    ::sigset_t pending;
    ::sigpending(&pending);
    CHECK(::sigismember(&pending, SIGPIPE) == 0);

    // nor after some of it was taken: the peer has read everything and closed, and says so when the first piece arrives
    asio::ip::tcp::socket late(io);
    late.connect(acceptor.local_endpoint());
    acceptor.accept().close();
    late.non_blocking(true);
    CHECK(detail::send_file(late.native_handle(), file.sendable_file(), 0, 512 * 1024).bytes != 0);
    CHECK(detail::send_file(late.native_handle(), file.sendable_file(), 0, 1000).bytes == 0);
}
