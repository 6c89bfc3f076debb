#ifndef OSSIFY_EMULATOR_FAULT_TEXT_HPP
#define OSSIFY_EMULATOR_FAULT_TEXT_HPP

#include <ossify/core/result.hpp>
#include <ossify/emulator/fault_plan.hpp>
#include <ossify/emulator/incoming.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ossify::emulation {

namespace detail {

/// Reads one rule of a fault plan: items between commas, `name` or `name=value`.
class fault_rule_reader {
public:
    explicit fault_rule_reader(fault_plan& plan) : plan_(plan) {}

    result<void> read(std::string_view text)
    {
        bool acts = false;
        while (!text.empty()) {
            auto const comma = std::min(text.find(','), text.size());
            std::string_view const item = trimmed(text.substr(0, comma));
            text.remove_prefix(std::min(comma + 1, text.size()));
            auto const equals = std::min(item.find('='), item.size());
            std::string_view const name = item.substr(0, equals);
            value_ = item.substr(std::min(equals + 1, item.size()));
            has_value_ = equals != item.size();
            if (selector(name))
                continue;
            if (!action(name))
                return failure(errc::invalid_argument,
                               "in the fault plan: \"" + std::string(item) + "\": " +
                                   (why_.empty() ? "there is no such item, or it takes another value" : why_));
            acts = true;
        }
        if (!acts && !only_seed_)
            return failure(errc::invalid_argument, "in the fault plan: a rule that does nothing");
        if (acts)
            plan_.add(std::move(rule_));
        return {};
    }

private:
    static std::string_view trimmed(std::string_view text)
    {
        while (text.starts_with(' '))
            text.remove_prefix(1);
        while (text.ends_with(' '))
            text.remove_suffix(1);
        return text;
    }

    // An item that says when. Returns whether it was one and could be read.
    bool selector(std::string_view name)
    {
        if (name == "on") {
            rule_.on = parse_operation(value_);
            if (!rule_.on)
                why_ = "no operation of that name";
            return rule_.on.has_value();
        }
        if (name == "part")
            return number(1, 10'000, [&](std::uint64_t n) { rule_.part = static_cast<unsigned>(n); });
        if (name == "nth")
            return number(1, most, [&](std::uint64_t n) { rule_.nth = n; });
        if (name == "times")
            return number(1, most, [&](std::uint64_t n) { rule_.times = n; });
        if (name == "once" && !has_value_) {
            rule_.times = 1;
            return true;
        }
        if (name == "seed") {
            only_seed_ = true;
            return number(0, most, [&](std::uint64_t n) { plan_.seed(n); });
        }
        if (name == "chance")
            return chance();
        return false;
    }

    // An item that says what.
    bool action(std::string_view name)
    {
        auto& to = rule_.effects;
        auto const flag = [&](bool& f) {
            f = true;
            return !has_value_;
        };
        if (name == "delay")
            return duration([&](auto d) { to.delay = d; });
        if (name == "bandwidth")
            return size([&](std::uint64_t n) { to.bandwidth = n; });
        if (name == "reset" && !has_value_)
            return rule_.reset_anywhere = true;
        if (name == "reset")
            return size([&](std::uint64_t n) { to.reset_after = n; });
        if (name == "status")
            return status();
        if (name == "qos-delay")
            return duration([&](auto d) { to.qos_delay = d; });
        if (name == "lost-answer")
            return flag(to.lose_answer);
        if (name == "wrong-crc")
            return flag(to.wrong_crc);
        if (name == "wrong-etag")
            return flag(to.wrong_etag);
        if (name == "truncated")
            return flag(to.truncate);
        if (name == "malformed")
            return flag(to.malform);
        if (name == "slow-headers")
            return duration([&](auto d) { to.slow_headers = d; });
        if (name == "clock")
            return duration([&](auto d) { to.clock_offset = d; });
        if (name == "callback")
            return callback();
        return false;
    }

    template<class Set>
    bool number(std::uint64_t least, std::uint64_t largest, Set set)
    {
        auto const n = parse_number(value_);
        if (!n || *n < least || *n > largest)
            return false;
        set(*n);
        return true;
    }

    // "10%" or "0.1"
    bool chance()
    {
        std::string_view text = value_;
        bool const percent = text.ends_with('%');
        if (percent)
            text.remove_suffix(1);
        double p = 0;
        auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), p);
        if (ec != std::errc() || end != text.data() + text.size() || p < 0 || p > (percent ? 100 : 1))
            return false;
        rule_.probability = percent ? p / 100 : p;
        return true;
    }

