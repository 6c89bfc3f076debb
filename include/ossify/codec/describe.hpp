#ifndef OSSIFY_CODEC_DESCRIBE_HPP
#define OSSIFY_CODEC_DESCRIBE_HPP

#include <ossify/codec/json.hpp>
#include <ossify/codec/percent.hpp>
#include <ossify/core/result.hpp>

#include <boost/describe/class.hpp>
#include <boost/describe/members.hpp>
#include <boost/describe/modifiers.hpp>
#include <boost/mp11/algorithm.hpp>
#include <boost/mp11/list.hpp>

#include <charconv>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

namespace ossify::codec {

/// A struct that names its members: `BOOST_DESCRIBE_STRUCT(order, (), (id, size))` stands behind it, in its namespace.
/// Members of described public bases count.
template<class T>
concept described =
    std::is_class_v<T> && boost::describe::has_describe_members<T>::value && std::default_initializable<T>;

namespace detail {

template<class T>
using described_members =
    boost::describe::describe_members<T, boost::describe::mod_public | boost::describe::mod_inherited>;

}  // namespace detail

/// How many members a described struct has.
template<described T>
constexpr std::size_t member_count() noexcept
{
    return boost::mp11::mp_size<detail::described_members<T>>::value;
}

/// The name of its member number `Index`, counted from 0 in the order of the description.
template<described T, std::size_t Index>
constexpr std::string_view member_name() noexcept
{
    return boost::mp11::mp_at_c<detail::described_members<T>, Index>::name;
}

/// Calls `f(name, pointer_to_member)` for each member in order.
template<described T, class Function>
constexpr void for_each_member(Function&& f)
{
    boost::mp11::mp_for_each<detail::described_members<T>>(
        [&f](auto member) { f(std::string_view(member.name), member.pointer); });
}

namespace detail {

template<class T>
struct is_optional : std::false_type {};
template<class T>
struct is_optional<std::optional<T>> : std::true_type {};

template<class T>
struct is_vector : std::false_type {};
template<class T>
struct is_vector<std::vector<T>> : std::true_type {};

template<class T>
concept integer = std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char> && !std::same_as<T, wchar_t> &&
                  !std::same_as<T, char8_t> && !std::same_as<T, char16_t> && !std::same_as<T, char32_t>;

template<class T>
concept number = integer<T> || std::floating_point<T>;

template<class T>
inline constexpr bool dependent_false = false;

/// Where a value did not fit its member, and why.
class mismatch {
public:
    std::string path;    ///< "size", "items[2].id"; empty for the whole value
    std::string reason;  ///< "expected an integer, found an array"

    bool because(std::string_view wanted, std::string const& found)
    {
        reason = "expected " + std::string(wanted) + ", found " + found;
        return false;
    }

    /// Puts a step in front of the path, on the way out of a nested value.
    bool below(std::string const& step)
    {
        path = path.empty() || path.front() == '[' ? step + path : step + '.' + path;
        return false;
    }

