#ifndef OSSIFY_CODEC_URL_HPP
#define OSSIFY_CODEC_URL_HPP

#include <ossify/core/result.hpp>

#include <boost/system/result.hpp>
#include <boost/url/authority_view.hpp>
#include <boost/url/host_type.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/scheme.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
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
    std::uint16_t port = 0;  ///< 0 when none is given
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

inline failure bad_url(char const* why) { return failure(errc::malformed_url, why); }

inline result<void> read_authority(boost::urls::authority_view const& from, authority& to)
{
    to.has_user_info = from.has_userinfo();
    switch (from.host_type()) {
    case boost::urls::host_type::ipv4: to.kind = host_kind::ipv4; break;
    case boost::urls::host_type::ipv6: to.kind = host_kind::ipv6; break;
    case boost::urls::host_type::name: to.kind = host_kind::name; break;
    case boost::urls::host_type::ipvfuture: return bad_url("an IP address of an unknown kind as host");
    case boost::urls::host_type::none: return bad_url("no host");
    }
    to.host = to.kind == host_kind::ipv6 ? from.host_address() : from.host();
    if (to.host.empty())
        return bad_url("no host");
    for (char& c : to.host) {
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
        // A decoded host may hold anything; only what can stand in a Host header and in a TLS server name passes.
        bool const plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
                           (c == ':' && to.kind == host_kind::ipv6);
        if (!plain)
            return bad_url("a host with a character that no host name has");
    }
    if (from.has_port()) {
        // Read here: the number that Boost.URL 1.81 gives for 99999 is wrapped around.
        unsigned port = 0;
        for (char const digit : from.port())
            port = std::min(port * 10 + static_cast<unsigned>(digit - '0'), 65536u);
        if (port == 0 || port > 65535)
            return bad_url("a port outside 1 to 65535");
        to.port = static_cast<std::uint16_t>(port);
    }
    return {};
}

}  // namespace detail

/// Reads `host`, `host:port`, `1.2.3.4:80` or `[::1]:80`.
/// Errors: `malformed_url`, with the reason in words.
/// Thread safety: stateless. Source: RFC 3986 section 3.2.
inline result<authority> parse_authority(std::string_view text)
{
    auto const parsed = boost::urls::parse_authority(boost::urls::string_view(text.data(), text.size()));
    if (!parsed)
        return detail::bad_url("not of the form host or host:port");
    authority out;
    if (auto const read = detail::read_authority(*parsed, out); !read)
        return read.error();
    return out;
}

/// Reads an absolute http or https URL. User info and IPv6 hosts are read and flagged; the caller decides.
/// Errors: `malformed_url`, with the reason in words.
/// Thread safety: stateless. Source: RFC 3986.
inline result<url> parse_url(std::string_view text)
{
    auto const parsed = boost::urls::parse_uri(boost::urls::string_view(text.data(), text.size()));
    if (!parsed) {
        if (text.find("://") == std::string_view::npos)
            return detail::bad_url("no scheme: begin with http:// or https://");
        return detail::bad_url("not a URL; a character may need percent-encoding");
    }
    url out;
    switch (parsed->scheme_id()) {
    case boost::urls::scheme::http: out.scheme = "http"; break;
    case boost::urls::scheme::https: out.scheme = "https"; break;
    default: return detail::bad_url("the scheme is neither http nor https");
    }
    if (!parsed->has_authority())
        return detail::bad_url("no host");
    authority at;
    if (auto const read = detail::read_authority(parsed->authority(), at); !read)
        return read.error();
    out.host = std::move(at.host);
    out.kind = at.kind;
    out.port = at.port;
    out.has_user_info = at.has_user_info;
    out.has_fragment = parsed->has_fragment();
    auto const target = parsed->encoded_target();
    out.path_and_query.assign(target.data(), target.size());
    if (!out.path_and_query.starts_with('/'))
        out.path_and_query.insert(0, 1, '/');
    return out;
}

}  // namespace ossify::codec

#endif
