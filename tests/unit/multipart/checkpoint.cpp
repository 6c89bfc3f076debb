#include <ossify/multipart/checkpoint.hpp>

#include <doctest/doctest.h>

using namespace ossify;

namespace {

constexpr std::uint64_t size = 100 * 1024;

checkpoint sample()
{
    checkpoint c;
    c.upload = multipart_upload("videos", "2026/cut.mp4", "0004B9895DBBB6EC98E36");
    c.source = "file 2049:131:9:1700000000000000000";
    c.bytes = 3 * size + 9;
    c.part_bytes = size;
    c.shape = "abc";
    c.parts = {part(4, "D", 9, 18446744073709551615ULL), part(2, "B", size, 7)};
    return c;
}

std::string changed(std::string text, std::string const& from, std::string const& to)
{
    auto const at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("a checkpoint is read as it was written, parts in any order")
{
    auto const after = decode_checkpoint(encode_checkpoint(sample()));
    REQUIRE(after.has_value());
    CHECK(*after == sample());
}

TEST_CASE("a checkpoint cut at any byte is refused")
{
    auto const text = encode_checkpoint(sample());
    for (std::size_t length = 0; length != text.size(); ++length)
        CHECK(decode_checkpoint(std::string_view(text).substr(0, length)).has_error());
}

TEST_CASE("a checkpoint with any byte changed is refused, or means the same")
{
    auto const text = encode_checkpoint(sample());
    for (std::size_t i = 0; i != text.size(); ++i) {
        std::string other = text;
        other[i] = static_cast<char>(other[i] ^ 1);
        auto const after = decode_checkpoint(other);
        CHECK((after.has_error() || *after == sample()));
    }
}

TEST_CASE("a damaged checkpoint is told from another file")
{
    auto const text = encode_checkpoint(sample());
    for (std::size_t length = 0; length <= text.size(); ++length)
        CHECK(may_be_checkpoint(text.substr(0, length)));
    CHECK(may_be_checkpoint(std::string(4096, '\0')));
    for (char const* other : {" ", "{}", "{\"a\":1}", "\x89PNG\r\n", "{\"ossify_checkpoin_", "null"})
        CHECK_FALSE(may_be_checkpoint(other));
}

TEST_CASE("a checkpoint says what is wrong with it")
{
    auto const text = encode_checkpoint(sample());
    CHECK(decode_checkpoint("").error().message() == "the checkpoint is damaged");
    CHECK(decode_checkpoint("[1]").error().message() == "the checkpoint is damaged");
    CHECK(decode_checkpoint("{}").error().message() == "the checkpoint is none of ours");
    CHECK(decode_checkpoint(changed(text, "checkpoint\":1", "checkpoint\":2")).error().message() ==
          "the checkpoint is of another version");
    CHECK(decode_checkpoint(changed(text, "\"B\"", "\"C\"")).error().message() == "the checkpoint was changed");
}

TEST_CASE("parts that do not belong to the plan make a checkpoint worthless")
{
    auto const refused = [](auto change) {
        auto c = sample();
        change(c);
        return decode_checkpoint(encode_checkpoint(c)).has_error();
    };
    CHECK_FALSE(refused([](checkpoint&) {}));
    CHECK(refused([](checkpoint& c) { c.parts[0].number = 5; }));
    CHECK(refused([](checkpoint& c) { c.parts[0].number = 0; }));
    CHECK(refused([](checkpoint& c) { c.parts[0].number = 2; }));
    CHECK(refused([](checkpoint& c) { c.parts[0].bytes = 10; }));
    CHECK(refused([](checkpoint& c) { c.parts[0].etag.clear(); }));
    CHECK(refused([](checkpoint& c) { c.parts[0].crc64.reset(); }));
    CHECK(refused([](checkpoint& c) { c.part_bytes = 5; }));
    CHECK(refused([](checkpoint& c) { c.bytes = ~0ULL; }));
    CHECK(refused([](checkpoint& c) { c.upload.upload_id.clear(); }));
}
