#ifndef OSSIFY_UPLOAD_UPLOAD_RUN_HPP
#define OSSIFY_UPLOAD_UPLOAD_RUN_HPP

#include <ossify/async/byte_budget.hpp>
#include <ossify/async/event.hpp>
#include <ossify/async/task_group.hpp>
#include <ossify/multipart/checkpoint.hpp>
#include <ossify/multipart/progress.hpp>
#include <ossify/multipart/upload_state.hpp>
#include <ossify/operation/upload_figures.hpp>
#include <ossify/session/session.hpp>
#include <ossify/upload/upload_spec.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/strand.hpp>

#include <algorithm>
#include <atomic>
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
#include <vector>

namespace ossify::detail {

/// The memory for one part that is under way: within the client's budget, and used again for the next part.
class part_room {
public:
    part_room() = default;
    part_room(part_room&&) noexcept = default;
    part_room& operator=(part_room&&) noexcept = default;

    /// Makes room for `bytes`: of our own with `in_memory`, else only counted, for what the session reads through.
    /// Returns: false when the wait was cancelled. Lifetime: customer and room must live until the await returns.
    awaitable<bool> reserve(byte_budget::customer& from, std::uint64_t bytes, bool in_memory)
    {
        if (lease_.bytes() == bytes)
            co_return true;
        release();
        auto got = co_await from.acquire(bytes);
        if (!got)
            co_return false;
        lease_ = *std::move(got);
        if (in_memory)
            memory_ = std::make_unique_for_overwrite<std::byte[]>(static_cast<std::size_t>(bytes));
        co_return true;
    }

    void release() noexcept
    {
        memory_.reset();
        lease_.release();
    }

    std::span<std::byte> bytes() const noexcept { return {memory_.get(), static_cast<std::size_t>(lease_.bytes())}; }

private:
    byte_budget::lease lease_;
    std::unique_ptr<std::byte[]> memory_;
};

/// What the coroutines of one upload share.
/// Thread safety: a monitor from the start of the workers to their end; before and after it belongs to the engine.
template<transport Transport>
class upload_run {
public:
    using clock = typename Transport::clock_type;
    using time_point = typename clock::time_point;
    using session_type = session<Transport>;

    upload_run(std::shared_ptr<session_type> with, upload_spec what)
        : s(std::move(with)),
          spec(std::move(what)),
          tracker(spec.progress_interval),
          memory(s->memory()),
          began(clock::now()),
          end(s->end_after(spec.time_limit))
    {
    }

    std::shared_ptr<session_type> const s;
    upload_spec spec;
    progress_tracker tracker;
    byte_budget::customer memory;
    time_point const began;
    time_point const end;

    multipart_upload upload;            ///< without an id until it is begun
    std::optional<upload_state> state;  ///< set when it is known how the object is cut
    event changed;                      ///< a part ended, the limit moved, the stream is free, or all must stop
    task_group workers;
    std::atomic<unsigned> retries{0};

    // streams
    bool reading = false;            ///< guarded by mutex: one worker reads at a time
    bool stream_ended = false;       ///< known once nobody reads
    std::uint64_t stream_bytes = 0;  ///< read so far
    std::atomic<std::uint64_t> wanted_room{0};  ///< bytes that the reader has asked for the last time
    part_room first_room;            ///< what was read before it was known whether there would be parts
    std::optional<std::size_t> first_bytes;

    std::optional<part_plan> plan;  ///< none for a stream
    std::uint64_t first_part_bytes = 0;
    checkpoint saved;  ///< but for its parts
    unsigned resumed_parts = 0;
    std::uint64_t resumed_bytes = 0;
    typename session_type::state completion;  ///< how it goes; its effect is that of earlier runs, too
    bool completed_before = false;              ///< perhaps, by an earlier run

    /// Counts how often requests that carry nothing of the object are sent again.
    class retry_counter final : public send_observer {
    public:
        explicit retry_counter(upload_run& run) : run_(run) {}
        awaitable<std::size_t> pace(std::size_t wanted) override { co_return wanted; }
        bool paces() const noexcept override { return false; }
        void on_sent(std::size_t) override {}
        void on_attempt(unsigned) override {}
        void on_retry(failure const&) override
        {
            ++run_.retries;
            run_.tracker.retried();
            run_.report();
        }

    private:
        upload_run& run_;
    };
    retry_counter counter{*this};

