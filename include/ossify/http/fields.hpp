#ifndef OSSIFY_HTTP_FIELDS_HPP
#define OSSIFY_HTTP_FIELDS_HPP

#include <ossify/http/syntax.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace ossify::http {

/// One header line, borrowed from its `fields`.
struct field {
    std::string_view name;
    std::string_view value;

    friend bool operator==(field const&, field const&) = default;
};

/// Header lines in the order they are sent, held as one block of `Name: value\r\n` lines, so that sending them is one
/// append. Names compare regardless of case; a name may come several times.
/// Lifetime: views end with the next change.
/// Thread safety: not thread-safe.
class fields {
    struct line;

public:
    class const_iterator;

    fields() = default;

    /// Adds a line. Errors: throws std::invalid_argument when name or value cannot be sent (`is_valid_name`,
    /// `is_valid_value`), so that no line can smuggle in another.
    void append(std::string_view name, std::string_view value)
    {
        check(name, value);
        append_valid(name, value);
    }

    /// Gives the header one line: the first one it has, else a new last one; its other lines go.
    /// Errors: as `append`.
    void set(std::string_view name, std::string_view value);

    /// Removes all lines of the header. Returns: whether there was one.
    bool erase(std::string_view name);

    /// Returns: the value of the header's first line.
    std::optional<std::string_view> find(std::string_view name) const
    {
        std::size_t const i = index_of(name, 0);
        return i == lines_.size() ? std::nullopt : std::optional(at(i).value);
    }

    /// Returns: the value of the header's first line, or `fallback`.
    std::string_view get(std::string_view name, std::string_view fallback = {}) const
    {
        std::size_t const i = index_of(name, 0);
        return i == lines_.size() ? fallback : at(i).value;
    }

    bool contains(std::string_view name) const { return index_of(name, 0) != lines_.size(); }

    /// Returns: how many lines the header has.
    std::size_t count(std::string_view name) const
    {
        std::size_t n = 0;
        for (std::size_t i = 0; (i = index_of(name, i)) != lines_.size(); ++i)
            ++n;
        return n;
    }

    std::size_t size() const noexcept { return lines_.size(); }
    bool empty() const noexcept { return lines_.empty(); }
    field operator[](std::size_t i) const { return at(i); }
    const_iterator begin() const noexcept;
    const_iterator end() const noexcept;

    /// All lines as they are sent, without the empty line that ends a head.
    std::string_view text() const noexcept { return {block_.data(), used()}; }

    /// Removes all lines and keeps the memory for the next ones.
    void clear() noexcept { lines_.clear(); }

    void reserve(std::size_t lines, std::size_t bytes)
    {
        lines_.reserve(lines);
        make_room(bytes);
    }

    /// `append` for a caller that has checked name and value, as a parser has.
    void append_valid(std::string_view name, std::string_view value);

    /// Adds all lines of another.
    void append(fields const& other);

    friend bool operator==(fields const& a, fields const& b) noexcept { return a.text() == b.text(); }

private:
    /// Where a line is in the block: the name at `begin`, then ": ", the value, CR LF.
    struct line {
        std::uint32_t begin;
        std::uint32_t name;   // bytes
        std::uint32_t value;  // bytes
        std::size_t size() const noexcept { return std::size_t{name} + value + 4; }
    };

    static void check(std::string_view name, std::string_view value)
    {
        if (!is_valid_name(name))
            throw std::invalid_argument("a header name must be a token");
        if (!is_valid_value(value))
            throw std::invalid_argument("the value of header " + std::string(name) + " holds a control character");
    }

    field at(std::size_t i) const
    {
        line const& l = lines_[i];
        char const* const begin = block_.data() + l.begin;
        return {{begin, l.name}, {begin + l.name + 2, l.value}};
    }

    std::size_t index_of(std::string_view name, std::size_t from) const noexcept
    {
        for (; from != lines_.size(); ++from)
            if (lines_[from].name == name.size() &&
                iequals(std::string_view(block_.data() + lines_[from].begin, name.size()), name))
                break;
        return from;
    }

    /// True when the text lies in our own block, which is about to change.
    bool owns(std::string_view text) const noexcept
    {
        return !std::less<>()(text.data(), block_.data()) && std::less<>()(text.data(), block_.data() + block_.size());
    }

    /// Bytes of the block that are lines: they follow each other without a gap.
    std::size_t used() const noexcept { return lines_.empty() ? 0 : lines_.back().begin + lines_.back().size(); }

