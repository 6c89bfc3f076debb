// Uploads that go on where an earlier one stopped.
#include <ossify/callback/callback.hpp>
#include <ossify/client.hpp>
#include <ossify/codec/crc64.hpp>

#include "multipart_scene.hpp"
#include "printers.hpp"

#include <asio/post.hpp>
#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

using namespace ossify;
using tests::checkpoint_memory;
using tests::in_parts;
using tests::part_bytes;
using tests::scene;
using tests::text_of;
using tests::text_source;

namespace {

// Uploads until part `number` is refused; what was sent stays, with a checkpoint.
void upload_until(scene& s, upload_request<> const& request, unsigned number)
{
    auto rule = s.service.faults().on(emulation::operation::upload_part).part(number).status(403, "AccessDenied");
    auto const stored = s.run(s.oss.upload(request));
    REQUIRE_FALSE(stored);
    REQUIRE(stored.error() == errc::access_denied);
    s.service.faults().clear();
}

std::vector<std::string> notices_of(result<stored_object<>> const& stored) { return stored->figures.notices; }

}  // namespace

TEST_CASE("an upload goes on from its checkpoint and sends no part again")
{
    std::string const text = text_of(8 * part_bytes + 3);
    callback const notify("http://app.example.com/oss", "object=${object}");
    scene s;
    checkpoint_memory store;
    upload_until(s, in_parts(text).parallel(1).checkpoint(store), 6);
    REQUIRE(store.kept->text.has_value());
    auto const stored = s.run(s.oss.upload(in_parts(text).checkpoint(store).callback(notify)));
    REQUIRE(stored);
    CHECK(s.service.content("k") == text);
    CHECK(stored->crc64 == crc64(text));
    CHECK(stored->parts == 9);
    CHECK(stored->figures.resumed_parts == 5);
    CHECK(stored->figures.resumed_bytes == 5 * part_bytes);
    CHECK(stored->figures.notices.empty());
    CHECK(s.service.callbacks == 1);
    for (auto const& [number, times] : s.service.received())
        CHECK(times == 1);
    CHECK_FALSE(store.kept->text.has_value());
}

TEST_CASE("progress of a resumed upload begins with what is there")
{
    std::string const text = text_of(6 * part_bytes);
    scene s;
    checkpoint_memory store;
    upload_until(s, in_parts(text).parallel(1).checkpoint(store), 4);
    std::optional<progress> first;
    auto const stored = s.run(s.oss.upload(in_parts(text).checkpoint(store).on_progress([&](progress const& p) {
        if (!first)
            first = p;
    })));
    REQUIRE(stored);
    REQUIRE(first);
    CHECK(first->sent == 3 * part_bytes);
    CHECK(first->resumed == 3 * part_bytes);
    CHECK(first->parts == 3);
}

TEST_CASE("a checkpoint holds no secret and nothing of the callback")
{
    std::string const text = text_of(4 * part_bytes);
    callback const notify("http://app.example.com/oss?token=hunter2", "object=${object}");
    scene s;
    checkpoint_memory store;
    s.service.faults().on(emulation::operation::upload_part).part(2).status(403, "AccessDenied");
    CHECK_FALSE(s.run(s.oss.upload(in_parts(text).metadata("m", "private-note").checkpoint(store).callback(notify))));
    REQUIRE(store.kept->text);
    for (char const* word : {"test-secret", "hunter2", "private-note", "Authorization"})
        CHECK(store.kept->text->find(word) == std::string::npos);
}

TEST_CASE("a damaged checkpoint is a notice and a fresh start")
{
    std::string const text = text_of(4 * part_bytes);
    scene s;
    checkpoint_memory store;
    upload_until(s, in_parts(text).parallel(1).checkpoint(store), 3);
    auto const whole = *store.kept->text;
    for (std::string const& damaged : {std::string("{"), std::string(), whole.substr(0, whole.size() / 2),
                                       std::string("{\"ossify_checkpoint\":99}")}) {
        store.kept->text = damaged;
        std::vector<std::string> told;
        auto const stored = s.run(s.oss.upload(
            in_parts(text).checkpoint(store).on_notice([&](std::string_view n) { told.emplace_back(n); })));
        REQUIRE(stored);
        CHECK(s.service.content("k") == text);
        CHECK(stored->figures.resumed_parts == 0);
        REQUIRE(told.size() == 1);
        CHECK(told.front().find("afresh") != std::string::npos);
        CHECK(notices_of(stored) == told);
    }
}

