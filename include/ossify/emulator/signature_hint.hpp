#ifndef OSSIFY_EMULATOR_SIGNATURE_HINT_HPP
#define OSSIFY_EMULATOR_SIGNATURE_HINT_HPP

#include <ossify/auth/canonical.hpp>
#include <ossify/auth/credentials.hpp>
#include <ossify/auth/signer_v1.hpp>
#include <ossify/auth/signing_key.hpp>
#include <ossify/codec/digest.hpp>
#include <ossify/codec/hex.hpp>
#include <ossify/codec/percent.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Why a signature does not fit, in one line for a developer: the emulator knows the secret, and so it can find out
/// whether the client signed what a common mistake makes of the text.
namespace ossify::emulation {

namespace detail {

/// A text that a client may have signed by mistake, and the mistake.
class mistake {
public:
    mistake(std::string said, std::string signed_text) : what(std::move(said)), text(std::move(signed_text)) {}

    std::string what;
    std::string text;
};

/// A text cut into the line of the method, what follows up to the resource, the resource, and the rest.
class signed_text {
public:
    /// Version 1: method, three lines, lines of headers, and a resource that goes to the end and may hold line feeds.
    static signed_text v1(std::string_view text)
    {
        signed_text out;
        auto const begin = out.take_method(text);
        std::size_t at = begin;
        for (int lines = 0; lines != 3; ++lines)
            at = next_line(text, at);
        while (text.substr(at).starts_with("x-oss-"))
            at = next_line(text, at);
        out.before = text.substr(begin, at - begin);
        auto const query = text.rfind('?');
        out.path = text.substr(at, query == text.npos || query < at ? text.npos : query - at);
        out.after = text.substr(at + out.path.size());
        return out;
    }
    /// Version 4: method, resource, query, headers and so on, a line each.
    static signed_text v4(std::string_view text)
    {
        signed_text out;
        auto const begin = out.take_method(text);
        auto const end = std::min(text.size(), text.find('\n', begin));
        out.path = text.substr(begin, end - begin);
        out.after = text.substr(end);
        return out;
    }

    std::string with_method(std::string_view other) const { return join(other, before, path, after); }
    std::string with_path(std::string_view other) const { return join(method, before, other, after); }
    std::string with_before(std::string_view other) const { return join(method, other, path, after); }
    std::string with_after(std::string_view other) const { return join(method, before, path, other); }

