#ifndef OSSIFY_UPLOAD_UPLOAD_REQUESTS_HPP
#define OSSIFY_UPLOAD_UPLOAD_REQUESTS_HPP

#include <ossify/callback/encoded.hpp>
#include <ossify/upload/body_setters.hpp>
#include <ossify/upload/checkpoint_file.hpp>
#include <ossify/upload/object_setters.hpp>
#include <ossify/upload/upload_spec.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace ossify {

/// The setters that all uploads of any size share; each returns the request, so that they chain.
/// `Reply` is deduced from the callback: the struct that the application server answers with.
template<template<class> class Request, class Reply>
class upload_setters : public object_setters<Request<Reply>> {
    using request = Request<Reply>;

public:
    /// Size of a part, 100 KiB to 5 GiB. Default: 8 MiB. Grows in whole multiples where 10,000 parts would not suffice.
    request& part_size(std::uint64_t bytes) { return this->set(spec_.part_bytes, bytes); }
    /// How many parts may be under way at once: `most` at the beginning, fewer while the service asks to slow down, but
    /// not fewer than `least`. Default: 4 and 1. Errors: the operation gives `errc::invalid_argument` unless
    /// 1 <= least <= most.
    request& parallel(unsigned most, unsigned least = 1)
    {
        if (least < 1 || least > most)
            spec_.refuse(failure(errc::invalid_argument, "parallel(" + std::to_string(most) + ", " +
                                                             std::to_string(least) + "): at the most, at the least"));
        spec_.least_parallel = least;
        return this->set(spec_.parallel, most);
    }
    /// Objects of up to so many bytes are stored by one put; at most 5 GB. Default: 16 MiB. A stream is put when it ends
    /// within its first part.
    request& threshold(std::uint64_t bytes) { return this->set(spec_.threshold, bytes); }

    /// Fails with `errc::source_changed`, and stores nothing, when the source has not exactly so many bytes: a stream
    /// that is cut looks like one that ends.
    request& expect_bytes(std::uint64_t bytes) { return this->set(spec_.expected_bytes, bytes); }

    /// What to do with the parts that were sent when the upload fails: true leaves them at the service, false removes
    /// them. Default: left with a checkpoint, else removed.
    request& leave_parts_on_failure(bool v = true) { return this->set(spec_.leave_parts, v); }

    /// Called where the upload runs, at most ten times a second, and once at the end of a success. It must not throw.
    request& on_progress(std::function<void(progress const&)> hook)
    {
        return this->set(spec_.on_progress, std::move(hook));
    }
    request& progress_interval(std::chrono::milliseconds t) { return this->set(spec_.progress_interval, t); }
    /// Told, in words, what was not as expected and does no harm: a checkpoint that is of no use, for example.
    request& on_notice(std::function<void(std::string_view)> hook)
    {
        return this->set(spec_.on_notice, std::move(hook));
    }

    /// A limit here, in bytes per second; 0: none. The service's own limit is `traffic_limit`.
    request& rate_limit(std::uint64_t bytes_per_second) { return rate_limit(rate_limiter(bytes_per_second)); }
    /// A limit that can be changed while the upload runs, and that several uploads can share.
    request& rate_limit(rate_limiter shared) { return this->set(spec_.rate, std::move(shared)); }

    /// Whether the CRC-64 of what was sent is compared with the service's. Default: yes. Without it a lost answer cannot
    /// be settled either: it ends as `outcome_unknown`, unless there is no such object.
    request& check_crc64(bool v) { return this->set(spec_.check_crc64, v); }
    /// The limit for the whole upload. Default: the client's.
    request& time_limit(std::chrono::milliseconds t) { return this->set(spec_.time_limit, t); }
    /// How long it may take after a failure, a cancellation or the time limit to clean up, or to find out whether the
    /// object was stored. Default: 10 s.
    request& abort_limit(std::chrono::milliseconds t) { return this->set(spec_.abort_limit, t); }

    /// Sends the parts on `ex`, for an `io_context` that several threads run: each part then has a strand of its own.
    /// Sources, hooks and limiters are then used from those threads, hooks never twice at once.
    request& workers_on(asio::any_io_executor ex) { return this->set(spec_.workers_on, std::move(ex)); }

    /// Has OSS call an application server when the object is stored, and return its answer.
    /// Returns: the request, with the type of that answer.
    template<upload_callback Callback>
    [[nodiscard]] Request<callback_reply_t<Callback>> callback(Callback const& c) const
    {
        detail::require_complete<Callback>();
        Request<callback_reply_t<Callback>> typed(spec_, this->headers_);
        auto encoded = c.encode();
        if (encoded)
            typed.spec_.callback = *std::move(encoded);
        else
            typed.spec_.refuse(std::move(encoded).error());
        return typed;
    }

