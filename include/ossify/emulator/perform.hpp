#ifndef OSSIFY_EMULATOR_PERFORM_HPP
#define OSSIFY_EMULATOR_PERFORM_HPP

#include <ossify/codec/base64.hpp>
#include <ossify/codec/digest.hpp>
#include <ossify/emulator/exchange.hpp>
#include <ossify/emulator/operations.hpp>

#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

/// The steps of `service_exchange`. Include this header, not only exchange.hpp, where exchanges are worked on.
namespace ossify::emulation {

inline void service_exchange::begin()
{
    request_.received = service_->now();
    request_.id = service_->new_request_id();
    std::optional<service_error> refused;
    {
        std::lock_guard const lock(service_->mutex);
        refused = decide();
    }
    if (refused)
        return fail(*refused);
    if (callback_ && callback_->must_be_checked())
        step_ = step::check_callback;
    else
        step_ = step::receive;
    callback_checked_ = callback_.has_value();
}

/// Everything that can be said before the body. Errors come in the service's order: address, names, operation,
/// signature, bucket, rights, then what the operation says.
inline std::optional<service_error> service_exchange::decide()
{
    auto const& head = *request_.head;
    auto const exists = [this](std::string_view name) { return objects().find_bucket(name) != nullptr; };
    auto at = read_address(request_.host(), head.target, exists);
    if (!at)
        return errors::invalid_argument("uri", head.target, "The request URI is not percent-encoded correctly.");
    request_.at = *std::move(at);
    auto query = detail::read_query(head.target);
    if (!query)
        return query.error();
    request_.query = *std::move(query);
    if (auto bad = check_names())
        return bad;

    route_facts facts;
    facts.method = head.method;
    facts.has_bucket = !request_.bucket().empty();
    facts.has_key = !request_.key().empty();
    facts.copies = request_.has_header("x-oss-copy-source");
    auto const found = route(facts, request_.query);
    if (!found)
        return found.error();
    request_.operation = *found;
    routed_ = true;
    faults_ = service_->faults.decide(facts_for_faults());
    auto const entry = entry_of(*found);
    if (settings().authenticate) {
        auto const now = std::chrono::floor<std::chrono::seconds>(service_->now() + faults_.clock_offset);
        auto who = service_->auth.authenticate(head, request_.bucket(), request_.key(), now);
        if (!who)
            return who.error();
        who_ = *std::move(who);
    } else {
        who_ = identity("nobody", proof::v4_header, false);
    }
    if (settings().strict && request_.at.on_service_domain)
        return service_error(403, "SecondLevelDomainForbidden", "Please use virtual hosted style to access.");
    if (entry.needs_bucket && !exists(request_.bucket()))
        return errors::no_such_bucket(request_.bucket());
    if (auto refused = check_access(entry.needs, request_.bucket(), request_.key()))
        return refused;
    if (faults_.error) {
        failed_on_purpose_ = true;
        return faults_.error;
    }
    return entry.begin != nullptr ? entry.begin(*this) : std::nullopt;
}

inline std::optional<service_error> service_exchange::check_names() const
{
    auto const& bucket = request_.bucket();
    auto const& key = request_.key();
    if (!bucket.empty() && !is_bucket_name(bucket))
        return errors::invalid_bucket_name(bucket);
    if (!key.empty())
        return errors::bad_object_name(key);
    return std::nullopt;
}

inline std::optional<service_error> service_exchange::check_access(right needs, std::string_view in,
                                                                   std::string_view key) const
{
    if (!who_.anonymous()) {
        if (who_.read_only && !only_reads(request_.operation))
            return errors::access_denied("You have no right to access this object because of your access key: it may "
                                         "only read.");
        return std::nullopt;
    }
    if (needs == right::nothing)
        return std::nullopt;
    auto const* const bucket = service_->objects.find_bucket(in);
    std::string acl = bucket != nullptr ? bucket->acl : "private";
    std::string_view whose = "bucket";
    if (needs == right::read_object || needs == right::write_object)
        if (auto const object = service_->objects.find_object(in, key);
            object && object->attributes.acl != "default") {
            acl = object->attributes.acl;
            whose = "object";
        }
    bool const may_read = acl == "public-read" || acl == "public-read-write";
    if ((needs == right::read_object || needs == right::read_bucket) && may_read)
        return std::nullopt;
    if (needs == right::write_object && acl == "public-read-write")
        return std::nullopt;
    if (needs == right::own)
        return errors::access_denied("Anonymous access is forbidden for this operation.")
            .because("the request is not signed, and this is for the owner only");
    return errors::access_denied("You have no right to access this object because of " + std::string(whose) + " acl.")
        .because("the request is not signed, and the " + std::string(whose) + "'s ACL is " + acl);
}

inline std::optional<service_error> service_exchange::open_sink()
{
    auto const& headers = request_.head->headers;
    auto const length = headers.find("Content-Length");
    std::optional<std::uint64_t> expected;
    if (length) {
        expected = parse_number(*length);
        if (expected.value_or(0) > settings().max_object_bytes)
            return errors::entity_too_large(*expected, settings().max_object_bytes);
    } else if (!headers.contains("Transfer-Encoding")) {
        return errors::missing_content_length();
    }
    return open_sink_for(expected);
}

inline std::optional<service_error> service_exchange::open_sink_for(std::optional<std::uint64_t> expected)
{
    auto& store = objects().bytes();
    // MD5 is what an ETag is, but it is too slow for a store that only measures.
    bool const with_md5 = store.keeps_bytes() || request_.has_header("Content-MD5");
    auto sink = upload_sink::open(store, expected, with_md5);
    if (!sink)
        return errors::internal(sink.error());
    sink_.emplace(*std::move(sink));
    return std::nullopt;
}

inline service_result<stored_bytes> service_exchange::close_sink()
{
    auto const wanted = request_.head->headers.find("Content-MD5");
    if (wanted && *wanted != sink_->content_md5())
        return errors::invalid_digest();
    auto stored = sink_->finish();
    sink_.reset();
    if (!stored)
        return errors::internal(stored.error());
    return *std::move(stored);
}

inline std::optional<service_error> service_exchange::check_text_digest(bool required) const
{
    auto const wanted = request_.head->headers.find("Content-MD5");
    if (!wanted && required)
        return errors::missing_argument("Content-MD5");
    if (!wanted)
        return std::nullopt;
    auto const md5 = codec::md5(text_);
    if (*wanted != codec::base64_encode({reinterpret_cast<char const*>(md5.data()), md5.size()}))
        return errors::invalid_digest();
    return std::nullopt;
}

inline std::optional<service_error> service_exchange::read_callback()
{
    auto job = read_callback_job(request_, settings().strict);
    if (!job)
        return job.error();
    callback_ = *std::move(job);
    return std::nullopt;
}

inline void service_exchange::call_back(object_record const& stored)
{
    missing_values missing;
    if (!settings().missing_is_null)
        missing.in_json = "\"\"";
    render_callback(*callback_, request_, stored, missing);
    callback_->account = settings().owner;
    callback_due_ = true;
}

inline std::optional<service_error> service_exchange::stand_for(http::request_head const& head, std::string key,
                                                                identity who)
{
    request_.head = &head;
    request_.at.key = std::move(key);
    who_ = std::move(who);
    if (auto bad = check_names())
        return bad;
    return check_access(right::write_object, request_.bucket(), request_.key());
}

inline void service_exchange::callback_checked(std::optional<service_error> why)
{
    callback_checked_ = true;
    if (why)
        fail(*why);
    else if (received_all_)
        perform();
    else
        step_ = step::receive;
}

inline std::optional<service_error> service_exchange::take(std::span<std::byte const> bytes)
{
    if (bytes.size() > settings().max_object_bytes - sink_->size())
        return errors::entity_too_large(sink_->size() + bytes.size(), settings().max_object_bytes);
    if (auto done = sink_->write(bytes); !done)
        return errors::internal(done.error());
    return std::nullopt;
}

inline void service_exchange::receive(std::span<std::byte const> bytes)
{
    if (step_ != step::receive)
        return;
    if (auto const special = entry_of(request_.operation).receive; special != nullptr || sink_) {
        if (auto refused = special != nullptr ? special(*this, bytes) : take(bytes))
            fail(*refused);
        return;
    }
    if (bytes.size() > settings().max_text_bytes - text_.size())
        return fail(errors::entity_too_large(text_.size() + bytes.size(), settings().max_text_bytes));
    text_.append(reinterpret_cast<char const*>(bytes.data()), bytes.size());
}

inline void service_exchange::received_all()
{
    if (step_ != step::receive)
        return;
    received_all_ = true;
    if (callback_ && !callback_checked_ && callback_->must_be_checked())
        step_ = step::check_callback;
    else
        perform();
}

inline void service_exchange::perform()
{
    std::optional<service_error> refused;
    {
        std::lock_guard const lock(service_->mutex);
        auto const entry = entry_of(request_.operation);
        if (entry.needs_bucket && objects().find_bucket(request_.bucket()) == nullptr)
            refused = errors::no_such_bucket(request_.bucket());  // it was deleted while the body arrived
        else
            refused = entry.finish(*this);
    }
    if (refused)
        return fail(*refused);
    if (callback_due_ && faults_.callback)
        return called_back(*faults_.callback);
    if (callback_due_) {
        step_ = step::call_back;
        return;
    }
    step_ = step::answer;
    complete_headers();
}

inline void service_exchange::called_back(callback_verdict verdict)
{
    if (verdict.delivered) {
        answer_.status = 200;
        answer_.body = std::move(verdict.body);
        answer_.headers.set("Content-Type", "application/json");
    } else {
        // The object is stored and its headers stay; only status and body tell of the failure.
        service_error const why(203, "CallbackFailed", verdict.message, verdict.ec);
        set_error(answer_, why, request_.id, request_.host(), false);
    }
    step_ = step::answer;
    complete_headers();
}

inline fault_facts service_exchange::facts_for_faults() const
{
    auto const part = parse_number(request_.query.get("partNumber")).value_or(0);
    auto const length = parse_number(request_.header("Content-Length")).value_or(0);
    return fault_facts(request_.operation, static_cast<unsigned>(part), length);
}

inline void service_exchange::complete_headers()
{
    auto& to = answer_.headers;
    allow_cross_origin(*request_.head, to);
    to.set("Server", "AliyunOSS");
    auto const now = service_->now();
    to.set("Date", codec::http_date(std::chrono::floor<std::chrono::seconds>(now + faults_.clock_offset)));
    to.set("x-oss-request-id", request_.id);
    to.set("x-oss-server-time", std::to_string((now - request_.received).count()));
    if (failed_on_purpose_ && faults_.qos_delay.count() != 0)
        to.set("x-oss-qos-delay-time", std::to_string(faults_.qos_delay.count()));
    if (faults_.wrong_crc)
        if (auto const crc = parse_number(to.get("x-oss-hash-crc64ecma")))
            to.set("x-oss-hash-crc64ecma", std::to_string(*crc ^ 1));
    if (faults_.wrong_etag && to.contains("ETag"))
        to.set("ETag", "\"00000000000000000000000000000000\"");
}

}  // namespace ossify::emulation

#endif
