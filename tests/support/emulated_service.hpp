#ifndef OSSIFY_TESTS_SUPPORT_EMULATED_SERVICE_HPP
#define OSSIFY_TESTS_SUPPORT_EMULATED_SERVICE_HPP

#include <ossify/auth/credentials.hpp>
#include <ossify/emulator/perform.hpp>
#include <ossify/session/config.hpp>
#include <ossify/testing/memory_transport.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace tests {

/// The emulated service behind a transport in memory, in virtual time. Callbacks are answered at once, without a call.
class emulated_service {
public:
    emulated_service() : state_(std::make_shared<ossify::emulation::service>(settings()))
    {
        ossify::emulation::bucket_record bucket;
        bucket.name = "examplebucket";
        bucket.owner = state_->settings.owner;
        state_->objects.put_bucket(bucket).value();
    }

    /// A configuration for its clients.
    static ossify::config client_config(unsigned attempts = 3)
    {
        ossify::retry_policy retry;
        retry.max_attempts = attempts;
        return ossify::config()
            .endpoint("http://localhost")
            .region("cn-hangzhou")
            .credentials(key())
            .retry(retry)
            .seed(7);
    }

    /// Makes it the service of a transport. Lifetime: it must outlive the transport's connections.
    void serve(ossify::testing::memory_transport& net)
    {
        net.on_request([this](ossify::testing::received_request const& r) { return answer(r); });
    }

    ossify::emulation::fault_plan& faults() { return state_->faults; }
    ossify::emulation::service& state() { return *state_; }

    std::size_t open_uploads() const { return state_->objects.find_bucket("examplebucket")->uploads.size(); }
    std::size_t parts_left() const
    {
        std::size_t n = 0;
        for (auto const& [name, upload] : state_->objects.find_bucket("examplebucket")->uploads)
            n += upload.parts.size();
        return n;
    }
    ossify::emulation::object_record const* object(std::string_view key) const
    {
        return state_->objects.find_object("examplebucket", key).get();
    }
    /// The bytes of an object.
    std::string content(std::string_view key) const
    {
        auto const found = state_->objects.find_object("examplebucket", key);
        if (!found)
            throw std::logic_error("no such object");
        std::string out(found->data.size(), '\0');
        (void)found->data.read_at(0, std::as_writable_bytes(std::span(out))).value();
        return out;
    }
    /// How often each part was stored, over all uploads.
    std::map<unsigned, unsigned> received() const
    {
        std::map<unsigned, unsigned> out;
        for (auto const& trace : state_->uploads.entries())
            for (auto const& [number, times] : trace.received)
                out[number] += times;
        return out;
    }

    /// What it does with a request, and says: at once, whenever that came.
    ossify::testing::scripted_reply answer(ossify::testing::received_request const& r)
    {
        using step = ossify::emulation::service_exchange::step;
        using ossify::testing::scripted_reply;
        if (before)
            if (auto own = before(r))
                return *std::move(own);
        ossify::emulation::service_exchange x(*state_, r.head, ossify::emulation::request_origin("127.0.0.1", false));
        if (x.faults().reset_after)
            return scripted_reply::lost();
        if (x.next() == step::check_callback)
            x.callback_checked(std::nullopt);
        if (x.next() == step::receive) {
            x.receive(std::as_bytes(std::span(r.body)));
            x.received_all();
        }
        if (x.next() == step::call_back) {
            ++callbacks;
            x.called_back(ossify::emulation::callback_verdict::accepted(R"({"ok":true})"));
        }
        if (x.faults().lose_answer)
            return scripted_reply::lost();
        if (after)
            if (auto own = after(r))
                return *std::move(own);
        return text_of(x.answer(), r.head.method == ossify::http::method::head, x.faults().malform);
    }

    std::size_t callbacks = 0;
    /// Called before a request is looked at; an answer that it gives is the service's.
    std::function<std::optional<ossify::testing::scripted_reply>(ossify::testing::received_request const&)> before;
    /// Called after a request was acted upon; an answer that it gives takes the place of the service's.
    std::function<std::optional<ossify::testing::scripted_reply>(ossify::testing::received_request const&)> after;

private:
    static ossify::credentials key() { return ossify::credentials("test-id", ossify::secret("test-secret")); }

    static ossify::emulation::service_settings settings()
    {
        ossify::emulation::service_settings out;
        out.keys.add(key());
        return out;
    }

    static std::string text_of(ossify::emulation::reply const& from, bool to_head, bool malform)
    {
        ossify::http::response_head head(from.status);
        head.headers = from.headers;
        std::string body = from.body;
        if (malform)
            body.resize(body.size() / 2);
        if (from.object) {
            body.resize(from.length);
            (void)from.object->data.read_at(from.first, std::as_writable_bytes(std::span(body))).value();
        }
        if (!to_head || !head.headers.contains("Content-Length"))
            head.headers.set("Content-Length", std::to_string(body.size()));
        std::string out;
        ossify::http::write_head(out, head);
        return to_head ? out : out + body;
    }

    std::shared_ptr<ossify::emulation::service> state_;
};

}  // namespace tests

#endif
