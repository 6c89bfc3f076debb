#ifndef OSSIFY_EXAMPLES_COMMAND_LINE_HPP
#define OSSIFY_EXAMPLES_COMMAND_LINE_HPP

// The command lines of the programs: `--name value`, `--name=value`, and plain arguments.

#include <charconv>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace command_line {

/// What is wrong with a command line, in words for its user.
class usage_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// A port, in digits; 0 is allowed.
inline std::uint16_t port(std::string_view text)
{
    std::uint16_t n = 0;
    auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (text.empty() || ec != std::errc() || end != text.data() + text.size())
        throw usage_error("a port is a number up to 65535, not \"" + std::string(text) + '"');
    return n;
}

/// Walks over the arguments of main.
class reader {
public:
    reader(int argc, char** argv) : argc_(argc), argv_(argv) {}

    /// Goes to the next argument. False at the end.
    bool next()
    {
        if (value_)
            throw usage_error(name_ + " takes no value");
        if (++at_ >= argc_)
            return false;
        name_ = argv_[at_];
        if (auto const equals = name_.find('='); is_option() && equals != std::string::npos) {
            value_ = name_.substr(equals + 1);
            name_.resize(equals);
        }
        return true;
    }

    bool is_option() const { return name_.size() > 1 && name_.starts_with('-'); }
    std::string const& name() const { return name_; }

    /// The value of the present option.
    std::string value()
    {
        if (value_)
            return *std::exchange(value_, std::nullopt);
        if (at_ + 1 >= argc_)
            throw usage_error(name_ + " needs a value");
        return argv_[++at_];
    }

    /// A whole number within bounds.
    std::uint64_t number(std::uint64_t least, std::uint64_t most)
    {
        std::string const text = value();
        std::uint64_t n = 0;
        auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
        if (text.empty() || ec != std::errc() || end != text.data() + text.size() || n < least || n > most)
            throw usage_error(name_ + " takes a number from " + std::to_string(least) + " to " + std::to_string(most) +
                              ", not \"" + text + '"');
        return n;
    }

    /// A number of bytes within bounds: digits and, if wanted, K, M, G or T (powers of 1024), with or without "iB" or "B".
    std::uint64_t bytes(std::uint64_t least = 0, std::uint64_t most = ~std::uint64_t{0})
    {
        std::string const text = value();
        std::uint64_t n = 0;
        auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
        std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
        for (std::string_view const suffix : {"iB", "B"})
            if (unit.size() > suffix.size() - (suffix == "B" ? 1 : 0) && unit.ends_with(suffix)) {
                unit.remove_suffix(suffix.size());
                break;
            }
        unsigned shift = 0;
        if (unit.size() == 1) {
            auto const place = std::string_view("KMGT").find(unit[0] >= 'a' ? static_cast<char>(unit[0] - 32) : unit[0]);
            shift = place == std::string_view::npos ? 99U : static_cast<unsigned>(place + 1) * 10;
        } else if (!unit.empty()) {
            shift = 99;
        }
        if (ec != std::errc() || shift > 40 || (n << shift >> shift) != n)
            throw usage_error(name_ + " takes a size such as 8M or 100K, not \"" + text + '"');
        n <<= shift;
        if (n < least || n > most)
            throw usage_error(name_ + " takes " + std::to_string(least) + " to " + std::to_string(most) +
                              " bytes, not \"" + text + '"');
        return n;
    }

    /// HOST:PORT, an IPv6 address in brackets; port 0 is allowed.
    std::pair<std::string, std::uint16_t> address()
    {
        std::string const text = value();
        auto const colon = text.rfind(':');
        std::string host = text.substr(0, colon);
        std::string const digits = colon == std::string::npos ? std::string() : text.substr(colon + 1);
        if (host.starts_with('[') && host.ends_with(']'))
            host = host.substr(1, host.size() - 2);
        std::uint16_t port = 0;
        auto const [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
        if (host.empty() || digits.empty() || ec != std::errc() || end != digits.data() + digits.size())
            throw usage_error(name_ + " takes HOST:PORT, not \"" + text + '"');
        return {std::move(host), port};
    }

private:
    int argc_;
    char** argv_;
    int at_ = 0;
    std::string name_;
    std::optional<std::string> value_;
};

}  // namespace command_line

#endif
