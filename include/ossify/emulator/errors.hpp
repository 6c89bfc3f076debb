#ifndef OSSIFY_EMULATOR_ERRORS_HPP
#define OSSIFY_EMULATOR_ERRORS_HPP

#include <ossify/core/failure.hpp>
#include <ossify/emulator/service_error.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

/// The service's errors by name, for the operations: status, code, message and elements in one place.
/// Source: OSS documentation, "Error responses" and the pages of the operations.
namespace ossify::emulation::errors {

inline service_error invalid_argument(std::string_view name, std::string_view value, std::string message)
{
    return service_error(400, "InvalidArgument", std::move(message))
        .with("ArgumentName", std::string(name))
        .with("ArgumentValue", std::string(value));
}

inline service_error invalid_bucket_name(std::string_view bucket)
{
    return service_error(400, "InvalidBucketName", "The specified bucket is not valid.")
        .with("BucketName", std::string(bucket));
}

inline service_error no_such_bucket(std::string_view bucket)
{
    return service_error(404, "NoSuchBucket", "The specified bucket does not exist.", "0015-00000101")
        .with("BucketName", std::string(bucket));
}

inline service_error no_such_key(std::string_view key)
{
    return service_error(404, "NoSuchKey", "The specified key does not exist.", "0026-00000001")
        .with("Key", std::string(key));
}

inline service_error no_such_upload(std::string_view id)
{
    return service_error(404, "NoSuchUpload",
                         "The specified upload does not exist. The upload ID may be invalid, or the upload may have "
                         "been aborted or completed.",
                         "0042-00000002")
        .with("UploadId", std::string(id));
}

/// The rules for the names of objects; nothing when this one keeps to them.
inline std::optional<service_error> bad_object_name(std::string_view key)
{
    auto const bad = [&](char const* message) {
        return service_error(400, "InvalidObjectName", message).with("ObjectName", std::string(key));
    };
    if (key.empty())
        return bad("The Object name can not be empty.");
    if (key.size() > 1023)
        return bad("The Length of Object name must be less than 1024.");
    if (key.starts_with('/') || key.starts_with('\\'))
        return bad("The specified object is not valid.");
    return std::nullopt;
}

inline service_error file_already_exists()
{
    return service_error(409, "FileAlreadyExists", "The object you specified already exists and can not be overwritten.");
}

inline service_error access_denied(std::string message = "You have no right to access this object.")
{
    return service_error(403, "AccessDenied", std::move(message), "0003-00000001");
}

inline service_error missing_content_length()
{
    return service_error(411, "MissingContentLength", "You must provide the Content-Length HTTP header.");
}

inline service_error missing_argument(std::string_view name)
{
    return service_error(400, "MissingArgument", "Missing Some Required Arguments.")
        .with("ArgumentName", std::string(name));
}

inline service_error entity_too_large(std::uint64_t proposed, std::uint64_t most)
{
    return service_error(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed object size.")
        .with("MaxSizeAllowed", std::to_string(most))
        .with("ProposedSize", std::to_string(proposed));
}

inline service_error invalid_digest()
{
    return service_error(400, "InvalidDigest", "The Content-MD5 you specified did not match what we received.");
}

inline service_error request_timeout()
{
    return service_error(400, "RequestTimeout",
                         "Your socket connection to the server was not read from or written to within the timeout "
                         "period. Idle connections will be closed.");
}

inline service_error malformed_xml(std::string message = "The XML you provided was not well-formed or did not validate "
                                                         "against our published schema.")
{
    return service_error(400, "MalformedXML", std::move(message));
}

inline service_error precondition_failed(std::string_view condition)
{
    return service_error(412, "PreconditionFailed",
                         "At least one of the pre-conditions you specified did not hold.")
        .with("Condition", std::string(condition));
}

inline service_error not_implemented_header(std::string_view header)
{
    return service_error(400, "NotImplemented", "A header you provided implies functionality that is not implemented.")
        .with("Header", std::string(header));
}

inline service_error callback_refused(std::string message, std::string ec, std::string_view name,
                                      std::string_view value)
{
    return service_error(400, "InvalidArgument", std::move(message), std::move(ec))
        .with("ArgumentName", std::string(name))
        .with("ArgumentValue", std::string(value));
}

/// For a failure of the store. Unlike the service, the emulator tells the client why.
inline service_error internal(failure const& why)
{
    return service_error(500, "InternalError", "We encountered an internal error. Please try again.")
        .with("EmulatorReason", why.message().empty() ? why.code().message() : why.message());
}

}  // namespace ossify::emulation::errors

#endif
