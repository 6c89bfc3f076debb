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

TEST_CASE("a moment has the texts of its second and the key of its day")
{
    signing_key_cache keys;
    codec::wall_time const noon(std::chrono::seconds(1702728000));  // 2023-12-16T12:00:00Z
    auto const moment = keys.at(noon, somebody, hangzhou);
    CHECK(moment->http_date == "Sat, 16 Dec 2023 12:00:00 GMT");
    CHECK(moment->timestamp == "20231216T120000Z");
    CHECK(moment->date() == "20231216");
    CHECK(moment->scope_text == "20231216/cn-hangzhou/oss/aliyun_v4_request");
    CHECK(hex(moment->key) == hex(signing_key::derive("sk", "20231216", hangzhou)));
}

TEST_CASE("a moment is kept for its second, its secret and its scope")
{
    signing_key_cache keys;
    codec::wall_time const noon(std::chrono::seconds(1702728000));
    auto const moment = keys.at(noon, somebody, hangzhou);
    CHECK(keys.at(noon, somebody, hangzhou) == moment);
    CHECK(keys.at(noon, credentials("ak", "other"), hangzhou)->key.bytes() != moment->key.bytes());
    CHECK(keys.at(noon, somebody, signing_scope("cn-beijing"))->scope_text != moment->scope_text);
    CHECK(keys.at(noon + std::chrono::seconds(1), somebody, hangzhou)->timestamp == "20231216T120001Z");
    auto const tomorrow = keys.at(noon + std::chrono::hours(24), somebody, hangzhou);
    CHECK(hex(tomorrow->key) == hex(signing_key::derive("sk", "20231217", hangzhou)));
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
