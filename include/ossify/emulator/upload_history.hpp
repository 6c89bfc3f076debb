#ifndef OSSIFY_EMULATOR_UPLOAD_HISTORY_HPP
#define OSSIFY_EMULATOR_UPLOAD_HISTORY_HPP

#include <ossify/emulator/records.hpp>

#include <cstddef>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace ossify::emulation {

/// What happened to a multipart upload, also after its end: for tests of clients that must not send a part twice.
class upload_trace {
public:
    enum class fate { open, completed, aborted };

    upload_trace() = default;

    std::string id;
    std::string bucket;
    std::string key;
    fate state = fate::open;
    std::map<unsigned, unsigned> received;  ///< part number -> how often it was stored
};

inline std::string_view to_string(upload_trace::fate f) noexcept
{
    switch (f) {
    case upload_trace::fate::open: return "open";
    case upload_trace::fate::completed: return "completed";
    case upload_trace::fate::aborted: return "aborted";
    }
    return "open";
}

/// The latest multipart uploads, oldest first.
class upload_history {
public:
    explicit upload_history(std::size_t keep = 1000) : keep_(keep) {}

    void begin(std::string id, std::string bucket, std::string key)
    {
        upload_trace t;
        t.id = std::move(id);
        t.bucket = std::move(bucket);
        t.key = std::move(key);
        entries_.push_back(std::move(t));
        if (entries_.size() > keep_)
            entries_.pop_front();
    }
    /// An upload that was open when the service began.
    void recover(upload_record const& upload, std::string bucket)
    {
        begin(upload.id, std::move(bucket), upload.key);
        for (auto const& [number, part] : upload.parts)
            entries_.back().received[number] = part.received;
    }
    void part(std::string_view id, unsigned number)
    {
        if (auto* const t = find(id))
            ++t->received[number];
    }
    void end(std::string_view id, upload_trace::fate how)
    {
        if (auto* const t = find(id))
            t->state = how;
    }

    std::deque<upload_trace> const& entries() const noexcept { return entries_; }

private:
    upload_trace* find(std::string_view id)
    {
        // The one that is asked for is nearly always one of the latest.
        for (auto it = entries_.rbegin(); it != entries_.rend(); ++it)
            if (it->id == id)
                return &*it;
        return nullptr;
    }

    std::size_t keep_;
    std::deque<upload_trace> entries_;
};

}  // namespace ossify::emulation

#endif
