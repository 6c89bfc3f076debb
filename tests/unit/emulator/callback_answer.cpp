#include <ossify/emulator/callback_answer.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace ossify;
using namespace ossify::emulation;

namespace {

http::response_head answer(unsigned status, std::optional<std::string> length)
{
    http::response_head head(status);
    if (length)
        head.headers.append("Content-Length", *length);
    return head;
}

std::string judged(http::response_head const& head)
{
    auto const verdict = judge_head(head, 1 << 20);
    return verdict ? verdict->message + "|" + verdict->ec : "fit";
}

std::string judged(std::string body)
{
    auto const verdict = judge_body(std::move(body));
    return verdict.delivered ? "accepted" : verdict.message + "|" + verdict.ec;
}

}  // namespace

TEST_CASE("only status 200 will do")
{
    CHECK(judged(answer(200, "2")) == "fit");
    for (unsigned const status : {201U, 204U, 301U, 400U, 403U, 404U, 502U})
        CHECK(judged(answer(status, "2")) == "Error status : " + std::to_string(status) + ".|0007-00000203");
}

TEST_CASE("the answer's length must be given, positive and within bounds")
{
    CHECK(judged(answer(200, std::nullopt)) == "Error Status : 400.User server missing content-length.|");
    CHECK(judged(answer(200, "0")) == "Error Status : 400.User server return invalid conent-length value.|");
    CHECK(judged(answer(200, "1048576")) == "fit");
    CHECK(judged(answer(200, "1048577")) == "Error Status : 400.User server return too long content-length value.|");
}

TEST_CASE("the body must be JSON without a byte order mark")
{
    CHECK(judged("{\"a\":1}") == "accepted");
    CHECK(judged("\"text\"") == "accepted");
    for (std::string const text : {"<html></html>", "\xef\xbb\xbf{}", "{a:1}", "ok", "{} {}"})
        CHECK(judged(text) == "Response body is not valid json format.|0007-00000205");
}

TEST_CASE("a head that is refused for its length is told from one that is not HTTP")
{
    std::string const bad_length = "Error Status : 400.User server return invalid conent-length value.";
    CHECK(judge_refused_head("HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\n").message == bad_length);
    CHECK(judge_refused_head("HTTP/1.1 200 OK\r\nContent-Length: abc\r\n\r\n").message == bad_length);
    CHECK(judge_refused_head("SSH-2.0-OpenSSH\r\n").message == "Error status : 502.");
    CHECK(judge_refused_head("").message == "Error status : 502.");
    CHECK(judge_refused_head("HTTP/1.1 200 OK\r\nX\r\n\r\nContent-Length: -1").message == "Error status : 502.");
}

TEST_CASE("the messages about time and connections")
{
    CHECK(verdicts::no_reply("192.0.2.7", 8080, std::chrono::seconds(5)).message ==
          "Error status : -1 192.0.2.7:8080 reply timeout, cost:5000ms, timeout:5000ms (err -4, errno115)");
    CHECK(verdicts::no_connection().message ==
          "Error status : -1.OSS can not connect to your callbackUrl, please check it.");
    CHECK(verdicts::too_slow().ec == "0007-00000202");
    CHECK(verdicts::no_image().message == "Get image info failed.");
    CHECK(verdicts::throttled().message == "Too many callback requests.");
}
