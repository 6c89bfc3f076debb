#ifndef OSSIFY_EMULATOR_IMAGE_PROBE_HPP
#define OSSIFY_EMULATOR_IMAGE_PROBE_HPP

#include <ossify/emulator/store.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace ossify::emulation {

/// What the bytes of an image say about it.
struct image_facts {
    std::string_view format;   ///< "png", "jpg" or "gif"
    std::uint32_t width = 0;   ///< pixels
    std::uint32_t height = 0;  ///< pixels

    friend bool operator==(image_facts const&, image_facts const&) = default;
};

namespace detail {

/// Reads numbers at places of an object; a read that fails or ends early makes all later ones 0.
class probe_reader {
public:
    explicit probe_reader(content const& from) : from_(from) {}

    template<std::size_t N>
    std::array<unsigned char, N> bytes(std::uint64_t offset)
    {
        std::array<unsigned char, N> out{};
        auto const n = from_.read_at(offset, std::as_writable_bytes(std::span(out)));
        if (!n || *n != N)
            failed_ = true;
        return failed_ ? std::array<unsigned char, N>{} : out;
    }
    std::uint32_t big16(std::uint64_t offset)
    {
        auto const b = bytes<2>(offset);
        return static_cast<std::uint32_t>(b[0] << 8 | b[1]);
    }
    std::uint32_t big32(std::uint64_t offset) { return big16(offset) << 16 | big16(offset + 2); }
    std::uint32_t little16(std::uint64_t offset)
    {
        auto const b = bytes<2>(offset);
        return static_cast<std::uint32_t>(b[1] << 8 | b[0]);
    }
    bool failed() const noexcept { return failed_; }

private:
    content const& from_;
    bool failed_ = false;
};

/// Walks the segments of a JPEG file to the frame header, which holds the size.
inline std::optional<image_facts> probe_jpeg(probe_reader& in)
{
    std::uint64_t at = 2;
    for (int segments = 0; segments != 1000 && !in.failed(); ++segments) {
        auto const marker = in.bytes<2>(at);
        if (marker[0] != 0xff)
            return std::nullopt;
        if (marker[1] == 0xff) {  // fill byte
            ++at;
            continue;
        }
        bool const alone = marker[1] == 0x01 || (marker[1] >= 0xd0 && marker[1] <= 0xd7);
        if (alone) {
            at += 2;
            continue;
        }
        if (marker[1] == 0xd9 || marker[1] == 0xda)
            return std::nullopt;  // the picture begins or ends without a frame header
        bool const frame = marker[1] >= 0xc0 && marker[1] <= 0xcf && marker[1] != 0xc4 && marker[1] != 0xc8 &&
                           marker[1] != 0xcc;
        std::uint32_t const length = in.big16(at + 2);
        if (frame) {
            image_facts const out{"jpg", in.big16(at + 7), in.big16(at + 5)};
            return in.failed() ? std::nullopt : std::optional(out);
        }
        if (length < 2)
            return std::nullopt;
        at += 2 + length;
    }
    return std::nullopt;
}

}  // namespace detail

/// Recognises PNG, JPEG and GIF by their bytes, whatever type was declared. Returns nothing for anything else;
/// `broken` says that it begins like an image whose size cannot be read.
/// Source: the PNG specification (IHDR); ITU T.81 B.2.2; the GIF89a specification section 18.
inline std::optional<image_facts> probe_image(content const& object, bool& broken)
{
    broken = false;
    if (object.size() < 8)
        return std::nullopt;
    detail::probe_reader in(object);
    auto const magic = in.bytes<8>(0);
    if (in.failed())
        return std::nullopt;  // the store keeps no bytes
    constexpr std::array<unsigned char, 8> png{0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    std::optional<image_facts> out;
    if (magic == png)
        out = image_facts{"png", in.big32(16), in.big32(20)};
    else if (magic[0] == 'G' && magic[1] == 'I' && magic[2] == 'F' && magic[3] == '8')
        out = image_facts{"gif", in.little16(6), in.little16(8)};
    else if (magic[0] == 0xff && magic[1] == 0xd8)
        out = detail::probe_jpeg(in);
    else
        return std::nullopt;
    broken = in.failed() || !out;
    return broken ? std::nullopt : out;
}

}  // namespace ossify::emulation

#endif
