#ifndef OSSIFY_TESTS_SUPPORT_MULTIPART_SCENE_HPP
#define OSSIFY_TESTS_SUPPORT_MULTIPART_SCENE_HPP

#include <ossify/client.hpp>
#include <ossify/testing/fault.hpp>
#include <ossify/testing/memory_transport.hpp>

#include "emulated_service.hpp"
#include "run.hpp"
#include "text_of.hpp"

#include <asio/io_context.hpp>
#include <asio/post.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace tests {

inline constexpr std::size_t part_bytes = 100 * 1024;  ///< the smallest that the service takes

/// Keeps a checkpoint in memory. Copies share it. Models `checkpoint_store`.
class checkpoint_memory {
public:
    ossify::result<std::optional<std::string>> load()
    {
        ++kept->loads;
        return kept->text;
    }
    ossify::result<void> save(std::string_view text)
    {
        if (++kept->saves > kept->saves_allowed)
            return ossify::failure(ossify::errc::checkpoint_failed, "the disk is full");
        kept->text = std::string(text);
        return {};
    }
    ossify::result<void> remove()
    {
        kept->text.reset();
        return {};
    }

    struct memory {
        std::optional<std::string> text;
        int loads = 0;
        int saves = 0;
        int saves_allowed = 1'000'000;
    };
    std::shared_ptr<memory> kept = std::make_shared<memory>();
};

/// A text as a `body_source` that tells itself from others, read with a wait.
class text_source {
public:
    explicit text_source(std::string const& text, std::string id = "text 1") : text_(&text), id_(std::move(id)) {}
    std::uint64_t size() { return text_->size(); }
    ossify::awaitable<ossify::result<std::size_t>> read_at(std::uint64_t offset, std::span<std::byte> out)
    {
        asio::any_io_executor const ex = co_await asio::this_coro::executor;
        co_await asio::post(ex, asio::use_awaitable_t<asio::any_io_executor>{});
        std::size_t const n = std::min<std::size_t>(out.size(), text_->size() - offset);
        std::memcpy(out.data(), text_->data() + offset, n);
        co_return n;
    }
    std::string identity() const { return id_; }

private:
    std::string const* text_;
    std::string id_;
};

/// Gives a text in pieces of a few lengths.
class text_stream {
public:
    explicit text_stream(std::string const& text, std::size_t fail_at = std::string::npos)
        : text_(&text), fail_at_(fail_at)
    {
    }
    ossify::awaitable<ossify::result<std::size_t>> read_some(std::span<std::byte> out)
    {
        asio::any_io_executor const ex = co_await asio::this_coro::executor;
        co_await asio::post(ex, asio::use_awaitable_t<asio::any_io_executor>{});
        if (at_ >= fail_at_)
            co_return ossify::failure(ossify::errc::source_failed, "broken pipe");
        std::size_t const n = std::min({out.size(), text_->size() - at_, std::size_t{33'333}});
        std::memcpy(out.data(), text_->data() + at_, n);
        at_ += n;
        co_return n;
    }

private:
    std::string const* text_;
    std::size_t at_ = 0;
    std::size_t fail_at_;
};

/// Everything that an upload needs around it.
class scene {
public:
    explicit scene(ossify::testing::fault plan = {}, ossify::config const& c = emulated_service::client_config())
        : net(std::move(plan)), oss(io.get_executor(), c, net)
    {
        service.serve(net);
    }

    using outcome = ossify::result<ossify::stored_object<>>;
    outcome run(ossify::awaitable<outcome> upload) { return tests::run(io, std::move(upload)); }

    emulated_service service;
    ossify::testing::memory_transport net;
    asio::io_context io;
    ossify::basic_client<ossify::testing::memory_transport> oss;
};

inline ossify::upload_request<> in_parts(std::string const& text)
{
    return ossify::upload_request<>("examplebucket", "k")
        .body_from(text_source(text))
        .part_size(part_bytes)
        .threshold(0);
}

inline ossify::upload_stream_request<> streamed(std::string const& text)
{
    return ossify::upload_stream_request<>("examplebucket", "k")
        .source(text_stream(text))
        .part_size(part_bytes)
        .threshold(0);
}

}  // namespace tests

#endif
