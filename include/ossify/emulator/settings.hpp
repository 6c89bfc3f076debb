#ifndef OSSIFY_EMULATOR_SETTINGS_HPP
#define OSSIFY_EMULATOR_SETTINGS_HPP

#include <ossify/emulator/key_store.hpp>
#include <ossify/emulator/records.hpp>
#include <ossify/emulator/store.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace ossify::emulation {

/// What the emulated service is like. A class with public members; the facade's configuration fills it.
class service_settings {
public:
    service_settings() = default;

    std::shared_ptr<emulation::store> store;  ///< memory when there is none
    key_store keys;            ///< whose signatures are accepted
    bool authenticate = true;  ///< false: nobody is asked for a signature, and everybody may do everything
    std::string region = "cn-hangzhou";
    std::string owner = "1234567890123456";  ///< account id that owns the buckets and the keys

    /// Refuse what the real service refuses although it is handy on a laptop: callbacks to private addresses, and
    /// path style on the service's own domain.
    bool strict = false;

    std::uint64_t max_object_bytes = std::uint64_t{5} << 30;  ///< of one PUT or part
    std::size_t max_text_bytes = 4 << 20;                     ///< of a body that is XML

    /// What `${name}` without a value becomes in a callback body of type JSON: null, else an empty string.
    bool missing_is_null = true;
    std::chrono::milliseconds callback_limit{5000};  ///< for each URL
    std::size_t callback_answer_bytes = 1 << 20;

    /// UTC. Empty: the system's clock.
    std::function<service_time()> clock;
    /// Gets a line for each request. Empty: nothing is logged.
    std::function<void(std::string_view)> log;
};

}  // namespace ossify::emulation

#endif