TEST_CASE("what is no checkpoint is left as it is, and the upload fails before anything is sent")
{
    std::string const text = text_of(4 * part_bytes);
    scene s;
    checkpoint_memory store;
    store.kept->text = "a photo that was named by mistake";
    auto const stored = s.run(s.oss.upload(in_parts(text).checkpoint(store)));
    REQUIRE_FALSE(stored);
    CHECK(stored.error() == errc::checkpoint_failed);
    CHECK(store.kept->text == "a photo that was named by mistake");
    CHECK(s.service.object("k") == nullptr);
    CHECK(s.service.open_uploads() == 0);
    auto const put = s.run(s.oss.upload(in_parts(text).threshold(text.size()).checkpoint(store)));
    REQUIRE(put);
    CHECK(store.kept->text == "a photo that was named by mistake");
    REQUIRE(notices_of(put).size() == 1);
    CHECK(notices_of(put).front().find("no checkpoint") != std::string::npos);
}

TEST_CASE("an object that is stored by put after all takes the earlier parts and their checkpoint away, and says so")
{
    std::string const text = text_of(4 * part_bytes);
    std::string const shorter = text.substr(0, 100);
    scene s;
    checkpoint_memory store;
    upload_until(s, in_parts(text).parallel(1).checkpoint(store), 3);
    REQUIRE(s.service.open_uploads() == 1);
    auto const stored = s.run(s.oss.upload(in_parts(shorter).threshold(part_bytes).checkpoint(store)));
    REQUIRE(stored);
    CHECK(stored->parts == 0);
    CHECK(s.service.content("k") == shorter);
    CHECK(s.service.open_uploads() == 0);
    CHECK_FALSE(store.kept->text);
    REQUIRE(notices_of(stored).size() == 1);
    CHECK(notices_of(stored).front().find("without the parts") != std::string::npos);
}

TEST_CASE("another source, part size, object or headers make a fresh start, and say so")
{
    std::string const text = text_of(6 * part_bytes);
    // Returns the notice.
    auto const afresh = [&](upload_request<> request, std::size_t uploads_left) {
        scene s;
        checkpoint_memory store;
        upload_until(s, in_parts(text).parallel(1).checkpoint(store), 4);
        auto const stored = s.run(s.oss.upload(request.checkpoint(store)));
        REQUIRE(stored);
        CHECK(stored->figures.resumed_parts == 0);
        REQUIRE(stored->figures.notices.size() == 1);
        CHECK(s.service.open_uploads() == uploads_left);
        return stored->figures.notices.front();
    };
    auto const says = [](std::string const& notice, char const* word) { return notice.find(word) != std::string::npos; };
    CHECK(says(afresh(in_parts(text).body_from(text_source(text, "text 2")), 0), "source"));
    CHECK(says(afresh(in_parts(text).part_size(2 * part_bytes), 0), "parts of"));
    CHECK(says(afresh(in_parts(text).metadata("new", "header"), 0), "headers"));
    auto const other = upload_request<>("examplebucket", "other").body_from(text_source(text)).threshold(0);
    CHECK(says(afresh(other, 1), "oss://examplebucket/k"));
}

