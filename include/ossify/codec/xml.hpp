#ifndef OSSIFY_CODEC_XML_HPP
#define OSSIFY_CODEC_XML_HPP

#include <ossify/core/result.hpp>

#include <pugixml.hpp>

#include <cstddef>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ossify::codec {

class xml_children;

/// An element of a document, or nothing. Asking nothing for a child or a text gives nothing again, so that a path
/// needs no checks on its way. Names are local names: prefixes and namespaces do not count.
/// Lifetime: a view of its `xml_document`.
class xml_node {
public:
    xml_node() = default;
    explicit xml_node(pugi::xml_node node) : node_(node) {}

    explicit operator bool() const noexcept { return static_cast<bool>(node_); }

    /// The name without its prefix.
    std::string_view name() const noexcept
    {
        std::string_view const whole = node_.name();
        auto const colon = whole.find(':');
        return colon == std::string_view::npos ? whole : whole.substr(colon + 1);
    }

    /// The text directly inside, CDATA included, with entities replaced and outer white space kept.
    std::string text() const
    {
        std::string out;
        for (pugi::xml_node const part : node_.children())
            if (part.type() == pugi::node_pcdata || part.type() == pugi::node_cdata)
                out += part.value();
        return out;
    }

    /// The first child element of that name.
    xml_node child(std::string_view name) const { return first_named(node_.first_child(), name); }

    /// The text of the first child element of that name; empty when there is none.
    std::string child_text(std::string_view name) const { return child(name).text(); }

    /// The child elements of that name, in order, for a range-based loop. `name` must outlive the loop.
    xml_children children(std::string_view name) const;

    /// True for the same element of the same document.
    friend bool operator==(xml_node const& a, xml_node const& b) noexcept { return a.node_ == b.node_; }

private:
    friend class xml_children;

    static xml_node first_named(pugi::xml_node at, std::string_view name)
    {
        while (at && (at.type() != pugi::node_element || xml_node(at).name() != name))
            at = at.next_sibling();
        return xml_node(at);
    }

    pugi::xml_node node_;
};

/// The range that `xml_node::children` gives.
class xml_children {
public:
    class iterator {
    public:
        using iterator_category = std::input_iterator_tag;
        using value_type = xml_node;
        using difference_type = std::ptrdiff_t;
        using pointer = xml_node const*;
        using reference = xml_node const&;

        iterator() = default;
        iterator(xml_node at, std::string_view name) : at_(at), name_(name) {}

        xml_node const& operator*() const noexcept { return at_; }
        xml_node const* operator->() const noexcept { return &at_; }
        iterator& operator++()
        {
            at_ = xml_node::first_named(at_.node_.next_sibling(), name_);
            return *this;
        }
        iterator operator++(int)
        {
            iterator const before = *this;
            ++*this;
            return before;
        }
        friend bool operator==(iterator const& a, iterator const& b) noexcept { return a.at_ == b.at_; }

    private:
        xml_node at_;
        std::string_view name_;
    };

    xml_children(xml_node first, std::string_view name) : first_(first, name) {}

    iterator begin() const { return first_; }
    iterator end() const { return {}; }

private:
    iterator first_;
};

inline xml_children xml_node::children(std::string_view name) const { return {child(name), name}; }

/// A parsed document. Thread safety: not thread-safe.
class xml_document {
public:
    static constexpr std::size_t max_bytes = 16 * 1024 * 1024;  ///< ten times the longest list of 10,000 parts
    static constexpr int max_depth = 64;                        ///< the service's documents have five levels

    /// Reads a document of UTF-8 text with one root element.
    /// Document type declarations are refused; unknown entities stay as they are written.
    /// Errors: `malformed_xml`.
    static result<xml_document> parse(std::string_view text)
    {
        auto const bad = [](std::string why) { return failure(errc::malformed_xml, std::move(why)); };
        if (text.size() > max_bytes)
            return bad("longer than " + std::to_string(max_bytes) + " bytes");
        if (text.find('\0') != std::string_view::npos)
            return bad("a NUL character");
        xml_document out;
        // parse_fragment shows text outside the root, which the parser skips otherwise.
        auto const parsed = out.document_->load_buffer(
            text.data(), text.size(),
            pugi::parse_escapes | pugi::parse_cdata | pugi::parse_eol | pugi::parse_doctype | pugi::parse_fragment,
            pugi::encoding_utf8);
        if (!parsed)
            return bad("at byte " + std::to_string(parsed.offset) + ": " + parsed.description());
        for (pugi::xml_node const node : out.document_->children()) {
            if (node.type() == pugi::node_doctype)
                return bad("a document type declaration");
            if (node.type() != pugi::node_element)
                return bad("text outside the root element");
            if (out.root_)
                return bad("more than one root element");
            out.root_ = node;
        }
        if (!out.root_)
            return bad("no root element");
        if (deeper_than(out.root_, max_depth))
            return bad("elements nested deeper than " + std::to_string(max_depth));
        return out;
    }

