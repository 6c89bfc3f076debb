#include <ossify/emulator/image_probe.hpp>

#include <ossify/emulator/memory_store.hpp>

#include <doctest/doctest.h>

#include <optional>
#include <string>

using namespace ossify;
using namespace ossify::emulation;
using namespace std::string_literals;

namespace {

struct probed {
    std::optional<image_facts> facts;
    bool broken = false;
};

probed probe(std::string const& bytes)
{
    memory_store s;
    auto sink = s.open_sink(std::nullopt).value();
    (void)sink->write(std::as_bytes(std::span(bytes))).value();
    content c;
    c.append(sink->finish().value());
    probed out;
    out.facts = probe_image(c, out.broken);
    return out;
}

std::string const png = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\3\x2a\0\0\2\x1b\x8\6\0\0\0"s;
std::string const gif = "GIF89a\x10\x27\x05\x00\x80\0\0"s;
std::string const jpeg = "\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0"s + "\xff\xff\xc2\0\x11\x8\1\x16\0\xc8\3"s + "\1\x22\0"s;

}  // namespace

TEST_CASE("PNG, GIF and JPEG tell their size")
{
    CHECK(probe(png).facts == image_facts{"png", 810, 539});
    CHECK(probe(gif).facts == image_facts{"gif", 10000, 5});
    CHECK(probe(jpeg).facts == image_facts{"jpg", 200, 278});
}

TEST_CASE("anything else is no image")
{
    for (auto const& text : {""s, "plain text that is long enough"s, "\x89PNG but not quite"s, "GIF"s}) {
        CHECK_FALSE(probe(text).facts);
        CHECK_FALSE(probe(text).broken);
    }
}

TEST_CASE("an image whose header is cut short is broken")
{
    CHECK(probe(png.substr(0, 20)).broken);
    CHECK(probe(gif.substr(0, 9)).broken);
    CHECK(probe(jpeg.substr(0, jpeg.size() - 12)).broken);
    CHECK(probe("\xff\xd8\xff\xda\0\x10 data without a frame header"s).broken);
}