    std::string_view method, before, path, after;

private:
    std::size_t take_method(std::string_view text)
    {
        method = text.substr(0, text.find('\n'));
        return next_line(text, 0);
    }
    static std::size_t next_line(std::string_view text, std::size_t from)
    {
        auto const end = text.find('\n', from);
        return end == text.npos ? text.size() : end + 1;
    }
    static std::string join(std::string_view method, std::string_view before, std::string_view path,
                            std::string_view after)
    {
        std::string out(method);
        return out.append(1, '\n').append(before).append(path).append(after);
    }
};

/// What both versions are got wrong by.
inline void add_common_mistakes(std::vector<mistake>& to, signed_text const& t)
{
    for (std::string_view const other : {"GET", "PUT", "POST", "HEAD", "DELETE"})
        if (other != t.method)
            to.emplace_back("signed for " + std::string(other) + ", but sent as " + std::string(t.method),
                            t.with_method(other));
    if (auto const slash = t.path.find('/', 1); slash != t.path.npos)
        to.emplace_back("signed \"" + std::string(t.path.substr(slash)) + "\", without the bucket before it",
                        t.with_path(t.path.substr(slash)));
}

inline std::vector<mistake> v1_mistakes(std::string_view text)
{
    std::vector<mistake> out;
    auto const t = signed_text::v1(text);
    add_common_mistakes(out, t);
    auto const type = t.before.find('\n') + 1;
    auto const date = std::min(t.before.size(), t.before.find('\n', type));
    if (date != type)
        out.emplace_back("signed without the Content-Type that is sent",
                         t.with_before(std::string(t.before.substr(0, type)).append(t.before.substr(date))));
    if (auto const headers = t.before.find('\n', date + 1) + 1; headers != 0 && headers != t.before.size())
        out.emplace_back("signed without the headers that begin with x-oss-",
                         t.with_before(t.before.substr(0, headers)));
    if (!t.after.empty())
        out.emplace_back("signed without the sub-resources in the query", t.with_after(""));
    out.emplace_back("signed the key percent-encoded, but version 1 signs it as it is",
                     t.with_path(codec::percent_encode_path(t.path)));
    return out;
}

inline std::vector<mistake> v4_mistakes(std::string_view text)
{
    std::vector<mistake> out;
    auto const t = signed_text::v4(text);
    add_common_mistakes(out, t);
    if (auto const type = t.after.find("\ncontent-type:"); type != t.after.npos) {
        auto const next = std::min(t.after.size(), t.after.find('\n', type + 1));
        out.emplace_back("signed without the Content-Type that is sent",
                         t.with_after(std::string(t.after.substr(0, type)).append(t.after.substr(next))));
    }
    if (auto const headers = t.after.find('\n', 1); headers != 1 && headers != t.after.npos)
        out.emplace_back("signed without the query", t.with_after('\n' + std::string(t.after.substr(headers))));
    out.emplace_back("signed the key percent-encoded twice", t.with_path(codec::percent_encode_path(t.path)));
    if (auto const plain = codec::percent_decode(t.path))
        out.emplace_back("signed the key as it is, but version 4 signs it percent-encoded", t.with_path(*plain));
    return out;
}

/// The text in one line: without the values of security tokens, and cut where it is long.
inline std::string shown(std::string_view text)
{
    constexpr std::size_t longest = 1000;
    std::string out = "\"";
    while (!text.empty() && out.size() < longest) {
        if (text.starts_with("security-token")) {
            auto const value = std::min(text.size(), text.find_first_of(":=\n&"));
            out.append(text.substr(0, value)).append(":***");
            text.remove_prefix(std::min(text.size(), text.find_first_of("\n&", value)));
            continue;
        }
        auto const c = static_cast<unsigned char>(text.front());
        if (c == '\n')
            out += "\\n";
        else if (c == '"' || c == '\\')
            out.append("\\").append(1, text.front());
        else if (c < 0x20 || c == 0x7f)
            out.append("\\x").append(codec::hex_encode_lower(text.substr(0, 1)));
        else
            out += text.front();
        text.remove_prefix(1);
    }
    return out.append(text.empty() ? "\"" : "…\"");
}

template<class Sign>
std::string explain(std::vector<mistake> const& mistakes, std::string_view text, std::string_view provided,
                    Sign const& sign)
{
    for (auto const& one : mistakes)
        if (codec::constant_time_equal(sign(one.text, false), provided))
            return one.what;
    if (codec::constant_time_equal(sign(text, true), provided))
        return "signed with a line feed behind the secret";
    return "another secret, or another text than " + shown(text);
}

/// What a client gets when it reads its secret from a file without care.
inline secret with_line_feed(secret const& plain) { return secret(std::string(plain.reveal()) + '\n'); }

}  // namespace detail

/// Why a signature of version 1 is not that of `text`. Holds neither the secret nor a security token.
inline std::string explain_v1(secret const& key, std::string_view text, std::string_view provided)
{
    return detail::explain(detail::v1_mistakes(text), text, provided, [&](std::string_view tried, bool line_feed) {
        return v1_signature(line_feed ? detail::with_line_feed(key) : key, tried);
    });
}

/// Why a signature of version 4 is not that of the canonical request `text`.
inline std::string explain_v4(secret const& key, std::string_view date, signing_scope const& scope,
                              std::string_view timestamp, std::string_view text, std::string_view provided)
{
    return detail::explain(detail::v4_mistakes(text), text, provided, [&](std::string_view tried, bool line_feed) {
        std::string to_sign;
        canonical::append_v4_string_to_sign(to_sign, timestamp, scope.text(date), tried);
        return signing_key::derive(line_feed ? detail::with_line_feed(key) : key, date, scope).sign(to_sign);
    });
}

}  // namespace ossify::emulation

#endif
