#include <ossify/emulator/signature_hint.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace ossify;
using emulation::explain_v1;
using emulation::explain_v4;

namespace {

secret const key("the-secret");
std::string const date = "Tue, 14 Nov 2023 22:13:20 GMT";

std::string v1(std::string const& method, std::string const& type, std::string const& headers,
               std::string const& resource)
{
    return method + "\n\n" + type + "\n" + date + "\n" + headers + resource;
}

/// What is said when this was signed in place of that.
std::string said_v1(std::string const& by_client, std::string const& by_service, secret const& with = key)
{
    return explain_v1(key, by_service, v1_signature(with, by_client));
}

std::string said_v4(std::string const& by_client, std::string const& by_service, secret const& with = key)
{
    std::string const timestamp = "20231114T221320Z";
    signing_scope const scope("cn-hangzhou");
    std::string to_sign;
    canonical::append_v4_string_to_sign(to_sign, timestamp, scope.text("20231114"), by_client);
    return explain_v4(key, "20231114", scope, timestamp, by_service,
                      signing_key::derive(with, "20231114", scope).sign(to_sign));
}

std::string v4(std::string const& method, std::string const& path, std::string const& query, std::string const& headers)
{
    return method + "\n" + path + "\n" + query + "\n" + headers + "\n\nUNSIGNED-PAYLOAD";
}

}  // namespace

TEST_CASE("the usual mistakes with version 1 are found")
{
    std::string const headers = "x-oss-date:" + date + "\n";
    std::string const right = v1("PUT", "text/plain", headers, "/photos/a b?acl");
    CHECK(said_v1(v1("GET", "text/plain", headers, "/photos/a b?acl"), right) == "signed for GET, but sent as PUT");
    CHECK(said_v1(v1("PUT", "", headers, "/photos/a b?acl"), right) == "signed without the Content-Type that is sent");
    CHECK(said_v1(v1("PUT", "text/plain", "", "/photos/a b?acl"), right) ==
          "signed without the headers that begin with x-oss-");
    CHECK(said_v1(v1("PUT", "text/plain", headers, "/photos/a b"), right) ==
          "signed without the sub-resources in the query");
    CHECK(said_v1(v1("PUT", "text/plain", headers, "/a b?acl"), right) ==
          "signed \"/a b\", without the bucket before it");
    CHECK(said_v1(v1("PUT", "text/plain", headers, "/photos/a%20b?acl"), right) ==
          "signed the key percent-encoded, but version 1 signs it as it is");
    CHECK(said_v1(right, right, secret("the-secret\n")) == "signed with a line feed behind the secret");
}

TEST_CASE("the usual mistakes with version 4 are found")
{
    std::string const headers = "content-type:text/plain\nx-oss-date:20231114T221320Z\n";
    std::string const right = v4("PUT", "/photos/a%20b", "acl", headers);
    CHECK(said_v4(v4("GET", "/photos/a%20b", "acl", headers), right) == "signed for GET, but sent as PUT");
    CHECK(said_v4(v4("PUT", "/photos/a%20b", "acl", "x-oss-date:20231114T221320Z\n"), right) ==
          "signed without the Content-Type that is sent");
    CHECK(said_v4(v4("PUT", "/photos/a%20b", "", headers), right) == "signed without the query");
    CHECK(said_v4(v4("PUT", "/a%20b", "acl", headers), right) == "signed \"/a%20b\", without the bucket before it");
    CHECK(said_v4(v4("PUT", "/photos/a%2520b", "acl", headers), right) == "signed the key percent-encoded twice");
    CHECK(said_v4(v4("PUT", "/photos/a b", "acl", headers), right) ==
          "signed the key as it is, but version 4 signs it percent-encoded");
    CHECK(said_v4(right, right, secret("the-secret\n")) == "signed with a line feed behind the secret");
}

TEST_CASE("where no mistake is found the text is shown in one line, without tokens")
{
    auto const said = said_v1("nonsense", v1("GET", "", "x-oss-security-token:tok+en=\n", "/photos/\"k\"\n?security-token=t"));
    CHECK(said == "another secret, or another text than \"GET\\n\\n\\n" + date +
                      "\\nx-oss-security-token:***\\n/photos/\\\"k\\\"\\n?security-token:***\"");
    auto const query = said_v4("nonsense", v4("GET", "/photos/k", "x-oss-security-token=t%3D&z=1", ""));
    CHECK(query.find("t%3D") == std::string::npos);
    CHECK(query.find("&z=1") != std::string::npos);
    CHECK(said_v1("nonsense", v1("GET", "", "", "/photos/" + std::string(5000, 'k'))).size() < 1100);
}

TEST_CASE("a text of any shape is explained")
{
    for (std::string_view const text : {"", "\n", "GET", "GET\n", "GET\n\n\n\n", "a\nb\nc\nd\nx-oss-", "\n\n\n\nx-oss-\n/"}) {
        CHECK_FALSE(explain_v1(key, text, "0").empty());
        CHECK_FALSE(explain_v4(key, "20231114", signing_scope("cn-hangzhou"), "0", text, "0").empty());
    }
}
