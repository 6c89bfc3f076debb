#include <ossify/multipart/upload_state.hpp>

#include <doctest/doctest.h>

using namespace ossify;
using step = upload_state::step;

namespace {

constexpr std::uint64_t size = 100 * 1024;

upload_state three_parts(unsigned parallel = 2)
{
    return upload_state(part_plan::make(3 * size, size).value(), parallel_limit(1, parallel));
}

part receipt(unsigned number, std::uint64_t bytes = size) { return part(number, "E", bytes, 1); }

}  // namespace

TEST_CASE("parts are handed out in order, as many at once as allowed")
{
    auto state = three_parts();
    CHECK(state.next().span == part_span{1, 0, size});
    CHECK(state.next().span == part_span{2, size, size});
    CHECK(state.next().what == step::wait);
    state.stored(receipt(1));
    CHECK(state.next().span == part_span{3, 2 * size, size});
    CHECK(state.next().what == step::finished);
}

TEST_CASE("parts that the service has already are passed over")
{
    auto state = three_parts();
    CHECK(state.adopt(receipt(2)));
    CHECK(state.next().span.number == 1);
    CHECK(state.next().span.number == 3);
    CHECK(state.next().what == step::finished);
    CHECK(state.stored_count() == 1);
}

TEST_CASE("a part of another size or number, or a second time, is not adopted")
{
    auto state = three_parts();
    CHECK_FALSE(state.adopt(receipt(1, size - 1)));
    CHECK_FALSE(state.adopt(receipt(0)));
    CHECK_FALSE(state.adopt(receipt(4)));
    CHECK(state.adopt(receipt(1)));
    CHECK_FALSE(state.adopt(receipt(1)));
}

TEST_CASE("the receipts come back in order of their numbers")
{
    auto state = three_parts(3);
    (void)state.next();
    (void)state.next();
    (void)state.next();
    state.stored(receipt(3));
    state.stored(receipt(1));
    auto const parts = state.parts();
    REQUIRE(parts.size() == 2);
    CHECK(parts[0].number == 1);
    CHECK(parts[1].number == 3);
}

TEST_CASE("once stopped nothing is handed out")
{
    auto state = three_parts();
    state.stop();
    CHECK(state.next().what == step::finished);
    CHECK(state.stopped());
}

TEST_CASE("a part that was given back frees its place and its number")
{
    auto state = three_parts(1);
    (void)state.next();
    CHECK(state.next().what == step::wait);
    state.given_back();
    CHECK(state.next().span.number == 1);
}

TEST_CASE("an object is complete when every part is stored")
{
    auto state = three_parts(3);
    for (unsigned number : {1U, 2U, 3U}) {
        CHECK_FALSE(state.complete());
        (void)state.next();
        state.stored(receipt(number));
    }
    CHECK(state.complete());
}

TEST_CASE("a stream is complete when it has ended and every part that was begun is stored")
{
    upload_state state(growing_plan::make(size).value(), parallel_limit(1, 4));
    for (int i = 0; i != 3; ++i)
        (void)state.next();
    state.stored(receipt(2));
    CHECK_FALSE(state.complete());
    state.end_of_stream();
    state.given_back();  // nothing came after the second part
    CHECK_FALSE(state.complete());
    state.stored(receipt(1));
    CHECK(state.complete());
}

TEST_CASE("throttling lowers how many parts are under way")
{
    auto state = three_parts(2);
    CHECK(state.next().what == step::send);
    state.throttled(state.limit().era());
    CHECK(state.limit().value() == 1);
    CHECK(state.next().what == step::wait);
    state.stored(receipt(1));
    CHECK(state.next().what == step::send);
}

TEST_CASE("a stream's parts are begun until its end")
{
    upload_state state(growing_plan::make(size).value(), parallel_limit(1, 4));
    CHECK(state.next().span == part_span{1, 0, size});
    CHECK(state.next().span == part_span{2, 0, size});
    state.end_of_stream();
    CHECK(state.next().what == step::finished);
}

TEST_CASE("a stream has no more than 10,000 parts")
{
    upload_state state(growing_plan::make(size).value(), parallel_limit(1, 1));
    for (unsigned number = 1; number <= max_part_number; ++number) {
        auto const task = state.next();
        REQUIRE(task.span.number == number);
        state.stored(receipt(number, task.span.bytes));
    }
    CHECK(state.next().what == step::finished);
    CHECK(state.parts().size() == max_part_number);
}
