#ifndef OSSIFY_UPLOAD_PART_WORKER_HPP
#define OSSIFY_UPLOAD_PART_WORKER_HPP

#include <ossify/upload/multipart_calls.hpp>
#include <ossify/upload/upload_run.hpp>

#include <asio/error.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace ossify::detail {

/// Why a part came to nothing. One that was cancelled stops the others, too: when nobody cancelled the upload, a source
/// or a credentials provider gave itself up, and the place of that part would never become free.
inline failure as_given_up(failure why)
{
    if (why != errc::cancelled && why.code() != asio::error::operation_aborted)
        return why;
    return failure(errc::cancelled, "sending a part was cancelled").in("upload");
}

/// A part that a worker is to send.
class ready_part {
public:
    ready_part() = default;
    ready_part(unsigned n, content what) : number(n), sends(std::move(what)) {}

    unsigned number = 0;
    content sends;
};

/// Waits until a part may be begun. Returns: nothing when there is none left, or all must stop.
template<transport Transport>
awaitable<std::optional<part_span>> next_span(upload_run<Transport>& run, part_room& room)
{
    for (;;) {
        std::uint64_t const seen = run.changed.count();
        auto const task = run.state->next();
        if (task.what == upload_state::step::send)
            co_return task.span;
        if (task.what == upload_state::step::finished)
            co_return std::nullopt;
        room.release();  // others can use it meanwhile
        bool const woken = co_await run.changed.wait(seen);
        if (!woken)
            co_return std::nullopt;
    }
}

/// The next part of a source that can be read again: nothing is read yet.
template<transport Transport>
awaitable<std::optional<ready_part>> next_part(upload_run<Transport>& run, part_room& room)
{
    auto const span = co_await next_span(run, room);
    if (!span)
        co_return std::nullopt;
    if (!run.spec.source.in_memory()) {
        bool const room_made = co_await room.reserve(run.memory, connection<Transport>::chunk_bytes, false);
        if (!room_made)
            co_return std::nullopt;
    }
    content sends(run.spec.source, span->offset, span->bytes);
    co_return ready_part(span->number, std::move(sends));
}

/// The stream is to have parts left but the service takes no more: fails, unless the stream is at its end just now.
template<transport Transport>
awaitable<void> check_end(upload_run<Transport>& run)
{
    std::array<std::byte, 1> one;
    auto const got = co_await run.spec.stream.read_some(one);
    if (!got) {
        run.fail(as_given_up(got.error()));
    } else if (*got == 0) {
        run.stream_ended = true;
        run.state->end_of_stream();
        run.tracker.expect(run.stream_bytes, max_part_number);
    } else {
        run.fail(failure(errc::body_too_large, "the stream has more than " + std::to_string(run.stream_bytes) +
                                                   " bytes, which is all that 10,000 parts hold that begin with " +
                                                   std::to_string(run.first_part_bytes) +
                                                   " bytes; begin with larger parts"));
    }
}

/// Reads the next part of a stream into `room`. The caller has the right to read.
template<transport Transport>
awaitable<std::optional<ready_part>> read_part(upload_run<Transport>& run, part_room& room)
{
    if (run.stream_ended)
        co_return std::nullopt;
    auto const span = co_await next_span(run, room);
    if (!span) {
        if (!run.state->stopped())
            co_await check_end(run);
        co_return std::nullopt;
    }
    std::size_t bytes = 0;
    if (run.first_bytes) {
        bytes = *std::exchange(run.first_bytes, std::nullopt);
        room = std::move(run.first_room);
    } else {
        if (room.bytes().size() != span->bytes) {
            run.wanted_room = span->bytes;
            run.changed.happen();  // who waits with a room of another size lets it go
        }
        bool const room_made = co_await room.reserve(run.memory, span->bytes, true);
        if (!room_made)
            co_return std::nullopt;
        auto const got = co_await stream_body::fill(run.spec.stream, room.bytes());
        if (!got) {
            run.fail(as_given_up(got.error()));
            co_return std::nullopt;
        }
        bytes = *got;
        run.stream_bytes += bytes;
    }
    if (bytes != span->bytes) {
        run.stream_ended = true;
        run.state->end_of_stream();
        run.tracker.expect(run.stream_bytes, bytes == 0 ? span->number - 1 : span->number);
    }
    if (bytes == 0) {
        run.state->given_back();
        co_return std::nullopt;
    }
    content sends(body::borrowed(std::span<std::byte const>(room.bytes()).first(bytes)));
    co_return ready_part(span->number, std::move(sends));
}

/// The next part of a stream: waits for the right to read, and reads.
template<transport Transport>
awaitable<std::optional<ready_part>> next_stream_part(upload_run<Transport>& run, part_room& room)
{
    for (;;) {
        std::uint64_t const seen = run.changed.count();
        if (run.state->stopped())
            co_return std::nullopt;
        if (run.try_read())
            break;
        // the one that reads may need the memory, and we wait for it
        if (room.bytes().size() != run.wanted_room || run.memory.contended())
            room.release();
        bool const woken = co_await run.changed.wait(seen);
        if (!woken)
            co_return std::nullopt;
    }
    class turn {
    public:
        explicit turn(upload_run<Transport>& r) : run_(r) {}
        turn(turn const&) = delete;
        turn& operator=(turn const&) = delete;
        ~turn() { run_.end_read(); }

    private:
        upload_run<Transport>& run_;
    };
    turn const reading(run);
    co_return co_await read_part(run, room);
}

/// Sends one part. Returns: whether the worker should go on.
template<transport Transport>
awaitable<bool> send_part(upload_run<Transport>& run, ready_part ready)
{
    upload_part op(run.upload, ready.number);
    op.traffic_limit = run.spec.headers.traffic_limit;
    op.requester_pays = run.spec.headers.requester_pays;
    part_observer<Transport> watch(run);
    typename session<Transport>::state sending;
    sending.observer = &watch;
    sending.sums = run.sums();
    sending.end = run.end;
    auto receipt = co_await perform(run.s, std::move(op), std::move(ready.sends), sending);
    run.retries += sending.attempts - 1;
    if (!receipt) {
        run.fail(as_given_up(std::move(receipt).error()));
        co_return false;
    }
    run.state->stored(*receipt);
    watch.confirm(1);
    run.changed.happen();
    co_return true;
}

/// Sends parts until none is left, one fails for good, or it is cancelled. Several of these share one upload.
template<transport Transport>
awaitable<void> send_parts(std::shared_ptr<upload_run<Transport>> run)
{
    part_room room;
    try {
        for (;;) {
            std::optional<ready_part> ready;
            if (run->is_stream())
                ready = co_await next_stream_part(*run, room);
            else
                ready = co_await next_part(*run, room);
            if (!ready)
                break;
            bool const go_on = co_await send_part(*run, *std::move(ready));
            if (!go_on)
                break;
            if (run->memory.contended())
                room.release();
        }
    } catch (std::system_error const& e) {
        if (e.code() != asio::error::operation_aborted)
            throw;
        run->fail(as_given_up(failure(errc::cancelled)));
    }
    run->changed.happen();
}

}  // namespace ossify::detail

#endif
