// Uploads a file in parts, shows how far it gets, is cancelled half-way, and goes on from its checkpoint in a second
// attempt that sends no part again. Then a stream whose length nobody knows. The service is an emulator in this process.
#include <ossify/body/chunks.hpp>
#include <ossify/client.hpp>
#include <ossify/emulator/emulator.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/this_coro.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <string>
#include <system_error>
#include <utility>

#include <unistd.h>

namespace {

constexpr std::uint64_t mib = 1024 * 1024;

using outcome = ossify::result<ossify::stored_object<>>;

// A folder that is gone again at the end.
class scratch_folder {
public:
    scratch_folder()
        : path_(std::filesystem::temp_directory_path() / ("ossify-example-" + std::to_string(::getpid())))
    {
        std::filesystem::create_directory(path_);
    }
    ~scratch_folder()
    {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    scratch_folder(scratch_folder const&) = delete;
    scratch_folder& operator=(scratch_folder const&) = delete;

    std::filesystem::path operator/(char const* name) const { return path_ / name; }

private:
    std::filesystem::path path_;
};

std::filesystem::path make_film(std::filesystem::path path)
{
    std::ofstream out(path, std::ios::binary);
    for (unsigned second = 0; second != 32; ++second)
        out << std::string(mib, static_cast<char>('a' + second % 26));
    return path;
}

void show(ossify::progress const& p)
{
    std::cout << "  sent " << p.sent / mib << " of " << p.total.value_or(0) / mib << " MiB, " << p.parts << " of "
              << p.total_parts << " parts confirmed\n";
}

// --- a file, with progress and a checkpoint ---

ossify::awaitable<outcome> upload_film(ossify::client& oss, std::filesystem::path film, std::filesystem::path checkpoint,
                                       std::function<void(ossify::progress const&)> on_progress)
{
    // lets in the cancellation that keeps what was sent; by default only the one that removes it gets here
    co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
    co_return co_await oss.upload_file(
        ossify::upload_file_request("films", "2026/cut.mp4", film)
            .part_size(mib)
            .parallel(4)
            .rate_limit(48 * mib)  // bytes per second: slow enough to watch
            .checkpoint(checkpoint)
            .on_progress(on_progress));
}

// --- a stream: a coroutine that is asked for one chunk after the other, until it has none ---

class log_lines {
public:
    ossify::awaitable<std::string> operator()()
    {
        std::string lines;
        if (chunk_ != 100)
            for (unsigned n = 0; n != 1000; ++n)
                lines += std::to_string(chunk_ * 1000 + n) + " all is well\n";
        ++chunk_;
        co_return lines;
    }

private:
    unsigned chunk_ = 0;
};

ossify::awaitable<outcome> upload_log(ossify::client& oss)
{
    co_return co_await oss.upload_stream(
        ossify::upload_stream_request("films", "2026/cut.log").source(ossify::chunks_from(log_lines())));
}

// --- what runs them ---

// Runs an upload to its end; `stop` cancels it.
outcome run(asio::io_context& io, ossify::awaitable<outcome> upload, asio::cancellation_signal& stop)
{
    outcome got = ossify::failure();
    bool ended = false;
    std::exception_ptr failed;
    auto const on_end = [&](std::exception_ptr thrown, outcome value) {
        failed = thrown;
        got = std::move(value);
        ended = true;
    };
    asio::co_spawn(io, std::move(upload), asio::bind_cancellation_slot(stop.slot(), on_end));
    while (!ended)
        io.run_one();
    if (failed)
        std::rethrow_exception(failed);
    return got;
}

bool demo(asio::io_context& io)
{
    ossify::emulator oss_here(io.get_executor());
    oss_here.create_bucket("films").value();
    ossify::client oss(io.get_executor(), oss_here.client_config());
    scratch_folder const scratch;
    auto const film = make_film(scratch / "cut.mp4");
    auto const checkpoint = scratch / "cut.checkpoint";
    asio::cancellation_signal stop;

    std::cout << "1. An upload that is stopped half-way\n";
    bool stopping = false;
    auto const stop_half_way = [&](ossify::progress const& p) {
        show(p);
        if (p.parts < 8 || std::exchange(stopping, true))
            return;
        asio::post(io, [&stop] { stop.emit(asio::cancellation_type::total); });  // total: keep what was sent
    };
    auto const first = run(io, upload_film(oss, film, checkpoint, stop_half_way), stop);
    if (first || first.error() != ossify::condition::cancelled)
        return false;
    std::cout << "  " << first.error() << "\n\n";

    std::cout << "2. The same upload, started again\n";
    auto const second = run(io, upload_film(oss, film, checkpoint, show), stop);
    if (!second) {
        std::cout << "  " << second.error() << '\n';
        return false;
    }
    std::cout << "  stored " << second->bytes / mib << " MiB in " << second->parts << " parts, "
              << second->figures.resumed_parts << " of them from before\n\n";

    std::cout << "3. A stream of unknown length\n";
    auto const third = run(io, upload_log(oss), stop);
    if (!third) {
        std::cout << "  " << third.error() << '\n';
        return false;
    }
    std::cout << "  stored " << third->bytes << " bytes\n";
    return second->figures.resumed_parts >= 8 && !std::filesystem::exists(checkpoint);
}

}  // namespace

int main()
{
    try {
        asio::io_context io(1);
        return demo(io) ? 0 : 1;
    } catch (std::exception const& e) {
        std::cerr << e.what() << '\n';
        return 1;
    }
}
