#ifndef OSSIFY_EMULATOR_LISTING_HPP
#define OSSIFY_EMULATOR_LISTING_HPP

#include <ossify/emulator/errors.hpp>
#include <ossify/emulator/incoming.hpp>
#include <ossify/emulator/service_error.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What all listings have in common: their parameters, and how keys are grouped and cut into pages.
namespace ossify::emulation {

/// A number from the query, within bounds. Errors: InvalidArgument.
inline service_result<std::uint64_t> read_bounded(incoming_request const& r, std::string_view name,
                                                  std::uint64_t fallback, std::uint64_t least, std::uint64_t most)
{
    auto const text = r.query.find(name);
    if (!text)
        return fallback;
    auto const value = parse_number(*text);
    if (!value || *value < least || *value > most)
        return errors::invalid_argument(name, *text, "Argument " + std::string(name) + " must be an integer between " +
                                                         std::to_string(least) + " and " + std::to_string(most) + ".");
    return *value;
}

/// The first text, in order of bytes, that neither begins with `prefix` nor precedes such a text; nothing when there is
/// none, because the prefix is empty or as high as bytes go.
inline std::optional<std::string> after_prefix(std::string prefix)
{
    while (!prefix.empty() && prefix.back() == '\xff')
        prefix.pop_back();
    if (prefix.empty())
        return std::nullopt;
    prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
    return prefix;
}

/// Which part of a sorted map a listing asks for.
class page_request {
public:
    page_request() = default;

    std::string prefix;     ///< only keys that begin so
    std::string delimiter;  ///< keys with it behind the prefix are shown as one group; empty: none are
    std::string after;      ///< only keys and groups behind this one, in order of bytes; empty: all
    std::uint64_t most = 0;  ///< keys and groups together
};

/// One page of a listing. Lifetime: the items point into the map.
template<class Map>
class page {
public:
    page() = default;

    std::vector<typename Map::const_pointer> items;
    std::vector<std::string> groups;  ///< each from the key's start to the end of the first delimiter behind the prefix
    bool truncated = false;
    std::string last;  ///< the last key or group of the page: where the next one goes on after
};

/// Takes a page out of a map from keys. Costs a step for each item and a search for each group, however large it is.
template<class Map>
page<Map> take_page(Map const& from, page_request const& wanted)
{
    page<Map> out;
    auto at = from.lower_bound(std::max(wanted.prefix, wanted.after));
    while (at != from.end() && at->first.starts_with(wanted.prefix)) {
        std::string const& key = at->first;
        auto const cut =
            wanted.delimiter.empty() ? std::string::npos : key.find(wanted.delimiter, wanted.prefix.size());
        bool const grouped = cut != std::string::npos;
        std::string entry = grouped ? key.substr(0, cut + wanted.delimiter.size()) : key;
        bool const shown = wanted.after.empty() || entry > wanted.after;
        if (shown && out.items.size() + out.groups.size() == wanted.most) {
            out.truncated = wanted.most != 0;
            break;
        }
        if (shown) {
            out.last = entry;
            if (grouped)
                out.groups.push_back(entry);
            else
                out.items.push_back(&*at);
        }
        if (!grouped) {
            ++at;
        } else if (auto const next = after_prefix(std::move(entry))) {
            at = from.lower_bound(*next);
        } else {
            at = from.end();
        }
    }
    return out;
}

}  // namespace ossify::emulation

#endif
