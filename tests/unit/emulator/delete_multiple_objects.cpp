#include <ossify/emulator/delete_multiple_objects.hpp>

#include "emulated.hpp"

#include <ossify/codec/digest.hpp>

#include <doctest/doctest.h>

#include <initializer_list>
#include <string>
#include <string_view>

using namespace ossify;
using tests::count_of;
using tests::element;
using tests::emulated;

namespace {

emulation::reply delete_all(emulated& e, std::string const& body, std::string const& query = "")
{
    auto const md5 = codec::md5(body);
    std::string_view const raw(reinterpret_cast<char const*>(md5.data()), md5.size());
    return e.post("/photos/?delete" + query, body, {{"Content-MD5", tests::base64(raw)}});
}

std::string list(std::string_view quiet, std::initializer_list<std::string_view> keys)
{
    std::string out = "<Delete><Quiet>" + std::string(quiet) + "</Quiet>";
    for (auto const key : keys)
        out.append("<Object><Key>").append(key).append("</Key></Object>");
    return out + "</Delete>";
}

}  // namespace

TEST_CASE("several objects are deleted at once, and each is named")
{
    emulated e;
    for (char const* const key : {"a", "b&c", "d"})
        (void)e.put("/photos/" + codec::percent_encode(key), "abc");
    auto const done = delete_all(e, list("false", {"a", "b&amp;c", "none"}));
    CHECK(done.status == 200);
    CHECK(count_of(done.body, "<Deleted>") == 3);  // what is not there counts as deleted
    CHECK(done.body.find("<Key>b&amp;c</Key>") != std::string::npos);
    CHECK(e.get("/photos/a").status == 404);
    CHECK(e.get("/photos/b%26c").status == 404);
    CHECK(e.get("/photos/d").status == 200);
}

TEST_CASE("a quiet answer has no body")
{
    emulated e;
    (void)e.put("/photos/a", "abc");
    auto const done = delete_all(e, list("true", {"a"}));
    CHECK(done.status == 200);
    CHECK(done.body.empty());
    CHECK(e.get("/photos/a").status == 404);
}

TEST_CASE("keys are percent-encoded when the request asks for it")
{
    emulated e;
    auto const done = delete_all(e, list("false", {"a b/c"}), "&encoding-type=url");
    CHECK(element(done.body, "EncodingType") == "url");
    CHECK(element(done.body, "Key") == "a%20b%2Fc");
}

TEST_CASE("a bad list deletes nothing")
{
    emulated e;
    (void)e.put("/photos/a", "abc");
    CHECK(element(e.post("/photos/?delete", list("false", {"a"})).body, "Code") == "MissingArgument");
    CHECK(element(e.post("/photos/?delete", list("false", {"a"}), {{"Content-MD5", "1B2M2Y8AsgTpgAmY7PhCfg=="}}).body,
                  "Code") == "InvalidDigest");
    CHECK(element(delete_all(e, "<Delete>").body, "Code") == "MalformedXML");
    CHECK(element(delete_all(e, list("false", {})).body, "Code") == "MalformedXML");
    CHECK(element(delete_all(e, "<Delete><Object/></Delete>").body, "Code") == "MalformedXML");
    CHECK(element(delete_all(e, list("false", {"a", "/b"})).body, "Code") == "InvalidObjectName");
    CHECK(element(delete_all(e, "<Delete><Object><Key>a</Key><VersionId>1</VersionId></Object></Delete>").body, "Code") ==
          "NotImplemented");
    std::string many = "<Delete>";
    for (int i = 0; i != 1001; ++i)
        many += "<Object><Key>a</Key></Object>";
    CHECK(element(delete_all(e, many + "</Delete>").body, "Code") == "MalformedXML");
    CHECK(e.get("/photos/a").status == 200);
}

TEST_CASE("an anonymous caller deletes only what everybody may")
{
    auto settings = emulated::open();
    settings.authenticate = true;
    emulated e(std::move(settings));
    CHECK(element(delete_all(e, list("false", {"a"})).body, "Code") == "AccessDenied");
    emulation::bucket_record bucket;
    bucket.name = "photos";
    bucket.acl = "public-read-write";
    (void)e.service.objects.put_bucket(std::move(bucket));
    (void)e.put("/photos/a", "abc");
    (void)e.put("/photos/b", "abc", {{"x-oss-object-acl", "public-read"}});
    auto const done = delete_all(e, list("false", {"a", "b"}));
    CHECK(count_of(done.body, "<Deleted>") == 1);
    CHECK(e.get("/photos/a").status == 404);
    CHECK(e.get("/photos/b").status == 200);
}
