#include <ossify/multipart/progress.hpp>

#include <doctest/doctest.h>

using namespace ossify;
using namespace std::chrono_literals;

TEST_CASE("sent and confirmed bytes are told apart")
{
    progress_tracker tracker;
    tracker.expect(1000, 2);
    tracker.sent(300);
    tracker.sent(200);
    tracker.confirmed(500, 1);
    tracker.sent(100);
    auto const p = tracker.snapshot(1s);
    CHECK(p.sent == 600);
    CHECK(p.confirmed == 500);
    CHECK(p.parts == 1);
    CHECK(p.total == 1000);
    CHECK(p.total_parts == 2);
}

TEST_CASE("an attempt that failed never makes a later report say less")
{
    progress_tracker tracker;
    tracker.sent(300);
    CHECK(tracker.snapshot(1s).sent == 300);
    tracker.take_back(300);
    tracker.retried();
    CHECK(tracker.snapshot(2s).sent == 300);
    tracker.sent(200);
    CHECK(tracker.snapshot(3s).sent == 300);
    tracker.sent(200);
    auto const p = tracker.snapshot(4s);
    CHECK(p.sent == 400);
    CHECK(p.retries == 1);
}

TEST_CASE("reports are due at intervals, and one at a time")
{
    progress_tracker tracker(100ms);
    REQUIRE(tracker.due(0ms));
    CHECK_FALSE(tracker.due(500ms));  // not delivered yet
    tracker.delivered();
    CHECK_FALSE(tracker.due(50ms));
    CHECK(tracker.due(100ms));
}

TEST_CASE("rate and time left follow what is sent")
{
    progress_tracker tracker;
    tracker.expect(10'000, 1);
    for (int second = 1; second <= 4; ++second) {
        tracker.sent(1000);
        (void)tracker.snapshot(std::chrono::seconds(second));
    }
    auto const p = tracker.snapshot(4s);
    CHECK(p.rate == doctest::Approx(1000));
    REQUIRE(p.time_left);
    CHECK(*p.time_left == 6000ms);
    CHECK(p.elapsed == 4000ms);
}

TEST_CASE("the rate forgets what was longer ago than a few seconds")
{
    progress_tracker tracker;
    tracker.sent(1'000'000);
    for (int second = 1; second <= 20; ++second) {
        tracker.sent(10);
        (void)tracker.snapshot(std::chrono::seconds(second));
    }
    CHECK(tracker.snapshot(20s).rate < 20);
}

TEST_CASE("what an earlier run sent counts as confirmed but not for the rate")
{
    progress_tracker tracker;
    tracker.expect(10'000, 10);
    tracker.resume(9000, 9);
    tracker.sent(500);
    auto const p = tracker.snapshot(1s);
    CHECK(p.sent == 9500);
    CHECK(p.confirmed == 9000);
    CHECK(p.resumed == 9000);
    CHECK(p.parts == 9);
    CHECK(p.rate == doctest::Approx(500));
}

TEST_CASE("time left is unknown while nothing moves or the end is unknown")
{
    progress_tracker tracker;
    tracker.sent(100);
    CHECK_FALSE(tracker.snapshot(1s).time_left);
    progress_tracker still;
    still.expect(100, 1);
    CHECK_FALSE(still.snapshot(1s).time_left);
}
