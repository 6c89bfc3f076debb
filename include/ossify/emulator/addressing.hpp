#ifndef OSSIFY_EMULATOR_ADDRESSING_HPP
#define OSSIFY_EMULATOR_ADDRESSING_HPP

#include <ossify/codec/percent.hpp>
#include <ossify/core/ascii.hpp>

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ossify::emulation {

enum class address_style { path, virtual_hosted };

/// Which bucket and object a request names, whatever the style of its address.
class address {
public:
    address() = default;

    address_style style = address_style::path;
    std::string bucket;     ///< empty for the service itself
    std::string key;        ///< decoded bytes; empty for the bucket itself
    bool on_service_domain = false;  ///< path style on a host of the service, which the real one refuses
};

namespace detail {

inline std::string_view without_port(std::string_view host)
{
    if (host.starts_with('[')) {
        auto const end = host.find(']');
        return end == host.npos ? host : host.substr(0, end + 1);
    }
    return host.substr(0, host.find(':'));
}

inline bool looks_like_ip(std::string_view host)
{
    return host.starts_with('[') ||
           (!host.empty() && host.find_first_not_of("0123456789.") == host.npos);
}

/// The part of a host name after the bucket, or nothing when the name as a whole is an endpoint of the service.
inline std::optional<std::size_t> bucket_label_on_service_domain(std::string_view host)
{
    constexpr std::string_view domain = ".aliyuncs.com";
    if (!host.ends_with(domain))
        return std::nullopt;
    std::string_view const rest = host.substr(0, host.size() - domain.size());
    auto const last = rest.rfind('.');
    if (last == rest.npos)  // oss-cn-hangzhou
        return std::string_view::npos;
    auto const tail = rest.substr(last + 1);
    if (tail == "oss") {  // cn-hangzhou.oss or bucket.cn-hangzhou.oss
        auto const before = rest.rfind('.', last - 1);
        return before == rest.npos ? std::string_view::npos : before;
    }
    return last;
}

}  // namespace detail

/// Reads the Host header and the raw request target. `bucket_exists` settles host names that could be either style.
///
/// IP addresses, names without a dot and `localhost` carry the bucket in the path. On `*.aliyuncs.com` and
/// `*.localhost` the labels before the endpoint are the bucket. On any other name the first label is the bucket,
/// unless no such bucket exists while the first segment of the path is one.
/// Returns nothing when the path cannot be decoded.
inline std::optional<address> read_address(std::string_view host, std::string_view target,
                                           std::function<bool(std::string_view)> const& bucket_exists)
{
    address out;
    if (auto const scheme = target.find("://"); !target.starts_with('/') && scheme != target.npos) {
        auto const path = target.find_first_of("/?", scheme + 3);
        target = path == target.npos ? std::string_view("/") : target.substr(path);
    }
    target = target.substr(0, target.find('?'));
    if (target.starts_with('/'))
        target.remove_prefix(1);

    auto const slash = target.find('/');
    std::string_view const first = target.substr(0, slash);

    std::string const name = ascii::lower_case(std::string(detail::without_port(host)));
    std::string_view label;
    if (auto const cut = detail::bucket_label_on_service_domain(name)) {
        if (*cut == std::string_view::npos)
            out.on_service_domain = !target.empty();
        else
            label = std::string_view(name).substr(0, *cut);
    } else if (detail::looks_like_ip(name) || name.find('.') == name.npos) {
        // path style
    } else if (name.ends_with(".localhost")) {
        label = std::string_view(name).substr(0, name.size() - 10);
    } else {
        label = std::string_view(name).substr(0, name.find('.'));
        if (!bucket_exists(label) && bucket_exists(first))
            label = {};
    }

    std::string_view raw_key = target;
    if (!label.empty()) {
        out.style = address_style::virtual_hosted;
        out.bucket = label;
    } else {
        auto bucket = codec::percent_decode(first);
        if (!bucket)
            return std::nullopt;
        out.bucket = *std::move(bucket);
        raw_key = slash == target.npos ? std::string_view() : target.substr(slash + 1);
    }
    auto key = codec::percent_decode(raw_key);
    if (!key)
        return std::nullopt;
    out.key = *std::move(key);
    return out;
}

/// The rule for bucket names: 3 to 63 of a-z, 0-9 and hyphen, no hyphen at either end.
inline bool is_bucket_name(std::string_view name)
{
    auto const plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    return name.size() >= 3 && name.size() <= 63 && plain(name.front()) && plain(name.back()) &&
           std::all_of(name.begin(), name.end(), [&](char c) { return plain(c) || c == '-'; });
}

}  // namespace ossify::emulation

#endif
