#ifndef OSSIFY_RECEIVER_CALLBACK_REPLY_HPP
#define OSSIFY_RECEIVER_CALLBACK_REPLY_HPP

#include <ossify/codec/describe.hpp>
#include <ossify/codec/json.hpp>
#include <ossify/codec/utf8.hpp>

#include <boost/system/result.hpp>

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace ossify {

/// What a handler gives instead of a reply when it does not accept a callback. The object stays stored; the uploader is
/// told that the callback failed, with the status but without the reason.
class callback_refusal {
public:
    callback_refusal() = default;
    /// `http_status` is 400..599; anything else is sent as 500, because 200 would mean success.
    explicit callback_refusal(unsigned http_status, std::string why = {}) : status(http_status), reason(std::move(why)) {}

    unsigned status = 500;
    std::string reason;  ///< for the log
};

/// What a handler gives that can refuse: a reply or a `callback_refusal`.
template<class Reply>
using callback_result = boost::system::result<Reply, callback_refusal>;

namespace detail {

/// An answer, ready to send.
class callback_answer {
public:
    callback_answer() = default;

    /// The sender is told `told`; who that is nobody knows, so it says nothing of our insides.
    static callback_answer refused(unsigned status, std::string why, std::string_view told)
    {
        json::object said;
        said["error"] = codec::replace_non_utf8(told);  // it may quote what came
        callback_answer out;
        out.status = status;
        out.text = codec::to_json_text(said);
        out.reason = std::move(why);
        return out;
    }
    static callback_answer refused(unsigned status, std::string const& why) { return refused(status, why, why); }

    unsigned status = 500;
    std::string text;    // JSON
    std::string reason;  // empty for a success
};

/// The service refuses longer answers. Source: OSS documentation, "Callback": 3 MB in one place, 1 MB in two others.
inline constexpr std::size_t longest_callback_answer = 1024 * 1024;

inline callback_answer answer_with(json::value const& reply)
{
    callback_answer out;
    out.text = codec::to_json_text(reply);
    if (out.text.size() > longest_callback_answer)
        return callback_answer::refused(500, "the reply has " + std::to_string(out.text.size()) +
                                                 " bytes; the service takes at most " +
                                                 std::to_string(longest_callback_answer), "the reply is too long");
    out.status = 200;
    return out;
}

template<class Reply>
callback_answer answer_with(Reply const& reply)
{
    return answer_with(codec::to_json(reply));
}

template<class Reply>
callback_answer answer_with(callback_result<Reply> const& result)
{
    if (result)
        return answer_with(*result);
    auto const& refusal = result.error();
    bool const is_refusal = refusal.status >= 400 && refusal.status < 600;
    return callback_answer::refused(is_refusal ? refusal.status : 500,
                                    refusal.reason.empty() ? "refused by the application" : refusal.reason,
                                    "refused by the application");
}

}  // namespace detail

}  // namespace ossify

#endif