    // "200ms", "5s", "20m", "-20m"; without a unit milliseconds
    template<class Set>
    bool duration(Set set)
    {
        std::string_view text = value_;
        bool const negative = text.starts_with('-');
        if (negative || text.starts_with('+'))
            text.remove_prefix(1);
        std::uint64_t n = 0;
        auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
        std::string_view const unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
        std::uint64_t const scale = unit.empty() || unit == "ms" ? 1 : unit == "s" ? 1'000 : unit == "m" ? 60'000
                                    : unit == "h"                ? 3'600'000
                                                                 : 0;
        if (ec != std::errc() || scale == 0 || n > std::uint64_t{1} << 40)
            return false;
        auto const ms = static_cast<std::int64_t>(n * scale);
        set(std::chrono::milliseconds(negative ? -ms : ms));
        return true;
    }

    // "1000", "64K", "1M", "2G"
    template<class Set>
    bool size(Set set)
    {
        std::uint64_t n = 0;
        auto const [end, ec] = std::from_chars(value_.data(), value_.data() + value_.size(), n);
        std::string_view const unit(end, static_cast<std::size_t>(value_.data() + value_.size() - end));
        int const shift = unit.empty() ? 0 : unit == "K" ? 10 : unit == "M" ? 20 : unit == "G" ? 30 : -1;
        if (ec != std::errc() || shift < 0 || n > most >> shift)
            return false;
        set(n << shift);
        return true;
    }

    // "503" or "503/ServiceUnavailable"
    bool status()
    {
        auto const slash = std::min(value_.find('/'), value_.size());
        auto const n = parse_number(value_.substr(0, slash));
        if (!n || *n < 400 || *n > 599)
            return false;
        rule_.effects.error = fault_plan::service_failure(
            static_cast<unsigned>(*n), std::string(value_.substr(std::min(slash + 1, value_.size()))));
        return true;
    }

    bool callback()
    {
        auto& to = rule_.effects.callback;
        if (auto const n = parse_number(value_); n && *n >= 100 && *n <= 599)
            to = verdicts::status(static_cast<unsigned>(*n));
        else if (value_ == "timeout")
            to = verdicts::no_reply("192.0.2.1", 80, std::chrono::seconds(5));
        else if (value_ == "no-connection")
            to = verdicts::no_connection();
        else if (value_ == "slow")
            to = verdicts::too_slow();
        else if (value_ == "not-json")
            to = verdicts::not_json();
        else if (value_ == "no-length")
            to = verdicts::no_length();
        else if (value_ == "bad-length")
            to = verdicts::bad_length();
        else if (value_ == "too-long")
            to = verdicts::too_long();
        else if (value_ == "image")
            to = verdicts::no_image();
        else if (value_ == "throttled")
            to = verdicts::throttled();
        return to.has_value();
    }

    static constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();

    fault_plan& plan_;
    fault_rule rule_;
    std::string_view value_;
    bool has_value_ = false;
    bool only_seed_ = false;
    std::string why_;
};

}  // namespace detail

/// How a fault plan is written, for whoever asks a program.
inline constexpr std::string_view fault_text_help =
    "Faults: rules divided by semicolons, each of items divided by commas, for example\n"
    "    on=upload_part,chance=10%,reset; on=complete_multipart_upload,once,lost-answer; seed=7\n"
    "When, if not always:\n"
    "  on=OPERATION           as the service names it or in_lower_case: PutObject, upload_part, ...\n"
    "  part=N                 the part of that number\n"
    "  nth=N, times=N, once   the N-th request that fits; the first N; the first\n"
    "  chance=10%             or chance=0.1: by chance, which `seed=N` makes repeatable\n"
    "What, one or more:\n"
    "  delay=200ms            wait before the request is looked at (ms, s, m, h)\n"
    "  bandwidth=1M           take and send so many bytes a second of bodies (K, M, G)\n"
    "  reset, reset=64K       break the connection within the body, or after so many bytes of it\n"
    "  status=503             answer with an error instead; status=503/SlowDown names its code\n"
    "  qos-delay=500ms        and ask to wait so long, in x-oss-qos-delay-time\n"
    "  lost-answer            do as asked, then break the connection instead of answering\n"
    "  wrong-crc, wrong-etag  answer with another checksum, another ETag\n"
    "  truncated              break the connection in the middle of the answer's body\n"
    "  malformed              answer with half of the XML, as if it were all\n"
    "  slow-headers=1s        send the head of the answer in pieces, so long apart\n"
    "  clock=-20m             have the service's clock off by so much\n"
    "  callback=502           do not call back, but fail as if the application server had answered so; or one of\n"
    "                         timeout, no-connection, slow, not-json, no-length, bad-length, too-long, image, throttled\n";

/// Adds the rules in `text` to a plan, which `fault_text_help` explains.
/// Errors: `invalid_argument` names the item; the rules before it are in the plan.
inline result<void> add_faults(fault_plan& to, std::string_view text)
{
    while (!text.empty()) {
        auto const end = std::min(text.find(';'), text.size());
        auto const rule = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (rule.find_first_not_of(' ') == rule.npos)
            continue;
        if (auto done = detail::fault_rule_reader(to).read(rule); !done)
            return done;
    }
    return {};
}

}  // namespace ossify::emulation

#endif