    failure to_failure(errc code) const
    {
        return failure(code, path.empty() ? reason : "member \"" + path + "\": " + reason);
    }
};

/// Text shortened for a message: long values are somebody's data.
inline std::string quoted(std::string_view text)
{
    constexpr std::size_t shown = 24;
    std::string out = "\"";
    for (char const c : text.substr(0, shown))
        out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
    return out + (text.size() > shown ? "...\"" : "\"");
}

inline std::string kind_of(json::value const& value)
{
    switch (value.kind()) {
    case json::kind::null: return "null";
    case json::kind::bool_: return "a boolean";
    case json::kind::int64:
    case json::kind::uint64:
    case json::kind::double_: return "the number " + json::serialize(value);
    case json::kind::string: return quoted(value.get_string());
    case json::kind::array: return "an array";
    case json::kind::object: return "an object";
    }
    return "something else";
}

/// Reads a scalar from text: what a form holds, and what JSON holds where a number comes as a string.
/// An empty text leaves a number or boolean as it is.
template<class T>
bool read_text(std::string_view text, T& to, mismatch& why)
{
    if constexpr (std::same_as<T, std::string>) {
        to.assign(text);
        return true;
    } else if constexpr (is_optional<T>::value) {
        if (text.empty()) {
            to.reset();
            return true;
        }
        return read_text(text, to.emplace(), why);
    } else if constexpr (std::same_as<T, bool>) {
        if (text == "true" || text == "1")
            to = true;
        else if (text == "false" || text == "0")
            to = false;
        else if (!text.empty())
            return why.because("true or false", quoted(text));
        return true;
    } else if constexpr (number<T>) {
        if (text.empty())
            return true;
        T read{};
        auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), read);
        if (ec == std::errc::result_out_of_range)
            return why.because("a number in the range of its member", quoted(text));
        bool whole = ec == std::errc() && end == text.data() + text.size();
        if constexpr (std::floating_point<T>)
            whole = whole && std::isfinite(read);  // "inf" and "nan" are no numbers of JSON
        if (!whole)
            return why.because(integer<T> ? "an integer" : "a number", quoted(text));
        to = read;
        return true;
    } else {
        static_assert(dependent_false<T>,
                      "a form field can be read into std::string, bool, a number, or std::optional or std::vector of "
                      "one of these; a nested struct needs a JSON body");
    }
}

template<class T>
bool read_json(json::value const& from, T& to, mismatch& why);

template<number T>
bool read_json_number(json::value const& from, T& to, mismatch& why)
{
    constexpr std::string_view out_of_range = "a number in the range of its member";
    if (from.is_string())
        return read_text(std::string_view(from.get_string()), to, why);
    if (!from.is_number())
        return why.because(integer<T> ? "an integer" : "a number", kind_of(from));
    if constexpr (std::floating_point<T>) {
        to = from.to_number<T>();
        return true;
    } else {
        auto const take = [&](auto exact) {
            if (!std::in_range<T>(exact))
                return why.because(out_of_range, kind_of(from));
            to = static_cast<T>(exact);
            return true;
        };
        if (from.is_int64())
            return take(from.get_int64());
        if (from.is_uint64())
            return take(from.get_uint64());
        // Some writers give 3 as 3.0 or 3e0. Beyond 2^53 a double no longer says which integer was meant.
        double const value = from.get_double();
        if (value != std::floor(value) || std::abs(value) > 9007199254740992.0)
            return why.because("an integer", kind_of(from));
        return take(static_cast<std::int64_t>(value));
    }
}

template<described T>
bool read_json_object(json::value const& from, T& to, mismatch& why)
{
    auto const* const object = from.if_object();
    if (object == nullptr)
        return why.because("an object", kind_of(from));
    bool fits = true;
    for_each_member<T>([&](std::string_view name, auto member) {
        if (!fits)
            return;
        auto const* const value = object->if_contains(json::string_view(name.data(), name.size()));
        if (value != nullptr && !read_json(*value, to.*member, why))
            fits = why.below(std::string(name));
    });
    return fits;
}

template<class T>
bool read_json(json::value const& from, T& to, mismatch& why)
{
    if constexpr (std::same_as<T, json::value>) {
        to = from;
        return true;
    } else if constexpr (is_optional<T>::value) {
        using value_type = typename T::value_type;
        to.reset();
        constexpr bool has_empty_text = !number<value_type> && !std::same_as<value_type, bool>;
        if (from.is_null() || (!has_empty_text && from.is_string() && from.get_string().empty()))
            return true;
        return read_json(from, to.emplace(), why);
    } else {
        if (from.is_null())
            return true;
        if constexpr (described<T>) {
            return read_json_object(from, to, why);
        } else if constexpr (is_vector<T>::value) {
            auto const* const array = from.if_array();
            if (array == nullptr)
                return why.because("an array", kind_of(from));
            to.clear();
            to.reserve(array->size());
            for (json::value const& item : *array) {
                typename T::value_type element{};
                if (!read_json(item, element, why))
                    return why.below('[' + std::to_string(to.size()) + ']');
                to.push_back(std::move(element));
            }
            return true;
        } else if constexpr (std::same_as<T, std::string>) {
            if (from.is_string())
                to.assign(from.get_string().data(), from.get_string().size());
            else if (from.is_bool() || from.is_int64() || from.is_uint64())
                to = json::serialize(from);
            else
                return why.because("a string", kind_of(from));
            return true;
        } else if constexpr (std::same_as<T, bool>) {
            if (from.is_bool()) {
                to = from.get_bool();
                return true;
            }
            if (from.is_string())
                return read_text(std::string_view(from.get_string()), to, why);
            if (from.is_int64())
                return read_text(json::serialize(from), to, why);
            return why.because("true or false", kind_of(from));
        } else if constexpr (number<T>) {
            return read_json_number(from, to, why);
        } else {
            static_assert(dependent_false<T>,
                          "JSON can be read into std::string, bool, a number, json::value, a struct with "
                          "BOOST_DESCRIBE_STRUCT, or std::optional or std::vector of one of these");
        }
    }
}

}  // namespace detail

