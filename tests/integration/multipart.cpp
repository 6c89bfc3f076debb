// Uploads in parts against the emulated service, in memory and in virtual time: what they store, how they go wrong, and
// the sweeps over every I/O step.
#include <ossify/async/event.hpp>
#include <ossify/body/chunks.hpp>
#include <ossify/callback/callback.hpp>
#include <ossify/client.hpp>
#include <ossify/codec/crc64.hpp>
#include <ossify/testing/fault.hpp>
#include <ossify/testing/memory_transport.hpp>

#include "multipart_scene.hpp"
#include "printers.hpp"

#include <doctest/doctest.h>

#include <asio/basic_waitable_timer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

using namespace ossify;
using tests::emulated_service;

using tests::in_parts;
using tests::part_bytes;
using tests::scene;
using tests::streamed;
using tests::text_of;
using tests::text_source;
using tests::text_stream;

TEST_CASE("an object in parts is stored as it was")
{
    std::string const text = text_of(3 * part_bytes + 7);
    scene s;
    auto const stored = s.run(s.oss.upload(in_parts(text).metadata("owner", "me").acl(object_acl::public_read)));
    REQUIRE(stored);
    CHECK(s.service.content("k") == text);
    CHECK(stored->bytes == text.size());
    CHECK(stored->crc64 == crc64(text));
    CHECK(stored->parts == 4);
    CHECK(stored->etag.ends_with("-4"));
    CHECK(stored->retries == 0);
    CHECK(stored->figures.part_bytes == part_bytes);
    CHECK(stored->figures.most_parallel == 4);
    CHECK_FALSE(stored->callback.requested());
    CHECK(s.service.object("k")->attributes.acl == "public-read");
    CHECK(s.service.open_uploads() == 0);
    CHECK(s.net.open_connections() <= 4);
}

TEST_CASE("sizes around a part are stored whole, by put up to the threshold and in parts above it")
{
    for (std::size_t bytes : {std::size_t{0}, std::size_t{1}, part_bytes - 1, part_bytes, part_bytes + 1, 2 * part_bytes,
                              2 * part_bytes + 1}) {
        std::string const text = text_of(bytes);
        for (std::size_t threshold : {std::size_t{0}, part_bytes, 10 * part_bytes}) {
            scene s;
            auto const stored = s.run(s.oss.upload(in_parts(text).threshold(threshold)));
            REQUIRE(stored);
            CHECK(s.service.content("k") == text);
            CHECK(stored->crc64 == crc64(text));
            CHECK(stored->bytes == bytes);
            unsigned const parts = bytes <= threshold ? 0 : static_cast<unsigned>((bytes + part_bytes - 1) / part_bytes);
            CHECK(stored->parts == parts);
            scene t;
            auto const from_stream = t.run(t.oss.upload_stream(streamed(text).threshold(threshold)));
            REQUIRE(from_stream);
            CHECK(t.service.content("k") == text);
            CHECK(from_stream->crc64 == crc64(text));
            CHECK(from_stream->bytes == bytes);
        }
    }
}

TEST_CASE("the callback is made once, on completion, and the result has the same shape as that of a put")
{
    std::string const text = text_of(3 * part_bytes);
    callback const notify("http://app.example.com/oss", "object=${object}");
    for (std::uint64_t threshold : {std::uint64_t{0}, std::uint64_t{1} << 30}) {
        scene s;
        auto const stored = s.run(s.oss.upload(in_parts(text).threshold(threshold).callback(notify)));
        REQUIRE(stored);
        CHECK(stored->callback.delivered());
        CHECK(stored->callback.body() == R"({"ok":true})");
        CHECK(stored->etag == s.service.object("k")->etag);
        CHECK(stored->crc64 == crc64(text));
        CHECK(s.service.callbacks == 1);
    }
}

