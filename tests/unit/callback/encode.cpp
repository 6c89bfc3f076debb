#include <ossify/callback/encode.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace ossify;

TEST_CASE("the parameters are JSON in Base64")
{
    auto const encoded = detail::encode_parameters("http://a", "", "o=${object}", callback_body_type::form, {}).value();
    CHECK(
        encoded->json ==
        R"({"callbackUrl":"http://a","callbackBody":"o=${object}","callbackBodyType":"application/x-www-form-urlencoded"})");
    CHECK(codec::base64_decode(encoded->base64).value() == encoded->json);
}

TEST_CASE("host and handshake name are there when they are given")
{
    auto const encoded = detail::encode_parameters("https://a", "h", "1", callback_body_type::json, true).value();
    CHECK(
        encoded->json ==
        R"({"callbackUrl":"https://a","callbackHost":"h","callbackBody":"1","callbackBodyType":"application/json","callbackSNI":true})");
}

TEST_CASE("quotes in a body are escaped")
{
    auto const encoded =
        detail::encode_parameters("http://a", "", R"({"o":${object}})", callback_body_type::json, {}).value();
    CHECK(encoded->json.find(R"("callbackBody":"{\"o\":${object}}")") != std::string::npos);
}

TEST_CASE("variables are texts in the order they are given")
{
    auto const encoded = detail::encode_variables({{"x:b", "\"q\""}, {"x:a", "\xe5\xbc\xa0"}}).value();
    CHECK(encoded->json == "{\"x:b\":\"\\\"q\\\"\",\"x:a\":\"\xe5\xbc\xa0\"}");
    CHECK(encoded->list.size() == 2);
}

TEST_CASE("no variables make no text") { CHECK(detail::encode_variables({}).value() == nullptr); }

TEST_CASE("a value that is no UTF-8 is refused by its name, not by its content")
{
    auto const refused = detail::encode_variables({{"x:a", "secret\xff"}}).error();
    CHECK(refused == errc::invalid_callback);
    CHECK(refused.message().find("x:a") != std::string::npos);
    CHECK(refused.message().find("secret") == std::string::npos);
}

TEST_CASE("variables over the service's limit are refused")
{
    CHECK(detail::encode_variables({{"x:a", std::string(3840 - 10, 'v')}}).value()->base64.size() == 5120);
    CHECK(detail::encode_variables({{"x:a", std::string(3840 - 9, 'v')}}).error() == errc::invalid_callback);
}
