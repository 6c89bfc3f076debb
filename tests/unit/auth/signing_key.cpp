#include <ossify/auth/signing_key.hpp>

#include "vectors.hpp"

#include <doctest/doctest.h>

#include <string>
#include <thread>
#include <vector>

using namespace ossify;
using testing_support::vectors_of;

namespace {

credentials const somebody("ak", "sk");
signing_scope const hangzhou("cn-hangzhou");

std::string hex(signing_key const& key) { return codec::hex_encode_lower(key.bytes()); }

}  // namespace

TEST_CASE("every published signing key is derived")
{
    for (auto const& vector : vectors_of("v4_header")) {
        CAPTURE(vector.id());
        signing_scope const scope(vector.input("region"), vector.input("product"));
        auto const key =
            signing_key::derive(secret(vector.input("access_key_secret")), vector.expect("scope").substr(0, 8), scope);
        CHECK(hex(key) == vector.expect("signing_key_hex"));
    }
}

TEST_CASE("a cache gives the key that is derived")
{
    signing_key_cache keys;
    std::string const derived = hex(signing_key::derive("sk", "20231216", hangzhou));
    CHECK(hex(keys.get(somebody, "20231216", hangzhou)) == derived);
    CHECK(hex(keys.get(somebody, "20231216", hangzhou)) == derived);
    CHECK(keys.size() == 1);
}

TEST_CASE("secret, day, region and product each have a key of their own")
{
    signing_key_cache keys;
    std::string const base = hex(keys.get(somebody, "20231216", hangzhou));
    CHECK(hex(keys.get(credentials("ak", "other"), "20231216", hangzhou)) != base);
    CHECK(hex(keys.get(somebody, "20231217", hangzhou)) != base);
    CHECK(hex(keys.get(somebody, "20231216", signing_scope("cn-beijing"))) != base);
    CHECK(hex(keys.get(somebody, "20231216", signing_scope("cn-hangzhou", "oss-cloudbox"))) != base);
    CHECK(keys.size() == 5);
}

TEST_CASE("two ids with one secret share a key")
{
    signing_key_cache keys;
    keys.get(somebody, "20231216", hangzhou);
    keys.get(credentials("other id", "sk"), "20231216", hangzhou);
    CHECK(keys.size() == 1);
}

TEST_CASE("a full cache drops the key unused for longest and stays right")
{
    signing_key_cache keys(2);
    std::string const first = hex(keys.get(somebody, "20230101", hangzhou));
    keys.get(somebody, "20230102", hangzhou);
    keys.get(somebody, "20230101", hangzhou);
    keys.get(somebody, "20230103", hangzhou);
    CHECK(keys.size() == 2);
    CHECK(hex(keys.get(somebody, "20230101", hangzhou)) == first);
    CHECK(hex(keys.get(somebody, "20230102", hangzhou)) == hex(signing_key::derive("sk", "20230102", hangzhou)));
}

TEST_CASE("a cache can be used from several threads")
{
    signing_key_cache keys(2);
    std::string const wanted[] = {hex(signing_key::derive("sk", "20230100", hangzhou)),
                                  hex(signing_key::derive("sk", "20230101", hangzhou)),
                                  hex(signing_key::derive("sk", "20230102", hangzhou))};
    std::vector<int> wrong(4, 0);
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t != wrong.size(); ++t)
        threads.emplace_back([&, t] {
            for (std::size_t i = 0; i != 300; ++i) {
                auto const day = (i + t) % 3;
                wrong[t] += hex(keys.get(somebody, "2023010" + std::to_string(day), hangzhou)) != wanted[day];
            }
        });
    for (auto& thread : threads)
        thread.join();
    CHECK(wrong == std::vector<int>(4, 0));
}
