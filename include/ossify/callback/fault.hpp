#ifndef OSSIFY_CALLBACK_FAULT_HPP
#define OSSIFY_CALLBACK_FAULT_HPP

#include <ossify/callback/encoded.hpp>
#include <ossify/callback/variables.hpp>
#include <ossify/core/result.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace ossify {

/// What is wrong with callback parameters. One list for the compiler's messages and for those at run time.
enum class callback_fault : unsigned char {
    none,
    // the body template
    empty_body,
    not_utf8,
    percent_encoded,
    round_bracket,
    lone_dollar,
    unclosed_variable,
    nameless_variable,
    unknown_variable,
    unknown_custom_variable,
    bad_custom_name,
    unused_variable,
    duplicate_variable,
    looks_like_json,
    // the body template as JSON
    quoted_variable,
    json_value,
    json_key,
    json_colon,
    json_comma,
    json_unclosed,
    json_trailing,
    json_control,
    json_escape,
    json_depth,
    // the URLs and the host
    no_url,
    too_many_urls,
    empty_url,
    url_scheme,
    url_no_host,
    url_ipv6,
    url_user_info,
    url_host,
    url_port,
    url_escape,
    url_character,
    url_variable,
    bad_host,
    // the limits
    parameters_too_long,
    variables_too_long,
    // the struct of a contract
    member_not_text,
    member_not_number,
    member_not_variable,
};

inline constexpr std::size_t callback_fault_count = static_cast<std::size_t>(callback_fault::member_not_variable) + 1;

/// What is wrong and what to do, in one sentence.
constexpr std::string_view to_sentence(callback_fault fault) noexcept
{
    switch (fault) {
    case callback_fault::none: return "nothing is wrong";
    case callback_fault::empty_body: return "the callback body is empty; the service refuses such a callback";
    case callback_fault::not_utf8: return "the callback parameters must be UTF-8";
    case callback_fault::percent_encoded:
        return "the callback body went through an encoder: %24%7B is an encoded ${; pass the plain template";
    case callback_fault::round_bracket:
        return "the callback body has $( where ${ belongs; a variable is written ${name}";
    case callback_fault::lone_dollar:
        return "the callback body has a $ that begins no ${name}; write a literal $ as %24 in a form, \\u0024 in JSON";
    case callback_fault::unclosed_variable: return "the callback body has a ${ that no } closes";
    case callback_fault::nameless_variable: return "the callback body has a ${} without a name";
    case callback_fault::unknown_variable: return "the callback body names a variable that the service does not have";
    case callback_fault::unknown_custom_variable:
        return "the callback body names a custom variable that is not among the variables given";
    case callback_fault::bad_custom_name:
        return "a custom variable may only have lower-case letters, digits and underscores in its name";
    case callback_fault::unused_variable:
        return "is never used in the callback body; use it as ${x:name}, drop it, or pass "
               "ossify::allow_unused_variables";
    case callback_fault::duplicate_variable: return "a custom variable is given twice";
    case callback_fault::looks_like_json:
        return "the callback body starts like JSON but would be sent as a form; pass ossify::as_json";
    case callback_fault::quoted_variable:
        return "a JSON callback body must not put quotes around a text variable; the service writes them itself";
    case callback_fault::json_value:
        return "the callback body could not be JSON once it is filled in; a value is expected here";
    case callback_fault::json_key:
        return "the callback body could not be JSON once it is filled in; a key in quotes is expected here";
    case callback_fault::json_colon:
        return "the callback body could not be JSON once it is filled in; a colon is expected here";
    case callback_fault::json_comma:
        return "the callback body could not be JSON once it is filled in; a comma or a closing bracket is expected "
               "here";
    case callback_fault::json_unclosed:
        return "the callback body could not be JSON once it is filled in; a bracket or a quote is never closed";
    case callback_fault::json_trailing:
        return "the callback body could not be JSON once it is filled in; there is text after its end";
    case callback_fault::json_control:
        return "the callback body could not be JSON once it is filled in; a control character must be escaped";
    case callback_fault::json_escape:
        return "the callback body could not be JSON once it is filled in; JSON has no such escape";
    case callback_fault::json_depth: return "the callback body nests more than 32 levels of JSON";
    case callback_fault::no_url: return "there is no callback URL; the service takes one to five";
    case callback_fault::too_many_urls: return "there are more than five callback URLs; the service takes one to five";
    case callback_fault::empty_url:
        return "a callback URL is empty; put one semicolon between two URLs, none at the end";
    case callback_fault::url_scheme: return "a callback URL has a scheme other than http and https";
    case callback_fault::url_no_host: return "a callback URL has no host";
    case callback_fault::url_ipv6: return "a callback URL has an IPv6 address; the service only calls IPv4 hosts";
    case callback_fault::url_user_info: return "a callback URL has a user name before its host; the service takes none";
    case callback_fault::url_host:
        return "the host of a callback URL is neither a host name nor an IPv4 address; a semicolon inside a URL is "
               "written %3B";
    case callback_fault::url_port: return "a callback URL has a bad port; it is a number from 1 to 65535";
    case callback_fault::url_escape: return "a callback URL has a % without two hexadecimal digits after it";
    case callback_fault::url_character: return "a callback URL has a character that must be percent-encoded";
    case callback_fault::url_variable: return "a callback URL has a ${variable}; only the callback body is a template";
    case callback_fault::bad_host: return "the callback host is neither a host name nor an IPv4 address";
    case callback_fault::parameters_too_long:
        return "the callback is too long; the service takes 5 KB of Base64, which is 3840 bytes of JSON";
    case callback_fault::variables_too_long:
        return "the custom variables are too long; the service takes 5 KB of Base64, which is 3840 bytes of JSON";
    case callback_fault::member_not_text:
        return "the service sends this member as text; make it a std::string or an optional one";
    case callback_fault::member_not_number:
        return "the service sends this member as a number of up to 64 bits; make it a std::uint64_t, an optional one, "
               "or a std::string";
    case callback_fault::member_not_variable:
        return "a custom variable is text, a number, a bool, or an optional of one of these";
    }
    return "unknown fault";
}

