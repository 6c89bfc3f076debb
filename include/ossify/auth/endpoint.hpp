#ifndef OSSIFY_AUTH_ENDPOINT_HPP
#define OSSIFY_AUTH_ENDPOINT_HPP

#include <ossify/auth/names.hpp>
#include <ossify/codec/percent.hpp>
#include <ossify/codec/url.hpp>
#include <ossify/core/result.hpp>
#include <ossify/http/query.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace ossify {

/// Where the bucket stands in the address of a request.
enum class url_style {
    automatic,       ///< path style for IP addresses and localhost, else virtual-hosted
    virtual_hosted,  ///< https://bucket.endpoint/key
    path,            ///< https://endpoint/bucket/key: emulators and gateways; the public service refuses it
    cname,           ///< https://endpoint/key: the endpoint is a domain bound to the bucket
};

/// What the host of an endpoint tells about it.
enum class endpoint_kind {
    public_network,  ///< oss-{region}.aliyuncs.com
    internal,        ///< oss-{region}-internal.aliyuncs.com: only from inside that region
    accelerate,      ///< oss-accelerate[-overseas].aliyuncs.com
    dual_stack,      ///< {region}.oss.aliyuncs.com: IPv4 and IPv6
    cloud_box,       ///< {cloud box id}.{region}.oss-cloudbox[-control].aliyuncs.com
    other,           ///< any other name
    ip_literal,
    localhost,
};

/// Where the service is and how its URLs are made.
/// Thread safety: a value; const members may be called from different threads.
class endpoint {
public:
    endpoint() = default;

    /// Reads `[http[s]://]host[:port]`; without a scheme it is https.
    /// Errors: `invalid_config` for text that is no endpoint, for one that names the bucket too, and for an IP address
    /// together with `virtual_hosted`.
    /// Source: OSS documentation, "Regions and endpoints".
    static result<endpoint> parse(std::string_view text, url_style style = url_style::automatic);

    endpoint_kind kind() const noexcept { return kind_; }
    url_style style() const noexcept { return style_; }  ///< never `automatic`
    bool secure() const noexcept { return secure_; }
    std::string const& host() const noexcept { return host_; }  ///< without port; IPv6 without brackets
    std::uint16_t port() const noexcept { return port_; }       ///< never 0

    /// The region id that the host tells ("cn-hangzhou"), the id of a cloud box, or nothing.
    std::string const& region() const noexcept { return region_; }
    /// The product that signature version 4 names: "oss" or "oss-cloudbox".
    std::string_view product() const noexcept { return kind_ == endpoint_kind::cloud_box ? "oss-cloudbox" : "oss"; }

    /// The name to resolve and to check the certificate against. An empty bucket stands for the service itself.
    std::string connect_host(std::string_view bucket) const;
    /// The value of the Host header.
    std::string host_for(std::string_view bucket) const;
    /// The request target, percent-encoded. An empty key stands for the bucket, an empty bucket for the service.
    std::string target_for(std::string_view bucket, std::string_view key, http::query const& query = {}) const;
    void append_target(std::string& out, std::string_view bucket, std::string_view key, http::query const& query) const;
    /// The absolute URL.
    std::string url_for(std::string_view bucket, std::string_view key, http::query const& query = {}) const;

private:
    bool bucket_in_host(std::string_view bucket) const noexcept
    {
        return style_ == url_style::virtual_hosted && !bucket.empty();
    }

    result<void> classify();

    std::string host_;
    std::string region_;
    std::uint16_t port_ = 443;
    bool secure_ = true;
    bool ipv6_ = false;
    url_style style_ = url_style::virtual_hosted;
    endpoint_kind kind_ = endpoint_kind::other;
};

namespace detail {

/// "cn-hangzhou" and its like; not "data-acc", which stands in the names of other products.
inline bool looks_like_region(std::string_view text)
{
    auto const letter = [](char c) { return c >= 'a' && c <= 'z'; };
    return text.size() > 3 && letter(text[0]) && letter(text[1]) && text[2] == '-';
}

inline bool remove_prefix(std::string_view& text, std::string_view prefix)
{
    if (!text.starts_with(prefix))
        return false;
    text.remove_prefix(prefix.size());
    return true;
}

inline bool remove_suffix(std::string_view& text, std::string_view suffix)
{
    if (!text.ends_with(suffix))
        return false;
    text.remove_suffix(suffix.size());
    return true;
}

}  // namespace detail

