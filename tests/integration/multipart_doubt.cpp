// Completions of uploads whose outcome the service does not tell: what the object and the upload tell instead.
#include <ossify/callback/callback.hpp>
#include <ossify/client.hpp>
#include <ossify/codec/crc64.hpp>
#include <ossify/multipart/checkpoint.hpp>

#include "multipart_scene.hpp"
#include "printers.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>

using namespace ossify;
using tests::checkpoint_memory;
using tests::emulated_service;
using tests::in_parts;
using tests::part_bytes;
using tests::scene;
using tests::text_of;

namespace {

bool completes(testing::received_request const& r) { return r.head.method == http::method::post && !r.body.empty(); }

}  // namespace

TEST_CASE("a lost answer to the completion is settled by asking for the object")
{
    std::string const text = text_of(3 * part_bytes);
    callback const notify("http://app.example.com/oss", "object=${object}");
    scene s;
    s.service.faults().on(emulation::operation::complete_multipart_upload).lost_answer().once();
    auto const stored = s.run(s.oss.upload(in_parts(text).callback(notify)));
    REQUIRE(stored);
    CHECK(stored->callback.unknown());
    CHECK(stored->crc64 == crc64(text));
    CHECK(stored->parts == 3);
    CHECK(s.service.callbacks == 1);
    CHECK(s.service.content("k") == text);
}

TEST_CASE("a completion that never reached the service is sent again")
{
    std::string const text = text_of(3 * part_bytes);
    callback const notify("http://app.example.com/oss", "object=${object}");
    scene s;
    s.service.faults().on(emulation::operation::complete_multipart_upload).reset_after(0).once();
    auto const stored = s.run(s.oss.upload(in_parts(text).callback(notify)));
    REQUIRE(stored);
    CHECK(stored->callback.delivered());
    CHECK(s.service.callbacks == 1);
    CHECK(s.service.content("k") == text);
}

TEST_CASE("an older object that looks the same is not taken for a completed upload")
{
    std::string const text = text_of(3 * part_bytes);
    callback const notify("http://app.example.com/oss", "object=${object}");
    scene s;
    REQUIRE(s.run(s.oss.upload(in_parts(text))));
    s.service.faults().on(emulation::operation::complete_multipart_upload).reset_after(0).once();
    auto const stored = s.run(s.oss.upload(in_parts(text).callback(notify)));
    REQUIRE(stored);
    CHECK(stored->callback.delivered());
    CHECK(s.service.callbacks == 1);
    CHECK(s.service.open_uploads() == 0);
}

TEST_CASE("an internal error after the completion took place is no failure, however the next request is refused")
{
    std::string const text = text_of(3 * part_bytes);
    for (unsigned const next : {0, 403, 503}) {  // 0: answered as it should be
        CAPTURE(next);
        scene s;
        int completions = 0;
        auto const completes = [](testing::received_request const& r) {
            return r.head.method == http::method::post && !r.body.empty();
        };
        s.service.before = [&](testing::received_request const& r) -> std::optional<testing::scripted_reply> {
            if (next == 0 || !completes(r) || ++completions == 1)
                return std::nullopt;
            return testing::scripted_reply(testing::http_reply(next));
        };
        s.service.after = [&](testing::received_request const& r) -> std::optional<testing::scripted_reply> {
            if (!completes(r))
                return std::nullopt;
            s.service.after = nullptr;
            return testing::scripted_reply(testing::http_reply(500, "<Error><Code>InternalError</Code></Error>"));
        };
        auto const stored = s.run(s.oss.upload(in_parts(text)));
        REQUIRE(stored);
        CHECK(stored->crc64 == crc64(text));
        CHECK(s.service.content("k") == text);
    }
}

TEST_CASE("a damaged checksum in the completion's answer is looked at twice")
{
    std::string const text = text_of(3 * part_bytes);
    scene s;
    s.service.faults().on(emulation::operation::complete_multipart_upload).wrong_crc().once();
    auto const stored = s.run(s.oss.upload(in_parts(text)));
    REQUIRE(stored);
    CHECK(stored->crc64 == crc64(text));
}

