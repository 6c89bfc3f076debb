#ifndef OSSIFY_CALLBACK_MESSAGE_HPP
#define OSSIFY_CALLBACK_MESSAGE_HPP

#include <ossify/callback/body_template.hpp>
#include <ossify/callback/member_mapping.hpp>
#include <ossify/callback/variables.hpp>
#include <ossify/codec/describe.hpp>
#include <ossify/codec/json.hpp>
#include <ossify/codec/percent.hpp>
#include <ossify/core/ascii.hpp>
#include <ossify/core/result.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ossify {

/// A callback as an application server gets it: the members of `Event` filled from the body, which is kept too.
/// Thread safety: a value.
template<codec::described Event>
class callback_event {
public:
    /// What the body has besides the members of `Event`, in order; a form's are text and may come several times.
    using unknown_members = std::vector<std::pair<std::string, json::value>>;

    /// An empty event; what is spawned as a coroutine must give something that can be empty.
    callback_event() = default;
    callback_event(Event event, std::string body, unknown_members unknown)
        : event_(std::move(event)), body_(std::move(body)), unknown_(std::move(unknown))
    {
    }

    Event const& operator*() const noexcept { return event_; }
    Event const* operator->() const noexcept { return &event_; }

    /// The body as it was received and signed.
    std::string const& body() const noexcept { return body_; }
    unknown_members const& unknown() const noexcept { return unknown_; }

private:
    Event event_{};
    std::string body_;
    unknown_members unknown_;
};

namespace detail {

/// Returns the member of `Event` that a name in a body stands for: its own name, `mimeType` for `mime_type`,
/// `imageInfo.width` for `image_info_width`, `x:user` for `user`; empty when there is none.
template<class Event>
std::string_view member_for(std::string_view name)
{
    for (auto const member : member_names<Event>::list)
        if (member == name)
            return member;
    for (auto const member : member_names<Event>::list)
        if (name.starts_with("x:") ? member == name.substr(2)
                                   : find_variable_of_member(member) && find_variable_of_member(member)->name == name)
            return member;
    return {};
}

inline failure not_the_event(failure const& why) { return {errc::malformed_callback, why.message()}; }

template<class Event>
result<callback_event<Event>> decode_json_event(std::string body)
{
    auto parsed = codec::parse_json(body);
    if (!parsed)
        return not_the_event(parsed.error());
    if (!parsed->is_object())
        return failure(errc::malformed_callback, "the body is JSON, but no object");
    json::object members;
    typename callback_event<Event>::unknown_members unknown;
    for (auto& member : parsed->get_object()) {
        std::string_view const name(member.key());
        auto const own = member_for<Event>(name);
        if (own.empty())
            unknown.emplace_back(name, std::move(member.value()));
        else if (auto const variable = find_variable_of_member(own);
                 variable && is_sent_in_quotes(*variable) && member.value() == "null")
            members[own] = nullptr;  // no image: the quotes are the template's
        else
            members[own] = std::move(member.value());
    }
    auto event = codec::from_json<Event>(members);
    if (!event)
        return not_the_event(event.error());
    return callback_event<Event>(*std::move(event), std::move(body), std::move(unknown));
}

template<class Event>
result<callback_event<Event>> decode_form_event(std::string body)
{
    auto fields = codec::parse_form(body);
    if (!fields)
        return not_the_event(fields.error());
    codec::form_fields members;
    typename callback_event<Event>::unknown_members unknown;
    for (auto& [name, value] : *fields) {
        if (auto const own = member_for<Event>(name); own.empty())
            unknown.emplace_back(std::move(name), json::value(value));
        else
            members.emplace_back(own, std::move(value));
    }
    auto event = codec::from_form<Event>(members);
    if (!event)
        return not_the_event(event.error());
    return callback_event<Event>(*std::move(event), std::move(body), std::move(unknown));
}

/// Nothing but the body is signed: an object of JSON that was called a form on its way would give an event of defaults.
inline bool is_json(std::string_view content_type, std::string_view body)
{
    auto const first = body.find_first_not_of(" \t\r\n");
    if (first != body.npos && body[first] == '{')
        return true;
    auto const media_type = content_type.substr(0, content_type.find_first_of("; \t"));
    return std::ranges::equal(media_type, to_string(callback_body_type::json), {}, ascii::to_lower);
}

}  // namespace detail

/// Reads a callback's body into a described struct. Tolerant, because the uploader wrote the template and the service
/// its values: what is missing, null or empty keeps its default, numbers may come as text, 64 bits stay exact, unknown
/// members are kept aside. An object of JSON is read as such whatever the Content-Type; any other body is a form unless
/// that says JSON.
/// Verify the signature first, see `callback_verifier`.
/// Errors: malformed_callback names the member, what it takes and what was found.
/// Thread safety: stateless. Source: OSS documentation, "Callback", and captured callbacks.
template<codec::described Event>
result<callback_event<Event>> decode_callback(std::string_view content_type, std::string body)
{
    return detail::is_json(content_type, body) ? detail::decode_json_event<Event>(std::move(body))
                                               : detail::decode_form_event<Event>(std::move(body));
}

}  // namespace ossify

#endif
