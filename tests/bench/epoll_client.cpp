// The cheapest client that we know how to write: raw epoll, one thread, nothing checked but status and CRC-64. What a
// library costs is measured against this. Each request is signed with the same work as a real one: a SHA-256 over its
// text and an HMAC.
//
//   epoll-client puts port=N [requests=40000] [in_flight=64] [bytes=4096]
//   epoll-client put port=N file=F                       one object
//   epoll-client multipart port=N file=F [part_mib=8] [parallel=4]
//       [read=pread|sendfile] [crc=1]
#include <ossify/codec/crc64.hpp>

#include "measure.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <ctime>

namespace {

using bench::give_up;
using bench::job;

constexpr std::size_t chunk = 256 * 1024;
constexpr std::size_t file_chunk = 4 * 1024 * 1024;     // for sendfile: the longer, the cheaper, and the later are others

void write_head(std::string& out, std::string_view method, std::string_view target, std::uint64_t length)
{
    static unsigned char const key[32] = {1, 2, 3};
    static std::time_t last = 0;
    static char date[32];
    if (std::time_t const now = std::time(nullptr); now != last) {
        last = now;
        std::tm parts{};
        ::gmtime_r(&now, &parts);
        std::strftime(date, sizeof date, "%Y%m%dT%H%M%SZ", &parts);
    }
    char digits[24];
    auto const end = std::to_chars(digits, digits + sizeof digits, length).ptr;
    out.assign(method).append(" ").append(target).append(
        " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/octet-stream\r\nContent-Length: ");
    out.append(digits, end).append("\r\nx-oss-content-sha256: UNSIGNED-PAYLOAD\r\nx-oss-date: ").append(date);
    unsigned char digest[32];
    unsigned char signature[32];
    ::SHA256(reinterpret_cast<unsigned char const*>(out.data()), out.size(), digest);
    ::HMAC(::EVP_sha256(), key, sizeof key, digest, sizeof digest, signature, nullptr);
    out.append("\r\nAuthorization: OSS4-HMAC-SHA256 Credential=ak/20261122/cn-hangzhou/oss/aliyun_v4_request,Signature=");
    for (unsigned char const byte : signature)
        out.append(1, "0123456789abcdef"[byte >> 4]).append(1, "0123456789abcdef"[byte & 15]);
    out.append("\r\n\r\n");
}

struct answer {
    int status = 0;
    std::size_t head = 0;
    std::size_t body = 0;
    bool has_crc = false;
    std::uint64_t crc = 0;
};

/// Returns: false until the whole answer is there.
bool parse(std::string_view text, answer& a)
{
    auto const end = text.find("\r\n\r\n");
    if (end == text.npos)
        return false;
    a = {};
    a.head = end + 4;
    a.status = std::atoi(text.data() + 9);
    for (std::size_t at = text.find("\r\n"); at < end;) {
        at += 2;
        auto const next = text.find("\r\n", at);
        auto const line = text.substr(at, next - at);
        auto const value = [line](std::string_view name) -> char const* {
            bool const same = line.size() > name.size() && line[name.size()] == ':' &&
                              ::strncasecmp(line.data(), name.data(), name.size()) == 0;
            return same ? line.data() + name.size() + 2 : nullptr;
        };
        if (auto const* const v = value("content-length")) {
            a.body = static_cast<std::size_t>(std::strtoull(v, nullptr, 10));
        } else if (auto const* const sum = value("x-oss-hash-crc64ecma")) {
            a.crc = std::strtoull(sum, nullptr, 10);
            a.has_crc = true;
        }
        at = next;
    }
    return text.size() >= a.head + a.body;
}

enum class how { memory, pread, sendfile };

struct connection {
    int fd = -1;
    std::size_t job = 0;
    std::uint64_t offset = 0;       // of the next byte to load
    std::uint64_t end = 0;
    std::string head;
    std::size_t head_sent = 0;
    std::string in;
    char* buffer = nullptr;
    char const* loaded = nullptr;   // bytes that are still to be sent
    std::size_t bytes = 0;
    std::uint64_t crc = 0;
    bool waits_for_room = false;
};

class client {
public:
    client(bench::arguments const& args, how source, int file, std::vector<job> jobs, std::size_t connections)
        : source_(source), file_(file), crc_(args.number("crc", 1) != 0), jobs_(std::move(jobs)), sums_(jobs_.size()),
          epoll_(::epoll_create1(0)), connections_(connections)
    {
        for (connection& c : connections_) {
            c.fd = dial(static_cast<std::uint16_t>(args.number("port", 0)));
            if (source_ == how::pread)
                c.buffer = static_cast<char*>(std::aligned_alloc(4096, chunk));  // see session/buffer_pool.hpp
        }
    }

