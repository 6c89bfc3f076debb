#include <ossify/server/exchange.hpp>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

#include <doctest/doctest.h>

#include <deque>
#include <string>

using namespace ossify;

namespace {

/// An exchange whose body comes in given pieces.
class played_exchange final : public http_exchange {
public:
    explicit played_exchange(std::deque<std::string> pieces) : pieces_(std::move(pieces)) {}

    http::request_head const& head() const noexcept override { return head_; }
    http_client_facts const& client() const noexcept override { return client_; }
    std::optional<std::uint64_t> content_length() const override { return std::nullopt; }
    std::string_view body() const override { return now_; }
    void consume(std::size_t bytes) override { now_.erase(0, bytes); }
    bool body_complete() const override { return pieces_.empty(); }
    awaitable<result<void>> more_body() override
    {
        now_ = pieces_.front();
        pieces_.pop_front();
        if (now_ == "gone")
            co_return failure(errc::truncated);
        co_return result<void>();
    }
    awaitable<result<void>> start_reply(http::response_head, std::uint64_t) override { co_return result<void>(); }
    awaitable<result<void>> send(std::span<std::byte const>) override { co_return result<void>(); }
    awaitable<result<void>> send_raw(std::string) override { co_return result<void>(); }

private:
    http::request_head head_;
    http_client_facts client_;
    std::deque<std::string> pieces_;
    std::string now_;
};

result<std::string> read(std::deque<std::string> pieces, std::size_t limit)
{
    asio::io_context io;
    played_exchange x(std::move(pieces));
    result<std::string> out = failure(errc::cancelled);
    asio::co_spawn(io, x.read_body(limit), [&](std::exception_ptr, result<std::string> r) { out = std::move(r); });
    io.run();
    return out;
}

}  // namespace

TEST_CASE("read_body joins the pieces of a body")
{
    CHECK(read({"ab", "c"}, 10).value() == "abc");
    CHECK(read({}, 10).value().empty());
}

TEST_CASE("read_body takes a body of exactly the limit and no more")
{
    CHECK(read({"ab", "c"}, 3).value() == "abc");
    CHECK(read({"ab", "c"}, 2).error() == errc::body_too_large);
}

TEST_CASE("read_body reports a client that went away")
{
    CHECK(read({"ab", "gone"}, 10).error() == errc::truncated);
}
