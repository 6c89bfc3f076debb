// Uploads in parts whose workers run on four threads: for ThreadSanitizer, and true without it.
#include <ossify/body/chunks.hpp>
#include <ossify/client.hpp>
#include <ossify/codec/crc64.hpp>
#include <ossify/emulator/emulator.hpp>

#include "printers.hpp"
#include "text_of.hpp"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/strand.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_future.hpp>
#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace ossify;
using tests::text_of;

namespace {

using outcome = result<stored_object<>>;

// Four threads for clients, one for the service.
class stage {
    asio::io_context service_io_{1};

public:
    stage()
    {
        oss_here.create_bucket("examplebucket").value();
        service_ = std::thread([this] { service_io_.run(); });
    }
    ~stage()
    {
        service_io_.stop();
        service_.join();
    }

    // Returns when nothing is left to do.
    void run()
    {
        std::vector<std::thread> threads;
        for (int t = 0; t != 4; ++t)
            threads.emplace_back([this] { io.run(); });
        for (auto& t : threads)
            t.join();
    }

    emulator oss_here{service_io_.get_executor()};
    asio::io_context io{4};

private:
    asio::executor_work_guard<asio::io_context::executor_type> service_work_{service_io_.get_executor()};
    std::thread service_;
};

// Gives a text chunk by chunk; the end is an empty chunk.
class chunks_of {
public:
    explicit chunks_of(std::string const& text) : text_(&text) {}
    awaitable<std::string> operator()()
    {
        std::string chunk = text_->substr(at_, 70'000);
        at_ += chunk.size();
        co_return chunk;
    }

private:
    std::string const* text_;
    std::size_t at_ = 0;
};

awaitable<outcome> listening(awaitable<outcome> upload)
{
    co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
    co_return co_await std::move(upload);
}

}  // namespace

TEST_CASE("parts sent from four threads make the object, and its hooks are never called twice at once")
{
    std::string const text = text_of(3'000'000);
    stage s;
    retry_policy patient;
    patient.max_attempts = 12;  // one part in ten is refused, and which depends on the threads
    patient.base_delay = std::chrono::milliseconds(5);
    client oss(s.io.get_executor(), s.oss_here.client_config().upload_memory(1'000'000).retry(patient));
    s.oss_here.faults().on(emulation::operation::upload_part).status(503).probability(0.1);
    struct hook {
        std::atomic<int> inside{0};
        std::atomic<bool> twice_at_once{false};
        std::atomic<int> calls{0};
    };
    std::array<hook, 3> hooks;
    std::vector<std::future<outcome>> ends;
    for (int n = 0; n != 3; ++n) {
        auto const watch = [&h = hooks.at(static_cast<std::size_t>(n))](progress const&) {
            if (++h.inside != 1)
                h.twice_at_once = true;
            ++h.calls;
            --h.inside;
        };
        auto const from_memory = upload_request<>("examplebucket", "m" + std::to_string(n))
                                     .body(text)
                                     .part_size(min_part_bytes)
                                     .threshold(0)
                                     .parallel(6)
                                     .progress_interval(std::chrono::milliseconds(0))
                                     .on_progress(watch)
                                     .workers_on(s.io.get_executor());
        auto const from_stream = upload_stream_request<>("examplebucket", "s" + std::to_string(n))
                                     .source(chunks_from(chunks_of(text)))
                                     .part_size(min_part_bytes)
                                     .threshold(0)
                                     .parallel(6)
                                     .workers_on(s.io.get_executor());
        ends.push_back(asio::co_spawn(asio::make_strand(s.io), oss.upload(from_memory), asio::use_future));
        ends.push_back(asio::co_spawn(asio::make_strand(s.io), oss.upload_stream(from_stream), asio::use_future));
    }
    s.run();
    for (auto& end : ends) {
        auto const got = end.get();
        REQUIRE(got);
        CHECK(got->crc64 == crc64(text));
        CHECK(got->bytes == text.size());
    }
    for (auto const& h : hooks) {
        CHECK(h.calls > 20);
        CHECK_FALSE(h.twice_at_once);
    }
}

TEST_CASE("uploads on several threads can be cancelled at any time")
{
    std::string const text = text_of(2'000'000);
    stage s;
    client oss(s.io.get_executor(), s.oss_here.client_config());
    struct one {
        explicit one(asio::io_context& io) : strand(asio::make_strand(io)) {}
        asio::any_io_executor strand;
        asio::cancellation_signal stop;
        std::future<outcome> end;
    };
    std::vector<std::unique_ptr<one>> uploads;
    for (int n = 0; n != 8; ++n) {
        auto& u = *uploads.emplace_back(std::make_unique<one>(s.io));
        // each is stopped after another number of bytes
        auto const stop_at = [&u, limit = static_cast<std::uint64_t>(n) * 220'000](progress const& p) {
            if (p.sent >= limit)
                asio::post(u.strand, [&u] { u.stop.emit(asio::cancellation_type::terminal); });
        };
        auto const request = upload_request<>("examplebucket", "c" + std::to_string(n))
                                 .body(text)
                                 .part_size(min_part_bytes)
                                 .threshold(0)
                                 .progress_interval(std::chrono::milliseconds(0))
                                 .on_progress(stop_at)
                                 .workers_on(s.io.get_executor());
        auto work = listening(oss.upload(request));
        u.end = asio::co_spawn(u.strand, std::move(work), asio::bind_cancellation_slot(u.stop.slot(), asio::use_future));
    }
    s.run();
    for (auto& u : uploads) {
        auto const got = u->end.get();
        CHECK((got || got.error() == errc::cancelled));
    }
    for (auto const& trace : s.oss_here.uploads())
        CHECK(trace.state != emulation::upload_trace::fate::open);
}
