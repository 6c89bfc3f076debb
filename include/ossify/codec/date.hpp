#ifndef OSSIFY_CODEC_DATE_HPP
#define OSSIFY_CODEC_DATE_HPP

#include <ossify/core/result.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace ossify::codec {

/// A point in time in UTC, to the second. The functions below hold for the years 0 to 9999.
using wall_time = std::chrono::sys_seconds;

namespace detail {

inline constexpr std::string_view weekday_names = "SunMonTueWedThuFriSat";
inline constexpr std::string_view month_names = "JanFebMarAprMayJunJulAugSepOctNovDec";

/// A time in the fields of the civil calendar.
struct civil_time {
    unsigned year = 0;
    unsigned month = 1;
    unsigned day = 1;
    unsigned hour = 0;
    unsigned minute = 0;
    unsigned second = 0;
};

inline civil_time to_civil(wall_time time)
{
    auto const days = std::chrono::floor<std::chrono::days>(time);
    std::chrono::year_month_day const date(days);
    std::chrono::hh_mm_ss const clock(time - days);
    civil_time out;
    out.year = static_cast<unsigned>(static_cast<int>(date.year()));
    out.month = static_cast<unsigned>(date.month());
    out.day = static_cast<unsigned>(date.day());
    out.hour = static_cast<unsigned>(clock.hours().count());
    out.minute = static_cast<unsigned>(clock.minutes().count());
    out.second = static_cast<unsigned>(clock.seconds().count());
    return out;
}

/// The time, or nothing when a field is out of its range.
inline std::optional<wall_time> from_civil(civil_time const& t)
{
    std::chrono::year_month_day const date(std::chrono::year(static_cast<int>(t.year)), std::chrono::month(t.month),
                                           std::chrono::day(t.day));
    if (!date.ok() || t.hour > 23 || t.minute > 59 || t.second > 59)
        return std::nullopt;
    return std::chrono::sys_days(date) + std::chrono::hours(t.hour) + std::chrono::minutes(t.minute) +
           std::chrono::seconds(t.second);
}

inline unsigned weekday_of(wall_time time)
{
    return std::chrono::weekday(std::chrono::floor<std::chrono::days>(time)).c_encoding();
}

/// The field that a letter of a pattern stands for, or null for a letter that stands for itself.
constexpr unsigned* field_of(char letter, civil_time& t) noexcept
{
    switch (letter) {
    case 'Y': return &t.year;
    case 'M': return &t.month;
    case 'D': return &t.day;
    case 'h': return &t.hour;
    case 'm': return &t.minute;
    case 's': return &t.second;
    default: return nullptr;
    }
}

/// Writes `pattern` with each of its letters Y M D h m s replaced by a digit of that field.
inline std::string format_fields(std::string_view pattern, civil_time t)
{
    std::string out(pattern);
    for (std::size_t i = out.size(); i-- != 0;) {
        if (unsigned* const field = field_of(out[i], t)) {
            out[i] = static_cast<char>('0' + *field % 10);
            *field /= 10;
        }
    }
    return out;
}

/// Reads what `format_fields` writes into the fields that the pattern names; false when the text does not fit.
inline bool parse_fields(std::string_view pattern, std::string_view text, civil_time& t)
{
    if (pattern.size() != text.size())
        return false;
    for (char const letter : pattern)
        if (unsigned* const field = field_of(letter, t))
            *field = 0;
    for (std::size_t i = 0; i != text.size(); ++i) {
        unsigned* const field = field_of(pattern[i], t);
        if (field == nullptr ? pattern[i] != text[i] : text[i] < '0' || text[i] > '9')
            return false;
        if (field != nullptr)
            *field = *field * 10 + static_cast<unsigned>(text[i] - '0');
    }
    return true;
}

/// The index of a three-letter name in a list of such names.
inline std::optional<unsigned> name_index(std::string_view names, std::string_view name)
{
    for (std::size_t i = 0; i + 3 <= names.size(); i += 3)
        if (names.substr(i, 3) == name)
            return static_cast<unsigned>(i / 3);
    return std::nullopt;
}

inline failure bad_date(std::string_view wanted)
{
    return failure(errc::malformed_date, "a date like \"" + std::string(wanted) + "\" is expected");
}

}  // namespace detail

