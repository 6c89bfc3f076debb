#ifndef OSSIFY_EMULATOR_EMULATOR_HPP
#define OSSIFY_EMULATOR_EMULATOR_HPP

#include <ossify/auth/credentials.hpp>
#include <ossify/codec/random.hpp>
#include <ossify/emulator/attributes.hpp>
#include <ossify/emulator/directory_store.hpp>
#include <ossify/emulator/fault_text.hpp>
#include <ossify/emulator/front.hpp>
#include <ossify/emulator/memory_store.hpp>
#include <ossify/emulator/service.hpp>
#include <ossify/emulator/settings.hpp>
#include <ossify/server/http_server.hpp>
#include <ossify/session/config.hpp>
#include <ossify/transport/net_stream.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/ip/address.hpp>
#include <asio/strand.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ossify {

/// For fault plans: `oss.faults().on(ossify::operation::upload_part)`.
using operation = emulation::operation;

/// How an emulator listens and behaves. Setters chain; each has a default that suits a test.
class emulator_config {
public:
    emulator_config() = default;

    /// Default: 127.0.0.1 and a free port.
    emulator_config& listen(std::string host, std::uint16_t port)
    {
        host_ = std::move(host);
        port_ = port;
        return *this;
    }
    /// Speaks TLS with this certificate. Default: plain HTTP.
    emulator_config& tls(tls_context context)
    {
        tls_ = std::move(context);
        return *this;
    }
    /// Accepts requests signed with this key. May be called for several keys. Default: one generated key.
    emulator_config& access_key(ossify::credentials key, bool read_only = false)
    {
        settings_.keys.add(key, read_only);
        if (!first_key_)
            first_key_ = std::move(key);
        return *this;
    }
    emulator_config& access_key(emulation::key_pair key)
    {
        if (!first_key_)
            first_key_ = key.key;
        settings_.keys.add(std::move(key));
        return *this;
    }
    /// Accepts requests without looking at signatures.
    emulator_config& without_authentication()
    {
        settings_.authenticate = false;
        return *this;
    }
    emulator_config& region(std::string name)
    {
        settings_.region = std::move(name);
        return *this;
    }
    /// Keeps buckets and objects in memory: the default.
    emulator_config& memory() { return store(std::make_shared<emulation::memory_store>()); }
    /// Keeps what is known of objects, but throws their bytes away: for benchmarks. ETags are then no MD5.
    emulator_config& discard() { return store(std::make_shared<emulation::discard_store>()); }
    /// Keeps everything in a folder, which outlives the emulator: `emulation::directory_store`.
    emulator_config& directory(std::filesystem::path folder)
    {
        folder_ = std::move(folder);
        return *this;
    }
    emulator_config& store(std::shared_ptr<emulation::store> where)
    {
        settings_.store = std::move(where);
        return *this;
    }
    /// Refuses what the real service refuses although it is handy on a laptop, such as callbacks to loopback.
    emulator_config& strict(bool on = true)
    {
        settings_.strict = on;
        return *this;
    }
    /// How long one application server may take to answer a callback. Default: the service's 5 seconds.
    emulator_config& callback_limit(std::chrono::milliseconds limit)
    {
        settings_.callback_limit = limit;
        return *this;
    }
    /// Whom callbacks over https may trust. Default: the system's authorities.
    emulator_config& callback_trust(tls_context context)
    {
        callback_tls_ = std::move(context);
        return *this;
    }
    /// The service's clock, UTC: for tests of skewed clocks. Default: the system's.
    emulator_config& clock(std::function<emulation::service_time()> now)
    {
        settings_.clock = std::move(now);
        return *this;
    }
    /// Rules by which requests fail on purpose, as text; see `emulation::add_faults`.
    emulator_config& faults(std::string text)
    {
        faults_ = std::move(text);
        return *this;
    }
    /// Gets one line for each request; it holds no signature and no secret. Default: nobody does.
    emulator_config& log(std::function<void(std::string_view)> line)
    {
        settings_.log = std::move(line);
        return *this;
    }
    emulator_config& limits(http_limits const& limits)
    {
        limits_ = limits;
        return *this;
    }
    /// Spares the strand: for an executor that never runs two handlers at once.
    emulator_config& single_threaded(bool on = true)
    {
        single_threaded_ = on;
        return *this;
    }
    /// Anything else about the emulated service.
    emulation::service_settings& settings() noexcept { return settings_; }

private:
    friend class emulator;

