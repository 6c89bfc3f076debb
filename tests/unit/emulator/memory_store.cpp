#include <ossify/emulator/memory_store.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace ossify;
using namespace ossify::emulation;

namespace {

std::shared_ptr<blob const> keep(store& where, std::string_view text, std::size_t piece, std::uint64_t expected)
{
    auto sink = where.open_sink(expected).value();
    for (; !text.empty(); text.remove_prefix(std::min(piece, text.size())))
        (void)sink->write(std::as_bytes(std::span(text.substr(0, piece)))).value();
    return sink->finish().value();
}

std::string read(blob const& b, std::uint64_t offset, std::size_t bytes)
{
    std::string out(bytes, '?');
    out.resize(b.read_at(offset, std::as_writable_bytes(std::span(out))).value());
    return out;
}

std::string pattern(std::size_t bytes)
{
    std::string out(bytes, '\0');
    for (std::size_t i = 0; i != bytes; ++i)
        out[i] = static_cast<char>(i * 7 + i / 251);
    return out;
}

}  // namespace

TEST_CASE("the memory store gives back what it took, in any pieces")
{
    memory_store s;
    std::string const text = pattern(3'000'001);
    for (std::size_t const piece : {std::size_t{1'000}, std::size_t{262'144}, text.size()})
        for (std::uint64_t const expected : {std::uint64_t{0}, std::uint64_t{text.size()}, std::uint64_t{1} << 60}) {
            auto const b = keep(s, text, piece, expected);
            CHECK(b->size() == text.size());
            CHECK(read(*b, 0, text.size() + 10) == text);
        }
}

TEST_CASE("the memory store reads ranges across its pieces and stops at the end")
{
    memory_store s;
    std::string const text = pattern(2'500'000);
    auto const b = keep(s, text, 100'000, text.size());
    CHECK(read(*b, 1'048'570, 20) == text.substr(1'048'570, 20));
    CHECK(read(*b, text.size() - 3, 10) == text.substr(text.size() - 3));
    CHECK(read(*b, text.size(), 10).empty());
    CHECK(read(*b, text.size() + 5, 10).empty());
}

TEST_CASE("the discard store counts bytes and has none to give")
{
    discard_store s;
    auto const b = keep(s, pattern(1'000), 100, 0);
    CHECK(b->size() == 1'000);
    CHECK_FALSE(s.keeps_bytes());
    std::byte one{};
    CHECK(b->read_at(0, std::span(&one, 1)).error() == errc::not_supported);
}

TEST_CASE("a content reads its blobs as one")
{
    memory_store s;
    content c;
    c.append(keep(s, "abc", 3, 0));
    c.append(keep(s, "", 1, 0));
    c.append(keep(s, "defg", 2, 0));
    CHECK(c.size() == 7);
    CHECK(c.blobs().size() == 2);
    std::string out(5, '?');
    CHECK(c.read_at(1, std::as_writable_bytes(std::span(out))).value() == 5);
    CHECK(out == "bcdef");
    CHECK(c.read_at(5, std::as_writable_bytes(std::span(out))).value() == 2);
    CHECK(c.read_at(7, std::as_writable_bytes(std::span(out))).value() == 0);
}
