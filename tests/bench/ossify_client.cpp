// ossify under the same load as its rivals: signature version 4 and CRC-64 on.
//
//   ossify-client puts port=N [requests=40000] [in_flight=64] [bytes=4096] [callback=0|same|fresh|turns]
//                      [threads=1]
//   ossify-client put port=N file=F
//   ossify-client multipart port=N file=F [part_mib=8] [parallel=4] [ticks=0] [threads=1]
//   ossify-client first port=N [clients=200] [bytes=4096]
//   ossify-client idle [port=N]
//       [tls=FOLDER] [crc=1] [read=copy|sendfile]
//
// ticks=1: a timer of 1 ms runs beside the upload and tells how late it was: what the upload takes from other work on
// the loop. idle: that timer alone, for a second. first: each put is the first of a new client; the median time of one
// is printed.
// callback=same: each put carries a typed callback with variables, encoded once; fresh: with a value of its own; turns:
// bursts with the one that is encoded once and without a callback take turns, and their ratio is printed: processes
// differ by more.
#include <ossify/callback/contract.hpp>
#include <ossify/client.hpp>

#include "measure.hpp"

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <asio/strand.hpp>

#include <openssl/crypto.h>

#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <new>
#include <optional>
#include <thread>
#include <vector>

// --- every allocation is counted, OpenSSL's apart; Asio takes its coroutine frames with aligned_alloc ---

namespace {

std::atomic<std::uint64_t> allocations{0};
std::atomic<std::uint64_t> openssl_allocations{0};

void* counted(std::size_t bytes)
{
    allocations.fetch_add(1, std::memory_order_relaxed);
    if (void* const memory = std::malloc(bytes != 0 ? bytes : 1))
        return memory;
    throw std::bad_alloc();
}

void* counted_aligned(std::size_t alignment, std::size_t bytes) noexcept
{
    allocations.fetch_add(1, std::memory_order_relaxed);
    return ::memalign(alignment, bytes != 0 ? bytes : 1);
}

void* counted(std::size_t bytes, std::align_val_t alignment)
{
    if (void* const memory = counted_aligned(static_cast<std::size_t>(alignment), bytes))
        return memory;
    throw std::bad_alloc();
}

void* openssl_malloc(std::size_t bytes, char const*, int)
{
    openssl_allocations.fetch_add(1, std::memory_order_relaxed);
    return bytes != 0 ? std::malloc(bytes) : nullptr;
}
void* openssl_realloc(void* memory, std::size_t bytes, char const*, int)
{
    openssl_allocations.fetch_add(1, std::memory_order_relaxed);
    return std::realloc(memory, bytes);
}
void openssl_free(void* memory, char const*, int) { std::free(memory); }

}  // namespace

