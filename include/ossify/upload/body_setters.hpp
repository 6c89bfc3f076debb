#ifndef OSSIFY_UPLOAD_BODY_SETTERS_HPP
#define OSSIFY_UPLOAD_BODY_SETTERS_HPP

#include <ossify/body/source.hpp>
#include <ossify/upload/upload_spec.hpp>

#include <concepts>
#include <cstddef>
#include <ranges>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

namespace ossify {

namespace detail {

/// A temporary that takes its bytes with it. A buffer of Asio may be a range too, but of buffers.
template<class Bytes, class Element>
concept owner_of = !std::is_lvalue_reference_v<Bytes> && std::ranges::contiguous_range<Bytes> &&
                   !std::ranges::borrowed_range<Bytes> &&
                   std::same_as<std::ranges::range_value_t<Bytes>, std::remove_cv_t<Element>>;

}  // namespace detail

/// The ways to give a request its bytes; each returns the request, so that they chain.
template<class Request>
class body_setters {
public:
    /// Sends bytes: an `asio::buffer`, a string, a span or a vector of bytes. A temporary container is kept by the request;
    /// all other bytes stay the caller's.
    /// Lifetime: the caller's must live, unchanged, until the operation ends.
    template<class Bytes>
        requires requires(Bytes const& b) {
            { b.data() } -> std::convertible_to<void const*>;
            { b.size() } -> std::convertible_to<std::size_t>;
        }
    Request& body(Bytes&& bytes)
    {
        using element = std::remove_pointer_t<decltype(bytes.data())>;
        static_assert(sizeof(std::conditional_t<std::is_void_v<element>, char, element>) == 1, "give it bytes");
        if constexpr (detail::owner_of<Bytes, element>)
            return body(ossify::body::owned(std::forward<Bytes>(bytes)));
        else
            return body(ossify::body::borrowed(
                std::span(static_cast<std::byte const*>(static_cast<void const*>(bytes.data())), bytes.size())));
    }
    Request& body(std::string&& text) { return body(ossify::body::owned(std::move(text))); }
    Request& body(ossify::body b) { return keep(std::move(b), {}); }

    /// Sends any `body_source`. For a checkpoint it must have `identity()`: a text, or a `file_identity`, that another
    /// source, or another state of this one, does not have.
    template<body_source Source>
    Request& body_from(Source source)
    {
        std::string identity = detail::identity_of(source);
        return keep(ossify::body::from(std::move(source)), std::move(identity));
    }

protected:
    body_setters() = default;

private:
    Request& keep(ossify::body b, std::string identity)
    {
        auto& self = static_cast<Request&>(*this);
        self.take_body(std::move(b), std::move(identity));
        return self;
    }
};

}  // namespace ossify

#endif