    xml_node root() const { return xml_node(root_); }

private:
    xml_document() : document_(std::make_unique<pugi::xml_document>()) {}

    static bool deeper_than(pugi::xml_node root, int limit)
    {
        int depth = 0;
        pugi::xml_node at = root;
        for (;;) {
            if (pugi::xml_node const child = at.first_child()) {
                at = child;
                if (++depth > limit)
                    return true;
                continue;
            }
            while (at != root && !at.next_sibling()) {
                at = at.parent();
                --depth;
            }
            if (at == root)
                return false;
            at = at.next_sibling();
        }
    }

    std::unique_ptr<pugi::xml_document> document_;  // the address stays when this object moves: nodes point into it
    pugi::xml_node root_;
};

namespace detail {

/// The length of the well-formed UTF-8 character at the start of `text` when XML 1.0 can hold it, else 0.
inline std::size_t xml_character(std::string_view text) noexcept
{
    auto const byte = [text](std::size_t i) -> unsigned { return static_cast<unsigned char>(text[i]); };
    unsigned const first = byte(0);
    if (first < 0x80)
        return first >= 0x20 || first == '\t' || first == '\n' || first == '\r' ? 1 : 0;
    std::size_t const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() < length)
        return 0;
    unsigned code = first & (0xffu >> (length + 1));
    for (std::size_t i = 1; i != length; ++i) {
        if ((byte(i) & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (byte(i) & 0x3f);
    }
    bool const overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
    bool const surrogate = code >= 0xd800 && code <= 0xdfff;
    return overlong || surrogate || code == 0xfffe || code == 0xffff || code > 0x10ffff ? 0 : length;
}

}  // namespace detail

/// True when XML 1.0 can hold the text as it is: UTF-8 without control characters other than TAB, LF and CR.
/// Where false, the service's answers use `encoding-type=url`. Thread safety: stateless. Source: XML 1.0 section 2.2.
inline bool xml_can_hold(std::string_view text) noexcept
{
    while (!text.empty()) {
        std::size_t const length = detail::xml_character(text);
        if (length == 0)
            return false;
        text.remove_prefix(length);
    }
    return true;
}

/// Writes a document element by element, compact, in UTF-8.
/// A byte that XML 1.0 cannot hold becomes U+FFFD: check with `xml_can_hold` where that would do harm.
/// Thread safety: not thread-safe.
class xml_writer {
public:
    xml_writer() : out_("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n") {}

    /// Opens an element. Names are written as they are: pass names that XML allows.
    xml_writer& open(std::string_view name)
    {
        out_.append("<").append(name).append(">");
        open_.emplace_back(name);
        return *this;
    }

    /// Closes the innermost open element; does nothing when none is open.
    xml_writer& close()
    {
        if (!open_.empty()) {
            out_.append("</").append(open_.back()).append(">");
            open_.pop_back();
        }
        return *this;
    }

    /// Writes a whole element that holds `text`, escaped.
    xml_writer& element(std::string_view name, std::string_view text)
    {
        open(name);
        escape(text);
        return close();
    }

    /// Closes what is open and gives the document. The writer is empty afterwards.
    std::string finish()
    {
        while (!open_.empty())
            close();
        return std::exchange(out_, std::string());
    }

private:
    void escape(std::string_view text)
    {
        while (!text.empty()) {
            std::size_t const length = detail::xml_character(text);
            switch (text.front()) {
            case '&': out_ += "&amp;"; break;
            case '<': out_ += "&lt;"; break;
            case '>': out_ += "&gt;"; break;
            case '"': out_ += "&quot;"; break;
            case '\r': out_ += "&#13;"; break;  // a plain one would be read back as LF
            default: length != 0 ? out_.append(text, 0, length) : out_.append("\xef\xbf\xbd"); break;
            }
            text.remove_prefix(length != 0 ? length : 1);
        }
    }

    std::string out_;
    std::vector<std::string> open_;
};

}  // namespace ossify::codec

#endif
