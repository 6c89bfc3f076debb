#include <ossify/emulator/directory_store.hpp>

#include <ossify/emulator/catalogue.hpp>

#include "certificates.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <fstream>
#include <optional>
#include <string>


using namespace ossify;
using namespace ossify::emulation;
using namespace std::string_literals;

namespace fs = std::filesystem;

namespace {

/// A folder that is opened, used, and opened again.
class kept {
public:
    explicit kept(tests::temporary_folder const& in) : folder(in.path() / "data") { open(); }

    /// As after the end of a process.
    void open()
    {
        objects.reset();
        store.reset();
        store = directory_store::open(folder).value();
        objects.emplace(store);
    }
    void bucket(std::string const& name)
    {
        bucket_record b;
        b.name = name;
        b.acl = "public-read";
        objects->put_bucket(std::move(b)).value();
    }

    content bytes(std::string_view text)
    {
        auto sink = store->open_sink(std::nullopt).value();
        (void)sink->write(std::as_bytes(std::span(text))).value();
        content out;
        out.append(sink->finish().value());
        return out;
    }
    void put(std::string_view key, std::string_view text)
    {
        auto object = std::make_shared<object_record>();
        object->data = bytes(text);
        object->etag = "E-" + std::string(text.substr(0, 10));
        objects->put_object("photos", key, object).value();
    }
    std::optional<std::string> get(std::string_view key) const
    {
        auto const found = objects->find_object("photos", key);
        if (!found)
            return std::nullopt;
        return read(*found);
    }
    static std::string read(object_record const& object)
    {
        std::string out(object.data.size() + 1, '?');
        out.resize(object.data.read_at(0, std::as_writable_bytes(std::span(out))).value());
        return out;
    }
    void begin_upload(std::string const& id)
    {
        upload_record upload;
        upload.id = id;
        upload.key = "k";
        objects->put_upload("photos", std::move(upload)).value();
    }
    void part(std::string const& id, unsigned number, std::string_view text)
    {
        part_record p;
        p.number = number;
        p.data = bytes(text);
        p.etag = "P" + std::to_string(number);
        objects->put_part("photos", "k", id, std::move(p)).value();
    }
    std::size_t blob_count() const { return count(folder / "blobs"); }
    static std::size_t count(fs::path const& in)
    {
        return static_cast<std::size_t>(std::distance(fs::directory_iterator(in), fs::directory_iterator()));
    }

    fs::path folder;
    std::shared_ptr<directory_store> store;
    std::optional<catalogue> objects;
};

void write(fs::path const& path, std::string_view text) { std::ofstream(path, std::ios::binary) << text; }

fs::path record_of(kept const& k, std::string_view key)
{
    return k.folder / "buckets/photos/objects" / object_file_name(key);
}

}  // namespace

TEST_CASE("buckets and objects are there again, with their bytes")
{
    tests::temporary_folder in;
    kept k(in);
    k.bucket("photos");
    k.put("a", "alpha");
    k.put("empty", "");
    k.open();
    CHECK(k.store->notices().empty());
    CHECK(k.objects->find_bucket("photos")->acl == "public-read");
    CHECK(k.get("a") == "alpha");
    CHECK(k.get("empty") == "");
    CHECK(k.objects->find_object("photos", "a")->etag == "E-alpha");
    CHECK_FALSE(k.get("b"));
}

TEST_CASE("keys of any bytes are different objects and stay inside the folder")
{
    tests::temporary_folder in;
    kept k(in);
    k.bucket("photos");
    std::vector<std::string> const keys{"a", "A", "../../a", "..", ".", "a/b", "a//b", "con", "a\0b"s, "\xff\xfe",
                                        "\xc3\xa9", "e\xcc\x81", std::string(1023, 'k'), std::string(1023, '\xff'),
                                        "bucket.json", "a.tmp", "a.json.damaged"};
    for (auto const& key : keys)
        k.put(key, "of " + key);
    k.open();
    CHECK(k.store->notices().empty());
    for (auto const& key : keys)
        CHECK(k.get(key) == "of " + key);
    CHECK(k.count(in.path()) == 1);
    CHECK(k.count(k.folder / "buckets/photos/objects") == keys.size());
}