    std::string ask(std::string_view method, std::string_view target, std::string_view body, answer& a)
    {
        connection& c = connections_[0];
        std::string text;
        std::string in;
        write_head(text, method, target, body.size());
        text += body;
        if (::send(c.fd, text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size()))
            give_up("send");
        std::array<char, 8192> some;
        while (!parse(in, a)) {
            ssize_t const n = ::recv(c.fd, some.data(), some.size(), 0);
            if (n <= 0)
                give_up("recv");
            in.append(some.data(), static_cast<std::size_t>(n));
        }
        if (a.status != 200)
            give_up("bad answer");
        return in.substr(a.head);
    }

    void watch()
    {
        for (connection& c : connections_) {
            ::fcntl(c.fd, F_SETFL, O_NONBLOCK);
            epoll_event e{};
            e.events = EPOLLIN;
            e.data.ptr = &c;
            ::epoll_ctl(epoll_, EPOLL_CTL_ADD, c.fd, &e);
        }
    }

    /// Performs the next `n` jobs.
    void run(std::size_t n)
    {
        std::size_t const last = next_ + n;
        std::size_t open = 0;
        for (connection& c : connections_)
            if (next_ != last) {
                begin(c);
                ++open;
            }
        std::array<epoll_event, 256> events;
        std::array<char, 16384> some;
        while (open != 0) {
            int const ready = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 60'000);
            if (ready <= 0)
                give_up("epoll_wait");
            for (int i = 0; i != ready; ++i) {
                epoll_event const& event = events[static_cast<std::size_t>(i)];
                connection& c = *static_cast<connection*>(event.data.ptr);
                if ((event.events & EPOLLOUT) != 0)
                    pump(c);
                if ((event.events & ~static_cast<std::uint32_t>(EPOLLOUT)) == 0)
                    continue;
                ssize_t const got = ::recv(c.fd, some.data(), some.size(), 0);
                if (got == 0 || (got < 0 && errno != EAGAIN))
                    give_up("recv");
                if (got < 0)
                    continue;
                c.in.append(some.data(), static_cast<std::size_t>(got));
                answer a;
                if (!parse(c.in, a))
                    continue;
                if (a.status != 200 || (crc_ && a.has_crc && a.crc != c.crc))
                    give_up("bad answer");
                c.in.erase(0, a.head + a.body);
                sums_[c.job] = c.crc;
                if (next_ != last)
                    begin(c);
                else
                    --open;
            }
        }
    }

    void check_whole(answer const& a) const
    {
        std::uint64_t whole = 0;
        for (std::size_t i = 0; i != jobs_.size(); ++i)
            whole = ossify::crc64_combine(whole, sums_[i], jobs_[i].bytes);
        if (crc_ && a.has_crc && a.crc != whole)
            give_up("bad checksum of the whole");
    }

    void block() { ::fcntl(connections_[0].fd, F_SETFL, 0); }

private:
    static int dial(std::uint16_t port)
    {
        int const fd = ::socket(AF_INET, SOCK_STREAM, 0);
        int const on = 1;
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(port);
        if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
            give_up("connect");
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        return fd;
    }

    void begin(connection& c)
    {
        c.job = next_++;
        job const& j = jobs_[c.job];
        c.offset = j.offset;
        c.end = j.offset + j.bytes;
        c.crc = 0;
        c.bytes = 0;
        c.head_sent = 0;
        write_head(c.head, "PUT", j.target, j.bytes);
        pump(c);
    }

    void load(connection& c)
    {
        static std::array<char, 1 << 20> const zeros{};
        if (source_ == how::sendfile) {
            c.loaded = nullptr;
            c.bytes = static_cast<std::size_t>(std::min<std::uint64_t>(file_chunk, c.end - c.offset));
            if (crc_)
                sum_mapped(c);
            c.offset += c.bytes;
            return;
        }
        auto n = static_cast<std::size_t>(std::min<std::uint64_t>(chunk, c.end - c.offset));
        if (source_ == how::pread) {
            ssize_t const got = ::pread(file_, c.buffer, n, static_cast<off_t>(c.offset));
            if (got <= 0)
                give_up("pread");
            n = static_cast<std::size_t>(got);
            c.loaded = c.buffer;
        } else {
            c.loaded = zeros.data();
        }
        if (crc_)
            c.crc = ossify::crc64(std::string_view(c.loaded, n), c.crc);
        c.bytes = n;
        c.offset += n;
    }

