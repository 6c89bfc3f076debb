// Uploads in parts request by request, as several machines share them, and the listings.
#include <ossify/callback/callback.hpp>
#include <ossify/client.hpp>
#include <ossify/codec/crc64.hpp>
#include <ossify/codec/describe.hpp>
#include <ossify/codec/json.hpp>

#include "multipart_scene.hpp"
#include "printers.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

using namespace ossify;
using tests::part_bytes;
using tests::scene;
using tests::text_of;

namespace {

using client_type = basic_client<testing::memory_transport>;

// What goes from one machine to another.
template<class T>
std::string sent(T const& value)
{
    return codec::to_json_text(codec::to_json(value));
}

template<class T>
T received(std::string_view text)
{
    return codec::from_json<T>(codec::parse_json(text).value()).value();
}

awaitable<std::string> begin(client_type& oss, std::string key)
{
    auto const upload = co_await oss.initiate_multipart_upload(
        initiate_multipart_upload_request("examplebucket", key).metadata("from", "machine-a"));
    co_return sent(upload.value());
}

awaitable<std::string> send_part(client_type& oss, std::string handle, unsigned number, std::string_view bytes)
{
    auto const receipt = co_await oss.upload_part(
        upload_part_request(received<multipart_upload>(handle), number).body(bytes));
    co_return sent(receipt.value());
}

awaitable<std::string> copy_part(client_type& oss, std::string handle, unsigned number, std::string from,
                                 std::uint64_t first, std::uint64_t count)
{
    auto const receipt = co_await oss.upload_part_copy(
        upload_part_copy_request(received<multipart_upload>(handle), number).from("examplebucket", from).range(first, count));
    co_return sent(receipt.value());
}

awaitable<std::vector<unsigned>> numbers_of(client_type& oss, std::string handle, unsigned page_size)
{
    list_parts from(received<multipart_upload>(handle));
    from.page_size = page_size;
    auto parts = oss.list_parts(from);
    std::vector<unsigned> out;
    for (;;) {
        bool const more = co_await parts.next();
        if (!more)
            break;
        out.push_back(parts->number);
    }
    CHECK_FALSE(parts.error().has_value());
    co_return out;
}

awaitable<std::vector<std::string>> open_keys(client_type& oss, std::string prefix, unsigned page_size)
{
    list_multipart_uploads from("examplebucket", prefix);
    from.page_size = page_size;
    auto uploads = oss.list_multipart_uploads(from);
    auto const all = co_await uploads.all();
    std::vector<std::string> out;
    for (auto const& found : all.value())
        out.push_back(found.upload.key);
    co_return out;
}

}  // namespace

TEST_CASE("one machine begins, others send parts, another completes: handles and receipts go through JSON")
{
    std::string const text = text_of(2 * part_bytes + 7);
    std::string_view const bytes = text;
    scene s;
    std::string const handle = tests::run(s.io, begin(s.oss, "k"));
    std::vector<std::string> receipts;
    for (unsigned number : {3U, 1U, 2U})
        receipts.push_back(
            tests::run(s.io, send_part(s.oss, handle, number, bytes.substr((number - 1) * part_bytes, part_bytes))));
    callback const notify("http://app.example.com/oss", "object=${object}");
    auto const complete = [](client_type& oss, std::string of, std::vector<std::string> with,
                             upload_callback auto const& call) -> awaitable<result<stored_object<>>> {
        complete_multipart_upload_request<> request(received<multipart_upload>(of));
        for (auto const& receipt : with)
            request.add(received<part>(receipt));
        co_return co_await oss.complete_multipart_upload(request.callback(call));
    };
    auto const stored = tests::run(s.io, complete(s.oss, handle, receipts, notify));
    REQUIRE(stored);
    CHECK(s.service.content("k") == text);
    CHECK(stored->bytes == text.size());
    CHECK(stored->crc64 == crc64(text));
    CHECK(stored->parts == 3);
    CHECK(stored->callback.delivered());
    CHECK(s.service.callbacks == 1);
    CHECK(s.service.object("k")->attributes.headers.get("x-oss-meta-from") == "machine-a");
}

TEST_CASE("a part can be a range of a body, which must have it")
{
    std::string const text = text_of(3 * part_bytes);
    scene s;
    auto const handle = received<multipart_upload>(tests::run(s.io, begin(s.oss, "k")));
    auto const whole = [&] { return upload_part_request(handle, 1); };
    auto const one = tests::run(s.io, s.oss.upload_part(whole().body(text).range(5, part_bytes)));
    auto const two = tests::run(s.io, s.oss.upload_part(whole().range(5, part_bytes).body(text)));
    REQUIRE(one);
    CHECK(one->bytes == part_bytes);
    CHECK(one->crc64 == crc64(std::string_view(text).substr(5, part_bytes)));
    REQUIRE(two);
    CHECK(*two == *one);
    std::size_t const sent = s.net.requests().size();
    for (auto const& [first, count] : {std::pair<std::uint64_t, std::uint64_t>(5, text.size()), {text.size() + 1, 0},
                                       {~0ULL, 2}, {2, ~0ULL}, {0, text.size() + 1}}) {
        auto const refused = tests::run(s.io, s.oss.upload_part(whole().body(text).range(first, count)));
        REQUIRE_FALSE(refused);
        CHECK(refused.error() == errc::invalid_argument);
        CHECK(refused.error().info().part_number == 1);
    }
    CHECK(s.net.requests().size() == sent);
    CHECK(tests::run(s.io, s.oss.upload_part(whole().body(text).range(text.size(), 0))));
}

