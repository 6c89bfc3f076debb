#include <ossify/emulator/fault_plan.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

using namespace ossify::emulation;

namespace {

fault_facts part(unsigned number) { return fault_facts(operation::upload_part, number, 1000); }
fault_facts put() { return fault_facts(operation::put_object, 0, 1000); }

}  // namespace

TEST_CASE("a plan without rules lets everything pass")
{
    fault_plan plan;
    CHECK(to_string(plan.decide(put())).empty());
}

TEST_CASE("a rule hits its operation and its part alone")
{
    fault_plan plan;
    auto rule = plan.on(operation::upload_part).part(3).reset_after(1 << 20);
    CHECK_FALSE(plan.decide(part(2)).reset_after);
    CHECK_FALSE(plan.decide(put()).reset_after);
    CHECK(plan.decide(part(3)).reset_after == 1 << 20);
    CHECK(rule.fired() == 1);
}

TEST_CASE("a rule may be spent after one request")
{
    fault_plan plan;
    plan.on(operation::put_object).lost_answer().once();
    CHECK(plan.decide(put()).lose_answer);
    CHECK_FALSE(plan.decide(put()).lose_answer);
}

TEST_CASE("a rule may wait for the n-th request that fits")
{
    fault_plan plan;
    plan.on(operation::put_object).nth(3).wrong_crc();
    CHECK_FALSE(plan.decide(put()).wrong_crc);
    CHECK_FALSE(plan.decide(part(1)).wrong_crc);
    CHECK_FALSE(plan.decide(put()).wrong_crc);
    CHECK(plan.decide(put()).wrong_crc);
    CHECK_FALSE(plan.decide(put()).wrong_crc);
}

TEST_CASE("chance is seeded: the same seed gives the same faults, another one others")
{
    auto const faults = [](std::uint64_t seed) {
        fault_plan plan;
        plan.seed(seed);
        plan.on_any().probability(0.1).status(503);
        std::string out;
        for (int i = 0; i != 1000; ++i)
            out += plan.decide(put()).error ? 'x' : '.';
        return out;
    };
    CHECK(faults(7) == faults(7));
    CHECK(faults(7) != faults(8));
    auto const all = faults(7);
    auto const hits = std::count(all.begin(), all.end(), '.');
    CHECK(hits > 850);
    CHECK(hits < 950);
}

TEST_CASE("effects of several rules add up, and the first error counts")
{
    fault_plan plan;
    plan.on_any().delay(std::chrono::milliseconds(10)).status(500);
    plan.on_any().delay(std::chrono::milliseconds(5)).status(503).wrong_etag();
    auto const e = plan.decide(put());
    CHECK(e.delay == std::chrono::milliseconds(15));
    CHECK(e.error->code == "InternalError");
    CHECK(e.wrong_etag);
}

TEST_CASE("a reset anywhere lies within the body")
{
    fault_plan plan;
    plan.on_any().reset_anywhere();
    for (int i = 0; i != 100; ++i)
        CHECK(plan.decide(part(1)).reset_after.value() < 1000);
    CHECK(plan.decide(fault_facts(operation::put_object, 0, 0)).reset_after == 0);
}

TEST_CASE("a cleared plan is harmless")
{
    fault_plan plan;
    plan.on_any().lost_answer();
    CHECK_FALSE(plan.empty());
    plan.clear();
    CHECK(plan.empty());
    CHECK_FALSE(plan.decide(put()).lose_answer);
}
