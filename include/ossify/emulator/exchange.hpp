#ifndef OSSIFY_EMULATOR_EXCHANGE_HPP
#define OSSIFY_EMULATOR_EXCHANGE_HPP

#include <ossify/codec/date.hpp>
#include <ossify/emulator/attributes.hpp>
#include <ossify/emulator/callback_job.hpp>
#include <ossify/emulator/errors.hpp>
#include <ossify/emulator/fault_plan.hpp>
#include <ossify/emulator/form_upload.hpp>
#include <ossify/emulator/incoming.hpp>
#include <ossify/emulator/key_store.hpp>
#include <ossify/emulator/reply.hpp>
#include <ossify/emulator/service.hpp>
#include <ossify/emulator/upload_sink.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace ossify::emulation {

/// One request at the service, without I/O: its owner does what `next` says, until that is to answer.
///
///     check_callback -> receive -> call_back -> answer        (any of the first three may be left out)
///
/// The callback of a form is in its body: check_callback comes after receive then.
/// Lifetime: the service and the head must outlive it. Thread safety: not thread-safe; different exchanges of one
/// service may run in different threads.
class service_exchange {
public:
    enum class step {
        check_callback,  ///< look up the hosts of `callback()`, then call `callback_checked`
        receive,         ///< pass the body to `receive`, then call `received_all`
        call_back,       ///< perform `callback()`, then call `called_back`
        answer,          ///< send `answer()`
    };

    service_exchange(service& at, http::request_head const& head, request_origin from) : service_(&at)
    {
        request_.head = &head;
        request_.origin = std::move(from);
        begin();
    }
    service_exchange(service_exchange const&) = delete;
    service_exchange& operator=(service_exchange const&) = delete;

    step next() const noexcept { return step_; }
    incoming_request const& request() const noexcept { return request_; }
    service& state() noexcept { return *service_; }
    /// True once the operation is known.
    bool routed() const noexcept { return routed_; }

    // --- for the owner ---

    /// The callback that the request asks for. Valid in the steps check_callback and call_back.
    callback_job& callback() noexcept { return *callback_; }
    /// With an error, the request is refused before anything is stored.
    void callback_checked(std::optional<service_error> why);

    void receive(std::span<std::byte const> bytes);
    void received_all();
    /// The body did not arrive as it should; when the client can still be told, this is the answer.
    void receive_failed(service_error why) { fail(why); }

    void called_back(callback_verdict verdict);

    reply& answer() noexcept { return answer_; }
    /// For faults that are to look like the service's own.
    void fail(service_error const& why)
    {
        answer_ = reply();
        if (why.status == 304)
            answer_.status = 304;
        else
            set_error(answer_, why, request_.id, request_.host(), request_.is_head());
        step_ = step::answer;
        sink_.reset();
        complete_headers();
    }

    /// What goes wrong on purpose with this request. What concerns the connection is left to the owner.
    fault_effects const& faults() const noexcept { return faults_; }

    // --- for the operations ---

    identity const& who() const noexcept { return who_; }
    catalogue& objects() noexcept { return service_->objects; }
    service_settings const& settings() const noexcept { return service_->settings; }

    /// Takes the body into the store. Errors: MissingContentLength, EntityTooLarge, InternalError.
    [[nodiscard]] std::optional<service_error> open_sink();
    /// The same for bytes that are only a part of the body, and may be of unknown number.
    [[nodiscard]] std::optional<service_error> open_sink_for(std::optional<std::uint64_t> expected);
    [[nodiscard]] std::optional<service_error> take(std::span<std::byte const> bytes);
    upload_sink& sink() { return *sink_; }
    bool has_sink() const noexcept { return sink_.has_value(); }
    /// Ends the sink. Errors: InvalidDigest, InternalError.
    service_result<stored_bytes> close_sink();

    /// The body of a request whose body is text.
    std::string const& text() const noexcept { return text_; }
    /// Compares it with the header Content-MD5. Errors: InvalidDigest; MissingArgument when it is required and not there.
    [[nodiscard]] std::optional<service_error> check_text_digest(bool required = false) const;

    /// Asks for the request's callback to be performed after it; `read_callback` must have found one.
    [[nodiscard]] std::optional<service_error> read_callback();
    bool has_callback() const noexcept { return callback_.has_value(); }
    /// The object is stored, and the callback tells about it: it is performed next.
    void call_back(object_record const& stored);

    /// From now on the request is what a form says in its fields: these headers, this key, this sender.
    /// Errors: a bad key, and a sender that may not write there.
    [[nodiscard]] std::optional<service_error> stand_for(http::request_head const& head, std::string key, identity who);

    /// Whether the sender has a right to an object that need not be the one that the request addresses.
    /// Errors: AccessDenied.
    [[nodiscard]] std::optional<service_error> check_access(right needs, std::string_view bucket,
                                                            std::string_view key) const;

    /// What the operation needs between its begin and its finish.
    object_attributes attributes;
    std::unique_ptr<form_upload> form;

private:
    void begin();
    std::optional<service_error> decide();
    std::optional<service_error> check_names() const;
    void perform();
    void complete_headers();
    fault_facts facts_for_faults() const;

    service* service_;
    incoming_request request_;
    identity who_;
    step step_ = step::answer;
    bool routed_ = false;
    reply answer_;
    std::optional<upload_sink> sink_;
    std::string text_;
    std::optional<callback_job> callback_;
    bool callback_due_ = false;
    bool callback_checked_ = false;
    bool received_all_ = false;
    fault_effects faults_;
    bool failed_on_purpose_ = false;
};

}  // namespace ossify::emulation

#endif