inline result<endpoint> endpoint::parse(std::string_view text, url_style style)
{
    auto const refuse = [text](std::string_view why) {
        // Text with an @ may hold a password.
        std::string_view const shown = text.find('@') == text.npos ? text.substr(0, 200) : "...@...";
        return failure(errc::invalid_config, "the endpoint \"" + std::string(shown) + "\" " + std::string(why));
    };
    bool const has_scheme = text.find("://") != std::string_view::npos;
    auto const url = codec::parse_url(has_scheme ? std::string(text) : "https://" + std::string(text));
    if (!url)
        return refuse("is not of the form [http[s]://]host[:port]: " + url.error().message());
    if (url->has_user_info)
        return refuse("must hold no user name or password");
    if (url->path_and_query != "/" || url->has_fragment)
        return refuse("must hold no path or query: bucket and key are given with each request");

    endpoint out;
    out.secure_ = url->is_https();
    out.host_ = url->host;
    out.port_ = url->effective_port();
    out.ipv6_ = url->kind == codec::host_kind::ipv6;
    if (url->is_ip_literal())
        out.kind_ = endpoint_kind::ip_literal;
    else if (out.host_ == "localhost")
        out.kind_ = endpoint_kind::localhost;
    else if (style != url_style::cname)
        if (auto checked = out.classify(); !checked)
            return refuse(checked.error().message());

    bool const local = out.kind_ == endpoint_kind::ip_literal || out.kind_ == endpoint_kind::localhost;
    if (style == url_style::virtual_hosted && out.kind_ == endpoint_kind::ip_literal)
        return refuse("is an IP address, which cannot carry a bucket name: use path style");
    out.style_ = style != url_style::automatic ? style : local ? url_style::path : url_style::virtual_hosted;
    return out;
}

inline result<void> endpoint::classify()
{
    std::string_view name = host_;
    if (!detail::remove_suffix(name, ".aliyuncs.com"))
        return {};
    auto const last_dot = name.rfind('.');
    std::string_view const last = name.substr(last_dot == std::string_view::npos ? 0 : last_dot + 1);
    std::string_view const before = last_dot == std::string_view::npos ? std::string_view() : name.substr(0, last_dot);

    if (last == "oss-cloudbox" || last == "oss-cloudbox-control") {
        kind_ = endpoint_kind::cloud_box;
        region_ = before.substr(0, before.find('.'));
    } else if (last == "oss" && !before.empty()) {
        kind_ = endpoint_kind::dual_stack;
        region_ = before.substr(before.rfind('.') + 1);
    } else if (std::string_view region = last; detail::remove_prefix(region, "oss-")) {
        if (region == "accelerate" || region == "accelerate-overseas") {
            kind_ = endpoint_kind::accelerate;
        } else if (detail::looks_like_region(region)) {
            kind_ =
                detail::remove_suffix(region, "-internal") ? endpoint_kind::internal : endpoint_kind::public_network;
            region_ = region;
        }
    }
    bool const region_like = kind_ != endpoint_kind::other && kind_ != endpoint_kind::cloud_box;
    std::string_view const extra = kind_ == endpoint_kind::dual_stack
                                       ? before.substr(0, before.rfind('.') == before.npos ? 0 : before.rfind('.'))
                                       : before;
    if (region_like && !extra.empty())
        return failure(errc::invalid_config, "names the bucket \"" + std::string(extra) + "\" too: give \"" +
                                                 host_.substr(extra.size() + 1) +
                                                 "\", or choose the style cname if it is a domain bound to a bucket");
    return {};
}

inline std::string endpoint::connect_host(std::string_view bucket) const
{
    if (!bucket_in_host(bucket))
        return host_;
    std::string out;
    out.reserve(bucket.size() + 1 + host_.size());
    return out.append(bucket).append(1, '.').append(host_);
}

inline std::string endpoint::host_for(std::string_view bucket) const
{
    std::string out = ipv6_ ? '[' + host_ + ']' : connect_host(bucket);
    if (port_ != (secure_ ? 443 : 80))
        out.append(1, ':').append(std::to_string(port_));
    return out;
}

inline std::string endpoint::target_for(std::string_view bucket, std::string_view key, http::query const& query) const
{
    std::string out;
    out.reserve(bucket.size() + key.size() + 32);
    append_target(out, bucket, key, query);
    return out;
}

inline void endpoint::append_target(std::string& out, std::string_view bucket, std::string_view key,
                                    http::query const& query) const
{
    out += '/';
    if (style_ == url_style::path && !bucket.empty()) {
        codec::percent_encode_to(out, bucket, false);
        out += '/';
    }
    codec::percent_encode_to(out, key, true);
    if (!query.empty()) {
        out += '?';
        query.append_to(out);
    }
}

inline std::string endpoint::url_for(std::string_view bucket, std::string_view key, http::query const& query) const
{
    return (secure_ ? "https://" : "http://") + host_for(bucket) + target_for(bucket, key, query);
}

}  // namespace ossify

#endif
