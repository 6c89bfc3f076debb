#ifndef OSSIFY_CORE_FAILURE_HPP
#define OSSIFY_CORE_FAILURE_HPP

#include <ossify/core/error.hpp>
#include <ossify/core/printable.hpp>

#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

namespace ossify {

/// What is known about a failure besides its code. Text from the service is untrusted: show it, never parse it.
class diagnostics {
public:
    diagnostics() = default;

    std::string operation;        ///< the field's name of the operation: "PutObject"
    std::string message;          ///< our own words: what failed, where, and what to do
    int http_status = 0;          ///< 0 when no answer came
    std::string service_code;     ///< `Code` of the error body, for example "NoSuchBucket"
    std::string service_message;  ///< `Message` of the error body
    std::string ec;               ///< `EC` of the error body: the service's finer code
    std::string request_id;       ///< identifies the request to the service's support
    std::string host_id;          ///< the host that answered
    std::string upload_id;        ///< the multipart upload concerned, if any
    unsigned part_number = 0;     ///< the part concerned, 1..10000; 0 when none is
    unsigned attempts = 0;        ///< how often the request was sent
    unsigned retry_after_ms = 0;  ///< how long the service asks to wait; 0 when it does not say
};

/// Why an operation gave no value: a code to branch on and diagnostics to read. Cheap to move and copy.
/// Thread safety: a value; different copies may be used from different threads.
class failure {
public:
    failure() noexcept : code_(make_error_code(errc::bad_answer)) {}
    failure(std::error_code code) noexcept : code_(code) {}
    failure(errc code) noexcept : code_(make_error_code(code)) {}
    /// `message` says what was wrong and where; it must hold no secret.
    failure(std::error_code code, std::string message) : code_(code) { edit().message = std::move(message); }
    failure(errc code, std::string message) : failure(make_error_code(code), std::move(message)) {}

    std::error_code const& code() const noexcept { return code_; }
    diagnostics const& info() const noexcept { return info_ ? *info_ : none(); }

    std::string const& message() const noexcept { return info().message; }
    std::string const& service_code() const noexcept { return info().service_code; }
    std::string const& request_id() const noexcept { return info().request_id; }

    /// The diagnostics for writing; they are copied first when another failure shares them.
    diagnostics& edit()
    {
        if (!info_)
            info_ = std::make_shared<diagnostics>();
        else if (info_.use_count() > 1)
            info_ = std::make_shared<diagnostics>(*info_);
        return *info_;
    }

    /// Names the operation unless a lower floor already did.
    failure&& in(std::string_view operation) &&
    {
        if (info().operation.empty())
            edit().operation = operation;
        return std::move(*this);
    }

    friend bool operator==(failure const& f, condition c) noexcept { return f.code_ == make_error_condition(c); }
    friend bool operator==(failure const& f, errc c) noexcept { return f.code_ == make_error_code(c); }

private:
    static diagnostics const& none() noexcept
    {
        static diagnostics const empty;
        return empty;
    }

    std::error_code code_;
    std::shared_ptr<diagnostics> info_;
};

/// One line: operation, what happened, the service's words, request id. Control characters are shown, not obeyed.
inline std::string to_string(failure const& f)
{
    auto const& info = f.info();
    std::string out;
    if (!info.operation.empty())
        out += info.operation + ": ";
    if (info.part_number != 0)
        out += "part " + std::to_string(info.part_number) + ": ";
    out += f.code().message();
    if (!info.message.empty())
        out += ": " + info.message;
    if (info.http_status != 0 || !info.service_code.empty()) {
        out += " [";
        if (info.http_status != 0)
            out += "HTTP " + std::to_string(info.http_status);
        if (!info.service_code.empty())
            out += (info.http_status != 0 ? " " : "") + info.service_code;
        if (!info.service_message.empty())
            out += ": " + info.service_message;
        if (!info.ec.empty())
            out += "; EC " + info.ec;
        out += ']';
    }
    if (!info.upload_id.empty())
        out += " (upload id " + info.upload_id + ")";
    if (!info.request_id.empty())
        out += " (request id " + info.request_id + ")";
    if (info.attempts > 1)
        out += " (after " + std::to_string(info.attempts) + " attempts)";
    return printable(out);
}

/// The text of `f` for the message of `outer`, a failure that came of it or before it: what both would say in the same
/// words, the upload id and how often was tried, is left to `outer`.
inline std::string to_string_within(failure const& outer, failure f)
{
    auto& info = f.edit();
    if (info.upload_id == outer.info().upload_id)
        info.upload_id.clear();
    if (info.attempts == outer.info().attempts)
        info.attempts = 0;
    return to_string(f);
}

inline std::ostream& operator<<(std::ostream& out, failure const& f) { return out << to_string(f); }

/// What `result<T>::value()` throws when there is no value.
class error : public std::system_error {
public:
    explicit error(failure f)
        : std::system_error(f.code()), failure_(std::move(f)), text_(std::make_shared<std::string>(to_string(failure_)))
    {
    }

    failure const& why() const noexcept { return failure_; }
    char const* what() const noexcept override { return text_->c_str(); }

private:
    failure failure_;
    std::shared_ptr<std::string const> text_;  // shared: copying an exception must not throw
};

}  // namespace ossify

#endif