TEST_CASE("only a completion that nobody answered leaves in doubt whether the object is stored")
{
    std::string const text = text_of(3 * part_bytes);
    {
        scene s;
        s.service.faults().on(emulation::operation::complete_multipart_upload).status(403, "AccessDenied");
        auto const refused = s.run(s.oss.upload(in_parts(text).leave_parts_on_failure()));
        REQUIRE_FALSE(refused);
        CHECK(refused.error() == errc::access_denied);
        CHECK(refused.error().message().ends_with("; its parts are left at the service"));
        CHECK(refused.error().message().find("may be stored") == std::string::npos);
        CHECK(refused.error().info().upload_id == s.service.state().uploads.entries().front().id);
    }
    scene s;
    s.service.faults().on(emulation::operation::complete_multipart_upload).wrong_crc();
    s.service.faults().on(emulation::operation::head_object).wrong_crc();
    auto const other = s.run(s.oss.upload(in_parts(text).leave_parts_on_failure()));
    REQUIRE_FALSE(other);
    CHECK(other.error() == errc::crc_mismatch);
    CHECK(other.error().message().ends_with("an object is there, with other bytes than those sent"));
    CHECK(other.error().info().upload_id.empty());
    CHECK(s.service.open_uploads() == 0);
}

TEST_CASE("a completion that is never answered is settled when its time is over")
{
    std::string const text = text_of(3 * part_bytes);
    for (auto const limit : {std::chrono::minutes(0), std::chrono::minutes(3)}) {
        scene s;
        s.service.after = [](testing::received_request const& r) -> std::optional<testing::scripted_reply> {
            if (r.head.method == http::method::post && !r.body.empty())
                return testing::scripted_reply::silence();
            return std::nullopt;
        };
        auto const began = testing::manual_clock::now();
        auto const stored = s.run(s.oss.upload(in_parts(text).time_limit(limit)));
        REQUIRE(stored);
        CHECK(stored->crc64 == crc64(text));
        auto const took = testing::manual_clock::now() - began;
        auto const allowed = limit.count() == 0 ? std::chrono::minutes(15) : limit;
        CHECK(took >= allowed);
        CHECK(took < allowed + std::chrono::seconds(10));
    }
}

TEST_CASE("a completion that was not acted upon is not sent again when its time is over")
{
    std::string const text = text_of(3 * part_bytes);
    scene s;
    int completions = 0;
    s.service.before = [&](testing::received_request const& r) -> std::optional<testing::scripted_reply> {
        if (r.head.method != http::method::post || r.body.empty())
            return std::nullopt;
        ++completions;
        return testing::scripted_reply::silence();
    };
    auto const began = testing::manual_clock::now();
    auto const stored = s.run(s.oss.upload(in_parts(text).time_limit(std::chrono::minutes(3))));
    REQUIRE_FALSE(stored);
    CHECK(stored.error() == errc::operation_timeout);
    CHECK(completions == 1);
    CHECK(testing::manual_clock::now() - began < std::chrono::seconds(181));
    CHECK(s.service.open_uploads() == 0);
}

TEST_CASE("a completion that was not answered in time may come yet, where the upload is left")
{
    std::string const text = text_of(3 * part_bytes);
    scene s;
    s.service.before = [](testing::received_request const& r) -> std::optional<testing::scripted_reply> {
        if (r.head.method != http::method::post || r.body.empty())
            return std::nullopt;
        return testing::scripted_reply::silence();
    };
    auto const stored =
        s.run(s.oss.upload(in_parts(text).time_limit(std::chrono::minutes(3)).leave_parts_on_failure()));
    REQUIRE_FALSE(stored);
    CHECK(stored.error() == errc::outcome_unknown);
    CHECK(stored.error().message().find("the operation took too long") != std::string::npos);
    CHECK(stored.error().message().find("the object may be stored") != std::string::npos);
    REQUIRE(s.service.open_uploads() == 1);
    CHECK(stored.error().info().upload_id == s.service.state().uploads.entries().front().id);
}

TEST_CASE("a completion that comes as the upload is aborted, and cannot be looked at, is in doubt")
{
    std::string const text = text_of(3 * part_bytes);
    scene s;
    std::optional<testing::received_request> late;
    s.service.before = [&](testing::received_request const& r) -> std::optional<testing::scripted_reply> {
        if (r.head.method == http::method::post && !r.body.empty() && !late) {
            late = r;
            return testing::scripted_reply::silence();
        }
        if (r.head.method == http::method::head)
            return testing::scripted_reply(testing::http_reply(403));  // to this key
        if (r.head.method == http::method::delete_)
            (void)s.service.answer(*late);
        return std::nullopt;
    };
    auto const stored = s.run(s.oss.upload(in_parts(text).time_limit(std::chrono::minutes(3))));
    REQUIRE_FALSE(stored);
    CHECK(s.service.content("k") == text);
    CHECK(stored.error() == errc::outcome_unknown);
}

