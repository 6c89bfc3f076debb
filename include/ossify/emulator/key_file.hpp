#ifndef OSSIFY_EMULATOR_KEY_FILE_HPP
#define OSSIFY_EMULATOR_KEY_FILE_HPP

#include <ossify/auth/credentials.hpp>
#include <ossify/codec/date.hpp>
#include <ossify/core/result.hpp>
#include <ossify/emulator/key_store.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ossify::emulation {

namespace detail {

/// The words of a line. Lifetime: as the line.
inline std::vector<std::string_view> words_of(std::string_view line)
{
    constexpr std::string_view blank = " \t\r";
    std::vector<std::string_view> out;
    for (;;) {
        line.remove_prefix(std::min(line.size(), line.find_first_not_of(blank)));
        if (line.empty())
            return out;
        out.push_back(line.substr(0, line.find_first_of(blank)));
        line.remove_prefix(out.back().size());
    }
}

/// The key of one line that is neither empty nor a comment. Errors: `invalid_argument`; no secret is in it.
inline result<key_pair> read_key(std::vector<std::string_view> const& words)
{
    auto const bad = [](std::string why) { return failure(errc::invalid_argument, std::move(why)); };
    if (words.size() < 2)
        return bad("an access key needs an id and a secret");
    key_pair out;
    std::string_view token;
    for (std::size_t i = 2; i != words.size(); ++i) {
        std::string_view const word = words[i];
        if (word == "read-only") {
            out.read_only = true;
        } else if (word.starts_with("token=") && word.size() != 6) {
            token = word.substr(6);
        } else if (word.starts_with("expires=")) {
            auto const when = codec::parse_iso_extended(word.substr(8));
            if (!when)
                return bad("expires= takes a time such as 2030-01-31T12:00:00Z");
            out.token_expires = *when;
        } else {
            return bad("after the id and the secret of \"" + std::string(words[0]) +
                       "\" may only stand read-only, token=… and expires=…");
        }
    }
    if (out.token_expires && token.empty())
        return bad("expires= belongs to a token");
    out.key = credentials(std::string(words[0]), secret(words[1]), secret(token));
    return out;
}

}  // namespace detail

/// Reads access keys, one a line:
///
///     # comment
///     ID SECRET [read-only] [token=TOKEN [expires=2030-01-31T12:00:00Z]]
///
/// With a token it is a temporary key, good only together with it.
/// Errors: `invalid_argument` with the line's number.
inline result<std::vector<key_pair>> parse_keys(std::string_view text)
{
    std::vector<key_pair> out;
    for (std::size_t number = 1; !text.empty(); ++number) {
        auto const end = std::min(text.size(), text.find('\n'));
        auto const words = detail::words_of(text.substr(0, end));
        text.remove_prefix(std::min(text.size(), end + 1));
        if (words.empty() || words[0].starts_with('#'))
            continue;
        auto key = detail::read_key(words);
        if (!key)
            return failure(errc::invalid_argument, "line " + std::to_string(number) + ": " + key.error().message());
        out.push_back(*std::move(key));
    }
    return out;
}

}  // namespace ossify::emulation

#endif
