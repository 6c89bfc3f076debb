#include <ossify/callback/limits.hpp>
#include <ossify/callback/make_callback.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace ossify;

TEST_CASE("the length of the parameters is known without building them")
{
    callback_parameters parameters;
    parameters.urls = "https://app.example.com/x;http://b.example";
    parameters.host = "h.example:81";
    parameters.body = "{\"a\\\"\\u00e9\\n\":${object},\t\"b\":\n[${size}]}";
    parameters.body_type = callback_body_type::json;
    for (std::optional<bool> const sni : {std::optional<bool>(true), std::optional<bool>(false)}) {
        parameters.sni = sni;
        auto const encoded = make_callback(parameters).value().encode().value();
        CHECK(encoded.callback_json().size() == detail::parameters_length(parameters.urls.size(), parameters.host,
                                                                          parameters.body, parameters.body_type, sni));
    }
}

TEST_CASE("without host and handshake name the length is known too")
{
    callback_parameters parameters;
    parameters.urls = "http://b.example";
    parameters.body = "a=${object}\x01\x1f\b\f\r";
    auto const encoded = make_callback(parameters).value().encode().value();
    CHECK(encoded.callback_json().size() ==
          detail::parameters_length(parameters.urls.size(), {}, parameters.body, parameters.body_type, {}));
}

TEST_CASE("the limit is met exactly")
{
    callback_parameters parameters;
    parameters.urls = "http://b.example";
    parameters.body = "a";
    auto const base = make_callback(parameters).value().encode().value().callback_json().size();
    parameters.body = std::string(detail::longest_json - base + 1, 'a');
    auto const longest = make_callback(parameters);
    CHECK(longest.value().encode().value().callback_base64().size() == callback_base64_limit);
    parameters.body += 'a';
    auto const too_long = make_callback(parameters);
    CHECK(too_long.error() == errc::invalid_callback);
    CHECK(too_long.error().message().find("5 KB") != std::string::npos);
}