TEST_CASE("a completion whose connections are lost while the service is at work may come yet, where the upload is left")
{
    for (bool const refused_later : {false, true}) {
        CAPTURE(refused_later);
        std::string const text = text_of(3 * part_bytes);
        scene s;
        int completions = 0;
        s.service.before = [&](testing::received_request const& r) -> std::optional<testing::scripted_reply> {
            if (r.head.method != http::method::post || r.body.empty())
                return std::nullopt;
            if (++completions > 1 && refused_later)
                return testing::scripted_reply(testing::http_reply(403));
            return testing::scripted_reply::lost();
        };
        auto const stored = s.run(s.oss.upload(in_parts(text).leave_parts_on_failure()));
        REQUIRE_FALSE(stored);
        CHECK(completions > 1);
        CHECK(stored.error() == errc::outcome_unknown);
        CHECK_FALSE(stored.error().info().upload_id.empty());
    }
}

TEST_CASE("a completion's checksum that cannot be read is no checksum that fits: the object is asked for")
{
    for (bool const damaged : {false, true}) {
        CAPTURE(damaged);
        std::string const text = text_of(3 * part_bytes);
        scene s;
        int heads = 0;
        s.service.before = [&](testing::received_request const& r) -> std::optional<testing::scripted_reply> {
            heads += r.head.method == http::method::head ? 1 : 0;
            return std::nullopt;
        };
        s.service.after = [&](testing::received_request const& r) -> std::optional<testing::scripted_reply> {
            if (!damaged || r.head.method != http::method::post || r.body.empty())
                return std::nullopt;
            http::fields h;
            h.set("ETag", '"' + s.service.object("k")->etag + '"');
            h.set("x-oss-hash-crc64ecma", "12345x");
            return testing::scripted_reply(testing::http_reply(200, "", h));
        };
        auto const stored = s.run(s.oss.upload(in_parts(text)));
        REQUIRE(stored);
        CHECK(stored->crc64 == crc64(text));
        CHECK(heads == (damaged ? 1 : 0));
    }
}

TEST_CASE("completions are repeated within the client's budget, and no sooner than the service asks")
{
    std::string const text = text_of(3 * part_bytes);
    for (double const tokens : {0.0, 100.0}) {
        CAPTURE(tokens);
        scene s(testing::fault(), emulated_service::client_config().retry_tokens(tokens));
        int completions = 0;
        auto last = testing::manual_clock::now();
        auto waited = std::chrono::nanoseconds(0);
        s.service.before = [&](testing::received_request const& r) -> std::optional<testing::scripted_reply> {
            if (!completes(r))
                return std::nullopt;
            if (++completions > 1)
                waited = testing::manual_clock::now() - last;
            last = testing::manual_clock::now();
            http::fields h;
            h.set("x-oss-qos-delay-time", "7000");
            return testing::scripted_reply(testing::http_reply(500, {}, h));
        };
        auto const stored = s.run(s.oss.upload(in_parts(text)));
        CHECK(stored.error() == errc::service_internal);
        CHECK(completions == (tokens == 0 ? 1 : 3));
        CHECK((tokens == 0 || waited >= std::chrono::seconds(7)));
        CHECK(s.service.open_uploads() == 0);
    }
}

TEST_CASE("a completion that was not even sent leaves nothing in doubt")
{
    std::string const text = text_of(2 * part_bytes);
    int asked = 0;
    auto const give = [](bool now) -> awaitable<result<credentials>> {
        if (!now)
            co_return failure(errc::service_internal, "from who gives the credentials");
        co_return credentials("test-id", secret("test-secret"));
    };
    std::function<awaitable<result<credentials>>()> const provider = [&] { return give(++asked <= 3); };
    scene s(testing::fault(), emulated_service::client_config().credentials(provider));
    auto const stored = s.run(s.oss.upload(in_parts(text).parallel(1).leave_parts_on_failure()));
    CHECK(stored.error() == errc::service_internal);
    CHECK(stored.error().message().find("its parts are left") != std::string::npos);
    CHECK(stored.error().message().find("may be stored") == std::string::npos);
}