    bool is_stream() const noexcept { return static_cast<bool>(spec.stream); }
    /// Whether what is sent is summed: a checkpoint's parts must have a checksum.
    bool sums() const noexcept { return spec.check_crc64 || spec.checkpoint; }

    std::chrono::nanoseconds now() const { return clock::now() - began; }

    void report()
    {
        if (!spec.on_progress)
            return;
        if (auto const p = tracker.due(now())) {
            spec.on_progress(*p);
            tracker.delivered();
        }
    }

    void report_end()
    {
        if (!spec.on_progress)
            return;
        progress p = tracker.snapshot(now());
        p.finished = true;
        spec.on_progress(p);
    }

    void notice(std::string text)
    {
        if (spec.on_notice)
            spec.on_notice(text);
        std::lock_guard const lock(mutex_);
        notices_.push_back(std::move(text));
    }

    /// Nothing more can come of the upload: all workers stop. The first reason counts.
    void fail(failure why)
    {
        {
            std::lock_guard const lock(mutex_);
            if (!failed_)
                failed_ = std::move(why);
        }
        if (state)
            state->stop();
        workers.cancel();
        changed.happen();
    }
    std::optional<failure> failed() const
    {
        std::lock_guard const lock(mutex_);
        return failed_;
    }

    bool try_read()
    {
        std::lock_guard const lock(mutex_);
        return !std::exchange(reading, true);
    }
    void end_read()
    {
        {
            std::lock_guard const lock(mutex_);
            reading = false;
        }
        changed.happen();
    }

    upload_figures figures() const
    {
        upload_figures out;
        if (state) {
            parallel_limit const limit = state->limit();
            out.throttled = limit.throttled();
            out.most_parallel = limit.most();
            out.least_parallel = limit.lowest();
            out.last_parallel = limit.value();
        }
        out.part_bytes = first_part_bytes;
        out.resumed_parts = resumed_parts;
        out.resumed_bytes = resumed_bytes;
        std::lock_guard const lock(mutex_);
        out.notices = notices_;
        return out;
    }

private:
    mutable std::mutex mutex_;
    std::optional<failure> failed_;
    std::vector<std::string> notices_;
};

/// Follows one request of an upload: counts its bytes, holds it back to the rate, and takes throttling to heart.
template<transport Transport>
class part_observer final : public send_observer {
public:
    explicit part_observer(upload_run<Transport>& run) : run_(run) {}
    part_observer(part_observer const&) = delete;
    part_observer& operator=(part_observer const&) = delete;
    ~part_observer() { run_.tracker.take_back(sent_); }

    bool paces() const noexcept override { return run_.spec.rate.has_value(); }
    awaitable<std::size_t> pace(std::size_t wanted) override { return hold(run_, wanted); }

    void on_sent(std::size_t bytes) override
    {
        sent_ += bytes;
        run_.tracker.sent(bytes);
        run_.report();
    }

    void on_attempt(unsigned) override
    {
        run_.tracker.take_back(std::exchange(sent_, 0));
        if (run_.state)
            era_ = run_.state->limit().era();
    }

    void on_retry(failure const& why) override
    {
        run_.tracker.retried();
        bool const slow_down = why == condition::throttled || why.info().retry_after_ms != 0;
        if (slow_down && run_.state) {
            run_.state->throttled(era_);
            run_.tracker.parallel(run_.state->limit().value());
        }
        run_.report();
    }

    /// The service has acknowledged what was sent: a part, or with 0 a whole object.
    void confirm(unsigned parts)
    {
        run_.tracker.confirmed(std::exchange(sent_, 0), parts);
        if (run_.state)
            run_.tracker.parallel(run_.state->limit().value());
        run_.report();
    }

private:
    static awaitable<std::size_t> hold(upload_run<Transport>& run, std::size_t wanted)
    {
        rate_limiter::turn mine(*run.spec.rate);
        for (;;) {
            auto const now = Transport::clock_type::now();
            if (now >= run.end)
                co_return 0;
            auto const got = mine.ask(wanted, std::chrono::duration_cast<std::chrono::nanoseconds>(now.time_since_epoch()));
            if (got.bytes != 0)
                co_return got.bytes;
            co_await run.s->sleep(std::chrono::ceil<std::chrono::milliseconds>(got.wait));
        }
    }

    upload_run<Transport>& run_;
    std::uint64_t sent_ = 0;
    std::uint64_t era_ = 0;
};

}  // namespace ossify::detail

#endif
