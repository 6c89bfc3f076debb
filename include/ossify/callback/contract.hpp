#ifndef OSSIFY_CALLBACK_CONTRACT_HPP
#define OSSIFY_CALLBACK_CONTRACT_HPP

#include <ossify/callback/body_template.hpp>
#include <ossify/callback/encode.hpp>
#include <ossify/callback/encoded.hpp>
#include <ossify/callback/fault.hpp>
#include <ossify/callback/limits.hpp>
#include <ossify/callback/member_mapping.hpp>
#include <ossify/callback/urls.hpp>
#include <ossify/callback/values.hpp>
#include <ossify/callback/variables.hpp>
#include <ossify/codec/describe.hpp>
#include <ossify/core/result.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace ossify {

namespace detail {

template<class T>
struct value_of_optional {
    using type = T;
};
template<class T>
struct value_of_optional<std::optional<T>> {
    using type = T;
};

/// Whether a member can take what the service writes for a variable, in every way that it may write it.
template<class Member>
constexpr callback_fault check_member_type(std::optional<system_variable> const& variable) noexcept
{
    using value = typename value_of_optional<Member>::type;
    if (!variable)
        return can_be_variable<Member>() ? callback_fault::none : callback_fault::member_not_variable;
    if (std::same_as<value, std::string>)
        return callback_fault::none;
    if (variable->kind == variable_kind::text)
        return callback_fault::member_not_text;
    bool const wide_enough = variable->images_only ? sizeof(value) >= 4 : sizeof(value) >= 8;
    bool const right_sign = variable->kind == variable_kind::number || std::is_unsigned_v<value>;
    return std::integral<value> && wide_enough && right_sign ? callback_fault::none : callback_fault::member_not_number;
}

template<class Pointer>
struct member_of;
template<class Class, class Type>
struct member_of<Type Class::*> {
    using type = Type;
};

/// What a contract derives from its struct.
template<codec::described Event>
struct contract_layout {
    static constexpr auto& names = member_names<Event>::list;

    static constexpr bool is_custom(std::size_t member) noexcept { return !find_variable_of_member(names[member]); }
    /// The place of a custom member among the custom ones, in order.
    static constexpr std::size_t custom_index(std::size_t member) noexcept
    {
        std::size_t index = 0;
        for (std::size_t i = 0; i != member; ++i)
            index += is_custom(i) ? 1U : 0U;
        return index;
    }
    static constexpr std::size_t custom_count = custom_index(names.size());
    static_assert(custom_count <= 64, "a contract has at most 64 custom variables");
    static constexpr auto custom_names = [] {
        std::array<std::string_view, custom_count> out;
        for (std::size_t i = 0; i != names.size(); ++i)
            if (is_custom(i))
                out[custom_index(i)] = names[i];
        return out;
    }();

    template<class Out>
    static constexpr void write_body(Out put) noexcept
    {
        put("{");
        for (std::size_t i = 0; i != names.size(); ++i) {
            auto const variable = find_variable_of_member(names[i]);
            bool const quoted = variable && is_sent_in_quotes(*variable);
            put(i == 0 ? "\"" : ",\"");
            put(names[i]);
            put(quoted ? "\":\"${" : variable ? "\":${" : "\":${x:");
            put(variable ? variable->name : names[i]);
            put(quoted ? "}\"" : "}");
        }
        put("}");
    }
    static constexpr std::size_t body_length = [] {
        std::size_t length = 0;
        write_body([&](std::string_view piece) { length += piece.size(); });
        return length;
    }();
    static constexpr auto body_text = [] {
        words<body_length + 1> out;
        char* end = out.text;
        write_body([&](std::string_view piece) {
            for (char const c : piece)
                *end++ = c;
        });
        return out;
    }();
    static constexpr std::string_view body{body_text.text, body_length};

    /// Finds the first member that cannot be sent or received.
    static constexpr found_fault check() noexcept
    {
        found_fault fault;
        std::size_t index = 0;
        auto const check_one = [&]<class Class, class Type>(std::string_view name, Type Class::*) {
            auto const variable = find_variable_of_member(name);
            auto kind = check_member_type<Type>(variable);
            if (!variable && !is_custom_variable_name(name))
                kind = callback_fault::bad_custom_name;
            if (!variable && is_repeated(names, index))
                kind = callback_fault::duplicate_variable;
            if (!fault && kind != callback_fault::none)
                fault = {kind, 0, name, system_variables.size() + index};
            ++index;
        };
        codec::for_each_member<Event>(check_one);
        return fault;
    }

