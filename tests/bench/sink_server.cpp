// A server that takes uploads as fast as it can and forgets them, to time clients with: PUT, multipart uploads, HEAD.
// One epoll thread on 127.0.0.1. Bodies are dropped inside the kernel unless their checksum must really be computed.
//
//   sink-server [port=0] [crc=zeros|real|off] [tls=FOLDER] [suite=NAME] [delay=MICROSECONDS]
//       [polls=MICROSECONDS] [life=SECONDS]
//
// It prints its port. crc=zeros (the default) answers the CRC-64 of a body of that many zero bytes without reading it;
// crc=real reads the body and computes it. tls= makes a certificate and leaves its authority in FOLDER/ca.pem. suite=
// speaks that cipher suite of TLS 1.3 and nothing else; without it the client's first choice is taken. delay= holds every
// answer back. polls= looks for more that long before it sleeps, unless others want the processor: who sends to a server
// that sleeps pays for waking it. A request with a callback is answered with a JSON body. GET /stat answers what came in
// since the last one: puts, parts, their bytes, connections, and the CRC-64 of the last object. It ends with its standard
// input.
#include <ossify/codec/crc64.hpp>

#include "certificates.hpp"
#include "measure.hpp"

#include <openssl/ssl.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <deque>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>

namespace {

using clock_type = std::chrono::steady_clock;

enum class sum { off, zeros, real };

sum sums = sum::zeros;
std::chrono::microseconds delay{0};
int epoll_fd = -1;
std::uint64_t uploads_begun = 0;
std::array<char, 1 << 20> scratch;

struct part {
    std::uint64_t crc;
    std::uint64_t bytes;
};
std::unordered_map<std::string, std::map<int, part>> uploads;

struct {
    std::uint64_t puts = 0;
    std::uint64_t parts = 0;
    std::uint64_t connections = 0;
    std::uint64_t bytes = 0;
    std::uint64_t object_bytes = 0;  // of the last object
    std::uint64_t object_crc = 0;
} seen;

// Of a body of zero bytes; each length is computed once.
std::uint64_t crc_of_zeros(std::uint64_t bytes)
{
    static std::unordered_map<std::uint64_t, std::uint64_t> known;
    auto const [at, added] = known.try_emplace(bytes, 0);
    if (added) {
        static std::array<char, 65536> const zeros{};
        for (std::uint64_t left = bytes; left != 0;) {
            auto const n = std::min<std::uint64_t>(left, zeros.size());
            at->second = ossify::crc64(std::string_view(zeros.data(), static_cast<std::size_t>(n)), at->second);
            left -= n;
        }
    }
    return at->second;
}

struct connection {
    explicit connection(int socket) : fd(socket) {}
    connection(connection const&) = delete;
    connection& operator=(connection const&) = delete;
    ~connection()
    {
        SSL_free(ssl);
        ::close(fd);
    }