TEST_CASE("a callback that fails leaves a stored object")
{
    std::string const text = text_of(2 * part_bytes);
    callback const notify("http://app.example.com/oss", "object=${object}");
    scene s;
    s.service.before = [&](testing::received_request const& r) -> std::optional<testing::scripted_reply> {
        if (r.head.method != http::method::post || !r.head.target.starts_with("/examplebucket/k?uploadId"))
            return std::nullopt;
        http::fields h;
        h.set("ETag", "\"E-2\"");
        return testing::scripted_reply(
            testing::http_reply(203, "<Error><Code>CallbackFailed</Code><EC>0007-00000203</EC></Error>", h));
    };
    auto const stored = s.run(s.oss.upload(in_parts(text).callback(notify)));
    REQUIRE(stored);
    CHECK(stored->callback.failed());
    CHECK(stored->callback.failure().info().ec == "0007-00000203");
    CHECK(stored->etag == "E-2");
}

TEST_CASE("exactly 10,000 parts are possible")
{
    // one part's bytes are sent again and again: 1 GB of memory is not the point here
    scene s;
    std::vector<unsigned> numbers;
    class zeros {
    public:
        std::uint64_t size() { return 10'000 * min_part_bytes; }
        awaitable<result<std::size_t>> read_at(std::uint64_t, std::span<std::byte> out) { co_return out.size(); }
    };
    std::size_t parts = 0;
    std::uint64_t sum = 0;
    s.service.before = [&](testing::received_request const& r) -> std::optional<testing::scripted_reply> {
        http::fields h;
        if (r.head.method == http::method::put) {
            ++parts;
            sum = crc64(r.body);
            h.set("ETag", "\"E\"");
            h.set("x-oss-hash-crc64ecma", std::to_string(sum));
            return testing::scripted_reply(testing::http_reply(200, {}, h));
        }
        if (r.head.target.find("uploadId") != std::string::npos) {
            CHECK(r.body.find("<PartNumber>10000</PartNumber>") != std::string::npos);
            h.set("ETag", "\"X-10000\"");
            return testing::scripted_reply(testing::http_reply(200, {}, h));
        }
        return std::nullopt;
    };
    auto const stored = s.run(s.oss.upload(
        upload_request<>("examplebucket", "k").body_from(zeros()).part_size(min_part_bytes).check_crc64(false)));
    REQUIRE(stored);
    CHECK(stored->parts == 10'000);
    CHECK(parts == 10'000);
}

TEST_CASE("a part that fails now and then is sent again, and only it")
{
    std::string const text = text_of(5 * part_bytes);
    scene s;
    using emulation::operation;
    s.service.faults().on(operation::upload_part).part(2).status(500).once();
    s.service.faults().on(operation::upload_part).part(3).lost_answer().once();
    s.service.faults().on(operation::upload_part).part(4).wrong_crc().once();
    s.service.faults().on(operation::upload_part).part(5).reset_after(1000).once();
    auto const stored = s.run(s.oss.upload(in_parts(text)));
    REQUIRE(stored);
    CHECK(s.service.content("k") == text);
    CHECK(stored->retries == 4);
    auto const received = s.service.received();
    CHECK(received.at(1) == 1);
    CHECK(received.at(2) == 1);
    CHECK(received.at(3) == 2);
    CHECK(received.at(5) == 1);
}

TEST_CASE("a part that fails for good stops the upload at once, and nothing is left behind")
{
    std::string const text = text_of(50 * part_bytes);
    scene s;
    s.service.faults().on(emulation::operation::upload_part).part(2).status(403, "AccessDenied");
    auto const stored = s.run(s.oss.upload(in_parts(text)));
    REQUIRE_FALSE(stored);
    CHECK(stored.error() == errc::access_denied);
    CHECK(stored.error().info().part_number == 2);
    CHECK(stored.error().info().upload_id.empty());
    CHECK(s.service.received().size() < 10);
    CHECK(s.service.open_uploads() == 0);
    CHECK(s.service.object("k") == nullptr);
}

TEST_CASE("parts are left behind when that is asked for, and the failure names the upload")
{
    std::string const text = text_of(5 * part_bytes);
    scene s;
    s.service.faults().on(emulation::operation::upload_part).part(4).status(403, "AccessDenied");
    auto const stored = s.run(s.oss.upload(in_parts(text).parallel(1).leave_parts_on_failure()));
    REQUIRE_FALSE(stored);
    CHECK(s.service.open_uploads() == 1);
    CHECK(s.service.parts_left() == 3);
    CHECK(stored.error().info().upload_id == s.service.state().uploads.entries().front().id);
}

TEST_CASE("an upload that could not be aborted is reported by its id")
{
    std::string const text = text_of(5 * part_bytes);
    scene s;
    s.service.faults().on(emulation::operation::upload_part).part(3).status(403, "AccessDenied");
    s.service.faults().on(emulation::operation::abort_multipart_upload).status(403, "AccessDenied");
    auto const stored = s.run(s.oss.upload(in_parts(text)));
    REQUIRE_FALSE(stored);
    CHECK(stored.error().info().part_number == 3);
    CHECK(stored.error().info().upload_id == s.service.state().uploads.entries().front().id);
    CHECK(stored.error().message().find("could not be aborted") != std::string::npos);
}

TEST_CASE("a failure to upload and to abort names the upload once, and how often was tried")
{
    std::string const text = text_of(5 * part_bytes);
    scene s;
    s.service.faults().on(emulation::operation::upload_part).part(3).status(503, "ServiceUnavailable");
    s.service.faults().on(emulation::operation::abort_multipart_upload).status(503, "ServiceUnavailable");
    auto const stored = s.run(s.oss.upload(in_parts(text)));
    REQUIRE_FALSE(stored);
    std::string const said = to_string(stored.error());
    CAPTURE(said);
    auto const times = [&said](std::string const& words) {
        int n = 0;
        for (auto at = said.find(words); at != std::string::npos; at = said.find(words, at + 1))
            ++n;
        return n;
    };
    CHECK(times("AbortMultipartUpload: ") == 1);
    CHECK(times(s.service.state().uploads.entries().front().id) == 1);
    CHECK(times("(after 3 attempts)") == 1);
}

TEST_CASE("throttling lowers how many parts are under way, and the figures show it")
{
    std::string const text = text_of(40 * part_bytes);
    scene s;
    auto& plan = s.service.faults();
    plan.on(emulation::operation::upload_part).status(503, "ServiceUnavailable").qos_delay(std::chrono::milliseconds(5)).times(1);
    auto const stored = s.run(s.oss.upload(in_parts(text).parallel(8, 2)));
    REQUIRE(stored);
    CHECK(s.service.content("k") == text);
    CHECK(stored->figures.throttled == 1);
    CHECK(stored->figures.most_parallel == 8);
    CHECK(stored->figures.least_parallel == 4);
    CHECK(stored->figures.last_parallel > 4);
}

TEST_CASE("a source that changes meanwhile is an error, not an object")
{
    class changing : public text_source {
    public:
        using text_source::text_source;
        result<void> check_unchanged() const { return failure(errc::source_changed); }
    };
    std::string const text = text_of(3 * part_bytes);
    scene s;
    auto const stored = s.run(s.oss.upload(in_parts(text).body_from(changing(text))));
    REQUIRE_FALSE(stored);
    CHECK(stored.error() == errc::source_changed);
    CHECK(s.service.object("k") == nullptr);
    CHECK(s.service.open_uploads() == 0);
}

TEST_CASE("a source that is shorter than it said is an error, not an object")
{
    class liar {
    public:
        std::uint64_t size() { return 3 * part_bytes; }
        awaitable<result<std::size_t>> read_at(std::uint64_t offset, std::span<std::byte> out)
        {
            co_return std::min<std::size_t>(out.size(), 2 * part_bytes + 5 - std::min<std::size_t>(offset, 2 * part_bytes + 5));
        }
    };
    scene s;
    auto const stored = s.run(
        s.oss.upload(upload_request<>("examplebucket", "k").body_from(liar()).part_size(part_bytes).threshold(0)));
    REQUIRE_FALSE(stored);
    CHECK(stored.error() == errc::source_changed);
    CHECK(s.service.object("k") == nullptr);
    CHECK(s.service.open_uploads() == 0);
}

TEST_CASE("a stream that breaks is an error, not a shorter object")
{
    std::string const text = text_of(5 * part_bytes);
    for (std::size_t at : {std::size_t{0}, part_bytes / 2, 3 * part_bytes + 5}) {
        scene s;
        auto const stored =
            s.run(s.oss.upload_stream(streamed(text).source(text_stream(text, at)).threshold(2 * part_bytes)));
        REQUIRE_FALSE(stored);
        CHECK(stored.error() == errc::source_failed);
        CHECK(s.service.object("k") == nullptr);
        CHECK(s.service.open_uploads() == 0);
    }
}

TEST_CASE("a stream that is not as long as expected is an error, not an object")
{
    for (std::size_t bytes : {part_bytes / 2, 3 * part_bytes, 3 * part_bytes + 5}) {
        std::string const text = text_of(bytes);
        scene s;
        auto const stored =
            s.run(s.oss.upload_stream(streamed(text).threshold(part_bytes).expect_bytes(bytes + 1)));
        REQUIRE_FALSE(stored);
        CHECK(stored.error() == errc::source_changed);
        CHECK(s.service.object("k") == nullptr);
        CHECK(s.service.open_uploads() == 0);
        auto const exact = s.run(s.oss.upload_stream(streamed(text).threshold(part_bytes).expect_bytes(bytes)));
        CHECK(exact);
    }
}

TEST_CASE("a stream that was forgotten is no object of no bytes")
{
    scene s;
    auto const stored = s.run(s.oss.upload_stream(upload_stream_request<>("examplebucket", "k")));
    REQUIRE(!stored);
    CHECK(stored.error() == errc::invalid_argument);
    CHECK(to_string(stored.error()).find("the upload has no source") != std::string::npos);
    CHECK(s.service.object("k") == nullptr);
}

TEST_CASE("a damaged ETag of a part is mended from the service's list")
{
    std::string const text = text_of(3 * part_bytes);
    scene s;
    s.service.faults().on(emulation::operation::upload_part).part(2).wrong_etag().once();
    auto const stored = s.run(s.oss.upload(in_parts(text)));
    REQUIRE(stored);
    CHECK(s.service.content("k") == text);
}

TEST_CASE("what is sent again counts, also when it is the beginning or the end of an upload")
{
    std::string const text = text_of(3 * part_bytes);
    for (auto const what : {emulation::operation::initiate_multipart_upload, emulation::operation::complete_multipart_upload}) {
        scene s;
        s.service.faults().on(what).status(503).once();
        unsigned told = 0;
        auto const watch = [&](progress const& p) {
            told = p.retries;
            CHECK(p.total == text.size());
        };
        auto const stored = s.run(s.oss.upload(in_parts(text).on_progress(watch)));
        REQUIRE(stored);
        CHECK(stored->retries == 1);
        CHECK(told == 1);
        CHECK(stored->figures.throttled == 0);
    }
}

TEST_CASE("an object that must not replace another one does not")
{
    std::string const text = text_of(3 * part_bytes);
    scene s;
    REQUIRE(s.run(s.oss.upload(in_parts(text))));
    auto const stored = s.run(s.oss.upload(in_parts(text).forbid_overwrite()));
    REQUIRE_FALSE(stored);
    CHECK(stored.error() == errc::object_exists);
    CHECK(s.service.open_uploads() == 0);
}

TEST_CASE("progress never goes back, ends at the whole, and counts what is sent again as a retry only")
{
    std::string const text = text_of(8 * part_bytes + 5);
    scene s;
    s.service.faults().on(emulation::operation::upload_part).status(500).probability(0.3);
    std::vector<progress> seen;
    auto const stored = s.run(s.oss.upload(
        in_parts(text).progress_interval(std::chrono::milliseconds(0)).on_progress([&](progress const& p) {
            seen.push_back(p);
        })));
    REQUIRE(stored);
    REQUIRE(seen.size() > 8);
    for (std::size_t i = 1; i != seen.size(); ++i) {
        CHECK(seen[i].sent >= seen[i - 1].sent);
        CHECK(seen[i].confirmed >= seen[i - 1].confirmed);
        CHECK(seen[i].sent <= text.size());
        CHECK(seen[i].confirmed <= seen[i].sent);
        CHECK_FALSE(seen[i - 1].finished);
    }
    auto const& last = seen.back();
    CHECK(last.finished);
    CHECK(last.sent == text.size());
    CHECK(last.confirmed == text.size());
    CHECK(last.parts == 9);
    CHECK(last.total == text.size());
    CHECK(last.retries == stored->retries);
}

TEST_CASE("a rate limit holds in virtual time, and can be changed while the upload runs")
{
    std::string const text = text_of(20 * part_bytes);
    scene s;
    rate_limiter limit(part_bytes);  // a part a second
    auto const began = testing::manual_clock::now();
    REQUIRE(s.run(s.oss.upload(in_parts(text).rate_limit(limit))));
    auto const slow = testing::manual_clock::now() - began;
    CHECK(slow > std::chrono::seconds(17));
    CHECK(slow < std::chrono::seconds(22));

    auto const again = testing::manual_clock::now();
    REQUIRE(s.run(s.oss.upload(in_parts(text).rate_limit(limit).progress_interval(std::chrono::milliseconds(0)).on_progress(
        [&](progress const& p) {
            if (p.sent > 5 * part_bytes)
                limit.set(0);
        }))));
    CHECK(testing::manual_clock::now() - again < std::chrono::seconds(8));
}

TEST_CASE("under a low rate limit every connection keeps moving: a service gives up on one that is silent for 30 seconds")
{
    // tells when each part was read; what is read is sent next
    class watched {
    public:
        struct log {
            testing::manual_clock::duration longest{0};
            testing::manual_clock::duration took{0};
            std::size_t most = 0;
            std::vector<testing::manual_clock::time_point> last;
        };
        watched(std::string const& text, std::size_t part, std::shared_ptr<log> l)
            : text_(text), part_(part), log_(std::move(l))
        {
        }
        std::uint64_t size() const noexcept { return text_.size(); }
        awaitable<result<std::size_t>> read_at(std::uint64_t offset, std::span<std::byte> out)
        {
            auto& last = log_->last.at(offset / part_);
            auto const now = testing::manual_clock::now();
            if (offset % part_ != 0)
                log_->longest = std::max(log_->longest, now - last);
            log_->most = std::max(log_->most, out.size());
            last = now;
            std::memcpy(out.data(), text_.data() + offset, out.size());
            co_return out.size();
        }

    private:
        std::string const& text_;
        std::size_t part_;
        std::shared_ptr<log> log_;
    };
    // six connections; the limit is `first`, and `then` when something was sent
    auto const send = [](std::size_t part, std::uint64_t first, std::uint64_t then) {
        std::string const text = text_of(6 * part);
        scene s;
        auto const log = std::make_shared<watched::log>();
        log->last.resize(6);
        rate_limiter limit(first);
        upload_request<> request("examplebucket", "k");
        request.body_from(watched(text, part, log)).part_size(part).threshold(0).parallel(6).rate_limit(limit);
        request.progress_interval(std::chrono::milliseconds(0)).on_progress([&](progress const& p) {
            if (p.sent != 0)
                limit.set(then);
        });
        auto const began = testing::manual_clock::now();
        CHECK(s.run(s.oss.upload(request)).value().crc64 == crc64(text));
        log->took = testing::manual_clock::now() - began;
        return *log;
    };
    auto const low = send(part_bytes, 7000, 7000);
    CHECK(low.most < 4096);
    CHECK(low.longest < std::chrono::seconds(2));
    CHECK(low.took > std::chrono::seconds(80));
    CHECK(low.took < std::chrono::seconds(95));

    auto const lowered = send(10 * part_bytes, 8'000'000, 400'000);
    CHECK(lowered.most > 200'000);
    CHECK(lowered.longest < std::chrono::seconds(2));
    CHECK(lowered.took > std::chrono::seconds(8));
}

TEST_CASE("the time limit ends an upload that takes too long, and cleans up")
{
    std::string const text = text_of(20 * part_bytes);
    scene s;
    auto const stored =
        s.run(s.oss.upload(in_parts(text).rate_limit(part_bytes).time_limit(std::chrono::milliseconds(4000))));
    REQUIRE_FALSE(stored);
    CHECK(stored.error() == errc::operation_timeout);
    CHECK(s.service.open_uploads() == 0);
}

TEST_CASE("the time limit of a put counts while it waits for the rate")
{
    rate_limiter const limit(8);
    scene s;
    int ended = 0;
    auto const began = testing::manual_clock::now();
    auto last = began;
    auto const on_end = [&](std::exception_ptr, result<stored_object<>> stored) {
        CHECK(stored.error() == errc::operation_timeout);
        ++ended;
        last = testing::manual_clock::now();
    };
    for (int i = 0; i != 60; ++i)
        asio::co_spawn(s.io,
                       s.oss.upload(upload_request<>("examplebucket", "k" + std::to_string(i))
                                        .body(std::string(100, 'x'))
                                        .rate_limit(limit)
                                        .time_limit(std::chrono::seconds(1))),
                       on_end);
    testing::run_in_virtual_time(s.io);
    CHECK(ended == 60);
    CHECK(last - began < std::chrono::milliseconds(1700));
}

TEST_CASE("an upload's own time limit goes before the client's, also when it is one put")
{
    timeouts limits;
    limits.operation = std::chrono::seconds(5);
    scene s({}, tests::emulated_service::client_config(1).limits(limits));
    s.service.before = [](testing::received_request const& r) -> std::optional<testing::scripted_reply> {
        if (r.head.method != http::method::put)
            return std::nullopt;
        return testing::scripted_reply::silence();
    };
    auto const began = testing::manual_clock::now();
    CHECK_FALSE(s.run(s.oss.upload(upload_request<>("examplebucket", "k").body("x").time_limit(std::chrono::seconds(30)))));
    auto const took = testing::manual_clock::now() - began;
    CHECK(took >= std::chrono::seconds(30));
    CHECK(took < std::chrono::seconds(31));
}

TEST_CASE("the time limit of a stream that is put counts from its beginning")
{
    class slow {
    public:
        awaitable<result<std::size_t>> read_some(std::span<std::byte> out)
        {
            asio::any_io_executor const ex = co_await asio::this_coro::executor;
            using timer = asio::basic_waitable_timer<testing::manual_clock, asio::wait_traits<testing::manual_clock>,
                                                     asio::any_io_executor>;
            timer wait(ex, std::chrono::seconds(3));
            co_await wait.async_wait(awaited);
            std::size_t const n = ended_ ? 0 : 1;
            if (n != 0)
                out[0] = std::byte{'x'};
            ended_ = true;
            co_return n;
        }

    private:
        bool ended_ = false;
    };
    scene s;
    s.service.before = [](testing::received_request const& r) -> std::optional<testing::scripted_reply> {
        if (r.head.method != http::method::put)
            return std::nullopt;
        return testing::scripted_reply::silence();
    };
    auto const began = testing::manual_clock::now();
    auto const stored = s.run(s.oss.upload_stream(
        upload_stream_request<>("examplebucket", "k").source(slow()).time_limit(std::chrono::seconds(8))));
    REQUIRE_FALSE(stored);
    auto const took = testing::manual_clock::now() - began;
    CHECK(took >= std::chrono::seconds(8));
    CHECK(took < std::chrono::seconds(9));
}

TEST_CASE("the time limit ends a stream that says nothing, before its first part and after it")
{
    class silent {
    public:
        explicit silent(std::size_t first) : left_(first) {}
        awaitable<result<std::size_t>> read_some(std::span<std::byte> out)
        {
            std::size_t const n = std::min(out.size(), left_);
            left_ -= n;
            if (n != 0)
                co_return n;
            event never;
            bool const woken = co_await never.wait(0);
            CHECK_FALSE(woken);
            co_return failure(errc::cancelled);
        }

    private:
        std::size_t left_;
    };
    for (std::size_t first : {std::size_t{0}, part_bytes / 2, part_bytes + 5}) {
        scene s;
        auto const began = testing::manual_clock::now();
        auto const stored = s.run(s.oss.upload_stream(upload_stream_request<>("examplebucket", "k")
                                                          .source(silent(first))
                                                          .part_size(part_bytes)
                                                          .threshold(0)
                                                          .time_limit(std::chrono::milliseconds(4000))));
        REQUIRE_FALSE(stored);
        CHECK(stored.error() == errc::operation_timeout);
        CHECK(testing::manual_clock::now() - began < std::chrono::seconds(6));
        CHECK(s.service.open_uploads() == 0);
    }
}

TEST_CASE("a stream of which a part was given up is no object")
{
    // credentials that are withdrawn for one request only: nobody cancelled the upload
    std::string const text = text_of(3 * part_bytes + 1);
    for (int withdrawn : {2, 3, 4}) {
        int asked = 0;
        auto const give = [](bool now) -> awaitable<result<credentials>> {
            if (!now)
                co_return failure(errc::cancelled);
            co_return credentials("test-id", secret("test-secret"));
        };
        std::function<awaitable<result<credentials>>()> const provider = [&] { return give(++asked != withdrawn); };
        scene s(testing::fault(), emulated_service::client_config().credentials(provider));
        auto const stored = s.run(s.oss.upload_stream(streamed(text)));
        REQUIRE_FALSE(stored);
        CHECK(s.service.object("k") == nullptr);
        CHECK(s.service.open_uploads() == 0);
    }
}

TEST_CASE("a part that is given up although nobody cancelled stops the others at once")
{
    std::string const text = text_of(30 * part_bytes);
    int asked = 0;
    auto const give = [](bool now) -> awaitable<result<credentials>> {
        if (!now)
            co_return failure(errc::cancelled);
        co_return credentials("test-id", secret("test-secret"));
    };
    std::function<awaitable<result<credentials>>()> const provider = [&] { return give(++asked != 3); };
    scene s(testing::fault(), emulated_service::client_config().credentials(provider));
    auto const stored = s.run(s.oss.upload(in_parts(text).parallel(2)));
    REQUIRE_FALSE(stored);
    CHECK(stored.error() == errc::cancelled);
    CHECK(s.service.received().size() < 5);
    CHECK(s.service.open_uploads() == 0);
}

TEST_CASE("an upload stays within the client's memory")
{
    std::string const text = text_of(30 * part_bytes);
    scene s(testing::fault(), emulated_service::client_config().upload_memory(3 * part_bytes));
    auto const stored = s.run(s.oss.upload_stream(streamed(text).parallel(8)));
    REQUIRE(stored);
    CHECK(s.service.content("k") == text);
    CHECK(s.net.connections() <= 3);  // a part that is sent has its memory
}

TEST_CASE("a slow stream whose parts grow is not held up by memory for smaller ones")
{
    constexpr unsigned parts = 5'010;  // the 5,001st is twice as large
    scene s(testing::fault(), emulated_service::client_config().upload_memory(2 * min_part_bytes));
    class slow_zeros {
    public:
        awaitable<result<std::size_t>> read_some(std::span<std::byte> out)
        {
            if (read_ > 4'990 * min_part_bytes) {  // all that was read is sent before more comes
                asio::any_io_executor const ex = co_await asio::this_coro::executor;
                for (int i = 0; i != 300; ++i)
                    co_await asio::post(ex, asio::use_awaitable_t<asio::any_io_executor>{});
            }
            std::uint64_t const left = (5'000 + 2 * (parts - 5'000)) * min_part_bytes - read_;
            auto const n = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), left));
            read_ += n;
            co_return n;
        }

    private:
        std::uint64_t read_ = 0;
    };
    s.service.before = [](testing::received_request const& r) -> std::optional<testing::scripted_reply> {
        http::fields h;
        if (r.head.method == http::method::put)
            h.set("ETag", "\"E\"");
        else if (r.head.target.find("uploadId") != std::string::npos)
            h.set("ETag", "\"X-5010\"");
        else
            return std::nullopt;
        return testing::scripted_reply(testing::http_reply(200, {}, h));
    };
    auto const stored = s.run(s.oss.upload_stream(upload_stream_request<>("examplebucket", "k")
                                                      .source(slow_zeros())
                                                      .part_size(min_part_bytes)
                                                      .parallel(3)
                                                      .check_crc64(false)));
    REQUIRE(stored);
    CHECK(stored->parts == parts);
}

TEST_CASE("a part larger than the client's memory goes alone")
{
    std::string const text = text_of(3 * part_bytes);
    scene s(testing::fault(), emulated_service::client_config().upload_memory(1000));
    auto const stored = s.run(s.oss.upload_stream(streamed(text).parallel(8)));
    REQUIRE(stored);
    CHECK(s.service.content("k") == text);
    CHECK(s.net.connections() == 1);
}

TEST_CASE("what cannot be sent is refused before anything is")
{
    std::string const text = text_of(3 * part_bytes);
    scene s;
    CHECK(s.run(s.oss.upload(upload_request<>("Bad_Bucket", "k").body(text))).error() == errc::invalid_argument);
    for (std::uint64_t threshold : {std::uint64_t{0}, std::uint64_t{1} << 30})
        CHECK(s.run(s.oss.upload(in_parts(text).part_size(5).threshold(threshold))).error() == errc::invalid_argument);
    CHECK(s.run(s.oss.upload(in_parts(text).parallel(0))).error() == errc::invalid_argument);
    CHECK(s.run(s.oss.upload(in_parts(text).parallel(2, 3))).error() == errc::invalid_argument);
    CHECK(s.run(s.oss.upload(in_parts(text).expect_bytes(7))).error() == errc::source_changed);
    CHECK(s.run(s.oss.upload_file(upload_file_request<>("examplebucket", "k", "/nonexistent"))).error() ==
          errc::source_failed);
    for (std::uint64_t bits : {min_traffic_limit - 1, max_traffic_limit + 1}) {
        auto const limited = s.run(s.oss.upload(in_parts(text).traffic_limit(bits)));
        CHECK(limited.error() == errc::invalid_argument);
        CHECK(limited.error().message().find(std::to_string(bits)) != std::string::npos);
        CHECK(s.run(s.oss.upload_stream(streamed(text).traffic_limit(bits))).error() == errc::invalid_argument);
    }
    CHECK(s.net.requests().empty());
    auto const bad_header = s.run(s.oss.upload(in_parts(text).cache_control("a\r\nb")));
    CHECK(bad_header.error() == errc::invalid_argument);
    CHECK(s.service.open_uploads() == 0);
}
