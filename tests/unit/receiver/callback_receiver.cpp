#include <ossify/receiver/callback_receiver.hpp>

#include <ossify/callback/contract.hpp>
#include <ossify/codec/base64.hpp>
#include <ossify/testing/fault.hpp>
#include <ossify/testing/memory_transport.hpp>

#include "printers.hpp"
#include "run.hpp"
#include "signed_callback.hpp"
#include "vectors.hpp"

#include <asio/io_context.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

using namespace ossify;
using namespace std::chrono_literals;
using testing::http_reply;
using testing::manual_clock;
using testing::memory_transport;
using testing::received_request;
using testing::scripted_reply;
using testing_support::test_vector;
using testing_support::vectors_of;
using tests::signed_callback;

namespace {

struct photo_stored {
    std::string bucket;
    std::string object;
    std::uint64_t size = 0;
    std::string user_id;
};
BOOST_DESCRIBE_STRUCT(photo_stored, (), (bucket, object, size, user_id))

using memory_receiver = basic_callback_receiver<memory_transport>;

callback_headers headers_of(signed_callback const& c)
{
    callback_headers out;
    out.authorization = c.authorization();
    out.key_url = codec::base64_encode(c.key_url);
    out.content_type = c.content_type;
    return out;
}

/// A receiver, and a key server whose answer can change.
class receiving {
public:
    explicit receiving(receiver_config config = receiver_config().trust_key_url("http://keys.test/key.pem"),
                       testing::fault plan = {})
        : net(std::move(plan)), receiver(io.get_executor(), std::move(config), net)
    {
        net.on_request([this](received_request const&) { return answer; });
    }

    result<void> verify(std::string const& target, callback_headers const& headers, std::string const& body)
    {
        return tests::run(io, receiver.verify(target, headers, body));
    }
    result<void> verify(signed_callback const& c) { return verify(c.target, headers_of(c), c.body); }

    asio::io_context io;
    memory_transport net;
    scripted_reply answer = scripted_reply(http_reply(200, signed_callback::key().public_pem()));
    memory_receiver receiver;
};

/// A recorded callback and a receiver that has its key and no network.
class recorded {
public:
    explicit recorded(test_vector const& v)
        : target(v.input("raw_path") + v.input("raw_query_with_question_mark")), body(v.input("body")),
          valid(v.expected().at("valid").as_bool()), pem(v.input("public_key_pem"))
    {
        auto const& given = v.inputs().at("headers").as_object();
        headers.authorization = test_vector::text(given, "authorization");
        headers.key_url = test_vector::text(given, "x-oss-pub-key-url");
        r.answer = scripted_reply::lost();
    }

    result<void> verify() { return r.verify(target, headers, body); }

    std::string target;
    std::string body;
    callback_headers headers;
    bool valid;
    std::string pem;
    receiving r{receiver_config().trust_key(std::string(callback_key_url), codec::public_key::from_pem(pem).value())};
};

char other(char c) { return c == 'x' ? 'y' : 'x'; }

}  // namespace

TEST_CASE("recorded callbacks are believed, and a forged one is not")
{
    for (auto const& v : vectors_of("callback_verify")) {
        recorded c(v);
        auto const verdict = c.verify();
        CAPTURE(v.id());
        CHECK(verdict.has_value() == c.valid);
        if (!c.valid)
            CHECK(verdict.error() == errc::callback_unverified);
    }
}

TEST_CASE("recorded callbacks of the service are believed with the pinned key alone")
{
    int believed = 0;
    for (auto const& v : vectors_of("callback_verify")) {
        recorded const c(v);
        if (!c.valid || c.pem != callback_key_pem)
            continue;
        receiving alone{receiver_config()};
        alone.answer = scripted_reply::lost();
        auto const verdict = alone.verify(c.target, c.headers, c.body);
        CAPTURE(v.id());
        CHECK(verdict);
        CHECK(alone.net.requests().empty());
        ++believed;
    }
    CHECK(believed >= 5);
}