/// A fault, where it is, and what was probably meant.
struct found_fault {
    callback_fault kind = callback_fault::none;
    std::size_t position = 0;              ///< in bytes from the start of the text
    std::string_view text{};               ///< the part of the text that is wrong
    std::size_t meant = detail::no_index;  ///< see detail::nearest_variable

    constexpr explicit operator bool() const noexcept { return kind != callback_fault::none; }
};

namespace detail {

/// The beginning of a text in quotes, fit for a terminal: no control characters, no character cut in half.
inline std::string excerpt(std::string_view text)
{
    constexpr std::size_t longest = 40;
    auto const is_continuation = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; };
    auto end = std::min(text.size(), longest);
    while (end != 0 && end != text.size() && is_continuation(text[end]))
        --end;
    std::string out = "'";
    for (char const c : text.substr(0, end))
        out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
    return out + (end == text.size() ? "'" : "...'");
}

}  // namespace detail

/// The whole message for a fault found at run time: the sentence, the offending text, its place, the name that was
/// probably meant. `custom` are the names of the custom variables that the text was checked against.
inline std::string explain(found_fault const& fault, std::span<std::string_view const> custom = {})
{
    std::string out;
    if (fault.kind == callback_fault::unused_variable)
        return out.append("x:").append(fault.text).append(" ").append(to_sentence(fault.kind));
    out = to_sentence(fault.kind);
    if (!fault.text.empty())
        out.append(": ").append(detail::excerpt(fault.text)).append(" at byte ").append(std::to_string(fault.position));
    if (fault.meant < system_variables.size())
        out.append("; did you mean ${").append(system_variables[fault.meant].name).append("}?");
    else if (fault.meant != detail::no_index && fault.meant - system_variables.size() < custom.size())
        out.append("; did you mean ${x:").append(custom[fault.meant - system_variables.size()]).append("}?");
    return out;
}

inline failure to_failure(found_fault const& fault, std::span<std::string_view const> custom = {})
{
    return failure(errc::invalid_callback, explain(fault, custom));
}

