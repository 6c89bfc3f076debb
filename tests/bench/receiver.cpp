// How many verified callbacks a second one callback server takes on one core, while slow and broken clients hold on to it.
//
//     bench-receiver [seconds=5] [connections=32] [hostile=500] [rate=20000]
//
// Two processes: the server, on one thread, and the clients. Every callback is signed with RSA-512 and MD5 as the
// service does it, verified, decoded into a struct and answered with one. Exit 1 when an answer was wrong, when the rate
// is below the wanted one, or when the server took more than 64 MiB.
#include <ossify/callback/contract.hpp>
#include <ossify/receiver/callback_server.hpp>

#include "measure.hpp"
#include "signed_callback.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

using clock_type = std::chrono::steady_clock;

struct photo_stored {
    std::string bucket;
    std::string object;
    std::uint64_t size = 0;
    std::string user_id;
};
BOOST_DESCRIBE_STRUCT(photo_stored, (), (bucket, object, size, user_id))
struct photo_reply {
    std::string photo_id;
    std::uint64_t size = 0;
};
BOOST_DESCRIBE_STRUCT(photo_reply, (), (photo_id, size))
using photo_contract = ossify::callback_contract<photo_stored, photo_reply>;

constexpr std::string_view body = R"({"bucket":"photos","object":"users/42/2026/holiday.jpg","size":1048576,"user_id":"42"})";
constexpr std::string_view reply = R"({"photo_id":"users/42/2026/holiday.jpg","size":1048576})";

// --- the server, in a process of its own ---

ossify::awaitable<photo_reply> answer(photo_stored const& photo) { co_return photo_reply{photo.object, photo.size}; }

ossify::awaitable<void> stop(ossify::callback_server& server, asio::signal_set& signals)
{
    co_await signals.async_wait(ossify::awaited);
    co_await server.stop(std::chrono::milliseconds(0));
}

std::uint64_t peak_memory_kib()
{
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmHWM:"))
            return std::strtoull(line.c_str() + 6, nullptr, 10);
    return 0;
}

/// What the server process says at its end.
struct server_report {
    double cpu = 0;
    std::uint64_t peak_kib = 0;
    std::uint64_t verified = 0;
    std::uint64_t refused = 0;
};

void serve(int to_parent, std::string key_url, ossify::codec::public_key key)
{
    server_report out;
    {
        ossify::receiver_config config;
        config.trust_key(std::move(key_url), std::move(key));
        config.log([&out](ossify::callback_log_entry const& e) { ++(e.verified ? out.verified : out.refused); });
        asio::io_context io(1);
        asio::signal_set signals(io, SIGTERM);
        ossify::callback_server server(io.get_executor(), ossify::server_config().receiver(std::move(config)));
        server.on<photo_contract>("/oss/photo", answer);
        server.start().value();
        auto const port = server.port();
        if (::write(to_parent, &port, sizeof port) != sizeof port)
            return;
        asio::co_spawn(io, stop(server, signals), asio::detached);
        io.run();
    }
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    auto const seconds = [](timeval const& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
    out.cpu = seconds(used.ru_utime) + seconds(used.ru_stime);
    out.peak_kib = peak_memory_kib();
    if (::write(to_parent, &out, sizeof out) != sizeof out)
        std::perror("write");
}

// --- the clients ---

int connect_to(std::uint16_t port)
{
    int const fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || ::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0)
        throw std::runtime_error("cannot connect");
    int const on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

/// One of many connections that send the same callback again and again.
struct busy {
    int fd = -1;
    std::string got;
};

/// A client that is slow, stops in the middle, or talks nonsense; when it is thrown out it comes again.
class hostile {
public:
    hostile(std::size_t number, std::uint16_t port, std::string const& good) : kind_(number % 5), port_(port), good_(good) {}
    hostile(hostile const&) = delete;
    hostile(hostile&& other) noexcept
        : kind_(other.kind_), port_(other.port_), good_(other.good_), fd_(std::exchange(other.fd_, -1)), sent_(other.sent_)
    {
    }
    ~hostile()
    {
        if (fd_ >= 0)
            ::close(fd_);
    }

    /// Called ten times a second.
    void step()
    {
        if (fd_ < 0) {
            fd_ = connect_to(port_);
            sent_ = 0;
            if (kind_ == 1)
                send(good_.substr(0, good_.size() - 10));  // a body that stops
            else if (kind_ == 4)
                send("POST /oss/photo HTTP/1.1\r\nHost: h\r\nContent-Length: 262144\r\n\r\n" + std::string(262'143, 'x'));
            else if (kind_ == 2)
                send(std::string(200, '\x16') + "\r\n\r\n");
        }
        if (kind_ == 0 && sent_ < good_.size())
            send(good_.substr(sent_, 1));  // one byte at a time
        char drop[512];
        auto const n = ::recv(fd_, drop, sizeof drop, 0);
        if (n == 0 || (n < 0 && errno != EAGAIN)) {
            ::close(fd_);
            fd_ = -1;
            ++thrown_out;
        }
    }

    inline static std::uint64_t thrown_out = 0;

private:
    void send(std::string const& bytes)
    {
        if (auto const n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL); n > 0)
            sent_ += static_cast<std::size_t>(n);
    }

    std::size_t kind_;  // 3 connects and says nothing
    std::uint16_t port_;
    std::string const& good_;
    int fd_ = -1;
    std::size_t sent_ = 0;
};

class load {
public:
    load(std::uint16_t port, std::string request, std::size_t connections, std::size_t hostile_ones)
        : request_(std::move(request)), epoll_(::epoll_create1(EPOLL_CLOEXEC)), busy_(connections)
    {
        for (std::size_t i = 0; i != hostile_ones; ++i)
            hostile_.emplace_back(i, port, request_);
        for (auto& h : hostile_)
            h.step();
        for (std::size_t i = 0; i != busy_.size(); ++i) {
            busy_[i].fd = connect_to(port);
            epoll_event what{};
            what.events = EPOLLIN;
            what.data.u64 = i;
            ::epoll_ctl(epoll_, EPOLL_CTL_ADD, busy_[i].fd, &what);
            send(busy_[i]);
        }
    }

    /// Returns: how many right answers came.
    std::uint64_t run(std::chrono::duration<double> time)
    {
        std::uint64_t answers = 0;
        auto const end = clock_type::now() + time;
        auto next_step = clock_type::now();
        std::vector<epoll_event> events(busy_.size());
        for (auto now = clock_type::now(); now < end; now = clock_type::now()) {
            if (now >= next_step) {
                next_step = now + std::chrono::milliseconds(100);
                for (auto& h : hostile_)
                    h.step();
            }
            int const n = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 10);
            for (int i = 0; i < n; ++i)
                answers += receive(busy_[events[static_cast<std::size_t>(i)].data.u64]);
        }
        return answers;
    }

private:
    void send(busy& b)
    {
        if (::send(b.fd, request_.data(), request_.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request_.size()))
            throw std::runtime_error("the server takes no more");
    }

    std::uint64_t receive(busy& b)
    {
        char block[4096];
        auto const n = ::recv(b.fd, block, sizeof block, 0);
        if (n <= 0)
            throw std::runtime_error("the server closed a connection that did nothing wrong");
        b.got.append(block, static_cast<std::size_t>(n));
        if (!b.got.ends_with(reply))
            return 0;
        if (!b.got.starts_with("HTTP/1.1 200 "))
            throw std::runtime_error("a wrong answer: " + b.got);
        b.got.clear();
        send(b);
        return 1;
    }

    std::string request_;
    int epoll_;
    std::vector<busy> busy_;
    std::vector<hostile> hostile_;
};

}  // namespace

