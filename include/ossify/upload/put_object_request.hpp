#ifndef OSSIFY_UPLOAD_PUT_OBJECT_REQUEST_HPP
#define OSSIFY_UPLOAD_PUT_OBJECT_REQUEST_HPP

#include <ossify/auth/names.hpp>
#include <ossify/body/file.hpp>
#include <ossify/callback/encoded.hpp>
#include <ossify/operation/part.hpp>
#include <ossify/operation/service_request.hpp>
#include <ossify/session/exchange.hpp>
#include <ossify/upload/body_setters.hpp>
#include <ossify/upload/object_setters.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace ossify {

/// How far a put got. Bytes of an attempt that failed no longer count.
class put_progress {
public:
    put_progress(std::uint64_t bytes_sent, std::uint64_t bytes_total) : sent(bytes_sent), total(bytes_total) {}

    std::uint64_t sent;   ///< bytes handed to the connection
    std::uint64_t total;  ///< bytes of the object
};

/// Stores bytes of known length, up to 5 GB, as one object.
/// `Reply` is deduced from the callback: the struct that the application server answers with.
template<class Reply = void>
class put_object_request : public object_setters<put_object_request<Reply>>,
                           public body_setters<put_object_request<Reply>> {
public:
    put_object_request(std::string bucket, std::string key) : bucket_(std::move(bucket)), key_(std::move(key)) {}

    /// Sends a regular file; it is opened here. What goes wrong with that comes out of the operation.
    put_object_request& file(std::filesystem::path const& path, file_reading how = file_reading::copy)
    {
        auto opened = file_source::open(path, how);
        if (opened)
            return this->body_from(*std::move(opened));
        refused_ = std::move(opened).error();
        return *this;
    }

    /// Has OSS call an application server when the object is stored, and return its answer.
    /// Returns: the request, with the type of that answer.
    template<upload_callback Callback>
    [[nodiscard]] put_object_request<callback_reply_t<Callback>> callback(Callback const& c) const
    {
        detail::require_complete<Callback>();
        put_object_request<callback_reply_t<Callback>> typed(*this);
        auto encoded = c.encode();
        if (encoded)
            typed.callback_ = *std::move(encoded);
        else
            typed.refused_ = std::move(encoded).error();
        return typed;
    }

    /// Sends the body's MD5, so that the service refuses a body that arrives changed. Costs a pass over the body;
    /// CRC-64, which is compared anyway, guards as well against accidents.
    put_object_request& content_md5(bool v = true) { return this->set(md5_, v); }
    /// Whether the CRC-64 of what was sent is compared with the service's. Default: yes. Without it a lost answer cannot
    /// be settled either: it ends as `outcome_unknown`, unless there is no such object.
    put_object_request& check_crc64(bool v) { return this->set(crc_, v); }
    /// Called on the operation's executor after every chunk, at most 256 KiB (512 KiB with `file_reading::sendfile`);
    /// it must not throw.
    put_object_request& on_progress(std::function<void(put_progress const&)> hook)
    {
        return this->set(on_progress_, std::move(hook));
    }
    /// The limit for the whole operation with its retries. Default: the client's.
    put_object_request& time_limit(std::chrono::milliseconds t) { return this->set(time_limit_, t); }

private:
    template<class>
    friend class put_object_request;
    friend class body_setters<put_object_request>;
    friend class prepared_put;

    template<class Other>
    explicit put_object_request(put_object_request<Other> const& other)
        : object_setters<put_object_request<Reply>>(other.headers_),
          bucket_(other.bucket_),
          key_(other.key_),
          body_(other.body_),
          callback_(other.callback_),
          refused_(other.refused_),
          on_progress_(other.on_progress_),
          time_limit_(other.time_limit_),
          md5_(other.md5_),
          crc_(other.crc_)
    {
    }

    void take_body(ossify::body b, std::string) { body_ = std::move(b); }

    std::string bucket_;
    std::string key_;
    ossify::body body_;
    encoded_callback callback_;
    std::optional<failure> refused_;
    std::function<void(put_progress const&)> on_progress_;
    std::chrono::milliseconds time_limit_{0};
    bool md5_ = false;
    bool crc_ = true;
};

/// A put, checked and encoded: independent of the request object it was made from.
class prepared_put {
public:
    template<class Reply>
    explicit prepared_put(put_object_request<Reply> const& r)
        : prepared_put(r.bucket_, r.key_, r.body_, r.headers_, r.callback_, r.refused_)
    {
        on_progress = r.on_progress_;
        time_limit = r.time_limit_;
        md5 = r.md5_;
        crc = r.crc_;
    }

    prepared_put(std::string bucket, std::string key, body sent, object_headers const& headers,
                 encoded_callback const& callback, std::optional<failure> why_refused = {})
        : request("PutObject", http::method::put, std::move(bucket), std::move(key)),
          sends(std::move(sent)),
          refused(std::move(why_refused)),
          exclusive(headers.forbid_overwrite)
    {
        auto const note = [this](result<void> const& checked) {
            if (!refused && !checked)
                refused = checked.error();
        };
        note(check_bucket_name(request.bucket));
        note(check_object_key(request.key));
        request.headers.reserve(8, 192 + callback.callback_base64().size() + callback.callback_var_base64().size());
        note(headers.encode(request.key, object_headers::use::put, request.headers));
        if (sends.length > max_put_bytes)
            note(failure(errc::body_too_large, "one put carries at most 5 GB; upload larger objects in parts"));
        request.attach(callback);
    }

    service_request request;
    content sends;
    std::optional<failure> refused;
    std::function<void(put_progress const&)> on_progress;
    send_observer* observer = nullptr;  ///< in place of `on_progress`; must live until the put ends
    std::chrono::milliseconds time_limit{0};
    std::chrono::milliseconds to_look{0};  ///< how long, beyond the time limit, the object may be asked for
    bool md5 = false;
    bool crc = true;
    bool exclusive = false;  ///< must not replace an object

    /// Sent again, it would call the application server twice, or run into the object that it has stored itself.
    bool acts_once() const noexcept { return request.carries_callback || exclusive; }
};

}  // namespace ossify

#endif