TEST_CASE("a completion with parts of which little is known tells what it knows")
{
    std::string const text = text_of(2 * part_bytes);
    callback const notify("http://app.example.com/oss", "object=${object}");
    for (bool const lost : {false, true}) {
        scene s;
        REQUIRE(s.run(s.oss.put_object(put_object_request("examplebucket", "from").body(text))));
        auto const handle = received<multipart_upload>(tests::run(s.io, begin(s.oss, "k")));
        auto const copied = tests::run(
            s.io, s.oss.upload_part_copy(upload_part_copy_request(handle, 1).from("examplebucket", "from")));
        auto const sent = tests::run(s.io, s.oss.upload_part(upload_part_request(handle, 2).body(text)));
        if (lost)
            s.service.faults().on(emulation::operation::complete_multipart_upload).lost_answer();
        auto const stored = s.run(s.oss.complete_multipart_upload(
            complete_multipart_upload_request(handle).add(copied.value()).add(sent.value())));
        CHECK(s.service.content("k") == text + text);
        REQUIRE(stored.has_value() == !lost);
        if (stored) {
            CHECK(stored->bytes == 0);
            CHECK(stored->parts == 2);
            CHECK(stored->crc64 == crc64(text + text));
        } else {
            CHECK(stored.error() == errc::outcome_unknown);
            CHECK(to_string(stored.error()).find("the CRC-64 of what was sent is not known") != std::string::npos);
        }
    }
}

TEST_CASE("a clock that was corrected is no reason to doubt what the service says of an upload")
{
    auto config = tests::emulated_service::client_config();
    config.wall_clock([] {
        return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) - std::chrono::hours(3);
    });
    scene s({}, config);
    auto const stored = s.run(s.oss.complete_multipart_upload(
        complete_multipart_upload_request(multipart_upload("examplebucket", "k", "0123456789ABCDEF0123456789ABCDEF"))
            .add(part(1, "0123", 5, 7))));
    REQUIRE_FALSE(stored);
    CHECK(stored.error() == errc::no_such_upload);
}

TEST_CASE("a completion that is cancelled leaves in doubt what may be, and nothing else")
{
    std::string const text = text_of(part_bytes);
    bool finished = false;
    std::size_t doubted = 0;
    for (std::size_t handlers = 1; !finished; ++handlers) {
        scene s;
        auto const handle = received<multipart_upload>(tests::run(s.io, begin(s.oss, "k")));
        auto const receipt = tests::run(s.io, s.oss.upload_part(upload_part_request(handle, 1).body(text)));
        s.service.faults().on(emulation::operation::complete_multipart_upload).wrong_crc();
        auto const end = tests::run_and_cancel(
            s.io, s.oss.complete_multipart_upload(complete_multipart_upload_request(handle).add(receipt.value())),
            handlers);
        REQUIRE(end.value);
        finished = !end.cancelled;
        CHECK_FALSE(end.threw);
        if (!*end.value) {
            bool const in_doubt = end.value->error() == errc::outcome_unknown;
            CHECK((in_doubt || end.value->error() == errc::cancelled));
            CHECK((in_doubt || s.service.object("k") == nullptr));
            if (in_doubt)
                CHECK(end.value->error().info().upload_id == handle.upload_id);
            doubted += in_doubt;
        }
    }
    CHECK(doubted > 1);
}

TEST_CASE("a completion that is never answered is settled, though no limit was set")
{
    std::string const text = text_of(part_bytes);
    scene s;
    auto const handle = received<multipart_upload>(tests::run(s.io, begin(s.oss, "k")));
    auto const receipt = tests::run(s.io, s.oss.upload_part(upload_part_request(handle, 1).body(text)));
    s.service.after = [](testing::received_request const& r) -> std::optional<testing::scripted_reply> {
        if (r.head.method != http::method::post)
            return std::nullopt;
        return testing::scripted_reply::silence();
    };
    auto const began = testing::manual_clock::now();
    auto const stored = tests::run(
        s.io, s.oss.complete_multipart_upload(complete_multipart_upload_request(handle).add(receipt.value())));
    REQUIRE(stored);
    CHECK(stored->crc64 == crc64(text));
    CHECK(testing::manual_clock::now() - began < std::chrono::minutes(16));
}

