#ifndef OSSIFY_EMULATOR_KEY_STORE_HPP
#define OSSIFY_EMULATOR_KEY_STORE_HPP

#include <ossify/auth/credentials.hpp>
#include <ossify/codec/date.hpp>
#include <ossify/codec/digest.hpp>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ossify::emulation {

/// An access key that the service knows, and what its holder may do.
class key_pair {
public:
    key_pair() = default;
    explicit key_pair(credentials who, bool only_reads = false) : key(std::move(who)), read_only(only_reads) {}

    credentials key;         ///< with a security token: a temporary key, good only together with it
    bool read_only = false;  ///< its holder may store, change and delete nothing
    std::optional<codec::wall_time> token_expires;  ///< of a temporary key; nothing means never
};

/// The access keys that the service knows. Thread safety: not thread-safe.
class key_store {
public:
    /// Adds a key, or replaces the one with the same id.
    void add(key_pair pair)
    {
        std::string id(pair.key.access_key_id());
        pairs_.insert_or_assign(std::move(id), std::move(pair));
    }
    void add(credentials key, bool only_reads = false) { add(key_pair(std::move(key), only_reads)); }

    bool remove(std::string_view id)
    {
        auto const found = pairs_.find(id);
        if (found == pairs_.end())
            return false;
        pairs_.erase(found);
        return true;
    }

    /// Null when there is none. Lifetime: until the store changes.
    key_pair const* find(std::string_view id) const
    {
        auto const found = pairs_.find(id);
        return found == pairs_.end() ? nullptr : &found->second;
    }

    /// True when some key has this token.
    bool knows_token(std::string_view token) const
    {
        bool known = false;
        for (auto const& entry : pairs_)
            known |= codec::constant_time_equal(entry.second.key.security_token().reveal(), token);
        return known;
    }

    bool empty() const noexcept { return pairs_.empty(); }

    /// The ids of the keys, with commas between them.
    std::string ids() const
    {
        std::string out;
        for (auto const& entry : pairs_)
            out.append(out.empty() ? "" : ", ").append(entry.first);
        return out;
    }

private:
    std::map<std::string, key_pair, std::less<>> pairs_;
};

/// How a request proved who sent it.
enum class proof { none, v1_header, v4_header, v1_url, v4_url, v1_form, v4_form };

/// Who sent a request.
class identity {
public:
    identity() = default;
    identity(std::string id, proof by, bool only_reads) : access_key_id(std::move(id)), how(by), read_only(only_reads)
    {
    }

    bool anonymous() const noexcept { return how == proof::none; }

    std::string access_key_id;  ///< empty for an anonymous request
    proof how = proof::none;
    bool read_only = false;

    friend bool operator==(identity const&, identity const&) = default;
};

}  // namespace ossify::emulation

#endif
