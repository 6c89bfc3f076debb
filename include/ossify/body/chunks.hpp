#ifndef OSSIFY_BODY_CHUNKS_HPP
#define OSSIFY_BODY_CHUNKS_HPP

#include <ossify/body/stream_source.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstring>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

namespace ossify {

/// What `chunks_from` takes: a call gives the next chunk, and the empty one is the end. It is an `awaitable<std::string>`
/// or an `awaitable<result<std::string>>`.
template<class F>
concept chunk_function = std::move_constructible<F> && requires(F& f) {
    requires std::same_as<std::invoke_result_t<F&>, awaitable<std::string>> ||
                 std::same_as<std::invoke_result_t<F&>, awaitable<result<std::string>>>;
};

/// What also goes: an Asio generator, `asio::experimental::coro<std::string>`, whose end is the object's.
template<class G>
concept chunk_generator = std::move_constructible<G> && requires(G& g) {
    requires std::same_as<typename G::yield_type, std::string>;
    g.async_resume(awaited);
};

namespace detail {

/// Hands out chunks of any length piece by piece.
template<class Next>
class chunk_stream {
public:
    explicit chunk_stream(Next next) : shared_(std::make_shared<state>(std::move(next))) {}

    awaitable<result<std::size_t>> read_some(std::span<std::byte> out) { return read(shared_, out); }

private:
    struct state {
        explicit state(Next n) : next(std::move(n)) {}
        Next next;
        std::string chunk;
        std::size_t used = 0;
    };

    static awaitable<result<std::size_t>> read(std::shared_ptr<state> s, std::span<std::byte> out)
    {
        if (s->used == s->chunk.size()) {
            auto got = co_await s->next();
            if constexpr (std::same_as<decltype(got), std::string>) {
                s->chunk = std::move(got);
            } else {
                if (!got)
                    co_return std::move(got).error();
                s->chunk = *std::move(got);
            }
            s->used = 0;
        }
        std::size_t const n = std::min(out.size(), s->chunk.size() - s->used);
        if (n != 0)
            std::memcpy(out.data(), s->chunk.data() + s->used, n);
        s->used += n;
        co_return n;
    }

    std::shared_ptr<state> shared_;
};

template<class Generator>
class resumer {
public:
    explicit resumer(Generator g) : generator_(std::make_shared<Generator>(std::move(g))) {}

    awaitable<std::string> operator()() { return next(generator_); }

private:
    static awaitable<std::string> next(std::shared_ptr<Generator> from)
    {
        for (;;) {
            auto got = co_await from->async_resume(asio::use_awaitable_t<asio::any_io_executor>{});
            if (!got)
                co_return std::string();
            if (!got->empty())
                co_return *std::move(got);
        }
    }

    std::shared_ptr<Generator> generator_;
};

}  // namespace detail

/// A coroutine that is called for one chunk after the other, as a `stream_source`.
///
///     ossify::chunks_from([&rows]() { return next_row(rows); })     // awaitable<std::string> next_row(cursor&)
template<chunk_function F>
auto chunks_from(F next)
{
    return detail::chunk_stream<F>(std::move(next));
}

/// A coroutine that yields chunks, as a `stream_source`.
template<chunk_generator G>
auto chunks_from(G generator)
{
    return detail::chunk_stream<detail::resumer<G>>(detail::resumer<G>(std::move(generator)));
}

}  // namespace ossify

#endif
