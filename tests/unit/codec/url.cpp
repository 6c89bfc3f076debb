#include <ossify/codec/url.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace ossify;
using namespace ossify::codec;

TEST_CASE("a URL is taken apart; path and query stay as written")
{
    url const u = parse_url("https://oss-demo.aliyuncs.com:8443/a//b/../%e4%B8%ad?x=1&x=%2f+&flag").value();
    CHECK(u.scheme == "https");
    CHECK(u.is_https());
    CHECK(u.host == "oss-demo.aliyuncs.com");
    CHECK(u.kind == host_kind::name);
    CHECK(u.port == 8443);
    CHECK(u.path_and_query == "/a//b/../%e4%B8%ad?x=1&x=%2f+&flag");
    CHECK(u.path() == "/a//b/../%e4%B8%ad");
    CHECK(u.query() == "x=1&x=%2f+&flag");
    CHECK_FALSE(u.has_user_info);
    CHECK_FALSE(u.has_fragment);
}

TEST_CASE("a URL without a path has the path slash")
{
    CHECK(parse_url("http://a").value().path_and_query == "/");
    CHECK(parse_url("http://a?b=c").value().path_and_query == "/?b=c");
    CHECK(parse_url("http://a#f").value().path_and_query == "/");
}

TEST_CASE("an empty query differs from none")
{
    CHECK(parse_url("http://a/b?").value().path_and_query == "/b?");
    CHECK(parse_url("http://a/b?").value().query() == "");
    CHECK(parse_url("http://a/b").value().path_and_query == "/b");
}

TEST_CASE("scheme and host lose their case, the rest does not")
{
    url const u = parse_url("HTTP://Example.COM/Path?Q").value();
    CHECK(u.scheme == "http");
    CHECK(u.host == "example.com");
    CHECK(u.path_and_query == "/Path?Q");
}

TEST_CASE("the effective port is that of the scheme when none is given")
{
    CHECK(parse_url("http://a/").value().effective_port() == 80);
    CHECK(parse_url("https://a/").value().effective_port() == 443);
    CHECK(parse_url("https://a:1/").value().effective_port() == 1);
    CHECK(parse_url("https://a/").value().port == 0);
}

TEST_CASE("the Host header names the port unless it is the scheme's own")
{
    CHECK(parse_url("http://a:80/").value().host_header() == "a");
    CHECK(parse_url("http://a:443/").value().host_header() == "a:443");
    CHECK(parse_url("https://[2001:db8::1]:8443/").value().host_header() == "[2001:db8::1]:8443");
}

TEST_CASE("an address as host is told from a name")
{
    url const v4 = parse_url("http://121.43.113.8:23456/index.html").value();
    CHECK(v4.kind == host_kind::ipv4);
    CHECK(v4.is_ip_literal());
    CHECK(v4.host == "121.43.113.8");
    url const v6 = parse_url("http://[::1]/").value();
    CHECK(v6.kind == host_kind::ipv6);
    CHECK(v6.host == "::1");
    CHECK(v6.bracketed_host() == "[::1]");
}

TEST_CASE("a name that begins like an address is a name")
{
    url const u = parse_url("http://1.2.3.4.example.com/x").value();
    CHECK(u.host == "1.2.3.4.example.com");
    CHECK(u.kind == host_kind::name);
    CHECK(u.path_and_query == "/x");
}

TEST_CASE("a host that a resolver takes for an address without looking like one is refused")
{
    for (char const* const text : {"127.1", "2130706433", "0x7f.1", "0x7f000001", "127.0.0.1.", "1.2.3.400", "01.2.3.4",
                                   "1.2.3.4.5", "a.0x10", "a.1"}) {
        CAPTURE(text);
        CHECK(parse_authority(text).error() == errc::malformed_url);
    }
    CHECK(parse_authority("1.2.3.4a").value().kind == host_kind::name);
    CHECK(parse_authority("a.b.").value().host == "a.b.");
}

TEST_CASE("user info and a fragment are noticed, and kept out of the request")
{
    url const u = parse_url("http://user:word@a/b#c").value();
    CHECK(u.has_user_info);
    CHECK(u.has_fragment);
    CHECK(u.host == "a");
    CHECK(u.path_and_query == "/b");
    CHECK(parse_url("http://@a/").value().has_user_info);
}

