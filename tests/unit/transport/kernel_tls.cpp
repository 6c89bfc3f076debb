#include <ossify/transport/kernel_tls.hpp>

#include <ossify/codec/hex.hpp>

#include <doctest/doctest.h>

#include <string_view>

#include <sys/socket.h>

using namespace ossify;

TEST_CASE("the keys of a record are those of RFC 8448 section 3")
{
    auto const secret =
        codec::hex_decode("9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5").value();
    detail::record_keys const keys{std::string_view(secret)};
    CHECK(codec::hex_encode_lower(codec::as_chars(keys.key)) == "17422dda596ed5d9acd890e3c63f5051");
    CHECK(codec::hex_encode_lower(codec::as_chars(keys.iv)) == "5b78923dee08579033e523d9");
}

TEST_CASE("a socket that the kernel cannot encrypt stays as it is")
{
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    CHECK_FALSE(detail::start_kernel_tls(ends[0], detail::record_keys()));
    CHECK(::send(ends[0], "x", 1, MSG_NOSIGNAL) == 1);
    ::close(ends[0]);
    ::close(ends[1]);
    MESSAGE("this kernel has TLS: ", detail::kernel_has_tls());
}
