#ifndef OSSIFY_CALLBACK_RENDER_HPP
#define OSSIFY_CALLBACK_RENDER_HPP

#include <ossify/callback/body_template.hpp>
#include <ossify/codec/json.hpp>
#include <ossify/codec/percent.hpp>

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace ossify {

/// What stands in for variables that have no value. What the service does is only partly known: these are what its
/// captured callbacks and other people's receivers suggest.
class missing_values {
public:
    missing_values() = default;

    std::string in_form;           ///< captured: `imageInfo.height=&...`
    std::string in_json = "null";  ///< captured for `${imageInfo}`; empty text is the other candidate
};

/// The values that a body template is filled in with, by the name inside `${}`: "object", "x:user_id".
class callback_values {
public:
    callback_values() = default;

    /// Sets a text. The service knows every custom variable as text.
    callback_values& set(std::string_view name, std::string_view value)
    {
        values_.emplace_back(name, std::string(value));
        return *this;
    }
    /// Sets a number: it stands without quotes in a JSON body.
    template<std::unsigned_integral Number>
    callback_values& set(std::string_view name, Number value)
    {
        values_.emplace_back(name, std::uint64_t{value});
        return *this;
    }

    /// Appends the value of `name` as the body type writes it, what `missing` says when there is none.
    void append_to(std::string& out, std::string_view name, callback_body_type type,
                   missing_values const& missing) const
    {
        bool const is_json = type == callback_body_type::json;
        for (auto const& [known, value] : values_) {
            if (known != name)
                continue;
            if (auto const* number = std::get_if<std::uint64_t>(&value))
                out += std::to_string(*number);
            else if (auto const& text = std::get<std::string>(value); is_json)
                codec::append_json_string(out, text);
            else
                codec::percent_encode_to(out, text, false);
            return;
        }
        out += is_json ? missing.in_json : missing.in_form;
    }

private:
    std::vector<std::pair<std::string, std::variant<std::string, std::uint64_t>>> values_;
};

/// Fills in a body template the way the service does: textually, inside quotes too, without a look at the result. A
/// form's values are percent-encoded; JSON values are JSON, so that texts bring their quotes.
/// A template with a syntax fault is copied as it is from the fault on; see `parse_callback_parameters`.
/// Thread safety: stateless. Source: OSS documentation, "Callback", and captured callbacks.
inline std::string render_callback_body(std::string_view body, callback_body_type type, callback_values const& values,
                                        missing_values const& missing = {})
{
    std::string out;
    out.reserve(body.size() * 2);
    template_reader reader(body);
    template_piece piece;
    std::size_t end = 0;
    while (reader.next(piece)) {
        if (piece.is_variable)
            values.append_to(out, piece.text, type, missing);
        else
            out += piece.text;
        end = piece.position + piece.text.size() + (piece.is_variable ? 3 : 0);
    }
    return out.append(body.substr(end));
}

}  // namespace ossify

#endif
