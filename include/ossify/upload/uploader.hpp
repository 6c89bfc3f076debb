#ifndef OSSIFY_UPLOAD_UPLOADER_HPP
#define OSSIFY_UPLOAD_UPLOADER_HPP

#include <ossify/upload/step_runner.hpp>
#include <ossify/upload/upload_steps.hpp>

#include <asio/cancellation_state.hpp>
#include <asio/cancellation_type.hpp>
#include <asio/co_spawn.hpp>
#include <asio/strand.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <utility>

namespace ossify {

namespace detail {

/// Uploads one object: puts it, or sends it in parts, and cleans up when that fails.
template<transport Transport>
class uploader {
public:
    using run_type = upload_run<Transport>;
    using outcome = result<stored_object<>>;

    /// The whole upload. `outer` is the cancellation state of who waits for it.
    static awaitable<outcome> perform_all(std::shared_ptr<run_type> run, asio::cancellation_state outer)
    {
        co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
        co_await asio::this_coro::throw_if_cancelled(false);
        asio::any_io_executor ex = co_await asio::this_coro::executor;
        uploader self(std::move(run), step_runner<typename run_type::clock>(std::move(ex), outer.cancelled()));
        co_return co_await self.upload();
    }

private:
    uploader(std::shared_ptr<run_type> run, step_runner<typename run_type::clock> steps)
        : run_(std::move(run)), steps_(std::move(steps))
    {
    }

    awaitable<outcome> upload();
    awaitable<outcome> put(body sends);
    awaitable<outcome> upload_parts();
    awaitable<outcome> send_and_complete();
    awaitable<outcome> end_badly(failure why);
    awaitable<void> drop_checkpoint();

    result<void> plan();
    void start_workers();

    outcome stored_by(stored_object<> stored) const
    {
        stored.retries = std::max<unsigned>(stored.retries, run_->retries);
        stored.figures = run_->figures();
        run_->report_end();
        return stored;
    }

    /// What is said when the object may be stored all the same, by this run or an earlier one.
    failure doubted(failure why) const
    {
        if (!run_->completion.effect.possible() || why == errc::outcome_unknown)
            return why;
        return failure(errc::outcome_unknown, why.code().message()).in("upload");
    }

    failure wrong_length(std::uint64_t bytes) const
    {
        failure why(errc::source_changed, "the source has " + std::to_string(bytes) + " bytes, not the " +
                                              std::to_string(*run_->spec.expected_bytes) + " that were expected");
        return std::move(why).in("upload");
    }