namespace detail {

/// No custom variables.
struct no_names {
    static constexpr std::array<std::string_view, 0> list{};
};

/// The custom variables of a struct that is not described: nobody knows them, and the body is not checked. What takes the
/// struct says what is missing.
struct unknown_names : no_names {};

/// The pieces of the compiler's message for one fault; `Name` counts as in nearest_variable.
template<callback_fault Fault, class Names, std::size_t Name>
constexpr std::array<std::string_view, 4> sentence_parts() noexcept
{
    constexpr auto own = system_variables.size();
    if constexpr (Name < own)
        return {to_sentence(Fault), "; did you mean ${", system_variables[Name].name, "}?"};
    else if constexpr (Name == no_index)
        return {to_sentence(Fault), "", "", ""};
    else if constexpr (Fault == callback_fault::unused_variable)
        return {Names::list[Name - own], " ", to_sentence(Fault), ""};
    else if constexpr (Fault == callback_fault::unknown_variable || Fault == callback_fault::unknown_custom_variable)
        return {to_sentence(Fault), "; did you mean ${x:", Names::list[Name - own], "}?"};
    else
        return {to_sentence(Fault), ": ", Names::list[Name - own], ""};
}

template<callback_fault Fault, class Names, std::size_t Name>
constexpr auto spell_sentence() noexcept
{
    constexpr auto length = [] {
        std::size_t sum = 1;
        for (auto part : sentence_parts<Fault, Names, Name>())
            sum += part.size();
        return sum;
    }();
    words<length> out;
    char* end = out.text;
    for (auto part : sentence_parts<Fault, Names, Name>())
        for (char c : part)
            *end++ = c;
    return out;
}

/// Never defined and not constexpr: a constant expression that comes here does not compile. GCC prints the sentence.
template<words Sentence>
void this_callback_is_refused();

/// Clang cuts long template arguments short, but prints the arguments of the constexpr functions on its way.
template<callback_fault Fault, class Names, std::size_t... Name>
constexpr void refuse_because([[maybe_unused]] char const* sentence, [[maybe_unused]] std::string_view text,
                              [[maybe_unused]] std::size_t position, [[maybe_unused]] std::string_view meant_name,
                              std::size_t meant, std::index_sequence<Name...>)
{
    if (meant == no_index)
        this_callback_is_refused<spell_sentence<Fault, Names, no_index>()>();
    ((Name == meant ? this_callback_is_refused<spell_sentence<Fault, Names, Name>()>() : void()), ...);
}

template<std::size_t... Fault>
constexpr void refuse_because([[maybe_unused]] char const* sentence, [[maybe_unused]] std::string_view text,
                              [[maybe_unused]] std::size_t position, std::size_t fault, std::index_sequence<Fault...>)
{
    ((Fault == fault
          ? this_callback_is_refused<spell_sentence<static_cast<callback_fault>(Fault), no_names, no_index>()>()
          : void()),
     ...);
}

template<class Names>
constexpr std::string_view name_of(std::size_t index) noexcept
{
    constexpr auto first = system_variables.size();
    if (index < first)
        return system_variables[index].name;
    return index - first < Names::list.size() ? Names::list[index - first] : std::string_view();
}

template<callback_fault Fault, class Names>
constexpr void refuse_naming(found_fault const& f)
{
    refuse_because<Fault, Names>(to_sentence(Fault).data(), f.text, f.position, name_of<Names>(f.meant), f.meant,
                                 std::make_index_sequence<system_variables.size() + Names::list.size()>());
}

/// Makes the compiler refuse the program with the fault's sentence.
template<class Names = no_names>
constexpr void refuse(found_fault const& f)
{
    switch (f.kind) {
    case callback_fault::unknown_variable: return refuse_naming<callback_fault::unknown_variable, Names>(f);
    case callback_fault::unknown_custom_variable:
        return refuse_naming<callback_fault::unknown_custom_variable, Names>(f);
    case callback_fault::unused_variable: return refuse_naming<callback_fault::unused_variable, Names>(f);
    case callback_fault::bad_custom_name: return refuse_naming<callback_fault::bad_custom_name, Names>(f);
    case callback_fault::duplicate_variable: return refuse_naming<callback_fault::duplicate_variable, Names>(f);
    case callback_fault::member_not_text: return refuse_naming<callback_fault::member_not_text, Names>(f);
    case callback_fault::member_not_number: return refuse_naming<callback_fault::member_not_number, Names>(f);
    case callback_fault::member_not_variable: return refuse_naming<callback_fault::member_not_variable, Names>(f);
    default:
        return refuse_because(to_sentence(f.kind).data(), f.text, f.position, static_cast<std::size_t>(f.kind),
                              std::make_index_sequence<callback_fault_count>());
    }
}

}  // namespace detail

}  // namespace ossify

#endif
