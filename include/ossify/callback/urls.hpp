#ifndef OSSIFY_CALLBACK_URLS_HPP
#define OSSIFY_CALLBACK_URLS_HPP

#include <ossify/callback/body_template.hpp>
#include <ossify/callback/fault.hpp>
#include <ossify/callback/limits.hpp>
#include <ossify/core/ascii.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>

namespace ossify {

namespace detail {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_hex_digit(char c) noexcept
{
    return is_digit(c) || (ascii::to_lower(c) >= 'a' && ascii::to_lower(c) <= 'f');
}
constexpr bool is_letter(char c) noexcept { return ascii::to_lower(c) >= 'a' && ascii::to_lower(c) <= 'z'; }

enum class callback_host_kind { wrong, name, ipv4 };

/// Tells an IPv4 address from a host name. Source: RFC 1123 section 2.1; a last label of digits makes an address.
constexpr callback_host_kind classify_host(std::string_view host) noexcept
{
    if (host.empty() || host.size() > 253)
        return callback_host_kind::wrong;
    std::size_t labels = 0;
    bool only_octets = true;
    bool last_is_number = false;
    for (std::size_t at = 0; at <= host.size();) {
        auto const label = host.substr(at, host.find('.', at) - at);
        if (label.empty() || label.size() > 63)
            return callback_host_kind::wrong;
        if (!std::ranges::all_of(label, [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '_'; }))
            return callback_host_kind::wrong;
        last_is_number = std::ranges::all_of(label, is_digit);
        unsigned octet = 0;
        for (char const c : label.substr(0, 4))
            octet = octet * 10 + (is_digit(c) ? static_cast<unsigned>(c - '0') : 0U);
        only_octets = only_octets && last_is_number && label.size() <= 3 && octet <= 255;
        ++labels;
        at += label.size() + 1;
    }
    if (!last_is_number)
        return callback_host_kind::name;
    return only_octets && labels == 4 ? callback_host_kind::ipv4 : callback_host_kind::wrong;
}

/// True for a port from 1 to 65535.
constexpr bool is_port(std::string_view text) noexcept
{
    if (text.empty() || text.size() > 5 || !std::ranges::all_of(text, is_digit))
        return false;
    unsigned value = 0;
    for (char const c : text)
        value = value * 10 + static_cast<unsigned>(c - '0');
    return value >= 1 && value <= 65535;
}

/// The first character of a text: one byte, or as many as its UTF-8 sequence has.
constexpr std::string_view first_character(std::string_view text) noexcept
{
    std::size_t length = 1;
    while (length < text.size() && (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80U)
        ++length;
    return text.substr(0, length);
}

struct url_check {
    found_fault fault{};
    bool wants_sni = false;  ///< https with a host name: servers with several names need it
};

/// Checks one URL; `first` is its place in the whole text.
/// Source: OSS documentation, "Callback" (callbackUrl); RFC 3986.
constexpr url_check check_url(std::string_view url, std::size_t first) noexcept
{
    auto const fault = [&](callback_fault kind, std::string_view text, std::size_t at) {
        return url_check{{kind, first + at, text}};
    };
    if (url.empty())
        return fault(callback_fault::empty_url, url, 0);
    if (auto const at = url.find("${"); at != url.npos)
        return fault(callback_fault::url_variable, url.substr(at, url.find('}', at) - at + 1), at);

    // A missing scheme is http: the official examples have URLs without one.
    bool https = false;
    std::size_t start = 0;
    if (auto const mark = url.find("://"); mark != url.npos && mark < url.find_first_of("/?#")) {
        auto const scheme = url.substr(0, mark);
        https = std::ranges::equal(scheme, std::string_view("https"), {}, ascii::to_lower);
        if (!https && !std::ranges::equal(scheme, std::string_view("http"), {}, ascii::to_lower))
            return fault(callback_fault::url_scheme, scheme, 0);
        start = mark + 3;
    }

    auto const authority = url.substr(start, url.find_first_of("/?#", start) - start);
    if (auto const at = authority.rfind('@'); at != authority.npos)
        return fault(callback_fault::url_user_info, {}, start);  // no text: it may hold a password
    if (authority.starts_with('[') || std::ranges::count(authority, ':') > 1)
        return fault(callback_fault::url_ipv6, authority, start);
    auto const colon = authority.find(':');
    auto const host = authority.substr(0, colon);
    if (host.empty())
        return fault(callback_fault::url_no_host, url.substr(0, start), 0);
    auto const kind = classify_host(host);
    if (kind == callback_host_kind::wrong)
        return fault(callback_fault::url_host, host, start);
    if (colon != authority.npos && !is_port(authority.substr(colon + 1)))
        return fault(callback_fault::url_port, authority.substr(colon), start + colon);

    for (std::size_t at = start + authority.size(); at != url.size(); ++at) {
        char const c = url[at];
        if (c == '%') {
            if (url.size() - at < 3 || !is_hex_digit(url[at + 1]) || !is_hex_digit(url[at + 2]))
                return fault(callback_fault::url_escape, url.substr(at, 3), at);
        } else if (!is_letter(c) && !is_digit(c) &&
                   std::string_view("-._~!$&'()*+,=:@/?").find(c) == std::string_view::npos)
            return fault(callback_fault::url_character, first_character(url.substr(at)), at);
    }
    return {{}, https && kind == callback_host_kind::name};
}

/// Checks one to five URLs in one text, separated by semicolons.
constexpr url_check check_urls(std::string_view urls) noexcept
{
    constexpr std::ptrdiff_t most = 5;
    if (urls.empty())
        return {{callback_fault::no_url}};
    if (std::ranges::count(urls, ';') >= most)
        return {{callback_fault::too_many_urls}};
    url_check all;
    for (std::size_t at = 0; at <= urls.size();) {
        auto const url = urls.substr(at, urls.find(';', at) - at);
        auto const one = check_url(url, at);
        if (one.fault)
            return one;
        all.wants_sni = all.wants_sni || one.wants_sni;
        at += url.size() + 1;
    }
    return all;
}

/// Checks a value for the Host header: a name or an IPv4 address, with or without a port.
constexpr found_fault check_host(std::string_view host) noexcept
{
    auto const colon = host.find(':');
    bool const good = classify_host(host.substr(0, colon)) != callback_host_kind::wrong &&
                      (colon == host.npos || is_port(host.substr(colon + 1)));
    return good ? found_fault{} : found_fault{callback_fault::bad_host, 0, host};
}

/// Text that is known when the program is compiled: a literal, or a constexpr array or view.
template<class Text>
concept constant_text = std::convertible_to<Text const&, std::string_view> && !std::same_as<Text, std::string>;

}  // namespace detail

/// One to five URLs of application servers, checked while the program is compiled. The service tries them in order
/// until one answers. Several go in one literal, separated by semicolons, or in a literal each.
/// Source: OSS documentation, "Callback" (callbackUrl).
class callback_urls {
public:
    static constexpr std::size_t max_literals = 5;