    std::shared_ptr<run_type> run_;
    step_runner<typename run_type::clock> steps_;
};

/// Decides how the object is cut, and what its checkpoint is about.
template<transport Transport>
result<void> uploader<Transport>::plan()
{
    auto const& spec = run_->spec;
    parallel_limit const limit(spec.least_parallel, spec.parallel);
    if (run_->is_stream()) {
        auto const growing = growing_plan::make(spec.part_bytes);
        if (!growing)
            return growing.error();
        run_->first_part_bytes = growing->part_bytes(1);
        run_->state.emplace(*growing, limit);
        return {};
    }
    auto const whole = part_plan::make(spec.source.size(), spec.part_bytes);
    if (!whole)
        return whole.error();
    run_->plan = *whole;
    run_->tracker.expect(whole->bytes(), whole->parts());
    run_->first_part_bytes = whole->part_bytes();
    run_->state.emplace(*whole, limit);
    if (spec.checkpoint) {
        auto described = describe_upload(*run_);
        if (!described)
            return std::move(described).error();
        run_->saved = *std::move(described);
    }
    return {};
}

template<transport Transport>
auto uploader<Transport>::upload() -> awaitable<outcome>
{
    auto const& spec = run_->spec;
    if (spec.refused)
        co_return failure(*spec.refused).in("upload");
    if (auto ok = check_names(spec.bucket, spec.key, "upload"); !ok)
        co_return std::move(ok).error();
    if (auto const ok = checked_part_bytes(spec.part_bytes); !ok)
        co_return failure(ok.error()).in("upload");
    if (!run_->is_stream() && spec.expected_bytes && *spec.expected_bytes != spec.source.size())
        co_return wrong_length(spec.source.size());
    std::uint64_t const threshold = std::min(spec.threshold, max_put_bytes);
    // an empty object is always put: whether a multipart upload may be empty is not documented
    if (!run_->is_stream() && spec.source.size() <= threshold)
        co_return co_await put(spec.source);
    if (auto planned = plan(); !planned)
        co_return std::move(planned).error().in("upload");
    if (run_->is_stream()) {
        auto const first = co_await steps_.guarded(read_first_step(run_), run_->end);
        if (!first)
            co_return failure(first.error()).in("upload");
        run_->stream_bytes = *first;
        run_->first_bytes = *first;
        bool const ended = *first != run_->first_part_bytes;
        if (ended && spec.expected_bytes && *spec.expected_bytes != *first)
            co_return wrong_length(run_->stream_bytes);
        if (ended && *first <= threshold) {
            auto const read = std::span<std::byte const>(run_->first_room.bytes()).first(*first);
            co_return co_await put(body::borrowed(read));
        }
    }
    co_return co_await upload_parts();
}

template<transport Transport>
auto uploader<Transport>::put(body sends) -> awaitable<outcome>
{
    auto const& spec = run_->spec;
    run_->state.reset();
    run_->tracker.expect(sends.size(), 0);
    prepared_put prepared(spec.bucket, spec.key, std::move(sends), spec.headers, spec.callback);
    prepared.crc = spec.check_crc64;
    prepared.to_look = spec.abort_limit;
    auto stored = co_await steps_.guarded(put_step(run_, std::move(prepared)));
    if (!stored)
        co_return std::move(stored).error();
    if (spec.checkpoint) {
        auto const retired = co_await steps_.shielded(retire_step(run_));
        if (!retired)
            run_->notice(retired.error().message());
    }
    co_return stored_by(*std::move(stored));
}

/// Begins an upload in parts, or goes on with one that an earlier run began.
template<transport Transport>
auto uploader<Transport>::upload_parts() -> awaitable<outcome>
{
    if (run_->spec.checkpoint) {
        auto earlier = co_await steps_.guarded(resume_step(run_));
        if (!earlier) {
            failure why = doubted(std::move(earlier).error().in("upload"));
            if (run_->completion.effect.possible())
                why.edit().message += "; an earlier run was completing it: started again from its checkpoint, the upload finds out";
            co_return why;
        }
        if (*earlier) {
            co_await drop_checkpoint();
            co_return stored_by(**std::move(earlier));
        }
    }
    if (run_->upload.upload_id.empty()) {
        auto begun = co_await steps_.patient(initiate_step(run_), run_->spec.abort_limit);
        if (!begun)
            co_return std::move(begun).error();
        run_->upload = *std::move(begun);
        run_->saved.upload = run_->upload;
        if (run_->spec.checkpoint) {
            auto const saved = co_await steps_.guarded(save_step(run_));
            if (!saved) {
                run_->spec.leave_parts = false;  // nothing could go on from here
                co_return co_await end_badly(failure(saved.error()).in("upload"));
            }
        }
    }
    co_return co_await send_and_complete();
}

template<transport Transport>
void uploader<Transport>::start_workers()
{
    std::size_t wanted = run_->state->limit().most();
    if (run_->plan) {
        run_->tracker.resume(run_->resumed_bytes, run_->resumed_parts);
        wanted = std::min<std::size_t>(wanted, run_->plan->parts() - run_->state->stored_count());
    }
    run_->tracker.parallel(run_->state->limit().value());
    run_->report();
    for (std::size_t i = 0; i != wanted; ++i) {
        asio::any_io_executor on = steps_.executor();
        if (run_->spec.workers_on)
            on = asio::make_strand(run_->spec.workers_on);
        run_->workers.spawn(std::move(on), send_parts(run_));
    }
}

template<transport Transport>
auto uploader<Transport>::send_and_complete() -> awaitable<outcome>
{
    auto const& spec = run_->spec;
    task_group keepers;
    if (spec.checkpoint)
        keepers.spawn(steps_.executor(), keep_checkpoint(run_));
    if (run_->end != run_type::time_point::max())
        keepers.spawn(steps_.executor(), time_step(run_));
    start_workers();
    auto const thrown = co_await run_->workers.join();
    keepers.cancel();
    (void)co_await keepers.join();

    if (thrown) {
        (void)co_await end_badly(failure(errc::cancelled));
        std::rethrow_exception(thrown);
    }
    stop_wish const wish = co_await steps_.wish();
    if (wish != stop_wish::none)
        co_return co_await end_badly(failure(errc::cancelled).in("upload"));
    if (auto const why = run_->failed())
        co_return co_await end_badly(*why);
    if (!run_->state->complete())
        co_return co_await end_badly(failure(errc::cancelled, "sending a part was cancelled").in("upload"));
    if (spec.expected_bytes && run_->is_stream() && *spec.expected_bytes != run_->stream_bytes)
        co_return co_await end_badly(wrong_length(run_->stream_bytes));
    auto stored = co_await steps_.guarded(complete_step(run_));
    bool const completed = stored || stored.error() == errc::crc_mismatch;  // then there are no parts any more
    if (!completed)
        co_return co_await end_badly(std::move(stored).error());
    co_await drop_checkpoint();
    if (!stored)
        co_return stored;
    co_return stored_by(*std::move(stored));
}

template<transport Transport>
awaitable<void> uploader<Transport>::drop_checkpoint()
{
    if (!run_->spec.checkpoint)
        co_return;
    auto const dropped = co_await steps_.shielded(drop_step(run_));
    if (!dropped)
        run_->notice(dropped.error().message());
}

/// Leaves the parts or has the service drop them, as was asked for.
/// Returns: `why`, which names the upload when parts of it are left; `outcome_unknown` when it may have been completed, and the
/// parts are to be kept or the upload cannot be aborted; the object, when it was.
template<transport Transport>
auto uploader<Transport>::end_badly(failure why) -> awaitable<outcome>
{
    auto const& spec = run_->spec;
    auto const add = [&why](std::string const& text) {
        auto& message = why.edit().message;
        message += (message.empty() ? "" : "; ") + text;
    };
    possible_effect const& completion = run_->completion.effect;
    bool const in_doubt = completion.possible();
    std::string const left = in_doubt ? "it was being completed: the object may be stored, else its parts are left at "
                                        "the service"
                                      : "its parts are left at the service";
    stop_wish const wish = co_await steps_.wish();
    bool const resumable = why != errc::source_changed;
    bool const leave = wish == stop_wish::keep_parts || why == errc::outcome_unknown ||
                       (wish == stop_wish::none && resumable && spec.leave_parts.value_or(bool(spec.checkpoint)));
    if (leave) {
        why = doubted(std::move(why));
        why.edit().upload_id = run_->upload.upload_id;
        if (!spec.checkpoint) {
            add(left);
            co_return why;
        }
        auto const saved = co_await steps_.shielded(save_step(run_));
        if (!saved)
            add(left + "; " + saved.error().message());
        else
            add(in_doubt ? "it was being completed: the object may be stored; started again from its checkpoint, the "
                           "upload finds out"
                         : "the upload can go on from its checkpoint");
        co_return why;
    }
    auto const gone = co_await steps_.shielded(abort_step(run_));
    if (!gone && gone.error() != errc::no_such_upload) {
        why = doubted(std::move(why));
        why.edit().upload_id = run_->upload.upload_id;
        add("the upload could not be aborted: " + to_string_within(why, gone.error()) + "; " + left);
        co_return why;
    }
    if (!gone && completion.was_possible()) {
        auto found = co_await steps_.shielded(look_step(run_, why));
        if (!found)
            co_return std::move(found).error();
        if (*found) {
            co_await drop_checkpoint();
            co_return stored_by(**std::move(found));
        }
        if (in_doubt) {
            why = doubted(std::move(why));
            add("the upload has ended, but the object is not the one that was sent");
        }
    }
    why.edit().upload_id.clear();
    co_await drop_checkpoint();
    co_return why;
}

}  // namespace detail

/// Performs an upload. See `basic_client::upload_file`.
template<transport Transport>
awaitable<result<stored_object<>>> upload(std::shared_ptr<session<Transport>> s, upload_spec spec)
{
    asio::any_io_executor const ex = co_await asio::this_coro::executor;
    auto const outer = co_await asio::this_coro::cancellation_state;
    auto run = std::make_shared<detail::upload_run<Transport>>(std::move(s), std::move(spec));
    auto work = detail::uploader<Transport>::perform_all(std::move(run), outer);
    auto const ended = co_await asio::co_spawn(ex, std::move(work), awaited);
    if (std::get<0>(ended))
        std::rethrow_exception(std::get<0>(ended));
    co_return std::get<1>(ended);
}

}  // namespace ossify

#endif
