#include <ossify/emulator/callback_request.hpp>

#include <ossify/callback/signature.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace ossify;
using namespace ossify::emulation;

namespace {

callback_job make_job()
{
    callback_job job;
    job.body = "bucket=yonghu-test";
    job.bucket = "photos";
    job.account = "42";
    job.request_id = "5CF3E7821AB22D0FDB86704D";
    return job;
}

http::request_head make(callback_job const& job, std::string const& url, codec::private_key const& key)
{
    callback_target const target(url, codec::parse_url(url).value());
    return make_callback_request(job, target, key, "http://127.0.0.1/key.pem",
                                 codec::wall_time(std::chrono::seconds(1'559'488'386)))
        .value();
}

}  // namespace

TEST_CASE("the request has the headers of the captured ones, in their order")
{
    auto const key = codec::private_key::generate_rsa(1024).value();
    auto const head = make(make_job(), "http://app.example.com:23456/index.php?id=1&index=2", key);
    CHECK(head.method == http::method::post);
    CHECK(head.target == "/index.php?id=1&index=2");
    std::string names;
    for (auto const [name, value] : head.headers)
        names.append(name).append(" ");
    CHECK(names == "Host Connection Content-Length Authorization Content-MD5 Content-Type Date User-Agent "
                   "x-oss-additional-headers x-oss-bucket x-oss-owner x-oss-pub-key-url x-oss-request-id "
                   "x-oss-requester x-oss-signature-version x-oss-tag ");
    CHECK(head.headers.get("Host") == "app.example.com");
    CHECK(head.headers.get("Connection") == "close");
    CHECK(head.headers.get("Content-Length") == "18");
    CHECK(head.headers.get("Content-Type") == "application/x-www-form-urlencoded");
    CHECK(head.headers.get("Date") == "Sun, 02 Jun 2019 15:13:06 GMT");
    CHECK(head.headers.get("User-Agent") == "aliyun-oss-callback");
    CHECK(head.headers.get("x-oss-pub-key-url") == "aHR0cDovLzEyNy4wLjAuMS9rZXkucGVt");
    CHECK(head.headers.get("x-oss-signature-version") == "1.0");
    CHECK(head.headers.get("x-oss-tag") == "CALLBACK");
}

TEST_CASE("the signature is over the decoded path, the raw query and the body")
{
    auto const key = codec::private_key::generate_rsa(1024).value();
    auto const head = make(make_job(), "http://h/a%20b?c=%20d", key);
    auto const signature = codec::base64_decode(head.headers.get("Authorization")).value();
    auto const open_key = codec::public_key::from_pem(key.public_pem()).value();
    CHECK(open_key.verify_md5("/a b?c=%20d\nbucket=yonghu-test", signature));
    CHECK_FALSE(open_key.verify_md5("/a%20b?c=%20d\nbucket=yonghu-test", signature));
}

TEST_CASE("callbackHost replaces the Host header")
{
    auto job = make_job();
    job.parameters.host = "other.example.com";
    auto const key = codec::private_key::generate_rsa(1024).value();
    CHECK(make(job, "http://127.0.0.1:99/", key).headers.get("Host") == "other.example.com");
}
