#ifndef OSSIFY_SESSION_SESSION_HPP
#define OSSIFY_SESSION_SESSION_HPP

#include <ossify/async/byte_budget.hpp>
#include <ossify/http/serializer.hpp>
#include <ossify/operation/answer.hpp>
#include <ossify/operation/service_request.hpp>
#include <ossify/session/config.hpp>
#include <ossify/session/connection_pool.hpp>
#include <ossify/session/possible_effect.hpp>
#include <ossify/version.hpp>

#include <asio/basic_waitable_timer.hpp>

#include <atomic>
#include <charconv>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>

namespace ossify {

/// What to do when a request may have been acted upon without our knowing: its answer is lost, has another CRC-64 than what
/// was sent, or a status from 500 on.
enum class lost_answer {
    resend,  ///< the request may be acted upon twice
    report,  ///< fail, or hand out the answer with the other CRC-64: the caller finds out what became of the request
};

/// How one request is sent, and how that went.
template<class TimePoint>
class send_state {
public:
    send_state() = default;

    // in; all of it lives until the send ends
    send_observer* observer = nullptr;
    bool sums = false;              ///< sum what is sent and compare it with the answer's CRC-64
    bool slow_answer = false;       ///< the service may take long to answer
    lost_answer on_lost = lost_answer::resend;
    std::size_t answer_limit = 4 * 1024 * 1024;  ///< bytes of the answer's body
    TimePoint end = TimePoint::max();

    // out
    unsigned attempts = 0;          ///< begun, whether or not a request was sent
    unsigned forgiven = 0;          ///< of them, those that do not count: see `retry_policy::max_attempts`
    possible_effect effect;         ///< of all of them; in: of earlier ones. Told also when the send is cancelled
    bool differed = false;          ///< one was answered with another CRC-64 than what was sent
    std::uint64_t crc64 = 0;        ///< of what was last sent to its end, with `sums`
};

/// What the operations of one client share: it signs, sends and, where that can help, sends again.
/// Thread safety: a monitor; each operation runs on the executor of its caller, which must not run two handlers of it
/// at once.
template<transport Transport>
class session {
public:
    using clock = typename Transport::clock_type;
    using time_point = typename clock::time_point;
    using state = send_state<time_point>;

    /// Errors: throws `ossify::error` for a configuration that cannot work.
    session(asio::any_io_executor ex, ossify::config c, Transport net)
        : config_(std::move(c)),
          endpoint_(endpoint::parse(config_.endpoint(), config_.style()).value()),
          signer_(request_signer::make(config_.signature(), endpoint_, config_.region()).value()),
          pool_(std::make_shared<connection_pool<Transport>>(std::move(net), std::move(ex), config_.max_connections(),
                                                             config_.idle_limit())),
          buffers_(connection<Transport>::chunk_bytes),
          memory_(config_.upload_memory()),
          budget_(config_.retry_tokens()),
          random_(config_.seed() ? *config_.seed() : std::random_device()())
    {
        if (!config_.public_endpoint().empty())
            public_ = parse_public_endpoint().value();
        if (!config_.provider())
            config_.credentials().value();
        if (config_.user_agent().empty())
            config_.user_agent("ossify/" OSSIFY_VERSION_STRING);
    }

    ossify::config const& settings() const noexcept { return config_; }
    endpoint const& address() const noexcept { return endpoint_; }
    /// Where those find the service who were given something signed.
    endpoint const& public_address() const noexcept { return public_ ? *public_ : endpoint_; }
    request_signer const& signer() const noexcept { return signer_; }
    buffer_pool& buffers() noexcept { return buffers_; }
    /// The memory that all uploads of the client share.
    byte_budget const& memory() const noexcept { return memory_; }

    /// Wall clock as the service has it, as far as its answers told.
    codec::wall_time wall_now() const
    {
        auto const now = config_.wall_clock()
                             ? config_.wall_clock()()
                             : std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
        return now + std::chrono::seconds(skew_.load(std::memory_order_relaxed));
    }

    /// Who the client is now. Errors: those of the configured provider.
    awaitable<result<ossify::credentials>> identity() const
    {
        if (config_.provider())
            return config_.provider()();
        return known(config_.credentials());
    }

    /// The end of an operation that begins now and may take `allowed`; zero: the configured limit, if any.
    time_point end_after(std::chrono::milliseconds allowed = {}) const
    {
        if (allowed.count() == 0)
            allowed = config_.limits().operation;
        return allowed.count() == 0 ? time_point::max() : clock::now() + allowed;
    }

    /// Sends a request until it is answered with a status below 300 or nothing helps.
    /// Errors: those of the service, of the connection, `crc_mismatch`, `operation_timeout`.
    /// Cancellation: terminal; the connection is closed. Whether the service acted is then unknown.
    /// Lifetime: all three, and what `s` refers to, must live until the await returns.
    awaitable<result<answer>> send(service_request const& request, content const& sends, state& s);

