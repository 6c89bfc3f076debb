// The checks of callback parameters, made by the compiler: each fault with a twin that has none.
#include <ossify/callback/callback.hpp>
#include <ossify/callback/contract.hpp>
#include <ossify/callback/make_callback.hpp>
#include <ossify/callback/outcome.hpp>
#include <ossify/callback/render.hpp>
#include <ossify/callback/service_parameters.hpp>

#include <boost/describe/class.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

using namespace ossify;

namespace {

constexpr std::array<std::string_view, 1> names{"user"};

constexpr callback_fault form(std::string_view body, bool allow_unused = true)
{
    return detail::check_body(body, callback_body_type::form, names, allow_unused).kind;
}
constexpr callback_fault json(std::string_view body)
{
    return detail::check_body(body, callback_body_type::json, names, true).kind;
}
constexpr callback_fault urls(std::string_view text) { return detail::check_urls(text).fault.kind; }

static_assert(form("object=${object}") == callback_fault::none);
static_assert(form("object=${objekt}") == callback_fault::unknown_variable);
static_assert(form("user=${x:user}") == callback_fault::none);
static_assert(form("user=${x:usr}") == callback_fault::unknown_custom_variable);
static_assert(form("user=${x:User}") == callback_fault::bad_custom_name);
static_assert(form("user=${x:user}", false) == callback_fault::none);
static_assert(form("object=${object}", false) == callback_fault::unused_variable);
static_assert(form("") == callback_fault::empty_body);
static_assert(form("a=$(object)") == callback_fault::round_bracket);
static_assert(form("a=$5") == callback_fault::lone_dollar);
static_assert(form("a=${object") == callback_fault::unclosed_variable);
static_assert(form("a=${}") == callback_fault::nameless_variable);
static_assert(form("a=%24%7Bobject%7D") == callback_fault::percent_encoded);
static_assert(form("a=\xff") == callback_fault::not_utf8);
static_assert(form(R"({"o":${object}})") == callback_fault::looks_like_json);

static_assert(json(R"({"o":${object}})") == callback_fault::none);
static_assert(json(R"({"o":"${object}"})") == callback_fault::quoted_variable);
static_assert(json(R"({"s":"${size}"})") == callback_fault::none);
static_assert(json(R"({"o" ${object}})") == callback_fault::json_colon);
static_assert(json(R"({"o":${object})") == callback_fault::json_unclosed);

static_assert(urls("https://app.example.com/x?y=z") == callback_fault::none);
static_assert(urls("https://[::1]/") == callback_fault::url_ipv6);
static_assert(urls("https://u@app.example.com/") == callback_fault::url_user_info);
static_assert(urls("a;b;c;d;e") == callback_fault::none);
static_assert(urls("a;b;c;d;e;f") == callback_fault::too_many_urls);
static_assert(detail::check_urls("https://app.example.com").wants_sni);
static_assert(!detail::check_urls("https://10.1.2.3").wants_sni);

// Literals are checked where they stand, and can be kept.
constexpr callback_urls two("https://a.example", "http://b.example");
static_assert(two.size() == std::string_view("https://a.example;http://b.example").size());
static_assert(two.wants_sni());
constexpr callback_host host("app.example.com:8080");
static_assert(host.text() == "app.example.com:8080");

struct stored {
    std::string object;
    std::uint64_t size = 0;
    std::string user;
};
BOOST_DESCRIBE_STRUCT(stored, (), (object, size, user))

using contract = callback_contract<stored>;
static_assert(contract::body() == R"({"object":${object},"size":${size},"user":${x:user}})");

// What is handed to a request counts as a callback; what lacks a value is told apart by its type.
using unset = decltype(contract::to("http://a"));
using complete = decltype(contract::to("http://a").set<&stored::user>("u"));
static_assert(upload_callback<callback> && upload_callback<unset> && upload_callback<complete>);
static_assert(!upload_callback<std::string>);
static_assert(complete::is_complete && !unset::is_complete);
static_assert(std::string_view(unset::missing_member.text) == "user");

// GCC 12 destroys aggregate temporaries in a co_await statement twice: what users make there is no aggregate.
template<class... Types>
inline constexpr bool no_aggregates = (!std::is_aggregate_v<Types> && ...);
static_assert(
    no_aggregates<callback, unset, complete, callback_urls, callback_host, callback_parameters, encoded_callback,
                  callback_outcome<>, callback_outcome<stored>, callback_values, missing_values, service_callback>);

}  // namespace

int main() {}
