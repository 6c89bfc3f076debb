#ifndef OSSIFY_UPLOAD_CHECKPOINT_PLACE_HPP
#define OSSIFY_UPLOAD_CHECKPOINT_PLACE_HPP

#include <ossify/async/offload.hpp>
#include <ossify/multipart/checkpoint.hpp>

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ossify {

/// Any `checkpoint_store`, called on a helper thread so that a slow disk does not hold up the event loop.
/// A cheap handle; copies share the store.
/// Lifetime: the executor must live until a call that was begun has ended.
class checkpoint_place {
public:
    checkpoint_place() noexcept = default;

    template<checkpoint_store Store>
    static checkpoint_place of(Store store)
    {
        checkpoint_place made;
        made.shared_ = std::make_shared<state>(std::make_unique<model_of<Store>>(std::move(store)));
        return made;
    }

    explicit operator bool() const noexcept { return shared_ != nullptr; }

    /// Cancellation: a call that was begun is waited for.
    awaitable<result<std::optional<std::string>>> load() const { return load(shared_); }
    awaitable<result<void>> save(std::string text) const { return save(shared_, std::move(text)); }
    awaitable<result<void>> remove() const { return remove(shared_); }

private:
    class model {
    public:
        virtual ~model() = default;
        virtual result<std::optional<std::string>> load() = 0;
        virtual result<void> save(std::string_view text) = 0;
        virtual result<void> remove() = 0;
    };

    template<checkpoint_store Store>
    class model_of final : public model {
    public:
        explicit model_of(Store store) : store_(std::move(store)) {}
        result<std::optional<std::string>> load() override { return store_.load(); }
        result<void> save(std::string_view text) override { return store_.save(text); }
        result<void> remove() override { return store_.remove(); }

    private:
        Store store_;
    };

    struct checkpoint_calls {
        static std::size_t threads() { return 2; }  // a store that is slow does not keep another upload's
    };

    struct state {
        explicit state(std::unique_ptr<model> m) : store(std::move(m)) {}
        std::unique_ptr<model> store;
    };

    static awaitable<result<std::optional<std::string>>> load(std::shared_ptr<state> s)
    {
        result<std::optional<std::string>> out{std::optional<std::string>()};
        std::function<std::ptrdiff_t()> const call = [&] { return attempt(out, [&] { return s->store->load(); }); };
        co_await run_blocking<checkpoint_calls>(call);
        co_return out;
    }

    static awaitable<result<void>> save(std::shared_ptr<state> s, std::string text)
    {
        result<void> out;
        std::function<std::ptrdiff_t()> const call = [&] { return attempt(out, [&] { return s->store->save(text); }); };
        co_await run_blocking<checkpoint_calls>(call);
        co_return out;
    }

    static awaitable<result<void>> remove(std::shared_ptr<state> s)
    {
        result<void> out;
        std::function<std::ptrdiff_t()> const call = [&] { return attempt(out, [&] { return s->store->remove(); }); };
        co_await run_blocking<checkpoint_calls>(call);
        co_return out;
    }

    // No exception may leave the helper thread.
    template<class T, class Call>
    static std::ptrdiff_t attempt(result<T>& out, Call const& call) noexcept
    {
        try {
            out = call();
        } catch (std::exception const& e) {
            out = failure(errc::checkpoint_failed, e.what());
        }
        return 0;
    }

    std::shared_ptr<state> shared_;
};

}  // namespace ossify

#endif
