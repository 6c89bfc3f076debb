#ifndef OSSIFY_EMULATOR_SERVICE_HPP
#define OSSIFY_EMULATOR_SERVICE_HPP

#include <ossify/codec/date.hpp>
#include <ossify/codec/public_key.hpp>
#include <ossify/codec/random.hpp>
#include <ossify/emulator/authenticator.hpp>
#include <ossify/emulator/catalogue.hpp>
#include <ossify/emulator/delivery_log.hpp>
#include <ossify/emulator/fault_plan.hpp>
#include <ossify/emulator/memory_store.hpp>
#include <ossify/emulator/request_ids.hpp>
#include <ossify/emulator/settings.hpp>
#include <ossify/emulator/upload_history.hpp>

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ossify::emulation {

/// The emulated service's state: what it stores, whom it knows, and the key with which it signs callbacks. Requests are
/// worked on by `service_exchange`; there is no I/O in either.
/// Thread safety: the members are not thread-safe; hold `mutex` while using them, as `service_exchange` does.
class service {
public:
    explicit service(service_settings with)
        : settings(with_defaults(std::move(with))), auth(settings.keys, settings.region),
          objects(settings.store)
    {
        for (auto const& [name, bucket] : objects.buckets())
            for (auto const& [place, upload] : bucket.uploads)
                uploads.recover(upload, name);
    }
    service(service const&) = delete;
    service& operator=(service const&) = delete;

    service_time now() const
    {
        if (settings.clock)
            return settings.clock();
        return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
    }

    codec::wall_time wall_now() const { return std::chrono::floor<std::chrono::seconds>(now()); }

    std::string new_request_id() { return request_ids_.next(); }
    std::string new_upload_id() const { return codec::random_hex_upper(16); }

    std::mutex mutex;
    service_settings const settings;
    authenticator auth;
    catalogue objects;
    delivery_log deliveries;
    upload_history uploads;
    fault_plan faults;

    /// Signs callbacks. Made when it is first needed, because that takes a while. Errors: those of OpenSSL.
    result<codec::private_key> signing_key()
    {
        std::lock_guard const lock(key_mutex_);
        if (!key_)
            key_.emplace(codec::private_key::generate_rsa(key_bits));
        return *key_;
    }

private:
    // Twice the bits of the real service's key, and still made in a blink.
    static constexpr int key_bits = 1024;

    static service_settings with_defaults(service_settings with)
    {
        if (!with.store)
            with.store = std::make_shared<memory_store>();
        return with;
    }

    request_ids request_ids_;
    std::mutex key_mutex_;
    std::optional<result<codec::private_key>> key_;
};

}  // namespace ossify::emulation

#endif