TEST_CASE("a recorded callback with any byte changed is not believed")
{
    int changed = 0;
    for (auto const& v : vectors_of("callback_verify")) {
        recorded c(v);
        if (!c.valid)
            continue;
        auto const refused = [&](std::string& text, std::size_t i) {
            char const was = std::exchange(text[i], other(text[i]));
            auto const verdict = c.verify();
            text[i] = was;
            ++changed;
            return !verdict;
        };
        CAPTURE(v.id());
        for (std::string* const text : {&c.target, &c.body, &c.headers.authorization, &c.headers.key_url})
            for (std::size_t i = 0; i != text->size(); ++i) {
                CAPTURE(*text);
                CAPTURE(i);
                CHECK(refused(*text, i));
            }
        CHECK(c.verify());
    }
    CHECK(changed > 1000);
}

TEST_CASE("a recorded callback with a byte more or less is not believed")
{
    for (auto const& v : vectors_of("callback_verify")) {
        recorded c(v);
        if (!c.valid)
            continue;
        CAPTURE(v.id());
        for (std::string* const text : {&c.target, &c.body, &c.headers.authorization}) {
            std::string const was = *text;
            text->push_back('A');
            CHECK_FALSE(c.verify());
            text->assign(was, 0, was.size() - 1);
            CHECK_FALSE(c.verify());
            *text = was;
        }
    }
}

TEST_CASE("a callback is not believed with a key from a place that is not trusted, and nobody asks there")
{
    for (std::string_view const url :
         {"http://keys.test/other.pem", "http://keys.test/key.pem?", "http://keys.test/key.pem#x", "http://KEYS.test/key.pem",
          "http://gosspublic.alicdn.com.evil.example/callback_pub_key_v1.pem",
          "http://gosspublic.alicdn.com@evil.example/callback_pub_key_v1.pem",
          "https://user@gosspublic.alicdn.com/callback_pub_key_v1.pem",
          "https://gosspublic.alicdn.com:8443/callback_pub_key_v1.pem",
          "https://gosspublic.alicdn.com:443/callback_pub_key_v1.pem",
          "https://gosspublic.alicdn.com./callback_pub_key_v1.pem", "https://evil.example/callback_pub_key_v1.pem",
          "https://gosspublic.alicdn.com\\@evil.example/key", "https://gosspublic.alicdn.com", "ftp://gosspublic.alicdn.com/k",
          "file:///etc/passwd", "//gosspublic.alicdn.com/k", "", "http://127.0.0.1/key.pem"}) {
        receiving r;
        signed_callback c;
        c.key_url = url;
        auto const verdict = r.verify(c);
        CAPTURE(url);
        REQUIRE_FALSE(verdict);
        CHECK(verdict.error() == errc::callback_unverified);
        CHECK(r.net.requests().empty());
    }
}

TEST_CASE("a key URL that redirects is no key")
{
    receiving r;
    http::fields h;
    h.set("Location", "http://keys.test/elsewhere.pem");
    r.answer = scripted_reply(http_reply(302, {}, h));
    auto const verdict = r.verify(signed_callback());
    CHECK(verdict.error() == errc::key_unavailable);
    CHECK(refusal_status(verdict.error()) == 403);
    CHECK(r.net.requests().size() == 1);
}

TEST_CASE("a request without signature or key URL costs no fetch")
{
    receiving r;
    signed_callback const c;
    auto unsigned_one = headers_of(c);
    unsigned_one.authorization.clear();
    auto keyless = headers_of(c);
    keyless.key_url.clear();
    CHECK_FALSE(r.verify(c.target, unsigned_one, c.body));
    CHECK_FALSE(r.verify(c.target, keyless, c.body));
    CHECK(r.net.requests().empty());
}

TEST_CASE("the key of a named URL is fetched with the first callback and kept")
{
    receiving r;
    CHECK(r.verify(signed_callback()));
    CHECK(r.verify(signed_callback("/other?a=b", "x=1")));
    CHECK(r.receiver.key_fetches() == 1);
}