TEST_CASE("an object that is replaced or deleted frees its bytes, but not under a reader")
{
    tests::temporary_folder in;
    kept k(in);
    k.bucket("photos");
    k.put("a", "old");
    auto reader = k.objects->find_object("photos", "a");
    k.put("a", "new");
    CHECK(k.get("a") == "new");
    CHECK(kept::read(*reader) == "old");
    CHECK(k.blob_count() == 2);
    reader.reset();
    CHECK(k.blob_count() == 1);
    CHECK(k.objects->remove_object("photos", "a").value());
    CHECK(k.blob_count() == 0);
    k.open();
    CHECK_FALSE(k.get("a"));
}

TEST_CASE("bytes that two records share go with the last")
{
    tests::temporary_folder in;
    kept k(in);
    k.bucket("photos");
    k.put("a", "shared");
    for (char const* const key : {"b", "a"}) {  // a copy, and the same bytes with other metadata
        auto changed = std::make_shared<object_record>(*k.objects->find_object("photos", "a"));
        changed->attributes.acl = "private";
        k.objects->put_object("photos", key, changed).value();
    }
    CHECK(k.blob_count() == 1);
    k.open();
    CHECK(k.objects->remove_object("photos", "a").value());
    CHECK(k.get("b") == "shared");
    CHECK(k.objects->remove_object("photos", "b").value());
    CHECK(k.blob_count() == 0);
}

TEST_CASE("bytes that never became an object leave nothing behind")
{
    tests::temporary_folder in;
    kept k(in);
    k.bucket("photos");
    {
        auto sink = k.store->open_sink(5).value();
        (void)sink->write(std::as_bytes(std::span("half", 4))).value();
        CHECK(k.blob_count() == 1);
    }
    CHECK(k.blob_count() == 0);
    { auto const finished = k.bytes("whole, but nobody wants it"); }
    CHECK(k.blob_count() == 0);
}

TEST_CASE("open uploads and their parts are there again and can be completed")
{
    tests::temporary_folder in;
    kept k(in);
    k.bucket("photos");
    k.begin_upload("U1");
    k.part("U1", 2, "two");
    k.part("U1", 10, "ten");
    k.part("U1", 2, "TWO");
    k.open();
    auto const* const upload = k.objects->find_upload("photos", "k", "U1");
    REQUIRE(upload != nullptr);
    REQUIRE(upload->parts.size() == 2);
    CHECK(upload->parts.at(2).received == 2);
    auto object = std::make_shared<object_record>();
    object->data.append(upload->parts.at(2).data);
    object->data.append(upload->parts.at(10).data);
    k.objects->complete_upload("photos", "k", "U1", object).value();
    object.reset();
    k.open();
    CHECK(k.get("k") == "TWOten");
    CHECK(k.objects->find_upload("photos", "k", "U1") == nullptr);
    CHECK(k.blob_count() == 2);
}

TEST_CASE("an upload that is aborted takes its parts along")
{
    tests::temporary_folder in;
    kept k(in);
    k.bucket("photos");
    k.begin_upload("U1");
    k.part("U1", 1, "one");
    k.objects->remove_upload("photos", "k", "U1").value();
    CHECK(k.blob_count() == 0);
    k.open();
    CHECK(k.objects->find_bucket("photos")->uploads.empty());
}

TEST_CASE("a process that ends between the two steps of a completion has completed")
{
    tests::temporary_folder in;
    kept k(in);
    k.bucket("photos");
    k.begin_upload("U1");
    k.part("U1", 1, "one");
    auto object = std::make_shared<object_record>();
    object->data = k.objects->find_upload("photos", "k", "U1")->parts.at(1).data;
    k.store->save_object("photos", "k", *object, nullptr, "U1").value();  // and no forget_upload
    object.reset();
    k.open();
    CHECK(k.get("k") == "one");
    CHECK(k.objects->find_upload("photos", "k", "U1") == nullptr);
    CHECK(k.count(k.folder / "buckets/photos/uploads") == 0);
}

