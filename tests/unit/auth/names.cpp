#include <ossify/auth/names.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace ossify;

TEST_CASE("bucket names of 3 to 63 small letters, digits and hyphens are accepted")
{
    for (std::string const& name :
         {std::string("abc"), std::string("0-9"), std::string("my-bucket-1"), std::string(63, 'a')})
        CHECK(check_bucket_name(name).has_value());
}

TEST_CASE("a refused bucket name comes with the rule that it breaks")
{
    CHECK(check_bucket_name("").error().message() == "the bucket name is empty");
    CHECK(check_bucket_name("ab").error().message() == "the bucket name \"ab\" must have 3 to 63 characters");
    CHECK(check_bucket_name("My-bucket").error().message() ==
          "the bucket name \"My-bucket\" may hold only a-z, 0-9 and hyphens");
    CHECK(check_bucket_name("a.b.c").error() == errc::invalid_argument);
    CHECK(check_bucket_name("a_b").error() == errc::invalid_argument);
    CHECK(check_bucket_name("-abc").error().message() ==
          "the bucket name \"-abc\" must begin and end with a letter or digit");
    CHECK(check_bucket_name("abc-").error() == errc::invalid_argument);
    CHECK(check_bucket_name(std::string(64, 'a')).error() == errc::invalid_argument);
}

TEST_CASE("object keys of 1 to 1023 bytes are accepted")
{
    for (std::string const& key : {std::string("a"), std::string("a//b"), std::string("../x"),
                                   std::string("\xe7\x9b\xae"), std::string(1023, 'k')})
        CHECK(check_object_key(key).has_value());
}

TEST_CASE("a refused object key comes with the rule that it breaks")
{
    CHECK(check_object_key("").error().message() == "the object key is empty");
    CHECK(check_object_key("/a").error().message() == "the object key must not begin with /");
    CHECK(check_object_key("\\a").error().message() == "the object key must not begin with \\");
    CHECK(check_object_key(std::string(1024, 'k')).error().message() ==
          "the object key has 1024 bytes; at most 1023 are allowed");
}
