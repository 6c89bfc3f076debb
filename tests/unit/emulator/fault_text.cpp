#include <ossify/emulator/fault_text.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace ossify;
using namespace ossify::emulation;
using namespace std::chrono_literals;

namespace {

fault_effects effects(std::string_view text, fault_facts const& facts = fault_facts(operation::put_object, 0, 1000))
{
    fault_plan plan;
    add_faults(plan, text).value();
    return plan.decide(facts);
}

std::string refused(std::string_view text)
{
    fault_plan plan;
    auto const done = add_faults(plan, text);
    return done ? "accepted" : done.error().message();
}

}  // namespace

TEST_CASE("every action can be written")
{
    CHECK(effects("delay=200ms").delay == 200ms);
    CHECK(effects("delay=2s").delay == 2000ms);
    CHECK(effects("bandwidth=1M").bandwidth == 1 << 20);
    CHECK(effects("reset=64K").reset_after == 64 * 1024);
    CHECK(effects("reset").reset_after.value() < 1000);
    CHECK(effects("status=500").error->code == "InternalError");
    CHECK(effects("status=503/TotalQpsLimitExceeded,qos-delay=500ms").error->code == "TotalQpsLimitExceeded");
    CHECK(effects("status=503,qos-delay=500ms").qos_delay == 500ms);
    CHECK(effects("lost-answer").lose_answer);
    CHECK(effects("wrong-crc").wrong_crc);
    CHECK(effects("wrong-etag").wrong_etag);
    CHECK(effects("truncated").truncate);
    CHECK(effects("malformed").malform);
    CHECK(effects("slow-headers=1s").slow_headers == 1000ms);
    CHECK(effects("clock=-20m").clock_offset == -20min);
    CHECK(effects("clock=+1h").clock_offset == 1h);
}

TEST_CASE("every failure of a callback can be written")
{
    for (std::string const word : {"502", "timeout", "no-connection", "slow", "not-json", "no-length", "bad-length",
                                   "too-long", "image", "throttled"})
        CHECK_FALSE(effects("callback=" + word).callback.value().message.empty());
}

TEST_CASE("rules are divided by semicolons and have their own conditions")
{
    std::string_view const text = "on=upload_part,part=2,lost-answer; on=PutObject,once,wrong-crc; seed=3;";
    CHECK(effects(text, fault_facts(operation::upload_part, 2, 10)).lose_answer);
    CHECK_FALSE(effects(text, fault_facts(operation::upload_part, 1, 10)).lose_answer);
    CHECK(effects(text).wrong_crc);
}

TEST_CASE("chances are percentages or fractions")
{
    CHECK_FALSE(effects("chance=0,lost-answer").lose_answer);
    CHECK(effects("chance=100%,lost-answer").lose_answer);
    CHECK(effects("chance=1,lost-answer").lose_answer);
    CHECK(refused("chance=101%,lost-answer") != "accepted");
    CHECK(refused("chance=2,lost-answer") != "accepted");
}

TEST_CASE("what cannot be read is named")
{
    for (std::string const item : {"on=nothing", "part=0", "part=10001", "nth=0", "times=x", "once=1", "seed=-1",
                                   "delay=fast", "delay=5y", "reset=1T", "status=200", "status=abc", "lost-answer=1",
                                   "callback=maybe", "explode"})
        CHECK(refused(item + ",delay=1s").find('"' + item + '"') != std::string::npos);
}

TEST_CASE("a rule that does nothing is a mistake")
{
    CHECK(refused("on=put_object").find("does nothing") != std::string::npos);
    CHECK(refused("") == "accepted");
    CHECK(refused("seed=1") == "accepted");
}