    int fd;
    SSL* ssl = nullptr;
    bool handshaken = true;
    bool waits_for_room = false;
    std::string in;             // head bytes not parsed yet
    std::string out;            // answer bytes not sent yet
    // the request under way
    bool in_body = false;
    bool has_callback = false;
    bool chunked = false;       // `left` is then what is left of a chunk
    std::string method;
    std::string target;
    std::uint64_t left = 0;     // bytes of the body still to come
    std::uint64_t got = 0;
    std::uint64_t crc = 0;
};

std::optional<std::string> query_item(std::string_view target, std::string_view name)
{
    auto at = target.find('?');
    while (at != std::string_view::npos) {
        target.remove_prefix(at + 1);
        at = target.find('&');
        auto const item = target.substr(0, at);
        if (item == name)
            return std::string();
        if (item.size() > name.size() && item.starts_with(name) && item[name.size()] == '=')
            return std::string(item.substr(name.size() + 1));
    }
    return std::nullopt;
}

std::string_view header(std::string_view head, std::string_view name)
{
    for (auto at = head.find("\r\n"); at != std::string_view::npos;) {
        auto const begin = at + 2;
        at = head.find("\r\n", begin);
        auto const line = head.substr(begin, at == std::string_view::npos ? at : at - begin);
        if (line.size() <= name.size() || line[name.size()] != ':' ||
            ::strncasecmp(line.data(), name.data(), name.size()) != 0)
            continue;
        auto value = line.substr(name.size() + 1);
        value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
        return value;
    }
    return {};
}

void answer(connection& c, char const* status, std::string_view headers, std::string_view body)
{
    static std::time_t last = 0;
    static char date[40];
    if (std::time_t const now = std::time(nullptr); now != last) {
        last = now;
        std::tm parts{};
        ::gmtime_r(&now, &parts);
        std::strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    }
    char head[320];
    int const n = std::snprintf(head, sizeof head,
                                "HTTP/1.1 %s\r\nServer: AliyunOSS\r\nDate: %s\r\nContent-Length: %zu\r\n"
                                "Connection: keep-alive\r\nx-oss-request-id: 5C3D9175B6FC201293AD0001\r\n"
                                "x-oss-server-time: 1\r\n",
                                status, date, body.size());
    c.out.append(head, static_cast<std::size_t>(n)).append(headers).append("\r\n").append(body);
}

std::string crc_header(std::uint64_t crc)
{
    return sums == sum::off ? std::string() : "x-oss-hash-crc64ecma: " + std::to_string(crc) + "\r\n";
}

void finish_request(connection& c)
{
    c.in_body = false;
    std::uint64_t const crc = sums == sum::real ? c.crc : sums == sum::zeros ? crc_of_zeros(c.got) : 0;
    auto const upload = query_item(c.target, "uploadId");
    if (c.method == "PUT") {
        seen.bytes += c.got;
        if (upload) {
            ++seen.parts;
            uploads[*upload][std::atoi(query_item(c.target, "partNumber").value_or("0").c_str())] = {crc, c.got};
        } else {
            ++seen.puts;
            seen.object_bytes = c.got;
            seen.object_crc = crc;
        }
        answer(c, "200 OK",
               "ETag: \"D41D8CD98F00B204E9800998ECF8427E\"\r\n" + crc_header(crc) +
                   (c.has_callback ? "Content-Type: application/json\r\n" : ""),
               c.has_callback ? R"({"id":4711,"ok":true})" : "");
    } else if (c.method == "POST" && query_item(c.target, "uploads")) {
        std::string const id = "0004B9894A22E5B1888A" + std::to_string(++uploads_begun);
        uploads[id];
        answer(c, "200 OK", "Content-Type: application/xml\r\n",
               "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<InitiateMultipartUploadResult><Bucket>bkt</Bucket>"
               "<Key>obj</Key><UploadId>" + id + "</UploadId></InitiateMultipartUploadResult>");
    } else if (c.method == "POST" && upload) {
        std::uint64_t whole = 0;
        seen.object_bytes = 0;
        for (auto const& [number, p] : uploads[*upload]) {
            whole = ossify::crc64_combine(whole, p.crc, p.bytes);
            seen.object_bytes += p.bytes;
        }
        seen.object_crc = whole;
        std::string const etag = "\"D41D8CD98F00B204E9800998ECF8427E-" + std::to_string(uploads[*upload].size()) + '"';
        uploads.erase(*upload);
        answer(c, "200 OK", "Content-Type: application/xml\r\nETag: " + etag + "\r\n" + crc_header(whole),
               "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<CompleteMultipartUploadResult><Location>http://127.0.0.1/"
               "bkt/obj</Location><Bucket>bkt</Bucket><Key>obj</Key><ETag>" + etag +
               "</ETag></CompleteMultipartUploadResult>");
    } else if (c.method == "GET" && c.target == "/stat") {
        std::string text;
        for (auto const& [name, value] : std::initializer_list<std::pair<char const*, std::uint64_t>>{
                 {"puts", seen.puts}, {"parts", seen.parts}, {"connections", seen.connections}, {"bytes", seen.bytes},
                 {"object_bytes", seen.object_bytes}, {"object_crc", seen.object_crc}})
            text.append(text.empty() ? "{\"" : ", \"").append(name).append("\": ").append(std::to_string(value));
        seen = {};
        answer(c, "200 OK", "Content-Type: application/json\r\n", text + "}");
    } else if (c.method == "DELETE") {
        answer(c, "204 No Content", "", "");
    } else {
        answer(c, c.method == "HEAD" ? "404 Not Found" : "200 OK", "", "");
    }
}

void take_body(connection& c, std::string_view bytes)
{
    c.got += bytes.size();
    c.left -= bytes.size();
    if (sums == sum::real)
        c.crc = ossify::crc64(bytes, c.crc);
    if (c.left == 0 && !c.chunked)
        finish_request(c);
}

/// Takes the chunks in `c.in`. Returns: false for what is no chunk.
bool take_chunks(connection& c)
{
    while (c.in_body && !c.in.empty()) {
        if (c.left != 0) {
            auto const here = static_cast<std::size_t>(std::min<std::uint64_t>(c.left, c.in.size()));
            take_body(c, std::string_view(c.in).substr(0, here));
            c.in.erase(0, here);
            continue;
        }
        std::size_t const begin = c.in.starts_with("\r\n") ? 2 : 0;  // the end of the last chunk
        auto const end = c.in.find("\r\n", begin);
        if (end == c.in.npos)
            return c.in.size() < 32;
        char* digits_end = nullptr;
        std::uint64_t const bytes = std::strtoull(c.in.c_str() + begin, &digits_end, 16);
        if (digits_end != c.in.c_str() + end)
            return false;
        if (bytes != 0) {
            c.in.erase(0, end + 2);
            c.left = bytes;
        } else if (c.in.size() < end + 4) {
            return true;
        } else {
            c.in.erase(0, end + 4);  // no trailers are taken
            finish_request(c);
        }
    }
    return true;
}

/// Takes the requests in `c.in` apart. Returns: false for a peer that speaks nonsense.
bool parse(connection& c)
{
    while (!c.in.empty()) {
        if (c.in_body)
            return take_chunks(c) && (c.in_body || parse(c));
        auto const end = c.in.find("\r\n\r\n");
        if (end == std::string::npos)
            return c.in.size() < 65536;
        std::string_view const head(c.in.data(), end);
        auto const first = head.find(' ');
        auto const second = head.find(' ', first + 1);
        if (first == head.npos || second == head.npos)
            return false;
        c.method = head.substr(0, first);
        c.target = head.substr(first + 1, second - first - 1);
        c.left = std::strtoull(std::string(header(head, "Content-Length")).c_str(), nullptr, 10);
        c.has_callback = !header(head, "x-oss-callback").empty();
        c.got = c.crc = 0;
        c.in_body = true;
        c.chunked = header(head, "Transfer-Encoding") == "chunked";
        if (!header(head, "Expect").empty())
            c.out += "HTTP/1.1 100 Continue\r\n\r\n";
        if (c.chunked) {
            c.left = 0;
            c.in.erase(0, end + 4);
            continue;
        }
        auto const here = static_cast<std::size_t>(std::min<std::uint64_t>(c.left, c.in.size() - end - 4));
        std::string const rest = c.in.substr(end + 4 + here);
        take_body(c, std::string_view(c.in).substr(end + 4, here));
        c.in = rest;
        if (c.in_body)
            return true;
    }
    return true;
}

/// Returns: false when the peer is gone.
bool flush(connection& c)
{
    std::size_t done = 0;
    while (done != c.out.size()) {
        std::size_t const n = c.out.size() - done;
        long const sent = c.ssl != nullptr ? SSL_write(c.ssl, c.out.data() + done, static_cast<int>(n))
                                           : static_cast<long>(::send(c.fd, c.out.data() + done, n, MSG_NOSIGNAL));
        if (sent > 0) {
            done += static_cast<std::size_t>(sent);
            continue;
        }
        if (c.ssl != nullptr ? SSL_get_error(c.ssl, static_cast<int>(sent)) != SSL_ERROR_WANT_WRITE : errno != EAGAIN)
            return false;
        break;
    }
    c.out.erase(0, done);
    if (c.out.empty() == c.waits_for_room) {
        c.waits_for_room = !c.out.empty();
        epoll_event e{};
        e.events = EPOLLIN | (c.waits_for_room ? static_cast<std::uint32_t>(EPOLLOUT) : 0u);
        e.data.ptr = &c;
        ::epoll_ctl(epoll_fd, EPOLL_CTL_MOD, c.fd, &e);
    }
    return true;
}

struct late_answer {
    clock_type::time_point when;
    connection* to;
};
std::deque<late_answer> held_back;

enum class progress { more, none, gone };

progress read_some(connection& c)
{
    bool const bulk = c.in_body && c.left != 0;
    std::size_t const room = bulk ? static_cast<std::size_t>(std::min<std::uint64_t>(c.left, scratch.size()))
                             : c.in_body ? 32  // the line between two chunks
                                         : 65536;
    long n = 0;
    if (c.ssl != nullptr) {
        n = SSL_read(c.ssl, scratch.data(), static_cast<int>(room));
        if (n <= 0) {
            int const why = SSL_get_error(c.ssl, static_cast<int>(n));
            return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? progress::none : progress::gone;
        }
    } else {
        n = bulk && sums != sum::real ? ::recv(c.fd, nullptr, static_cast<std::size_t>(c.left), MSG_TRUNC)
                                      : ::recv(c.fd, scratch.data(), room, 0);
        if (n == 0)
            return progress::gone;
        if (n < 0)
            return errno == EAGAIN || errno == EINTR ? progress::none : progress::gone;
    }
    auto const bytes = static_cast<std::size_t>(n);
    if (bulk && c.ssl == nullptr && sums != sum::real) {
        c.got += bytes;
        c.left -= bytes;
        if (c.left == 0 && !c.chunked)
            finish_request(c);
    } else if (bulk) {
        take_body(c, std::string_view(scratch.data(), bytes));
    } else {
        c.in.append(scratch.data(), bytes);
        if (!parse(c))
            return progress::gone;
    }
    // a short read of a head means that no more is there
    return c.ssl != nullptr || bulk || c.in_body || bytes == room ? progress::more : progress::none;
}

/// Returns: false when the connection is over.
bool serve(connection& c)
{
    if (!c.handshaken) {
        int const done = SSL_accept(c.ssl);
        if (done != 1) {
            int const why = SSL_get_error(c.ssl, done);
            return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
        }
        c.handshaken = true;
    }
    for (int turn = 0; turn != 16 || (c.ssl != nullptr && SSL_pending(c.ssl) > 0); ++turn) {
        progress const p = read_some(c);
        if (p == progress::gone)
            return false;
        if (!c.out.empty()) {
            if (delay.count() != 0 && !c.in_body) {
                held_back.push_back({clock_type::now() + delay, &c});
                return true;
            }
            if (!flush(c))
                return false;
        }
        if (p == progress::none)
            return true;
    }
    return true;
}

void drop(connection* c)
{
    for (late_answer& l : held_back)
        if (l.to == c)
            l.to = nullptr;
    delete c;
}

SSL_CTX* make_context(std::string const& folder, std::string const& suite)
{
    tests::certificate const authority("bench authority", "", nullptr);
    tests::certificate const server("localhost", "DNS:localhost,IP:127.0.0.1", &authority);
    std::string const key = folder + "/server-key.pem";
    std::string const chain = folder + "/server.pem";
    server.write(chain, key);
    authority.write(folder + "/ca.pem");
    SSL_CTX* const context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (SSL_CTX_use_certificate_chain_file(context, chain.c_str()) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1)
        bench::give_up("certificate");
    std::remove(key.c_str());
    if (!suite.empty() && (SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) != 1 ||
                           SSL_CTX_set_ciphersuites(context, suite.c_str()) != 1))
        bench::refuse("suite=" + suite);
    return context;
}

