// Stores all files of a folder: several at a time, on all threads of an io_context, until Ctrl-C.
//
//     5_upload_folder                          files of its own, to an emulator in this process
//     5_upload_folder ENDPOINT BUCKET FOLDER   with OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET
#include <ossify/client.hpp>
#include <ossify/emulator/emulator.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/signal_set.hpp>
#include <asio/strand.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <deque>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <unistd.h>

namespace {

using namespace std::chrono_literals;

//[ workers
/// Stores files, each worker one after the other. Who wants eight at a time makes eight workers.
class folder_upload {
public:
    folder_upload(ossify::client& oss, std::string bucket, std::filesystem::path root)
        : oss_(oss), bucket_(std::move(bucket)), root_(std::move(root))
    {
        constexpr auto passing_over = std::filesystem::directory_options::skip_permission_denied;
        for (auto const& entry : std::filesystem::recursive_directory_iterator(root_, passing_over))
            if (entry.is_regular_file())
                files_.push_back(entry.path());
    }

    /// `on_end` is called when all workers are done. A worker that throws (there is no memory, say) ends the program.
    void start(asio::io_context& io, unsigned workers, void (*on_end)(asio::io_context&))
    {
        running_ = workers;
        for (unsigned i = 0; i != workers; ++i) {
            worker& w = workers_.emplace_back(io);                // a strand: its handlers never run at the same time
            auto const done = [this, &io, on_end](std::exception_ptr thrown) {
                if (thrown && !stopping_)
                    std::rethrow_exception(thrown);
                if (--running_ == 0)
                    on_end(io);
            };
            asio::co_spawn(w.strand, work(), asio::bind_cancellation_slot(w.stop.slot(), done));
        }
    }

    /// From any thread. What is under way ends within moments. Whether a file that is out is stored is then unknown.
    void stop()
    {
        stopping_ = true;
        for (worker& w : workers_)                                // a signal is not for several threads: to its strand
            asio::post(w.strand, [&w] { w.stop.emit(asio::cancellation_type::terminal); });
    }

    bool all_stored() const { return stored_ == files_.size(); }
    void print() const
    {
        std::cout << stored_ << " of " << files_.size() << " files stored";
        if (unknown_ != 0)
            std::cout << ", and perhaps " << unknown_ << " more";
        std::cout << '\n';
    }

private:
    struct worker {
        explicit worker(asio::io_context& io) : strand(asio::make_strand(io)) {}
        asio::strand<asio::io_context::executor_type> strand;
        asio::cancellation_signal stop;
    };

    ossify::awaitable<void> work()
    {
        for (std::size_t i = next_++; i < files_.size() && !stopping_; i = next_++) {
            std::string const key = files_[i].lexically_relative(root_).generic_string();
            auto const stored = co_await oss_.upload_file(
                ossify::upload_file_request(bucket_, key, files_[i]).time_limit(10min));
            if (stored) {
                ++stored_;
                continue;
            }
            if (stored.error() == ossify::condition::unknown_outcome)
                ++unknown_;
            std::lock_guard const lock(printing_);
            std::cerr << key << ": " << stored.error() << '\n';   // the next file may fare better
        }
    }

    ossify::client& oss_;
    std::string bucket_;
    std::filesystem::path root_;
    std::vector<std::filesystem::path> files_;
    std::deque<worker> workers_;
    std::atomic<std::size_t> next_ = 0;
    std::atomic<std::size_t> stored_ = 0;
    std::atomic<std::size_t> unknown_ = 0;
    std::atomic<unsigned> running_ = 0;
    std::atomic<bool> stopping_ = false;
    std::mutex printing_;
};
//]

/// Files to send, gone again at the end.
class scratch_folder {
public:
    scratch_folder() : path(std::filesystem::temp_directory_path() / ("ossify-folder-" + std::to_string(::getpid())))
    {
        std::filesystem::create_directories(path / "thumbs");
        for (int i = 0; i != 200; ++i)
            std::ofstream(path / (i % 2 == 0 ? "." : "thumbs") / (std::to_string(i) + ".txt"))
                << std::string(static_cast<std::size_t>(i) * 1000, 'a');
    }
    ~scratch_folder()
    {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
    scratch_folder(scratch_folder const&) = delete;
    scratch_folder& operator=(scratch_folder const&) = delete;

    std::filesystem::path const path;
};

bool upload_folder(asio::io_context& io, ossify::config const& config, std::string bucket, std::filesystem::path folder)
{
    constexpr unsigned at_once = 16;
    ossify::client oss(io.get_executor(), config);
    folder_upload all(oss, std::move(bucket), std::move(folder));
    asio::signal_set interrupts(io, SIGINT, SIGTERM);
    interrupts.async_wait([&](std::error_code ec, int) {
        if (ec)
            return;
        interrupts.clear();  // the next one ends the program
        all.stop();
    });
    all.start(io, at_once, [](asio::io_context& done) { done.stop(); });
    {
        std::vector<std::jthread> threads;
        for (unsigned i = 1; i < std::clamp(std::thread::hardware_concurrency(), 2U, 8U); ++i)
            threads.emplace_back([&io] { io.run(); });
        io.run();
    }
    all.print();
    return all.all_stored();
}

bool upload_to_emulator(asio::io_context& io)
{
    ossify::emulator oss_here(io.get_executor());
    oss_here.create_bucket("photos").value();
    scratch_folder const scratch;
    return upload_folder(io, oss_here.client_config(), "photos", scratch.path);
}

}  // namespace

int main(int argc, char** argv)
try {
    asio::io_context io;
    if (argc == 1)
        return upload_to_emulator(io) ? 0 : 1;
    if (argc != 4) {
        std::cerr << "usage: 5_upload_folder [ENDPOINT BUCKET FOLDER]\n";
        return 2;
    }
    auto const config = ossify::config().endpoint(argv[1]).region("cn-hangzhou").credentials(
        ossify::credentials_from_environment());
    return upload_folder(io, config, argv[2], argv[3]) ? 0 : 1;
} catch (std::exception const& e) {
    std::cerr << e.what() << '\n';
    return 1;
}
