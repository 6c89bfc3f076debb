#ifndef OSSIFY_CALLBACK_JSON_SHAPE_HPP
#define OSSIFY_CALLBACK_JSON_SHAPE_HPP

#include <ossify/callback/fault.hpp>
#include <ossify/callback/variables.hpp>

#include <array>
#include <cstddef>
#include <string_view>

namespace ossify::detail {

/// Decides whether a template can be JSON once its variables are filled in. A variable outside quotes is a value;
/// inside quotes only variables that are written without quotes fit: "${imageInfo.width},${imageInfo.height}".
/// Expects a template whose variables are well-formed, see check_variables.
/// Source: RFC 8259; OSS documentation, "Callback" (rendering of variables).
class json_shape {
public:
    explicit constexpr json_shape(std::string_view text) noexcept : text_(text) {}

    constexpr found_fault check() noexcept
    {
        for (;;) {
            skip_space();
            if (!value())
                return fault_;
            for (;;) {  // after a value
                skip_space();
                if (depth_ == 0)
                    return at_ == text_.size() ? found_fault{} : found(callback_fault::json_trailing);
                if (at_ == text_.size())
                    return found(callback_fault::json_unclosed);
                char const c = text_[at_];
                bool const in_object = is_object_[depth_ - 1];
                if (c == (in_object ? '}' : ']')) {
                    ++at_;
                    --depth_;
                    continue;
                }
                if (c != ',')
                    return found(callback_fault::json_comma);
                ++at_;
                skip_space();
                if (in_object && !key())
                    return fault_;
                break;
            }
        }
    }

private:
    static constexpr std::size_t max_depth = 32;  // what JSON readers take by default

    constexpr found_fault found(callback_fault kind) noexcept
    {
        if (at_ == text_.size() && kind != callback_fault::json_depth)
            kind = callback_fault::json_unclosed;
        return fault_ = {kind, at_, text_.substr(at_)};
    }
    constexpr bool wrong(callback_fault kind) noexcept
    {
        found(kind);
        return false;
    }

    constexpr void skip_space() noexcept
    {
        while (at_ != text_.size() &&
               (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r'))
            ++at_;
    }

    constexpr bool eat(std::string_view word) noexcept
    {
        if (!text_.substr(at_).starts_with(word))
            return false;
        at_ += word.size();
        return true;
    }

    constexpr variable_kind variable() noexcept  // at "${"
    {
        auto const end = text_.find('}', at_);
        auto const known = find_system_variable(text_.substr(at_ + 2, end - at_ - 2));
        return known ? known->kind : variable_kind::text;
    }
    constexpr void skip_variable() noexcept { at_ = text_.find('}', at_) + 1; }

    /// Passes one value; an opening bracket (with the first key, if any) counts as one. False after a fault.
    constexpr bool value() noexcept
    {
        for (;;) {
            if (at_ == text_.size())
                return wrong(callback_fault::json_unclosed);
            char const c = text_[at_];
            if (c == '{' || c == '[') {
                if (depth_ == max_depth)
                    return wrong(callback_fault::json_depth);
                is_object_[depth_++] = c == '{';
                ++at_;
                skip_space();
                if (at_ != text_.size() && text_[at_] == (c == '{' ? '}' : ']')) {
                    ++at_;
                    --depth_;
                    return true;
                }
                if (c == '{' && !key())
                    return false;
                continue;
            }
            if (c == '"')
                return string();
            if (c == '$') {
                skip_variable();
                return true;
            }
            if (c == '-' || (c >= '0' && c <= '9'))
                return number();
            return eat("true") || eat("false") || eat("null") || wrong(callback_fault::json_value);
        }
    }

    /// Passes a key, its colon, and the space up to the value.
    constexpr bool key() noexcept
    {
        if (at_ == text_.size())
            return wrong(callback_fault::json_unclosed);
        if (text_[at_] == '"') {
            if (!string())
                return false;
        } else if (text_[at_] == '$' && variable() == variable_kind::text)
            skip_variable();
        else
            return wrong(callback_fault::json_key);
        skip_space();
        if (!eat(":"))
            return wrong(callback_fault::json_colon);
        skip_space();
        return true;
    }

    constexpr bool string() noexcept  // at the opening quote
    {
        ++at_;
        while (at_ != text_.size()) {
            char const c = text_[at_];
            if (c == '"') {
                ++at_;
                return true;
            }
            if (static_cast<unsigned char>(c) < 0x20)
                return wrong(callback_fault::json_control);
            if (c == '$') {
                if (variable() == variable_kind::text) {
                    auto const end = text_.find('}', at_) + 1;
                    fault_ = {callback_fault::quoted_variable, at_, text_.substr(at_, end - at_)};
                    return false;
                }
                skip_variable();
            } else if (c == '\\') {
                if (!escape())
                    return wrong(callback_fault::json_escape);
            } else
                ++at_;
        }
        return wrong(callback_fault::json_unclosed);
    }

    constexpr bool escape() noexcept  // at the backslash; stays there when there is no such escape
    {
        auto const rest = text_.substr(at_ + 1);
        if (rest.empty())
            return false;
        if (std::string_view("\"\\/bfnrt").find(rest[0]) != std::string_view::npos) {
            at_ += 2;
            return true;
        }
        if (rest[0] != 'u' || rest.size() < 5)
            return false;
        for (char const c : rest.substr(1, 4))
            if (std::string_view("0123456789abcdefABCDEF").find(c) == std::string_view::npos)
                return false;
        at_ += 6;
        return true;
    }

    constexpr std::size_t digits() noexcept
    {
        auto const start = at_;
        while (at_ != text_.size() && text_[at_] >= '0' && text_[at_] <= '9')
            ++at_;
        return at_ - start;
    }

    constexpr bool number() noexcept
    {
        eat("-");
        if (!eat("0") && digits() == 0)
            return wrong(callback_fault::json_value);
        if (eat(".") && digits() == 0)
            return wrong(callback_fault::json_value);
        if (eat("e") || eat("E")) {
            if (!eat("+"))
                eat("-");
            if (digits() == 0)
                return wrong(callback_fault::json_value);
        }
        return true;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t depth_ = 0;
    std::array<bool, max_depth> is_object_{};
    found_fault fault_{};
};

}  // namespace ossify::detail

#endif
