#ifndef OSSIFY_TESTS_SUPPORT_PUT_SCENE_HPP
#define OSSIFY_TESTS_SUPPORT_PUT_SCENE_HPP

#include <ossify/client.hpp>
#include <ossify/codec/crc64.hpp>
#include <ossify/testing/memory_transport.hpp>

#include "run.hpp"

#include <asio/io_context.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace tests {

using memory_client = ossify::basic_client<ossify::testing::memory_transport>;

inline ossify::config settings(unsigned attempts = 1)
{
    ossify::retry_policy retry;
    retry.max_attempts = attempts;
    return ossify::config()
        .endpoint("http://localhost")
        .region("cn-hangzhou")
        .credentials(ossify::credentials("test-id", ossify::secret("test-secret")))
        .retry(retry)
        .seed(7);
}

/// A service that stores every body and answers as OSS does.
class small_service {
public:
    ossify::testing::scripted_reply operator()(ossify::testing::received_request const& r)
    {
        ossify::http::fields h;
        h.set("x-oss-request-id", "5CF3E7821AB22D0FDB86704D");
        if (r.head.method == ossify::http::method::put) {
            ++puts;
            stored = r.body;
            h.set("ETag", "\"0123\"");
            h.set("x-oss-hash-crc64ecma", std::to_string(ossify::crc64(r.body)));
            if (r.head.headers.contains("x-oss-callback")) {
                ++callbacks;
                return ossify::testing::http_reply(200, R"({"ok":true})", h);
            }
            return ossify::testing::http_reply(200, {}, h);
        }
        ++heads;
        if (!stored)
            return ossify::testing::http_reply(404, {}, h);
        h.set("ETag", "\"0123\"");
        h.set("Date", "Sat, 16 Dec 2023 16:20:57 GMT");
        h.set("Last-Modified", modified);
        h.set("x-oss-hash-crc64ecma", std::to_string(ossify::crc64(*stored)));
        auto head = ossify::testing::http_reply(200, {}, h);
        auto const at = head.find("Content-Length: 0");
        return head.replace(at, 17, "Content-Length: " + std::to_string(stored->size()));
    }

    /// An answer of its own with another CRC-64.
    ossify::testing::scripted_reply with_sum(ossify::testing::scripted_reply answer, std::string_view text) const
    {
        std::string const right = std::to_string(ossify::crc64(*stored));
        answer.bytes.replace(answer.bytes.find(right), right.size(), text);
        return answer;
    }

    int puts = 0;
    int heads = 0;
    int callbacks = 0;
    std::optional<std::string> stored;
    std::string modified = "Sat, 16 Dec 2023 16:20:57 GMT";  // by the service's clock: just now
};

inline ossify::result<ossify::stored_object<>> put(ossify::testing::memory_transport const& net, ossify::config const& c,
                                                   ossify::put_object_request<> const& request)
{
    asio::io_context io;
    memory_client oss(io.get_executor(), c, net);
    return run(io, oss.put_object(request));
}

}  // namespace tests

#endif
