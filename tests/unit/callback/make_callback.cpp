#include <ossify/callback/make_callback.hpp>

#include <doctest/doctest.h>

#include <boost/describe/class.hpp>

#include <string>
#include <vectors.hpp>

using namespace ossify;
using ossify::testing_support::vectors_of;

namespace {

struct my_vars {
    std::string user;
};
BOOST_DESCRIBE_STRUCT(my_vars, (), (user))

callback_parameters good()
{
    callback_parameters p;
    p.urls = "http://a.example";
    p.body = "object=${object}&user=${x:user}";
    p.variables = {{"user", "u1"}};
    return p;
}

std::string message(callback_parameters const& p) { return make_callback(p).error().message(); }

}  // namespace

TEST_CASE("parameters that are known at run time make the callback that literals make")
{
    my_vars const vars{"u1"};
    auto const literal = callback(vars, "http://a.example", "object=${object}&user=${x:user}").encode().value();
    auto const made = make_callback(good()).value().encode().value();
    CHECK(made.callback_base64() == literal.callback_base64());
    CHECK(made.callback_var_base64() == literal.callback_var_base64());
}

TEST_CASE("the vectors of parameters decode to what we send")
{
    std::size_t checked = 0;
    for (auto const& vector : vectors_of("callback_base64")) {
        CAPTURE(vector.id());
        auto const& decoded = vector.expected().at("decoded").as_object();
        auto const* body = decoded.if_contains("callbackBody");
        if (body == nullptr || vector.input("json_text").find("$(") != std::string::npos)
            continue;
        callback_parameters p;
        p.urls = decoded.at("callbackUrl").as_string().c_str();
        p.body = body->as_string().c_str();
        if (auto const* type = decoded.if_contains("callbackBodyType"); type && *type == "application/json")
            p.body_type = callback_body_type::json;
        p.variables = {{"my_var", ""}, {"var1", ""}};
        p.allow_unused = true;
        auto const sent = codec::parse_json(make_callback(p).value().encode().value().callback_json()).value();
        auto expected = decoded;
        expected["callbackBodyType"] = json::string_view(to_string(p.body_type).data(), to_string(p.body_type).size());
        CHECK(sent == json::value(expected));
        ++checked;
    }
    CHECK(checked == 3);
}

TEST_CASE("the vectors of variables decode to what we send")
{
    std::size_t checked = 0;
    for (auto const& vector : vectors_of("callback_base64")) {
        CAPTURE(vector.id());
        auto const& decoded = vector.expected().at("decoded").as_object();
        if (decoded.contains("callbackBody"))
            continue;
        auto p = good();
        p.variables.clear();
        p.body = "a=1";
        p.allow_unused = true;
        for (auto const& member : decoded)
            p.variables.emplace_back(std::string(member.key()), member.value().as_string().c_str());
        auto const sent = make_callback(p).value().encode().value();
        CHECK(codec::parse_json(sent.callback_var_json()).value() == json::value(decoded));
        auto const original = codec::base64_decode(vector.expect("base64")).value();
        CHECK(codec::parse_json(codec::base64_decode(sent.callback_var_base64()).value()).value() ==
              codec::parse_json(original).value());
        ++checked;
    }
    CHECK(checked == 3);
}

TEST_CASE("names are taken with and without their prefix")
{
    auto p = good();
    p.variables = {{"x:user", "u1"}};
    CHECK(make_callback(p).value().encode().value().variables().front().first == "x:user");
}

TEST_CASE("a name that is given twice is refused")
{
    auto p = good();
    p.variables = {{"x:user", "u1"}, {"user", "u2"}};
    CHECK(message(p) == "a custom variable is given twice: 'x:user' at byte 0");
}

TEST_CASE("a name that the service refuses is refused here")
{
    auto p = good();
    p.variables = {{"User", "u1"}};
    CHECK(message(p) ==
          "a custom variable may only have lower-case letters, digits and underscores in its name: 'x:User' at byte 0");
}

TEST_CASE("an unknown variable is refused with the place and the nearest name")
{
    auto p = good();
    p.body = "bucket=${buckett}&user=${x:user}";
    auto const refused = make_callback(p).error();
    CHECK(refused == errc::invalid_callback);
    CHECK(refused == condition::usage);
    CHECK(refused.message() ==
          "the callback body names a variable that the service does not have: '${buckett}' at byte 7; did you mean "
          "${bucket}?");
}

TEST_CASE("a variable that the body does not use is refused, unless that is meant")
{
    auto p = good();
    p.body = "object=${object}";
    CHECK(message(p).find("x:user is never used") == 0);
    p.allow_unused = true;
    CHECK(make_callback(p).has_value());
}

TEST_CASE("a custom variable that has no value is refused")
{
    auto p = good();
    p.variables.clear();
    CHECK(message(p).find("not among the variables given: '${x:user}' at byte 22") != std::string::npos);
}

TEST_CASE("URLs, host and values are checked")
{
    auto urls = good();
    urls.urls = "http://a.example;ftp://b.example";
    CHECK(message(urls) == "a callback URL has a scheme other than http and https: 'ftp' at byte 17");
    auto host = good();
    host.host = "a b";
    CHECK(message(host) == "the callback host is neither a host name nor an IPv4 address: 'a b' at byte 0");
    auto value = good();
    value.variables[0].second = "\xff";
    CHECK(message(value).find("x:user is no UTF-8") != std::string::npos);
    auto length = good();
    length.variables[0].second = std::string(4000, 'a');
    CHECK(message(length).find("these are 4013 bytes") != std::string::npos);
}

TEST_CASE("the handshake name is what the caller says")
{
    auto p = good();
    p.urls = "https://a.example";
    CHECK(make_callback(p).value().encode().value().callback_json().find("\"callbackSNI\":true") != std::string::npos);
    p.sni = false;
    CHECK(make_callback(p).value().encode().value().callback_json().find("\"callbackSNI\":false") != std::string::npos);
}

TEST_CASE("URLs of the configuration go with a body that is a literal")
{
    my_vars const vars{"u1"};
    std::string const url = "https://a.example/x";
    auto const made = make_callback(vars, url, R"({"user":${x:user}})", as_json);
    CHECK(made.value().encode().value().callback_var_json() == R"({"x:user":"u1"})");
    auto const alone = make_callback(url, "object=${object}");
    CHECK(alone.value().encode().value().callback_json().find("\"callbackSNI\":true") != std::string::npos);
}

TEST_CASE("URLs of the configuration are checked")
{
    my_vars const vars{"u1"};
    CHECK(make_callback(vars, "http://[::1]/", "u=${x:user}").error() == errc::invalid_callback);
    CHECK(make_callback("", "u=1").error().message() == "there is no callback URL; the service takes one to five");
}

TEST_CASE("values that cannot be sent fail when the callback is made")
{
    my_vars const vars{std::string(4000, 'a')};
    CHECK(make_callback(vars, "http://a.example", "u=${x:user}").error() == errc::invalid_callback);
}