/// Reads a JSON value into a `T`: a described struct, or std::string, bool, a number, json::value, std::optional or
/// std::vector of these, nested as deep as needed.
/// Tolerant, because the sender's types are not under the reader's control: a missing member and null keep the
/// member's default, unknown members are ignored, a number may come as a string (all 64 bits exact; the empty string
/// counts as null), an integer or boolean may fill a string.
/// Errors: `malformed_json` names the member, what it takes and what was found.
/// Thread safety: stateless.
template<class T>
result<T> from_json(json::value const& value)
{
    T out{};
    detail::mismatch why;
    if (!detail::read_json(value, out, why))
        return why.to_failure(errc::malformed_json);
    return out;
}

/// Reads the fields of a form into a described struct, with the tolerance of `from_json`: a missing field keeps the
/// default, an unknown one is ignored, an empty one is a default number or an empty optional.
/// A field that comes several times fills a std::vector in order; anything else takes the last, as JSON does.
/// Errors: `malformed_form` names the member, what it takes and what was found.
/// Thread safety: stateless.
template<described T>
result<T> from_form(form_fields const& fields)
{
    T out{};
    detail::mismatch why;
    bool fits = true;
    auto const read = [&]<class Member>(std::string_view name, Member& to) {
        for (auto const& [field, text] : fields) {
            if (!fits || field != name)
                continue;
            if constexpr (detail::is_vector<Member>::value) {
                typename Member::value_type element{};
                fits = detail::read_text(text, element, why);
                to.push_back(std::move(element));
            } else {
                fits = detail::read_text(text, to, why);
            }
            if (!fits)
                why.below(std::string(name));
        }
    };
    for_each_member<T>([&](std::string_view name, auto member) { read(name, out.*member); });
    if (!fits)
        return why.to_failure(errc::malformed_form);
    return out;
}

/// The JSON of a value of any type that `from_json` reads. An empty optional is null.
/// Thread safety: stateless.
template<class T>
json::value to_json(T const& value)
{
    if constexpr (described<T>) {
        json::object out;
        out.reserve(member_count<T>());
        for_each_member<T>([&](std::string_view name, auto member) {
            out.emplace(json::string_view(name.data(), name.size()), to_json(value.*member));
        });
        return out;
    } else if constexpr (detail::is_optional<T>::value) {
        return value ? to_json(*value) : json::value(nullptr);
    } else if constexpr (detail::is_vector<T>::value) {
        json::array out;
        out.reserve(value.size());
        for (auto const& item : value)
            out.push_back(to_json(static_cast<typename T::value_type const&>(item)));
        return out;
    } else if constexpr (std::convertible_to<T const&, std::string_view>) {
        std::string_view const text = value;
        return json::value(json::string_view(text.data(), text.size()));
    } else if constexpr (std::same_as<T, bool> || detail::number<T> || std::same_as<T, json::value>) {
        return json::value(value);
    } else {
        static_assert(detail::dependent_false<T>,
                      "JSON can be made of std::string, bool, a number, json::value, a struct with "
                      "BOOST_DESCRIBE_STRUCT, or std::optional or std::vector of one of these");
    }
}

}  // namespace ossify::codec

#endif
