#include <ossify/codec/random.hpp>

#include <doctest/doctest.h>

#include <set>
#include <vector>

using namespace ossify::codec;

TEST_CASE("random text has two upper-case digits a byte")
{
    std::string const id = random_hex_upper(16);
    CHECK(id.size() == 32);
    CHECK(id.find_first_not_of("0123456789ABCDEF") == std::string::npos);
    CHECK(random_hex_upper(0) == "");
}

TEST_CASE("random texts differ")
{
    std::set<std::string> seen;
    for (int i = 0; i != 1000; ++i)
        seen.insert(random_hex_upper(12));
    CHECK(seen.size() == 1000);
}

TEST_CASE("every byte of the memory is filled, the last one too")
{
    // Each round leaves a given byte at zero with probability 1/256.
    std::vector<std::byte> seen(40);
    for (int round = 0; round != 64; ++round) {
        std::vector<std::byte> bytes(seen.size());
        fill_random(bytes);
        for (std::size_t i = 0; i != seen.size(); ++i)
            seen[i] |= bytes[i];
    }
    for (std::byte const b : seen)
        CHECK(b != std::byte{0});
}