TEST_CASE("a completion that is never answered, nor acted upon while it is looked at, may come yet")
{
    std::string const text = text_of(part_bytes);
    scene s;
    auto const handle = received<multipart_upload>(tests::run(s.io, begin(s.oss, "k")));
    auto const receipt = tests::run(s.io, s.oss.upload_part(upload_part_request(handle, 1).body(text)));
    s.service.before = [](testing::received_request const& r) -> std::optional<testing::scripted_reply> {
        if (r.head.method != http::method::post)
            return std::nullopt;
        return testing::scripted_reply::silence();
    };
    auto const stored = tests::run(
        s.io, s.oss.complete_multipart_upload(complete_multipart_upload_request(handle).add(receipt.value())));
    CHECK(stored.error() == errc::outcome_unknown);
    CHECK(stored.error().info().upload_id == handle.upload_id);
}

TEST_CASE("all parts that the service has can be made the object, without a list")
{
    std::string const text = text_of(2 * part_bytes);
    std::string_view const bytes = text;
    scene s;
    std::string const handle = tests::run(s.io, begin(s.oss, "k"));
    for (unsigned number : {2U, 1U})
        (void)tests::run(s.io, send_part(s.oss, handle, number, bytes.substr((number - 1) * part_bytes, part_bytes)));
    auto const stored = tests::run(s.io, s.oss.complete_multipart_upload(
        complete_multipart_upload_request(received<multipart_upload>(handle)).all_parts()));
    REQUIRE(stored);
    CHECK(stored->crc64 == crc64(text));
    CHECK(s.service.content("k") == text);
}

TEST_CASE("a part can be copied from an object that is there, and its sum is then the service's word")
{
    std::string const text = text_of(3 * part_bytes);
    std::string_view const bytes = text;
    scene s;
    REQUIRE(s.run(s.oss.put_object(put_object_request("examplebucket", "from here/a b").body(text))));
    std::string const handle = tests::run(s.io, begin(s.oss, "k"));
    auto const one = tests::run(s.io, copy_part(s.oss, handle, 1, "from here/a b", part_bytes, 2 * part_bytes));
    auto const two = tests::run(s.io, send_part(s.oss, handle, 2, bytes.substr(0, part_bytes)));
    auto const stored = tests::run(s.io, s.oss.complete_multipart_upload(
        complete_multipart_upload_request(received<multipart_upload>(handle))
            .add(received<part>(one))
            .add(received<part>(two))));
    REQUIRE(stored);
    CHECK(s.service.content("k") == text.substr(part_bytes) + text.substr(0, part_bytes));
}

TEST_CASE("parts are listed one by one, whatever the pages")
{
    std::string const text = text_of(10);
    scene s;
    std::string const handle = tests::run(s.io, begin(s.oss, "k"));
    for (unsigned number : {7U, 3U, 10'000U, 1U, 5U})
        (void)tests::run(s.io, send_part(s.oss, handle, number, text));
    std::vector<unsigned> const wanted = {1, 3, 5, 7, 10'000};
    for (unsigned page_size : {1U, 2U, 5U, 1000U})
        CHECK(tests::run(s.io, numbers_of(s.oss, handle, page_size)) == wanted);
}

TEST_CASE("open uploads are listed in order of their keys, whatever the keys and the pages")
{
    scene s;
    std::vector<std::string> const keys = {"a/1", "a/1", "a/\x01+ %&<\xE4\xBD\xA0", "b"};
    for (std::size_t i = keys.size(); i-- != 0;)
        (void)tests::run(s.io, begin(s.oss, keys[i]));
    std::vector<std::string> in_order = keys;
    std::sort(in_order.begin(), in_order.end());
    for (unsigned page_size : {1U, 3U, 1000U}) {
        CHECK(tests::run(s.io, open_keys(s.oss, "", page_size)) == in_order);
        CHECK(tests::run(s.io, open_keys(s.oss, "a/", page_size)).size() == 3);
    }
    CHECK(tests::run(s.io, open_keys(s.oss, "nothing", 10)).empty());
}

TEST_CASE("a listing that fails says so, and is at its end")
{
    scene s;
    auto parts = s.oss.list_parts(multipart_upload("examplebucket", "k", "0123456789ABCDEF0123456789ABCDEF"));
    CHECK_FALSE(tests::run(s.io, parts.next()));
    REQUIRE(parts.error());
    CHECK(*parts.error() == errc::no_such_upload);
    CHECK_FALSE(tests::run(s.io, parts.next()));
}

TEST_CASE("an upload that was given up is gone")
{
    scene s;
    auto const upload = received<multipart_upload>(tests::run(s.io, begin(s.oss, "k")));
    CHECK(tests::run(s.io, s.oss.abort_multipart_upload(upload)));
    auto const again = tests::run(s.io, s.oss.abort_multipart_upload(upload));
    REQUIRE_FALSE(again);
    CHECK(again.error() == errc::no_such_upload);
    CHECK(again.error().info().upload_id == upload.upload_id);
    CHECK(s.service.open_uploads() == 0);
}
