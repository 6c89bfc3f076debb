#ifndef OSSIFY_EMULATOR_UPLOAD_SINK_HPP
#define OSSIFY_EMULATOR_UPLOAD_SINK_HPP

#include <ossify/codec/base64.hpp>
#include <ossify/codec/crc64.hpp>
#include <ossify/codec/digest.hpp>
#include <ossify/codec/hex.hpp>
#include <ossify/emulator/store.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace ossify::emulation {

/// What is known of bytes that were taken in.
class stored_bytes {
public:
    stored_bytes() = default;

    std::shared_ptr<blob const> data;
    std::uint64_t size = 0;
    std::uint64_t crc64 = 0;
    std::string etag;         ///< without quotes: the MD5, or made from the CRC where no MD5 was computed
    std::string content_md5;  ///< Base64 of the MD5; empty where none was computed
};

/// Takes in the body of an upload: counts, digests and stores while the bytes pass, so that none is held twice.
/// Errors: those of the store.
class upload_sink {
public:
    /// `with_md5` costs about two seconds of CPU a GiB; without it the ETag is made from the CRC-64 and the size, which
    /// the service never does but no client may notice: an ETag is opaque.
    static result<upload_sink> open(store& where, std::optional<std::uint64_t> expected, bool with_md5)
    {
        auto sink = where.open_sink(expected);
        if (!sink)
            return sink.error();
        return upload_sink(std::move(*sink), with_md5);
    }

    result<void> write(std::span<std::byte const> bytes)
    {
        crc_ = crc64(bytes, crc_);
        size_ += bytes.size();
        if (md5_)
            md5_->update(bytes);
        return sink_->write(bytes);
    }

    std::uint64_t size() const noexcept { return size_; }

    /// Ends the digest. Returns the Base64 of the MD5, empty without one. `finish` may follow.
    std::string const& content_md5()
    {
        if (md5_ && content_md5_.empty()) {
            auto const digest = md5_->finish();
            std::string_view const raw(reinterpret_cast<char const*>(digest.data()), digest.size());
            content_md5_ = codec::base64_encode(raw);
            etag_ = codec::hex_encode_upper(raw);
        }
        return content_md5_;
    }

    result<stored_bytes> finish()
    {
        stored_bytes out;
        out.content_md5 = content_md5();
        out.etag = md5_ ? etag_ : etag_of_crc(crc_, size_);
        out.size = size_;
        out.crc64 = crc_;
        auto data = sink_->finish();
        if (!data)
            return data.error();
        out.data = std::move(*data);
        return out;
    }

private:
    upload_sink(std::unique_ptr<blob_sink> sink, bool with_md5) : sink_(std::move(sink))
    {
        if (with_md5)
            md5_ = std::make_unique<codec::md5_stream>();
    }

    static std::string etag_of_crc(std::uint64_t crc, std::uint64_t size)
    {
        std::array<char, 16> raw;
        for (std::size_t i = 0; i != 8; ++i) {
            raw[i] = static_cast<char>(crc >> (56 - 8 * i));
            raw[8 + i] = static_cast<char>(size >> (56 - 8 * i));
        }
        return codec::hex_encode_upper({raw.data(), raw.size()});
    }

    std::unique_ptr<blob_sink> sink_;
    std::unique_ptr<codec::md5_stream> md5_;
    std::string content_md5_;
    std::string etag_;
    std::uint64_t crc_ = 0;
    std::uint64_t size_ = 0;
};

}  // namespace ossify::emulation

#endif
