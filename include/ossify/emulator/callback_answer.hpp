#ifndef OSSIFY_EMULATOR_CALLBACK_ANSWER_HPP
#define OSSIFY_EMULATOR_CALLBACK_ANSWER_HPP

#include <ossify/codec/json.hpp>
#include <ossify/emulator/incoming.hpp>
#include <ossify/http/message.hpp>
#include <ossify/http/syntax.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ossify::emulation {

/// What the service makes of a callback: the application server's answer, or why there is none that it accepts.
class callback_verdict {
public:
    callback_verdict() = default;

    static callback_verdict accepted(std::string body)
    {
        callback_verdict out;
        out.delivered = true;
        out.body = std::move(body);
        return out;
    }
    static callback_verdict refused(std::string message, std::string ec = {})
    {
        callback_verdict out;
        out.message = std::move(message);
        out.ec = std::move(ec);
        return out;
    }

    bool delivered = false;
    std::string body;     ///< of the answer, for the uploader
    std::string message;  ///< of the 203 answer
    std::string ec;       ///< of the 203 answer; empty where none is documented
};

/// The messages of the 203 answer.
/// Source: OSS documentation, "Callback", "Upload callback errors" and the pages of the EC codes.
namespace verdicts {

inline callback_verdict status(unsigned code)
{
    return callback_verdict::refused("Error status : " + std::to_string(code) + ".", "0007-00000203");
}
/// Nothing listens, the TLS handshake failed, or what came back is not HTTP: the service speaks of a bad gateway.
inline callback_verdict bad_gateway() { return status(502); }
inline callback_verdict no_connection()
{
    return callback_verdict::refused("Error status : -1.OSS can not connect to your callbackUrl, please check it.");
}
inline callback_verdict no_reply(std::string_view ip, unsigned port, std::chrono::milliseconds limit)
{
    std::string const ms = std::to_string(limit.count()) + "ms";
    return callback_verdict::refused("Error status : -1 " + std::string(ip) + ":" + std::to_string(port) +
                                     " reply timeout, cost:" + ms + ", timeout:" + ms + " (err -4, errno115)");
}
inline callback_verdict too_slow() { return callback_verdict::refused("Cost too long time.", "0007-00000202"); }
inline callback_verdict not_json()
{
    return callback_verdict::refused("Response body is not valid json format.", "0007-00000205");
}
inline callback_verdict no_length()
{
    return callback_verdict::refused("Error Status : 400.User server missing content-length.");
}
inline callback_verdict bad_length()  // spelling as the service's
{
    return callback_verdict::refused("Error Status : 400.User server return invalid conent-length value.");
}
inline callback_verdict too_long()
{
    return callback_verdict::refused("Error Status : 400.User server return too long content-length value.");
}
inline callback_verdict no_image() { return callback_verdict::refused("Get image info failed."); }
inline callback_verdict throttled() { return callback_verdict::refused("Too many callback requests."); }

}  // namespace verdicts

/// Judges the head of an answer. Returns nothing when the body should be read.
/// `most` is the longest body that the service relays.
inline std::optional<callback_verdict> judge_head(http::response_head const& head, std::size_t most)
{
    if (head.status != 200)
        return verdicts::status(head.status);
    auto const length = head.headers.find("Content-Length");
    if (!length)
        return verdicts::no_length();
    auto const bytes = parse_number(*length);
    if (!bytes || *bytes == 0)
        return verdicts::bad_length();
    if (*bytes > most)
        return verdicts::too_long();
    return std::nullopt;
}

/// Judges an answer whose head is not HTTP: its raw bytes tell whether only the length is wrong.
inline callback_verdict judge_refused_head(std::string_view raw)
{
    while (!raw.empty()) {
        auto const end = raw.find('\n');
        std::string_view const line = raw.substr(0, end);
        raw = end == raw.npos ? std::string_view() : raw.substr(end + 1);
        auto const colon = line.find(':');
        if (colon != line.npos && http::iequals(line.substr(0, colon), "Content-Length"))
            if (auto const n = parse_number(http::trim(line.substr(colon + 1))); !n || *n == 0)
                return verdicts::bad_length();
        if (line.empty() || line == "\r")
            break;
    }
    return verdicts::bad_gateway();
}

/// Judges the body of an answer whose head was fit. A byte order mark makes it unfit.
inline callback_verdict judge_body(std::string body)
{
    if (!codec::parse_json(body))
        return verdicts::not_json();
    return callback_verdict::accepted(std::move(body));
}

}  // namespace ossify::emulation

#endif
