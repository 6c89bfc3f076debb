#include <ossify/emulator/upload_sink.hpp>

#include <ossify/emulator/memory_store.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace ossify;
using namespace ossify::emulation;

namespace {

stored_bytes take(store& where, std::string_view text, bool with_md5)
{
    auto sink = upload_sink::open(where, text.size(), with_md5).value();
    for (char const& c : text)
        (void)sink.write(std::as_bytes(std::span(&c, 1))).value();
    return sink.finish().value();
}

}  // namespace

TEST_CASE("a sink digests while the bytes pass")
{
    memory_store s;
    auto const stored = take(s, "0123456789", true);
    CHECK(stored.size == 10);
    CHECK(stored.content_md5 == "eB5eJF1ptWaXm4bijSPyxw==");  // OSS documentation, "Content-MD5"
    CHECK(stored.etag == "781E5E245D69B566979B86E28D23F2C7");
    CHECK(take(s, "123456789", true).crc64 == 11051210869376104954ULL);  // the check value of CRC-64/XZ
}

TEST_CASE("an empty body has the MD5 of nothing and the CRC 0")
{
    memory_store s;
    auto const stored = take(s, "", true);
    CHECK(stored.content_md5 == "1B2M2Y8AsgTpgAmY7PhCfg==");
    CHECK(stored.etag == "D41D8CD98F00B204E9800998ECF8427E");
    CHECK(stored.crc64 == 0);
}

TEST_CASE("without MD5 the ETag comes from CRC and size, and has the usual shape")
{
    discard_store s;
    auto const stored = take(s, "123456789", false);
    CHECK(stored.content_md5.empty());
    CHECK(stored.etag == "995DC9BBDF1939FA0000000000000009");
}
