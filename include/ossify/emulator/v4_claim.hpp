#ifndef OSSIFY_EMULATOR_V4_CLAIM_HPP
#define OSSIFY_EMULATOR_V4_CLAIM_HPP

#include <ossify/auth/canonical.hpp>
#include <ossify/auth/signing_key.hpp>
#include <ossify/codec/date.hpp>
#include <ossify/emulator/auth_errors.hpp>
#include <ossify/emulator/service_error.hpp>
#include <ossify/http/syntax.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ossify::emulation {

/// What a signature of version 4 says about itself. Lifetime: views into the request.
class v4_claim {
public:
    v4_claim() = default;

    signing_scope scope() const { return signing_scope(std::string(region), std::string(product)); }

    std::string_view id, date, region, product, signature;
    std::vector<std::string> additional;  ///< names of the headers that are signed on request
};

namespace detail {

/// Calls `visit` with each piece between separators, empty ones too.
template<class Visit>
void for_each_piece(std::string_view text, char separator, Visit visit)
{
    for (;;) {
        auto const end = text.find(separator);
        visit(text.substr(0, end));
        if (end == text.npos)
            return;
        text.remove_prefix(end + 1);
    }
}

}  // namespace detail

/// Reads `{id}/{date}/{region}/{product}/aliyun_v4_request`. `header` is the whole Authorization header, or empty when
/// the text comes from a query or a form. Without a wanted region every one is accepted.
inline service_result<v4_claim> read_v4_credential(std::string_view text, std::string_view header,
                                                   std::string_view wanted_region)
{
    bool const in_header = !header.empty();
    auto const refuse = [&](std::string what, std::string ec) {
        return in_header ? errors::invalid_authorization(header, what + " in Authorization header.", std::move(ec))
                         : errors::invalid_query_item("x-oss-credential", text, what + " in x-oss-credential.",
                                                      std::move(ec));
    };
    std::vector<std::string_view> parts;
    detail::for_each_piece(text, '/', [&](std::string_view part) { parts.push_back(part); });
    if (parts.size() != 5 || parts[0].empty())
        return refuse("Invalid credential", in_header ? "0002-00000202" : "");
    v4_claim claim;
    claim.id = parts[0];
    claim.date = parts[1];
    claim.region = parts[2];
    claim.product = parts[3];
    if (!codec::parse_iso_basic(std::string(claim.date) + "T000000Z"))
        return refuse("Invalid signing date", in_header ? "0002-00000212" : "0002-00000223");
    bool const region_fits = wanted_region.empty() || claim.region == wanted_region;
    if (claim.region.empty() || claim.region.starts_with("oss-") || !region_fits)
        return refuse("Invalid signing region", "0002-00000226")
            .because("signed for the region \"" + std::string(claim.region) + "\", but this is \"" +
                     std::string(wanted_region) + "\"");
    if (claim.product != "oss" && claim.product != "oss-cloudbox")
        return refuse("Invalid signing product", "");
    if (parts[4] != canonical::v4_terminator)
        return refuse("Invalid signing request version", "");
    return claim;
}

/// Reads the names of additionally signed headers, `a;b`: lower case, sorted, none empty.
inline std::optional<service_error> read_additional_headers(std::string_view list, std::string_view header,
                                                            v4_claim& claim)
{
    auto const refuse = [&](std::string message, std::string ec) {
        return header.empty()
                   ? errors::invalid_query_item("x-oss-additional-headers", list, std::move(message), std::move(ec))
                   : errors::invalid_authorization(header, std::move(message), std::move(ec));
    };
    if (list.empty())
        return refuse("The value of AdditionalHeaders is empty.", "0002-00000209");
    detail::for_each_piece(list, ';', [&](std::string_view name) { claim.additional.emplace_back(name); });
    if (std::any_of(claim.additional.begin(), claim.additional.end(), [](auto const& name) { return name.empty(); }))
        return refuse("AdditionalHeaders holds an empty name.", "0002-00000210");
    bool const lower = list.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == list.npos;
    if (!lower || !std::is_sorted(claim.additional.begin(), claim.additional.end()))
        return refuse("The names in AdditionalHeaders must be in lower case and sorted.", "");
    return std::nullopt;
}

/// Reads what follows `OSS4-HMAC-SHA256 ` in an Authorization header; there may be spaces after the commas.
/// `header` is the whole value, for the error.
inline service_result<v4_claim> read_v4_header(std::string_view value, std::string_view header,
                                               std::string_view wanted_region)
{
    std::optional<std::string_view> credential, additional, signature;
    bool unknown = false, repeated = false;
    detail::for_each_piece(value, ',', [&](std::string_view piece) {
        piece = http::trim(piece);
        auto const equals = std::min(piece.find('='), piece.size());
        std::string_view const name = piece.substr(0, equals);
        auto* const slot = name == "Credential"          ? &credential
                           : name == "AdditionalHeaders" ? &additional
                           : name == "Signature"         ? &signature
                                                         : nullptr;
        unknown |= slot == nullptr;
        if (slot == nullptr)
            return;
        repeated |= slot->has_value();
        *slot = piece.substr(std::min(equals + 1, piece.size()));
    });
    if (unknown)
        return errors::invalid_authorization(header, "Unknown parameter in Authorization header.", "0002-00000202");
    if (repeated || !credential || !signature || signature->empty())
        return errors::invalid_authorization(header, "Authorization header is invalid.", "0002-00000202");

    auto claim = read_v4_credential(*credential, header, wanted_region);
    if (!claim)
        return claim;
    claim->signature = *signature;
    if (additional)
        if (auto wrong = read_additional_headers(*additional, header, *claim))
            return *std::move(wrong);
    return claim;
}

}  // namespace ossify::emulation

#endif
