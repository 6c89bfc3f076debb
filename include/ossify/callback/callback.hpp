#ifndef OSSIFY_CALLBACK_CALLBACK_HPP
#define OSSIFY_CALLBACK_CALLBACK_HPP

#include <ossify/callback/body.hpp>
#include <ossify/callback/body_template.hpp>
#include <ossify/callback/encode.hpp>
#include <ossify/callback/encoded.hpp>
#include <ossify/callback/fault.hpp>
#include <ossify/callback/urls.hpp>
#include <ossify/callback/values.hpp>
#include <ossify/codec/describe.hpp>
#include <ossify/core/gcc12.hpp>
#include <ossify/core/result.hpp>

#include <concepts>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace ossify {

namespace detail {

/// A struct of variables, or what is meant to be one: anything that is no text and no option.
template<class T>
concept variables_argument =
    std::is_class_v<std::remove_cvref_t<T>> && !std::convertible_to<T, std::string_view> &&
    !callback_option<std::remove_cvref_t<T>> && !std::same_as<std::remove_cvref_t<T>, callback_urls>;

/// Of a struct that is not described nothing is said here, so that its one message is that of the constructor.
template<class Vars>
struct names_for : unknown_names {};
template<codec::described Vars>
struct names_for<Vars> : member_names<Vars> {};

template<class Vars, class... Options>
using literal_body = std::type_identity_t<callback_body<names_for<std::remove_cvref_t<Vars>>, Options...>>;
template<class... Options>
using literal_body_alone = std::type_identity_t<callback_body<no_names, Options...>>;

/// Encodes the members of `vars`; the messages about the struct are the same wherever one is taken.
template<class Vars>
result<std::shared_ptr<encoded_variables const>> encode_members(std::remove_cvref_t<Vars> const& vars)
{
    using variables = std::remove_cvref_t<Vars>;
    static_assert(codec::described<variables>,
                  "the variables of a callback are a struct that BOOST_DESCRIBE_STRUCT describes");
    static_assert(named_or_trivial<Vars>,
                  "GCC 12 destroys aggregate temporaries in a co_await expression twice; name the struct of variables "
                  "in a statement of its own");
    if constexpr (codec::described<variables>)
        return encode_variables(to_variables<variables>(vars));
    else
        return std::shared_ptr<encoded_variables const>();
}

template<class Body>
callback_text to_text(std::string urls, bool wants_sni, Body const& body)
{
    return {std::move(urls), wants_sni, {}, std::string(body.text()), body.type, {}};
}

}  // namespace detail

/// What the service tells an application server once an upload is stored, and how. Checked and encoded once; copies
/// share the text, so one object serves any number of uploads.
///
///     ossify::callback callback(vars, "https://app.example.com/stored", "object=${object}&user=${x:user_id}");
///
/// URLs and body are literals, checked while the program is compiled; see `make_callback` for text that is known
/// later. The application server's answer stays text; see `callback_contract` for typed ones.
/// Thread safety: a value; different copies may be used from different threads.
/// Source: OSS documentation, "Callback".
class callback {
public:
    using reply_type = void;

    /// With custom variables: the members of a struct described with BOOST_DESCRIBE_STRUCT. `user_id` is sent as
    /// `x:user_id` and stands as `${x:user_id}` in the body. A member is text, a number, a bool, or an optional of one.
    /// Options: `as_json`, `allow_unused_variables`.
    template<detail::variables_argument Vars, callback_option... Options>
    callback(Vars&& vars, callback_urls urls, detail::literal_body<Vars, Options...> body, Options...)
        : callback(detail::to_text(urls.to_string(), urls.wants_sni(), body), detail::encode_members<Vars>(vars))
    {
    }

    /// Without custom variables.
    template<callback_option... Options>
    callback(callback_urls urls, detail::literal_body_alone<Options...> body, Options...)
        : callback(detail::to_text(urls.to_string(), urls.wants_sni(), body), {})
    {
    }

    /// Takes the calls whose text is known at run time only, to say where they belong.
    template<class... Arguments>
        requires(sizeof...(Arguments) >= 2 && (std::same_as<std::remove_cvref_t<Arguments>, std::string> || ...))
    callback(Arguments&&...)
    {
        static_assert(sizeof...(Arguments) == 0,
                      "the URLs and the body of a callback are literals here; text that is known at run time goes to "
                      "ossify::make_callback, which returns a result");
    }

    /// Adopts text that is checked already; see `make_callback`.
    callback(detail::callback_text text, result<std::shared_ptr<detail::encoded_variables const>> variables)
    {
        auto encoded = detail::encode_callback(detail::encode_parameters(text), variables);
        state_ = std::make_shared<state const>(std::move(text), std::move(variables), std::move(encoded));
    }

    callback(callback const&) = default;  // moving copies: a callback is never empty
    callback& operator=(callback const&) = default;

    /// Sets the Host header that the application server sees; by default it is the host of the URL.
    callback& host(callback_host name) { return set_host(name.text()); }
    /// As above for a name that is known at run time; `encode()` reports one that is no host.
    template<std::same_as<std::string> Text>
    callback& host(Text const& name)
    {
        return set_host(name);
    }

    /// Says whether the service names the host in the TLS handshake. By default it does when a URL is https with a
    /// host name: servers that share an address need it.
    callback& sni(bool on)
    {
        auto text = state_->text;
        text.sni = on;
        return *this = callback(std::move(text), state_->variables);
    }

    /// Returns what a request carries.
    /// Errors: invalid_callback when the text is over the service's limit, the host is none, or a value is no UTF-8.
    result<encoded_callback> encode() const { return state_->encoded; }

private:
    struct state {
        state(detail::callback_text t, result<std::shared_ptr<detail::encoded_variables const>> v,
              result<encoded_callback> e)
            : text(std::move(t)), variables(std::move(v)), encoded(std::move(e))
        {
        }

        detail::callback_text text;
        result<std::shared_ptr<detail::encoded_variables const>> variables;
        result<encoded_callback> encoded;
    };

    callback& set_host(std::string_view name)
    {
        auto text = state_->text;
        text.host = name;
        return *this = callback(std::move(text), state_->variables);
    }

    std::shared_ptr<state const> state_;
};

}  // namespace ossify

#endif
