#ifndef OSSIFY_OPERATION_MIME_TYPE_HPP
#define OSSIFY_OPERATION_MIME_TYPE_HPP

#include <ossify/core/ascii.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace ossify {

/// The media type that a key's extension stands for, `application/octet-stream` when it is none of the common ones.
/// Source: IANA media types registry.
inline std::string_view mime_type_of(std::string_view key)
{
    using entry = std::pair<std::string_view, std::string_view>;
    static constexpr auto table = std::to_array<entry>({
        {"7z", "application/x-7z-compressed"},
        {"aac", "audio/aac"},
        {"apk", "application/vnd.android.package-archive"},
        {"avi", "video/x-msvideo"},
        {"avif", "image/avif"},
        {"bin", "application/octet-stream"},
        {"bmp", "image/bmp"},
        {"bz2", "application/x-bzip2"},
        {"css", "text/css"},
        {"csv", "text/csv"},
        {"doc", "application/msword"},
        {"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
        {"epub", "application/epub+zip"},
        {"flac", "audio/flac"},
        {"gif", "image/gif"},
        {"gz", "application/gzip"},
        {"heic", "image/heic"},
        {"htm", "text/html"},
        {"html", "text/html"},
        {"ico", "image/vnd.microsoft.icon"},
        {"ics", "text/calendar"},
        {"jar", "application/java-archive"},
        {"jpeg", "image/jpeg"},
        {"jpg", "image/jpeg"},
        {"js", "text/javascript"},
        {"json", "application/json"},
        {"m3u8", "application/vnd.apple.mpegurl"},
        {"m4a", "audio/mp4"},
        {"md", "text/markdown"},
        {"mid", "audio/midi"},
        {"mjs", "text/javascript"},
        {"mkv", "video/matroska"},
        {"mov", "video/quicktime"},
        {"mp3", "audio/mpeg"},
        {"mp4", "video/mp4"},
        {"mpeg", "video/mpeg"},
        {"oga", "audio/ogg"},
        {"ogg", "audio/ogg"},
        {"ogv", "video/ogg"},
        {"otf", "font/otf"},
        {"pdf", "application/pdf"},
        {"png", "image/png"},
        {"ppt", "application/vnd.ms-powerpoint"},
        {"pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
        {"rar", "application/vnd.rar"},
        {"rtf", "application/rtf"},
        {"svg", "image/svg+xml"},
        {"tar", "application/x-tar"},
        {"tif", "image/tiff"},
        {"tiff", "image/tiff"},
        {"ts", "video/mp2t"},
        {"ttf", "font/ttf"},
        {"txt", "text/plain"},
        {"wasm", "application/wasm"},
        {"wav", "audio/wav"},
        {"weba", "audio/webm"},
        {"webm", "video/webm"},
        {"webp", "image/webp"},
        {"woff", "font/woff"},
        {"woff2", "font/woff2"},
        {"xls", "application/vnd.ms-excel"},
        {"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
        {"xml", "application/xml"},
        {"yaml", "application/yaml"},
        {"yml", "application/yaml"},
        {"zip", "application/zip"},
        {"zst", "application/zstd"},
    });
    static_assert(std::is_sorted(table.begin(), table.end()));

    std::size_t const dot = key.find_last_of("./");
    if (dot == key.npos || key[dot] != '.')
        return "application/octet-stream";
    std::string const extension = ascii::lower_case(std::string(key.substr(dot + 1)));
    auto const at = std::lower_bound(table.begin(), table.end(), extension,
                                     [](entry const& e, std::string const& wanted) { return e.first < wanted; });
    return at != table.end() && at->first == extension ? at->second : "application/octet-stream";
}

}  // namespace ossify

#endif