TEST_CASE("a bucket that is removed is gone, and one that was half made or half removed too")
{
    tests::temporary_folder in;
    kept k(in);
    k.bucket("photos");
    k.bucket("videos");
    k.objects->remove_bucket("photos").value();
    fs::remove(k.folder / "buckets/videos/bucket.json");
    k.open();
    CHECK(k.objects->buckets().empty());
    CHECK(k.store->notices().empty());
    CHECK(k.count(k.folder / "buckets") == 0);
}

TEST_CASE("what was half-written is removed and never shown")
{
    tests::temporary_folder in;
    kept k(in);
    k.bucket("photos");
    k.put("a", "alpha");
    write(k.folder / "blobs/0123456789abcdef0123456789abcdef", "half");
    auto half = record_of(k, "b");
    half += ".tmp";
    write(half, "{\"key\":");
    fs::create_directories(k.folder / "buckets/photos/uploads/U9");
    write(k.folder / "buckets/photos/uploads/U9/1.json", "{}");
    k.open();
    CHECK(k.store->notices().empty());
    CHECK(k.get("a") == "alpha");
    CHECK(k.blob_count() == 1);
    CHECK(k.count(k.folder / "buckets/photos/objects") == 1);
    CHECK(k.count(k.folder / "buckets/photos/uploads") == 0);
}

TEST_CASE("a damaged record is set aside with a notice, and keeps its bytes and everything else")
{
    tests::temporary_folder in;
    kept k(in);
    k.bucket("photos");
    k.put("a", "alpha");
    k.put("b", "beta");
    write(record_of(k, "a"), "{\"key\":\"a\"");
    for (int again = 0; again != 2; ++again) {
        k.open();
        CHECK(k.store->notices().size() == (again == 0 ? 1 : 0));
        CHECK_FALSE(k.get("a"));
        CHECK(k.get("b") == "beta");
        CHECK(k.blob_count() == 2);
    }
}

