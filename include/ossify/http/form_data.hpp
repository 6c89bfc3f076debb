#ifndef OSSIFY_HTTP_FORM_DATA_HPP
#define OSSIFY_HTTP_FORM_DATA_HPP

#include <ossify/core/result.hpp>
#include <ossify/http/syntax.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ossify::http {

/// The parameter of a header value such as `form-data; name="a\"b"; filename="x.png"`, unquoted.
/// Returns: nothing when it is not there. Thread safety: stateless. Source: RFC 9110 section 5.6.6.
inline std::optional<std::string> find_parameter(std::string_view value, std::string_view name)
{
    auto at = value.find(';');
    while (at != value.npos) {
        auto const equals = value.find('=', at);
        if (equals == value.npos)
            return std::nullopt;
        auto const known = trim(value.substr(at + 1, equals - at - 1));
        std::string text;
        at = equals + 1;
        if (at < value.size() && value[at] == '"') {
            for (++at; at < value.size() && value[at] != '"'; ++at) {
                // Browsers write %22 for a quote; a backslash is only an escape where curl writes one.
                if (value[at] == '\\' && at + 1 < value.size() && (value[at + 1] == '"' || value[at + 1] == '\\'))
                    ++at;
                text += value[at];
            }
            if (at >= value.size())
                return std::nullopt;  // the quote does not end
            at = value.find(';', at);
        } else {
            auto const end = value.find(';', at);
            text = trim(value.substr(at, end == value.npos ? end : end - at));
            at = end;
        }
        if (iequals(known, name))
            return text;
    }
    return std::nullopt;
}

/// The boundary of a multipart/form-data body, from its Content-Type; nothing when that is another type or names none.
/// Thread safety: stateless. Source: RFC 7578 section 4.1, RFC 2046 section 5.1.1.
inline std::optional<std::string> form_boundary(std::string_view content_type)
{
    if (!iequals(trim(content_type.substr(0, content_type.find(';'))), "multipart/form-data"))
        return std::nullopt;
    auto boundary = find_parameter(content_type, "boundary");
    if (!boundary || boundary->empty() || boundary->size() > 70)
        return std::nullopt;
    return boundary;
}

/// The head of one part of a form. Thread safety: a value.
class form_part {
public:
    form_part() = default;

    std::string name;
    std::optional<std::string> filename;  ///< as the browser gave it
    std::string content_type;             ///< empty when the part has none
};

/// Reads a multipart/form-data body piece by piece, of any length, and holds no more than a part's head of it.
/// Errors are final: later calls repeat them.
/// Thread safety: not thread-safe. Source: RFC 7578, RFC 2046 section 5.1.
class form_data_reader {
public:
    static constexpr std::size_t longest_part_head = 16 * 1024;  ///< bytes

    explicit form_data_reader(std::string const& boundary) : delimiter_("\r\n--" + boundary), pending_("\r\n") {}

    /// Reads on. `sink` is told what is found: `begin_part(form_part)`, then `part_bytes(std::string_view)` any number
    /// of times, then `end_part()`. Each returns a bool; false ends the reading.
    /// Errors: malformed_form; header_too_large for the head of a part.
    template<class Sink>
    result<void> read(std::string_view bytes, Sink&& sink)
    {
        pending_.append(bytes);
        while (!failure_ && step(sink)) {
        }
        if (failure_)
            return *failure_;
        return {};
    }

    /// True when the last delimiter was read.
    bool complete() const noexcept { return state_ == state::end; }

private:
    enum class state { preamble, delimiter, head, body, stopped, end };

    // False: more bytes are needed, or nothing more is wanted.
    template<class Sink>
    bool step(Sink& sink)
    {
        switch (state_) {
        case state::preamble:
        case state::body: return read_to_delimiter(sink);
        case state::delimiter: return read_delimiter();
        case state::head: return read_head(sink);
        case state::stopped: pending_.clear(); return false;
        case state::end: pending_.clear(); return false;  // an epilogue means nothing
        }
        return false;
    }

    template<class Sink>
    bool read_to_delimiter(Sink& sink)
    {
        auto const found = pending_.find(delimiter_);
        // A delimiter may begin in the last bytes.
        std::size_t const sure =
            found != pending_.npos ? found : pending_.size() - std::min(pending_.size(), delimiter_.size() - 1);
        bool const in_part = state_ == state::body;
        bool wanted = true;
        if (in_part && sure != 0)
            wanted = sink.part_bytes(std::string_view(pending_).substr(0, sure));
        pending_.erase(0, found != pending_.npos ? sure + delimiter_.size() : sure);
        if (found != pending_.npos) {
            state_ = state::delimiter;
            if (in_part && wanted)
                wanted = sink.end_part();
        }
        return go_on(wanted) && found != pending_.npos;
    }

    bool read_delimiter()
    {
        auto const text = pending_.find_first_not_of(" \t");  // padding
        if (pending_.starts_with("--")) {
            state_ = state::end;
            return true;
        }
        if (text == pending_.npos || pending_.size() < text + 2)
            return pending_.size() > 256 ? refuse("a delimiter that does not end") : false;
        if (pending_[text] != '\r' || pending_[text + 1] != '\n')
            return refuse("a delimiter that is followed by other text");
        pending_.erase(0, text);  // the line end stays: it begins the first header's line
        state_ = state::head;
        return true;
    }

    template<class Sink>
    bool read_head(Sink& sink)
    {
        auto const end = pending_.find("\r\n\r\n");
        if (end == pending_.npos ? pending_.size() > longest_part_head : end > longest_part_head) {
            failure_ = failure(errc::header_too_large, "the head of a part of a form");
            return false;
        }
        if (end == pending_.npos)
            return false;
        form_part part;
        bool named = false;
        std::string_view lines = std::string_view(pending_).substr(0, end);
        while (!lines.empty()) {
            lines.remove_prefix(2);
            auto const line = lines.substr(0, lines.find("\r\n"));
            lines.remove_prefix(line.size());
            auto const colon = line.find(':');
            if (colon == line.npos)
                return refuse("a header without a colon in a part");
            auto const value = trim(line.substr(colon + 1));
            if (iequals(trim(line.substr(0, colon)), "Content-Disposition")) {
                auto name = find_parameter(value, "name");
                if (!name || !iequals(trim(value.substr(0, value.find(';'))), "form-data"))
                    return refuse("a part that is no form-data with a name");
                part.name = *std::move(name);
                part.filename = find_parameter(value, "filename");
                named = true;
            } else if (iequals(trim(line.substr(0, colon)), "Content-Type")) {
                part.content_type = value;
            }
        }
        if (!named)
            return refuse("a part without a name");
        pending_.erase(0, end + 4);
        state_ = state::body;
        return go_on(sink.begin_part(std::move(part)));
    }

    bool go_on(bool wanted)
    {
        if (!wanted)
            state_ = state::stopped;
        return wanted;
    }

    bool refuse(char const* why)
    {
        failure_ = failure(errc::malformed_form, why);
        return false;
    }

    std::string delimiter_;
    std::string pending_;  // bytes whose meaning is not known yet
    state state_ = state::preamble;
    std::optional<failure> failure_;
};

}  // namespace ossify::http

#endif
