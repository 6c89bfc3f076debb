// What one would write instead of using a client library: libcurl's multi interface, and its easy one for `first`.
// Unsigned; crc=1 takes the checksum of what is sent, with liblzma.
//
//   curl-client puts port=N [requests=40000] [in_flight=64] [bytes=4096]
//   curl-client put port=N file=F
//   curl-client multipart port=N file=F [part_mib=8] [parallel=4]
//   curl-client first port=N [clients=200] [bytes=4096]
//       [crc=0] [tls=FOLDER] [buffer_kib=64]
//
// buffer_kib=: of libcurl's buffer for what it sends; not for `first`.
#include "measure.hpp"

#include <curl/curl.h>
#ifdef BENCH_HAS_LZMA
#include <lzma.h>
#endif

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstring>

namespace {

using bench::give_up;
using bench::job;

#ifdef BENCH_HAS_LZMA
constexpr bool can_sum = true;
std::uint64_t sum(char const* bytes, std::size_t n, std::uint64_t before)
{
    return lzma_crc64(reinterpret_cast<unsigned char const*>(bytes), n, before);
}
#else
constexpr bool can_sum = false;
std::uint64_t sum(char const*, std::size_t, std::uint64_t) { return 0; }
#endif

struct transfer {
    CURL* easy = nullptr;
    int file = -1;  // -1: zeros
    std::uint64_t at = 0;
    std::uint64_t end = 0;
    std::uint64_t crc = 0;
    bool sums = false;
};

std::size_t give_body(char* into, std::size_t size, std::size_t count, void* of)
{
    static std::array<char, 1 << 20> const zeros{};
    auto& t = *static_cast<transfer*>(of);
    auto n = static_cast<std::size_t>(std::min<std::uint64_t>(size * count, t.end - t.at));
    if (t.file < 0) {
        std::memcpy(into, zeros.data(), std::min(n, zeros.size()));
    } else if (n != 0) {
        ssize_t const got = ::pread(t.file, into, n, static_cast<off_t>(t.at));
        if (got <= 0)
            return CURL_READFUNC_ABORT;
        n = static_cast<std::size_t>(got);
    }
    if (t.sums)
        t.crc = sum(into, n, t.crc);
    t.at += n;
    return n;
}

std::size_t ignore_answer(char*, std::size_t size, std::size_t count, void*) { return size * count; }

std::size_t keep_answer(char* bytes, std::size_t size, std::size_t count, void* to)
{
    static_cast<std::string*>(to)->append(bytes, size * count);
    return size * count;
}

void check(CURL* easy, CURLcode outcome)
{
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    if (outcome == CURLE_OK && status == 200)
        return;
    std::fprintf(stderr, "%s, status %ld\n", curl_easy_strerror(outcome), status);
    std::exit(1);
}

std::string base_of(bench::arguments const& args)
{
    return (args.text("tls").empty() ? "http://127.0.0.1:" : "https://127.0.0.1:") + args.text("port");
}

curl_slist* usual_headers()
{
    curl_slist* out = curl_slist_append(nullptr, "Expect:");
    out = curl_slist_append(out, "Authorization: OSS ak:eremX9ADoxYkUuBINEYQRJHUUHA=");
    return curl_slist_append(out, "Content-Type: application/octet-stream");
}

void trust(CURL* easy, bench::arguments const& args)
{
    if (std::string const folder = args.text("tls"); !folder.empty())
        curl_easy_setopt(easy, CURLOPT_CAINFO, (folder + "/ca.pem").c_str());
}

class client {
public:
    client(bench::arguments const& args, int file, std::size_t in_flight) : multi_(curl_multi_init()), all_(in_flight)
    {
        auto const buffer_kib = args.number("buffer_kib", 64);
        if (buffer_kib < 16 || buffer_kib > 1024)  // libcurl would take its own bounds instead
            bench::refuse("buffer_kib=" + args.text("buffer_kib"));
        base_ = base_of(args);
        headers_ = usual_headers();
        for (transfer& t : all_) {
            t.easy = curl_easy_init();
            t.file = file;
            t.sums = args.number("crc", 0) != 0;
            curl_easy_setopt(t.easy, CURLOPT_UPLOAD, 1L);
            curl_easy_setopt(t.easy, CURLOPT_READFUNCTION, &give_body);
            curl_easy_setopt(t.easy, CURLOPT_READDATA, &t);
            curl_easy_setopt(t.easy, CURLOPT_WRITEFUNCTION, &ignore_answer);
            curl_easy_setopt(t.easy, CURLOPT_HTTPHEADER, headers_);
            curl_easy_setopt(t.easy, CURLOPT_PRIVATE, &t);
            curl_easy_setopt(t.easy, CURLOPT_NOSIGNAL, 1L);
            curl_easy_setopt(t.easy, CURLOPT_UPLOAD_BUFFERSIZE, static_cast<long>(buffer_kib << 10));
            trust(t.easy, args);
        }
    }