    /// Whether a request may be sent again after `why`: waits the back-off, having told those who want to know. The
    /// policy, the budget and the operation's end may forbid it; then this returns at once.
    awaitable<bool> may_retry(failure const& why, state& s);

    /// The service's CRC-64 against ours, with `sums`; services that send none are taken at their word, as the official
    /// SDKs do. Returns: how they differ.
    static std::optional<failure> mismatch(answer const& got, state const& s, std::string_view operation_name)
    {
        auto const text = s.sums ? got.head.headers.find("x-oss-hash-crc64ecma") : std::nullopt;
        if (!text)
            return std::nullopt;
        char digits[20];
        std::string_view const own(digits, std::to_chars(digits, digits + sizeof digits, s.crc64).ptr);
        if (*text == own || detail::number_in<std::uint64_t>(*text) == s.crc64)
            return std::nullopt;
        failure why(errc::crc_mismatch, "sent " + std::to_string(s.crc64) + ", stored " + std::string(*text));
        why.edit().request_id = got.head.headers.get("x-oss-request-id");
        return std::move(why).in(operation_name);
    }

    /// Waits on the transport's clock.
    awaitable<void> sleep(std::chrono::milliseconds span)
    {
        asio::any_io_executor const ex = co_await asio::this_coro::executor;
        asio::basic_waitable_timer<clock, asio::wait_traits<clock>, asio::any_io_executor> timer(ex, span);
        co_await timer.async_wait(awaited);
    }

private:
    result<endpoint> parse_public_endpoint() const
    {
        auto out = endpoint::parse(config_.public_endpoint(), config_.public_style());
        bool const v4 = signer_.version() == signature_version::v4;
        if (out && v4 && !out->region().empty() && out->region() != signer_.scope().region)
            return failure(errc::invalid_config, "the public endpoint is in the region " + out->region() +
                                                     ", but signatures are for " + signer_.scope().region);
        return out;
    }
    static awaitable<result<ossify::credentials>> known(result<ossify::credentials> who) { co_return who; }

    peer peer_of(service_request const& request) const
    {
        return {endpoint_.connect_host(request.bucket), endpoint_.port(), endpoint_.secure()};
    }
    auto wait_for_line(service_request const& request, time_point end)
    {
        return pool_->acquire(peer_of(request), config_.limits(), end);
    }

    // Writes and signs a request into `memory`, whose connection is open: waiting for it must not make the date old.
    exchange_state compose(typename connection<Transport>::request_memory& memory, ossify::credentials const& who,
                           service_request const& request, content const& sends, state const& s) const
    {
        auto& [head, text] = memory;
        write_request(head, request, sends.length);
        signer_.sign(who, wall_now(), request.method, request.bucket, request.key, request.query, head.headers);
        text.clear();
        http::write_head(text, head);
        exchange_state x;
        x.method = request.method;
        x.head = text;
        x.sends = &sends;
        x.sums = s.sums;
        x.observer = s.observer;
        x.answer_limit = s.answer_limit;
        x.slow_answer = s.slow_answer;
        return x;
    }

    // Everything of a request's head but date and signature.
    void write_request(http::request_head& head, service_request const& request, std::uint64_t body_bytes) const
    {
        head.clear();
        head.method = request.method;
        endpoint_.append_target(head.target, request.bucket, request.key, request.query);
        head.headers.reserve(request.headers.size() + 8, request.headers.text().size() + 640);
        head.headers.append_valid("Host", endpoint_.host_for(request.bucket));
        head.headers.append_valid("User-Agent", config_.user_agent());
        if (request.method == http::method::put || request.method == http::method::post)
            head.headers.append_valid("Content-Length", std::to_string(body_bytes));
        head.headers.append(request.headers);
    }

    // A request that was sent to its end was answered with an error, or not at all (0), or by a gateway that has not waited.
    static void note_effect(unsigned status, failure const& why, state& s) noexcept
    {
        if (status == 504 || (status == 0 && (why == condition::timeout || s.slow_answer)))
            s.effect.not_awaited();
        else if (status == 0)
            s.effect.lost();
        else if (status >= 500 && why != errc::throttled)
            s.effect.answered_unclearly();
    }

    // The service's clock from its answer's Date. Returns: whether that is news.
    bool correct_clock(http::response_head const& head)
    {
        auto const theirs = codec::parse_http_date(head.headers.get("Date"));
        if (!theirs)
            return false;
        auto const own = wall_now() - std::chrono::seconds(skew_.load(std::memory_order_relaxed));
        skew_.store((*theirs - own).count(), std::memory_order_relaxed);
        return true;
    }

    double random_unit()
    {
        // splitmix64 on a counter: threads need no lock
        std::uint64_t z = random_.fetch_add(0x9E3779B97F4A7C15ULL, std::memory_order_relaxed);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
        return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1.0p-53;
    }

    class interruption;