void* operator new(std::size_t bytes) { return counted(bytes); }
void* operator new[](std::size_t bytes) { return counted(bytes); }
void* operator new(std::size_t bytes, std::align_val_t alignment) { return counted(bytes, alignment); }
void* operator new[](std::size_t bytes, std::align_val_t alignment) { return counted(bytes, alignment); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
extern "C" void* aligned_alloc(std::size_t alignment, std::size_t bytes) noexcept { return counted_aligned(alignment, bytes); }

// --- a contract, as applications write it ---

struct photo_stored {
    std::string bucket;
    std::string object;
    std::uint64_t size = 0;
    std::string user_id;
    std::string album;
};
BOOST_DESCRIBE_STRUCT(photo_stored, (), (bucket, object, size, user_id, album))

struct photo_reply {
    std::uint64_t id = 0;
    bool ok = false;
};
BOOST_DESCRIBE_STRUCT(photo_reply, (), (id, ok))

namespace {

using photo_contract = ossify::callback_contract<photo_stored, photo_reply>;

auto photo_callback(std::string user)
{
    return photo_contract::to("http://app.example.com/oss/photo")
        .set<&photo_stored::user_id>(std::move(user))
        .set<&photo_stored::album>("summer");
}
using photo_callback_type = decltype(photo_callback({}));

enum class callbacks { none, same, fresh };

struct load {
    ossify::client* oss = nullptr;
    std::string_view content;
    callbacks with = callbacks::none;
    photo_callback_type const* same = nullptr;
    std::atomic<std::int64_t> left{0};
};

void check(auto const& stored)
{
    if (!stored) {
        std::cerr << stored.error() << '\n';
        std::exit(1);
    }
}

void check_reply(auto const& stored)
{
    check(stored);
    if (stored->callback.reply().value().id != 4711)
        std::exit(1);
}

ossify::awaitable<void> put_again_and_again(load& l)
{
    while (l.left.fetch_sub(1, std::memory_order_relaxed) > 0) {
        ossify::put_object_request request("bkt", "obj");
        request.body(asio::buffer(l.content));
        if (l.with == callbacks::none) {
            auto const stored = co_await l.oss->put_object(request);
            check(stored);
        } else if (l.with == callbacks::same) {
            auto const stored = co_await l.oss->put_object(request.callback(*l.same));
            check_reply(stored);
        } else {
            auto const own = photo_callback("user-" + std::to_string(l.left.load(std::memory_order_relaxed)));
            auto const stored = co_await l.oss->put_object(request.callback(own));
            check_reply(stored);
        }
    }
}

void rethrow(std::exception_ptr thrown)
{
    if (thrown)
        std::rethrow_exception(thrown);
}

void run(asio::io_context& io, std::size_t threads)
{
    io.restart();
    std::vector<std::thread> others;
    for (std::size_t i = 1; i < threads; ++i)
        others.emplace_back([&io] { io.run(); });
    io.run();
    for (std::thread& t : others)
        t.join();
}

/// Performs `requests` puts, `in_flight` at a time.
void run_puts(asio::io_context& io, load& l, std::size_t requests, std::size_t in_flight, std::size_t threads)
{
    l.left = static_cast<std::int64_t>(requests);
    for (std::size_t i = 0; i != in_flight; ++i) {
        if (threads == 1)
            asio::co_spawn(io, put_again_and_again(l), &rethrow);
        else
            asio::co_spawn(asio::make_strand(io), put_again_and_again(l), &rethrow);
    }
    run(io, threads);
}

/// Performs `pairs` times two bursts of puts, one with a callback and one without.
/// Returns: the median, over the pairs, of the CPU time with a callback to that without.
double run_turns(asio::io_context& io, load& l, std::size_t pairs, std::size_t burst, std::size_t in_flight,
                 std::size_t threads)
{
    std::vector<double> ratios;
    for (std::size_t i = 0; i != pairs; ++i) {
        double cpu[2];
        for (std::size_t const turn : {i, i + 1}) {
            bool const with = turn % 2 != 0;
            l.with = with ? callbacks::same : callbacks::none;
            double const before = bench::cpu_seconds();
            run_puts(io, l, burst, in_flight, threads);
            cpu[with] = bench::cpu_seconds() - before;
        }
        ratios.push_back(cpu[1] / cpu[0]);
    }
    std::ranges::sort(ratios);
    return ratios[ratios.size() / 2];
}

ossify::config settings(bench::arguments const& args)
{
    std::string const folder = args.text("tls");
    ossify::config out;
    out.endpoint((folder.empty() ? "http://127.0.0.1:" : "https://127.0.0.1:") + args.text("port"))
        .region("cn-hangzhou")
        .credentials(ossify::credentials("ak", ossify::secret("the secret of a benchmark")));
    if (!folder.empty())
        out.tls(ossify::tls_context::client_trusting(folder + "/ca.pem").value());
    return out;
}

void puts(bench::arguments const& args)
{
    auto const requests = static_cast<std::size_t>(args.number("requests", 40'000));
    auto const in_flight = static_cast<std::size_t>(args.number("in_flight", 64));
    auto const threads = static_cast<std::size_t>(args.number("threads", 1));
    std::string const content(static_cast<std::size_t>(args.number("bytes", 4096)), '\0');
    std::string const with = args.text("callback", "0");
    if (with != "0" && with != "same" && with != "fresh" && with != "turns")
        bench::refuse("callback=" + with);

    asio::io_context io(static_cast<int>(threads));
    ossify::client oss(io.get_executor(), settings(args));
    auto const same = photo_callback("user-1");
    load l;
    l.oss = &oss;
    l.content = content;
    l.with = with == "same" ? callbacks::same : with == "fresh" ? callbacks::fresh : callbacks::none;
    l.same = &same;
    run_puts(io, l, in_flight, in_flight, threads);  // opens the connections
    bench::meter meter;
    if (with == "turns") {
        constexpr std::size_t pairs = 25;
        std::size_t const burst = std::max<std::size_t>(requests / (2 * pairs), 1);
        double const ratio = run_turns(io, l, pairs, burst, in_flight, threads);
        std::size_t const done = 2 * pairs * burst;
        return meter.report(done, done * content.size(), ", \"callback_ratio\": " + std::to_string(ratio));
    }
    auto const before = allocations.load();
    auto const openssl_before = openssl_allocations.load();
    run_puts(io, l, requests, in_flight, threads);
    auto const per_request = [requests](std::uint64_t n) {
        return std::to_string(static_cast<double>(n) / static_cast<double>(requests));
    };
    meter.report(requests, requests * content.size(),
                 ", \"allocations\": " + per_request(allocations.load() - before) +
                     ", \"openssl_allocations\": " + per_request(openssl_allocations.load() - openssl_before));
}

ossify::file_reading reading(bench::arguments const& args)
{
    std::string const how = args.text("read", "copy");
    if (how != "copy" && how != "sendfile")
        bench::refuse("read=" + how);
    return how == "copy" ? ossify::file_reading::copy : ossify::file_reading::sendfile;
}

ossify::awaitable<void> put_file(ossify::client& oss, bench::arguments const& args, std::uint64_t& bytes)
{
    ossify::put_object_request request("bkt", "obj");
    request.file(args.text("file"), reading(args)).check_crc64(args.number("crc", 1) != 0);
    auto const stored = co_await oss.put_object(request);
    check(stored);
    bytes = stored->bytes;
}

ossify::awaitable<void> upload_in_parts(ossify::client& oss, bench::arguments const& args, asio::any_io_executor ex,
                                        std::uint64_t& bytes)
{
    ossify::upload_file_request request("bkt", "obj", args.text("file"), reading(args));
    if (args.number("threads", 1) != 1)
        request.workers_on(ex);
    request.part_size(args.number("part_mib", 8) << 20).parallel(static_cast<unsigned>(args.number("parallel", 4)));
    request.threshold(0).check_crc64(args.number("crc", 1) != 0);
    auto const stored = co_await oss.upload_file(request);
    check(stored);
    bytes = stored->bytes;
}

using microseconds = std::chrono::duration<double, std::micro>;

/// Notes how late each tick of 1 ms is, until it is stopped. Ticks that fell into a stall are counted, too, each by
/// how long it waited: otherwise a long stall would be one figure among thousands.
class ticker {
public:
    explicit ticker(asio::io_context& io) : timer_(io) {}

    void start()
    {
        timer_.expires_at(due_);
        timer_.async_wait([this](std::error_code failed) {
            if (failed)
                return;
            for (auto const now = std::chrono::steady_clock::now(); due_ <= now; due_ += std::chrono::milliseconds(1))
                late_.push_back(microseconds(now - due_).count());
            if (!stopped_)
                start();
        });
    }
    void stop()
    {
        stopped_ = true;  // the next tick may be on its way
        timer_.cancel();
    }

    std::string figures()
    {
        if (late_.empty())
            return {};
        std::sort(late_.begin(), late_.end());
        auto const at = [this](double share) {
            return std::to_string(late_[static_cast<std::size_t>(share * static_cast<double>(late_.size() - 1))]);
        };
        return ", \"ticks\": " + std::to_string(late_.size()) + ", \"late_p50_us\": " + at(0.5) +
               ", \"late_p99_us\": " + at(0.99) + ", \"late_max_us\": " + at(1);
    }

private:
    asio::steady_timer timer_;
    std::chrono::steady_clock::time_point due_ = std::chrono::steady_clock::now();
    std::vector<double> late_;
    bool stopped_ = false;
};

void put_file_of(bench::arguments const& args)
{
    bench::meter meter;
    auto const before = allocations.load();
    std::uint64_t bytes = 0;
    auto const threads = static_cast<std::size_t>(args.number("threads", 1));
    asio::io_context io(static_cast<int>(threads));
    ossify::client oss(io.get_executor(), settings(args));
    ticker ticks(io);
    if (threads == 1 && args.number("ticks", 0) != 0)
        ticks.start();
    bool const parts = args.what() == "multipart";
    asio::any_io_executor on = io.get_executor();
    if (threads != 1)
        on = asio::make_strand(io);
    asio::co_spawn(on,
                   parts ? upload_in_parts(oss, args, io.get_executor(), bytes) : put_file(oss, args, bytes),
                   [&ticks](std::exception_ptr thrown) {
                       ticks.stop();
                       rethrow(thrown);
                   });
    run(io, threads);
    auto const made = static_cast<double>(allocations.load() - before);
    double const mib = static_cast<double>(bytes) / (1 << 20);
    meter.report(1, bytes, (bytes != 0 ? ", \"allocations_per_mib\": " + std::to_string(made / mib) : "") + ticks.figures());
}

void only_ticks(bench::arguments const& args)
{
    args.text("port");  // the runner gives it to all
    bench::meter meter;
    asio::io_context io(1);
    ticker ticks(io);
    ticks.start();
    io.run_for(std::chrono::seconds(1));
    meter.report(0, 0, ticks.figures());
}

ossify::awaitable<void> put_once(ossify::client& oss, std::string_view content)
{
    ossify::put_object_request request("bkt", "obj");
    auto const stored = co_await oss.put_object(request.body(asio::buffer(content)));
    check(stored);
}

void first_puts(bench::arguments const& args)
{
    auto const clients = static_cast<std::size_t>(args.number("clients", 200));
    std::string const content(static_cast<std::size_t>(args.number("bytes", 4096)), '\0');
    asio::io_context io(1);
    std::vector<double> took;
    bench::meter meter;
    for (std::size_t i = 0; i != clients; ++i) {
        auto const began = std::chrono::steady_clock::now();
        {
            ossify::client oss(io.get_executor(), settings(args));
            asio::co_spawn(io, put_once(oss, content), &rethrow);
            io.restart();
            io.run();
        }
        took.push_back(microseconds(std::chrono::steady_clock::now() - began).count());
    }
    std::sort(took.begin(), took.end());
    meter.report(clients, clients * content.size(), ", \"first_us\": " + std::to_string(took[took.size() / 2]));
}

}  // namespace

int main(int count, char** values)
{
    CRYPTO_set_mem_functions(&openssl_malloc, &openssl_realloc, &openssl_free);
    bench::arguments const args(count, values);
    if (args.what() == "puts")
        puts(args);
    else if (args.what() == "first")
        first_puts(args);
    else if (args.what() == "idle")
        only_ticks(args);
    else if (args.what() == "put" || args.what() == "multipart")
        put_file_of(args);
    else
        bench::refuse(args.what());
    return args.refuse_unused();
}
