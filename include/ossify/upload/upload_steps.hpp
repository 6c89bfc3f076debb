#ifndef OSSIFY_UPLOAD_UPLOAD_STEPS_HPP
#define OSSIFY_UPLOAD_UPLOAD_STEPS_HPP

#include <ossify/upload/complete_upload.hpp>
#include <ossify/upload/part_worker.hpp>
#include <ossify/upload/put_object.hpp>
#include <ossify/upload/resume_upload.hpp>
#include <ossify/upload/upload_run.hpp>

#include <asio/basic_waitable_timer.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace ossify::detail {

/// The steps of an upload, each a coroutine that may be cancelled. They keep the run alive themselves.

template<transport Transport>
using run_ptr = std::shared_ptr<upload_run<Transport>>;

template<transport Transport>
awaitable<result<stored_object<>>> put_step(run_ptr<Transport> run, prepared_put prepared)
{
    part_observer<Transport> watch(*run);
    prepared.observer = &watch;
    auto stored = co_await put_object(run->s, std::move(prepared), run->end);
    if (stored)
        watch.confirm(0);
    co_return stored;
}

/// Reads what may be all of a stream.
template<transport Transport>
awaitable<result<std::size_t>> read_first_step(run_ptr<Transport> run)
{
    bool const room_made = co_await run->first_room.reserve(run->memory, run->first_part_bytes, true);
    if (!room_made)
        co_return failure(errc::cancelled);
    co_return co_await stream_body::fill(run->spec.stream, run->first_room.bytes());
}

template<transport Transport>
awaitable<result<std::optional<stored_object<>>>> resume_step(run_ptr<Transport> run)
{
    co_return co_await resume(*run);
}

template<transport Transport>
awaitable<result<multipart_upload>> initiate_step(run_ptr<Transport> run)
{
    initiate_multipart_upload op(run->spec.bucket, run->spec.key);
    op.object = run->spec.headers;
    co_return co_await perform(run->s, std::move(op), run->end, &run->counter);
}

template<transport Transport>
awaitable<result<void>> save_step(run_ptr<Transport> run)
{
    co_return co_await save_checkpoint(*run);
}

template<transport Transport>
awaitable<result<void>> drop_step(run_ptr<Transport> run)
{
    co_return co_await run->spec.checkpoint.remove();
}

template<transport Transport>
awaitable<result<void>> retire_step(run_ptr<Transport> run)
{
    co_return co_await retire_checkpoint(*run);
}

/// Fails the upload when its time is over, whatever it waits for.
template<transport Transport>
awaitable<void> time_step(run_ptr<Transport> run)
{
    using clock = typename Transport::clock_type;
    asio::any_io_executor const ex = co_await asio::this_coro::executor;
    asio::basic_waitable_timer<clock, asio::wait_traits<clock>, asio::any_io_executor> until(ex, run->end);
    auto [ec] = co_await until.async_wait(awaited);
    if (!ec)
        run->fail(failure(errc::operation_timeout).in("upload"));
}

template<transport Transport>
complete_multipart_upload completion_of(upload_run<Transport> const& run)
{
    complete_multipart_upload op(run.upload);
    op.parts = run.state->parts();
    op.acl = run.spec.headers.acl;
    op.forbid_overwrite = run.spec.headers.forbid_overwrite;
    op.requester_pays = run.spec.headers.requester_pays;
    op.callback = run.spec.callback;
    return op;
}

template<transport Transport>
awaitable<result<stored_object<>>> complete_step(run_ptr<Transport> run)
{
    if (auto same = run->spec.source.check_unchanged(); !same)
        co_return std::move(same).error();
    if (run->spec.checkpoint) {
        auto const saved = co_await save_checkpoint(*run, true);
        if (!saved)
            run->notice(saved.error().message());
    }
    auto& state = run->completion;
    state.end = run->end;
    state.observer = &run->counter;
    co_return co_await perform(run->s, completion_of(*run), run->spec.check_crc64, state, run->spec.abort_limit);
}

/// Ends the upload at the service, again and again until it is gone: parts that were under way may come late.
/// Errors: `no_such_upload` when it was gone before.
template<transport Transport>
awaitable<result<void>> abort_step(run_ptr<Transport> run)
{
    constexpr int most_rounds = 5;
    abort_multipart_upload op(run->upload);
    op.requester_pays = run->spec.headers.requester_pays;
    auto const end = Transport::clock_type::now() + run->spec.abort_limit;
    bool aborted = false;
    for (int round = 0; round != most_rounds; ++round) {
        auto const done = co_await perform(run->s, op, end);
        if (!done && aborted && done.error() == errc::no_such_upload)
            break;
        if (!done)
            co_return done.error();
        aborted = true;
    }
    co_return result<void>();
}

/// Looks whether an upload that is gone was completed.
template<transport Transport>
awaitable<result<std::optional<stored_object<>>>> look_step(run_ptr<Transport> run, failure lost)
{
    complete_multipart_upload const op = completion_of(*run);
    service_request request(op.operation, http::method::post, op.upload.bucket, op.upload.key);
    request.carries_callback = !op.callback.empty();
    if (op.requester_pays)
        request.headers.append_valid("x-oss-request-payer", "requester");
    lost_object wanted = look_for(op);
    if (run->plan && !run->state->complete()) {  // parts that an earlier run had sent are gone with the upload
        wanted.bytes = run->plan->bytes();
        wanted.parts = static_cast<unsigned>(run->plan->parts());
        wanted.crc64.reset();
    }
    using clock = typename Transport::clock_type;
    auto const head = co_await ask_for_object(*run->s, request, clock::now() + run->spec.abort_limit);
    if (!run->completed_before)
        wanted.age = std::chrono::ceil<std::chrono::seconds>(clock::now() - run->began);
    co_return judge(head, request, wanted, lost);
}

}  // namespace ossify::detail

#endif
