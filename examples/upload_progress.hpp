#ifndef OSSIFY_EXAMPLES_UPLOAD_PROGRESS_HPP
#define OSSIFY_EXAMPLES_UPLOAD_PROGRESS_HPP

// One line on a terminal that shows how far an upload got.

#include <ossify/multipart/progress.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>

#include <sys/ioctl.h>
#include <unistd.h>

class progress_bar {
public:
    explicit progress_bar(bool wanted) : shown_(wanted && ::isatty(STDERR_FILENO) == 1) {}
    ~progress_bar() { clear(); }
    progress_bar(progress_bar const&) = delete;
    progress_bar& operator=(progress_bar const&) = delete;

    bool shown() const noexcept { return shown_; }

    void show(ossify::progress const& p)
    {
        if (!shown_)
            return;
        drawn_ = true;
        std::fprintf(stderr, "\r\033[K%s", line(p, columns()).c_str());
        std::fflush(stderr);
    }

    /// Makes room for other text.
    void clear()
    {
        if (drawn_)
            std::fputs("\r\033[K", stderr);
        drawn_ = false;
    }

    /// As much as fits into so many columns: what matters most comes first.
    static std::string line(ossify::progress const& p, std::size_t columns)
    {
        std::string out;
        auto const add = [&](std::string const& text) {
            std::string const gap(out.empty() ? 0 : 2, ' ');
            if (out.size() + gap.size() + text.size() <= columns)
                out += gap + text;
        };
        if (p.total) {
            double const done = *p.total == 0 ? 1.0 : static_cast<double>(p.sent) / static_cast<double>(*p.total);
            char percent[16];
            std::snprintf(percent, sizeof percent, "%3.0f %%", done * 100);
            std::size_t const width = columns < 60 ? 0 : 24;
            auto const full = std::min(width, static_cast<std::size_t>(done * static_cast<double>(width)));
            add((width == 0 ? "" : '[' + std::string(full, '#') + std::string(width - full, ' ') + "] ") + percent);
        }
        add(amount(static_cast<double>(p.sent)));
        add(amount(p.rate) + "/s");
        if (p.time_left && !p.finished)
            add(time(*p.time_left) + " left");
        if (p.total_parts != 0)
            add("part " + std::to_string(p.parts) + " of " + std::to_string(p.total_parts));
        else if (p.parts != 0)
            add(std::to_string(p.parts) + (p.parts == 1 ? " part" : " parts"));
        if (p.retries != 0)
            add(std::to_string(p.retries) + (p.retries == 1 ? " retry" : " retries"));
        return out;
    }

private:
    /// Of the terminal, less one for the cursor.
    static std::size_t columns()
    {
        struct ::winsize size{};
        return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col - 1U : 79U;
    }

    static std::string amount(double bytes)
    {
        char const* const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
        std::size_t unit = 0;
        while (bytes >= 1024 && unit != 4) {
            bytes /= 1024;
            ++unit;
        }
        char text[32];
        std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", bytes, units[unit]);
        return text;
    }

    static std::string time(std::chrono::milliseconds left)
    {
        auto const s = std::chrono::ceil<std::chrono::seconds>(left).count();
        char text[32];
        if (s >= 3600)
            std::snprintf(text, sizeof text, "%lld:%02lld h", static_cast<long long>(s / 3600),
                          static_cast<long long>(s / 60 % 60));
        else
            std::snprintf(text, sizeof text, "%lld:%02lld", static_cast<long long>(s / 60),
                          static_cast<long long>(s % 60));
        return text;
    }

    bool shown_;
    bool drawn_ = false;
};

#endif
