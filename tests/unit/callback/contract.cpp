#include <ossify/callback/contract.hpp>

#include <doctest/doctest.h>

#include <boost/describe/class.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

using namespace ossify;

namespace {

struct photo_stored {
    std::string bucket;
    std::string object;
    std::uint64_t size = 0;
    std::string user_id;
};
BOOST_DESCRIBE_STRUCT(photo_stored, (), (bucket, object, size, user_id))

struct photo_reply {
    std::string photo_id;
};
BOOST_DESCRIBE_STRUCT(photo_reply, (), (photo_id))

using photo_contract = callback_contract<photo_stored, photo_reply>;

struct everything {
    std::optional<std::string> bucket;
    std::string mime_type;
    std::optional<std::uint32_t> image_info_width, image_info_height;
    std::optional<std::string> image_info_format;
    std::uint64_t crc64 = 0;
    std::string vpcId;
    int attempt = 0;
    bool last = false;
};
BOOST_DESCRIBE_STRUCT(everything, (),
                      (bucket, mime_type, image_info_width, image_info_height, image_info_format, crc64, vpcId, attempt,
                       last))

struct only_system {
    std::string object;
};
BOOST_DESCRIBE_STRUCT(only_system, (), (object))

struct base {
    std::string object;
};
BOOST_DESCRIBE_STRUCT(base, (), (object))
struct derived : base {
    std::string tag;
};
BOOST_DESCRIBE_STRUCT(derived, (base), (tag))

template<class Callback>
std::string variables_of(Callback const& c)
{
    return std::string(c.encode().value().callback_var_json());
}

}  // namespace

using complete = decltype(photo_contract::to("http://a").set<&photo_stored::user_id>("u"));
static_assert(upload_callback<complete>);
static_assert(complete::is_complete);
static_assert(!decltype(photo_contract::to("http://a"))::is_complete);
static_assert(std::is_same_v<callback_reply_t<complete>, photo_reply>);
static_assert(std::is_void_v<callback_contract<only_system>::reply_type>);
static_assert(!std::is_aggregate_v<complete>);

TEST_CASE("members named like variables are filled in by the service, the others are custom")
{
    CHECK(photo_contract::body() == R"({"bucket":${bucket},"object":${object},"size":${size},"user_id":${x:user_id}})");
}

TEST_CASE("the keys are the members' names, whatever the variables are called")
{
    CHECK(callback_contract<everything>::body() ==
          R"({"bucket":${bucket},"mime_type":${mimeType},"image_info_width":"${imageInfo.width}",)"
          R"("image_info_height":"${imageInfo.height}","image_info_format":${imageInfo.format},"crc64":${crc64},)"
          R"("vpcId":${vpcId},"attempt":${x:attempt},"last":${x:last}})");
}

TEST_CASE("members of a base count")
{
    CHECK(callback_contract<derived>::body() == R"({"object":${object},"tag":${x:tag}})");
}

TEST_CASE("the template passes our own checks")
{
    auto const names = detail::member_names<everything>::list;
    CHECK_FALSE(detail::check_body(callback_contract<everything>::body(), callback_body_type::json, names, true));
}

TEST_CASE("a contract is sent as JSON with its variables")
{
    std::string const user = "u1";
    auto const callback = photo_contract::to("https://app.example.com/oss/photo").set<&photo_stored::user_id>(user);
    auto const encoded = callback.encode().value();
    CHECK(
        encoded.callback_json() ==
        R"({"callbackUrl":"https://app.example.com/oss/photo","callbackBody":"{\"bucket\":${bucket},\"object\":${object},\"size\":${size},\"user_id\":${x:user_id}}","callbackBodyType":"application/json","callbackSNI":true})");
    CHECK(encoded.callback_var_json() == R"({"x:user_id":"u1"})");
}

TEST_CASE("variables are sent in the order of the struct, whatever the order they are set in")
{
    auto const callback =
        callback_contract<everything>::to("http://a").set<&everything::last>(true).set<&everything::attempt>(3);
    CHECK(variables_of(callback) == R"({"x:attempt":"3","x:last":"true"})");
}

TEST_CASE("a member that is set again has the last value")
{
    auto const first = photo_contract::to("http://a").set<&photo_stored::user_id>("u1");
    auto const second = first.set<&photo_stored::user_id>("u2");
    CHECK(variables_of(first) == R"({"x:user_id":"u1"})");
    CHECK(variables_of(second) == R"({"x:user_id":"u2"})");
    static_assert(std::is_same_v<decltype(first), decltype(second)>);
}

TEST_CASE("a member of a base can be set")
{
    CHECK(variables_of(callback_contract<derived>::to("http://a").set<&derived::tag>("t")) == R"({"x:tag":"t"})");
}

TEST_CASE("a contract without custom members is complete at once")
{
    auto const callback = callback_contract<only_system>::to("http://a");
    CHECK(callback.encode().value().callback_var_base64().empty());
}

TEST_CASE("several URLs go in a literal each")
{
    auto const callback = callback_contract<only_system>::to({"http://a", "http://b"});
    CHECK(callback.encode().value().callback_json().find("http://a;http://b") != std::string::npos);
}

TEST_CASE("a URL that is known at run time is checked then")
{
    std::string const good = "https://app.example.com/";
    std::string const bad = "https://[::1]/";
    auto const callback = photo_contract::to(good);
    CHECK(variables_of(callback.value().set<&photo_stored::user_id>("u")) == R"({"x:user_id":"u"})");
    CHECK(photo_contract::to(bad).error() == errc::invalid_callback);
}

TEST_CASE("host and handshake name can be set before and after the members")
{
    auto callback = photo_contract::to("http://1.2.3.4").host("a.example").set<&photo_stored::user_id>("u");
    callback.sni(true);
    auto const json = std::string(callback.encode().value().callback_json());
    CHECK(json.find(R"("callbackHost":"a.example")") != std::string::npos);
    CHECK(json.find(R"("callbackSNI":true)") != std::string::npos);
}

TEST_CASE("values that cannot be sent are reported when the callback is encoded")
{
    auto const callback = photo_contract::to("http://a").set<&photo_stored::user_id>(std::string(4000, 'a'));
    CHECK(callback.encode().error() == errc::invalid_callback);
}

TEST_CASE("a contract callback that was moved from is still one")
{
    auto first = photo_contract::to("http://a").set<&photo_stored::user_id>("u");
    auto const second = std::move(first);
    CHECK(first.encode().value().callback_json() == second.encode().value().callback_json());
}

TEST_CASE("copies of a contract callback share the encoded text")
{
    auto const first = photo_contract::to("http://a").set<&photo_stored::user_id>("u");
    auto const second = first;
    CHECK(first.encode().value().callback_base64().data() == second.encode().value().callback_base64().data());
}

TEST_CASE("callbacks that differ in a variable share the encoded parameters, until one gets another host")
{
    auto const base = photo_contract::to("http://a");
    auto const first = base.set<&photo_stored::user_id>("u1");
    auto second = base.set<&photo_stored::user_id>("u2");
    auto const parameters = first.encode().value().callback_base64();
    CHECK(second.encode().value().callback_base64().data() == parameters.data());
    CHECK(variables_of(first) == R"({"x:user_id":"u1"})");

    second.host("b.example");
    CHECK(second.encode().value().callback_json().find("b.example") != std::string::npos);
    CHECK(variables_of(second) == R"({"x:user_id":"u2"})");
    CHECK(first.encode().value().callback_base64().data() == parameters.data());
    CHECK(first.encode().value().callback_json().find("b.example") == std::string::npos);
}