int main(int argc, char** argv)
try {
    bench::arguments const given(argc, argv);
    std::chrono::duration<double> const time(static_cast<double>(given.number("seconds", 5)));
    auto const key = ossify::codec::private_key::generate_rsa(512).value();
    std::string const key_url = "http://keys.test/key.pem";

    int pipes[2];
    if (::pipe(pipes) != 0)
        throw std::runtime_error("no pipe");
    pid_t const parent = ::getpid();
    pid_t const child = ::fork();
    if (child == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // it ends with who started it, however that ends
        if (::getppid() != parent)
            return 1;
        ::close(pipes[0]);
        serve(pipes[1], key_url, ossify::codec::public_key::from_pem(key.public_pem()).value());
        return 0;
    }
    ::close(pipes[1]);
    std::uint16_t port = 0;
    if (::read(pipes[0], &port, sizeof port) != sizeof port)
        throw std::runtime_error("the server did not start");

    tests::signed_callback callback("/oss/photo", std::string(body));
    callback.key_url = key_url;
    std::uint64_t answers = 0;
    double wall = 0;
    auto const hostile_ones = given.number("hostile", 500);
    {
        load clients(port, callback.request_signed_by(key), given.number("connections", 32), hostile_ones);
        (void)clients.run(std::chrono::duration<double>(0.5));
        auto const began = clock_type::now();
        answers = clients.run(time);
        wall = std::chrono::duration<double>(clock_type::now() - began).count();
        ::kill(child, SIGTERM);
    }
    server_report said;
    bool const reported = ::read(pipes[0], &said, sizeof said) == sizeof said;
    int status = 0;
    ::waitpid(child, &status, 0);
    if (!reported)
        throw std::runtime_error("the server ended badly");

    double const rate = static_cast<double>(answers) / wall;
    double const wanted = static_cast<double>(given.number("rate", 20'000));
    bool const fast = rate >= wanted;
    bool const small = said.peak_kib <= 64 * 1024;
    std::printf("verified callbacks   %.0f a second (wanted %.0f)%s\n", rate, wanted, fast ? "" : "   TOO FEW");
    std::printf("                     %.1f microseconds of the server's CPU each\n",
                said.cpu * 1e6 / static_cast<double>(said.verified));
    std::printf("hostile clients      %llu at a time, thrown out %llu times\n",
                static_cast<unsigned long long>(hostile_ones), static_cast<unsigned long long>(hostile::thrown_out));
    std::printf("memory of the server %.1f MiB at its peak (at most 64)%s\n", static_cast<double>(said.peak_kib) / 1024,
                small ? "" : "   TOO MUCH");
    return fast && small ? 0 : 1;
} catch (std::exception const& e) {
    std::fprintf(stderr, "bench-receiver: %s\n", e.what());
    return 1;
}
