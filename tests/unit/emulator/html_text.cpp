#include <ossify/emulator/html_text.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace std::string_literals;

namespace {

std::string html(std::string_view bytes)
{
    std::string out;
    ossify::emulation::append_html_text(out, bytes);
    return out;
}

}  // namespace

TEST_CASE("what HTML would take for more than text is escaped")
{
    CHECK(html("<script>\"a\" & 'b'</script>") == "&lt;script&gt;&quot;a&quot; &amp; &#39;b&#39;&lt;/script&gt;");
}

TEST_CASE("characters of every length stay as they are, and so do lines")
{
    std::string_view const text = "a\n\t\xc3\xa9 \xe4\xb8\xad\xe6\x96\x87 \xf0\x9f\x93\xb7";
    CHECK(html(text) == text);
}

TEST_CASE("bytes that are no text are shown")
{
    CHECK(html("\0\x01\x1b\x7f"s) == "\\x00\\x01\\x1b\\x7f");
    CHECK(html("\xff \xc3") == "\\xff \\xc3");
    CHECK(html("\xe2\x82") == "\\xe2\\x82");
    CHECK(html("\xc0\xbcscript") == "\\xc0\\xbcscript");
    CHECK(html("\xed\xa0\x80") == "\\xed\\xa0\\x80");
    CHECK(html("\xc2\x85") == "\\xc2\\x85");
}

TEST_CASE("characters that reorder what is seen are shown instead of obeyed")
{
    CHECK(html("photo\xe2\x80\xaegpj.exe") == "photo\\xe2\\x80\\xaegpj.exe");
    CHECK(html("\xe2\x81\xa6") == "\\xe2\\x81\\xa6");
}
