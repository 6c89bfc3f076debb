#ifndef OSSIFY_EMULATOR_FOLDER_RECOVERY_HPP
#define OSSIFY_EMULATOR_FOLDER_RECOVERY_HPP

#include <ossify/codec/digest.hpp>
#include <ossify/core/result.hpp>
#include <ossify/emulator/addressing.hpp>
#include <ossify/emulator/data_folder.hpp>
#include <ossify/emulator/file_blob.hpp>
#include <ossify/emulator/record_text.hpp>
#include <ossify/emulator/records.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ossify::emulation {

/// The file of the record of an object: no key can lead out of the folder, be too long for a name, or meet another on a
/// file system that folds case.
inline std::string object_file_name(std::string_view key) { return codec::sha256_hex(key) + ".json"; }

/// Reads the folder of a `directory_store` back. What a killed process left half-written goes without a word: nobody
/// was told that it was stored. What is damaged is set aside with a notice.
class folder_recovery {
public:
    explicit folder_recovery(std::filesystem::path folder) : folder_(std::move(folder)) {}

    std::vector<bucket_record> buckets;
    std::vector<std::string> notices;

    /// Errors: `store_failed` when a folder cannot be read.
    result<void> run()
    {
        auto const found = list(folder_ / "buckets");
        if (!found)
            return found.error();
        for (auto const& path : *found)
            if (auto done = read_bucket_folder(path); !done)
                return done;
        return remove_unnamed_blobs();
    }

private:
    using path_list = std::vector<std::filesystem::path>;
    static constexpr std::string_view set_aside_as = ".damaged";

    static result<path_list> list(std::filesystem::path const& folder)
    {
        path_list out;
        std::error_code ec;
        std::filesystem::directory_iterator at(folder, ec);
        for (; !ec && at != std::filesystem::directory_iterator(); at.increment(ec))
            out.push_back(at->path());
        if (ec)
            return durable::failed("read", folder, ec.value());
        return out;
    }

    /// The finished records of a folder. Those that a killed process was writing are removed.
    result<path_list> records_of(std::filesystem::path const& folder)
    {
        auto found = list(folder);
        if (!found)
            return found;
        std::erase_if(*found, [this](std::filesystem::path const& path) {
            if (path.extension() == durable::unfinished) {
                std::error_code ignored;
                std::filesystem::remove(path, ignored);
            }
            damaged_ |= path.extension() == set_aside_as;
            return path.extension() != ".json";
        });
        return found;
    }

    void set_aside(std::filesystem::path const& path, std::string const& why)
    {
        damaged_ = true;
        auto aside = path;
        aside += set_aside_as;
        std::error_code ignored;
        std::filesystem::rename(path, aside, ignored);
        notices.push_back("damaged: " + path.string() + ": " + why + "; set aside as " + aside.filename().string());
    }

    result<void> read_bucket_folder(std::filesystem::path const& path)
    {
        auto const name = path.filename().string();
        std::error_code ec;
        if (!is_bucket_name(name) || !std::filesystem::is_directory(path, ec)) {
            notices.push_back("ignored: " + path.string() + " is no bucket");
            return {};
        }
        auto const in = path / "bucket.json";
        if (!std::filesystem::exists(in, ec))
            return finish_removal(path);
        bucket_record bucket;
        auto read = read_text(in, [](std::string const& text) { return read_bucket(text); });
        if (read && read->name == name) {
            bucket = *std::move(read);
        } else {
            set_aside(in, read ? "it is of another bucket" : read.error().message());
            bucket.name = name;  // private; whatever else was said about it is lost
            if (auto saved = durable::write_file(in, to_text(bucket)); !saved)
                return saved;
        }
        for (char const* const part : {"objects", "uploads"})
            if (auto made = durable::make_folder(path / part); !made)
                return made;
        if (auto swept = records_of(path); !swept)
            return swept.error();
        if (auto done = read_objects(path / "objects", bucket); !done)
            return done;
        if (auto done = read_uploads(path / "uploads", bucket); !done)
            return done;
        buckets.push_back(std::move(bucket));
        return {};
    }

    /// A bucket without its record is about to come or to go, and is empty; otherwise its record was lost.
    result<void> finish_removal(std::filesystem::path const& path)
    {
        std::error_code ec;
        for (std::filesystem::recursive_directory_iterator at(path, ec), end; !ec && at != end; at.increment(ec))
            if (at->path().extension() == ".json") {
                damaged_ = true;
                notices.push_back("damaged: " + path.string() + " has no bucket.json; left as it is");
                return {};
            }
        std::filesystem::remove_all(path, ec);
        return {};
    }