    /// Makes the block so long that `more` bytes fit behind the lines.
    void ensure_room(std::size_t more)
    {
        if (more > std::numeric_limits<std::uint32_t>::max() - used())
            throw std::length_error("more than 4 GiB of headers");
        make_room(used() + more);
    }
    void make_room(std::size_t bytes)
    {
        if (bytes > block_.size())
            block_.resize(std::max(bytes, 2 * block_.size()));
    }

    void remove(std::size_t i);

    std::string block_;  // longer than its lines, so that a further one need not fill it with zeros first
    std::vector<line> lines_;
};

/// Walks over the lines; each is a pair of views.
class fields::const_iterator {
public:
    using iterator_category = std::input_iterator_tag;
    using iterator_concept = std::forward_iterator_tag;
    using value_type = field;
    using reference = field;
    using pointer = void;
    using difference_type = std::ptrdiff_t;

    const_iterator() = default;

    field operator*() const { return owner_->at(i_); }
    const_iterator& operator++() noexcept
    {
        ++i_;
        return *this;
    }
    const_iterator operator++(int) noexcept
    {
        const_iterator const before = *this;
        ++i_;
        return before;
    }
    friend bool operator==(const_iterator const&, const_iterator const&) = default;

private:
    friend class fields;
    const_iterator(fields const& owner, std::size_t i) noexcept : owner_(&owner), i_(i) {}

    fields const* owner_ = nullptr;
    std::size_t i_ = 0;
};

inline fields::const_iterator fields::begin() const noexcept { return {*this, 0}; }
inline fields::const_iterator fields::end() const noexcept { return {*this, lines_.size()}; }

inline void fields::append_valid(std::string_view name, std::string_view value)
{
    if (owns(name) || owns(value)) {
        std::string const name_copy(name);
        std::string const value_copy(value);
        return append_valid(name_copy, value_copy);
    }
    std::size_t const begin = used();
    ensure_room(name.size() + value.size() + 4);
    lines_.push_back({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(name.size()),
                      static_cast<std::uint32_t>(value.size())});
    char* to = std::copy(name.begin(), name.end(), block_.data() + begin);
    *to++ = ':';
    *to++ = ' ';
    to = std::copy(value.begin(), value.end(), to);
    *to++ = '\r';
    *to = '\n';
}

inline void fields::append(fields const& other)
{
    std::size_t const begin = used();
    std::size_t const bytes = other.used();  // it may be this one
    std::size_t const count = other.lines_.size();
    ensure_room(bytes);
    lines_.reserve(lines_.size() + count);
    for (std::size_t i = 0; i != count; ++i) {
        lines_.push_back(other.lines_[i]);
        lines_.back().begin += static_cast<std::uint32_t>(begin);
    }
    std::copy_n(other.block_.data(), bytes, block_.data() + begin);
}

inline void fields::set(std::string_view name, std::string_view value)
{
    check(name, value);
    if (owns(name) || owns(value)) {
        std::string const name_copy(name);
        std::string const value_copy(value);
        return set(name_copy, value_copy);
    }
    std::size_t const i = index_of(name, 0);
    if (i == lines_.size())
        return append_valid(name, value);

    for (std::size_t other = i + 1; (other = index_of(name, other)) != lines_.size();)
        remove(other);

    line& l = lines_[i];
    ensure_room(value.size());
    block_.replace(std::size_t{l.begin} + l.name + 2, l.value, value);
    std::uint32_t const grown = static_cast<std::uint32_t>(value.size()) - l.value;  // modulo 2^32: may be "negative"
    l.value = static_cast<std::uint32_t>(value.size());
    for (std::size_t later = i + 1; later != lines_.size(); ++later)
        lines_[later].begin += grown;
}

inline bool fields::erase(std::string_view name)
{
    std::size_t i = index_of(name, 0);
    if (i == lines_.size())
        return false;
    if (owns(name))
        return erase(std::string(name));
    for (; (i = index_of(name, i)) != lines_.size();)
        remove(i);
    return true;
}

inline void fields::remove(std::size_t i)
{
    std::size_t const bytes = lines_[i].size();
    block_.erase(lines_[i].begin, bytes);
    lines_.erase(lines_.begin() + static_cast<std::ptrdiff_t>(i));
    for (; i != lines_.size(); ++i)
        lines_[i].begin -= static_cast<std::uint32_t>(bytes);
}

}  // namespace ossify::http

#endif
