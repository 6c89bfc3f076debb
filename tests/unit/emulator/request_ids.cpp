#include <ossify/emulator/request_ids.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <set>
#include <string>

using ossify::emulation::request_ids;

TEST_CASE("request ids are 24 upper-case hexadecimal digits")
{
    request_ids ids;
    for (int i = 0; i != 100; ++i) {
        std::string const id = ids.next();
        CHECK(id.size() == 24);
        CHECK(id.find_first_not_of("0123456789ABCDEF") == id.npos);
    }
}

TEST_CASE("no request id comes twice, also not from another emulator")
{
    request_ids a;
    request_ids b;
    std::set<std::string> seen;
    for (int i = 0; i != 50'000; ++i) {
        seen.insert(a.next());
        seen.insert(b.next());
    }
    CHECK(seen.size() == 100'000);
}

TEST_CASE("request ids that follow each other look nothing alike")
{
    request_ids ids;
    std::string const first = ids.next().substr(8);
    std::string const second = ids.next().substr(8);
    std::size_t same = 0;
    for (std::size_t i = 0; i != first.size(); ++i)
        same += first[i] == second[i];
    CHECK(same < 10);
}
