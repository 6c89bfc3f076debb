#ifndef OSSIFY_UPLOAD_MULTIPART_LISTING_HPP
#define OSSIFY_UPLOAD_MULTIPART_LISTING_HPP

#include <ossify/upload/multipart_calls.hpp>
#include <ossify/upload/operation_end.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace ossify {

/// What the service lists page by page, given one by one. The next page is asked for when it is needed.
///
///     auto parts = oss.list_parts(upload);
///     while (co_await parts.next())
///         use(*parts);
///     if (parts.error()) ...
///
/// Thread safety: not thread-safe. Lifetime: must live until an await of it returns.
template<transport Transport, class Operation>
class multipart_listing {
    using page_type = std::remove_cvref_t<decltype(*std::declval<Operation const&>().decode(
        std::declval<http::response_head const&>(), std::string_view()))>;

public:
    using value_type = typename decltype(page_type::items)::value_type;

    multipart_listing(std::shared_ptr<session<Transport>> s, Operation first)
        : session_(std::move(s)), operation_(std::move(first))
    {
    }

    /// Goes to the next item. Returns: false at the end, and when the listing failed: see `error()`.
    /// Cancellation: terminal.
    awaitable<bool> next()
    {
        while (at_ + 1 >= page_.items.size()) {
            if (failed_ || last_)
                co_return false;
            auto got = co_await ending(perform(session_, operation_, session_->end_after()));
            if (!got) {
                failed_ = std::move(got).error();
                co_return false;
            }
            page_ = *std::move(got);
            at_ = static_cast<std::size_t>(-1);
            last_ = !page_.truncated;
            go_on_after(operation_, page_);
        }
        ++at_;
        co_return true;
    }

    /// The item; valid after `next()` gave true, until it is called again.
    value_type const& operator*() const noexcept { return page_.items[at_]; }
    value_type const* operator->() const noexcept { return &page_.items[at_]; }
    /// The page that it is on.
    page_type const& page() const noexcept { return page_; }

    /// Why the listing ended early; nothing when it did not.
    std::optional<failure> const& error() const noexcept { return failed_; }

    /// All that is left, at once. Errors: those of the service and the connection.
    awaitable<result<std::vector<value_type>>> all()
    {
        std::vector<value_type> out;
        for (;;) {
            bool const more = co_await next();
            if (!more)
                break;
            out.push_back(**this);
        }
        if (failed_)
            co_return *failed_;
        co_return out;
    }

private:
    static void go_on_after(list_parts& op, parts_page const& page) { op.after = page.next_after; }
    static void go_on_after(list_multipart_uploads& op, uploads_page const& page)
    {
        op.after_key = page.next_key;
        op.after_upload_id = page.next_upload_id;
    }

    std::shared_ptr<session<Transport>> session_;
    Operation operation_;
    page_type page_;
    std::size_t at_ = static_cast<std::size_t>(-1);
    bool last_ = false;
    std::optional<failure> failed_;
};

}  // namespace ossify

#endif
