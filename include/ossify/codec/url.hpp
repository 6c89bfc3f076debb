#ifndef OSSIFY_CODEC_URL_HPP
#define OSSIFY_CODEC_URL_HPP

#include <ossify/core/ascii.hpp>
#include <ossify/core/result.hpp>

#include <boost/url/ipv4_address.hpp>
#include <boost/url/ipv6_address.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/scheme.hpp>
#include <boost/url/string_view.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace ossify::codec {

enum class host_kind { name, ipv4, ipv6 };

/// `host[:port]` of a URL or of an endpoint.
struct authority {
    std::string host;  ///< lower case; an IPv6 address without brackets
    host_kind kind = host_kind::name;
    std::uint16_t port = 0;      ///< 0 when none is given
    bool has_user_info = false;  ///< `user@` stood before the host; the text itself is not kept

    bool is_ip_literal() const noexcept { return kind != host_kind::name; }

    /// The host as it stands in a URL and in the Host header: an IPv6 address has brackets.
    std::string bracketed_host() const { return kind == host_kind::ipv6 ? '[' + host + ']' : host; }

    friend bool operator==(authority const&, authority const&) = default;
};

/// An http or https URL. Path and query are kept exactly as written: what is signed must be what was sent.
struct url {
    std::string scheme = "http";  ///< "http" or "https"
    std::string host;             ///< lower case; an IPv6 address without brackets
    host_kind kind = host_kind::name;
    std::uint16_t port = 0;            ///< 0 when none is given
    std::string path_and_query = "/";  ///< raw, begins with `/`: the target of a request for this URL
    bool has_user_info = false;        ///< `user@` stood before the host; the text itself is not kept
    bool has_fragment = false;         ///< `#...` stood at the end; it is dropped, as it is never sent

    bool is_https() const noexcept { return scheme == "https"; }
    bool is_ip_literal() const noexcept { return kind != host_kind::name; }
    std::uint16_t default_port() const noexcept { return is_https() ? 443 : 80; }
    std::uint16_t effective_port() const noexcept { return port != 0 ? port : default_port(); }

    /// The raw path, without the query.
    std::string_view path() const noexcept
    {
        return std::string_view(path_and_query).substr(0, path_and_query.find('?'));
    }

    /// The raw query behind `?`; empty when there is none.
    std::string_view query() const noexcept
    {
        auto const mark = path_and_query.find('?');
        return mark == std::string::npos ? std::string_view() : std::string_view(path_and_query).substr(mark + 1);
    }

    /// The host as it stands in a URL: an IPv6 address has brackets.
    std::string bracketed_host() const { return kind == host_kind::ipv6 ? '[' + host + ']' : host; }

    /// The value of the Host header: with the port unless it is the scheme's own. Source: RFC 9110 section 7.2.
    std::string host_header() const
    {
        return effective_port() == default_port() ? bracketed_host() : bracketed_host() + ':' + std::to_string(port);
    }

    friend bool operator==(url const&, url const&) = default;
};

namespace detail {

inline failure bad_url(std::string why) { return failure(errc::malformed_url, std::move(why)); }

inline boost::urls::string_view as_url_text(std::string_view text) { return {text.data(), text.size()}; }

/// True for a name whose last label is a number: resolvers read "127.1" and "0x7f000001" as addresses, so that such a
/// host would be an address that does not look like one. Source: WHATWG URL standard, "ends in a number".
inline bool ends_in_number(std::string_view host)
{
    if (host.ends_with('.'))
        host.remove_suffix(1);
    std::string_view const label = host.substr(host.rfind('.') + 1);
    bool const decimal = !label.empty() && label.find_first_not_of("0123456789") == std::string_view::npos;
    return decimal || label.starts_with("0x");
}

/// Checks and stores a host: `[v6]`, `v4` or a name.
inline result<void> read_host(std::string_view text, authority& to)
{
    if (text.empty())
        return bad_url("no host");
    if (text.front() == '[') {
        to.kind = host_kind::ipv6;
        text = text.substr(1, text.size() - 2);
        if (!boost::urls::parse_ipv6_address(as_url_text(text)))
            return bad_url("brackets around something that is no IPv6 address");
    } else if (boost::urls::parse_ipv4_address(as_url_text(text))) {
        to.kind = host_kind::ipv4;
    }
    to.host = ascii::lower_case(std::string(text));
    if (to.kind != host_kind::name)
        return {};
    // Narrower than RFC 3986: what can stand in a Host header and in a TLS server name.
    if (to.host.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-._") != std::string::npos)
        return bad_url("a host with a character that no host name has");
    if (to.host.front() == '.' || to.host.find("..") != std::string::npos || to.host.size() > 254)
        return bad_url("a host name with an empty label, or longer than 254 characters");
    if (ends_in_number(to.host))
        return bad_url("a host that ends in a number but is no IPv4 address");
    return {};
}

inline result<void> read_port(std::string_view text, authority& to)
{
    auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), to.port);
    if (ec != std::errc() || end != text.data() + text.size() || to.port == 0)
        return bad_url("a port that is no number from 1 to 65535");
    return {};
}

