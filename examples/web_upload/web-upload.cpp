// web-upload: a small application server whose page lets a browser upload straight to object storage.
//
// The three parties and what passes between them:
//   1. the page asks this server for a form (POST /api/form);
//   2. this server, which alone holds the secret, signs one: for one object, a size, a type, for some minutes;
//   3. the browser posts the file with that form to the service;
//   4. the service stores it and calls this server back (POST /oss/photo), which verifies the callback;
//   5. the service hands this server's answer to the page as the answer to its upload.
//
// Without --endpoint the service is an emulator in this process.
#include "../command_line.hpp"

#include <ossify/callback/contract.hpp>
#include <ossify/client.hpp>
#include <ossify/codec/random.hpp>
#include <ossify/emulator/emulator.hpp>
#include <ossify/receiver/callback_router.hpp>
#include <ossify/server/http_server.hpp>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>

#include "page.hpp"

#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

/// What the service tells this server about a stored photo.
struct photo_stored {
    std::string object;
    std::uint64_t size = 0;
    std::string mime_type;
    std::optional<std::uint32_t> image_info_width;  // nothing for what is no image
    std::optional<std::uint32_t> image_info_height;
    std::string name;   // the file's name in the browser
    std::string proof;  // that this server granted the upload
};
BOOST_DESCRIBE_STRUCT(photo_stored, (), (object, size, mime_type, image_info_width, image_info_height, name, proof))

/// What this server answers, for the page.
struct photo_shown {
    std::string id;
    std::uint64_t size = 0;
    std::optional<std::uint32_t> width;
    std::optional<std::uint32_t> height;
    std::string url;
};
BOOST_DESCRIBE_STRUCT(photo_shown, (), (id, size, width, height, url))

using photo_contract = ossify::callback_contract<photo_stored, photo_shown>;

/// What the page asks for.
struct form_wish {
    std::string name;
    std::string type;
};
BOOST_DESCRIBE_STRUCT(form_wish, (), (name, type))