    ossify::config config_;
    endpoint endpoint_;
    std::optional<endpoint> public_;
    request_signer signer_;
    std::shared_ptr<connection_pool<Transport>> pool_;
    buffer_pool buffers_;
    byte_budget memory_;
    retry_budget budget_;
    std::atomic<std::int64_t> skew_{0};
    std::atomic<std::uint64_t> random_;
};

// A cancelled exchange ends with an exception: then this tells whether its request was out.
template<transport Transport>
class session<Transport>::interruption {
public:
    interruption(exchange_state const& x, state& s) : exchange_(x), state_(s) {}
    interruption(interruption const&) = delete;
    interruption& operator=(interruption const&) = delete;
    ~interruption()
    {
        if (!over_ && exchange_.all_sent) {
            state_.effect.not_awaited();
            state_.crc64 = exchange_.crc64;
        }
    }
    void over() noexcept { over_ = true; }

private:
    exchange_state const& exchange_;
    state& state_;
    bool over_ = false;
};

// A request in flight has one frame of this. malloc has 1 KiB at hand: what need not outlive an await stays out of it.
template<transport Transport>
awaitable<result<answer>> session<Transport>::send(service_request const& request, content const& sends, state& s)
{
    asio::any_io_executor const ex = co_await asio::this_coro::executor;
    bool clock_corrected = false;
    bool stale_forgiven = false;
    for (;;) {
        ++s.attempts;
        if (s.observer != nullptr)
            s.observer->on_attempt(s.attempts);
        result<credentials> who = config_.credentials();
        if (config_.provider())
            who = co_await config_.provider()();
        if (!who) {
            failure none = std::move(who).error().in(request.operation);
            bool again = is_retryable(none);
            if (again)
                again = co_await may_retry(none, s);
            if (!again)
                co_return none;
            continue;
        }
        if (s.end != time_point::max() && clock::now() >= s.end)
            co_return failure(errc::operation_timeout).in(request.operation);
        auto line = pool_->try_acquire(ex, peer_of(request), config_.limits(), s.end);
        if (!line) {
            auto waited = co_await wait_for_line(request, s.end);
            if (!waited)
                co_return std::move(waited).error().in(request.operation);
            line = *std::move(waited);
        }

        failure why;
        result<void> opened;
        if (!line.used_before())
            opened = co_await line->open();
        if (opened) {
            exchange_state x = compose(line->scratch(), *who, request, sends, s);
            interruption watch(x, s);
            auto got = co_await line->exchange(x, buffers_);
            watch.over();
            if (x.all_sent || (got && got->head.status < 300))
                s.crc64 = x.crc64;  // a request that was refused early has that of a part
            if (got && got->head.status < 300) {
                std::optional<failure> differs;
                if (s.on_lost == lost_answer::resend)
                    differs = mismatch(*got, s, request.operation);
                if (!differs) {
                    budget_.on_success();
                    co_return got;
                }
                why = *std::move(differs);
                s.differed = true;
                s.effect.answered_unclearly();
            } else if (got) {
                why = decode_error(request.operation, got->head, got->body);
                if (x.all_sent)
                    note_effect(got->head.status, why, s);
                if (why == errc::clock_skewed && !clock_corrected && correct_clock(got->head)) {
                    clock_corrected = true;
                    ++s.forgiven;
                    continue;
                }
            } else {
                why = std::move(got).error().in(request.operation);
                if (x.all_sent)
                    note_effect(0, why, s);
                if (line.used_before() && !stale_forgiven && !x.answer_begun && why == errc::connection_closed &&
                    !(x.all_sent && s.on_lost == lost_answer::report)) {
                    stale_forgiven = true;  // the peer closed an idle connection just as we took it
                    ++s.forgiven;
                    continue;
                }
            }
        } else {
            why = std::move(opened).error().in(request.operation);
        }
        line = {};  // others may have it while we wait
        if (s.attempts > 1)
            why.edit().attempts = s.attempts;
        bool const give_up = s.effect.possible() && s.on_lost == lost_answer::report;
        if (give_up || !is_retryable(why))
            co_return why;
        bool const again = co_await may_retry(why, s);
        if (!again)
            co_return why;
    }
}

template<transport Transport>
awaitable<bool> session<Transport>::may_retry(failure const& why, state& s)
{
    unsigned const counted = s.attempts - s.forgiven;
    if (counted >= config_.retry().max_attempts)
        co_return false;
    auto const asked = std::min(std::chrono::milliseconds(why.info().retry_after_ms), config_.retry().max_delay);
    auto const wait = std::max(config_.retry().delay(counted + 1, random_unit()), asked);
    if (s.end != time_point::max() && clock::now() + wait >= s.end)
        co_return false;
    if (!budget_.try_spend())
        co_return false;
    if (s.observer != nullptr)
        s.observer->on_retry(why);
    if (config_.on_retry())
        config_.on_retry()(retry_event(why, s.attempts + 1, wait));
    co_await sleep(wait);
    co_return true;
}

}  // namespace ossify

#endif
