// oss-upload: stores a file, or what comes on standard input, as an object, and reports what the application server
// answered to the callback. Large objects go in parts, several at a time, and can go on after an interruption.
//
//     oss-upload --endpoint https://oss-cn-hangzhou.aliyuncs.com photo.jpg oss://photos/2026/photo.jpg
//     oss-upload --endpoint ... --parallel 8 --checkpoint cut.ckpt cut.mp4 oss://videos/cut.mp4
//     pg_dump shop | oss-upload --endpoint ... - oss://backups/shop.sql
#include <ossify/body/read_from.hpp>
#include <ossify/callback/make_callback.hpp>
#include <ossify/client.hpp>
#include <ossify/codec/json.hpp>
#include <ossify/codec/utf8.hpp>
#include <ossify/core/printable.hpp>

#include "command_line.hpp"
#include "upload_progress.hpp"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/signal_set.hpp>
#include <asio/this_coro.hpp>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

constexpr std::string_view usage =
    "usage: oss-upload [options] FILE oss://BUCKET/KEY        (FILE - reads standard input)\n"
    "\n"
    "  --endpoint URL               the service, as https://oss-cn-hangzhou.aliyuncs.com\n"
    "  --region ID                  its region, where the endpoint does not tell it\n"
    "  --signature v1|v4            default v4\n"
    "  --ca FILE                    trust only the authorities in this PEM file\n"
    "\n"
    "  --callback-url URL           call this address when the object is stored (up to five, separated by ;)\n"
    "  --callback-body TEXT         what to send there, with ${bucket}, ${object}, ${size}, ${x:name} ...\n"
    "  --callback-body-type form|json\n"
    "  --callback-var NAME=VALUE    a variable of your own for the body; may be given several times\n"
    "  --callback-host H            the Host header of that call\n"
    "\n"
    "  --part-size SIZE             of a part: 100K to 5G; default 8M, or more where 10,000 parts need it\n"
    "  --parallel N[:LEAST]         parts under way at once, and how few when the service throttles; default 4:1\n"
    "  --threshold SIZE             send up to SIZE in one request, without parts; default 16M\n"
    "  --checkpoint FILE            go on, when started again, where this run stopped\n"
    "  --leave-parts                after a failure, leave what was sent at the service\n"
    "  --attempts N                 of each request, default 3\n"
    "  --rate SIZE                  bytes per second at the most\n"
    "  --traffic-limit BITS         bits per second at the most, watched by the service: 245760 to 838860800\n"
    "  --time-limit SECONDS         for everything but cleaning up, or finding out, which takes 10 more at the most\n"
    "  --expect-size SIZE           fail when there are not exactly so many bytes\n"
    "\n"
    "  --no-crc                     do not compare CRC-64 sums\n"
    "  --quiet                      print nothing but errors: no result, no notices\n"
    "  --json                       print one JSON object: outcome, etag, crc64, request_id, callback, parts, retries, ...\n"
    "\n"
    "Credentials come from OSS_ACCESS_KEY_ID, OSS_ACCESS_KEY_SECRET and OSS_SESSION_TOKEN.\n"
    "Exit: 0 stored, and the callback was delivered if one was asked for; 1 not stored; 2 wrong usage; 3 stored, but the\n"
    "callback failed; 4 unknown: whether it is stored, or, where the result says \"stored\", whether the callback came.\n"
    "Ctrl-C, SIGTERM and SIGHUP stop: with --checkpoint or --leave-parts complete parts stay, else they are removed; a\n"
    "second one ends the program at once.\n";

enum exit_code { stored = 0, not_stored = 1, wrong_usage = 2, callback_not_delivered = 3, unknown = 4 };

struct options {
    std::string file;
    std::string bucket;
    std::string key;
    ossify::config config;
    ossify::callback_parameters callback;
    bool has_callback = false;
    std::uint64_t part_size = 0;
    std::optional<std::uint64_t> threshold;
    unsigned parallel = 4;
    unsigned least_parallel = 1;
    std::string checkpoint;
    bool leave_parts = false;
    std::uint64_t rate = 0;
    std::uint64_t traffic_limit = 0;
    std::chrono::seconds time_limit{0};
    std::optional<std::uint64_t> expected_size;
    bool crc = true;
    bool quiet = false;
    bool json = false;
};

