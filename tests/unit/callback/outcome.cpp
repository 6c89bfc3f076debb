#include <ossify/callback/outcome.hpp>

#include <doctest/doctest.h>

#include <boost/describe/class.hpp>

#include <sstream>
#include <string>

using namespace ossify;

namespace {

struct photo_reply {
    std::string photo_id;
    int width = 0;
    json::value details;
};
BOOST_DESCRIBE_STRUCT(photo_reply, (), (photo_id, width, details))

callback_outcome<photo_reply> delivered(std::string body)
{
    return callback_outcome<photo_reply>(callback_outcome<>::delivered_with(std::move(body)));
}

}  // namespace

TEST_CASE("by default no callback was requested")
{
    callback_outcome<> const outcome;
    CHECK(outcome.status() == callback_status::not_requested);
    CHECK_FALSE(outcome.requested());
    CHECK_FALSE(outcome.delivered());
    CHECK_FALSE(outcome.failed());
    CHECK_FALSE(outcome.unknown());
    CHECK(outcome.body().empty());
}

TEST_CASE("a delivered one keeps the answer byte for byte")
{
    auto const outcome = callback_outcome<>::delivered_with("{\"a\":1}\n");
    CHECK(outcome.requested());
    CHECK(outcome.delivered());
    CHECK(outcome.body() == "{\"a\":1}\n");
    CHECK_FALSE(outcome.failure().code());
}

TEST_CASE("a failed one says why")
{
    auto const outcome = callback_outcome<>::failed_because(failure(errc::callback_failed, "Error status : 502."));
    CHECK(outcome.requested());
    CHECK(outcome.failed());
    CHECK_FALSE(outcome.delivered());
    CHECK(outcome.failure() == condition::callback_failed);
    std::ostringstream out;
    out << outcome.failure();
    CHECK(out.str() == "the object is stored, but its callback failed: Error status : 502.");
}

TEST_CASE("an unknown one is neither delivered nor failed")
{
    auto const outcome = callback_outcome<>::unknown_because(failure(errc::connection_closed));
    CHECK(outcome.unknown());
    CHECK(outcome.requested());
    CHECK_FALSE(outcome.delivered());
    CHECK_FALSE(outcome.failed());
}

TEST_CASE("a typed one reads the answer")
{
    auto const outcome = delivered(R"({"photo_id":"p1","width":"640","more":[]})");
    auto const reply = outcome.reply();
    CHECK(reply.value().photo_id == "p1");
    CHECK(reply.value().width == 640);
    CHECK(outcome.body() == R"({"photo_id":"p1","width":"640","more":[]})");
}

TEST_CASE("a reply keeps nothing of the memory it was read in, be the answer short or long")
{
    for (std::size_t const length : {3, 100'000}) {
        std::string const text(length, 'x');
        auto const outcome = delivered(R"({"photo_id":")" + text + R"(","details":{"more":[")" + text + R"("]}})");
        auto const reply = outcome.reply().value();
        (void)delivered(R"({"photo_id":"other","details":{"more":["other"]}})").reply();
        CHECK(reply.photo_id == text);
        CHECK(reply.details.at("more").at(0).as_string() == text);
        CHECK(*reply.details.storage() == *json::storage_ptr());
    }
}

TEST_CASE("an answer that does not fit says so and stays readable as text")
{
    CHECK(delivered("<html>").reply().error() == errc::malformed_json);
    CHECK(delivered("[]").reply().error() == errc::malformed_json);
    CHECK(delivered(R"({"width":"wide"})").reply().error().message().find("member \"width\"") != std::string::npos);
    CHECK(delivered("<html>").body() == "<html>");
    CHECK(delivered("<html>").delivered());
}

TEST_CASE("without an answer the reply is the reason")
{
    callback_outcome<photo_reply> const failed(callback_outcome<>::failed_because(failure(errc::callback_failed)));
    CHECK(failed.reply().error() == condition::callback_failed);
    CHECK(failed.failed());
    callback_outcome<photo_reply> const none;
    CHECK(none.reply().has_error());
}

TEST_CASE("every status has a word")
{
    CHECK(to_string(callback_status::not_requested) == "not requested");
    CHECK(to_string(callback_status::delivered) == "delivered");
    CHECK(to_string(callback_status::failed) == "failed");
    CHECK(to_string(callback_status::unknown) == "unknown");
}