TEST_CASE("an upload that has expired at the service makes a fresh start, and says so")
{
    std::string const text = text_of(5 * part_bytes);
    scene s;
    checkpoint_memory store;
    upload_until(s, in_parts(text).parallel(1).checkpoint(store), 3);
    auto const id = s.service.state().uploads.entries().back().id;
    auto const ended = [](scene& in, std::string upload_id) -> awaitable<bool> {
        auto const done = co_await in.oss.abort_multipart_upload(multipart_upload("examplebucket", "k", upload_id));
        co_return done.has_value();
    };
    REQUIRE(tests::run(s.io, ended(s, id)));
    auto const stored = s.run(s.oss.upload(in_parts(text).checkpoint(store)));
    REQUIRE(stored);
    CHECK(s.service.content("k") == text);
    CHECK(stored->figures.resumed_parts == 0);
    REQUIRE(stored->figures.notices.size() == 1);
    CHECK(stored->figures.notices.front().find("expired") != std::string::npos);
}

TEST_CASE("a part that the service has not as the checkpoint says is sent again")
{
    std::string const text = text_of(5 * part_bytes);
    scene s;
    checkpoint_memory store;
    upload_until(s, in_parts(text).parallel(1).checkpoint(store), 5);
    auto const id = s.service.state().uploads.entries().back().id;
    auto const replace = [](scene& in, std::string upload_id) -> awaitable<bool> {
        std::string const other(part_bytes, 'x');
        multipart_upload const upload("examplebucket", "k", upload_id);
        auto const done = co_await in.oss.upload_part(upload_part_request(upload, 2).body(other));
        co_return done.has_value();
    };
    REQUIRE(tests::run(s.io, replace(s, id)));
    auto const stored = s.run(s.oss.upload(in_parts(text).checkpoint(store)));
    REQUIRE(stored);
    CHECK(s.service.content("k") == text);
    CHECK(stored->figures.resumed_parts == 3);
    CHECK(stored->figures.notices.size() == 1);
}

TEST_CASE("a run that ended between completion and its answer is found out to be complete")
{
    std::string const text = text_of(4 * part_bytes);
    callback const notify("http://app.example.com/oss", "object=${object}");
    scene s;
    checkpoint_memory store;
    std::optional<std::string> at_completion;
    s.service.after = [&](testing::received_request const& r) -> std::optional<testing::scripted_reply> {
        if (r.head.method == http::method::post && !r.body.empty())
            at_completion = store.kept->text;
        return std::nullopt;
    };
    REQUIRE(s.run(s.oss.upload(in_parts(text).checkpoint(store).callback(notify))));
    REQUIRE(at_completion);
    store.kept->text = at_completion;  // as if the process had been killed then
    auto const stored = s.run(s.oss.upload(in_parts(text).checkpoint(store).callback(notify)));
    REQUIRE(stored);
    CHECK(stored->callback.unknown());
    CHECK(stored->crc64 == crc64(text));
    CHECK(stored->parts == 4);
    CHECK(s.service.callbacks == 1);
    CHECK_FALSE(store.kept->text);
    for (auto const& [number, times] : s.service.received())
        CHECK(times == 1);
}

TEST_CASE("the completion of a run that was killed may come before that of the run that goes on")
{
    std::string const text = text_of(4 * part_bytes);
    callback const notify("http://app.example.com/oss", "object=${object}");
    scene s;
    checkpoint_memory store;
    std::optional<testing::received_request> first;
    bool at_work = true;
    s.service.before = [&](testing::received_request const& r) -> std::optional<testing::scripted_reply> {
        if (r.head.method != http::method::post || r.body.empty() || !at_work)
            return std::nullopt;
        if (!first) {
            first = r;
            return testing::scripted_reply::silence();
        }
        at_work = false;
        (void)s.service.answer(*first);
        return std::nullopt;
    };
    auto const killed = s.run(s.oss.upload(in_parts(text).checkpoint(store).callback(notify)));
    REQUIRE(killed.error() == errc::outcome_unknown);
    REQUIRE(store.kept->text);
    auto const stored = s.run(s.oss.upload(in_parts(text).checkpoint(store).callback(notify)));
    REQUIRE(stored);
    CHECK(stored->callback.unknown());
    CHECK(stored->crc64 == crc64(text));
    CHECK(s.service.callbacks == 1);
    CHECK_FALSE(store.kept->text);
}