void read_target(options& to, std::string_view text)
{
    constexpr std::string_view scheme = "oss://";
    auto const slash = text.find('/', scheme.size());
    if (!text.starts_with(scheme) || slash == text.npos || slash + 1 == text.size())
        throw command_line::usage_error("the target is oss://BUCKET/KEY, not \"" + std::string(text) + '"');
    to.bucket = text.substr(scheme.size(), slash - scheme.size());
    to.key = text.substr(slash + 1);
}

void read_variable(options& to, std::string const& text)
{
    auto const equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
        throw command_line::usage_error("--callback-var takes NAME=VALUE, not \"" + text + '"');
    to.callback.variables.emplace_back(text.substr(0, equals), text.substr(equals + 1));
}

template<class Value>
Value one_of(command_line::reader& from, std::string_view first, Value a, std::string_view second, Value b)
{
    std::string const text = from.value();
    if (text != first && text != second)
        throw command_line::usage_error(from.name() + " takes " + std::string(first) + " or " + std::string(second) +
                                        ", not \"" + text + '"');
    return text == first ? a : b;
}

void read_parallel(options& to, std::string const& text)
{
    auto const colon = text.find(':');
    auto const number = [&text](std::string_view digits) {
        unsigned n = 0;
        auto const [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), n);
        if (ec != std::errc() || end != digits.data() + digits.size() || n < 1 || n > 1000)
            throw command_line::usage_error("--parallel takes N or N:LEAST, from 1 to 1000, not \"" + text + '"');
        return n;
    };
    to.parallel = number(std::string_view(text).substr(0, colon));
    to.least_parallel = colon == std::string::npos ? 1 : number(std::string_view(text).substr(colon + 1));
    if (to.least_parallel > to.parallel)
        throw command_line::usage_error("--parallel takes N:LEAST with LEAST up to N, not \"" + text + '"');
}

std::string read_path(command_line::reader& from)
{
    std::string path = from.value();
    if (path.empty())
        throw command_line::usage_error(from.name() + " needs the name of a file, not \"\"");
    return path;
}

