#ifndef OSSIFY_CALLBACK_ENCODED_HPP
#define OSSIFY_CALLBACK_ENCODED_HPP

#include <ossify/core/result.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace ossify {

/// A custom variable as it is sent: its name with the prefix ("x:user_id") and its value.
using callback_variable = std::pair<std::string, std::string>;

namespace detail {

struct encoded_parameters {
    std::string json;
    std::string base64;
};

struct encoded_variables {
    std::vector<callback_variable> list;
    std::string json;
    std::string base64;
};

}  // namespace detail

/// Callback parameters ready to be sent: checked, encoded once, immutable. An empty one stands for "no callback".
/// Thread safety: a value; copies share the text and may be used from different threads.
class encoded_callback {
public:
    encoded_callback() noexcept = default;
    /// Adopts what the encoder made; `variables` may be null.
    encoded_callback(std::shared_ptr<detail::encoded_parameters const> parameters,
                     std::shared_ptr<detail::encoded_variables const> variables) noexcept
        : parameters_(std::move(parameters)), variables_(std::move(variables))
    {
    }

    bool empty() const noexcept { return !parameters_; }

    /// The value of the header `x-oss-callback`, the query item `callback` and the form field `callback`.
    std::string_view callback_base64() const noexcept { return parameters_ ? parameters_->base64 : no_text(); }
    /// The JSON inside `callback_base64()`.
    std::string_view callback_json() const noexcept { return parameters_ ? parameters_->json : no_text(); }

    /// The value of the header `x-oss-callback-var` and the query item `callback-var`; empty without variables.
    std::string_view callback_var_base64() const noexcept { return variables_ ? variables_->base64 : no_text(); }
    /// The JSON inside `callback_var_base64()`.
    std::string_view callback_var_json() const noexcept { return variables_ ? variables_->json : no_text(); }

    /// The custom variables one by one: a form has a field for each, and no `callback-var`.
    std::vector<callback_variable> const& variables() const noexcept
    {
        static std::vector<callback_variable> const none;
        return variables_ ? variables_->list : none;
    }

private:
    static std::string const& no_text() noexcept
    {
        static std::string const empty;
        return empty;
    }

    std::shared_ptr<detail::encoded_parameters const> parameters_;
    std::shared_ptr<detail::encoded_variables const> variables_;
};

/// Anything that can be given to a request as its callback.
/// `reply_type` is the struct that the application server answers with, void when its answer stays text.
template<class Callback>
concept upload_callback = requires(std::remove_cvref_t<Callback> const& callback) {
    typename std::remove_cvref_t<Callback>::reply_type;
    {
        callback.encode()
    } -> std::same_as<result<encoded_callback>>;
};

/// The struct that the application server answers with; void when its answer stays text.
template<upload_callback Callback>
using callback_reply_t = typename std::remove_cvref_t<Callback>::reply_type;

namespace detail {

/// Text as a template argument. Compilers print template arguments in words, so this is how a name or a sentence that
/// is put together at compile time reaches the reader.
template<std::size_t N>
struct words {
    char text[N]{};
};

/// Stops the compiler when a member still lacks a value: the member's name, empty for none, is shown as the argument.
template<words MissingMember>
constexpr void require_every_value() noexcept
{
    static_assert(MissingMember.text[0] == '\0',
                  "a custom variable of the callback has no value yet; call .set<&Event::member>(value) for it");
}

/// Stops the compiler at callbacks whose variables are not all set. Call it where a callback is used.
template<class Callback>
constexpr void require_complete() noexcept
{
    if constexpr (requires { std::remove_cvref_t<Callback>::missing_member; })
        require_every_value<std::remove_cvref_t<Callback>::missing_member>();
}

}  // namespace detail

}  // namespace ossify

#endif
