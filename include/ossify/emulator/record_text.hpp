#ifndef OSSIFY_EMULATOR_RECORD_TEXT_HPP
#define OSSIFY_EMULATOR_RECORD_TEXT_HPP

#include <ossify/codec/json.hpp>
#include <ossify/codec/percent.hpp>
#include <ossify/core/result.hpp>
#include <ossify/emulator/records.hpp>
#include <ossify/http/syntax.hpp>

#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

/// Records as JSON, for a store that writes them down. Keys and values of headers may hold any bytes: every text is
/// percent-encoded. Members that a reader does not know are ignored.
namespace ossify::emulation {

/// An object with what only the store knows about it.
class saved_object {
public:
    saved_object() = default;

    std::string key;
    std::shared_ptr<object_record const> record;
    std::string completes;  ///< id of the upload that made it; empty for any other object
};

/// Finds a blob of that name and size. Errors: what is wrong with it.
using blob_finder = std::function<result<std::shared_ptr<blob const>>(std::string_view name, std::uint64_t bytes)>;

namespace detail {

inline json::string escaped(std::string_view bytes)
{
    std::string const text = codec::percent_encode_path(bytes);
    return json::string(text.data(), text.size());
}

inline json::array escaped_pair(std::string_view first, std::string_view second)
{
    json::array out;
    out.emplace_back(escaped(first));
    out.emplace_back(escaped(second));
    return out;
}

/// Takes members out of a JSON object. The first that is missing or of another kind is remembered; it and all later
/// ones are then empty.
class record_reader {
public:
    static result<record_reader> open(std::string_view text)
    {
        auto value = codec::parse_json(text);
        if (!value)
            return value.error();
        if (!value->is_object())
            return failure(errc::malformed_json, "no JSON object");
        return record_reader(*std::move(value));
    }

    std::string text(std::string_view name)
    {
        json::value const* const at = find(name);
        return at != nullptr ? decode(*at, name) : std::string();
    }
    template<class Number>
    Number number(std::string_view name)
    {
        json::value const* const at = find(name);
        boost::system::error_code ec;
        Number const out = at != nullptr ? at->to_number<Number>(ec) : Number(0);
        if (ec)
            fail(name);
        return ec ? Number(0) : out;
    }
    bool flag(std::string_view name)
    {
        json::value const* const at = find(name);
        if (at != nullptr && !at->is_bool())
            fail(name);
        return at != nullptr && at->is_bool() && at->get_bool();
    }
    /// Calls `each(first, second)` for the pairs of a list; the second element is given as JSON.
    template<class Each>
    void pairs(std::string_view name, Each each)
    {
        json::value const* const at = find(name);
        if (at == nullptr)
            return;
        if (!at->is_array())
            return fail(name);
        for (json::value const& pair : at->get_array()) {
            if (!pair.is_array() || pair.get_array().size() != 2)
                return fail(name);
            each(decode(pair.get_array()[0], name), pair.get_array()[1]);
        }
    }
    std::string decode(json::value const& value, std::string_view name)
    {
        if (value.is_string()) {
            auto const& string = value.get_string();
            if (auto out = codec::percent_decode(std::string_view(string.data(), string.size())))
                return *std::move(out);
        }
        fail(name);
        return {};
    }
    service_time time(std::string_view name) { return service_time(std::chrono::milliseconds(number<std::int64_t>(name))); }

    void fail(std::string_view name)
    {
        if (wrong_.empty())
            wrong_ = "the member \"" + std::string(name) + "\" is missing or wrong";
    }
    void fail(failure const& why)
    {
        if (wrong_.empty())
            wrong_ = why.message();
    }
    bool failed() const noexcept { return !wrong_.empty(); }
    failure error() const { return failure(errc::malformed_json, wrong_); }

private:
    explicit record_reader(json::value value) : value_(std::move(value)) {}

    json::value const* find(std::string_view name)
    {
        json::value const* const at =
            failed() ? nullptr : value_.get_object().if_contains(json::string_view(name.data(), name.size()));
        if (at == nullptr)
            fail(name);
        return at;
    }