    std::string host_ = "127.0.0.1";
    std::uint16_t port_ = 0;
    std::optional<tls_context> tls_;
    std::optional<tls_context> callback_tls_;
    std::optional<ossify::credentials> first_key_;
    http_limits limits_;
    std::string faults_;
    std::filesystem::path folder_;
    result<void> opened_;  // the folder
    emulation::service_settings settings_;
    bool single_threaded_ = false;
};

/// An Object Storage Service of one's own: listens on TCP, checks signatures, stores objects, calls application servers
/// back, and answers as the real one does. It listens from its construction on.
/// Lifetime: the executor's context must outlive it. Destroying it closes all connections.
/// Thread safety: a monitor, but for `stop`, which is awaited by one coroutine.
class emulator {
public:
    /// Errors: throws `ossify::error` with what `start` would return.
    explicit emulator(asio::any_io_executor ex, emulator_config config = {})
        : emulator(std::move(ex), prepare(std::move(config)), 0)
    {
        started_.value();
    }

    /// Makes an emulator that listens.
    /// Errors: `host_not_found` and `connection_failed` for the address; `invalid_argument` for the text of faults;
    /// those of `directory_store::open` for the folder.
    static result<std::unique_ptr<emulator>> start(asio::any_io_executor ex, emulator_config config = {})
    {
        std::unique_ptr<emulator> made(new emulator(std::move(ex), prepare(std::move(config)), 0));
        if (!made->started_)
            return made->started_.error();
        return made;
    }

    /// Where it listens: "http://127.0.0.1:34567".
    std::string url() const
    {
        auto address = server_.local_endpoint().address();
        if (address.is_unspecified())
            address = address.is_v6() ? asio::ip::address(asio::ip::address_v6::loopback())
                                      : asio::ip::address(asio::ip::address_v4::loopback());
        std::string const host = address.is_v6() ? "[" + address.to_string() + "]" : address.to_string();
        return (server_.is_secure() ? "https://" : "http://") + host + ":" + std::to_string(server_.port());
    }
    std::uint16_t port() const noexcept { return server_.port(); }

    /// A configuration with which a client works here. Over TLS, add the authority that signed the certificate.
    config client_config() const
    {
        config out;
        out.endpoint(url()).region(region()).credentials(key_);
        return out;
    }

    // What a client of another kind needs to know.
    std::string endpoint_text() const { return url(); }
    ossify::credentials const& credentials() const noexcept { return key_; }
    std::string const& region() const noexcept { return service_->settings.region; }

    /// The key that callbacks are signed with, and where a receiver can fetch it.
    std::string public_key_pem() const { return service_->signing_key().value().public_pem(); }
    std::string public_key_url() const { return url() + std::string(emulation::public_key_path); }

    /// Makes a bucket. One that exists keeps what it holds, and gets `acl` if one is given: private (a new bucket's),
    /// public-read or public-read-write.
    /// Errors: `invalid_argument` for a name or an ACL that the service refuses; those of the store.
    result<void> create_bucket(std::string name, std::optional<std::string> acl = std::nullopt)
    {
        if (!emulation::is_bucket_name(name))
            return failure(errc::invalid_argument, "\"" + name + "\" is no bucket name: it takes 3 to 63 of a-z, 0-9 "
                                                   "and hyphens, and begins and ends with none");
        if (acl && !emulation::detail::is_one_of(*acl, emulation::detail::bucket_acls))
            return failure(errc::invalid_argument, "\"" + *acl + "\" is no ACL of a bucket: there are private, "
                                                   "public-read and public-read-write");
        emulation::bucket_record bucket;
        bucket.name = std::move(name);
        bucket.created = service_->now();
        bucket.owner = service_->settings.owner;
        std::lock_guard const lock(service_->mutex);
        if (auto const* const old = service_->objects.find_bucket(bucket.name)) {
            if (!acl)
                return {};
            bucket.storage_class = old->storage_class;
        }
        if (acl)
            bucket.acl = *std::move(acl);
        return service_->objects.put_bucket(std::move(bucket));
    }

