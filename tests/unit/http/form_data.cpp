#include <ossify/http/form_data.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

using namespace ossify;
using http::find_parameter;
using http::form_boundary;

namespace {

struct seen_part {
    std::string name;
    std::string filename;
    std::string content_type;
    std::string bytes;
    bool ended;

    friend bool operator==(seen_part const&, seen_part const&) = default;
};

/// Notes what is found; stops at a part with a given name.
class notes {
public:
    bool begin_part(http::form_part part)
    {
        parts.push_back({part.name, part.filename.value_or("-"), part.content_type, {}, false});
        return part.name != stop_at;
    }
    bool part_bytes(std::string_view bytes)
    {
        parts.back().bytes += bytes;
        return true;
    }
    bool end_part()
    {
        parts.back().ended = true;
        return true;
    }

    std::vector<seen_part> parts;
    std::string stop_at = "\1";
};

struct outcome {
    std::vector<seen_part> parts;
    bool complete = false;
    bool failed = false;

    friend bool operator==(outcome const&, outcome const&) = default;
};

outcome read(std::string_view bytes, std::size_t piece = std::string_view::npos, std::string const& boundary = "B")
{
    http::form_data_reader reader(boundary);
    notes sink;
    outcome out;
    while (!bytes.empty() && !out.failed) {
        out.failed = !reader.read(bytes.substr(0, piece), sink);
        bytes.remove_prefix(std::min(piece, bytes.size()));
    }
    out.complete = reader.complete();
    out.parts = sink.parts;
    return out;
}

std::string part(std::string const& name, std::string const& bytes)
{
    return "--B\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + bytes + "\r\n";
}

}  // namespace

TEST_CASE("fields and a file are found in order")
{
    auto const got = read("--B\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\na b\r\n"
                          "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x.png\"\r\n"
                          "Content-Type: image/png\r\n\r\n\x89PNG\r\n\x1a\n\r\n--B--\r\n");
    CHECK(got.complete);
    CHECK(got.parts == std::vector<seen_part>{{"key", "-", "", "a b", true},
                                              {"file", "x.png", "image/png", "\x89PNG\r\n\x1a\n", true}});
}

TEST_CASE("a form may come in pieces of any size")
{
    std::string const form = "preamble\r\n" + part("a", "1") + part("b", "\r\n--") + part("c", "") +
                             part("d", "\r\n--C\r\n-\r-\n") + "--B--epilogue\r\n--B\r\n";
    auto const whole = read(form);
    REQUIRE(whole.complete);
    REQUIRE(whole.parts.size() == 4);
    CHECK(whole.parts[1].bytes == "\r\n--");
    CHECK(whole.parts[2].bytes.empty());
    CHECK(whole.parts[3].bytes == "\r\n--C\r\n-\r-\n");
    for (std::size_t piece = 1; piece != form.size(); ++piece) {
        CAPTURE(piece);
        CHECK(read(form, piece) == whole);
    }
}

TEST_CASE("a form that is cut anywhere is not complete")
{
    std::string const form = part("a", "1") + "--B--";
    for (std::size_t n = 0; n != form.size(); ++n)
        CHECK_FALSE(read(std::string_view(form).substr(0, n)).complete);
}

TEST_CASE("a delimiter may be followed by spaces")
{
    auto const got = read("--B \t\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--B--");
    REQUIRE(got.parts.size() == 1);
    CHECK(got.parts.front().name == "a");
}

TEST_CASE("what is no form is refused")
{
    for (std::string const& bad :
         {std::string("--B\r\n\r\nno head\r\n--B--"), std::string("--Bx\r\nContent-Disposition: form-data; name=a\r\n\r\n"),
          std::string("--B\r\nContent-Disposition: form-data\r\n\r\n"),
          std::string("--B\r\nContent-Disposition: attachment; name=a\r\n\r\n"),
          std::string("--B\r\nno colon\r\n\r\n"), std::string("--B\r\nContent-Type: text/plain\r\n\r\n"),
          "--B" + std::string(300, ' ')}) {
        CAPTURE(bad);
        CHECK(read(bad).failed);
        CHECK(read(bad, 1).failed);
    }
}

TEST_CASE("a part's head has a limit")
{
    auto const got = read("--B\r\nX: " + std::string(17 * 1024, 'a'));
    CHECK(got.failed);
}

TEST_CASE("a reader that was told to stop reads no more")
{
    http::form_data_reader reader("B");
    notes sink;
    sink.stop_at = "b";
    CHECK(reader.read(part("a", "1") + part("b", "2") + part("c", "3") + "--B--", sink));
    CHECK(reader.read(part("d", "4"), sink));
    CHECK(sink.parts.size() == 2);
    CHECK_FALSE(reader.complete());
}

TEST_CASE("an error is final")
{
    http::form_data_reader reader("B");
    notes sink;
    CHECK_FALSE(reader.read("--Bxy", sink));
    CHECK_FALSE(reader.read("\r\n" + part("a", "1"), sink));
    CHECK(sink.parts.empty());
}

TEST_CASE("names are unquoted as browsers and curl quote them")
{
    CHECK(find_parameter("form-data; name=\"a\\\"b\"; filename=\"c:\\d\\e.txt\"", "name") == "a\"b");
    CHECK(find_parameter("form-data; name=\"a\"; filename=\"c:\\d\\e.txt\"", "filename") == "c:\\d\\e.txt");
    CHECK(find_parameter("form-data; NAME = a ; x=y", "name") == "a");
    CHECK(find_parameter("form-data; name=\"a;b=c\"; x=\"y\"", "x") == "y");
    CHECK(find_parameter("form-data; name=\"a", "name") == std::nullopt);
    CHECK(find_parameter("form-data; other=a", "name") == std::nullopt);
    CHECK(find_parameter("form-data", "name") == std::nullopt);
}

TEST_CASE("the boundary is in the type, when that is a form's")
{
    CHECK(form_boundary("multipart/form-data; boundary=----WebKitFormBoundary7MA4") == "----WebKitFormBoundary7MA4");
    CHECK(form_boundary("Multipart/Form-Data; charset=utf-8; boundary=\"a b\"") == "a b");
    CHECK(form_boundary("multipart/form-data") == std::nullopt);
    CHECK(form_boundary("multipart/mixed; boundary=a") == std::nullopt);
    CHECK(form_boundary("multipart/form-data; boundary=" + std::string(71, 'a')) == std::nullopt);
    CHECK(form_boundary("") == std::nullopt);
}