void accept_all(int listener, SSL_CTX* context)
{
    int const on = 1;
    for (int fd; (fd = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK)) >= 0;) {
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        auto* const c = new connection(fd);
        ++seen.connections;
        if (context != nullptr) {
            c->ssl = SSL_new(context);
            SSL_set_fd(c->ssl, fd);
            c->handshaken = false;
        }
        epoll_event e{};
        e.events = EPOLLIN;
        e.data.ptr = c;
        ::epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &e);
    }
}

}  // namespace

int main(int count, char** values)
{
    bench::arguments const args(count, values);
    std::signal(SIGPIPE, SIG_IGN);
    std::string const wanted = args.text("crc", "zeros");
    sums = wanted == "real" ? sum::real : wanted == "off" ? sum::off : sum::zeros;
    delay = std::chrono::microseconds(args.number("delay", 0));
    std::string const folder = args.text("tls");
    std::string const suite = args.text("suite");
    SSL_CTX* const context = folder.empty() ? nullptr : make_context(folder, suite);

    int const listener = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(args.number("port", 0)));
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener, any, size) != 0 || ::listen(listener, 4096) != 0 || ::getsockname(listener, any, &size) != 0)
        bench::give_up("listen");
    std::printf("%u\n", static_cast<unsigned>(ntohs(address.sin_port)));
    std::fflush(stdout);

    epoll_fd = ::epoll_create1(0);
    static char listening;
    static char parent;
    epoll_event e{};
    e.events = EPOLLIN;
    e.data.ptr = &listening;
    ::epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listener, &e);
    e.data.ptr = &parent;
    ::epoll_ctl(epoll_fd, EPOLL_CTL_ADD, STDIN_FILENO, &e);  // fails for a file, which does not matter

    auto const end = clock_type::now() + std::chrono::seconds(args.number("life", 3600));
    auto const polls = std::chrono::microseconds(args.number("polls", 0));
    std::vector<epoll_event> events(512);
    auto busy_until = clock_type::now();
    for (auto now = busy_until; now < end; now = clock_type::now()) {
        int wait = now < busy_until ? 0 : 1000;
        if (!held_back.empty()) {
            auto const left = held_back.front().when - clock_type::now();
            wait = std::max(0, static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(left).count()));
        }
        int const n = ::epoll_wait(epoll_fd, events.data(), static_cast<int>(events.size()), wait);
        if (n > 0)
            busy_until = clock_type::now() + polls;
        else if (wait == 0)
            ::sched_yield();
        for (int i = 0; i < n; ++i) {
            epoll_event const& event = events[static_cast<std::size_t>(i)];
            if (event.data.ptr == &listening) {
                accept_all(listener, context);
                continue;
            }
            if (event.data.ptr == &parent)
                return 0;
            auto* const c = static_cast<connection*>(event.data.ptr);
            bool alive = true;
            if ((event.events & EPOLLOUT) != 0)
                alive = flush(*c);
            if (alive && (event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
                alive = serve(*c);
            if (!alive)
                drop(c);
        }
        for (now = clock_type::now(); !held_back.empty() && held_back.front().when <= now;) {
            connection* const c = held_back.front().to;
            held_back.pop_front();
            if (c != nullptr && !flush(*c))
                drop(c);
        }
    }
}