    static consteval bool is_sound()
    {
        if (names.size() == 0)
            refuse({callback_fault::empty_body});
        if (auto const fault = check())
            refuse<member_names<Event>>(fault);
        return true;
    }

    /// The place of a member among all; their number when the struct's description has no such member.
    template<auto Member>
    static constexpr std::size_t index_of() noexcept
    {
        std::size_t index = 0;
        std::size_t found = names.size();
        codec::for_each_member<Event>([&](std::string_view, auto pointer) {
            if constexpr (std::same_as<decltype(pointer), decltype(Member)>)
                if (pointer == Member)
                    found = index;
            ++index;
        });
        return found;
    }

    /// The name of the first custom member whose bit is not in `set`; empty when there is none.
    template<unsigned long long Set>
    static constexpr auto missing() noexcept
    {
        constexpr std::string_view name = [] {
            for (std::size_t i = 0; i != custom_count; ++i)
                if ((Set >> i & 1U) == 0)
                    return custom_names[i];
            return std::string_view();
        }();
        words<name.size() + 1> out;
        std::ranges::copy(name, out.text);
        return out;
    }
};

/// Where a contract's callbacks go: encoded once, and shared by all callbacks that differ in their variables only.
struct contract_target {
    explicit contract_target(callback_text t) : text(std::move(t)), parameters(encode_parameters(text)) {}

    callback_text text;
    result<std::shared_ptr<encoded_parameters const>> parameters;
};

}  // namespace detail

/// The URLs of a contract's application servers, checked while the program is compiled, length of the whole included.
template<class Contract>
class contract_urls {
public:
    template<detail::constant_text... Text>
    consteval contract_urls(Text const&... urls)  // implicit: a literal stands for itself
        : urls_(urls...)
    {
        if (detail::parameters_length(urls_.size(), {}, Contract::body(), callback_body_type::json, {}) >
            detail::longest_json)
            detail::refuse({callback_fault::parameters_too_long});
    }

    constexpr callback_urls const& urls() const noexcept { return urls_; }

private:
    callback_urls urls_;
};

/// A contract with its URLs and with values for the custom variables in `Set`, one bit each. Where it is used all
/// must be set; the compiler names one that is not. What `to` returned may be kept and `set` for each upload: only the
/// variables are then encoded anew.
/// Thread safety: a value; different copies may be used from different threads.
template<class Contract, unsigned long long Set>
class contract_callback {
    using event_type = typename Contract::event_type;
    using layout = detail::contract_layout<event_type>;

public:
    using reply_type = typename Contract::reply_type;

    /// The name of a custom member that has no value yet; empty when all have one.
    static constexpr auto missing_member = layout::template missing<Set>();
    static constexpr bool is_complete = missing_member.text[0] == '\0';

    /// Adopts text that is checked already; see `callback_contract::to`.
    contract_callback(std::shared_ptr<detail::contract_target const> target, std::vector<std::string> values)
        : target_(std::move(target)), values_(std::move(values))
    {
        if constexpr (is_complete)
            encode_now();
    }

    contract_callback(contract_callback const&) = default;  // moving copies: a callback is never empty
    contract_callback& operator=(contract_callback const&) = default;

    /// Returns a callback that also has a value for a custom member: `.set<&photo_stored::user_id>(user)`.
    template<auto Member>
    auto set(typename detail::member_of<decltype(Member)>::type const& value) const
    {
        constexpr auto index = layout::template index_of<Member>();
        static_assert(index < layout::names.size(), "BOOST_DESCRIBE_STRUCT does not name this member of the contract");
        static_assert(layout::is_custom(index),
                      "the service fills in this member; only custom variables are set by the uploader");
        constexpr auto place = layout::custom_index(index);
        auto values = values_;
        values[place] = detail::to_variable_text(value);
        return contract_callback<Contract, (Set | 1ULL << place)>(target_, std::move(values));
    }

