#ifndef OSSIFY_TESTS_SUPPORT_REQUEST_VECTORS_HPP
#define OSSIFY_TESTS_SUPPORT_REQUEST_VECTORS_HPP

#include <ossify/auth/credentials.hpp>
#include <ossify/auth/signer.hpp>
#include <ossify/codec/date.hpp>
#include <ossify/http/fields.hpp>
#include <ossify/http/method.hpp>
#include <ossify/http/query.hpp>

#include "vectors.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ossify::testing_support {

/// The inputs of a signature vector in the types of the library.
class request_vector {
public:
    explicit request_vector(test_vector const& from)
        : source(from),
          method(http::parse_method(from.input("method")).value()),
          bucket(optional_text("bucket")),
          key(optional_text("key")),
          who(from.input("access_key_id"), secret(from.input("access_key_secret")),
              secret(from.input("security_token")))
    {
        for (auto const& item : from.inputs().at("query_decoded").as_object())
            query.append(text(item.key()), text(item.value().as_string()));
        char const* const headers_name = from.inputs().contains("headers") ? "headers" : "headers_before_signing";
        for (auto const& header : from.inputs().at(headers_name).as_object())
            headers.append(text(header.key()), text(header.value().as_string()));
        if (auto const* const names = from.inputs().if_contains("additional_headers_requested"))
            for (auto const& name : names->as_array())
                additional.emplace_back(text(name.as_string()));
    }

    codec::wall_time time(std::string_view name) const
    {
        json::value const& value = source.inputs().at(json::string_view(name.data(), name.size()));
        return codec::wall_time(std::chrono::seconds(value.to_number<std::int64_t>()));
    }

    request_signer v4_signer() const
    {
        request_signer out(signature_version::v4, signing_scope(source.input("region"), source.input("product")));
        return out.additional_headers(additional);
    }

    /// The expected query, sorted: every item, the signature too.
    std::vector<std::pair<std::string, std::string>> expected_query() const
    {
        std::vector<std::pair<std::string, std::string>> out;
        for (auto const& item : source.expected().at("query_decoded_all").as_object())
            out.emplace_back(text(item.key()), text(item.value().as_string()));
        std::sort(out.begin(), out.end());
        return out;
    }

    test_vector source;
    http::method method;
    std::string bucket, key;
    credentials who;
    http::query query;
    http::fields headers;
    std::vector<std::string> additional;

private:
    template<class Text>
    static std::string_view text(Text const& from)
    {
        return {from.data(), from.size()};
    }

    std::string optional_text(std::string_view name) const
    {
        json::value const& value = source.inputs().at(json::string_view(name.data(), name.size()));
        return value.is_null() ? std::string() : std::string(text(value.as_string()));
    }
};

}  // namespace ossify::testing_support

#endif