    /// What is stored under a key; null when there is nothing.
    std::shared_ptr<emulation::object_record const> find_object(std::string_view bucket, std::string_view key) const
    {
        std::lock_guard const lock(service_->mutex);
        return service_->objects.find_object(bucket, key);
    }

    /// The callbacks so far, oldest first.
    std::vector<emulation::delivery> deliveries() const
    {
        std::lock_guard const lock(service_->mutex);
        auto const& log = service_->deliveries.entries();
        return {log.begin(), log.end()};
    }

    /// What goes wrong on purpose: rules may come and go at any time.
    emulation::fault_plan& faults() noexcept { return service_->faults; }

    /// The multipart uploads so far, oldest first, with how often each part was stored; also those that ended.
    std::vector<emulation::upload_trace> uploads() const
    {
        std::lock_guard const lock(service_->mutex);
        auto const& log = service_->uploads.entries();
        return {log.begin(), log.end()};
    }

    /// How many multipart uploads are open in a bucket: 0 when nothing was left behind.
    std::size_t open_uploads(std::string_view bucket) const
    {
        std::lock_guard const lock(service_->mutex);
        auto const* const found = service_->objects.find_bucket(bucket);
        return found == nullptr ? 0 : found->uploads.size();
    }

    /// The service itself, for tests that look deeper. Hold its mutex.
    emulation::service& service() noexcept { return *service_; }

    /// Accepts no more, lets requests under way end within `grace`, then cuts off the rest. Destroying does it at once.
    awaitable<void> stop(std::chrono::milliseconds grace = std::chrono::seconds(5)) { return server_.stop(grace); }

private:
    using front_type = emulation::front<net_transport>;

    static emulator_config prepare(emulator_config config)
    {
        if (!config.first_key_)
            config.access_key(ossify::credentials("EMU" + codec::random_hex_upper(8),
                                                  secret(codec::random_hex_upper(15))));
        if (config.folder_.empty())
            return config;
        auto opened = emulation::directory_store::open(config.folder_);
        if (!opened) {
            config.opened_ = opened.error();
            return config;
        }
        if (config.settings_.log)
            for (auto const& notice : (*opened)->notices())
                config.settings_.log(notice);
        config.store(*std::move(opened));
        return config;
    }

    emulator(asio::any_io_executor ex, emulator_config config, int)
        : ex_(config.single_threaded_ ? ex : asio::any_io_executor(asio::make_strand(ex))), key_(*config.first_key_),
          service_(std::make_shared<emulation::service>(config.settings_)),
          front_(std::make_shared<front_type>(service_,
                                              config.callback_tls_ ? net_transport(*config.callback_tls_)
                                                                   : net_transport(),
                                              std::make_shared<watchdog<std::chrono::steady_clock>>(ex_))),
          server_(ex_, server_config(config), [front = front_](http_exchange& http) { return front->handle(http); })
    {
        started_ = config.opened_;
        if (started_)
            started_ = emulation::add_faults(service_->faults, config.faults_);
        if (started_)
            started_ = server_.start();
        if (started_)
            front_->dispatcher().public_key_url(public_key_url());
    }

    static http_server_config server_config(emulator_config const& from)
    {
        http_server_config out;
        http_limits limits = from.limits_;
        limits.read_bytes = std::max<std::size_t>(limits.read_bytes, 256 * 1024);
        out.listen(from.host_, from.port_).limits(limits);
        if (from.tls_)
            out.tls(*from.tls_);
        return out;
    }

    asio::any_io_executor ex_;
    ossify::credentials key_;
    std::shared_ptr<emulation::service> service_;
    std::shared_ptr<front_type> front_;
    http_server server_;
    result<void> started_;
};

}  // namespace ossify

#endif