    /// Sets the Host header that the application server sees; by default it is the host of the URL.
    contract_callback& host(callback_host name) { return set_host(name.text()); }
    /// As above for a name that is known at run time; `encode()` reports one that is no host.
    template<std::same_as<std::string> Text>
    contract_callback& host(Text const& name)
    {
        return set_host(name);
    }

    /// Says whether the service names the host in the TLS handshake; by default it does when a URL is https with a
    /// host name.
    contract_callback& sni(bool on)
    {
        auto text = target_->text;
        text.sni = on;
        return set_text(std::move(text));
    }

    /// Returns what a request carries.
    /// Errors: invalid_callback when the text is over the service's limit, the host is none, or a value is no UTF-8.
    result<encoded_callback> encode() const
    {
        detail::require_complete<contract_callback>();
        return encoded_;
    }

private:
    contract_callback& set_host(std::string_view name)
    {
        auto text = target_->text;
        text.host = name;
        return set_text(std::move(text));
    }

    contract_callback& set_text(detail::callback_text text)
    {
        auto target = std::make_shared<detail::contract_target const>(std::move(text));
        return *this = contract_callback(std::move(target), values_);
    }

    void encode_now()
    {
        std::vector<callback_variable> list;
        list.reserve(layout::custom_count);
        for (std::size_t i = 0; i != layout::custom_count; ++i)
            list.emplace_back(std::string("x:").append(layout::custom_names[i]), values_[i]);
        encoded_ = detail::encode_callback(target_->parameters, detail::encode_variables(std::move(list)));
    }

    std::shared_ptr<detail::contract_target const> target_;
    std::vector<std::string> values_;
    result<encoded_callback> encoded_;
};

/// One struct for both ends of a callback: the uploader's body template is made from `Event`, and the application
/// server decodes into `Event`. `Reply` is what the server answers; void leaves the answer text.
///
/// A member named like a variable of the service, or like it in snake case (`bucket`, `mimeType` or `mime_type`,
/// `image_info_width`), is filled in by the service; every other member is a custom variable and is set by the
/// uploader. Both structs are described with BOOST_DESCRIBE_STRUCT. The body is JSON.
///
///     using photo_contract = ossify::callback_contract<photo_stored, photo_reply>;
///     auto callback = photo_contract::to("https://app.example.com/photo").set<&photo_stored::user_id>(user);
///
/// Source: OSS documentation, "Callback".
template<class Event, class Reply = void>
class callback_contract {
    static_assert(codec::described<Event>, "the event of a contract is a struct that BOOST_DESCRIBE_STRUCT describes");
};

template<codec::described Event, class Reply>
class callback_contract<Event, Reply> {
    using layout = detail::contract_layout<Event>;
    static_assert(layout::is_sound());
    static_assert(std::is_void_v<Reply> || codec::described<Reply>,
                  "the reply of a contract is void or a struct that BOOST_DESCRIBE_STRUCT describes");

public:
    using event_type = Event;
    using reply_type = Reply;

    callback_contract() = delete;

    /// The template of the callback's body.
    static constexpr std::string_view body() noexcept { return layout::body; }

    /// Names the application server in a literal.
    static auto to(contract_urls<callback_contract> urls)
    {
        return start(urls.urls().to_string(), urls.urls().wants_sni());
    }

    /// Names the application server in text that is known at run time.
    /// Errors: invalid_callback says what is wrong with the URLs and where.
    template<std::same_as<std::string> Text>
    static auto to(Text const& urls) -> result<contract_callback<callback_contract, 0>>
    {
        auto const checked = detail::check_urls(urls);
        if (checked.fault)
            return to_failure(checked.fault);
        return start(urls, checked.wants_sni);
    }

private:
    static contract_callback<callback_contract, 0> start(std::string urls, bool wants_sni)
    {
        detail::callback_text text;
        text.urls = std::move(urls);
        text.wants_sni = wants_sni;
        text.body = body();
        text.type = callback_body_type::json;
        return {std::make_shared<detail::contract_target const>(std::move(text)),
                std::vector<std::string>(layout::custom_count)};
    }
};

}  // namespace ossify

#endif