TEST_CASE("a resumed run that is cancelled does not lose an object that an earlier completion stored meanwhile")
{
    std::string const text = text_of(4 * part_bytes);
    bool cancelled = true;
    int found_out = 0;
    for (std::size_t handlers = 0; cancelled; ++handlers) {
        CAPTURE(handlers);
        scene s;
        checkpoint_memory store;
        std::optional<testing::received_request> first;
        s.service.before = [&](testing::received_request const& r) -> std::optional<testing::scripted_reply> {
            if (r.head.method == http::method::post && !r.body.empty() && !first) {
                first = r;
                return testing::scripted_reply::silence();
            }
            return std::nullopt;
        };
        REQUIRE(s.run(s.oss.upload(in_parts(text).checkpoint(store))).error() == errc::outcome_unknown);
        s.service.after = [&](testing::received_request const& r) -> std::optional<testing::scripted_reply> {
            if (r.head.method == http::method::get && s.service.open_uploads() != 0)
                asio::post(s.io, [&] { (void)s.service.answer(*first); });
            return std::nullopt;
        };
        auto const run = tests::run_and_cancel(s.io, s.oss.upload(in_parts(text).checkpoint(store)), handlers);
        cancelled = run.cancelled;
        bool const failed = !run.value || !*run.value;
        bool const lost = failed && s.service.object("k") != nullptr && !store.kept->text;
        found_out += cancelled && !failed ? 1 : 0;
        CHECK_FALSE((lost && run.value && run.value->error() == errc::cancelled));
    }
    CHECK(found_out > 0);
}

TEST_CASE("a checkpoint that cannot be written fails the upload before any part is sent")
{
    std::string const text = text_of(4 * part_bytes);
    scene s;
    checkpoint_memory store;
    store.kept->saves_allowed = 0;
    auto const stored = s.run(s.oss.upload(in_parts(text).checkpoint(store)));
    REQUIRE_FALSE(stored);
    CHECK(stored.error() == errc::checkpoint_failed);
    CHECK(s.service.received().empty());
    CHECK(s.service.open_uploads() == 0);
}

TEST_CASE("a checkpoint that cannot be written later is a notice")
{
    std::string const text = text_of(4 * part_bytes);
    scene s;
    checkpoint_memory store;
    store.kept->saves_allowed = 1;
    auto const stored = s.run(s.oss.upload(in_parts(text).checkpoint(store)));
    REQUIRE(stored);
    CHECK_FALSE(stored->figures.notices.empty());
}

TEST_CASE("a source that cannot tell itself from others has no checkpoint, bytes in memory can")
{
    class nameless : public text_source {
    public:
        using text_source::text_source;
        int identity() const { return 0; }
    };
    std::string const text = text_of(4 * part_bytes);
    scene s;
    checkpoint_memory store;
    auto const stored = s.run(s.oss.upload(in_parts(text).body_from(nameless(text)).checkpoint(store)));
    REQUIRE_FALSE(stored);
    CHECK(stored.error() == errc::invalid_argument);
    CHECK(s.net.requests().empty());

    upload_until(s, in_parts(text).body(text).parallel(1).checkpoint(store), 3);
    auto const again = s.run(s.oss.upload(in_parts(text).body(text).checkpoint(store)));
    REQUIRE(again);
    CHECK(again->figures.resumed_parts == 2);
    CHECK(s.service.content("k") == text);
}

TEST_CASE("with a checkpoint a network that fails for good leaves something to go on from")
{
    std::string const text = text_of(6 * part_bytes);
    scene s;
    checkpoint_memory store;
    s.service.faults().on(emulation::operation::upload_part).part(5).lost_answer();
    auto const failed = s.run(s.oss.upload(in_parts(text).parallel(1).checkpoint(store)));
    REQUIRE_FALSE(failed);
    CHECK_FALSE(failed.error().info().upload_id.empty());
    CHECK(failed.error().message().find("checkpoint") != std::string::npos);
    s.service.faults().clear();
    auto const stored = s.run(s.oss.upload(in_parts(text).checkpoint(store)));
    REQUIRE(stored);
    CHECK(stored->figures.resumed_parts == 4);
    CHECK(s.service.content("k") == text);
}
