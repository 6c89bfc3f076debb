#ifndef OSSIFY_EMULATOR_FORM_UPLOAD_HPP
#define OSSIFY_EMULATOR_FORM_UPLOAD_HPP

#include <ossify/codec/percent.hpp>
#include <ossify/codec/xml.hpp>
#include <ossify/core/ascii.hpp>
#include <ossify/emulator/attributes.hpp>
#include <ossify/emulator/callback_job.hpp>
#include <ossify/emulator/errors.hpp>
#include <ossify/emulator/incoming.hpp>
#include <ossify/emulator/post_policy.hpp>
#include <ossify/emulator/reply.hpp>
#include <ossify/http/form_data.hpp>
#include <ossify/http/message.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ossify::emulation {

namespace errors {

inline service_error not_a_form()
{
    return service_error(400, "RequestIsNotMultiPartContent", "Bucket POST must be of the enclosure-type "
                                                              "multipart/form-data.");
}

inline service_error malformed_post_request()
{
    return service_error(400, "MalformedPOSTRequest", "The body of your POST request is not well-formed "
                                                      "multipart/form-data.");
}

inline service_error wrong_number_of_files()
{
    return service_error(400, "IncorrectNumberOfFilesInPOSTRequest",
                         "POST requires exactly one file upload per request.");
}

inline service_error field_too_long(std::string_view name)
{
    return service_error(400, "FieldItemTooLong", "Your form field is too long.").with("FieldItemName", std::string(name));
}

inline service_error too_much_before_the_file()
{
    return service_error(400, "MaxPOSTPreDataLengthExceededError",
                         "Your POST request fields preceding the upload file were too large.");
}

}  // namespace errors

/// An upload by a browser's form, as far as it was received.
class form_upload {
public:
    // Source: OSS documentation, PostObject. What all fields together may have is ours.
    static constexpr std::size_t longest_name = 8 * 1024;
    static constexpr std::size_t longest_value = 2 * 1024 * 1024;
    static constexpr std::size_t most_field_bytes = 4 * 1024 * 1024;

    explicit form_upload(std::string const& boundary) : reader(boundary) {}

    std::string_view field(std::string_view name) const { return detail::form_value(fields, name).value_or(""); }

    /// The object's key; nothing when the form names none. The policy has seen it before the file's name went in.
    std::optional<std::string> key(std::string_view filename) const
    {
        std::string out(field("key"));
        if (out.empty())
            return std::nullopt;
        constexpr std::string_view variable = "${filename}";
        filename.remove_prefix(std::min(filename.size(), filename.find_last_of("/\\") + 1));
        for (auto at = out.find(variable); at != out.npos; at = out.find(variable, at + filename.size()))
            out.replace(at, variable.size(), filename);
        return out;
    }

    /// Makes the head of the PutObject request that would say the same.
    /// Errors: InvalidArgument for a value that no header can have, and for x-oss-tagging, which forms do not take.
    std::optional<service_error> make_head(http::request_head const& of_form, http::form_part const& file);

    /// Hands the form's custom variables to its callback: each is a field of its own, and no size limit holds.
    std::optional<service_error> give_variables(callback_job& job) const;

    /// What is answered when there is no callback.
    void answer(incoming_request const& request, reply& to) const;

    http::form_data_reader reader;
    codec::form_fields fields;  ///< those before the file, in order
    std::size_t field_bytes = 0;
    bool file_begun = false;
    bool in_file = false;
    form_permission permission;
    http::request_head head;

private:
    static bool is_header(std::string_view lowered)
    {
        constexpr std::array<std::string_view, 10> names{
            "cache-control", "content-disposition", "content-encoding", "expires", "content-md5",
            "x-oss-object-acl", "x-oss-storage-class", "x-oss-server-side-encryption",
            "x-oss-server-side-encryption-key-id", "x-oss-forbid-overwrite"};
        return lowered.starts_with("x-oss-meta-") || detail::is_one_of(lowered, names);
    }
};

inline std::optional<service_error> form_upload::make_head(http::request_head const& of_form,
                                                           http::form_part const& file)
{
    head = http::request_head(http::method::post, of_form.target);
    for (std::string_view const kept : {"Host", "Origin"})
        if (auto const value = of_form.headers.find(kept))
            head.headers.set(kept, *value);
    auto const put = [this](std::string_view name, std::string_view value) -> std::optional<service_error> {
        if (!http::is_valid_name(name) || !http::is_valid_value(value))
            return errors::invalid_argument(name, "", "The value of the form field is invalid.");
        head.headers.set(name, value);
        return std::nullopt;
    };
    for (auto const& [name, value] : fields) {
        std::string const lowered = ascii::lower_case(name);
        if (lowered == "x-oss-tagging")
            return errors::invalid_argument(name, value, "PostObject does not support x-oss-tagging.");
        if (is_header(lowered) && !head.headers.contains(lowered))
            if (auto bad = put(lowered, value))
                return bad;
    }
    for (std::string_view const type : {field("x-oss-content-type"), field("Content-Type"), std::string_view(file.content_type)})
        if (!type.empty() && !head.headers.contains("Content-Type"))
            if (auto bad = put("Content-Type", type))
                return bad;
    if (auto const callback = field("callback"); !callback.empty())
        return put("x-oss-callback", callback);
    return std::nullopt;
}

inline std::optional<service_error> form_upload::give_variables(callback_job& job) const
{
    for (auto const& [name, value] : fields) {
        if (!http::iequals(std::string_view(name).substr(0, 2), "x:"))
            continue;
        if (name.size() == 2 || ascii::lower_case(name) != name)
            return errors::callback_refused("The callback var is not expecten json.", "0007-00000105", name, value);
        job.parameters.variables.emplace_back(name, value);
    }
    return std::nullopt;
}

inline void form_upload::answer(incoming_request const& request, reply& to) const
{
    std::string const location = request.url_of(request.bucket(), request.key());
    if (auto const redirect = field("success_action_redirect");
        !redirect.empty() && http::is_valid_value(redirect)) {
        to.status = 303;  // the documents give no number
        to.headers.set("Location", redirect);
        return;
    }
    auto const status = field("success_action_status");
    to.status = status == "200" ? 200U : status == "201" ? 201U : 204U;
    if (to.status != 201)
        return;
    codec::xml_writer xml;
    xml.open("PostResponse");
    xml.element("Bucket", request.bucket());
    xml.element("Location", location);
    xml.element("Key", request.key());
    xml.element("ETag", to.headers.get("ETag"));
    xml.close();
    to.xml(xml.finish());
}

}  // namespace ossify::emulation

#endif
