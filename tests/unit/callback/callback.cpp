#include <ossify/callback/callback.hpp>

#include <doctest/doctest.h>

#include <boost/describe/class.hpp>

#include <optional>
#include <string>
#include <type_traits>
#include <utility>

using namespace ossify;

namespace {

struct my_vars {
    std::string my_var1, my_var2;
};
BOOST_DESCRIBE_STRUCT(my_vars, (), (my_var1, my_var2))

struct order {
    std::uint64_t id = 0;
    bool paid = false;
    std::optional<std::string> note;
};
BOOST_DESCRIBE_STRUCT(order, (), (id, paid, note))

std::string json_of(callback const& c) { return std::string(c.encode().value().callback_json()); }
std::string variables_of(callback const& c) { return std::string(c.encode().value().callback_var_json()); }

}  // namespace

static_assert(upload_callback<callback>);
static_assert(std::is_void_v<callback_reply_t<callback>>);
static_assert(!std::is_aggregate_v<callback>);

TEST_CASE("the example of the documentation is sent as its authors send it")
{
    my_vars const vars{"my_val1", "my_val2"};
    callback const c(vars, "http://oss-demo.aliyuncs.com:23450", "bucket=${bucket}&object=${object}",
                     allow_unused_variables);
    CHECK(
        json_of(c) ==
        R"({"callbackUrl":"http://oss-demo.aliyuncs.com:23450","callbackBody":"bucket=${bucket}&object=${object}","callbackBodyType":"application/x-www-form-urlencoded"})");
    CHECK(variables_of(c) == R"({"x:my_var1":"my_val1","x:my_var2":"my_val2"})");
}

TEST_CASE("values of all kinds become text")
{
    order const vars{42, true, std::nullopt};
    callback const c(vars, "http://a.example", "i=${x:id}&p=${x:paid}&n=${x:note}");
    CHECK(variables_of(c) == R"({"x:id":"42","x:paid":"true","x:note":""})");
}

TEST_CASE("without variables nothing is sent for them")
{
    callback const c("http://a.example", "object=${object}");
    CHECK(c.encode().value().callback_var_base64().empty());
}

TEST_CASE("a JSON body is sent as JSON")
{
    callback const c("http://a.example", R"({"object":${object},"size":${size}})", as_json);
    CHECK(json_of(c).find(R"("callbackBodyType":"application/json")") != std::string::npos);
}

TEST_CASE("the options go in any order")
{
    my_vars const vars{"a", "b"};
    callback const first(vars, "http://a.example", R"({"a":${x:my_var1}})", as_json, allow_unused_variables);
    callback const second(vars, "http://a.example", R"({"a":${x:my_var1}})", allow_unused_variables, as_json);
    CHECK(json_of(first) == json_of(second));
}

TEST_CASE("several URLs go in one literal or in a literal each")
{
    callback const one("http://a.example;http://b.example", "o=${object}");
    callback const two({"http://a.example", "http://b.example"}, "o=${object}");
    CHECK(json_of(one) == json_of(two));
    CHECK(json_of(one).find(R"("http://a.example;http://b.example")") != std::string::npos);
}

TEST_CASE("https with a host name asks for the name in the handshake, http does not")
{
    CHECK(json_of(callback("https://a.example", "o=1")).find(R"("callbackSNI":true)") != std::string::npos);
    CHECK(json_of(callback("http://a.example", "o=1")).find("callbackSNI") == std::string::npos);
    CHECK(json_of(callback("https://1.2.3.4", "o=1")).find("callbackSNI") == std::string::npos);
}

TEST_CASE("what is said about the handshake is sent as a boolean")
{
    CHECK(json_of(callback("https://a.example", "o=1").sni(false)).find(R"("callbackSNI":false)") != std::string::npos);
    CHECK(json_of(callback("http://a.example", "o=1").sni(true)).find(R"("callbackSNI":true)") != std::string::npos);
}

TEST_CASE("the host is sent when it is given")
{
    CHECK(json_of(callback("http://1.2.3.4", "o=1").host("a.example")).find(R"("callbackHost":"a.example")") !=
          std::string::npos);
    CHECK(json_of(callback("http://1.2.3.4", "o=1")).find("callbackHost") == std::string::npos);
}

TEST_CASE("a host that is known at run time is checked when it is encoded")
{
    std::string const good = "a.example:8080";
    std::string const bad = "http://a.example";
    callback c("http://1.2.3.4", "o=1");
    CHECK(c.host(good).encode().has_value());
    CHECK(c.host(bad).encode().error() == errc::invalid_callback);
    CHECK(c.host(good).encode().has_value());
}

TEST_CASE("a callback is encoded once, and copies share the text")
{
    callback const first("http://a.example", "o=${object}");
    callback const second = first;
    CHECK(first.encode().value().callback_base64().data() == second.encode().value().callback_base64().data());
}

TEST_CASE("a setter does not reach into copies")
{
    callback const first("http://a.example", "o=1");
    callback second = first;
    second.host("b.example");
    CHECK(json_of(first).find("callbackHost") == std::string::npos);
}

TEST_CASE("a callback that was moved from is still a callback")
{
    callback first("http://a.example", "o=1");
    callback const second = std::move(first);
    CHECK(json_of(first) == json_of(second));
}

TEST_CASE("values over the limit are reported when the callback is encoded")
{
    my_vars const vars{std::string(4000, 'a'), "b"};
    callback const c(vars, "http://a.example", "a=${x:my_var1}&b=${x:my_var2}");
    auto const refused = c.encode();
    CHECK(refused.error() == errc::invalid_callback);
    CHECK(refused.error() == condition::usage);
}
