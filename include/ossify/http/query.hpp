#ifndef OSSIFY_HTTP_QUERY_HPP
#define OSSIFY_HTTP_QUERY_HPP

#include <ossify/codec/percent.hpp>
#include <ossify/core/result.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ossify::http {

/// One item of a query, decoded. An empty value and none are the same: the service signs both as the name alone.
struct query_item {
    std::string name;
    std::string value;

    friend bool operator==(query_item const&, query_item const&) = default;
};

/// The items of a URL's query, decoded, in the order they are sent. Names compare exactly; one may come several times.
/// Thread safety: not thread-safe.
class query {
public:
    using const_iterator = std::vector<query_item>::const_iterator;

    query() = default;

    /// Takes the text after the `?` apart. Pieces without a byte (`a&&b`) are left out; `+` stays `+`.
    /// Errors: `malformed_form` for a `%` without two hexadecimal digits.
    static result<query> parse(std::string_view raw);

    void append(std::string_view name, std::string_view value = {})
    {
        // Built first: the views may point into an item of our own.
        query_item item{std::string(name), std::string(value)};
        items_.push_back(std::move(item));
    }

    /// Gives the name one item: the first one it has, else a new last one; its other items go.
    void set(std::string_view name, std::string_view value = {});

    /// Removes all items of this name. Returns: whether there was one.
    bool erase(std::string_view name)
    {
        std::string const own(name);
        return std::erase_if(items_, [&](query_item const& item) { return item.name == own; }) != 0;
    }

    /// Returns: the value of the first item of this name.
    std::optional<std::string_view> find(std::string_view name) const
    {
        auto const at = position(name);
        return at == items_.end() ? std::nullopt : std::optional<std::string_view>(at->value);
    }

    /// Returns: the value of the first item of this name, or `fallback`.
    std::string_view get(std::string_view name, std::string_view fallback = {}) const
    {
        auto const at = position(name);
        return at == items_.end() ? fallback : at->value;
    }

    bool contains(std::string_view name) const { return position(name) != items_.end(); }

    std::size_t size() const noexcept { return items_.size(); }
    bool empty() const noexcept { return items_.empty(); }
    void clear() noexcept { items_.clear(); }
    const_iterator begin() const noexcept { return items_.begin(); }
    const_iterator end() const noexcept { return items_.end(); }

    /// Appends the query as it is sent, percent-encoded and without `?`; a name with an empty value stands alone.
    void append_to(std::string& out) const;

    /// The query as it is sent: see `append_to`.
    std::string to_string() const
    {
        std::string out;
        append_to(out);
        return out;
    }

    friend bool operator==(query const&, query const&) = default;

private:
    const_iterator position(std::string_view name) const
    {
        return std::find_if(items_.begin(), items_.end(), [&](query_item const& item) { return item.name == name; });
    }

    std::vector<query_item> items_;
};

inline result<query> query::parse(std::string_view raw)
{
    query out;
    while (!raw.empty()) {
        std::size_t const end = std::min(raw.find('&'), raw.size());
        std::string_view const piece = raw.substr(0, end);
        raw.remove_prefix(std::min(end + 1, raw.size()));
        if (piece.empty())
            continue;
        std::size_t const equals = std::min(piece.find('='), piece.size());
        auto name = codec::percent_decode(piece.substr(0, equals));
        if (!name)
            return name.error();
        auto value = codec::percent_decode(piece.substr(std::min(equals + 1, piece.size())));
        if (!value)
            return value.error();
        query_item item{std::move(*name), std::move(*value)};
        out.items_.push_back(std::move(item));
    }
    return out;
}

inline void query::set(std::string_view name, std::string_view value)
{
    query_item item{std::string(name), std::string(value)};
    auto const same = [&](query_item const& other) { return other.name == item.name; };
    auto const first = std::find_if(items_.begin(), items_.end(), same);
    if (first == items_.end()) {
        items_.push_back(std::move(item));
        return;
    }
    items_.erase(std::remove_if(std::next(first), items_.end(), same), items_.end());
    first->value = std::move(item.value);
}

inline void query::append_to(std::string& out) const
{
    bool first = true;
    for (query_item const& item : items_) {
        if (!first)
            out += '&';
        first = false;
        codec::percent_encode_to(out, item.name, false);
        if (item.value.empty())
            continue;
        out += '=';
        codec::percent_encode_to(out, item.value, false);
    }
}

}  // namespace ossify::http

#endif