TEST_CASE("the port is 1 to 65535")
{
    CHECK(parse_url("http://a:1/").value().port == 1);
    CHECK(parse_url("http://a:65535/").value().port == 65535);
    for (char const* const text : {"http://a:0/", "http://a:65536/", "http://a:99999999999999999999/", "http://a:/",
                                   "http://a:-1/", "http://a:8o/", "http://a:+1/", "http://a:80:80/"}) {
        CAPTURE(text);
        CHECK(parse_url(text).error() == errc::malformed_url);
    }
}

TEST_CASE("what is no http URL is refused, with the reason in words")
{
    CHECK(parse_url("ftp://a/").error().message() == "the scheme is neither http nor https");
    CHECK(parse_url("file:///etc/passwd").error().message() == "the scheme is neither http nor https");
    CHECK(parse_url("a/b").error().message() == "no scheme: begin with http:// or https://");
    CHECK(parse_url("//a/b").error().message() == "no scheme: begin with http:// or https://");
    CHECK(parse_url("http:///b").error().message() == "no host");
    CHECK(parse_url("http:b").error() == errc::malformed_url);
    CHECK(parse_url("http://user@/").error().message() == "no host");
    CHECK(parse_url("http://a/b c").error().message() == "a character at byte 10 that must be percent-encoded");
    CHECK(parse_url("").error() == errc::malformed_url);
}

TEST_CASE("characters that must be escaped are refused")
{
    for (char const* const text :
         {"http://a/b c", "http://a/\xe4\xb8\xad", "http://a/{x}", "http://a/\"", "http://a/<", "http://a/b\\c",
          "http://a\r\nHost: b/", "http://a/\r\nX: y", "http://a/?\n", "http://a/#{", " http://a/", "http://a/ ",
          "http://a b/", "http://a|b/", "http://evil\\@good/", "http://a/\x7f"}) {
        CAPTURE(text);
        CHECK(parse_url(text).error() == errc::malformed_url);
    }
    CHECK(parse_url(std::string_view("http://a\0b/", 11)).error() == errc::malformed_url);
}

TEST_CASE("a bad escape, and brackets outside a host, are refused")
{
    for (char const* const text : {"http://a/%2", "http://a/%zz", "http://a/?%", "http://a/["}) {
        CAPTURE(text);
        CHECK(parse_url(text).error() == errc::malformed_url);
    }
}

TEST_CASE("a host that hides a character behind an escape is refused")
{
    for (char const* const text : {"http://a%2fb/", "http://a%00b/", "http://a%0d%0ab/", "http://a%20b/",
                                   "http://a%40b/", "http://%61/", "http://%e4%b8%ad/"}) {
        CAPTURE(text);
        CHECK(parse_url(text).error() == errc::malformed_url);
    }
}

TEST_CASE("a host that is neither a name nor an address is refused")
{
    for (char const* const text :
         {"http://[v1.a]/", "http://[]/", "http://[1.2.3.4]/", "http://[::1]x/", "http://[::1]x80/",
          "http://[::1]x:80/", "http://[fe80::1%25eth0]/", "http://[::1/", "http://::1/", "http://a..b/", "http://.a/",
          "http://./", "http://a,b/", "http://a;b/"}) {
        CAPTURE(text);
        CHECK(parse_url(text).error() == errc::malformed_url);
    }
    CHECK(parse_authority(std::string(255, 'a')).error() == errc::malformed_url);
}

TEST_CASE("an authority is a host with or without a port")
{
    CHECK(parse_authority("localhost:9000").value() == authority{"localhost", host_kind::name, 9000, false});
    CHECK(parse_authority("OSS-cn-hangzhou.aliyuncs.com").value() ==
          authority{"oss-cn-hangzhou.aliyuncs.com", host_kind::name, 0, false});
    CHECK(parse_authority("127.0.0.1:80").value() == authority{"127.0.0.1", host_kind::ipv4, 80, false});
    CHECK(parse_authority("[::1]:80").value() == authority{"::1", host_kind::ipv6, 80, false});
    CHECK(parse_authority("[::1]").value().bracketed_host() == "[::1]");
    CHECK(parse_authority("u@h").value().has_user_info);
}

TEST_CASE("what is no authority is refused")
{
    for (char const* const text :
         {"", ":80", "a/b", "a:b", "a:0", "a:65536", "a?b", "a#b", "http://a", "::1", "a b", "a:80 ", "@", "[", "[]"}) {
        CAPTURE(text);
        CHECK(parse_authority(text).error() == errc::malformed_url);
    }
}
