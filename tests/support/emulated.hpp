#ifndef OSSIFY_TESTS_SUPPORT_EMULATED_HPP
#define OSSIFY_TESTS_SUPPORT_EMULATED_HPP

#include <ossify/codec/base64.hpp>
#include <ossify/emulator/perform.hpp>

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tests {

using header_list = std::vector<std::pair<std::string, std::string>>;

/// A service without I/O and, unless said otherwise, without signatures; it has the bucket "photos".
class emulated {
public:
    explicit emulated(ossify::emulation::service_settings settings = open()) : service(std::move(settings))
    {
        ossify::emulation::bucket_record bucket;
        bucket.name = "photos";
        bucket.owner = service.settings.owner;
        (void)service.objects.put_bucket(std::move(bucket));
    }

    static ossify::emulation::service_settings open()
    {
        ossify::emulation::service_settings out;
        out.authenticate = false;
        out.clock = [] { return ossify::emulation::service_time(std::chrono::milliseconds(1'700'000'000'000)); };
        return out;
    }

    static ossify::http::request_head head(ossify::http::method method, std::string target, header_list const& headers)
    {
        ossify::http::request_head out(method, std::move(target));
        out.headers.set("Host", "127.0.0.1");
        for (auto const& [name, value] : headers)
            out.headers.append(name, value);
        return out;
    }

    /// The whole answer to one request; its callback, if any, gets `verdict`.
    ossify::emulation::reply ask(ossify::http::method method, std::string target, header_list headers = {},
                                 std::string_view body = {}, std::size_t piece = std::numeric_limits<std::size_t>::max())
    {
        using ossify::emulation::service_exchange;
        bool const counts = method == ossify::http::method::put || method == ossify::http::method::post;
        auto const sized = [](auto const& h) { return h.first == "Content-Length" || h.first == "Transfer-Encoding"; };
        if (counts && std::none_of(headers.begin(), headers.end(), sized))
            headers.emplace_back("Content-Length", std::to_string(body.size()));
        auto const h = head(method, std::move(target), headers);
        service_exchange x(service, h, ossify::emulation::request_origin("192.0.2.1", false));
        if (x.next() == service_exchange::step::check_callback)
            x.callback_checked(std::nullopt);
        while (x.next() == service_exchange::step::receive) {
            if (body.empty()) {
                x.received_all();
                break;
            }
            auto const now = body.substr(0, piece);
            body.remove_prefix(now.size());
            x.receive(std::as_bytes(std::span(now)));
        }
        if (x.next() == service_exchange::step::check_callback)  // of a form
            x.callback_checked(std::nullopt);
        if (x.next() == service_exchange::step::call_back) {
            callback_body = x.callback().body;
            callback_broken_image = x.callback().image_broken;
            x.called_back(verdict);
        }
        return std::move(x.answer());
    }

    ossify::emulation::reply put(std::string target, std::string_view body, header_list headers = {})
    {
        return ask(ossify::http::method::put, std::move(target), std::move(headers), body);
    }
    ossify::emulation::reply get(std::string target, header_list headers = {})
    {
        return ask(ossify::http::method::get, std::move(target), std::move(headers));
    }
    ossify::emulation::reply head_of(std::string target, header_list headers = {})
    {
        return ask(ossify::http::method::head, std::move(target), std::move(headers));
    }
    ossify::emulation::reply post(std::string target, std::string_view body = {}, header_list headers = {})
    {
        return ask(ossify::http::method::post, std::move(target), std::move(headers), body);
    }
    ossify::emulation::reply del(std::string target)
    {
        return ask(ossify::http::method::delete_, std::move(target));
    }

    ossify::emulation::service service;
    ossify::emulation::callback_verdict verdict = ossify::emulation::callback_verdict::accepted("{}");
    std::string callback_body;
    bool callback_broken_image = false;
};

/// The bytes that an answer carries, wherever they are.
inline std::string bytes_of(ossify::emulation::reply const& r)
{
    if (!r.object)
        return r.body;
    std::string out(static_cast<std::size_t>(r.length), '\0');
    (void)r.object->data.read_at(r.first, std::as_writable_bytes(std::span(out)));
    return out;
}

/// The text of the first element of that name; empty when there is none.
inline std::string element(std::string_view xml, std::string_view name)
{
    auto const open = xml.find("<" + std::string(name) + ">");
    if (open == xml.npos)
        return {};
    auto const begin = open + name.size() + 2;
    return std::string(xml.substr(begin, xml.find("</", begin) - begin));
}

inline std::size_t count_of(std::string_view text, std::string_view what)
{
    std::size_t n = 0;
    for (auto at = text.find(what); at != text.npos; at = text.find(what, at + what.size()))
        ++n;
    return n;
}

inline std::string base64(std::string_view text) { return ossify::codec::base64_encode(text); }

}  // namespace tests

#endif
