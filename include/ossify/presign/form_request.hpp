#ifndef OSSIFY_PRESIGN_FORM_REQUEST_HPP
#define OSSIFY_PRESIGN_FORM_REQUEST_HPP

#include <ossify/callback/encoded.hpp>
#include <ossify/codec/json.hpp>
#include <ossify/core/result.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ossify {

/// What a browser form may upload: the fields that it sends as given, and conditions on those that it fills in itself.
/// The service accepts fields that no condition names, `x-oss-object-acl` for one, so name all that matter.
/// Setters chain. Thread safety: a value.
class form_request {
public:
    explicit form_request(std::string bucket) : bucket_(std::move(bucket)) {}

    /// One object. `${filename}` in it is refused here and in a prefix: the sender could put any text there.
    form_request& key(std::string exact)
    {
        key_ = std::move(exact);
        key_rule_ = key_rule::exact;
        return *this;
    }
    /// Any key that begins so. The field `key` becomes the prefix and `${filename}`; the service puts the name of the
    /// file there, and a page may put another key with the prefix there.
    form_request& key_prefix(std::string prefix)
    {
        key_ = std::move(prefix);
        key_rule_ = key_rule::prefix;
        return *this;
    }
    /// Any key at all: the form can overwrite every object of the bucket.
    form_request& any_key()
    {
        key_.clear();
        key_rule_ = key_rule::any;
        return *this;
    }

    /// Least length of the file, in bytes.
    form_request& min_bytes(std::uint64_t bytes)
    {
        min_bytes_ = bytes;
        return *this;
    }
    /// Greatest length of the file, in bytes; at most 5 GiB, which is the service's own limit.
    form_request& max_bytes(std::uint64_t bytes)
    {
        max_bytes_ = bytes;
        return *this;
    }

    /// The object gets this Content-Type. The field used, `x-oss-content-type`, wins over any other the sender adds.
    form_request& content_type(std::string exact) { return field("x-oss-content-type", std::move(exact)); }
    /// The sender fills in `x-oss-content-type` with a type that begins so ("image/").
    form_request& content_type_prefix(std::string prefix)
    {
        return starts_with("x-oss-content-type", std::move(prefix));
    }
    /// The sender fills in `x-oss-content-type` with one of these.
    form_request& content_types(std::vector<std::string> allowed)
    {
        return one_of("x-oss-content-type", std::move(allowed));
    }

    /// How long the form can be sent. Default: 15 minutes.
    form_request& expires_in(std::chrono::seconds time)
    {
        expires_in_ = time;
        return *this;
    }

    /// The status of a success: 200, 201 (with XML) or 204.
    form_request& success_status(unsigned status) { return field("success_action_status", std::to_string(status)); }

    /// The service calls back when the file is stored. The parameters and each variable become fields that the sender
    /// cannot change.
    form_request& callback(encoded_callback encoded)
    {
        callback_ = std::move(encoded);
        return *this;
    }
    /// What is wrong with the callback comes out of `sign_form`.
    template<upload_callback Callback>
    form_request& callback(Callback const& typed)
    {
        detail::require_complete<Callback>();
        auto encoded = typed.encode();
        if (!encoded)
            refused_ = encoded.error();
        else
            callback_ = *std::move(encoded);
        return *this;
    }

    /// A field with exactly this value: sent as given and required by the policy.
    form_request& field(std::string name, std::string value)
    {
        conditions_.push_back(json::object{{name, value}});
        fields_.emplace_back(std::move(name), std::move(value));
        return *this;
    }
    /// A field that the sender fills in with a text that begins so.
    form_request& starts_with(std::string name, std::string prefix)
    {
        conditions_.push_back(json::array{"starts-with", '$' + name, prefix});
        to_fill_.push_back(std::move(name));
        return *this;
    }
    /// A field that the sender fills in with one of these texts.
    form_request& one_of(std::string name, std::vector<std::string> const& allowed)
    {
        conditions_.push_back(json::array{"in", '$' + name, json::array(allowed.begin(), allowed.end())});
        to_fill_.push_back(std::move(name));
        return *this;
    }
    /// A field that must have none of these texts.
    form_request& none_of(std::string name, std::vector<std::string> const& forbidden)
    {
        conditions_.push_back(json::array{"not-in", '$' + name, json::array(forbidden.begin(), forbidden.end())});
        return *this;
    }

private:
    friend class form_signer;

    enum class key_rule { unset, exact, prefix, any };

    std::string bucket_;
    std::string key_;
    key_rule key_rule_ = key_rule::unset;
    std::optional<std::uint64_t> min_bytes_;
    std::optional<std::uint64_t> max_bytes_;
    std::chrono::seconds expires_in_ = std::chrono::minutes(15);
    encoded_callback callback_;
    std::optional<failure> refused_;
    std::vector<json::value> conditions_;
    std::vector<std::pair<std::string, std::string>> fields_;
    std::vector<std::string> to_fill_;
};

}  // namespace ossify

#endif
