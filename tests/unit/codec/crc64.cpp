#include <ossify/codec/crc64.hpp>
#include <ossify/codec/hex.hpp>

#include "vectors.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <random>
#include <span>
#include <string>
#include <vector>

using namespace ossify;
using namespace ossify::testing_support;

static_assert(crc64_combine(0, 0, 0) == 0);
static_assert(crc64_combine(11051210869376104954u, 2871916124362751090u, 49) == 7672622622872733320u);
static_assert(crc64_combine(11051210869376104954u, 2871916124362751090u, 48) != 7672622622872733320u);

namespace {

std::uint64_t decimal(std::string const& text) { return std::stoull(text); }

/// The bytes of a vector: given in hexadecimal, or by the one rule that the file uses.
std::string bytes_of(test_vector const& vector)
{
    if (vector.inputs().at("data_hex").is_string())
        return codec::hex_decode(vector.input("data_hex")).value();
    REQUIRE(vector.input("data_rule") == "byte i = i mod 256, 1048576 bytes");
    std::string out(1048576, '\0');
    for (std::size_t i = 0; i != out.size(); ++i)
        out[i] = static_cast<char>(i % 256);
    return out;
}

std::string random_bytes(std::size_t count, unsigned seed)
{
    std::mt19937 random(seed);
    std::string out(count, '\0');
    for (char& c : out)
        c = static_cast<char>(random() & 255);
    return out;
}

unsigned char const* data(std::string const& bytes) { return reinterpret_cast<unsigned char const*>(bytes.data()); }

}  // namespace

TEST_CASE("the CRC of the vectors is the one published")
{
    for (auto const& vector : vectors_of("crc64")) {
        CAPTURE(vector.id());
        CHECK(crc64(bytes_of(vector)) == decimal(vector.expect("crc64_decimal")));
    }
}

TEST_CASE("every kernel that runs here gives the published CRC")
{
    for (auto const& kernel : detail::crc64_kernels) {
        if (!kernel.runs_here())
            continue;
        CAPTURE(kernel.name);
        for (auto const& vector : vectors_of("crc64")) {
            CAPTURE(vector.id());
            std::string const bytes = bytes_of(vector);
            CHECK(~kernel.step(data(bytes), bytes.size(), ~0ull) == decimal(vector.expect("crc64_decimal")));
        }
    }
}

TEST_CASE("the kernel chosen is the first in the list that runs here")
{
    auto const& chosen = detail::chosen_crc64_kernel();
    CHECK(chosen.runs_here());
    for (auto const& kernel : detail::crc64_kernels) {
        if (kernel.name == chosen.name)
            break;
        CHECK_FALSE(kernel.runs_here());
    }
}

TEST_CASE("the last kernel runs everywhere") { CHECK(std::end(detail::crc64_kernels)[-1].runs_here()); }

TEST_CASE("all kernels agree with the bytewise definition for every length up to 4096, at odd addresses")
{
    std::string const bytes = random_bytes(4096 + 64, 1);
    std::mt19937_64 random(2);
    for (std::size_t length = 0; length <= 4096; ++length) {
        std::size_t const offset = random() % 64;
        std::uint64_t const start = random();
        std::uint64_t const expected = detail::crc64_step_bytewise(data(bytes) + offset, length, start);
        for (auto const& kernel : detail::crc64_kernels) {
            if (!kernel.runs_here())
                continue;
            CAPTURE(kernel.name);
            CAPTURE(length);
            CAPTURE(offset);
            REQUIRE(kernel.step(data(bytes) + offset, length, start) == expected);
        }
    }
}

TEST_CASE("all kernels agree on long inputs of odd lengths")
{
    std::string const bytes = random_bytes(1000003, 3);
    std::uint64_t const expected = detail::crc64_step_bytewise(data(bytes) + 1, bytes.size() - 1, ~0ull);
    for (auto const& kernel : detail::crc64_kernels) {
        if (!kernel.runs_here())
            continue;
        CAPTURE(kernel.name);
        CHECK(kernel.step(data(bytes) + 1, bytes.size() - 1, ~0ull) == expected);
    }
}

TEST_CASE("a kernel reads no byte outside its input")
{
    // Each input ends at the end of its own allocation, where a sanitiser or the allocator's guard notices.
    constexpr std::size_t boundaries[] = {0,   1,   15,  16,  17,  31,   32,   63,   64,
                                          127, 128, 511, 512, 1023, 1024, 1025, 1280, 1281};
    for (auto const& kernel : detail::crc64_kernels) {
        if (!kernel.runs_here())
            continue;
        for (std::size_t const length : boundaries) {
            std::vector<unsigned char> const bytes(length, 7);
            CHECK(kernel.step(bytes.data(), length, 1) == detail::crc64_step_bytewise(bytes.data(), length, 1));
        }
    }
}

TEST_CASE("pieces give the CRC of the whole, wherever it is cut")
{
    std::string const bytes = random_bytes(3000, 4);
    std::uint64_t const whole = crc64(bytes);
    for (std::size_t cut = 0; cut <= bytes.size(); cut += 7) {
        std::string_view const view = bytes;
        REQUIRE(crc64(view.substr(cut), crc64(view.substr(0, cut))) == whole);
    }
}

TEST_CASE("bytes and text give the same CRC")
{
    std::string const text = "123456789";
    CHECK(crc64(std::as_bytes(std::span(text))) == crc64(text));
    CHECK(crc64(text) == 0x995DC9BBDF1939FAu);
    CHECK(crc64("") == 0);
    CHECK(crc64("", 42) == 42);
}

TEST_CASE("a changed bit anywhere changes the CRC")
{
    std::string bytes = random_bytes(300, 5);
    std::uint64_t const before = crc64(bytes);
    for (std::size_t bit = 0; bit != bytes.size() * 8; ++bit) {
        char const kept = bytes[bit / 8];
        bytes[bit / 8] = static_cast<char>(kept ^ 1 << bit % 8);
        REQUIRE(crc64(bytes) != before);
        bytes[bit / 8] = kept;
    }
}

TEST_CASE("combining the vectors' parts gives the published CRC")
{
    for (auto const& vector : vectors_of("crc64_combine")) {
        CAPTURE(vector.id());
        auto const length_b = vector.inputs().at("length_b").to_number<std::uint64_t>();
        std::uint64_t const a = decimal(vector.input("crc_a")), b = decimal(vector.input("crc_b"));
        CHECK(crc64_combine(a, b, length_b) == decimal(vector.expect("crc_ab")));
        CHECK(crc64_combine(a ^ 1, b, length_b) != decimal(vector.expect("crc_ab")));
    }
}

TEST_CASE("combined parts give the CRC of the whole, wherever it is cut")
{
    std::string const bytes = random_bytes(2000, 6);
    std::uint64_t const whole = crc64(bytes);
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
        std::string_view const view = bytes;
        REQUIRE(crc64_combine(crc64(view.substr(0, cut)), crc64(view.substr(cut)), bytes.size() - cut) == whole);
    }
}

TEST_CASE("combining works over lengths that no memory holds")
{
    // Grouping does not matter: (a b) c = a (b c).
    std::uint64_t const a = crc64("a"), b = 0x0123456789abcdef, c = 0xfedcba9876543210;
    std::uint64_t const length_b = 48'800'000'000'000, length_c = 5'000'000'000'001;
    CHECK(crc64_combine(crc64_combine(a, b, length_b), c, length_c) ==
          crc64_combine(a, crc64_combine(b, c, length_c), length_b + length_c));
}
