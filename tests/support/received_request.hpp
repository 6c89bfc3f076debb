#ifndef OSSIFY_TESTS_SUPPORT_RECEIVED_REQUEST_HPP
#define OSSIFY_TESTS_SUPPORT_RECEIVED_REQUEST_HPP

#include <ossify/codec/percent.hpp>
#include <ossify/emulator/authenticator.hpp>
#include <ossify/http/message.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ossify::testing_support {

/// Lets an authenticator judge requests whose targets are in path style, and changed copies of them.
class gate {
public:
    gate(emulation::authenticator const& by, codec::wall_time at) : judge_(by), now_(at) {}

    /// Nothing when the target cannot be decoded: the service refuses it before it asks who sent it.
    std::optional<emulation::service_result<emulation::identity>> judge(http::request_head const& head) const
    {
        std::string_view const path = std::string_view(head.target).substr(0, head.target.find('?'));
        if (!path.starts_with('/'))
            return std::nullopt;
        auto const slash = std::min(path.find('/', 1), path.size());
        auto const bucket = codec::percent_decode(path.substr(1, slash - 1));
        auto const key = codec::percent_decode(path.substr(std::min(slash + 1, path.size())));
        if (!bucket || !key)
            return std::nullopt;
        return judge_.authenticate(head, *bucket, *key, now_);
    }

    bool accepts(http::request_head const& head) const
    {
        auto const verdict = judge(head);
        return verdict && verdict->has_value() && !(*verdict)->anonymous();
    }

    /// True when no change of a byte of the target is accepted, but for those from `first_unsigned` on.
    /// A change that leaves the meaning alone (%2b for %2B) does not occur: the other byte is no hexadecimal digit.
    std::string first_accepted_change_of_target(http::request_head const& head, std::size_t first_unsigned) const
    {
        for (std::size_t i = 0; i != std::min(head.target.size(), first_unsigned); ++i) {
            http::request_head changed = head;
            changed.target[i] = other(changed.target[i]);
            if (accepts(changed))
                return changed.target;
        }
        return {};
    }

    /// The first changed value of this header that is accepted; empty when there is none.
    std::string first_accepted_change_of_header(http::request_head const& head, std::string_view name) const
    {
        std::string const value(head.headers.get(name));
        for (std::size_t i = 0; i != value.size(); ++i) {
            std::string text = value;
            text[i] = other(text[i]);
            http::request_head changed = head;
            changed.headers.set(name, text);
            if (accepts(changed))
                return text;
        }
        http::request_head without = head;
        without.headers.erase(name);
        return accepts(without) ? "(removed)" : "";
    }

private:
    static char other(char c) noexcept { return c == 'y' ? 'z' : 'y'; }

    emulation::authenticator const& judge_;
    codec::wall_time now_;
};

}  // namespace ossify::testing_support

#endif
