#ifndef OSSIFY_EMULATOR_SERVICE_ERROR_HPP
#define OSSIFY_EMULATOR_SERVICE_ERROR_HPP

#include <ossify/core/result.hpp>

#include <boost/assert/source_location.hpp>
#include <boost/system/result.hpp>

#include <string>
#include <utility>
#include <vector>

namespace ossify::emulation {

/// An error as the service reports it: the status line and the elements of the `<Error>` body, unescaped.
/// `RequestId`, `HostId` and `RecommendDoc` belong to the answer, not to the error, and are added when it is rendered.
/// Source: OSS documentation, "Error responses".
class service_error {
public:
    service_error() = default;
    service_error(unsigned http_status, std::string error_code, std::string text, std::string finer_code = {})
        : status(http_status), code(std::move(error_code)), message(std::move(text)), ec(std::move(finer_code))
    {
    }

    /// Adds an element of its own after the common ones. Order and duplicates are kept.
    service_error&& with(std::string name, std::string value) &&
    {
        details.emplace_back(std::move(name), std::move(value));
        return std::move(*this);
    }

    /// Adds a header of its own to the answer.
    service_error&& with_header(std::string name, std::string value) &&
    {
        headers.emplace_back(std::move(name), std::move(value));
        return std::move(*this);
    }

    /// Says for the emulator's log what a developer wants to know. The client is not told, and no secret belongs in it.
    service_error&& because(std::string reason) &&
    {
        why = std::move(reason);
        return std::move(*this);
    }

    friend bool operator==(service_error const&, service_error const&) = default;

    unsigned status = 500;
    std::string code = "InternalError";
    std::string message;
    std::string ec;  ///< `EC`: one code a cause; empty when the cause has none that is known
    std::vector<std::pair<std::string, std::string>> details;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string why;
};

/// A value, or the answer that refuses the request.
template<class T>
using service_result = boost::system::result<T, service_error>;

/// Found by argument-dependent lookup from `service_result<T>::value()`.
[[noreturn]] inline void throw_exception_from_error(service_error const& e, boost::source_location const&)
{
    failure f(errc::service_error, e.message);
    f.edit().service_code = e.code;
    f.edit().ec = e.ec;
    f.edit().http_status = static_cast<int>(e.status);
    throw error(std::move(f));
}

}  // namespace ossify::emulation

#endif
