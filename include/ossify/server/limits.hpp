#ifndef OSSIFY_SERVER_LIMITS_HPP
#define OSSIFY_SERVER_LIMITS_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace ossify {

/// What a server allows its clients. A value.
class http_limits {
public:
    http_limits() = default;

    std::size_t header_bytes = 64 * 1024;
    std::size_t header_count = 128;
    std::uint64_t body_bytes = std::numeric_limits<std::uint64_t>::max();
    std::size_t read_bytes = 64 * 1024;  ///< of a body that are taken from the system at once
    std::size_t connections = 10'000;  ///< more than these wait in the system's queue

    std::chrono::milliseconds idle{75'000};    ///< between two requests on a connection
    std::chrono::milliseconds head{20'000};    ///< from the first byte of a request to the end of its head
    std::chrono::milliseconds stall{30'000};   ///< without a byte of a body received, or of an answer taken
    std::chrono::milliseconds tls{10'000};     ///< for the TLS handshake
    std::chrono::milliseconds linger{2'000};   ///< for a client to read an answer that came before it had sent all

    /// How much of a body that the handler did not read is read and thrown away to keep the connection.
    std::uint64_t drain_bytes = 256 * 1024;
    /// How much is thrown away so that the client can read the answer before the connection is closed.
    std::uint64_t linger_bytes = 64 * 1024 * 1024;
};

}  // namespace ossify

#endif
