#include <ossify/emulator/object_settings.hpp>

#include "emulated.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace ossify;
using tests::bytes_of;
using tests::count_of;
using tests::element;
using tests::emulated;

namespace {

std::string tagging(std::string const& tags) { return "<Tagging><TagSet>" + tags + "</TagSet></Tagging>"; }
std::string tag(std::string const& key, std::string const& value)
{
    return "<Tag><Key>" + key + "</Key><Value>" + value + "</Value></Tag>";
}

}  // namespace

TEST_CASE("an object's ACL is set and told")
{
    emulated e;
    (void)e.put("/photos/k", "abc");
    CHECK(element(e.get("/photos/k?acl").body, "Grant") == "default");
    CHECK(e.put("/photos/k?acl", "", {{"x-oss-object-acl", "public-read"}}).status == 200);
    auto const told = e.get("/photos/k?acl");
    CHECK(element(told.body, "Grant") == "public-read");
    CHECK(element(told.body, "ID") == e.service.settings.owner);
    CHECK(bytes_of(e.get("/photos/k")) == "abc");
    CHECK(element(e.put("/photos/k?acl", "", {{"x-oss-object-acl", "mine"}}).body, "Code") == "InvalidArgument");
    CHECK(element(e.put("/photos/none?acl", "", {{"x-oss-object-acl", "private"}}).body, "Code") == "NoSuchKey");
    CHECK(element(e.get("/photos/none?acl").body, "Code") == "NoSuchKey");
}

TEST_CASE("the ACL of an object counts more than that of its bucket")
{
    auto settings = emulated::open();
    settings.authenticate = true;
    emulated e(std::move(settings));
    emulation::object_record object;
    object.attributes.acl = "public-read";
    (void)e.service.objects.put_object("photos", "open", std::make_shared<emulation::object_record>(object));
    (void)e.service.objects.put_object("photos", "closed", std::make_shared<emulation::object_record>());
    CHECK(e.get("/photos/open").status == 200);
    CHECK(e.get("/photos/closed").status == 403);
    CHECK(e.put("/photos/open", "abc").status == 403);
    CHECK(e.get("/photos/open?acl").status == 403);  // its owner's business
    CHECK(e.get("/photos/open?tagging").status == 403);
}

TEST_CASE("tags are set, told, counted and taken away")
{
    emulated e;
    (void)e.put("/photos/k", "abc", {{"x-oss-tagging", "a=1&b%2Bc=x%20y"}});
    auto told = e.get("/photos/k?tagging");
    CHECK(count_of(told.body, "<Tag>") == 2);
    CHECK(told.body.find("<Tag><Key>b+c</Key><Value>x y</Value></Tag>") != std::string::npos);
    std::string const before(e.head_of("/photos/k").headers.get("Last-Modified"));
    CHECK(e.put("/photos/k?tagging", tagging(tag("z", "26"))).status == 200);
    CHECK(e.head_of("/photos/k").headers.get("x-oss-tagging-count") == "1");
    CHECK(e.head_of("/photos/k").headers.get("Last-Modified") == before);
    told = e.get("/photos/k?tagging");
    CHECK(element(told.body, "Key") == "z");
    CHECK(element(told.body, "Value") == "26");
    CHECK(e.del("/photos/k?tagging").status == 204);
    CHECK(count_of(e.get("/photos/k?tagging").body, "<Tag>") == 0);
    CHECK_FALSE(e.head_of("/photos/k").headers.contains("x-oss-tagging-count"));
    CHECK(bytes_of(e.get("/photos/k")) == "abc");
}

TEST_CASE("bad tags change nothing")
{
    emulated e;
    (void)e.put("/photos/k", "abc", {{"x-oss-tagging", "a=1"}});
    auto const code = [&](std::string const& body) { return element(e.put("/photos/k?tagging", body).body, "Code"); };
    CHECK(code("") == "MalformedXML");
    CHECK(code("<Tagging/>") == "MalformedXML");
    CHECK(code(tagging(tag("", "1"))) == "InvalidTaggingKey");
    CHECK(code(tagging(tag("a{b", "1"))) == "InvalidTaggingKey");
    CHECK(code(tagging(tag("a", std::string(257, 'v')))) == "InvalidTag");
    CHECK(code(tagging(tag("a", "1") + tag("a", "2"))) == "InvalidArgument");
    std::string many;
    for (char c = 'a'; c <= 'k'; ++c)
        many += tag(std::string(1, c), "1");
    CHECK(code(tagging(many)) == "InvalidArgument");
    CHECK(element(e.get("/photos/k?tagging").body, "Value") == "1");
    CHECK(element(e.put("/photos/none?tagging", tagging(tag("a", "1"))).body, "Code") == "NoSuchKey");
    CHECK(e.del("/photos/none?tagging").status == 404);
}
