// Uploads in parts with every I/O step failing once, one byte at a time, and cancelled at every point.
#include <ossify/callback/callback.hpp>
#include <ossify/client.hpp>
#include <ossify/codec/crc64.hpp>
#include <ossify/testing/fault.hpp>

#include "multipart_scene.hpp"
#include "printers.hpp"

#include <doctest/doctest.h>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>

#include <optional>
#include <string>

using namespace ossify;
using tests::in_parts;
using tests::part_bytes;
using tests::scene;
using tests::streamed;
using tests::text_of;

namespace {

using outcome = result<stored_object<>>;

// What must hold after any upload, however it ended.
void check_sane(scene& s, outcome const& got, std::string const& text)
{
    if (got) {
        CHECK(s.service.content("k") == text);
        CHECK(got->crc64 == crc64(text));
        CHECK(s.service.parts_left() == 0);  // an upload whose begin was not answered is empty, and nobody knows its id
    } else if (got.error() == errc::outcome_unknown) {
        // it may be stored or not
    } else {
        CHECK(s.service.object("k") == nullptr);
        bool const named = !got.error().info().upload_id.empty();
        CHECK((named || s.service.parts_left() == 0));
    }
    if (auto const* const object = s.service.object("k"))
        CHECK(object->crc64 == crc64(text));
    CHECK(s.service.callbacks <= 1);
}

struct cancelled {
    std::optional<outcome> got;
    bool was_cancelled = false;
    std::size_t handlers = 0;
};

awaitable<outcome> listening(awaitable<outcome> upload)
{
    co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
    co_return co_await std::move(upload);
}

// Runs an upload and cancels it after `handlers` handlers.
cancelled run_and_cancel(scene& s, awaitable<outcome> upload, std::size_t handlers, asio::cancellation_type type,
                         std::chrono::seconds longest = std::chrono::seconds(20))
{
    cancelled out;
    asio::cancellation_signal signal;
    auto on_end = [&](std::exception_ptr e, outcome got) {
        CHECK(e == nullptr);
        out.got.emplace(std::move(got));
    };
    asio::co_spawn(s.io, listening(std::move(upload)), asio::bind_cancellation_slot(signal.slot(), std::move(on_end)));
    while (out.handlers != handlers && !out.got) {
        if (s.io.poll_one() != 0)
            ++out.handlers;
        else
            testing::manual_clock::advance(std::chrono::milliseconds(1));
    }
    if (!out.got) {
        out.was_cancelled = true;
        signal.emit(type);
    }
    auto const before = testing::manual_clock::now();
    CHECK(testing::run_in_virtual_time(s.io));  // nothing is left running
    CHECK(testing::manual_clock::now() - before < longest);
    s.io.restart();
    REQUIRE(out.got.has_value());
    return out;
}

// Cancels at every point; calls `check(scene, outcome)` after each. `prepare(scene)` comes before the upload.
template<class Upload, class Check, class Prepare>
void cancel_everywhere(Upload upload, asio::cancellation_type type, Check check, Prepare prepare)
{
    for (std::size_t handlers = 1;; ++handlers) {  // before the first one, Asio itself throws
        CAPTURE(handlers);
        scene s;
        s.net.chop(100, 20'000);  // more steps, more points
        prepare(s);
        auto const end = run_and_cancel(s, upload(s), handlers, type);
        check(s, *end.got);
        if (!end.was_cancelled)
            break;
    }
}

template<class Upload, class Check>
void cancel_everywhere(Upload upload, asio::cancellation_type type, Check check)
{
    cancel_everywhere(std::move(upload), type, std::move(check), [](scene&) {});
}

// Refusals, a back-off, and a completion whose answer is lost.
void add_trouble(scene& s)
{
    using emulation::operation;
    s.service.faults().on(operation::upload_part).part(2).status(503, "ServiceUnavailable").once();
    s.service.faults().on(operation::upload_part).part(3).wrong_crc().once();
    s.service.faults().on(operation::complete_multipart_upload).lost_answer().once();
}

}  // namespace

TEST_CASE("an upload in parts survives or reports every I/O step that fails")
{
    std::string const text = text_of(2 * part_bytes + 9);
    for (unsigned attempts : {1U, 3U}) {
        std::size_t stored = 0;
        auto const steps = testing::for_each_failure([&](testing::fault const& f) {
            CAPTURE(f.steps());
            scene s(f, tests::emulated_service::client_config(attempts));
            auto const got = s.run(s.oss.upload(in_parts(text)));
            check_sane(s, got, text);
            CHECK(s.net.open_connections() <= 4);
            stored += got.has_value();
        });
        CHECK(steps > 15);
        CHECK(stored > (attempts == 1 ? 1 : steps / 2));
    }
}

TEST_CASE("an upload of a stream survives or reports every I/O step that fails")
{
    std::string const text = text_of(2 * part_bytes + 9);
    callback const notify("http://app.example.com/oss", "object=${object}");
    auto const steps = testing::for_each_failure([&](testing::fault const& f) {
        scene s(f);
        check_sane(s, s.run(s.oss.upload_stream(streamed(text).callback(notify))), text);
    });
    CHECK(steps > 15);
}

TEST_CASE("an upload in parts works when one byte moves at a time")
{
    std::string const text = text_of(part_bytes + 1);
    scene s;
    s.net.chop(1, 1);
    auto const stored = s.run(s.oss.upload(in_parts(text)));
    REQUIRE(stored);
    CHECK(s.service.content("k") == text);
}

TEST_CASE("terminal cancellation at any point ends at once and leaves nothing at the service")
{
    std::string const text = text_of(2 * part_bytes + 9);
    callback const notify("http://app.example.com/oss", "object=${object}");
    std::size_t cancelled_ones = 0;
    auto const check = [&](scene& s, outcome const& got) {
        CHECK(s.service.open_uploads() == 0);
        check_sane(s, got, text);
        if (!got) {
            CHECK(got.error() == errc::cancelled);
            CHECK(got.error().info().upload_id.empty());
            ++cancelled_ones;
        }
    };
    cancel_everywhere([&](scene& s) { return s.oss.upload(in_parts(text).callback(notify)); },
                      asio::cancellation_type::terminal, check);
    CHECK(cancelled_ones > 15);
    cancel_everywhere([&](scene& s) { return s.oss.upload_stream(streamed(text)); },
                      asio::cancellation_type::terminal, check);
}

TEST_CASE("terminal cancellation leaves nothing behind while requests are sent again, held back, and settled")
{
    std::string const text = text_of(2 * part_bytes + 9);
    auto const check = [&](scene& s, outcome const& got) {
        CHECK(s.service.open_uploads() == 0);
        check_sane(s, got, text);
        CHECK((got || got.error() == errc::cancelled));
    };
    cancel_everywhere([&](scene& s) { return s.oss.upload(in_parts(text).rate_limit(2 * part_bytes)); },
                      asio::cancellation_type::terminal, check, add_trouble);
    cancel_everywhere([&](scene& s) { return s.oss.upload_stream(streamed(text).parallel(1)); },
                      asio::cancellation_type::terminal, check, add_trouble);
}

TEST_CASE("cancellation at any point reaches workers on strands of their own, begun or not")
{
    std::string const text = text_of(2 * part_bytes + 9);
    auto const upload = [&](scene& s) { return s.oss.upload(in_parts(text).workers_on(s.io.get_executor())); };
    cancel_everywhere(upload, asio::cancellation_type::terminal, [&](scene& s, outcome const& got) {
        CHECK(s.service.open_uploads() == 0);
        check_sane(s, got, text);
    });
    cancel_everywhere(upload, asio::cancellation_type::total, [&](scene& s, outcome const& got) {
        if (!got && s.service.open_uploads() != 0)
            CHECK(got.error().info().upload_id == s.service.state().uploads.entries().back().id);
    });
}

TEST_CASE("an upload with a checkpoint goes on after total cancellation at any point")
{
    std::string const text = text_of(2 * part_bytes + 9);
    for (std::size_t handlers = 1;; ++handlers) {
        CAPTURE(handlers);
        scene s;
        tests::checkpoint_memory store;
        auto const first = run_and_cancel(s, s.oss.upload(in_parts(text).parallel(2).checkpoint(store)), handlers,
                                          asio::cancellation_type::total, std::chrono::hours(1));
        CHECK((*first.got || s.service.open_uploads() == 0 || store.kept->text));
        auto const before = s.service.received();
        auto const again = s.run(s.oss.upload(in_parts(text).parallel(2).checkpoint(store)));
        REQUIRE(again);
        CHECK(s.service.content("k") == text);
        CHECK(s.service.open_uploads() == 0);
        CHECK_FALSE(store.kept->text);
        if (!first.was_cancelled)
            break;
        std::size_t sent_once = 0;
        for (auto const& [number, times] : s.service.received())
            sent_once += times == 1 && before.contains(number);
        CHECK(again->figures.resumed_parts <= before.size());
        CHECK(sent_once >= again->figures.resumed_parts);
    }
}

TEST_CASE("total cancellation at any point ends at once and keeps the parts, whose upload is named")
{
    std::string const text = text_of(2 * part_bytes + 9);
    std::size_t kept = 0;
    auto const check = [&](scene& s, outcome const& got) {
        if (got) {
            CHECK(s.service.open_uploads() == 0);
            return;
        }
        bool const in_doubt = got.error() == errc::outcome_unknown;
        CHECK((in_doubt || got.error() == errc::cancelled));
        CHECK((in_doubt || s.service.object("k") == nullptr));
        CHECK(in_doubt == (got.error().message().find("may be stored") != std::string::npos));
        kept += s.service.parts_left();
        if (s.service.parts_left() != 0)
            CHECK(got.error().info().upload_id == s.service.state().uploads.entries().back().id);
    };
    cancel_everywhere([&](scene& s) { return s.oss.upload(in_parts(text)); }, asio::cancellation_type::total, check);
    CHECK(kept > 10);
    cancel_everywhere([&](scene& s) { return s.oss.upload(in_parts(text)); }, asio::cancellation_type::partial, check);
}

TEST_CASE("cancellation at any point of an upload by put ends at once")
{
    std::string const text = text_of(1000);
    for (std::uint64_t const rate : {0, 2000}) {  // bytes a second; with a limit, all waits before it is sent
        CAPTURE(rate);
        int cancelled = 0;
        int unknown = 0;
        cancel_everywhere([&](scene& s) { return s.oss.upload(in_parts(text).threshold(10'000).rate_limit(rate)); },
                          asio::cancellation_type::terminal, [&](scene& s, outcome const& got) {
                              if (got)
                                  return;
                              (got.error() == errc::outcome_unknown ? unknown : cancelled) += 1;
                              CHECK((got.error() == errc::outcome_unknown || got.error() == errc::cancelled));
                              CHECK((got.error() == errc::outcome_unknown || s.service.object("k") == nullptr));
                          });
        CHECK((cancelled > 0) == (rate != 0));  // without one, all is sent before anybody can cancel
        CHECK(unknown > 0);
    }
}

TEST_CASE("terminal cancellation during the completion has an unknown outcome when the object cannot be asked for")
{
    std::string const text = text_of(2 * part_bytes + 9);
    int unknown = 0;
    auto const check = [&](scene& s, outcome const& got) {
        if (got)
            return;
        unknown += got.error() == errc::outcome_unknown;
        CHECK((s.service.object("k") == nullptr || got.error() == errc::outcome_unknown));
    };
    cancel_everywhere([&](scene& s) { return s.oss.upload(in_parts(text)); }, asio::cancellation_type::terminal, check,
                      [](scene& s) {
                          s.service.faults().on(emulation::operation::head_object).status(403, "AccessDenied");
                      });
    CHECK(unknown > 0);
}

TEST_CASE("terminal cancellation during the completion says that the object may be stored when the abort fails too")
{
    std::string const text = text_of(2 * part_bytes + 9);
    int unknown = 0;
    int left = 0;
    auto const check = [&](scene& s, outcome const& got) {
        if (got || s.service.state().uploads.entries().empty())
            return;
        std::string const said = to_string(got.error());
        CAPTURE(said);
        bool const doubted = said.find("the object may be stored, else its parts are left") != std::string::npos;
        CHECK(doubted == (got.error() == errc::outcome_unknown));
        CHECK((s.service.object("k") == nullptr || doubted));
        if (s.service.parts_left() != 0)
            CHECK(got.error().info().upload_id == s.service.state().uploads.entries().back().id);
        unknown += doubted;
        left += !doubted && said.find("; its parts are left at the service") != std::string::npos;
    };
    cancel_everywhere([&](scene& s) { return s.oss.upload(in_parts(text)); }, asio::cancellation_type::terminal, check,
                      [](scene& s) {
                          s.service.faults()
                              .on(emulation::operation::abort_multipart_upload)
                              .status(403, "AccessDenied");
                      });
    CHECK(unknown > 0);
    CHECK(left > 10);
}

TEST_CASE("an upload that is cancelled and fails to abort ends within its limit")
{
    std::string const text = text_of(5 * part_bytes);
    scene s;
    s.service.before = [](testing::received_request const& r) -> std::optional<testing::scripted_reply> {
        if (r.head.method != http::method::delete_)
            return std::nullopt;
        return testing::scripted_reply::silence();
    };
    auto const end = run_and_cancel(s, s.oss.upload(in_parts(text).parallel(1).abort_limit(std::chrono::milliseconds(3000))),
                                    20, asio::cancellation_type::terminal);
    REQUIRE(end.was_cancelled);
    REQUIRE_FALSE(*end.got);
    CHECK(end.got->error() == errc::cancelled);
    CHECK(end.got->error().info().upload_id == s.service.state().uploads.entries().back().id);
    CHECK(end.got->error().message().find("could not be aborted") != std::string::npos);
}

TEST_CASE("destroying the loop in the middle of an upload leaks nothing")
{
    std::string const text = text_of(5 * part_bytes);
    for (std::size_t handlers = 0; handlers < 120; handlers += 7) {
        scene s;
        std::optional<outcome> got;
        auto on_end = [&](std::exception_ptr, outcome o) { got.emplace(std::move(o)); };
        asio::co_spawn(s.io, s.oss.upload(in_parts(text)), std::move(on_end));
        for (std::size_t n = 0; n != handlers; ++n)
            s.io.poll_one();
    }
}
