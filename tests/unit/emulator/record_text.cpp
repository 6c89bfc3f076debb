#include <ossify/emulator/record_text.hpp>

#include <ossify/emulator/memory_store.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace ossify;
using namespace ossify::emulation;
using namespace std::string_literals;

namespace {

std::string const wild = "\0a/../B \xff\xc3\"\\%\n"s;

object_attributes attributes()
{
    object_attributes out;
    out.content_type = "text/plain; charset=\"x\"";
    out.headers.append("x-oss-meta-name", "caf\xe9 \"quoted\"");
    out.headers.append("Cache-Control", "no-cache");
    out.acl = "public-read";
    out.storage_class = "IA";
    out.tags = {{"a b", "1&2"}, {"\xe5\x90\x8d", ""}};
    return out;
}

void check_same(object_attributes const& a, object_attributes const& b)
{
    CHECK(a.content_type == b.content_type);
    CHECK(a.headers == b.headers);
    CHECK(a.acl == b.acl);
    CHECK(a.storage_class == b.storage_class);
    CHECK(a.tags == b.tags);
}

result<std::shared_ptr<blob const>> no_blob(std::string_view, std::uint64_t)
{
    return failure(errc::store_failed, "there is none");
}

}  // namespace

TEST_CASE("an object comes back as it was written, whatever its key")
{
    object_record object;
    object.attributes = attributes();
    object.etag = "5D41402ABC4B2A76B9719D911017C592";
    object.content_md5 = "XUFAKrxLKna5cZ2REBfFkg==";
    object.crc64 = 18446744073709551615U;
    object.modified = service_time(std::chrono::milliseconds(1'700'000'000'123));
    object.type = object_type::symlink;
    object.symlink_target = wild;
    auto const back = read_object(to_text(wild, object, "ID"), &no_blob).value();
    CHECK(back.key == wild);
    CHECK(back.completes == "ID");
    check_same(back.record->attributes, object.attributes);
    CHECK(back.record->etag == object.etag);
    CHECK(back.record->content_md5 == object.content_md5);
    CHECK(back.record->crc64 == object.crc64);
    CHECK(back.record->modified == object.modified);
    CHECK(back.record->type == object.type);
    CHECK(back.record->symlink_target == wild);
}

TEST_CASE("an object names its blobs in order, and they are looked up again")
{
    std::string asked;
    auto const find = [&](std::string_view name, std::uint64_t bytes) -> result<std::shared_ptr<blob const>> {
        asked += std::string(name) + ":" + std::to_string(bytes) + " ";
        discard_store store;
        auto sink = store.open_sink(bytes).value();
        std::string const text(bytes, 'x');
        (void)sink->write(std::as_bytes(std::span(text))).value();
        return sink->finish().value();
    };
    auto text = to_text("k", object_record(), "");
    text.replace(text.find("\"data\":[]"), 9, R"("data":[["b1",3],["b2",4]])");
    auto const back = read_object(text, find).value();
    CHECK(asked == "b1:3 b2:4 ");
    CHECK(back.record->data.size() == 7);
}

TEST_CASE("uploads, parts and buckets come back as they were written")
{
    upload_record upload;
    upload.id = "0004B9894A22E5B1888A1E29F8236E2D";
    upload.key = wild;
    upload.attributes = attributes();
    upload.initiated = service_time(std::chrono::milliseconds(-5));
    upload.sequential = true;
    upload.initiator = "42";
    auto const back = read_upload(to_text(upload)).value();
    CHECK(back.id == upload.id);
    CHECK(back.key == upload.key);
    check_same(back.attributes, upload.attributes);
    CHECK(back.initiated == upload.initiated);
    CHECK(back.sequential);
    CHECK(back.initiator == "42");

    part_record part;
    part.number = 10'000;
    part.etag = "E";
    part.crc64 = 1;
    part.received = 3;
    auto const part_back = read_part(to_text(part), &no_blob).value();
    CHECK(part_back.number == 10'000);
    CHECK(part_back.etag == "E");
    CHECK(part_back.crc64 == 1);
    CHECK(part_back.received == 3);

    bucket_record bucket;
    bucket.name = "photos";
    bucket.acl = "public-read-write";
    bucket.owner = "7";
    auto const bucket_back = read_bucket(to_text(bucket)).value();
    CHECK(bucket_back.name == "photos");
    CHECK(bucket_back.acl == "public-read-write");
    CHECK(bucket_back.owner == "7");
}

TEST_CASE("no cut of a record is read as a whole one")
{
    object_record object;
    object.attributes = attributes();
    std::string const whole = to_text("k", object, "");
    for (std::size_t n = 0; n != whole.size(); ++n)
        CHECK_FALSE(read_object(std::string_view(whole).substr(0, n), &no_blob).has_value());
}

TEST_CASE("a record that is wrong is refused, and the member named")
{
    auto const refused = [](std::string_view from, std::string_view to) {
        object_record object;
        object.attributes = attributes();
        std::string text = to_text("k", object, "");
        text.replace(text.find(from), from.size(), to);
        auto const read = read_object(text, &no_blob);
        return read ? "accepted" : read.error().message();
    };
    CHECK(refused("\"etag\"", "\"other\"").find("\"etag\"") != std::string::npos);
    CHECK(refused("\"crc64\":0", "\"crc64\":-1").find("\"crc64\"") != std::string::npos);
    CHECK(refused("\"Normal\"", "\"Strange\"").find("\"type\"") != std::string::npos);
    CHECK(refused("no-cache", "no%0D%0Acache").find("\"headers\"") != std::string::npos);
    CHECK(refused("\"data\":[]", R"("data":[["b",1]])").find("there is none") != std::string::npos);
    CHECK(refused("\"key\":\"k\"", "\"key\":\"%zz\"").find("\"key\"") != std::string::npos);
    CHECK_FALSE(read_bucket("[]").has_value());
}
