#ifndef OSSIFY_OPERATION_SERVICE_REQUEST_HPP
#define OSSIFY_OPERATION_SERVICE_REQUEST_HPP

#include <ossify/callback/encoded.hpp>
#include <ossify/http/fields.hpp>
#include <ossify/http/method.hpp>
#include <ossify/http/query.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace ossify {

/// One request to the service without date, signature and address: those are added each time it is sent.
/// Thread safety: a value.
class service_request {
public:
    service_request() = default;
    /// `operation_name` is the field's name, "PutObject", and must have static storage.
    service_request(std::string_view operation_name, http::method request_method, std::string bucket_name,
                    std::string object_key = {})
        : operation(operation_name),
          method(request_method),
          bucket(std::move(bucket_name)),
          key(std::move(object_key))
    {
    }

    /// Adds the callback's headers. Source: OSS documentation, Callback: either headers or query, headers preferred.
    void attach(encoded_callback const& callback)
    {
        if (callback.empty())
            return;
        carries_callback = true;
        std::string_view const parameters = callback.callback_base64();
        std::string_view const variables = callback.callback_var_base64();
        replace("x-oss-callback", parameters);
        if (!variables.empty())
            replace("x-oss-callback-var", variables);
    }

    std::string_view operation;
    http::method method = http::method::get;
    std::string bucket;
    std::string key;
    http::query query;
    http::fields headers;
    bool carries_callback = false;  ///< decides how the answer is read

private:
    // Base64 need not be looked through again.
    void replace(std::string_view name, std::string_view base64)
    {
        headers.erase(name);
        headers.append_valid(name, base64);
    }
};

}  // namespace ossify

#endif
