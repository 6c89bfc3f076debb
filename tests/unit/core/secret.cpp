#include <ossify/core/secret.hpp>

#include <doctest/doctest.h>

#include <ostream>

using ossify::secret;

template<class T>
concept printable = requires(std::ostream& out, T const& value) { out << value; };
static_assert(!printable<secret>);
static_assert(printable<std::string>);

TEST_CASE("a secret gives its text only when asked")
{
    secret const s("not printed");
    CHECK(s.reveal() == "not printed");
}

TEST_CASE("a moved-from secret is empty")
{
    secret a("short");
    secret const b = std::move(a);
    CHECK(a.empty());
    CHECK(b.reveal() == "short");
}

TEST_CASE("wipe clears every byte")
{
    char bytes[] = {'a', 'b', 'c'};
    ossify::detail::wipe(bytes, sizeof bytes);
    for (char c : bytes)
        CHECK(c == 0);
}