/// The time as HTTP writes it: "Wed, 28 Dec 2022 10:27:41 GMT".
/// Thread safety: stateless. Source: RFC 9110 section 5.6.7.
inline std::string http_date(wall_time time)
{
    auto const t = detail::to_civil(time);
    std::string out(detail::weekday_names.substr(detail::weekday_of(time) * 3, 3));
    out += detail::format_fields(", DD ", t);
    out += detail::month_names.substr((t.month - 1) * 3, 3);
    out += detail::format_fields(" YYYY hh:mm:ss ", t);
    out += "GMT";
    return out;
}

/// Reads what `http_date` writes; the weekday must be that of the date, the obsolete forms are refused.
/// Errors: `malformed_date`.
/// Thread safety: stateless. Source: RFC 9110 section 5.6.7, IMF-fixdate.
inline result<wall_time> parse_http_date(std::string_view text)
{
    constexpr std::string_view example = "Wed, 28 Dec 2022 10:27:41 GMT";
    if (text.size() != example.size() || text.substr(25) != " GMT")
        return detail::bad_date(example);
    auto const weekday = detail::name_index(detail::weekday_names, text.substr(0, 3));
    auto const month = detail::name_index(detail::month_names, text.substr(8, 3));
    detail::civil_time t;
    if (!weekday || !month || !detail::parse_fields(", DD ", text.substr(3, 5), t) ||
        !detail::parse_fields(" YYYY hh:mm:ss", text.substr(11, 14), t))
        return detail::bad_date(example);
    t.month = *month + 1;
    auto const time = detail::from_civil(t);
    if (!time || detail::weekday_of(*time) != *weekday)
        return detail::bad_date(example);
    return *time;
}

/// The time as signature version 4 writes it: "20231216T162057Z"; the first 8 characters are the date alone.
/// Thread safety: stateless.
inline std::string iso_basic(wall_time time)
{
    return detail::format_fields("YYYYMMDDThhmmssZ", detail::to_civil(time));
}

/// Reads what `iso_basic` writes.
/// Errors: `malformed_date`.
/// Thread safety: stateless.
inline result<wall_time> parse_iso_basic(std::string_view text)
{
    detail::civil_time t;
    if (detail::parse_fields("YYYYMMDDThhmmssZ", text, t))
        if (auto const time = detail::from_civil(t))
            return *time;
    return detail::bad_date("20231216T162057Z");
}

/// The time as the service's XML and POST policies write it: "2012-02-23T07:01:34.000Z". Thread safety: stateless.
inline std::string iso_extended_ms(std::chrono::sys_time<std::chrono::milliseconds> time)
{
    auto const seconds = std::chrono::floor<std::chrono::seconds>(time);
    auto const fraction = static_cast<int>((time - seconds).count());
    std::string out = detail::format_fields("YYYY-MM-DDThh:mm:ss.000Z", detail::to_civil(seconds));
    out[20] = static_cast<char>('0' + fraction / 100);
    out[21] = static_cast<char>('0' + fraction / 10 % 10);
    out[22] = static_cast<char>('0' + fraction % 10);
    return out;
}

/// Reads "2012-02-23T07:01:34.000Z", with one to nine digits of a fraction or none; the fraction is dropped.
/// Errors: `malformed_date`.
/// Thread safety: stateless.
inline result<wall_time> parse_iso_extended(std::string_view text)
{
    constexpr std::string_view pattern = "YYYY-MM-DDThh:mm:ss";
    detail::civil_time t;
    if (detail::parse_fields(pattern, text.substr(0, pattern.size()), t)) {
        std::string_view rest = text.substr(pattern.size());
        if (rest.starts_with('.')) {
            auto const end = rest.find_first_not_of("0123456789", 1);
            if (end == std::string_view::npos || end == 1 || end > 10)
                return detail::bad_date("2012-02-23T07:01:34.000Z");
            rest.remove_prefix(end);
        }
        if (rest == "Z")
            if (auto const time = detail::from_civil(t))
                return *time;
    }
    return detail::bad_date("2012-02-23T07:01:34.000Z");
}

}  // namespace ossify::codec

#endif