TEST_CASE("a bucket that is changed stays as old as it is, also on the disk")
{
    tests::temporary_folder in;
    kept k(in);
    bucket_record b;
    b.name = "photos";
    b.created = service_time(std::chrono::seconds(1'700'000'000));
    k.objects->put_bucket(b).value();
    auto changed = b;
    changed.created += std::chrono::hours(1);
    changed.acl = "public-read";
    k.objects->put_bucket(changed).value();
    k.open();
    CHECK(k.objects->find_bucket("photos")->acl == "public-read");
    CHECK(k.objects->find_bucket("photos")->created == b.created);
}

TEST_CASE("a record that cannot be read is set aside like a damaged one")
{
    tests::temporary_folder in;
    kept k(in);
    k.bucket("photos");
    k.put("a", "alpha");
    k.put("b", "beta");
    fs::remove(record_of(k, "a"));
    fs::create_directory(record_of(k, "a"));  // as the disk says of a file: it opens, and reading it fails
    k.open();
    REQUIRE(k.store->notices().size() == 1);
    CHECK(k.store->notices()[0].find("cannot read") != std::string::npos);
    CHECK_FALSE(k.get("a"));
    CHECK(k.get("b") == "beta");
}

TEST_CASE("an object whose bytes are missing or cut is not shown")
{
    tests::temporary_folder in;
    kept k(in);
    k.bucket("photos");
    k.put("cut", "some bytes");
    k.put("gone", "other bytes");
    auto const path = [&](char const* key) {
        return k.folder / "blobs" / k.objects->find_object("photos", key)->data.blobs()[0]->name();
    };
    fs::resize_file(path("cut"), 4);
    fs::remove(path("gone"));
    k.open();
    REQUIRE(k.store->notices().size() == 2);
    CHECK((k.store->notices()[0] + k.store->notices()[1]).find("4 instead of 10") != std::string::npos);
    CHECK_FALSE(k.get("cut"));
    CHECK_FALSE(k.get("gone"));
}

TEST_CASE("a damaged bucket keeps its objects, and a record under another name is refused")
{
    tests::temporary_folder in;
    kept k(in);
    k.bucket("photos");
    k.put("a", "alpha");
    write(k.folder / "buckets/photos/bucket.json", "garbage");
    fs::copy_file(record_of(k, "a"), record_of(k, "b"));
    k.open();
    CHECK(k.store->notices().size() == 2);
    CHECK(k.objects->find_bucket("photos")->acl == "private");
    CHECK(k.get("a") == "alpha");
    CHECK_FALSE(k.get("b"));
}

TEST_CASE("a damaged part is not listed, and a damaged upload keeps its files")
{
    tests::temporary_folder in;
    kept k(in);
    k.bucket("photos");
    k.begin_upload("U1");
    k.part("U1", 1, "one");
    k.part("U1", 2, "two");
    k.begin_upload("U2");
    k.part("U2", 1, "one");
    write(k.folder / "buckets/photos/uploads/U1/1.json", "{}");
    write(k.folder / "buckets/photos/uploads/U2/upload.json", "");
    for (int again = 0; again != 2; ++again) {
        k.open();
        CHECK(k.store->notices().size() == (again == 0 ? 2 : 0));
        CHECK(k.objects->find_upload("photos", "k", "U1")->parts.count(1) == 0);
        CHECK(k.objects->find_upload("photos", "k", "U1")->parts.count(2) == 1);
        CHECK(k.objects->find_upload("photos", "k", "U2") == nullptr);
        CHECK(fs::exists(k.folder / "buckets/photos/uploads/U2/1.json"));
    }
}

TEST_CASE("a folder is opened by one process at a time")
{
    tests::temporary_folder in;
    kept k(in);
    // A lock is of an open file, not of a process: the same process is refused too.
    auto const second = directory_store::open(k.folder);
    REQUIRE_FALSE(second.has_value());
    CHECK(second.error() == errc::invalid_config);
    CHECK(second.error().message().find("in use by another emulator (process " + std::to_string(::getpid())) !=
          std::string::npos);
}

TEST_CASE("a folder of other files is left alone, and so is one of another version")
{
    tests::temporary_folder in;
    write(in.path() / "thesis.txt", "years of work");
    auto const refused = directory_store::open(in.path());
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().message().find("holds other files") != std::string::npos);
    CHECK(kept::count(in.path()) == 1);

    tests::temporary_folder other;
    { kept k(other); }
    write(other.path() / "data/FORMAT", "ossify emulator 99\n");
    auto const newer = directory_store::open(other.path() / "data");
    REQUIRE_FALSE(newer.has_value());
    CHECK(newer.error().message().find("another version") != std::string::npos);
}

TEST_CASE("a body larger than two windows of writing comes back whole")
{
    tests::temporary_folder in;
    kept k(in);
    k.bucket("photos");
    std::string text(20'000'003, '\0');
    for (std::size_t i = 0; i != text.size(); ++i)
        text[i] = static_cast<char>(i * 7 + i / 251);
    auto sink = k.store->open_sink(text.size()).value();
    for (std::string_view left = text; !left.empty(); left.remove_prefix(std::min<std::size_t>(left.size(), 262'144)))
        (void)sink->write(std::as_bytes(std::span(left.substr(0, 262'144)))).value();
    auto object = std::make_shared<object_record>();
    object->data.append(sink->finish().value());
    k.objects->put_object("photos", "big", object).value();
    object.reset();
    k.open();
    CHECK((k.get("big") == text));
    std::string middle(10, '?');
    CHECK(k.objects->find_object("photos", "big")->data.read_at(10'000'000, std::as_writable_bytes(std::span(middle))).value() == 10);
    CHECK(middle == text.substr(10'000'000, 10));
}