TEST_CASE("a sender that has another key since it was started again is believed half a minute later")
{
    receiving r;
    auto const another_key = codec::private_key::generate_rsa(1024).value();
    signed_callback const c;
    auto headers = headers_of(c);
    auto const before = r.verify(c);
    headers.authorization = sign_callback(another_key, c.target, c.body).value();
    r.answer = scripted_reply(http_reply(200, another_key.public_pem()));
    auto const at_once = r.verify(c.target, headers, c.body);
    testing::manual_clock::advance(std::chrono::seconds(31));
    auto const later = r.verify(c.target, headers, c.body);
    auto const old_key = r.verify(c);
    CHECK(before);
    CHECK(at_once.error() == errc::callback_unverified);
    CHECK(later);
    CHECK(old_key.error() == errc::callback_unverified);
    CHECK(r.receiver.key_fetches() == 2);
}

TEST_CASE("a key URL that is none is refused at once")
{
    CHECK_THROWS_WITH_AS(receiving(receiver_config().trust_key_url("nonsense")), doctest::Contains("nonsense"), error);
}

TEST_CASE("a key that is given needs no fetch")
{
    receiving r(receiver_config().trust_key("http://keys.test/key.pem", signed_callback::public_key()));
    CHECK(r.verify(signed_callback()));
    CHECK(r.net.requests().empty());
}

TEST_CASE("the service's key is fetched over TLS although the request says http")
{
    receiving r{receiver_config()};
    signed_callback c;
    c.key_url = "http://gosspublic.alicdn.com/new_key.pem";
    CHECK(r.verify(c));
    REQUIRE(r.net.requests().size() == 1);
    CHECK(r.net.requests().front().head.target == "/new_key.pem");
    CHECK(r.net.handshakes() == 1);
}

TEST_CASE("a callback that the pinned key does not fit makes the receiver look for a newer key, once")
{
    receiving r{receiver_config()};
    signed_callback c;
    c.key_url = callback_key_url;
    CHECK(r.verify(c));
    auto forged = headers_of(c);
    forged.authorization = codec::base64_encode(std::string(128, 'x'));
    for (int i = 0; i != 10; ++i)
        CHECK_FALSE(r.verify(c.target, forged, c.body));
    CHECK(r.receiver.key_fetches() == 1);
}

TEST_CASE("forged callbacks are refused as forged when no newer key can be had")
{
    receiving r{receiver_config()};
    r.answer = scripted_reply::lost();
    signed_callback c;
    c.key_url = callback_key_url;
    for (int i = 0; i != 10; ++i) {
        auto const verdict = r.verify(c);
        CHECK(verdict.error() == errc::callback_unverified);
        CHECK(verdict.error().message().find("a newer key, which could not be had") != std::string::npos);
    }
    CHECK(r.receiver.key_fetches() == 1);
}

TEST_CASE("without the pinned key nothing is believed until a key was fetched")
{
    receiving r(receiver_config().without_pinned_key());
    r.answer = scripted_reply::lost();
    signed_callback c;
    c.key_url = callback_key_url;
    auto const verdict = r.verify(c);
    CHECK(verdict.error() == errc::key_unavailable);
}

TEST_CASE("a public base path is put back before the signature is checked")
{
    receiving r(receiver_config().trust_key_url("http://keys.test/key.pem").public_base_path("/public"));
    signed_callback const c("/public/oss/photo", "a=1");
    CHECK(r.verify("/oss/photo", headers_of(c), c.body));
    CHECK_FALSE(r.verify("/public/oss/photo", headers_of(c), c.body));
}

TEST_CASE("a replay guard sees the same text for the same callback whatever its headers say")
{
    std::set<std::string> seen;
    auto const first_time = [&seen](std::string id) -> awaitable<bool> { co_return seen.insert(id).second; };
    receiving r(receiver_config().trust_key_url("http://keys.test/key.pem").replay_guard(first_time));
    signed_callback const c;
    auto headers = headers_of(c);
    auto const first = r.verify(c.target, headers, c.body);
    headers.content_type = "another";
    auto const second = r.verify(c.target, headers, c.body);
    auto const different = r.verify(signed_callback(c.target, c.body + " "));
    CHECK(first);
    REQUIRE_FALSE(second);
    CHECK(second.error() == errc::callback_replayed);
    CHECK(refusal_status(second.error()) == 409);
    CHECK(different);
}

