#include <ossify/emulator/listing.hpp>

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

using namespace ossify::emulation;

namespace {

using numbers = std::map<std::string, int, std::less<>>;

/// The entries of all pages, one after the other: keys as they are, groups in brackets.
std::vector<std::string> walk(numbers const& from, page_request wanted)
{
    std::vector<std::string> out;
    for (int pages = 0; pages != 100; ++pages) {
        auto const page = take_page(from, wanted);
        for (auto const* const item : page.items)
            out.push_back(item->first);
        for (auto const& group : page.groups)
            out.push_back('[' + group + ']');
        if (!page.truncated)
            break;
        wanted.after = page.last;
    }
    return out;
}

page_request ask(std::string prefix, std::string delimiter, std::uint64_t most)
{
    page_request out;
    out.prefix = std::move(prefix);
    out.delimiter = std::move(delimiter);
    out.most = most;
    return out;
}

using list = std::vector<std::string>;

}  // namespace

TEST_CASE("the pages of a listing show each key once, whatever their size")
{
    numbers keys;
    for (char const* const key : {"a", "b/1", "b/2", "b/c/3", "c", "d"})
        keys[key] = 1;
    for (std::uint64_t const most : {1, 2, 3, 100})
        CHECK(walk(keys, ask("", "", most)) == list{"a", "b/1", "b/2", "b/c/3", "c", "d"});
    CHECK(walk(keys, ask("b", "", 2)) == list{"b/1", "b/2", "b/c/3"});
    CHECK(walk(keys, ask("x", "", 2)).empty());
    CHECK(walk(keys, ask("", "", 0)).empty());
}

TEST_CASE("the pages of a grouped listing show each group once")
{
    numbers keys;
    for (char const* const key : {"a", "b/1", "b/2", "b0", "c/1", "c/2", "d"})
        keys[key] = 1;
    CHECK(walk(keys, ask("", "/", 1)) == list{"a", "[b/]", "b0", "[c/]", "d"});
    CHECK(walk(keys, ask("", "/", 100)) == list{"a", "b0", "d", "[b/]", "[c/]"});
    CHECK(walk(keys, ask("b/", "/", 1)) == list{"b/1", "b/2"});
    CHECK(walk(keys, ask("", "/1", 1)) == list{"a", "[b/1]", "b/2", "b0", "[c/1]", "c/2", "d"});
}

TEST_CASE("a listing goes on after a text that is no key")
{
    numbers keys;
    for (char const* const key : {"a", "b/1", "b/3", "c"})
        keys[key] = 1;
    auto wanted = ask("", "", 10);
    wanted.after = "b/2";
    CHECK(walk(keys, wanted) == list{"b/3", "c"});
    wanted.delimiter = "/";
    CHECK(walk(keys, wanted) == list{"c"});  // the group b/ comes before b/2
}

TEST_CASE("groups may end with the highest byte")
{
    numbers keys;
    for (char const* const key : {"a\xff", "a\xff\xff", "b", "\xff", "\xff\xff"})
        keys[key] = 1;
    CHECK(walk(keys, ask("", "\xff", 1)) == list{"[a\xff]", "b", "[\xff]"});
    CHECK(after_prefix("a\xff") == "b");
    CHECK_FALSE(after_prefix("\xff\xff"));
}
