#include <ossify/emulator/perform.hpp>

#include "emulated.hpp"

#include <ossify/auth/signer.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace ossify;
using tests::element;
using tests::emulated;

namespace {

emulation::service_settings guarded()
{
    auto settings = emulated::open();
    settings.authenticate = true;
    settings.keys.add(credentials("id", secret("secret")));
    settings.keys.add(credentials("reader", secret("secret")), true);
    return settings;
}

/// What the service answers to a signed request without a body.
emulation::reply ask_signed(emulated& e, std::string const& id, std::string const& key_secret, http::method method,
                            std::string const& key, signature_version version = signature_version::v4)
{
    auto head = emulated::head(method, "/photos/" + key, {{"Content-Length", "0"}});
    signing_scope const scope("cn-hangzhou");
    request_signer signer(version, scope);
    http::query const query;
    signer.sign(credentials(id, secret(key_secret)), e.service.wall_now(), method, "photos", key, query, head.headers);
    emulation::service_exchange x(e.service, head, {});
    if (x.next() == emulation::service_exchange::step::receive)
        x.received_all();
    return std::move(x.answer());
}

}  // namespace

TEST_CASE("requests signed with either version are accepted")
{
    emulated e(guarded());
    CHECK(ask_signed(e, "id", "secret", http::method::put, "k").status == 200);
    CHECK(ask_signed(e, "id", "secret", http::method::get, "k", signature_version::v1).status == 200);
}

TEST_CASE("a wrong secret gets the text that the service signed")
{
    emulated e(guarded());
    auto const v4 = ask_signed(e, "id", "wrong", http::method::put, "k");
    CHECK(v4.status == 403);
    CHECK(element(v4.body, "Code") == "SignatureDoesNotMatch");
    CHECK(element(v4.body, "StringToSign").starts_with("OSS4-HMAC-SHA256\n"));
    auto const v1 = ask_signed(e, "id", "wrong", http::method::put, "k", signature_version::v1);
    CHECK(element(v1.body, "StringToSign").starts_with("PUT\n"));
    CHECK(e.service.objects.find_object("photos", "k") == nullptr);
}

TEST_CASE("an unknown key and a key that only reads")
{
    emulated e(guarded());
    CHECK(element(ask_signed(e, "nobody", "secret", http::method::put, "k").body, "Code") == "InvalidAccessKeyId");
    CHECK(element(ask_signed(e, "reader", "secret", http::method::put, "k").body, "Code") == "AccessDenied");
    CHECK(ask_signed(e, "id", "secret", http::method::put, "k").status == 200);
    CHECK(ask_signed(e, "reader", "secret", http::method::get, "k").status == 200);
    CHECK(element(ask_signed(e, "reader", "secret", http::method::delete_, "k").body, "Code") == "AccessDenied");
}

TEST_CASE("strangers may what the ACL gives to everybody")
{
    emulated e(guarded());
    CHECK(ask_signed(e, "id", "secret", http::method::put, "k").status == 200);
    CHECK(e.get("/photos/k").status == 403);
    emulation::bucket_record bucket;
    bucket.name = "photos";
    bucket.acl = "public-read";
    (void)e.service.objects.put_bucket(bucket);
    CHECK(e.get("/photos/k").status == 200);
    CHECK(element(e.put("/photos/k", "x").body, "Message").find("bucket acl") != std::string::npos);
    bucket.acl = "public-read-write";
    (void)e.service.objects.put_bucket(bucket);
    CHECK(e.put("/photos/k", "x").status == 200);
    CHECK(e.del("/photos/").status == 403);
}

TEST_CASE("an object's own ACL goes before the bucket's")
{
    emulated e(guarded());
    emulation::bucket_record bucket;
    bucket.name = "photos";
    bucket.acl = "public-read-write";
    (void)e.service.objects.put_bucket(bucket);
    CHECK(e.put("/photos/k", "x", {{"x-oss-object-acl", "private"}}).status == 200);
    CHECK(element(e.get("/photos/k").body, "Message").find("object acl") != std::string::npos);
}

TEST_CASE("the log hears why an unsigned request is refused")
{
    emulated e(guarded());
    CHECK(e.get("/photos/k").reason == "the request is not signed, and the bucket's ACL is private");
    CHECK(e.get("/photos/?acl").reason == "the request is not signed, and this is for the owner only");
}

TEST_CASE("names are checked before anything else")
{
    emulated e(guarded());
    CHECK(element(e.get("/no_bucket/k").body, "Code") == "InvalidBucketName");
    CHECK(element(e.get("/photos//k").body, "Code") == "InvalidObjectName");
    CHECK(element(e.get("/photos/%5Ck").body, "Code") == "InvalidObjectName");
    CHECK(element(e.get("/photos/" + std::string(1024, 'a')).body, "Code") == "InvalidObjectName");
    CHECK(element(e.get("/photos/%zz").body, "Code") == "InvalidArgument");
}

TEST_CASE("a bucket that does not exist is named")
{
    emulated e;
    auto const put = e.put("/nowhere/k", "x");
    CHECK(put.status == 404);
    CHECK(element(put.body, "Code") == "NoSuchBucket");
    CHECK(element(put.body, "BucketName") == "nowhere");
    CHECK(element(put.body, "HostId") == "127.0.0.1");
}

TEST_CASE("an operation that the emulator has not is refused clearly")
{
    emulated e;
    CHECK(element(e.get("/photos/k?versionId=1").body, "Code") == "NotImplemented");
}

TEST_CASE("strict mode refuses path style on the service's domain")
{
    auto settings = emulated::open();
    settings.strict = true;
    emulated e(std::move(settings));
    auto head = emulated::head(http::method::get, "/photos/k", {});
    head.headers.set("Host", "oss-cn-hangzhou.aliyuncs.com");
    emulation::service_exchange x(e.service, head, {});
    CHECK(x.answer().status == 403);
    CHECK(element(x.answer().body, "Code") == "SecondLevelDomainForbidden");
}

TEST_CASE("a body that is text has a limit")
{
    auto settings = emulated::open();
    settings.max_text_bytes = 100;
    emulated e(std::move(settings));
    CHECK(element(e.put("/fresh/", std::string(101, 'x')).body, "Code") == "EntityTooLarge");
}

TEST_CASE("a bucket may be deleted while a body arrives")
{
    emulated e;
    auto const head = emulated::head(http::method::put, "/photos/k", {{"Content-Length", "3"}});
    emulation::service_exchange x(e.service, head, {});
    CHECK(e.del("/photos/").status == 204);
    x.received_all();
    CHECK(x.answer().status == 404);
    CHECK(element(x.answer().body, "Code") == "NoSuchBucket");
}