    result<void> read_objects(std::filesystem::path const& folder, bucket_record& into)
    {
        auto const found = records_of(folder);
        if (!found)
            return found.error();
        for (auto const& path : *found) {
            auto read = read_text(path, [this](std::string const& text) { return read_object(text, finder()); });
            if (!read) {
                set_aside(path, read.error().message());
            } else if (path.filename() != object_file_name(read->key)) {
                set_aside(path, "it is of another key");
            } else {
                add_records(read->record->data);
                if (!read->completes.empty())
                    completed_.insert(read->completes);
                into.objects.emplace(std::move(read->key), std::move(read->record));
            }
        }
        return {};
    }

    result<void> read_uploads(std::filesystem::path const& folder, bucket_record& into)
    {
        auto const found = list(folder);
        if (!found)
            return found.error();
        for (auto const& path : *found) {
            auto const in = path / "upload.json";
            std::error_code ec;
            if (!std::filesystem::exists(in, ec) || completed_.count(path.filename().string()) != 0) {
                if (auto swept = records_of(path); !swept)
                    return swept.error();
                if (damaged_)
                    continue;
                if (auto gone = durable::remove_file(in); !gone)
                    return gone;
                std::filesystem::remove_all(path, ec);
                continue;
            }
            auto upload = read_text(in, [](std::string const& text) { return read_upload(text); });
            if (!upload || upload->id != path.filename()) {
                set_aside(in, upload ? "it is of another upload" : upload.error().message());
                continue;
            }
            if (auto done = read_parts(path, *upload); !done)
                return done;
            std::pair<std::string, std::string> place(upload->key, upload->id);
            into.uploads.insert_or_assign(std::move(place), *std::move(upload));
        }
        return {};
    }

    result<void> read_parts(std::filesystem::path const& folder, upload_record& into)
    {
        auto const found = records_of(folder);
        if (!found)
            return found.error();
        for (auto const& path : *found) {
            if (path.filename() == "upload.json")
                continue;
            auto part = read_text(path, [this](std::string const& text) { return read_part(text, finder()); });
            if (!part) {
                set_aside(path, part.error().message());
                continue;
            }
            add_records(part->data);
            unsigned const number = part->number;
            into.parts.insert_or_assign(number, *std::move(part));
        }
        return {};
    }

    template<class Read>
    static auto read_text(std::filesystem::path const& path, Read read) -> decltype(read(std::string()))
    {
        auto const text = durable::read_file(path);
        if (!text)
            return text.error();
        return read(*text);
    }

    /// Several records may name one blob: they share it then.
    blob_finder finder()
    {
        return [this](std::string_view file, std::uint64_t bytes) -> result<std::shared_ptr<blob const>> {
            std::string name(file);
            auto const path = folder_ / "blobs" / name;
            if (name.empty() || name.find('/') != name.npos || name.starts_with('.'))
                return failure(errc::malformed_json, "a blob cannot be named \"" + name + '"');
            auto const [at, added] = blobs_.try_emplace(name);
            if (added) {
                std::error_code ec;
                std::uint64_t const there = std::filesystem::file_size(path, ec);
                at->second = std::make_shared<file_blob>(path, ec ? 0 : there);
                at->second->add_record();  // not to be removed while it is looked at
            }
            if (at->second->size() != bytes)
                return failure(errc::malformed_json, "its bytes, " + path.string() + ", are " +
                                                         std::to_string(at->second->size()) + " instead of " +
                                                         std::to_string(bytes));
            return std::shared_ptr<blob const>(at->second);
        };
    }

    static void add_records(content const& data)
    {
        for (auto const& b : data.blobs())
            static_cast<file_blob const&>(*b).add_record();
    }

    /// Bytes that no record names were never confirmed, or were replaced. A damaged record may have named some: all stay
    /// then.
    result<void> remove_unnamed_blobs()
    {
        auto const found = list(folder_ / "blobs");
        if (!found)
            return found.error();
        for (auto const& path : *found)
            if (!damaged_ && blobs_.count(path.filename().string()) == 0) {
                std::error_code ignored;
                std::filesystem::remove(path, ignored);
            }
        for (auto const& entry : blobs_)
            if (!damaged_)
                entry.second->remove_record();
        return {};
    }

    std::filesystem::path folder_;
    std::unordered_map<std::string, std::shared_ptr<file_blob const>> blobs_;
    std::set<std::string> completed_;
    bool damaged_ = false;
};

}  // namespace ossify::emulation

#endif
