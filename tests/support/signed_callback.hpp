#ifndef OSSIFY_TESTS_SUPPORT_SIGNED_CALLBACK_HPP
#define OSSIFY_TESTS_SUPPORT_SIGNED_CALLBACK_HPP

#include <ossify/callback/signature.hpp>
#include <ossify/codec/base64.hpp>
#include <ossify/codec/public_key.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace tests {

/// The service's side of a callback: a request that a receiver gets, signed with a key made for the test.
class signed_callback {
public:
    signed_callback() = default;
    signed_callback(std::string to, std::string content) : target(std::move(to)), body(std::move(content)) {}

    std::string target = "/oss/photo";
    std::string body = R"({"bucket":"photos","object":"a b.jpg","size":12,"user_id":"u1","proof":""})";
    std::string content_type = "application/json";
    std::string key_url = "http://keys.test/key.pem";
    std::string request_id = "5CF3E7821AB22D0FDB86704D";

    std::string authorization() const { return ossify::sign_callback(key(), target, body).value(); }

    std::string request() const { return request_signed_by(key()); }
    std::string request_signed_by(ossify::codec::private_key const& signer) const
    {
        return "POST " + target + " HTTP/1.1\r\nHost: app.test\r\nContent-Length: " + std::to_string(body.size()) +
               "\r\nAuthorization: " + ossify::sign_callback(signer, target, body).value() + "\r\nContent-Type: " + content_type +
               "\r\nx-oss-pub-key-url: " + ossify::codec::base64_encode(key_url) +
               "\r\nx-oss-request-id: " + request_id + "\r\nx-oss-tag: CALLBACK\r\n\r\n" + body;
    }

    /// One key for all tests of a program: making one takes a while.
    static ossify::codec::private_key const& key()
    {
        static auto const made = ossify::codec::private_key::generate_rsa(1024).value();
        return made;
    }
    static ossify::codec::public_key public_key()
    {
        return ossify::codec::public_key::from_pem(key().public_pem()).value();
    }
};

}  // namespace tests

#endif
