#include <ossify/session/buffer_pool.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

using namespace ossify;

TEST_CASE("each block begins with a page, and is used again")
{
    buffer_pool pool(10'000, 2);
    std::set<std::byte*> seen;
    for (int turn = 0; turn != 3; ++turn) {
        std::vector<buffer_pool::lease> leases;
        for (int i = 0; i != 2; ++i) {
            leases.push_back(pool.take());
            CHECK(leases.back().bytes().size() == 10'000);
            CHECK(reinterpret_cast<std::uintptr_t>(leases.back().bytes().data()) % 4096 == 0);
            seen.insert(leases.back().bytes().data());
        }
    }
    CHECK(seen.size() == 2);
}