TEST_CASE("an upload that was completed after all, and cannot be looked at, is in doubt whatever was answered")
{
    std::string const text = text_of(3 * part_bytes);
    scene s;
    std::optional<testing::received_request> last;
    s.service.before = [&](testing::received_request const& r) -> std::optional<testing::scripted_reply> {
        if (completes(r)) {
            last = r;
            return testing::scripted_reply(testing::http_reply(504));
        }
        if (r.head.method == http::method::head)
            return testing::scripted_reply(testing::http_reply(403));
        if (r.head.method == http::method::delete_) {
            auto const before = std::exchange(s.service.before, nullptr);
            (void)s.service.answer(*last);
            s.service.before = before;
        }
        return std::nullopt;
    };
    auto const stored = s.run(s.oss.upload(in_parts(text)));
    CHECK(s.service.content("k") == text);
    CHECK(stored.error() == errc::outcome_unknown);
}

TEST_CASE("an upload that somebody else ended meanwhile is not known to have failed")
{
    std::string const text = text_of(3 * part_bytes);
    scene s;
    s.service.before = [&](testing::received_request const& r) -> std::optional<testing::scripted_reply> {
        if (completes(r))
            return testing::scripted_reply::silence();
        if (r.head.method == http::method::delete_)
            return testing::scripted_reply(testing::http_reply(404, "<Error><Code>NoSuchUpload</Code></Error>"));
        return std::nullopt;
    };
    auto const stored = s.run(s.oss.upload(in_parts(text).time_limit(std::chrono::minutes(3))));
    CHECK(stored.error() == errc::outcome_unknown);
    CHECK(stored.error().message().find("the upload has ended, but the object is not the one") != std::string::npos);
}

TEST_CASE("a checkpoint says that the object may be complete only while it may be")
{
    std::string const text = text_of(3 * part_bytes);
    for (bool const refused : {true, false}) {
        CAPTURE(refused);
        scene s;
        checkpoint_memory store;
        s.service.before = [&](testing::received_request const& r) -> std::optional<testing::scripted_reply> {
            if (!completes(r))
                return std::nullopt;
            if (!refused)
                return testing::scripted_reply::lost();
            return testing::scripted_reply(testing::http_reply(403, "<Error><Code>AccessDenied</Code></Error>"));
        };
        auto const stored = s.run(s.oss.upload(in_parts(text).checkpoint(store)));
        CHECK(stored.error() == (refused ? errc::access_denied : errc::outcome_unknown));
        REQUIRE(store.kept->text);
        auto const saved = decode_checkpoint(*store.kept->text);
        REQUIRE(saved);
        CHECK(saved->completing == !refused);
    }
}

TEST_CASE("an earlier completion that comes while a lost part is sent again leaves the object in doubt, not missing")
{
    std::string const text = text_of(3 * part_bytes);
    scene s;
    checkpoint_memory store;
    std::optional<testing::received_request> first;
    s.service.before = [&](testing::received_request const& r) -> std::optional<testing::scripted_reply> {
        if (completes(r)) {
            first = r;
            return testing::scripted_reply::silence();
        }
        return std::nullopt;
    };
    REQUIRE(s.run(s.oss.upload(in_parts(text).checkpoint(store))).error() == errc::outcome_unknown);
    bool listed = false;
    s.service.before = [&](testing::received_request const& r) -> std::optional<testing::scripted_reply> {
        if (r.head.method != http::method::put)
            return std::nullopt;
        s.service.before = nullptr;
        (void)s.service.answer(*first);
        return std::nullopt;
    };
    s.service.after = [&](testing::received_request const& r) -> std::optional<testing::scripted_reply> {
        if (r.head.method != http::method::get || std::exchange(listed, true))
            return std::nullopt;
        std::string const none = "<ListPartsResult><IsTruncated>false</IsTruncated></ListPartsResult>";
        return testing::scripted_reply(testing::http_reply(200, none));
    };
    auto const stored = s.run(s.oss.upload(in_parts(text).checkpoint(store).leave_parts_on_failure(false)));
    CHECK(s.service.content("k") == text);
    CHECK(stored.error() == errc::outcome_unknown);
}