    json::value value_;
    std::string wrong_;
};

inline void write_attributes(json::object& to, object_attributes const& from)
{
    to["contentType"] = escaped(from.content_type);
    json::array headers;
    for (auto const [name, value] : from.headers)
        headers.emplace_back(escaped_pair(name, value));
    to["headers"] = std::move(headers);
    to["acl"] = escaped(from.acl);
    to["storageClass"] = escaped(from.storage_class);
    json::array tags;
    for (auto const& [key, value] : from.tags)
        tags.emplace_back(escaped_pair(key, value));
    to["tags"] = std::move(tags);
}

inline object_attributes read_attributes(record_reader& from)
{
    object_attributes out;
    out.content_type = from.text("contentType");
    from.pairs("headers", [&](std::string const& name, json::value const& second) {
        std::string const value = from.decode(second, "headers");
        if (!http::is_valid_name(name) || !http::is_valid_value(value))
            return from.fail("headers");
        out.headers.append(name, value);
    });
    out.acl = from.text("acl");
    out.storage_class = from.text("storageClass");
    from.pairs("tags", [&](std::string const& key, json::value const& value) {
        out.tags.emplace_back(key, from.decode(value, "tags"));
    });
    return out;
}

inline json::array write_content(content const& from)
{
    json::array out;
    for (auto const& b : from.blobs()) {
        json::array one;
        one.emplace_back(escaped(b->name()));
        one.emplace_back(b->size());
        out.emplace_back(std::move(one));
    }
    return out;
}

inline content read_content(record_reader& from, blob_finder const& find)
{
    content out;
    from.pairs("data", [&](std::string const& name, json::value const& bytes) {
        boost::system::error_code ec;
        auto const size = bytes.to_number<std::uint64_t>(ec);
        if (ec || from.failed())
            return from.fail("data");
        auto found = find(name, size);
        if (!found)
            return from.fail(found.error());
        out.append(*std::move(found));
    });
    return out;
}

inline object_type read_type(record_reader& from)
{
    std::string const text = from.text("type");
    for (auto const t : {object_type::normal, object_type::appendable, object_type::symlink, object_type::multipart})
        if (text == to_string(t))
            return t;
    from.fail("type");
    return object_type::normal;
}

}  // namespace detail

inline std::string to_text(bucket_record const& bucket)
{
    json::object out;
    out["name"] = detail::escaped(bucket.name);
    out["created"] = bucket.created.time_since_epoch().count();
    out["acl"] = detail::escaped(bucket.acl);
    out["storageClass"] = detail::escaped(bucket.storage_class);
    out["owner"] = detail::escaped(bucket.owner);
    return codec::to_json_text(out);
}

inline std::string to_text(std::string_view key, object_record const& object, std::string_view completes)
{
    json::object out;
    out["key"] = detail::escaped(key);
    detail::write_attributes(out, object.attributes);
    out["data"] = detail::write_content(object.data);
    out["etag"] = detail::escaped(object.etag);
    out["contentMd5"] = detail::escaped(object.content_md5);
    out["crc64"] = object.crc64;
    out["modified"] = object.modified.time_since_epoch().count();
    out["type"] = detail::escaped(to_string(object.type));
    out["symlinkTarget"] = detail::escaped(object.symlink_target);
    out["completes"] = detail::escaped(completes);
    return codec::to_json_text(out);
}

/// Without its parts: each has a text of its own.
inline std::string to_text(upload_record const& upload)
{
    json::object out;
    out["id"] = detail::escaped(upload.id);
    out["key"] = detail::escaped(upload.key);
    detail::write_attributes(out, upload.attributes);
    out["initiated"] = upload.initiated.time_since_epoch().count();
    out["sequential"] = upload.sequential;
    out["initiator"] = detail::escaped(upload.initiator);
    return codec::to_json_text(out);
}

inline std::string to_text(part_record const& part)
{
    json::object out;
    out["number"] = part.number;
    out["data"] = detail::write_content(part.data);
    out["etag"] = detail::escaped(part.etag);
    out["crc64"] = part.crc64;
    out["modified"] = part.modified.time_since_epoch().count();
    out["received"] = part.received;
    return codec::to_json_text(out);
}

/// Errors: `malformed_json`, with what is wrong.
inline result<bucket_record> read_bucket(std::string_view text)
{
    auto in = detail::record_reader::open(text);
    if (!in)
        return in.error();
    bucket_record out;
    out.name = in->text("name");
    out.created = in->time("created");
    out.acl = in->text("acl");
    out.storage_class = in->text("storageClass");
    out.owner = in->text("owner");
    if (in->failed())
        return in->error();
    return out;
}

/// Errors: `malformed_json`, also when a blob is not as it should be.
inline result<saved_object> read_object(std::string_view text, blob_finder const& find)
{
    auto in = detail::record_reader::open(text);
    if (!in)
        return in.error();
    saved_object out;
    out.key = in->text("key");
    auto object = std::make_shared<object_record>();
    object->attributes = detail::read_attributes(*in);
    object->data = detail::read_content(*in, find);
    object->etag = in->text("etag");
    object->content_md5 = in->text("contentMd5");
    object->crc64 = in->number<std::uint64_t>("crc64");
    object->modified = in->time("modified");
    object->type = detail::read_type(*in);
    object->symlink_target = in->text("symlinkTarget");
    out.completes = in->text("completes");
    if (in->failed())
        return in->error();
    out.record = std::move(object);
    return out;
}

/// Errors: `malformed_json`.
inline result<upload_record> read_upload(std::string_view text)
{
    auto in = detail::record_reader::open(text);
    if (!in)
        return in.error();
    upload_record out;
    out.id = in->text("id");
    out.key = in->text("key");
    out.attributes = detail::read_attributes(*in);
    out.initiated = in->time("initiated");
    out.sequential = in->flag("sequential");
    out.initiator = in->text("initiator");
    if (in->failed())
        return in->error();
    return out;
}

/// Errors: `malformed_json`, also when a blob is not as it should be.
inline result<part_record> read_part(std::string_view text, blob_finder const& find)
{
    auto in = detail::record_reader::open(text);
    if (!in)
        return in.error();
    part_record out;
    out.number = in->number<unsigned>("number");
    out.data = detail::read_content(*in, find);
    out.etag = in->text("etag");
    out.crc64 = in->number<std::uint64_t>("crc64");
    out.modified = in->time("modified");
    out.received = in->number<unsigned>("received");
    if (in->failed())
        return in->error();
    return out;
}

}  // namespace ossify::emulation

#endif
