#ifndef OSSIFY_MULTIPART_CHECKPOINT_HPP
#define OSSIFY_MULTIPART_CHECKPOINT_HPP

#include <ossify/codec/crc64.hpp>
#include <ossify/codec/describe.hpp>
#include <ossify/codec/json.hpp>
#include <ossify/core/result.hpp>
#include <ossify/multipart/part_plan.hpp>
#include <ossify/operation/multipart_upload.hpp>
#include <ossify/operation/part.hpp>

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ossify {

/// What an upload needs to go on after its process has ended: what was sent, from where, and to where. It holds no secret.
/// Thread safety: a value.
class checkpoint {
public:
    checkpoint() = default;

    multipart_upload upload;
    std::string source;          ///< the source's identity: another one means other bytes
    std::uint64_t bytes = 0;     ///< of the whole object
    std::uint64_t part_bytes = 0;
    std::string shape;           ///< digest of how the object is to be stored: its headers
    bool completing = false;     ///< the request to complete may have been sent
    std::vector<part> parts;     ///< that the service has acknowledged, in any order

    friend bool operator==(checkpoint const&, checkpoint const&) = default;
};

BOOST_DESCRIBE_STRUCT(checkpoint, (), (upload, source, bytes, part_bytes, shape, completing, parts))

inline constexpr int checkpoint_version = 1;

/// The checkpoint as JSON, with a version and a checksum over the rest.
inline std::string encode_checkpoint(checkpoint const& c)
{
    json::value state = codec::to_json(c);
    std::uint64_t const sum = crc64(codec::to_json_text(state));
    json::object out;
    out.emplace("ossify_checkpoint", checkpoint_version);
    out.emplace("crc64", std::to_string(sum));
    out.emplace("state", std::move(state));
    return codec::to_json_text(out);
}

/// Whether a text that cannot be read is a damaged checkpoint, and no other file that was named by mistake: it begins
/// like one, is cut before it could, or all zeros, as files may be when the power has failed.
inline bool may_be_checkpoint(std::string_view text) noexcept
{
    constexpr std::string_view begin = "{\"ossify_checkpoint\":";
    auto const common = text.substr(0, begin.size());
    return begin.starts_with(common) || text.find_first_not_of('\0') == text.npos;
}

/// Reads a checkpoint. Errors: `malformed_json` says what is wrong with it: cut, changed, of another version, or with
/// parts that do not belong to its plan.
inline result<checkpoint> decode_checkpoint(std::string_view text)
{
    auto const bad = [](std::string why) { return failure(errc::malformed_json, "the checkpoint " + std::move(why)); };
    auto const parsed = codec::parse_json(text);
    auto const* const whole = parsed ? parsed->if_object() : nullptr;
    if (whole == nullptr)
        return bad("is damaged");
    auto const* const version = whole->if_contains("ossify_checkpoint");
    if (version == nullptr)
        return bad("is none of ours");
    if (!version->is_int64() || version->get_int64() != checkpoint_version)
        return bad("is of another version");
    auto const* const state = whole->if_contains("state");
    auto const* const sum = whole->if_contains("crc64");
    if (state == nullptr || sum == nullptr || !sum->is_string() ||
        std::string_view(sum->get_string()) != std::to_string(crc64(codec::to_json_text(*state))))
        return bad("was changed");
    auto out = codec::from_json<checkpoint>(*state);
    if (!out)
        return bad("does not fit: " + out.error().message());
    if (out->upload.upload_id.empty())
        return bad("names no upload");
    auto const plan = part_plan::make(out->bytes, out->part_bytes);
    if (!plan || plan->part_bytes() != out->part_bytes)
        return bad("has parts of an impossible size");
    std::vector<bool> seen(plan->parts());
    for (part const& p : out->parts) {
        bool const fits = p.number >= 1 && p.number <= plan->parts() && !seen[p.number - 1] && !p.etag.empty() &&
                          p.crc64 && p.bytes == plan->span(p.number).bytes;
        if (!fits)
            return bad("has an impossible part " + std::to_string(p.number));
        seen[p.number - 1] = true;
    }
    return out;
}

/// Where checkpoints are kept: one text, replaced as a whole. `save` returns when the text survives the end of the
/// process, or fails and leaves the former one. The calls may block: uploads make them on a helper thread, one at a time.
template<class S>
concept checkpoint_store = std::copy_constructible<S> && requires(S& s, std::string_view text) {
    { s.load() } -> std::same_as<result<std::optional<std::string>>>;
    { s.save(text) } -> std::same_as<result<void>>;
    { s.remove() } -> std::same_as<result<void>>;
};

}  // namespace ossify

#endif