/// Fails for a character that no URL holds: everything but printable ASCII, and ASCII that must be escaped.
inline result<void> check_characters(std::string_view text)
{
    constexpr std::string_view excluded = "\"<>\\^`{|}\x7f";
    for (std::size_t i = 0; i != text.size(); ++i) {
        auto const byte = static_cast<unsigned char>(text[i]);
        if (byte <= 0x20 || byte > 0x7f || excluded.find(text[i]) != std::string_view::npos)
            return bad_url("a character at byte " + std::to_string(i) + " that must be percent-encoded");
    }
    return {};
}

}  // namespace detail

/// Reads `host`, `host:port`, `1.2.3.4:80` or `[::1]:80`.
/// Errors: `malformed_url`, with the reason in words.
/// Thread safety: stateless. Source: RFC 3986 section 3.2.
inline result<authority> parse_authority(std::string_view text)
{
    authority out;
    if (auto const checked = detail::check_characters(text); !checked)
        return checked.error();
    if (text.find_first_of("/?#") != std::string_view::npos)
        return detail::bad_url("more than a host and a port");
    if (auto const at = text.rfind('@'); at != std::string_view::npos) {
        out.has_user_info = true;
        text.remove_prefix(at + 1);
    }
    std::size_t host_size = text.find(':');
    if (text.starts_with('[')) {
        host_size = text.find(']');
        if (host_size == std::string_view::npos)
            return detail::bad_url("a bracket that is not closed");
        ++host_size;
    }
    if (auto const read = detail::read_host(text.substr(0, host_size), out); !read)
        return read.error();
    if (host_size < text.size()) {
        if (text[host_size] != ':')
            return detail::bad_url("text between the bracket and the port");
        if (auto const read = detail::read_port(text.substr(host_size + 1), out); !read)
            return read.error();
    }
    return out;
}

/// Reads an absolute http or https URL. User info and addresses as hosts are read and flagged; the caller decides.
/// Errors: `malformed_url`, with the reason in words.
/// Thread safety: stateless. Source: RFC 3986.
inline result<url> parse_url(std::string_view text)
{
    if (auto const checked = detail::check_characters(text); !checked)
        return checked.error();
    auto const colon = text.find("://");
    if (colon == std::string_view::npos)
        return detail::bad_url("no scheme: begin with http:// or https://");
    url out;
    switch (boost::urls::string_to_scheme(detail::as_url_text(text.substr(0, colon)))) {
    case boost::urls::scheme::http: out.scheme = "http"; break;
    case boost::urls::scheme::https: out.scheme = "https"; break;
    default: return detail::bad_url("the scheme is neither http nor https");
    }
    text.remove_prefix(colon + 3);

    // The authority is split off here: Boost.URL 1.81 ends a host like 1.2.3.4.example.com after the address, and
    // takes what follows a port for the path.
    auto const authority_size = std::min(text.find_first_of("/?#"), text.size());
    auto at = parse_authority(text.substr(0, authority_size));
    if (!at)
        return at.error();
    out.host = std::move(at->host);
    out.kind = at->kind;
    out.port = at->port;
    out.has_user_info = at->has_user_info;
    text.remove_prefix(authority_size);

    auto const target = text.substr(0, text.find('#'));
    out.has_fragment = target.size() != text.size();
    if (!target.starts_with('/'))
        out.path_and_query = '/';
    else
        out.path_and_query.clear();
    out.path_and_query += target;
    if (!boost::urls::parse_origin_form(detail::as_url_text(out.path_and_query)))
        return detail::bad_url("a path or query with a character that must be percent-encoded, or a bad escape");
    return out;
}

}  // namespace ossify::codec

#endif
