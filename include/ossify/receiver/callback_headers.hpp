#ifndef OSSIFY_RECEIVER_CALLBACK_HEADERS_HPP
#define OSSIFY_RECEIVER_CALLBACK_HEADERS_HPP

#include <ossify/http/fields.hpp>
#include <ossify/http/syntax.hpp>

#include <concepts>
#include <functional>
#include <ranges>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace ossify {

/// The headers of a callback request that a receiver looks at, taken from whatever an HTTP framework has:
/// - an object with `headers[name]`, as Boost.Beast's;
/// - a function that is given a name and returns the value, empty when there is none;
/// - a range of pairs of name and value.
/// Thread safety: a value.
class callback_headers {
public:
    callback_headers() = default;

    callback_headers(http::fields const& from)  // implicit, as are those below: they are the call's argument
    {
        take([&](std::string_view name) { return from.get(name); });
    }

    template<class Headers>
        requires requires(Headers const& h, std::string_view name) {
            { h[name] } -> std::convertible_to<std::string_view>;
        }
    callback_headers(Headers const& from)
    {
        take([&](std::string_view name) { return std::string_view(from[name]); });
    }

    template<std::invocable<std::string_view> Lookup>
        requires std::convertible_to<std::invoke_result_t<Lookup&, std::string_view>, std::string_view>
    callback_headers(Lookup&& find)
    {
        take([&](std::string_view name) -> decltype(auto) { return std::invoke(find, name); });
    }

    template<std::ranges::input_range Pairs>
        requires(!std::same_as<std::remove_cvref_t<Pairs>, http::fields>) &&
                requires(std::ranges::range_reference_t<Pairs> pair) {
                    { pair.first } -> std::convertible_to<std::string_view>;
                    { pair.second } -> std::convertible_to<std::string_view>;
                }
    callback_headers(Pairs const& pairs)
    {
        auto const find = [&](std::string_view name) {
            for (auto const& [known, value] : pairs)
                if (http::iequals(known, name))
                    return std::string_view(value);
            return std::string_view();
        };
        take(find);
    }

    std::string authorization;  ///< the signature, in Base64
    std::string key_url;        ///< x-oss-pub-key-url, in Base64
    std::string content_type;

private:
    template<class Lookup>
    void take(Lookup const& find)
    {
        authorization = std::string_view(find("authorization"));
        key_url = std::string_view(find("x-oss-pub-key-url"));
        content_type = std::string_view(find("content-type"));
    }
};

}  // namespace ossify

#endif
