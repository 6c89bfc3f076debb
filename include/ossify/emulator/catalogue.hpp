#ifndef OSSIFY_EMULATOR_CATALOGUE_HPP
#define OSSIFY_EMULATOR_CATALOGUE_HPP

#include <ossify/emulator/records.hpp>
#include <ossify/emulator/store.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace ossify::emulation {

/// Every bucket, object and open upload: kept in memory to be asked, and written through to the store first, so that
/// nothing is acknowledged that the store could lose.
/// Errors: those of the store; the catalogue is then unchanged.
/// Thread safety: not thread-safe.
class catalogue {
public:
    using bucket_map = std::map<std::string, bucket_record, std::less<>>;

    /// Begins with what the store has from before.
    explicit catalogue(std::shared_ptr<store> where) : store_(std::move(where))
    {
        store_->recover([this](bucket_record&& bucket) {
            std::string name = bucket.name;
            buckets_.insert_or_assign(std::move(name), std::move(bucket));
        });
    }

    store& bytes() noexcept { return *store_; }
    bucket_map const& buckets() const noexcept { return buckets_; }

    bucket_record const* find_bucket(std::string_view name) const
    {
        auto const it = buckets_.find(name);
        return it == buckets_.end() ? nullptr : &it->second;
    }

    std::shared_ptr<object_record const> find_object(std::string_view bucket, std::string_view key) const
    {
        auto const* const b = find_bucket(bucket);
        if (b == nullptr)
            return nullptr;
        auto const it = b->objects.find(key);
        return it == b->objects.end() ? nullptr : it->second;
    }

    upload_record const* find_upload(std::string_view bucket, std::string_view key, std::string_view id) const
    {
        auto const* const b = find_bucket(bucket);
        if (b == nullptr)
            return nullptr;
        auto const it = b->uploads.find({std::string(key), std::string(id)});
        return it == b->uploads.end() ? nullptr : &it->second;
    }

    /// Makes the bucket, or changes what is said about one that exists; its objects stay.
    /// One that exists stays as old as it is.
    result<void> put_bucket(bucket_record bucket)
    {
        auto const it = buckets_.find(bucket.name);
        if (it != buckets_.end())
            bucket.created = it->second.created;
        if (auto saved = store_->save_bucket(bucket); !saved)
            return saved;
        if (it == buckets_.end()) {
            std::string name = bucket.name;
            buckets_.emplace(std::move(name), std::move(bucket));
        } else {
            it->second.acl = std::move(bucket.acl);
            it->second.storage_class = std::move(bucket.storage_class);
        }
        return {};
    }

    /// The bucket must be empty.
    result<void> remove_bucket(std::string_view name)
    {
        if (auto done = store_->forget_bucket(name); !done)
            return done;
        if (auto const it = buckets_.find(name); it != buckets_.end())
            buckets_.erase(it);
        return {};
    }

    /// Makes or replaces an object. The bucket must exist.
    result<void> put_object(std::string_view bucket, std::string_view key, std::shared_ptr<object_record const> object)
    {
        return put(bucket, key, std::move(object), {});
    }

    /// Makes or replaces an object and takes away the upload that made it, at one moment: no end of the process leaves
    /// neither or, later, both.
    result<void> complete_upload(std::string_view bucket, std::string_view key, std::string_view id,
                                 std::shared_ptr<object_record const> object)
    {
        if (auto done = put(bucket, key, std::move(object), id); !done)
            return done;
        return remove_upload(bucket, key, id);
    }

    /// Returns whether there was one.
    result<bool> remove_object(std::string_view bucket, std::string_view key)
    {
        auto& objects = buckets_.find(bucket)->second.objects;
        auto const it = objects.find(key);
        if (it == objects.end())
            return false;
        if (auto done = store_->forget_object(bucket, key, *it->second); !done)
            return done.error();
        objects.erase(it);
        return true;
    }

    result<void> put_upload(std::string_view bucket, upload_record upload)
    {
        if (auto saved = store_->save_upload(bucket, upload); !saved)
            return saved;
        std::pair<std::string, std::string> place(upload.key, upload.id);
        buckets_.find(bucket)->second.uploads.insert_or_assign(std::move(place), std::move(upload));
        return {};
    }

    /// The upload must exist. A part of the same number is replaced; how often the number came is counted.
    result<void> put_part(std::string_view bucket, std::string_view key, std::string_view id, part_record part)
    {
        auto& upload = upload_at(bucket, key, id);
        auto const it = upload.parts.find(part.number);
        part.received = it == upload.parts.end() ? 1 : it->second.received + 1;
        part_record const* const replaced = it == upload.parts.end() ? nullptr : &it->second;
        if (auto saved = store_->save_part(bucket, upload, part, replaced); !saved)
            return saved;
        unsigned const number = part.number;
        upload.parts.insert_or_assign(number, std::move(part));
        return {};
    }

    /// Takes the upload and its parts away: after it was completed or aborted.
    result<void> remove_upload(std::string_view bucket, std::string_view key, std::string_view id)
    {
        if (auto done = store_->forget_upload(bucket, upload_at(bucket, key, id)); !done)
            return done;
        buckets_.find(bucket)->second.uploads.erase({std::string(key), std::string(id)});
        return {};
    }

private:
    result<void> put(std::string_view bucket, std::string_view key, std::shared_ptr<object_record const> object,
                     std::string_view completed_upload)
    {
        auto& objects = buckets_.find(bucket)->second.objects;
        auto const it = objects.find(key);
        object_record const* const replaced = it == objects.end() ? nullptr : it->second.get();
        if (auto saved = store_->save_object(bucket, key, *object, replaced, completed_upload); !saved)
            return saved;
        if (it != objects.end())
            it->second = std::move(object);
        else
            objects.emplace(std::string(key), std::move(object));
        return {};
    }

    upload_record& upload_at(std::string_view bucket, std::string_view key, std::string_view id)
    {
        return buckets_.find(bucket)->second.uploads.find({std::string(key), std::string(id)})->second;
    }

    std::shared_ptr<store> store_;
    bucket_map buckets_;
};

}  // namespace ossify::emulation

#endif
