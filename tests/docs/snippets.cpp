// The code of README.md and docs/, compiled. check_docs.py sees to it that every block there stands here, word for word.
#include <ossify/body/read_from.hpp>
#include <ossify/callback/callback.hpp>
#include <ossify/callback/contract.hpp>
#include <ossify/callback/guard.hpp>
#include <ossify/client.hpp>
#include <ossify/emulator/emulator.hpp>
#include <ossify/receiver/callback_server.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/this_coro.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

//[ the documentation's callback
struct my_vars { std::string my_var1, my_var2; };
BOOST_DESCRIBE_STRUCT(my_vars, (), (my_var1, my_var2))

ossify::awaitable<void> upload(ossify::client& oss)
{
    my_vars const vars{"my_val1", "my_val2"};                 // sent as x:my_var1 and x:my_var2
    ossify::callback callback(vars,
        "http://oss-demo.aliyuncs.com:23450",                 // both literals are checked by the compiler
        "bucket=${bucket}&object=${object}&by=${x:my_var1},${x:my_var2}");
    std::string const content(1024 * 1024, 'a');

    auto stored = co_await oss.put_object(
        ossify::put_object_request("examplebucket", "examplefiles/exampleobject.txt")
            .body(asio::buffer(content))
            .callback(callback));

    if (!stored)                            std::cerr << stored.error() << '\n';   // what failed, why, request id, what to do
    else if (stored->callback.delivered())  std::cout << stored->etag << ' ' << stored->callback.body() << '\n';
    else                                    std::cout << "stored, but " << stored->callback.failure() << '\n';
}
//]

namespace clients {

//[ a client
void run()
{
    asio::io_context io;
    ossify::client oss(io.get_executor(), ossify::config()
        .endpoint("https://oss-cn-hangzhou.aliyuncs.com")         // a domain of your own needs .region("cn-hangzhou") as well
        .credentials(ossify::credentials_from_environment()));
}
//]

}  // namespace clients

//[ one struct for both ends
struct photo_stored {             // what the application server receives
    std::string   bucket;         // named like a variable of the service: ${bucket}
    std::string   object;
    std::uint64_t size = 0;
    std::string   user_id;        // anything else is yours: ${x:user_id}
};
BOOST_DESCRIBE_STRUCT(photo_stored, (), (bucket, object, size, user_id))

struct photo_reply { std::string photo_id; };                 // what it answers
BOOST_DESCRIBE_STRUCT(photo_reply, (), (photo_id))

using photo_contract = ossify::callback_contract<photo_stored, photo_reply>;
//]

//[ uploading with a contract
ossify::awaitable<std::string> upload_photo(ossify::client& oss, std::string key, std::string path, std::string user)
{
    auto callback = photo_contract::to("https://app.example.com/oss/photo").set<&photo_stored::user_id>(user);
    auto stored = co_await oss.put_object(ossify::put_object_request("photos", key).file(path).callback(callback));
    co_return stored.value().callback.reply().value().photo_id;   // a photo_reply, parsed and checked
}
//]

//[ receiving with a contract
ossify::awaitable<photo_reply> on_photo(ossify::callback_event<photo_stored> const& event)
{
    photo_reply reply{event->user_id + "/" + event->object};      // verified: the service signed this
    co_return reply;
}

ossify::awaitable<void> serve(asio::any_io_executor executor)
{
    ossify::callback_server server(executor, ossify::server_config().listen("0.0.0.0", 8080));
    server.on<photo_contract>("/oss/photo", &on_photo);
    (co_await server.run()).value();
}
//]

namespace for_others {

using namespace std::chrono_literals;

void send_to_phone(std::string const& url, ossify::http::fields const& headers);
void show_in_page(std::string const& action, std::vector<std::pair<std::string, std::string>> const& fields);

//[ signed for others
ossify::awaitable<void> let_others_upload(ossify::client& oss, std::string key, std::string user)
{
    auto callback = photo_contract::to("https://app.example.com/oss/photo").set<&photo_stored::user_id>(user);

    auto grant = co_await oss.presign_put(
        ossify::put_object_request("photos", key).content_type("image/jpeg").callback(callback), std::chrono::minutes(10));
    send_to_phone(grant.value().url, grant.value().headers);      // exactly the headers that the phone must send

    auto form = co_await oss.sign_form(
        ossify::form_request("photos").key_prefix("u/" + user + "/").max_bytes(10 << 20).callback(callback));
    show_in_page(form.value().action, form.value().fields);       // policy, signature, callback, x:user_id: a field each
}
//]

}  // namespace for_others

namespace guarded {

using namespace std::chrono_literals;

//[ a callback with a proof
struct document_stored {
    std::string object;
    std::string req_id;                                       // ${reqId}: no two uploads have the same
    std::string proof;                                        // ours
};
BOOST_DESCRIBE_STRUCT(document_stored, (), (object, req_id, proof))

using document_contract = ossify::callback_contract<document_stored>;

// who grants the upload
auto callback_for(ossify::callback_guard const& guard, std::string const& object, ossify::codec::wall_time now)
{
    return document_contract::to("https://app.example.com/oss/document")
        .set<&document_stored::proof>(guard.issue(object, now + 10min + 1h));   // the grant, and the longest upload
}

// who receives the callback
ossify::awaitable<ossify::json::value> on_document(document_stored const& document)
{
    co_return ossify::json::value{{"id", document.req_id}};
}

void receive_documents(ossify::callback_server& server, ossify::callback_guard const& guard)
{
    server.on<document_contract>("/oss/document", on_document).guarded_by<&document_stored::proof>(guard);
}
//]

//[ behind a proxy
ossify::server_config behind_a_proxy()
{
    return ossify::server_config().listen("127.0.0.1", 8080).public_base_path("/api");   // https://app.example.com/api/oss/photo
}
//]

}  // namespace guarded

