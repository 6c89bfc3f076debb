#include <ossify/callback/urls.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace ossify;

namespace {

callback_fault check(std::string_view urls) { return detail::check_urls(urls).fault.kind; }
bool wants_sni(std::string_view urls) { return detail::check_urls(urls).wants_sni; }

}  // namespace

TEST_CASE("one to five URLs are fine")
{
    CHECK(check("http://oss-demo.aliyuncs.com:23450") == callback_fault::none);
    CHECK(check("https://app.example.com/oss/photo?id=1&index=2") == callback_fault::none);
    CHECK(check("http://a/1;http://b/2;http://c/3;http://d/4;http://e/5") == callback_fault::none);
}

TEST_CASE("a missing scheme means http, as in the official examples")
{
    CHECK(check("121.101.166.30/test.php") == callback_fault::none);
    CHECK(check("10.101.166.30:8083/callback.php") == callback_fault::none);
    CHECK_FALSE(wants_sni("app.example.com/x"));
}

TEST_CASE("schemes compare regardless of case")
{
    CHECK(check("HTTPS://app.example.com/") == callback_fault::none);
    CHECK(wants_sni("HTTPS://app.example.com/"));
}

TEST_CASE("none, an empty one and more than five are faults")
{
    CHECK(check("") == callback_fault::no_url);
    CHECK(check("http://a;") == callback_fault::empty_url);
    CHECK(check(";http://a") == callback_fault::empty_url);
    CHECK(check("a;b;c;d;e;f") == callback_fault::too_many_urls);
}

TEST_CASE("other schemes are faults")
{
    CHECK(check("ftp://h/") == callback_fault::url_scheme);
    CHECK(check("://h/") == callback_fault::url_scheme);
    CHECK(check("httpss://h/") == callback_fault::url_scheme);
}

TEST_CASE("a colon and slashes in the query are no scheme")
{
    CHECK(check("a.example/?to=ftp://b") == callback_fault::none);
}

TEST_CASE("hosts must be there and must be names or IPv4 addresses")
{
    CHECK(check("http://") == callback_fault::url_no_host);
    CHECK(check("http:///path") == callback_fault::url_no_host);
    CHECK(check("http://:80/") == callback_fault::url_no_host);
    CHECK(check("/path") == callback_fault::url_no_host);
    CHECK(check("http://a..b/") == callback_fault::url_host);
    CHECK(check("http://a b/") == callback_fault::url_host);
    CHECK(check("http://\xc3\xbc.example/") == callback_fault::url_host);
    CHECK(check("http://256.1.1.1/") == callback_fault::url_host);
    CHECK(check("http://1.2.3/") == callback_fault::url_host);
    CHECK(check("http://" + std::string(64, 'a') + "/") == callback_fault::url_host);
    CHECK(check("http://a/?x=1;y=2") == callback_fault::url_host);
}

TEST_CASE("IPv6 addresses are faults")
{
    CHECK(check("http://[::1]/") == callback_fault::url_ipv6);
    CHECK(check("http://::1/") == callback_fault::url_ipv6);
}

TEST_CASE("user information is a fault, and is not repeated in the message")
{
    auto const fault = detail::check_urls("http://user:pass@h/").fault;
    CHECK(fault.kind == callback_fault::url_user_info);
    CHECK(explain(fault).find("pass") == std::string::npos);
    CHECK(check("http://h/a@b") == callback_fault::none);
}

TEST_CASE("ports are numbers from 1 to 65535")
{
    CHECK(check("http://h:1/") == callback_fault::none);
    CHECK(check("http://h:65535/") == callback_fault::none);
    CHECK(check("http://h:0/") == callback_fault::url_port);
    CHECK(check("http://h:65536/") == callback_fault::url_port);
    CHECK(check("http://h:/") == callback_fault::url_port);
    CHECK(check("http://h:test") == callback_fault::url_port);
    CHECK(check("http://h:-1") == callback_fault::url_port);
    CHECK(check("http:/h") == callback_fault::url_port);
}

TEST_CASE("characters that must be percent-encoded are faults")
{
    CHECK(check("http://h/a%20b") == callback_fault::none);
    CHECK(check("http://h/a b") == callback_fault::url_character);
    CHECK(check("http://h/\xe4\xb8\xad") == callback_fault::url_character);
    CHECK(check("http://h/\"") == callback_fault::url_character);
    CHECK(check("http://h/#top") == callback_fault::url_character);
    CHECK(check("http://h/\n") == callback_fault::url_character);
    CHECK(check("http://h/%") == callback_fault::url_escape);
    CHECK(check("http://h/%2") == callback_fault::url_escape);
    CHECK(check("http://h/%zz") == callback_fault::url_escape);
}

TEST_CASE("a whole character is named, not its first byte")
{
    CHECK(detail::check_urls("http://h/\xe4\xb8\xad").fault.text == "\xe4\xb8\xad");
}

TEST_CASE("variables in URLs are faults")
{
    CHECK(check("http://h/${object}") == callback_fault::url_variable);
    CHECK(check("http://${bucket}/") == callback_fault::url_variable);
}

TEST_CASE("the place of a fault counts from the first URL")
{
    CHECK(detail::check_urls("http://a;ftp://b").fault.position == 9);
}

TEST_CASE("the name in the handshake is wanted for https with a host name only")
{
    CHECK(wants_sni("https://app.example.com/"));
    CHECK(wants_sni("http://a.example;https://app.example.com/"));
    CHECK_FALSE(wants_sni("http://app.example.com/"));
    CHECK_FALSE(wants_sni("https://1.2.3.4/"));
}

TEST_CASE("a Host header is a name or an IPv4 address, with or without a port")
{
    CHECK_FALSE(detail::check_host("app.example.com"));
    CHECK_FALSE(detail::check_host("1.2.3.4:8080"));
    CHECK(detail::check_host("").kind == callback_fault::bad_host);
    CHECK(detail::check_host("http://h").kind == callback_fault::bad_host);
    CHECK(detail::check_host("a\r\nX: y").kind == callback_fault::bad_host);
    CHECK(detail::check_host("[::1]").kind == callback_fault::bad_host);
}

TEST_CASE("several literals are joined by semicolons")
{
    callback_urls const urls("http://a", "http://b;http://c");
    CHECK(urls.to_string() == "http://a;http://b;http://c");
    CHECK(urls.size() == urls.to_string().size());
}