// The options that concern uploads in parts. Returns: whether this was one.
bool read_upload_option(options& to, command_line::reader& from)
{
    constexpr std::uint64_t most = ~std::uint64_t{0};
    std::string const& name = from.name();
    if (name == "--part-size")
        to.part_size = from.bytes(ossify::min_part_bytes, ossify::max_part_bytes);
    else if (name == "--parallel")
        read_parallel(to, from.value());
    else if (name == "--threshold")
        to.threshold = from.bytes(0, ossify::max_put_bytes);
    else if (name == "--checkpoint")
        to.checkpoint = read_path(from);
    else if (name == "--leave-parts")
        to.leave_parts = true;
    else if (name == "--rate")
        to.rate = from.bytes(1, most);
    else if (name == "--traffic-limit")
        to.traffic_limit = from.number(ossify::min_traffic_limit, ossify::max_traffic_limit);
    else if (name == "--time-limit")
        to.time_limit = std::chrono::seconds(from.number(1, 1'000'000'000));
    else if (name == "--expect-size")
        to.expected_size = from.bytes();
    else
        return false;
    return true;
}

options read_options(int argc, char** argv)
{
    options out;
    std::vector<std::string> plain;
    bool has_endpoint = false;
    bool callback_option = false;
    command_line::reader from(argc, argv);
    while (from.next()) {
        std::string const& name = from.name();
        callback_option = callback_option || (name.starts_with("--callback-") && name != "--callback-url");
        if (!from.is_option()) {
            plain.push_back(name);
        } else if (name == "--help") {
            std::cout << usage;
            std::exit(stored);
        } else if (name == "--endpoint") {
            out.config.endpoint(from.value());
            has_endpoint = true;
        } else if (name == "--region") {
            out.config.region(from.value());
        } else if (name == "--signature") {
            out.config.signature(one_of(from, "v1", ossify::signature_version::v1, "v4", ossify::signature_version::v4));
        } else if (name == "--ca") {
            out.config.tls(ossify::tls_context::client_trusting(from.value()).value());
        } else if (name == "--callback-url") {
            out.callback.urls = from.value();
            out.has_callback = true;
        } else if (name == "--callback-body") {
            out.callback.body = from.value();
        } else if (name == "--callback-body-type") {
            out.callback.body_type =
                one_of(from, "form", ossify::callback_body_type::form, "json", ossify::callback_body_type::json);
        } else if (name == "--callback-var") {
            read_variable(out, from.value());
        } else if (name == "--callback-host") {
            out.callback.host = from.value();
        } else if (name == "--attempts") {
            ossify::retry_policy retry;
            retry.max_attempts = static_cast<unsigned>(from.number(1, 1000));
            out.config.retry(retry);
        } else if (read_upload_option(out, from)) {
            continue;
        } else if (name == "--no-crc") {
            out.crc = false;
        } else if (name == "--quiet") {
            out.quiet = true;
        } else if (name == "--json") {
            out.json = true;
        } else {
            throw command_line::usage_error("unknown option " + name);
        }
    }
    if (plain.size() != 2)
        throw command_line::usage_error("a FILE and a target oss://BUCKET/KEY are needed");
    if (!has_endpoint)
        throw command_line::usage_error("--endpoint is needed, for example https://oss-cn-hangzhou.aliyuncs.com");
    if (callback_option && !out.has_callback)
        throw command_line::usage_error("the --callback- options need --callback-url");
    out.file = plain[0];
    if (out.file == "-" && ::fcntl(STDIN_FILENO, F_GETFD) < 0)  // else a socket of ours takes its number
        throw command_line::usage_error("standard input is closed");
    read_target(out, plain[1]);
    out.config.credentials(ossify::credentials_from_environment());
    return out;
}

using outcome = ossify::result<ossify::stored_object<>>;

// The library speaks to those who write programs.
std::string in_own_words(std::string text)
{
    constexpr std::pair<std::string_view, std::string_view> words[] = {
        {"pass ossify::as_json", "give --callback-body-type json"},
        {", drop it, or pass ossify::allow_unused_variables", " or drop it"},
        {"send it as a stream", "send it through a pipe, as -"},
    };
    for (auto const& [theirs, ours] : words)
        if (auto const at = text.find(theirs); at != text.npos)
            text.replace(at, theirs.size(), ours);
    return text;
}

// What is always there, so that a reader need not ask which.
ossify::json::object describe_nothing()
{
    return {{"outcome", "not stored"}, {"etag", nullptr}, {"crc64", nullptr}, {"request_id", ""}, {"callback", nullptr},
            {"parts", nullptr}, {"retries", nullptr}, {"seconds", 0.0}};
}

ossify::json::object describe(outcome const& got, double seconds)
{
    ossify::json::object out = describe_nothing();
    if (!got) {
        auto const& info = got.error().info();
        if (got.error() == ossify::condition::unknown_outcome)
            out["outcome"] = "unknown";
        else if (got.error() == ossify::condition::integrity)
            out["outcome"] = "not stored as it was sent";  // perhaps other bytes are there
        if (info.attempts != 0)
            out["retries"] = info.attempts - 1;
        out["error"] = in_own_words(ossify::to_string(got.error()));
        out["reason"] = got.error().code().message();
        out["http_status"] = info.http_status;
        out["service_code"] = info.service_code;
        out["request_id"] = info.request_id;
        out["upload_id"] = info.upload_id;
    } else {
        out["outcome"] = "stored";
        out["etag"] = got->etag;
        out["crc64"] = got->crc64 ? ossify::json::value(std::to_string(*got->crc64)) : ossify::json::value();
        out["request_id"] = got->request_id;
        ossify::json::object callback;
        callback["status"] = ossify::to_string(got->callback.status());
        if (got->callback.delivered())
            callback["body"] = got->callback.body();
        else if (got->callback.requested())
            callback["error"] = ossify::to_string(got->callback.failure());
        out["callback"] = std::move(callback);
        out["bytes"] = got->bytes;
        out["parts"] = got->parts;
        out["retries"] = got->retries;
        out["resumed_parts"] = got->figures.resumed_parts;
        out["throttled"] = got->figures.throttled;
        out["parallel"] = {{"most", got->figures.most_parallel}, {"least", got->figures.least_parallel}};
    }
    out["seconds"] = seconds;
    return out;
}

void print(options const& o, outcome const& got)
{
    if (!got) {
        std::cerr << "oss-upload: " << ossify::printable(in_own_words(ossify::to_string(got.error()))) << '\n';
        return;
    }
    if (!o.quiet) {
        std::cout << "stored oss://" << o.bucket << '/' << ossify::printable(o.key) << "  " << got->bytes << " bytes  ETag "
                  << ossify::printable(got->etag);
        if (got->crc64)
            std::cout << "  CRC-64 " << *got->crc64;
        if (got->parts != 0)
            std::cout << "  " << got->parts << (got->parts == 1 ? " part" : " parts");
        if (got->figures.resumed_parts != 0)
            std::cout << ", " << got->figures.resumed_parts << " of them from before";
        std::cout << '\n';
        if (got->callback.delivered())
            std::cout << "callback delivered; the application server answered: "
                      << ossify::printable(got->callback.body()) << '\n';
    }
    if (got->callback.failed())
        std::cerr << "oss-upload: stored, but the callback failed: " << got->callback.failure()
                  << "\nThe object is complete: do not upload it again. Mend the application server, then tell it of "
                     "the object.\n";
    else if (got->callback.unknown())
        std::cerr << "oss-upload: stored, but whether the callback was delivered is unknown: "
                  << got->callback.failure() << '\n';
}

int exit_code_of(outcome const& got)
{
    if (got)
        return got->callback.failed() ? callback_not_delivered : got->callback.unknown() ? unknown : stored;
    if (got.error() == ossify::condition::unknown_outcome)
        return unknown;
    return got.error() == ossify::condition::usage ? wrong_usage : not_stored;
}

// What every kind of upload is told.
template<class Request>
Request with_options(Request request, options const& o, progress_bar& bar)
{
    if (ossify::mime_type_of(o.key) == ossify::mime_type_of({}))  // the key tells nothing
        request.content_type(std::string(ossify::mime_type_of(o.file)));
    request.part_size(o.part_size).parallel(o.parallel, o.least_parallel).check_crc64(o.crc).time_limit(o.time_limit);
    if (o.threshold)
        request.threshold(*o.threshold);
    if (o.leave_parts)
        request.leave_parts_on_failure();
    if (o.rate != 0)
        request.rate_limit(o.rate);
    if (o.traffic_limit != 0)
        request.traffic_limit(o.traffic_limit);
    if (bar.shown())
        request.on_progress([&bar](ossify::progress const& p) { bar.show(p); });
    if (!o.quiet) {
        request.on_notice([&bar](std::string_view text) {
            bar.clear();
            std::cerr << "oss-upload: " << ossify::printable(text) << '\n';
        });
    }
    return o.has_callback ? request.callback(ossify::make_callback(o.callback).value()) : request;
}

struct input_reads {
    static std::size_t threads() { return 1; }
};

ossify::awaitable<ossify::result<std::size_t>> read_input(std::span<std::byte> out)
{
    std::function<std::ptrdiff_t()> const call = [out]() -> std::ptrdiff_t {
        ::ssize_t const n = ::read(STDIN_FILENO, out.data(), out.size());
        return n < 0 ? -std::ptrdiff_t{errno} : n;
    };
    std::ptrdiff_t const n = co_await ossify::run_blocking<input_reads>(call);
    if (n < 0)
        co_return ossify::failure(ossify::errc::source_failed, std::generic_category().message(static_cast<int>(-n)));
    co_return static_cast<std::size_t>(n);
}

/// Standard input that cannot be waited for, or does not tell its size, such as /dev/zero: read on a thread.
class device_input {
public:
    ossify::awaitable<ossify::result<std::size_t>> read_some(std::span<std::byte> out) { return read_input(out); }
};

enum class input_kind { file, waitable, device };

input_kind kind_of_input()
{
    struct ::stat info{};
    if (::fstat(STDIN_FILENO, &info) != 0 || (S_ISREG(info.st_mode) && info.st_size != 0))
        return input_kind::file;
    bool const waitable = S_ISFIFO(info.st_mode) || S_ISSOCK(info.st_mode) || ::isatty(STDIN_FILENO) == 1;
    return waitable ? input_kind::waitable : input_kind::device;
}

/// Standard input as a stream, whose flags are as before when it ends: they belong to others as well.
class standard_input {
public:
    explicit standard_input(asio::io_context& io) : flags_(::fcntl(STDIN_FILENO, F_GETFL)), stream_(io, STDIN_FILENO)
    {
#ifdef F_SETPIPE_SZ
        (void)::fcntl(STDIN_FILENO, F_SETPIPE_SZ, 1024 * 1024);  // fewer, longer reads; not every pipe may grow
#endif
    }
    standard_input(standard_input const&) = delete;
    standard_input& operator=(standard_input const&) = delete;
    ~standard_input()
    {
        stream_.release();
        (void)::fcntl(STDIN_FILENO, F_SETFL, flags_);
    }

    asio::posix::stream_descriptor& stream() noexcept { return stream_; }

private:
    int flags_;
    asio::posix::stream_descriptor stream_;
};

ossify::awaitable<outcome> perform(ossify::client& oss, options const& o, progress_bar& bar)
{
    // let Ctrl-C keep what was sent
    co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
    bool const from_input = o.file == "-";
    auto const kind = from_input ? kind_of_input() : input_kind::file;
    if (kind == input_kind::file) {
        ossify::upload_file_request<> request(o.bucket, o.key, from_input ? "/dev/stdin" : o.file);
        if (o.expected_size)
            request.expect_bytes(*o.expected_size);
        if (!o.checkpoint.empty())
            request.checkpoint(o.checkpoint);
        auto const whole = with_options(std::move(request), o, bar);
        co_return co_await oss.upload_file(whole);
    }
    if (!o.checkpoint.empty())
        co_return ossify::failure(ossify::errc::invalid_argument,
                                  "--checkpoint needs a file: what came through a pipe cannot be read again");
    ossify::upload_stream_request<> request(o.bucket, o.key);
    if (o.expected_size)
        request.expect_bytes(*o.expected_size);
    std::optional<standard_input> input;
    if (kind == input_kind::waitable) {
        asio::any_io_executor const ex = co_await asio::this_coro::executor;
        input.emplace(static_cast<asio::io_context&>(ex.context()));
        request.source(ossify::read_from(input->stream()));
    } else {
        request.source(device_input());
    }
    auto const whole = with_options(std::move(request), o, bar);
    co_return co_await oss.upload_stream(whole);
}

bool is_ignored(int signal_number)
{
    struct ::sigaction now{};
    return ::sigaction(signal_number, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

int upload(options const& o)
{
    asio::io_context io(1);
    ossify::client oss(io.get_executor(), o.config);
    auto const began = std::chrono::steady_clock::now();
    outcome got = ossify::failure();
    {
        progress_bar bar(!o.quiet && !o.json);
        asio::cancellation_signal stop;
        asio::signal_set interrupts(io, SIGINT, SIGTERM);
        if (!is_ignored(SIGHUP))  // as nohup has it
            interrupts.add(SIGHUP);
        auto on_end = [&](std::exception_ptr thrown, outcome r) {
            interrupts.cancel();
            if (thrown)
                std::rethrow_exception(thrown);
            got = std::move(r);
        };
        bool const keep = !o.checkpoint.empty() || o.leave_parts;
        interrupts.async_wait([&](std::error_code ec, int) {
            if (ec)
                return;
            interrupts.clear();  // the next one ends the process
            bar.clear();
            if (!o.quiet)
                std::cerr << "oss-upload: stopping; complete parts " << (keep ? "stay" : "are removed") << '\n';
            stop.emit(keep ? asio::cancellation_type::total : asio::cancellation_type::terminal);
        });
        asio::co_spawn(io, perform(oss, o, bar), asio::bind_cancellation_slot(stop.slot(), std::move(on_end)));
        io.run();
    }
    std::chrono::duration<double> const seconds = std::chrono::steady_clock::now() - began;
    if (o.json)
        std::cout << ossify::codec::replace_non_utf8(ossify::codec::to_json_text(describe(got, seconds.count()))) << '\n';
    else
        print(o, got);
    if (!std::cout.flush())
        std::cerr << "oss-upload: the result could not be written to standard output\n";
    return exit_code_of(got);
}

// Something stood in the way before anything was sent. Who asked for JSON gets that, too.
int refuse(std::span<char* const> arguments, std::string why, exit_code code)
{
    why = in_own_words(std::move(why));
    std::cerr << "oss-upload: " << ossify::printable(why) << '\n';
    if (std::ranges::find(arguments, std::string_view("--json")) != arguments.end()) {
        auto out = describe_nothing();
        out["error"] = why;
        std::cout << ossify::codec::replace_non_utf8(ossify::codec::to_json_text(out)) << std::endl;
    }
    return code;
}

}  // namespace

int main(int argc, char** argv)
{
    std::signal(SIGPIPE, SIG_IGN);  // whoever reads the result may be gone: the exit code still tells
    std::span<char* const> const arguments(argv, static_cast<std::size_t>(argc));
    try {
        return upload(read_options(argc, argv));
    } catch (command_line::usage_error const& e) {
        return refuse(arguments, std::string(e.what()) + "; try oss-upload --help", wrong_usage);
    } catch (ossify::error const& e) {
        return refuse(arguments, e.what(), e.why() == ossify::condition::usage ? wrong_usage : not_stored);
    } catch (std::exception const& e) {
        return refuse(arguments, e.what(), not_stored);
    }
}
