#include <ossify/upload/presign.hpp>

#include <ossify/callback/make_callback.hpp>
#include <ossify/client.hpp>
#include <ossify/codec/percent.hpp>
#include <ossify/testing/memory_transport.hpp>

#include "emulated.hpp"
#include "run.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

using namespace ossify;
using namespace std::chrono_literals;
using tests::bytes_of;
using tests::element;
using tests::emulated;

namespace {

using memory_client = basic_client<testing::memory_transport>;

credentials const alice("alice-id", secret("alice-secret"));
codec::wall_time const now(1'700'000'000s);  // the emulated service's

config settings(signature_version version = signature_version::v4)
{
    return config()
        .endpoint("http://127.0.0.1")
        .region("cn-hangzhou")
        .signature(version)
        .credentials(alice)
        .wall_clock([] { return now; });
}

emulation::service_settings guarded()
{
    auto out = emulated::open();
    out.authenticate = true;
    out.keys.add(alice);
    out.keys.add(credentials("temporary-id", secret("temporary-secret"), secret("to+ken")));
    return out;
}

/// Sends a grant as somebody does who knows nothing but the grant.
emulation::reply use(emulated& e, grant const& g, std::string_view body = {}, tests::header_list more = {})
{
    for (auto const [name, value] : g.headers)
        more.emplace_back(name, value);
    return e.ask(g.method, g.url.substr(std::string_view("http://127.0.0.1").size()), std::move(more), body);
}

callback some_callback()
{
    callback_parameters given;
    given.urls = "http://127.0.0.1:1/";
    given.body = "object=${object}&who=${x:who}";
    given.variables.emplace_back("who", "a+b/c=d");
    return make_callback(given).value();
}

template<class Call>
auto ask(config const& c, Call const& call)
{
    asio::io_context io(1);
    memory_client client(io.get_executor(), c);
    return tests::run(io, call(client));
}

grant put_grant(config const& c, callback_place place)
{
    auto const wanted = [place](memory_client& client) {
        return client.presign_put(
            put_object_request("photos", "a b+c.jpg").metadata("from", "test").callback(some_callback()), 10min, place);
    };
    return ask(c, wanted).value();
}

}  // namespace

TEST_CASE("a presigned put stores and calls back, in both versions, with the callback in the URL or among the headers")
{
    for (auto const version : {signature_version::v1, signature_version::v4})
        for (auto const place : {callback_place::query, callback_place::headers}) {
            CAPTURE(static_cast<int>(version));
            CAPTURE(static_cast<int>(place));
            auto const made = put_grant(settings(version), place);
            CHECK(made.method == http::method::put);
            CHECK(made.expires == now + 10min);
            CHECK(made.headers.contains("x-oss-callback") == (place == callback_place::headers));
            CHECK(made.headers.get("Content-Type") == "image/jpeg");

            emulated e(guarded());
            auto const answer = use(e, made, "a photo");
            CHECK(answer.status == 200);
            CHECK(e.callback_body == "object=a%20b%2Bc.jpg&who=a%2Bb%2Fc%3Dd");
        }
}

TEST_CASE("a grant is refused as soon as one of its headers is left out or changed")
{
    for (auto const version : {signature_version::v1, signature_version::v4})
        for (auto const place : {callback_place::query, callback_place::headers}) {
            auto const made = put_grant(settings(version), place);
            for (auto const [name, value] : made.headers) {
                CAPTURE(name);
                emulated e(guarded());
                auto without = made;
                without.headers.erase(name);
                CHECK(element(use(e, without).body, "Code") == "SignatureDoesNotMatch");
                auto changed = made;
                changed.headers.set(name, std::string(value) + "x");
                CHECK(element(use(e, changed).body, "Code") == "SignatureDoesNotMatch");
            }
        }
}

TEST_CASE("version 4 signs the headers that it need not sign as well, version 1 cannot")
{
    for (auto const version : {signature_version::v1, signature_version::v4}) {
        auto const wanted = [](memory_client& client) {
            return client.presign_put(put_object_request("photos", "a").cache_control("no-store").header("X-Own", "1"),
                                      1min);
        };
        auto made = ask(settings(version), wanted).value();
        emulated e(guarded());
        CHECK(use(e, made, "x").status == 200);
        CHECK(e.service.objects.find_object("photos", "a") != nullptr);
        made.headers.set("Cache-Control", "public");
        CHECK(use(e, made, "x").status == (version == signature_version::v1 ? 200 : 403));
        made.headers.erase("Cache-Control");
        CHECK(use(e, made, "x").status == (version == signature_version::v1 ? 200 : 403));
    }
}

TEST_CASE("a grant is refused when any byte of its path or query is changed")
{
    for (auto const version : {signature_version::v1, signature_version::v4}) {
        auto const made = put_grant(settings(version), callback_place::query);
        for (std::size_t at = made.url.find("/photos/") + 8; at != made.url.size(); ++at) {
            CAPTURE(made.url.substr(at));
            auto changed = made;
            changed.url[at] = changed.url[at] == '1' ? '2' : '1';
            emulated e(guarded());
            CHECK(use(e, changed, "x").status >= 400);
        }
    }
}

TEST_CASE("a grant ends when its time is over")
{
    for (auto const version : {signature_version::v1, signature_version::v4}) {
        auto const made = put_grant(settings(version).wall_clock([] { return now - 11min; }), callback_place::query);
        emulated e(guarded());
        auto const answer = use(e, made, "late");
        CHECK(answer.status == 403);
        CHECK(element(answer.body, "Code") == "AccessDenied");
        CHECK(element(answer.body, "Message").find("expired") != std::string::npos);
    }
}

TEST_CASE("parts and a completion can be sent by somebody without a secret")
{
    for (auto const version : {signature_version::v1, signature_version::v4})
        for (bool const all : {false, true}) {
            CAPTURE(all);
            emulated e(guarded());
            service_request initiate("InitiateMultipartUpload", http::method::post, "photos", "film");
            initiate.query.append("uploads", "");
            auto begin = [&](memory_client& client) { return client.presign(initiate, 1min); };
            auto const begun = use(e, ask(settings(version), begin).value());
            multipart_upload const upload("photos", "film", element(begun.body, "UploadId"));
            REQUIRE(upload.upload_id.size() == 32);

            auto part = [&](memory_client& client) {
                return client.presign_upload_part(upload_part_request(upload, 1), 1min);
            };
            auto const sent = use(e, ask(settings(version), part).value(), "all of it");
            CHECK(sent.status == 200);

            auto complete = [&](memory_client& client) {
                return client.presign_complete_multipart_upload(
                    complete_multipart_upload_request(upload).all_parts(all).callback(some_callback()), 1min);
            };
            std::string const list = "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>" +
                                     std::string(sent.headers.get("ETag")) + "</ETag></Part></CompleteMultipartUpload>";
            auto const done = use(e, ask(settings(version), complete).value(), all ? std::string() : list);
            CHECK(done.status == 200);
            CHECK(e.callback_body == "object=film&who=a%2Bb%2Fc%3Dd");

            auto get = [](memory_client& client) {
                return client.presign_get(get_object_request("photos", "film").range(4, 2), 1min);
            };
            auto const got = use(e, ask(settings(version), get).value());
            CHECK(got.status == 206);
            CHECK(bytes_of(got) == "of");
        }
}

TEST_CASE("temporary keys of a provider go into the URL and into the form")
{
    auto provided = settings();
    provided.credentials([]() -> awaitable<result<credentials>> {
        co_return credentials("temporary-id", secret("temporary-secret"), secret("to+ken"));
    });
    emulated e(guarded());
    CHECK(use(e, put_grant(provided, callback_place::query), "x").status == 200);

    auto const form =
        ask(provided, [](memory_client& client) { return client.sign_form(form_request("photos").key("a")); }).value();
    auto const token = std::ranges::find(form.fields, "x-oss-security-token", [](auto const& f) { return f.first; });
    REQUIRE(token != form.fields.end());
    CHECK(token->second == "to+ken");
}

TEST_CASE("what a provider says when it has no credentials comes out of the operation")
{
    auto provided = settings();
    provided.credentials([]() -> awaitable<result<credentials>> {
        co_return failure(errc::missing_credentials, "the vault is closed");
    });
    auto const put = ask(provided, [](memory_client& client) {
        return client.presign_put(put_object_request("photos", "a"), 1min);
    });
    REQUIRE(!put.has_value());
    CHECK(put.error() == errc::missing_credentials);
    CHECK(put.error().info().operation == "PutObject");
    auto const form =
        ask(provided, [](memory_client& client) { return client.sign_form(form_request("photos").key("a")); });
    REQUIRE(!form.has_value());
    CHECK(form.error().info().operation == "PostObject");
}

TEST_CASE("grants and forms are for the public endpoint")
{
    auto const apart = settings()
                           .endpoint("https://oss-cn-hangzhou-internal.aliyuncs.com")
                           .public_endpoint("https://img.example.com", url_style::cname);
    CHECK(put_grant(apart, callback_place::query).url.starts_with("https://img.example.com/a%20b%2Bc.jpg?"));
    auto const form =
        ask(apart, [](memory_client& client) { return client.sign_form(form_request("photos").key("a")); }).value();
    CHECK(form.action == "https://img.example.com/");
}

TEST_CASE("a public endpoint that cannot work is refused when the client is made")
{
    asio::io_context io(1);
    auto const make = [&](config const& c) { memory_client client(io.get_executor(), c); };
    CHECK_THROWS_AS(make(settings().public_endpoint("ftp://x")), ossify::error);
    CHECK_THROWS_WITH_AS(make(settings().public_endpoint("https://oss-cn-beijing.aliyuncs.com")),
                         doctest::Contains("region cn-beijing, but signatures are for cn-hangzhou"), ossify::error);
}

TEST_CASE("a form of the client is accepted, in both versions")
{
    for (auto const version : {signature_version::v1, signature_version::v4}) {
        auto const wanted = [](memory_client& client) {
            return client.sign_form(form_request("photos").key_prefix("u/42/").max_bytes(10).callback(some_callback()));
        };
        auto const form = ask(settings(version), wanted).value();
        CHECK(form.action == "http://127.0.0.1/photos/");
        std::string body;
        for (auto const& [name, value] : form.fields)
            body += "--B\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n";
        body += "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"me.png\"\r\n\r\nbytes\r\n--B--\r\n";
        emulated e(guarded());
        auto const answer = e.post("/photos/", body, {{"Content-Type", "multipart/form-data; boundary=B"}});
        CHECK(answer.status == 200);
        CHECK(e.callback_body == "object=u%2F42%2Fme.png&who=a%2Bb%2Fc%3Dd");
    }
}

TEST_CASE("what cannot be signed is refused with the reason")
{
    auto const why = [](auto const& call) {
        auto const made = ask(settings(), call);
        REQUIRE(!made.has_value());
        CHECK(made.error() == condition::usage);
        return made.error().message();
    };
    multipart_upload const upload("photos", "film", "0123");
    CHECK(why([](memory_client& c) { return c.presign_put(put_object_request("photos", ""), 1min); }) ==
          "the object key is empty");
    CHECK(why([](memory_client& c) { return c.presign_put(put_object_request("photos", "a"), 0s); }) ==
          "a presigned URL must be valid for at least one second");
    CHECK(why([](memory_client& c) { return c.presign_put(put_object_request("photos", "a").content_md5(), 1min); })
              .find("header(\"Content-MD5\"") != std::string::npos);
    CHECK(why([](memory_client& c) { return c.presign_get(get_object_request("photos", "a").range(0, 0), 1min); }) ==
          "an empty or endless range");
    CHECK(why([&](memory_client& c) { return c.presign_upload_part(upload_part_request(upload, 0), 1min); })
              .find("not within 1 to 10000") != std::string::npos);
    CHECK(why([&](memory_client& c) {
              return c.presign_complete_multipart_upload(
                  complete_multipart_upload_request(upload).add(part(1, "E", 1)), 1min);
          }).find("the sender lists the parts") != std::string::npos);
}
