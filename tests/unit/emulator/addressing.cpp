#include <ossify/emulator/addressing.hpp>

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace ossify::emulation;

namespace {

bool is_photos(std::string_view name) { return name == "photos"; }

std::string read(std::string_view host, std::string_view target)
{
    auto const a = read_address(host, target, is_photos);
    if (!a)
        return "refused";
    return (a->style == address_style::path ? "path " : "host ") + a->bucket + " " + a->key;
}

}  // namespace

TEST_CASE("IP addresses, names without a dot and localhost carry the bucket in the path")
{
    CHECK(read("127.0.0.1:9000", "/photos/a/b.jpg") == "path photos a/b.jpg");
    CHECK(read("[::1]:9000", "/photos/a") == "path photos a");
    CHECK(read("localhost", "/photos/a") == "path photos a");
    CHECK(read("LOCALHOST:1", "/photos/a") == "path photos a");
    CHECK(read("emulator:80", "/photos/") == "path photos ");
    CHECK(read("emulator:80", "/photos") == "path photos ");
    CHECK(read("emulator:80", "/") == "path  ");
}

TEST_CASE("the bucket stands before the service's domain and before localhost")
{
    CHECK(read("photos.oss-cn-hangzhou.aliyuncs.com", "/a/b") == "host photos a/b");
    CHECK(read("other.cn-hangzhou.oss.aliyuncs.com", "/a") == "host other a");
    CHECK(read("photos.localhost:9000", "/a") == "host photos a");
    CHECK(read("oss-cn-hangzhou.aliyuncs.com", "/photos/a") == "path photos a");
    CHECK(read("cn-hangzhou.oss.aliyuncs.com", "/photos/a") == "path photos a");
}

TEST_CASE("path style on the service's own domain is noticed")
{
    CHECK(read_address("oss-cn-hangzhou.aliyuncs.com", "/photos/a", is_photos)->on_service_domain);
    CHECK_FALSE(read_address("oss-cn-hangzhou.aliyuncs.com", "/", is_photos)->on_service_domain);
    CHECK_FALSE(read_address("photos.oss-cn-hangzhou.aliyuncs.com", "/a", is_photos)->on_service_domain);
}

TEST_CASE("another name begins with the bucket unless only the path names one")
{
    CHECK(read("photos.example.com", "/a/b") == "host photos a/b");
    CHECK(read("fresh.example.com", "/a/b") == "host fresh a/b");
    CHECK(read("oss.example.com", "/photos/b") == "path photos b");
}

TEST_CASE("keys are decoded once, and plus signs stay")
{
    CHECK(read("localhost", "/photos/a%20b+c%2Fd%2525?x=1") == "path photos a b+c/d%25");
    CHECK(read("photos.localhost", "//a") == "host photos /a");
    CHECK(read("localhost", "/photos/%zz") == "refused");
}

TEST_CASE("an absolute target loses its scheme and host")
{
    CHECK(read("localhost", "http://localhost/photos/a?b") == "path photos a");
    CHECK(read("localhost", "http://localhost") == "path  ");
}

TEST_CASE("bucket names follow the service's rule")
{
    CHECK(is_bucket_name("abc"));
    CHECK(is_bucket_name("a-1"));
    CHECK(is_bucket_name(std::string(63, 'a')));
    CHECK_FALSE(is_bucket_name("ab"));
    CHECK_FALSE(is_bucket_name(std::string(64, 'a')));
    CHECK_FALSE(is_bucket_name("-ab"));
    CHECK_FALSE(is_bucket_name("ab-"));
    CHECK_FALSE(is_bucket_name("aBc"));
    CHECK_FALSE(is_bucket_name("a.c"));
    CHECK_FALSE(is_bucket_name("a_c"));
}
