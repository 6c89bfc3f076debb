#include <ossify/callback/encoded.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <string>

using namespace ossify;

namespace {

struct text_callback {
    using reply_type = void;
    result<encoded_callback> encode() const { return encoded_callback(); }
};
struct no_reply_type {
    result<encoded_callback> encode() const { return encoded_callback(); }
};
struct other_result {
    using reply_type = void;
    std::string encode() const { return {}; }
};

}  // namespace

static_assert(upload_callback<text_callback>);
static_assert(upload_callback<text_callback const&>);
static_assert(!upload_callback<no_reply_type>);
static_assert(!upload_callback<other_result>);
static_assert(!upload_callback<std::string>);

TEST_CASE("an empty one has empty texts")
{
    encoded_callback const none;
    CHECK(none.empty());
    CHECK(none.callback_base64().empty());
    CHECK(none.callback_json().empty());
    CHECK(none.callback_var_base64().empty());
    CHECK(none.callback_var_json().empty());
    CHECK(none.variables().empty());
}

TEST_CASE("copies share their text")
{
    encoded_callback const first(std::make_shared<detail::encoded_parameters>(detail::encoded_parameters{"{}", "e30="}),
                                 nullptr);
    encoded_callback const second = first;
    CHECK_FALSE(first.empty());
    CHECK(second.callback_base64() == "e30=");
    CHECK(second.callback_base64().data() == first.callback_base64().data());
}

TEST_CASE("without variables there is no text for them")
{
    encoded_callback const callback(
        std::make_shared<detail::encoded_parameters>(detail::encoded_parameters{"{}", "e30="}), nullptr);
    CHECK(callback.callback_var_base64().empty());
    CHECK(callback.variables().empty());
}
