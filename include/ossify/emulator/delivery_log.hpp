#ifndef OSSIFY_EMULATOR_DELIVERY_LOG_HPP
#define OSSIFY_EMULATOR_DELIVERY_LOG_HPP

#include <ossify/emulator/records.hpp>

#include <chrono>
#include <cstddef>
#include <deque>
#include <string>
#include <utility>
#include <vector>

namespace ossify::emulation {

/// One attempt to call one URL.
class delivery_attempt {
public:
    delivery_attempt() = default;

    std::string url;
    std::string request_head;   ///< as sent; without the body
    unsigned status = 0;        ///< 0 when no answer came
    std::string answer_head;
    std::string answer_body;
    std::string verdict;        ///< empty when the answer was accepted, else the message that the uploader got
    std::chrono::milliseconds took{0};
};

/// One callback: what was sent, to whom, and what came back.
class delivery {
public:
    delivery() = default;

    std::string request_id;  ///< of the upload
    std::string operation;
    std::string bucket;
    std::string key;
    service_time began{};
    std::string body_type;
    std::string body;
    std::vector<delivery_attempt> attempts;
    bool delivered = false;
};

/// The latest callbacks, oldest first.
class delivery_log {
public:
    explicit delivery_log(std::size_t keep = 1000) : keep_(keep) {}

    void add(delivery d)
    {
        ++total_;
        entries_.push_back(std::move(d));
        if (entries_.size() > keep_)
            entries_.pop_front();
    }

    std::deque<delivery> const& entries() const noexcept { return entries_; }
    /// How many there have been, also those that the log has dropped.
    std::size_t total() const noexcept { return total_; }

private:
    std::size_t keep_;
    std::size_t total_ = 0;
    std::deque<delivery> entries_;
};

}  // namespace ossify::emulation

#endif
