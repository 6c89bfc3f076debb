#include <ossify/session/step_deadline.hpp>
#include <ossify/testing/manual_clock.hpp>

#include <asio/execution/outstanding_work.hpp>
#include <asio/io_context.hpp>
#include <asio/require.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <optional>

using namespace ossify;
using namespace std::chrono_literals;
using testing::manual_clock;

namespace {

/// Work whose deadline notes when it passed.
struct work {
    static void on_deadline(void* self) noexcept { static_cast<work*>(self)->passed = manual_clock::now(); }

    /// When the deadline passes if nothing happens any more, from the beginning on; nothing: never.
    std::optional<manual_clock::duration> rest()
    {
        testing::run_in_virtual_time(io, 10min);
        return passed ? std::optional(*passed - began) : std::nullopt;
    }

    asio::io_context io;
    manual_clock::time_point began = manual_clock::now();
    std::optional<manual_clock::time_point> passed;
    step_deadline<manual_clock> deadline{std::make_shared<watchdog<manual_clock>>(io.get_executor()),
                                         io.get_executor(), &on_deadline, this};
};

bool about(std::optional<manual_clock::duration> found, manual_clock::duration wanted)
{
    CHECK(found.has_value());
    return found && *found >= wanted && *found < wanted + 50ms;
}

constexpr auto never = manual_clock::time_point::max();

}  // namespace

TEST_CASE("a step without progress ends with the step's own error")
{
    work w;
    w.deadline.begin(w.io.get_executor(), w.began + 30s, w.began);
    w.deadline.limit(5s, errc::connect_timeout);
    CHECK(about(w.rest(), 5s));
    CHECK(w.deadline.cause() == errc::connect_timeout);
}

TEST_CASE("progress begins the span anew, and the end of all stays")
{
    work w;
    w.deadline.begin(w.io.get_executor(), w.began + 12s, w.began);
    w.deadline.limit(5s, errc::stall_timeout);
    manual_clock::advance(4s);
    w.deadline.progressed();
    SUBCASE("the span passes")
    {
        CHECK(about(w.rest(), 9s));
        CHECK(w.deadline.cause() == errc::stall_timeout);
    }
    SUBCASE("the end comes first")
    {
        manual_clock::advance(4s);
        w.deadline.progressed();
        CHECK(about(w.rest(), 12s));
        CHECK(w.deadline.cause() == errc::operation_timeout);
    }
}

TEST_CASE("without a span only the end counts, and without an end nothing")
{
    work w;
    SUBCASE("with an end")
    {
        w.deadline.begin(w.io.get_executor(), w.began + 12s, w.began);
        w.deadline.limit(0s, errc::stall_timeout);
        CHECK(about(w.rest(), 12s));
        CHECK(w.deadline.cause() == errc::operation_timeout);
    }
    SUBCASE("without")
    {
        w.deadline.begin(w.io.get_executor(), never, w.began);
        w.deadline.limit(0s, errc::stall_timeout);
        CHECK_FALSE(w.rest());
    }
}

TEST_CASE("a pause lifts the step's limit, not the end of all")
{
    work w;
    SUBCASE("with an end")
    {
        w.deadline.begin(w.io.get_executor(), w.began + 12s, w.began);
        w.deadline.limit(5s, errc::stall_timeout);
        w.deadline.pause();
        CHECK(about(w.rest(), 12s));
        CHECK(w.deadline.cause() == errc::operation_timeout);
    }
    SUBCASE("without")
    {
        w.deadline.begin(w.io.get_executor(), never, w.began);
        w.deadline.limit(5s, errc::stall_timeout);
        w.deadline.pause();
        CHECK_FALSE(w.rest());
    }
    SUBCASE("over with the next progress")
    {
        w.deadline.begin(w.io.get_executor(), never, w.began);
        w.deadline.limit(5s, errc::stall_timeout);
        w.deadline.pause();
        manual_clock::advance(1min);
        w.deadline.progressed();
        CHECK(about(w.rest(), 65s));
        CHECK(w.deadline.cause() == errc::stall_timeout);
    }
}

TEST_CASE("a span begins now, or with the last look at the clock")
{
    work w;
    w.deadline.begin(w.io.get_executor(), never, w.began);
    manual_clock::advance(1s);
    SUBCASE("now")
    {
        w.deadline.limit(5s, errc::tls_timeout);
        CHECK(about(w.rest(), 6s));
    }
    SUBCASE("with the beginning")
    {
        w.deadline.limit_since_look(5s, errc::tls_timeout);
        CHECK(about(w.rest(), 5s));
    }
    SUBCASE("with a later look")
    {
        w.deadline.look();
        w.deadline.limit_since_look(5s, errc::tls_timeout);
        CHECK(about(w.rest(), 6s));
    }
    CHECK(w.deadline.cause() == errc::tls_timeout);
}

TEST_CASE("a second use has an end of its own")
{
    work w;
    w.deadline.begin(w.io.get_executor(), w.began + 2s, w.began);
    w.deadline.limit(5s, errc::stall_timeout);
    w.deadline.release();
    w.deadline.begin(w.io.get_executor(), w.began + 20s, w.began);
    w.deadline.limit(30s, errc::stall_timeout);
    CHECK(about(w.rest(), 20s));
    CHECK(w.deadline.cause() == errc::operation_timeout);
}

TEST_CASE("it acts on the executor that the work began on, and lets go of that")
{
    work w;
    asio::io_context elsewhere;
    w.deadline.begin(asio::require(elsewhere.get_executor(), asio::execution::outstanding_work.tracked), never,
                     w.began);
    w.deadline.limit(5s, errc::stall_timeout);
    SUBCASE("acts")
    {
        CHECK_FALSE(w.rest());
        elsewhere.poll();
        CHECK(w.passed);
    }
    SUBCASE("lets go")
    {
        elsewhere.poll();
        CHECK_FALSE(elsewhere.stopped());  // the executor counts as work
        w.deadline.release();
        elsewhere.poll();
        CHECK(elsewhere.stopped());
    }
}

TEST_CASE("disarmed or released, it never passes")
{
    work w;
    w.deadline.begin(w.io.get_executor(), w.began + 12s, w.began);
    w.deadline.limit(5s, errc::stall_timeout);
    SUBCASE("disarmed") { w.deadline.disarm(); }
    SUBCASE("released") { w.deadline.release(); }
    CHECK_FALSE(w.rest());
}