    template<detail::constant_text... Text>
    consteval callback_urls(Text const&... urls)  // implicit: a literal stands for itself
    {
        if (sizeof...(urls) == 0)
            detail::refuse({callback_fault::no_url});
        if (sizeof...(urls) > max_literals)
            detail::refuse({callback_fault::too_many_urls});
        (add(urls), ...);
    }

    /// The URLs as they are sent: separated by semicolons.
    std::string to_string() const
    {
        std::string out;
        for (std::size_t i = 0; i != literals_; ++i)
            out.append(i == 0 ? "" : ";").append(text_[i]);
        return out;
    }

    /// How long `to_string()` is. No character of a URL is escaped in JSON.
    constexpr std::size_t size() const noexcept { return size_; }

    /// True when a URL is https with a host name: servers with several names need the name in the handshake.
    constexpr bool wants_sni() const noexcept { return wants_sni_; }

private:
    consteval void add(std::string_view urls)
    {
        auto const checked = detail::check_urls(urls);
        if (checked.fault)
            detail::refuse(checked.fault);
        count_ += 1 + static_cast<std::size_t>(std::ranges::count(urls, ';'));
        if (count_ > 5)
            detail::refuse({callback_fault::too_many_urls});
        wants_sni_ = wants_sni_ || checked.wants_sni;
        size_ += urls.size() + (literals_ == 0 ? 0U : 1U);
        if (detail::parameters_length(size_, {}, {}, callback_body_type::form, {}) > detail::longest_json)
            detail::refuse({callback_fault::parameters_too_long});
        text_[literals_++] = urls;
    }

    std::array<std::string_view, max_literals> text_{};
    std::size_t literals_ = 0;
    std::size_t count_ = 0;
    std::size_t size_ = 0;
    bool wants_sni_ = false;
};

/// A value for the Host header of the callback, checked while the program is compiled: a host name or an IPv4
/// address, with or without a port.
class callback_host {
public:
    template<detail::constant_text Text>
    consteval callback_host(Text const& host)  // implicit: a literal stands for itself
        : text_(host)
    {
        if (auto const fault = detail::check_host(text_))
            detail::refuse(fault);
    }

    constexpr std::string_view text() const noexcept { return text_; }

private:
    std::string_view text_;
};

}  // namespace ossify

#endif
