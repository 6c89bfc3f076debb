#ifndef OSSIFY_EMULATOR_INCOMING_HPP
#define OSSIFY_EMULATOR_INCOMING_HPP

#include <ossify/emulator/addressing.hpp>
#include <ossify/emulator/operation.hpp>
#include <ossify/emulator/records.hpp>
#include <ossify/http/message.hpp>
#include <ossify/http/query.hpp>

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ossify::emulation {

/// Where a request came from.
class request_origin {
public:
    request_origin() = default;
    request_origin(std::string client_ip, bool over_tls) : ip(std::move(client_ip)), secure(over_tls) {}

    std::string ip;
    bool secure = false;
};

/// A request as the service understands it. Lifetime: `head` is borrowed.
class incoming_request {
public:
    incoming_request() = default;

    http::request_head const* head = nullptr;
    request_origin origin;
    emulation::address at;
    http::query query;
    emulation::operation operation = operation::get_object;
    std::string id;  ///< request id: 24 upper-case hexadecimal digits
    service_time received{};

    http::method method() const noexcept { return head->method; }
    bool is_head() const noexcept { return head->method == http::method::head; }
    std::string_view host() const { return head->headers.get("Host"); }
    std::string_view header(std::string_view name) const { return head->headers.get(name); }
    bool has_header(std::string_view name) const { return head->headers.contains(name); }

    std::string const& bucket() const noexcept { return at.bucket; }
    std::string const& key() const noexcept { return at.key; }

    /// How the service would be addressed from outside: for the Location of answers.
    std::string url_of(std::string_view bucket, std::string_view key) const
    {
        std::string out = origin.secure ? "https://" : "http://";
        out += host();
        out += '/';
        if (at.style == address_style::path)
            out.append(codec::percent_encode(bucket)).append(1, '/');
        return out += codec::percent_encode_path(key);
    }
};

/// The number that is the whole of `text`.
inline std::optional<std::uint64_t> parse_number(std::string_view text) noexcept
{
    std::uint64_t value = 0;
    auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (ec != std::errc() || end != text.data() + text.size() || text.empty())
        return std::nullopt;
    return value;
}

}  // namespace ossify::emulation

#endif