    void run(std::vector<job> const& jobs)
    {
        std::size_t next = 0;
        std::size_t done = 0;
        for (transfer& t : all_)
            if (next != jobs.size())
                start(t, jobs[next++]);
        while (done != jobs.size()) {
            int running = 0;
            curl_multi_perform(multi_, &running);
            int queued = 0;
            while (CURLMsg const* const message = curl_multi_info_read(multi_, &queued)) {
                if (message->msg != CURLMSG_DONE)
                    continue;
                CURL* const easy = message->easy_handle;
                CURLcode const outcome = message->data.result;
                transfer* t = nullptr;
                curl_easy_getinfo(easy, CURLINFO_PRIVATE, &t);
                check(easy, outcome);
                curl_multi_remove_handle(multi_, easy);
                ++done;
                if (next != jobs.size())
                    start(*t, jobs[next++]);
            }
            if (done != jobs.size())
                curl_multi_poll(multi_, nullptr, 0, 1000, nullptr);
        }
    }

private:
    void start(transfer& t, job const& j)
    {
        t.at = j.offset;
        t.end = j.offset + j.bytes;
        t.crc = 0;
        curl_easy_setopt(t.easy, CURLOPT_URL, (base_ + j.target).c_str());
        curl_easy_setopt(t.easy, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(j.bytes));
        curl_multi_add_handle(multi_, t.easy);
    }

    CURLM* multi_;
    std::vector<transfer> all_;
    std::string base_;
    curl_slist* headers_ = nullptr;
};

/// One request on its own, with its answer.
std::string post(bench::arguments const& args, std::string const& target, std::string const& body)
{
    CURL* const easy = curl_easy_init();
    curl_slist* const headers = usual_headers();
    std::string out;
    curl_easy_setopt(easy, CURLOPT_URL, (base_of(args) + target).c_str());
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.c_str());
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &keep_answer);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &out);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    trust(easy, args);
    check(easy, curl_easy_perform(easy));
    curl_easy_cleanup(easy);
    curl_slist_free_all(headers);
    return out;
}

void first_puts(bench::arguments const& args)
{
    auto const clients = static_cast<std::size_t>(args.number("clients", 200));
    std::uint64_t const bytes = args.number("bytes", 4096);
    std::vector<double> took;
    bench::meter meter;
    for (std::size_t i = 0; i != clients; ++i) {
        auto const began = std::chrono::steady_clock::now();
        transfer t;
        t.end = bytes;
        t.easy = curl_easy_init();
        curl_slist* const headers = usual_headers();
        curl_easy_setopt(t.easy, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(t.easy, CURLOPT_URL, (base_of(args) + "/bkt/obj").c_str());
        curl_easy_setopt(t.easy, CURLOPT_READFUNCTION, &give_body);
        curl_easy_setopt(t.easy, CURLOPT_READDATA, &t);
        curl_easy_setopt(t.easy, CURLOPT_WRITEFUNCTION, &ignore_answer);
        curl_easy_setopt(t.easy, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(t.easy, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(bytes));
        curl_easy_setopt(t.easy, CURLOPT_NOSIGNAL, 1L);
        trust(t.easy, args);
        check(t.easy, curl_easy_perform(t.easy));
        curl_easy_cleanup(t.easy);
        curl_slist_free_all(headers);
        took.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - began).count());
    }
    std::sort(took.begin(), took.end());
    meter.report(clients, clients * bytes, ", \"first_us\": " + std::to_string(took[took.size() / 2]));
}

void puts(bench::arguments const& args)
{
    auto const requests = static_cast<std::size_t>(args.number("requests", 40'000));
    auto const in_flight = static_cast<std::size_t>(args.number("in_flight", 64));
    std::uint64_t const bytes = args.number("bytes", 4096);
    client c(args, -1, in_flight);
    c.run(std::vector<job>(in_flight, job{"/bkt/obj", 0, bytes}));
    bench::meter meter;
    c.run(std::vector<job>(requests, job{"/bkt/obj", 0, bytes}));
    meter.report(requests, requests * bytes);
}

void send_file(bench::arguments const& args)
{
    std::string const name = args.text("file");
    int const file = ::open(name.c_str(), O_RDONLY);
    struct ::stat info{};
    if (file < 0 || ::fstat(file, &info) != 0)
        give_up(name);
    auto const size = static_cast<std::uint64_t>(info.st_size);
    bench::meter meter;
    if (args.what() == "put") {
        client(args, file, 1).run({job{"/bkt/obj", 0, size}});
    } else {
        std::string const id = bench::between(post(args, "/bkt/obj?uploads", ""), "<UploadId>", "</UploadId>");
        auto const parts = bench::parts_of(size, args.number("part_mib", 8) << 20, id);
        client(args, file, static_cast<std::size_t>(args.number("parallel", 4))).run(parts);
        post(args, "/bkt/obj?uploadId=" + id, bench::complete_body(parts.size()));
    }
    meter.report(1, size);
}

}  // namespace

int main(int count, char** values)
{
    bench::arguments const args(count, values);
    curl_global_init(CURL_GLOBAL_ALL);
    if (args.number("crc", 0) != 0 && !can_sum)
        bench::refuse("crc=1 without liblzma");
    if (args.what() == "version") {
#ifdef BENCH_HAS_LZMA
        std::printf("%s liblzma/%s\n", curl_version(), lzma_version_string());
#else
        std::puts(curl_version());
#endif
    } else if (args.what() == "puts") {
        puts(args);
    } else if (args.what() == "first") {
        first_puts(args);
    } else if (args.what() == "put" || args.what() == "multipart") {
        send_file(args);
    } else {
        bench::refuse(args.what());
    }
    return args.refuse_unused();
}