TEST_CASE("a replay guard is not asked about forged callbacks")
{
    int asked = 0;
    auto const count = [&asked](std::string) -> awaitable<bool> { co_return ++asked > 0; };
    receiving r(receiver_config().trust_key_url("http://keys.test/key.pem").replay_guard(count));
    signed_callback const c;
    CHECK_FALSE(r.verify(c.target, headers_of(c), "other"));
    CHECK(asked == 0);
}

TEST_CASE("receive gives the struct of a contract, or a struct as it is")
{
    receiving r;
    signed_callback const c;
    auto const by_contract =
        tests::run(r.io, r.receiver.receive<callback_contract<photo_stored>>(c.target, headers_of(c), c.body));
    auto const by_struct = tests::run(r.io, r.receiver.receive<photo_stored>(c.target, headers_of(c), c.body));
    REQUIRE(by_contract);
    CHECK((*by_contract)->user_id == "u1");
    CHECK((*by_contract)->size == 12);
    REQUIRE(by_struct);
    CHECK((*by_struct)->object == "a b.jpg");
    CHECK(by_struct->body() == c.body);
}

TEST_CASE("receive refuses a body that does not fit the struct, when the signature is right")
{
    receiving r;
    signed_callback const c("/oss/photo", R"({"size":"many"})");
    auto const event = tests::run(r.io, r.receiver.receive<photo_stored>(c.target, headers_of(c), c.body));
    REQUIRE_FALSE(event);
    CHECK(event.error() == errc::malformed_callback);
    CHECK(refusal_status(event.error()) == 400);
}

TEST_CASE("a callback is believed or its key unavailable, at whatever step the connection to the key server fails")
{
    auto const steps = testing::for_each_failure([](testing::fault plan) {
        receiving r(receiver_config().trust_key_url("http://keys.test/key.pem"), plan);
        auto const verdict = r.verify(signed_callback());
        CAPTURE(plan.steps());
        CHECK((verdict || verdict.error() == errc::key_unavailable));
        CHECK(r.net.open_connections() == 0);
    });
    CHECK(steps > 3);
}

TEST_CASE("verify can be cancelled at every step")
{
    bool ended = false;
    for (std::size_t handlers = 0; !ended; ++handlers) {
        receiving r;
        signed_callback const c;
        auto const run = tests::run_and_cancel(r.io, r.receiver.verify(c.target, headers_of(c), c.body), handlers);
        ended = !run.cancelled;
        CAPTURE(handlers);
        CHECK(run.value);
    }
}

TEST_CASE("headers may come from a function, a map, or any object with a subscript")
{
    signed_callback const c;
    std::map<std::string, std::string> const map{{"AUTHORIZATION", c.authorization()},
                                                 {"X-OSS-Pub-Key-Url", codec::base64_encode(c.key_url)},
                                                 {"Content-type", c.content_type}};
    struct subscripted {
        std::map<std::string, std::string> const& all;
        std::string_view operator[](std::string_view name) const
        {
            for (auto const& [known, value] : all)
                if (http::iequals(known, name))
                    return value;
            return {};
        }
    };
    subscripted const object{map};
    receiving r;
    auto const from_map = tests::run(r.io, r.receiver.receive<photo_stored>(c.target, map, c.body));
    auto const from_object = tests::run(r.io, r.receiver.receive<photo_stored>(c.target, object, c.body));
    auto const look_up = [&object](std::string_view name) { return object[name]; };
    auto const from_function = tests::run(r.io, r.receiver.receive<photo_stored>(c.target, look_up, c.body));
    CHECK(from_map);
    CHECK(from_object);
    CHECK(from_function);
}
