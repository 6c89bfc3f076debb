// What one would write instead of using a client library: libcurl's multi interface. Unsigned; the checksum, when it
// is asked for, is ours.
//
//   curl-client puts port=N [requests=40000] [in_flight=64] [bytes=4096]
//   curl-client put port=N file=F
//   curl-client multipart port=N file=F [part_mib=8] [parallel=4]
//       [crc=0] [tls=FOLDER]
#include <ossify/codec/crc64.hpp>

#include "measure.hpp"

#include <curl/curl.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstring>

namespace {

using bench::give_up;
using bench::job;

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
        t.crc = ossify::crc64(std::string_view(into, n), t.crc);
    t.at += n;
    return n;
}

std::size_t ignore_answer(char*, std::size_t size, std::size_t count, void*) { return size * count; }

class client {
public:
    client(bench::arguments const& args, int file, std::size_t in_flight) : multi_(curl_multi_init()), all_(in_flight)
    {
        std::string const folder = args.text("tls");
        base_ = (folder.empty() ? "http://127.0.0.1:" : "https://127.0.0.1:") + args.text("port");
        headers_ = curl_slist_append(nullptr, "Expect:");
        headers_ = curl_slist_append(headers_, "Authorization: OSS ak:eremX9ADoxYkUuBINEYQRJHUUHA=");
        headers_ = curl_slist_append(headers_, "Content-Type: application/octet-stream");
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
            curl_easy_setopt(t.easy, CURLOPT_UPLOAD_BUFFERSIZE, 65536L);
            if (!folder.empty())
                curl_easy_setopt(t.easy, CURLOPT_CAINFO, (folder + "/ca.pem").c_str());
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
                long status = 0;
                curl_easy_getinfo(easy, CURLINFO_PRIVATE, &t);
                curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
                if (outcome != CURLE_OK || status != 200)
                    give_up(curl_easy_strerror(outcome));
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

}  // namespace

int main(int count, char** values)
{
    bench::arguments const args(count, values);
    curl_global_init(CURL_GLOBAL_ALL);
    if (args.what() == "version") {
        std::puts(curl_version());
        return 0;
    }
    if (args.what() == "puts") {
        auto const requests = static_cast<std::size_t>(args.number("requests", 40'000));
        auto const in_flight = static_cast<std::size_t>(args.number("in_flight", 64));
        std::uint64_t const bytes = args.number("bytes", 4096);
        client c(args, -1, in_flight);
        c.run(std::vector<job>(in_flight, job{"/bkt/obj", 0, bytes}));
        bench::meter meter;
        c.run(std::vector<job>(requests, job{"/bkt/obj", 0, bytes}));
        meter.report(requests, requests * bytes);
        return 0;
    }
    std::string const name = args.text("file");
    int const file = ::open(name.c_str(), O_RDONLY);
    struct ::stat info{};
    if (file < 0 || ::fstat(file, &info) != 0)
        give_up(name);
    auto const size = static_cast<std::uint64_t>(info.st_size);
    bench::meter meter;
    bool const whole = args.what() == "put";
    client c(args, file, whole ? 1 : static_cast<std::size_t>(args.number("parallel", 4)));
    std::vector<job> jobs{job{"/bkt/obj", 0, size}};
    if (!whole)
        jobs = bench::parts_of(size, args.number("part_mib", 8) << 20, "0004B9894A22E5B1888A0");
    c.run(jobs);
    meter.report(jobs.size(), size);
}
