#include <ossify/receiver/callback_reply.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace ossify;
using detail::answer_with;

namespace {

struct small_reply {
    std::string id;
};
BOOST_DESCRIBE_STRUCT(small_reply, (), (id))

}  // namespace

TEST_CASE("a reply is answered as JSON, escaped")
{
    auto const answer = answer_with(small_reply{"a\"b\n"});
    CHECK(answer.status == 200);
    CHECK(answer.text == R"({"id":"a\"b\n"})");
    CHECK(answer.reason.empty());
}

TEST_CASE("a reply of the longest length is sent, one byte more is not")
{
    std::string const text(detail::longest_callback_answer - std::string(R"({"id":""})").size(), 'a');
    CHECK(answer_with(small_reply{text}).status == 200);
    CHECK(answer_with(small_reply{text + 'a'}).status == 500);
}

TEST_CASE("a result with a reply is the reply, one with a refusal the refusal")
{
    callback_result<small_reply> const good = small_reply{"1"};
    callback_result<small_reply> const bad = callback_refusal(403, "not yours");
    CHECK(answer_with(good).text == R"({"id":"1"})");
    CHECK(answer_with(bad).status == 403);
    CHECK(answer_with(bad).reason == "not yours");
    CHECK(answer_with(bad).text == R"({"error":"refused by the application"})");
}

TEST_CASE("a refusal without a reason has one in the log")
{
    callback_result<small_reply> const bad = callback_refusal(500);
    CHECK_FALSE(answer_with(bad).reason.empty());
}

TEST_CASE("a refusal never has the status of a success")
{
    for (unsigned const status : {0u, 100u, 200u, 204u, 302u, 399u, 600u}) {
        callback_result<small_reply> const bad = callback_refusal(status, "no");
        CHECK(answer_with(bad).status == 500);
    }
}
