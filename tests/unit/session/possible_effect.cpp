#include <ossify/session/possible_effect.hpp>

#include <doctest/doctest.h>

using namespace ossify;

TEST_CASE("what was never sent has no effect")
{
    possible_effect effect;
    CHECK_FALSE(effect.possible());
    CHECK_FALSE(effect.was_possible());
    effect.found_nothing(true);
    CHECK_FALSE(effect.possible());
}

TEST_CASE("an attempt that has ended is settled by what is found, one that nobody waited for may come yet")
{
    for (int const ending : {0, 1, 2}) {
        CAPTURE(ending);
        possible_effect effect;
        if (ending == 0)
            effect.answered_unclearly();
        else if (ending == 1)
            effect.lost();
        else
            effect.not_awaited();
        CHECK(effect.possible());
        CHECK(effect.unanswered() == (ending != 0));
        effect.found_nothing(false);
        CHECK(effect.possible() == (ending != 0));
        effect.found_nothing(true);
        CHECK(effect.possible() == (ending == 2));
        CHECK(effect.was_possible());
        effect.settle();
        CHECK_FALSE(effect.possible());
        CHECK(effect.was_possible());
    }
}

TEST_CASE("the least certain attempt counts")
{
    possible_effect effect;
    effect.not_awaited();
    effect.answered_unclearly();
    effect.lost();
    effect.found_nothing(true);
    CHECK(effect.unanswered());
}