namespace {

using namespace std::chrono_literals;

constexpr auto form_life = 10min;
constexpr auto longest_upload = 1h;  // the proof is checked after the upload, which may begin when the form ends

constexpr std::string_view usage =
    "usage: web-upload [--listen HOST:PORT] [--public-url URL] [--max-bytes SIZE] [--refuse TEXT]\n"
    "                  [--endpoint URL --region ID --bucket NAME [--public-key-url URL]]\n"
    "\n"
    "  --listen HOST:PORT    where to listen; port 0 takes a free one (default 127.0.0.1:0)\n"
    "  --public-url URL      how the service reaches this server (default: where it listens)\n"
    "  --max-bytes SIZE      the longest file (default 10M)\n"
    "  --refuse TEXT         refuse photos with this text in their name, to see what the page does then\n"
    "  --endpoint URL        a service instead of the emulator in this process; it needs a CORS rule for this page.\n"
    "                        Credentials come from OSS_ACCESS_KEY_ID, OSS_ACCESS_KEY_SECRET and OSS_SESSION_TOKEN\n"
    "  --region ID\n"
    "  --bucket NAME\n"
    "  --public-key-url URL  also believe callbacks signed with the key at this URL\n";

struct options {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;
    std::string public_url;
    std::uint64_t max_bytes = 10 * 1024 * 1024;
    std::string refuse;
    std::string endpoint;
    std::string region = "cn-hangzhou";
    std::string bucket = "photos";
    std::string key_url;
};

options read_options(int argc, char** argv)
{
    options out;
    command_line::reader from(argc, argv);
    while (from.next()) {
        std::string const& name = from.name();
        if (name == "--help") {
            std::cout << usage;
            std::exit(0);
        } else if (name == "--listen") {
            std::tie(out.host, out.port) = from.address();
        } else if (name == "--public-url") {
            out.public_url = from.value();
        } else if (name == "--max-bytes") {
            out.max_bytes = from.bytes();
        } else if (name == "--refuse") {
            out.refuse = from.value();
        } else if (name == "--endpoint") {
            out.endpoint = from.value();
        } else if (name == "--region") {
            out.region = from.value();
        } else if (name == "--bucket") {
            out.bucket = from.value();
        } else if (name == "--public-key-url") {
            out.key_url = from.value();
        } else {
            throw command_line::usage_error("unknown option " + name);
        }
    }
    return out;
}

/// The emulator, when no service was named.
std::unique_ptr<ossify::emulator> start_emulator(asio::io_context& io, options& given)
{
    if (!given.endpoint.empty())
        return nullptr;
    auto out = std::make_unique<ossify::emulator>(io.get_executor(), ossify::emulator_config().region(given.region));
    out->create_bucket(given.bucket).value();
    given.key_url = out->public_key_url();
    return out;
}

ossify::config client_config(ossify::emulator const* emulator, options const& given)
{
    if (emulator != nullptr)
        return emulator->client_config();
    return ossify::config().endpoint(given.endpoint).region(given.region).credentials(
        ossify::credentials_from_environment());
}

void answer(ossify::http_exchange& x, unsigned status, std::string_view type, std::string body)
{
    ossify::http::response_head head(status);
    head.headers.set("Content-Type", type);
    head.headers.set("X-Content-Type-Options", "nosniff");
    head.headers.set("Cache-Control", "no-store");
    head.headers.set("Content-Security-Policy",
                     "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src blob: data:; "
                     "connect-src *; base-uri 'none'; frame-ancestors 'none'");
    x.reply(std::move(head), std::move(body));
}

void answer_json(ossify::http_exchange& x, unsigned status, ossify::json::value const& value)
{
    answer(x, status, "application/json", ossify::codec::to_json_text(value));
}

void answer_error(ossify::http_exchange& x, unsigned status, std::string_view why)
{
    answer_json(x, status, ossify::json::value{{"error", ossify::json::string_view(why.data(), why.size())}});
}

/// The application: its page, its forms, its photos.
class application {
public:
    application(asio::io_context& io, ossify::config const& storage, options const& given)
        : options_(given), oss_(io.get_executor(), storage),
          guard_(ossify::secret(ossify::codec::random_hex_upper(32)), given.bucket),
          callbacks_(io.get_executor(), receiver(given))
    {
        callbacks_.on<photo_contract>("/oss/photo", [this](photo_stored const& p) { return on_stored(p); })
            .guarded_by<&photo_stored::proof>(guard_);
    }

    /// The base of the URL that the service calls. Throws what is wrong with it.
    void reached_at(std::string url)
    {
        callback_url_ = std::move(url) + "/oss/photo";
        photo_contract::to(callback_url_).value();
    }

    ossify::awaitable<void> handle(ossify::http_exchange& x)
    {
        std::string const target = x.head().target;
        auto const method = x.head().method;
        bool const reads = method == ossify::http::method::get || method == ossify::http::method::head;
        if (callbacks_.takes(target))
            co_await callbacks_.handle(x);
        else if (target == "/" && reads)
            answer(x, 200, "text/html; charset=utf-8", page_with_limits());
        else if (target == "/api/form" && method == ossify::http::method::post)
            co_await give_form(x);
        else if (target.starts_with("/photos/") && reads)
            co_await show_photo(x, target.substr(8));
        else
            answer_error(x, 404, "there is nothing here");
    }

private:
    static ossify::receiver_config receiver(options const& given)
    {
        ossify::receiver_config out;
        if (!given.key_url.empty())
            out.trust_key_url(given.key_url);
        return out.log([](ossify::callback_log_entry const& entry) {
            std::cout << "callback " << entry.status << ' ' << entry.reason << std::endl;
        });
    }

    std::string page_with_limits() const
    {
        constexpr std::string_view mark = "/*limits*/";
        auto const begin = page.find(mark);
        auto const end = page.find(mark, begin + 1);
        std::string out(page.substr(0, begin));
        out += ossify::codec::to_json_text(ossify::json::value{{"max_bytes", options_.max_bytes}});
        return out.append(page.substr(end + mark.size()));
    }