    // Nothing guards it: a file that is cut meanwhile, or a disk that fails, kills this process.
    void sum_mapped(connection& c)
    {
        void* const mapped = ::mmap(nullptr, c.bytes, PROT_READ, MAP_SHARED, file_, static_cast<off_t>(c.offset));
        if (mapped == MAP_FAILED)
            give_up("mmap");
        c.crc = ossify::crc64(std::string_view(static_cast<char const*>(mapped), c.bytes), c.crc);
        ::munmap(mapped, c.bytes);
    }

    /// Sends until the socket is full or the request is out.
    void pump(connection& c)
    {
        for (;;) {
            if (c.bytes == 0 && c.offset < c.end)
                load(c);
            std::size_t const of_head = c.head.size() - c.head_sent;
            if (of_head == 0 && c.bytes == 0)
                return watch_room(c, false);
            ssize_t n = 0;
            if (source_ == how::sendfile && of_head == 0) {
                auto at = static_cast<off_t>(c.offset - c.bytes);
                n = ::sendfile(c.fd, file_, &at, c.bytes);
            } else {
                iovec parts[2] = {{c.head.data() + c.head_sent, of_head}, {const_cast<char*>(c.loaded), c.bytes}};
                msghdr message{};
                message.msg_iov = of_head != 0 ? parts : parts + 1;
                message.msg_iovlen = of_head != 0 && source_ != how::sendfile && c.bytes != 0 ? 2 : 1;
                n = ::sendmsg(c.fd, &message, MSG_NOSIGNAL | (source_ == how::sendfile ? MSG_MORE : 0));
            }
            if (n < 0) {
                if (errno != EAGAIN)
                    give_up("send");
                return watch_room(c, true);
            }
            auto sent = static_cast<std::size_t>(n);
            std::size_t const from_head = std::min(sent, of_head);
            c.head_sent += from_head;
            sent -= from_head;
            if (c.loaded != nullptr)
                c.loaded += sent;
            c.bytes -= sent;
        }
    }

    void watch_room(connection& c, bool wanted)
    {
        if (c.waits_for_room == wanted)
            return;
        c.waits_for_room = wanted;
        epoll_event e{};
        e.events = EPOLLIN | (wanted ? static_cast<std::uint32_t>(EPOLLOUT) : 0u);
        e.data.ptr = &c;
        ::epoll_ctl(epoll_, EPOLL_CTL_MOD, c.fd, &e);
    }

    how source_;
    int file_;
    bool crc_;
    std::vector<job> jobs_;
    std::vector<std::uint64_t> sums_;
    int epoll_;
    std::vector<connection> connections_;
    std::size_t next_ = 0;
};

}  // namespace

int main(int count, char** values)
{
    bench::arguments const args(count, values);
    if (args.what() == "version") {
        std::printf("compiler %s, %s\n", __VERSION__, OpenSSL_version(OPENSSL_VERSION));
        return 0;
    }
    if (args.what() != "put" && args.what() != "puts" && args.what() != "multipart")
        bench::refuse(args.what());
    if (args.what() == "puts") {
        auto const requests = static_cast<std::size_t>(args.number("requests", 40'000));
        auto const in_flight = static_cast<std::size_t>(args.number("in_flight", 64));
        std::uint64_t const bytes = args.number("bytes", 4096);
        client c(args, how::memory, -1, std::vector<job>(requests + in_flight, job{"/bkt/obj", 0, bytes}), in_flight);
        c.watch();
        c.run(in_flight);
        bench::meter meter;
        c.run(requests);
        meter.report(requests, requests * bytes);
        return args.refuse_unused();
    }
    std::string const name = args.text("file");
    int const file = ::open(name.c_str(), O_RDONLY);
    struct ::stat info{};
    if (file < 0 || ::fstat(file, &info) != 0)
        give_up(name);
    auto const size = static_cast<std::uint64_t>(info.st_size);
    how const source = args.text("read", "pread") == "sendfile" ? how::sendfile : how::pread;
    bench::meter meter;
    if (args.what() == "put") {
        client c(args, source, file, {job{"/bkt/obj", 0, size}}, 1);
        c.watch();
        c.run(1);
        meter.report(1, size);
        return args.refuse_unused();
    }
    answer a;
    client first(args, source, file, {}, 1);
    std::string const id = bench::between(first.ask("POST", "/bkt/obj?uploads", "", a), "<UploadId>", "</UploadId>");
    auto const parts = bench::parts_of(size, args.number("part_mib", 8) << 20, id);
    client c(args, source, file, parts, static_cast<std::size_t>(args.number("parallel", 4)));
    c.watch();
    c.run(parts.size());
    c.block();
    c.ask("POST", "/bkt/obj?uploadId=" + id, bench::complete_body(parts.size()), a);
    c.check_whole(a);
    meter.report(1, size);
    return args.refuse_unused();
}