namespace any_size {

//[ any size
void show(ossify::progress const& p)                              // never goes back, however much is sent again
{
    std::cout << p.sent << " of " << p.total.value_or(0) << " bytes, " << p.rate / 1e6 << " MB/s\n";
}

ossify::awaitable<void> upload_film(ossify::client& oss)
{
    co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
    auto stored = co_await oss.upload_file(
        ossify::upload_file_request("films", "2026/cut.mp4", "/data/cut.mp4")
            .parallel(6)                                          // the part size follows from the file's
            .checkpoint("/var/lib/app/cut.checkpoint")            // started again, it goes on where it was
            .on_progress(&show));
    if (!stored)
        std::cerr << stored.error() << '\n';                      // names the upload if parts of it are left behind
}

ossify::awaitable<void> upload_log(ossify::client& oss, asio::ip::tcp::socket& from)
{
    auto stored = co_await oss.upload_stream(                     // length unknown, a few parts in memory
        ossify::upload_stream_request("logs", "today.log").source(ossify::read_from(from)));
    std::cout << stored.value().bytes << '\n';
}

void start(asio::io_context& io, ossify::client& oss, asio::cancellation_signal& stop)
{
    auto const on_end = [](std::exception_ptr thrown) { if (thrown) std::rethrow_exception(thrown); };   // out of io.run()
    asio::co_spawn(io, upload_film(oss), asio::bind_cancellation_slot(stop.slot(), on_end));
    // stop.emit(asio::cancellation_type::terminal) stops and has the service drop what was sent,
    // stop.emit(asio::cancellation_type::total) stops and keeps it, for the checkpoint
}
//]

}  // namespace any_size

namespace emulated {

//[ without a cloud
ossify::awaitable<void> try_it(asio::any_io_executor executor)
{
    ossify::emulator oss_here(executor);                          // loopback, memory, real signatures, real callbacks
    oss_here.create_bucket("photos").value();
    ossify::client oss(executor, oss_here.client_config());
    auto stored = co_await oss.put_object(ossify::put_object_request("photos", "a.txt").body("hello"));
    std::cout << stored.value().etag << '\n';
}
//]

//[ fail on purpose
void break_one_part(ossify::emulator& oss_here)
{
    oss_here.faults().on(ossify::operation::upload_part).part(3).reset_after(1 << 20).once();
}
//]

}  // namespace emulated

namespace services {

void look_for_it_later(std::string const& key);
void send_it_later(std::string const& key);
void tell_somebody(std::string const& what);

//[ what to do about a failure
ossify::awaitable<void> store_report(ossify::client& oss, std::string text)
{
    auto const stored = co_await oss.put_object(
        ossify::put_object_request("reports", "2026/11.txt").body(asio::buffer(text)).content_type("text/plain"));
    if (stored)
        co_return;
    auto const& why = stored.error();
    std::cerr << why << '\n';                                     // all that is known, on one line; no secret is in it
    if (why == ossify::condition::unknown_outcome)
        look_for_it_later("2026/11.txt");                         // do not send it blindly again
    else if (why == ossify::condition::retryable || why == ossify::condition::timeout)
        send_it_later("2026/11.txt");                             // it was sent again as often as that made sense
    else
        tell_somebody(ossify::to_string(why));                    // nothing changes by itself
}
//]

//[ what is sent again
ossify::config patient_config()
{
    ossify::retry_policy retry;
    retry.max_attempts = 5;                                       // default 3
    auto const log = [](ossify::retry_event const& e) {
        std::clog << "attempt " << e.attempt << " in " << e.delay.count() << " ms, because: " << e.why << '\n';
    };
    return ossify::config()
        .endpoint("https://oss-cn-hangzhou.aliyuncs.com")
        .credentials(ossify::credentials_from_environment())
        .retry(retry)
        .on_retry(log);
}
//]

//[ credentials that change
ossify::awaitable<ossify::result<ossify::credentials>> current_keys();   // yours: fetched in time, kept until they expire

ossify::config with_rotating_keys()
{
    return ossify::config().endpoint("https://oss-cn-hangzhou.aliyuncs.com").credentials(&current_keys);
}
//]

//[ a callback only sometimes
template<class Request>
ossify::awaitable<bool> send(ossify::client& oss, Request request)
{
    auto const stored = co_await oss.put_object(request);
    co_return stored && stored->callback.delivered() == stored->callback.requested();
}

ossify::awaitable<bool> send_photo(ossify::client& oss, std::string key, std::string path, std::string user)
{
    auto request = ossify::put_object_request("photos", key).file(path);
    if (user.empty())
        return send(oss, request);
    return send(oss, request.callback(
        photo_contract::to("https://app.example.com/oss/photo").set<&photo_stored::user_id>(user)));
}
//]

}  // namespace services
