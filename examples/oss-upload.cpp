// oss-upload: stores a file, or what comes on standard input, as an object, and reports what the application server
// answered to the callback.
//
//     oss-upload --endpoint https://oss-cn-hangzhou.aliyuncs.com photo.jpg oss://photos/2026/photo.jpg
#include <ossify/callback/make_callback.hpp>
#include <ossify/client.hpp>
#include <ossify/codec/json.hpp>

#include "command_line.hpp"

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

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
    "  --no-crc                     do not compare CRC-64 sums\n"
    "  --quiet                      print nothing but errors\n"
    "  --json                       print one JSON object\n"
    "\n"
    "Credentials come from OSS_ACCESS_KEY_ID, OSS_ACCESS_KEY_SECRET and OSS_SESSION_TOKEN.\n"
    "Exit: 0 stored, 1 not stored, 2 wrong usage, 3 stored but the callback failed, 4 outcome unknown.\n";

enum exit_code { stored = 0, not_stored = 1, wrong_usage = 2, callback_not_delivered = 3, unknown = 4 };

struct options {
    std::string file;
    std::string bucket;
    std::string key;
    ossify::config config;
    ossify::callback_parameters callback;
    bool has_callback = false;
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
    read_target(out, plain[1]);
    out.config.credentials(ossify::credentials_from_environment());
    return out;
}

/// One line that is drawn again and again on a terminal.
class progress_bar {
public:
    explicit progress_bar(bool wanted) : shown_(wanted && ::isatty(STDERR_FILENO) == 1) {}
    ~progress_bar()
    {
        if (drawn_)
            std::fputs("\r\033[K", stderr);
    }
    progress_bar(progress_bar const&) = delete;
    progress_bar& operator=(progress_bar const&) = delete;

    void show(std::uint64_t sent, std::uint64_t total)
    {
        auto const now = std::chrono::steady_clock::now();
        if (!shown_ || (sent != total && now - last_ < std::chrono::milliseconds(100)))
            return;
        last_ = now;
        drawn_ = true;
        constexpr int width = 32;
        double const part = total == 0 ? 1.0 : static_cast<double>(sent) / static_cast<double>(total);
        int const full = static_cast<int>(part * width);
        double const seconds = std::chrono::duration<double>(now - began_).count();
        std::fprintf(stderr, "\r\033[K[%.*s%.*s] %3.0f %%  %.1f MiB/s", full, "################################",
                     width - full, "                                ", part * 100,
                     seconds > 0 ? static_cast<double>(sent) / seconds / (1024 * 1024) : 0.0);
        std::fflush(stderr);
    }

private:
    bool shown_;
    bool drawn_ = false;
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
    std::chrono::steady_clock::time_point last_{};
};

using outcome = ossify::result<ossify::stored_object<>>;

ossify::json::object describe(outcome const& got, double seconds)
{
    ossify::json::object out;
    if (!got) {
        out["error"] = ossify::to_string(got.error());
        out["request_id"] = got.error().request_id();
    } else {
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
        out["parts"] = got->parts;
        out["retries"] = got->retries;
    }
    out["seconds"] = seconds;
    return out;
}

void print(options const& o, outcome const& got)
{
    if (!got) {
        std::cerr << "oss-upload: " << got.error() << '\n';
        return;
    }
    if (!o.quiet) {
        std::cout << "stored oss://" << o.bucket << '/' << o.key << "  " << got->bytes << " bytes  ETag " << got->etag;
        if (got->crc64)
            std::cout << "  CRC-64 " << *got->crc64;
        std::cout << '\n';
        if (got->callback.delivered())
            std::cout << "callback delivered; the application server answered: " << got->callback.body() << '\n';
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

ossify::put_object_request<> make_request(options const& o, progress_bar& bar)
{
    ossify::put_object_request<> request(o.bucket, o.key);
    if (o.file == "-")
        request.body(std::string(std::istreambuf_iterator<char>(std::cin), {}));
    else
        request.file(o.file);
    if (ossify::mime_type_of(o.key) == ossify::mime_type_of({}))  // the key tells nothing
        request.content_type(std::string(ossify::mime_type_of(o.file)));
    request.check_crc64(o.crc).on_progress(
        [&bar](ossify::put_progress const& p) { bar.show(p.sent, p.total); });
    return o.has_callback ? request.callback(ossify::make_callback(o.callback).value()) : request;
}

int upload(options const& o)
{
    asio::io_context io(1);
    ossify::client oss(io.get_executor(), o.config);
    auto const began = std::chrono::steady_clock::now();
    outcome got = ossify::failure();
    {
        progress_bar bar(!o.quiet && !o.json);
        auto const on_end = [&got](std::exception_ptr thrown, outcome r) {
            if (thrown)
                std::rethrow_exception(thrown);
            got = std::move(r);
        };
        asio::co_spawn(io, oss.put_object(make_request(o, bar)), on_end);
        io.run();
    }
    std::chrono::duration<double> const seconds = std::chrono::steady_clock::now() - began;
    if (o.json)
        std::cout << ossify::codec::to_json_text(describe(got, seconds.count())) << '\n';
    else
        print(o, got);
    return exit_code_of(got);
}

}  // namespace

int main(int argc, char** argv)
try {
    return upload(read_options(argc, argv));
} catch (command_line::usage_error const& e) {
    std::cerr << "oss-upload: " << e.what() << "\nTry oss-upload --help.\n";
    return wrong_usage;
} catch (ossify::error const& e) {
    std::cerr << "oss-upload: " << e.what() << '\n';
    return e.why() == ossify::condition::usage ? wrong_usage : not_stored;
} catch (std::exception const& e) {
    std::cerr << "oss-upload: " << e.what() << '\n';
    return not_stored;
}