    /// The whole request, independent of this object.
    upload_spec prepare() const
    {
        upload_spec out = spec_;
        out.headers = this->headers_;
        return out;
    }

protected:
    template<template<class> class, class>
    friend class upload_setters;

    explicit upload_setters(upload_spec spec) : spec_(std::move(spec)) {}
    upload_setters(upload_spec spec, object_headers const& headers)
        : object_setters<Request<Reply>>(headers), spec_(std::move(spec))
    {
    }

    upload_spec spec_;
};

/// The setters of uploads whose source can be read again, and that can therefore go on after their process has ended.
template<template<class> class Request, class Reply>
class resumable_setters : public upload_setters<Request, Reply> {
public:
    /// Keeps in this file what an upload of the same source to the same object needs to go on where this one stopped.
    /// The file is removed when the object is stored. One that is no checkpoint is left as it is: an upload in parts then
    /// fails with `errc::checkpoint_failed`. One upload at a time may use it, which nothing makes sure of.
    Request<Reply>& checkpoint(std::filesystem::path path) { return checkpoint(checkpoint_file(std::move(path))); }
    /// Keeps it anywhere else.
    template<checkpoint_store Store>
        requires(!std::convertible_to<Store, std::filesystem::path>)
    Request<Reply>& checkpoint(Store store)
    {
        this->spec_.checkpoint = checkpoint_place::of(std::move(store));
        return this->self();
    }

protected:
    using upload_setters<Request, Reply>::upload_setters;
};

/// Stores a file of up to 48.8 TB.
template<class Reply = void>
class upload_file_request : public resumable_setters<upload_file_request, Reply> {
public:
    /// The file is opened here; what goes wrong with that comes out of the operation.
    upload_file_request(std::string bucket, std::string key, std::filesystem::path const& path,
                        file_reading how = file_reading::copy)
        : resumable_setters<upload_file_request, Reply>(upload_spec(std::move(bucket), std::move(key)))
    {
        auto opened = file_source::open(path, how);
        if (!opened) {
            this->spec_.refuse(std::move(opened).error());
            return;
        }
        this->spec_.identity = detail::identity_of(*opened);
        this->spec_.source = body::from(*std::move(opened));
    }

private:
    template<template<class> class, class>
    friend class upload_setters;
    using resumable_setters<upload_file_request, Reply>::resumable_setters;
};

/// Stores bytes of known length that can be read again, up to 48.8 TB.
template<class Reply = void>
class upload_request : public resumable_setters<upload_request, Reply>, public body_setters<upload_request<Reply>> {
public:
    upload_request(std::string bucket, std::string key)
        : resumable_setters<upload_request, Reply>(upload_spec(std::move(bucket), std::move(key)))
    {
    }

private:
    template<template<class> class, class>
    friend class upload_setters;
    friend class body_setters<upload_request>;
    using resumable_setters<upload_request, Reply>::resumable_setters;

    void take_body(ossify::body b, std::string identity)
    {
        this->spec_.source = std::move(b);
        this->spec_.identity = std::move(identity);
    }
};

namespace detail {

/// Stands where the source was forgotten: nothing is stored then, not an object of no bytes.
class forgotten_source {
public:
    awaitable<result<std::size_t>> read_some(std::span<std::byte>)
    {
        co_return failure(errc::invalid_argument, "the upload has no source");
    }
};

}  // namespace detail

/// Stores what comes out of a stream of unknown length. Each part that is under way is held in memory, within the
/// client's `upload_memory`; a part that is larger than all of that goes alone.
template<class Reply = void>
class upload_stream_request : public upload_setters<upload_stream_request, Reply> {
public:
    upload_stream_request(std::string bucket, std::string key)
        : upload_setters<upload_stream_request, Reply>(upload_spec(std::move(bucket), std::move(key)))
    {
        source(detail::forgotten_source());
    }

    /// Sends what the source gives until its end: `read_from(socket)`, `chunks_from(coroutine)`, or one's own. Without
    /// it the upload fails with `invalid_argument`.
    template<stream_source Source>
    upload_stream_request& source(Source s)
    {
        return this->set(this->spec_.stream, stream_body::from(std::move(s)));
    }

private:
    template<template<class> class, class>
    friend class upload_setters;
    using upload_setters<upload_stream_request, Reply>::upload_setters;
};

}  // namespace ossify

#endif
