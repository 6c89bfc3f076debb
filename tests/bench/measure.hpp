#ifndef OSSIFY_TESTS_BENCH_MEASURE_HPP
#define OSSIFY_TESTS_BENCH_MEASURE_HPP

// What the contenders share: arguments as NAME=VALUE, the clock, and the line of figures that each prints.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

/// `PROGRAM WHAT NAME=VALUE...`
class arguments {
public:
    arguments(int count, char** values) : all_(values + 1, values + count), used_(all_.size()) {}

    std::string what() const { return all_.empty() || all_[0].find('=') != std::string::npos ? "" : all_[0]; }

    std::string text(std::string_view name, std::string fallback = {}) const
    {
        for (std::size_t i = 0; i != all_.size(); ++i) {
            std::string const& a = all_[i];
            if (a.size() > name.size() && a.starts_with(name) && a[name.size()] == '=') {
                used_[i] = true;
                return a.substr(name.size() + 1);
            }
        }
        return fallback;
    }

    std::uint64_t number(std::string_view name, std::uint64_t fallback) const
    {
        std::string const found = text(name);
        return found.empty() ? fallback : std::strtoull(found.c_str(), nullptr, 10);
    }

    /// An argument that nobody asked for was meant for another program: figures made without it are not those wanted.
    /// Returns: what main returns.
    int refuse_unused() const
    {
        for (std::size_t i = 0; i != all_.size(); ++i) {
            if (used_[i] || all_[i].find('=') == std::string::npos)
                continue;
            std::fprintf(stderr, "cannot do \"%s\"\n", all_[i].c_str());
            return 2;
        }
        return 0;
    }

private:
    std::vector<std::string> all_;
    mutable std::vector<bool> used_;
};

/// The CPU time of this process so far.
inline double cpu_seconds()
{
    auto const seconds = [](timeval const& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
    };
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

/// Wall time and the CPU time of this process since the start of the meter.
class meter {
public:
    meter() { start(); }

    void start()
    {
        began_ = std::chrono::steady_clock::now();
        cpu_ = cpu_seconds();
    }

    /// Prints `{"wall": s, "cpu": s, "requests": n, "bytes": n, "more": n ...}`; the runner reads that line.
    void report(std::uint64_t requests, std::uint64_t bytes, std::string const& more = {}) const
    {
        std::chrono::duration<double> const wall = std::chrono::steady_clock::now() - began_;
        std::printf("{\"wall\": %.6f, \"cpu\": %.6f, \"requests\": %llu, \"bytes\": %llu%s}\n", wall.count(),
                    cpu_seconds() - cpu_, static_cast<unsigned long long>(requests),
                    static_cast<unsigned long long>(bytes), more.c_str());
        std::fflush(stdout);
    }

private:
    std::chrono::steady_clock::time_point began_;
    double cpu_ = 0;
};

[[noreturn]] inline void give_up(std::string const& what)
{
    std::perror(what.c_str());
    std::exit(1);
}

/// Ends a program that was asked for what it cannot do; the runner then says so.
[[noreturn]] inline void refuse(std::string const& what)
{
    std::fprintf(stderr, "cannot do \"%s\"\n", what.c_str());
    std::exit(2);
}

/// One stretch of a body: a whole object, or a part of it.
struct job {
    std::string target;         ///< path and query
    std::uint64_t offset = 0;   ///< in the file
    std::uint64_t bytes = 0;
};

/// The parts of an object of `bytes` bytes.
inline std::vector<job> parts_of(std::uint64_t bytes, std::uint64_t part_bytes, std::string const& upload_id)
{
    std::vector<job> out;
    for (std::uint64_t at = 0; at < bytes; at += part_bytes)
        out.push_back({"/bkt/obj?partNumber=" + std::to_string(out.size() + 1) + "&uploadId=" + upload_id, at,
                       std::min(part_bytes, bytes - at)});
    return out;
}

inline std::string complete_body(std::size_t parts)
{
    std::string out = "<CompleteMultipartUpload>";
    for (std::size_t i = 1; i <= parts; ++i)
        out += "<Part><PartNumber>" + std::to_string(i) + "</PartNumber><ETag>\"x\"</ETag></Part>";
    return out + "</CompleteMultipartUpload>";
}

inline std::string between(std::string_view text, std::string_view before, std::string_view after)
{
    auto const at = text.find(before);
    if (at == std::string_view::npos)
        return {};
    text.remove_prefix(at + before.size());
    return std::string(text.substr(0, text.find(after)));
}

}  // namespace bench

#endif
