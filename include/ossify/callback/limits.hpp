#ifndef OSSIFY_CALLBACK_LIMITS_HPP
#define OSSIFY_CALLBACK_LIMITS_HPP

#include <ossify/callback/body_template.hpp>

#include <cstddef>
#include <optional>
#include <string_view>

namespace ossify {

/// How long the Base64 text of the parameters, and that of the custom variables, may be.
/// Source: OSS documentation, "Callback" (400 errors: "The length of callback exceed max value.").
inline constexpr std::size_t callback_base64_limit = 5 * 1024;

namespace detail {

/// The longest JSON whose Base64 text is within the limit.
inline constexpr std::size_t longest_json = callback_base64_limit / 4 * 3;

/// How long `text` is as a JSON string without its quotes, escaped as the JSON library does it.
constexpr std::size_t escaped_length(std::string_view text) noexcept
{
    std::size_t length = 0;
    for (char const c : text) {
        if (c == '"' || c == '\\' || c == '\b' || c == '\f' || c == '\n' || c == '\r' || c == '\t')
            length += 2;
        else
            length += static_cast<unsigned char>(c) < 0x20 ? 6U : 1U;
    }
    return length;
}

/// How long the JSON of the parameters is. An empty host and an absent `sni` are left out of it.
constexpr std::size_t parameters_length(std::size_t urls_length, std::string_view host, std::string_view body,
                                        callback_body_type type, std::optional<bool> sni) noexcept
{
    auto const member = [](std::string_view name, std::size_t value) { return name.size() + 4 + value; };  // "":,
    std::size_t length = 1;  // two braces, and one comma fewer than members
    length += member("callbackUrl", urls_length + 2);
    if (!host.empty())
        length += member("callbackHost", escaped_length(host) + 2);
    length += member("callbackBody", escaped_length(body) + 2);
    length += member("callbackBodyType", to_string(type).size() + 2);
    if (sni)
        length += member("callbackSNI", *sni ? 4 : 5);
    return length;
}

}  // namespace detail

}  // namespace ossify

#endif