TEST_CASE("a completion that is answered 200 with an error, or with anything else, is asked about")
{
    std::string const text = text_of(3 * part_bytes);
    for (std::string const& said : {std::string("<Error><Code>InternalError</Code></Error>"), std::string("<html/>"), std::string()}) {
        for (bool const acts : {true, false}) {
            CAPTURE(said);
            CAPTURE(acts);
            scene s;
            auto const answers = [&](testing::received_request const& r) -> std::optional<testing::scripted_reply> {
                if (!completes(r))
                    return std::nullopt;
                return testing::scripted_reply(testing::http_reply(200, said));
            };
            (acts ? s.service.after : s.service.before) = answers;
            auto const stored = s.run(s.oss.upload(in_parts(text)));
            REQUIRE(stored.has_value() == acts);
            if (stored)
                CHECK(stored->crc64 == crc64(text));
            else
                CHECK(stored.error() == (said.starts_with("<Error>") ? errc::service_internal : errc::bad_answer));
            CHECK(s.service.open_uploads() == 0);
        }
    }
}

TEST_CASE("an older object of the same content is not taken for the completion where the upload cannot be looked at")
{
    std::string const text = text_of(3 * part_bytes);
    scene s;
    REQUIRE(s.run(s.oss.upload(in_parts(text))));
    s.service.before = [&](testing::received_request const& r) -> std::optional<testing::scripted_reply> {
        if (completes(r))
            return testing::scripted_reply::lost();
        if (r.head.method == http::method::get)
            return testing::scripted_reply(testing::http_reply(403, "<Error><Code>AccessDenied</Code></Error>"));
        return std::nullopt;
    };
    s.service.after = [&](testing::received_request const& r) -> std::optional<testing::scripted_reply> {
        if (r.head.method != http::method::head)
            return std::nullopt;
        auto const& there = *s.service.object("k");
        http::fields h;
        h.set("ETag", '"' + there.etag + '"');
        h.set("Date", "Sat, 16 Dec 2023 16:20:57 GMT");
        h.set("Last-Modified", "Sat, 16 Dec 2023 15:20:57 GMT");
        h.set("x-oss-hash-crc64ecma", std::to_string(crc64(text)));
        auto answer = testing::http_reply(200, {}, h);
        answer.replace(answer.find("Content-Length: 0"), 17, "Content-Length: " + std::to_string(text.size()));
        return testing::scripted_reply(answer);
    };
    auto const stored = s.run(s.oss.upload(in_parts(text)));
    CHECK(stored.error() == errc::outcome_unknown);
    CHECK_FALSE(stored.error().info().upload_id.empty());
}

TEST_CASE("a run that cannot even look at what an earlier one was completing leaves it in doubt")
{
    std::string const text = text_of(3 * part_bytes);
    scene s;
    checkpoint_memory store;
    s.service.after = [](testing::received_request const& r) -> std::optional<testing::scripted_reply> {
        if (!completes(r) && r.head.method != http::method::head)
            return std::nullopt;
        return testing::scripted_reply(testing::http_reply(403));
    };
    s.service.faults().on(emulation::operation::list_parts).status(403, "AccessDenied");
    s.service.faults().on(emulation::operation::complete_multipart_upload).lost_answer();
    REQUIRE(s.run(s.oss.upload(in_parts(text).checkpoint(store))).error() == errc::outcome_unknown);
    auto const stored = s.run(s.oss.upload(in_parts(text).checkpoint(store)));
    CHECK(stored.error() == errc::outcome_unknown);
    CHECK(stored.error().message().find("an earlier run was completing it") != std::string::npos);
    CHECK(store.kept->text.has_value());
}

TEST_CASE("a completion that breaks off while the service is at work may come yet, however far its answer got")
{
    std::string const text = text_of(3 * part_bytes);
    for (std::string const beginning : {"", "HTTP/1.1 102 Processing\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"}) {
        CAPTURE(beginning);
        scene s;
        s.service.before = [&](testing::received_request const& r) -> std::optional<testing::scripted_reply> {
            if (!completes(r))
                return std::nullopt;
            testing::scripted_reply answer(beginning);
            answer.close = true;
            return answer;
        };
        auto const stored = s.run(s.oss.upload(in_parts(text).leave_parts_on_failure()));
        CHECK(stored.error() == errc::outcome_unknown);
    }
}
