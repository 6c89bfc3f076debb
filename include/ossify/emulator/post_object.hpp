#ifndef OSSIFY_EMULATOR_POST_OBJECT_HPP
#define OSSIFY_EMULATOR_POST_OBJECT_HPP

#include <ossify/codec/percent.hpp>
#include <ossify/codec/xml.hpp>
#include <ossify/emulator/exchange.hpp>
#include <ossify/emulator/form_upload.hpp>
#include <ossify/emulator/put_object.hpp>
#include <ossify/http/form_data.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

/// PostObject: the upload of a browser's form. Everything that other requests say in their headers stands in fields,
/// and is only known when the file begins. Source: OSS documentation, "PostObject".
namespace ossify::emulation::operations {

namespace detail {

/// Makes of the fields before the file what they say: who sends it, under which key, with which attributes.
inline std::optional<service_error> begin_file(service_exchange& x, http::form_part const& file)
{
    form_upload& form = *x.form;
    auto const now = std::chrono::floor<std::chrono::seconds>(x.request().received + x.faults().clock_offset);
    if (x.settings().authenticate) {
        auto allowed = x.state().auth.authenticate_form(form.fields, x.request().bucket(), now);
        if (!allowed)
            return allowed.error();
        form.permission = *std::move(allowed);
    } else {
        form.permission = form_permission(x.who());
    }
    auto key = form.key(file.filename.value_or(""));
    if (!key)
        return errors::form_field_missing("Post request key is empty.");
    if (auto bad = form.make_head(*x.request().head, file))
        return bad;
    if (auto bad = x.stand_for(form.head, *std::move(key), form.permission.who))
        return bad;
    auto attributes = read_new_attributes(x);
    if (!attributes)
        return attributes.error();
    x.attributes = *std::move(attributes);
    if (auto bad = x.read_callback())
        return bad;
    if (x.has_callback())
        if (auto bad = form.give_variables(x.callback()))
            return bad;
    if (must_not_overwrite(x))
        return errors::file_already_exists();
    return x.open_sink_for(std::nullopt);
}

/// What the parts of the form become.
class form_sink {
public:
    explicit form_sink(service_exchange& x) : x_(x), form_(*x.form) {}

    bool begin_part(http::form_part part)
    {
        if (http::iequals(part.name, "file")) {
            if (std::exchange(form_.file_begun, true))
                return refuse(errors::wrong_number_of_files());
            form_.in_file = true;
            std::lock_guard const lock(x_.state().mutex);
            return accept(begin_file(x_, part));
        }
        if (form_.file_begun)
            return refuse(errors::malformed_post_request());  // the file comes last
        if (part.name.size() > form_upload::longest_name)
            return refuse(errors::field_too_long(part.name.substr(0, 64)));
        // A name counts, too, and so does what even an empty field takes: otherwise there could be any number of them.
        form_.field_bytes += sizeof(codec::form_fields::value_type) + part.name.size();
        if (form_.field_bytes > form_upload::most_field_bytes)
            return refuse(errors::too_much_before_the_file());
        form_.fields.emplace_back(std::move(part.name), std::string());
        return true;
    }

    bool part_bytes(std::string_view bytes)
    {
        if (form_.in_file) {
            if (auto bad = form_.permission.check_bytes(x_.sink().size() + bytes.size(), true))
                return refuse(*std::move(bad));
            return accept(x_.take(std::as_bytes(std::span(bytes))));
        }
        auto& [name, value] = form_.fields.back();
        form_.field_bytes += bytes.size();
        if (form_.field_bytes > form_upload::most_field_bytes)
            return refuse(errors::too_much_before_the_file());
        value.append(bytes);
        return value.size() <= form_upload::longest_value || refuse(errors::field_too_long(name));
    }

    bool end_part()
    {
        form_.in_file = false;
        return true;
    }

    std::optional<service_error> refused;

private:
    bool refuse(service_error why)
    {
        refused = std::move(why);
        return false;
    }
    bool accept(std::optional<service_error> why)
    {
        refused = std::move(why);
        return !refused;
    }

    service_exchange& x_;
    form_upload& form_;
};

}  // namespace detail

inline std::optional<service_error> begin_post_object(service_exchange& x)
{
    auto const boundary = http::form_boundary(x.request().header("Content-Type"));
    if (!boundary)
        return errors::not_a_form();
    auto const& headers = x.request().head->headers;
    if (!headers.contains("Content-Length") && !headers.contains("Transfer-Encoding"))
        return errors::missing_content_length();
    x.form = std::make_unique<form_upload>(*boundary);
    return std::nullopt;
}

inline std::optional<service_error> receive_post_object(service_exchange& x, std::span<std::byte const> bytes)
{
    detail::form_sink sink(x);
    std::string_view const text(reinterpret_cast<char const*>(bytes.data()), bytes.size());
    auto const read = x.form->reader.read(text, sink);
    if (sink.refused)
        return sink.refused;
    if (!read)
        return errors::malformed_post_request();
    return std::nullopt;
}

inline std::optional<service_error> finish_post_object(service_exchange& x)
{
    form_upload const& form = *x.form;
    if (!form.reader.complete())
        return errors::malformed_post_request();
    if (!form.file_begun)
        return errors::wrong_number_of_files();
    if (auto bad = form.permission.check_bytes(x.sink().size()))
        return bad;
    if (auto bad = finish_put_object(x))
        return bad;
    if (!x.has_callback())
        form.answer(x.request(), x.answer());
    return std::nullopt;
}

}  // namespace ossify::emulation::operations

#endif