    ossify::awaitable<void> give_form(ossify::http_exchange& x)
    {
        auto const body = co_await x.read_body(16 * 1024);
        auto const parsed = body ? ossify::codec::parse_json(*body) : body.error();
        auto const wish = parsed ? ossify::codec::from_json<form_wish>(*parsed) : parsed.error();
        if (!wish || wish->name.empty() || wish->name.size() > 255)
            co_return answer_error(x, 400, "a name is needed, of at most 255 bytes");
        auto const form = co_await sign(*wish);
        if (!form)
            co_return answer_error(x, 400, to_string(form.error()));
        ossify::json::array fields;
        for (auto const& [name, value] : form->fields)
            fields.push_back(ossify::json::array{name, value});
        ossify::json::object out;
        out["action"] = form->action;
        out["fields"] = std::move(fields);
        answer_json(x, 200, out);
    }

    /// A form for one object whose key nobody can guess, so that nobody can overwrite it.
    ossify::awaitable<ossify::result<ossify::signed_form>> sign(form_wish const& wish)
    {
        std::string const object = "uploads/" + ossify::codec::random_hex_upper(8);
        auto const now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
        ossify::form_request request(options_.bucket);
        request.key(object).max_bytes(options_.max_bytes).expires_in(form_life);
        request.content_type(wish.type.empty() ? "application/octet-stream" : wish.type);
        request.callback(photo_contract::to(callback_url_)
                             .value()
                             .set<&photo_stored::name>(wish.name)
                             .set<&photo_stored::proof>(guard_.issue(object, now + form_life + longest_upload)));
        return oss_.sign_form(std::move(request));
    }

    ossify::awaitable<ossify::callback_result<photo_shown>> on_stored(photo_stored const& photo)
    {
        if (!options_.refuse.empty() && photo.name.find(options_.refuse) != std::string::npos)
            co_return ossify::callback_refusal(403, photo.name + " is not wanted");
        std::string const id = photo.object.substr(photo.object.rfind('/') + 1);
        photos_[id] = photo.object;
        co_return photo_shown{id, photo.size, photo.image_info_width, photo.image_info_height, "/photos/" + id};
    }

    /// Sends the browser to the stored object, with a URL that is good for a minute.
    ossify::awaitable<void> show_photo(ossify::http_exchange& x, std::string id)
    {
        auto const found = photos_.find(id);
        if (found == photos_.end())
            co_return answer_error(x, 404, "no such photo");
        auto const grant = co_await oss_.presign_get(ossify::get_object_request(options_.bucket, found->second), 60s);
        if (!grant)
            co_return answer_error(x, 500, to_string(grant.error()));
        ossify::http::response_head head(302);
        head.headers.set("Location", grant->url);
        head.headers.set("Cache-Control", "no-store");
        x.reply(std::move(head));
    }

    options const& options_;
    ossify::client oss_;
    ossify::callback_guard guard_;
    ossify::callback_router callbacks_;
    std::string callback_url_;
    std::map<std::string, std::string> photos_;  // id -> object
};

ossify::awaitable<void> stop_when_signalled(ossify::http_server& server, ossify::emulator* emulator,
                                            asio::signal_set& signals)
{
    co_await signals.async_wait(ossify::awaited);
    co_await server.stop(1s);
    if (emulator != nullptr)
        co_await emulator->stop(1s);
}

}  // namespace

int main(int argc, char** argv)
try {
    options given = read_options(argc, argv);
    asio::io_context io(1);
    asio::signal_set signals(io, SIGINT, SIGTERM);
    auto const emulator = start_emulator(io, given);
    application app(io, client_config(emulator.get(), given), given);
    ossify::http_server server(io.get_executor(), ossify::http_server_config().listen(given.host, given.port),
                               [&app](ossify::http_exchange& x) { return app.handle(x); });
    server.start().value();
    std::string const url = "http://" + server.local_endpoint().address().to_string() + ":" + std::to_string(server.port());
    app.reached_at(given.public_url.empty() ? url : given.public_url);
    std::cout << "listening on " << url << std::endl;
    asio::co_spawn(io, stop_when_signalled(server, emulator.get(), signals), [](std::exception_ptr) {});
    io.run();
    return 0;
} catch (command_line::usage_error const& e) {
    std::cerr << "web-upload: " << e.what() << '\n' << usage;
    return 2;
} catch (std::exception const& e) {
    std::cerr << "web-upload: " << e.what() << '\n';
    return 1;
}
