// Puts an object and gets the answer of an application server back with the upload's result, twice: with the callback
// of the service's documentation, and with structs that both ends share. The service is an emulator in this process,
// but nothing is pretended: it checks the request's signature, stores, renders the callback, signs it and sends it; the
// application server verifies that signature before it answers.
#include <ossify/callback/contract.hpp>
#include <ossify/callback/make_callback.hpp>
#include <ossify/client.hpp>
#include <ossify/emulator/emulator.hpp>
#include <ossify/receiver/callback_server.hpp>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

#include <cstdint>
#include <exception>
#include <iostream>
#include <string>

// --- the callback of the documentation: a form, and custom variables x:my_var1 and x:my_var2 ---

struct my_vars {
    std::string my_var1;
    std::string my_var2;
};
BOOST_DESCRIBE_STRUCT(my_vars, (), (my_var1, my_var2))

// --- a contract: what the application server receives, and what it answers ---

struct file_stored {
    std::string bucket;  // named like a variable of the service: ${bucket}
    std::string object;
    std::uint64_t size = 0;
    std::string my_var1;  // anything else: ${x:my_var1}
    std::string my_var2;
};
BOOST_DESCRIBE_STRUCT(file_stored, (), (bucket, object, size, my_var1, my_var2))

struct receipt {
    std::string id;
    std::uint64_t bytes = 0;
};
BOOST_DESCRIBE_STRUCT(receipt, (), (id, bytes))

using file_contract = ossify::callback_contract<file_stored, receipt>;

namespace {

// --- the application server ---

ossify::awaitable<receipt> on_file(ossify::callback_event<file_stored> const& event)
{
    receipt answer;
    answer.id = event->my_var1 + "/" + event->my_var2;
    answer.bytes = event->size;
    co_return answer;
}

ossify::awaitable<ossify::json::value> on_any(ossify::received_callback const&)
{
    co_return ossify::json::value{{"Status", "OK"}};
}

void show_callback(ossify::callback_log_entry const& entry)
{
    std::cout << "  application server received   POST " << entry.callback.path() << "  "
              << entry.callback.content_type << '\n'
              << "                                " << entry.callback.body << '\n'
              << "                                signature " << (entry.verified ? "verified" : "REFUSED: ")
              << entry.reason << '\n';
}

// --- the uploader ---

template<class Reply>
bool show_stored(ossify::result<ossify::stored_object<Reply>> const& stored)
{
    if (!stored) {
        std::cout << "  not stored: " << stored.error() << '\n';
        return false;
    }
    std::cout << "  stored                        " << stored->bytes << " bytes   ETag " << stored->etag
              << "   CRC-64 " << stored->crc64.value_or(0) << '\n';
    if (!stored->callback.delivered()) {
        std::cout << "  but the callback failed: " << stored->callback.failure() << '\n';
        return false;
    }
    std::cout << "  uploader got the reply        " << stored->callback.body() << '\n';
    return true;
}

ossify::awaitable<bool> upload(ossify::client& oss, std::string application)
{
    std::string const content(1024 * 1024, 'a');

    std::cout << "\n1. The callback of the documentation\n\n";
    my_vars const vars{"my_val1", "my_val2"};
    auto const callback = ossify::make_callback(vars, application + "/documentation",
                                                "bucket=${bucket}&object=${object}",  // checked by the compiler
                                                ossify::allow_unused_variables);      // it leaves both variables out
    auto const stored = co_await oss.put_object(
        ossify::put_object_request("examplebucket", "examplefiles/exampleobject.txt")
            .body(asio::buffer(content))
            .callback(callback.value()));
    bool const first = show_stored(stored);

    std::cout << "\n2. The same put with a contract: one struct for both ends, a typed reply\n\n";
    auto const contract = file_contract::to(application + "/files")
                              .value()
                              .set<&file_stored::my_var1>("my_val1")
                              .set<&file_stored::my_var2>("my_val2");
    auto const typed = co_await oss.put_object(
        ossify::put_object_request("examplebucket", "examplefiles/exampleobject.txt")
            .body(asio::buffer(content))
            .callback(contract));
    bool const second = show_stored(typed);
    if (second)
        std::cout << "  as a struct                   receipt.id = " << typed->callback.reply().value().id
                  << ", receipt.bytes = " << typed->callback.reply().value().bytes << '\n';
    co_return first && second;
}

ossify::awaitable<bool> demo(asio::io_context& io)
{
    ossify::emulator oss_here(io.get_executor());
    oss_here.create_bucket("examplebucket").value();

    ossify::callback_server application(io.get_executor(), ossify::server_config()
                                                               .trust_key_url(oss_here.public_key_url())
                                                               .log(&show_callback));
    application.on<file_contract>("/files", &on_file);
    application.on_any(&on_any);
    application.start().value();

    std::cout << "emulator of OSS                 " << oss_here.url() << '\n'
              << "application server              " << application.url() << '\n';

    ossify::client oss(io.get_executor(), oss_here.client_config());
    bool const ok = co_await upload(oss, application.url());

    co_await application.stop();
    co_await oss_here.stop();
    co_return ok;
}

}  // namespace

int main()
{
    asio::io_context io(1);
    bool ok = false;
    auto const on_end = [&ok](std::exception_ptr thrown, bool value) {
        if (thrown)
            std::rethrow_exception(thrown);
        ok = value;
    };
    try {
        asio::co_spawn(io, demo(io), on_end);
        io.run();
    } catch (std::exception const& e) {
        std::cerr << e.what() << '\n';
    }
    return ok ? 0 : 1;
}
