#include <ossify/callback/fault.hpp>

#include <doctest/doctest.h>

#include <array>
#include <set>
#include <string>
#include <string_view>

using namespace ossify;

TEST_CASE("every fault has a sentence of its own")
{
    std::set<std::string_view> sentences;
    for (std::size_t i = 0; i != callback_fault_count; ++i)
        sentences.insert(to_sentence(static_cast<callback_fault>(i)));
    CHECK(sentences.size() == callback_fault_count);
    CHECK(sentences.count("unknown fault") == 0);
}

TEST_CASE("the explanation has the sentence, the text, the place and the name that was meant")
{
    found_fault const fault{callback_fault::unknown_variable, 7, "${buckett}", 0};
    CHECK(explain(fault) ==
          "the callback body names a variable that the service does not have: '${buckett}' at byte 7; did you mean "
          "${bucket}?");
}

TEST_CASE("a custom variable that was meant is named with its prefix")
{
    std::array<std::string_view, 1> const custom{"user"};
    found_fault const fault{callback_fault::unknown_custom_variable, 0, "${x:usr}", system_variables.size()};
    CHECK(explain(fault, custom).ends_with("did you mean ${x:user}?"));
}

TEST_CASE("an unused variable is the subject of its sentence")
{
    found_fault const fault{callback_fault::unused_variable, 0, "user", system_variables.size()};
    CHECK(explain(fault) == "x:user is never used in the callback body; use it as ${x:name}, drop it, or pass "
                            "ossify::allow_unused_variables");
}

TEST_CASE("long texts are shortened between characters")
{
    std::string const text = std::string(39, 'a') + "\xe5\xbc\xa0 and more";
    found_fault const fault{callback_fault::url_character, 0, text};
    auto const explanation = explain(fault);
    CHECK(explanation.find("'" + std::string(39, 'a') + "...'") != std::string::npos);
}

TEST_CASE("control characters do not reach the terminal")
{
    found_fault const fault{callback_fault::url_character, 3, "\x1b[31m"};
    CHECK(explain(fault).find("'?[31m'") != std::string::npos);
}

TEST_CASE("as a failure a fault is a matter of usage")
{
    auto const f = to_failure(found_fault{callback_fault::empty_body});
    CHECK(f == errc::invalid_callback);
    CHECK(f == condition::usage);
    CHECK(f.message() == to_sentence(callback_fault::empty_body));
}
