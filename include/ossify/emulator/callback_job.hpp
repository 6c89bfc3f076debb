#ifndef OSSIFY_EMULATOR_CALLBACK_JOB_HPP
#define OSSIFY_EMULATOR_CALLBACK_JOB_HPP

#include <ossify/callback/render.hpp>
#include <ossify/callback/service_parameters.hpp>
#include <ossify/codec/base64.hpp>
#include <ossify/codec/url.hpp>
#include <ossify/emulator/callback_answer.hpp>
#include <ossify/emulator/errors.hpp>
#include <ossify/emulator/image_probe.hpp>
#include <ossify/emulator/incoming.hpp>
#include <ossify/emulator/records.hpp>
#include <ossify/http/message.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ossify::emulation {

/// One of the URLs that a callback may go to.
class callback_target {
public:
    callback_target() = default;
    callback_target(std::string url_text, codec::url url) : text(std::move(url_text)), where(std::move(url)) {}

    std::string text;  ///< as the uploader wrote it
    codec::url where;
};

/// A callback that a request asked for: where it goes, and, once the object is stored, what it says.
class callback_job {
public:
    callback_job() = default;

    service_callback parameters;
    std::vector<callback_target> targets;  ///< the URLs of the parameters
    std::string json;                      ///< the parameters as text, for error answers
    bool strict = false;                   ///< private addresses are refused

    std::string body;  ///< rendered; set when the object is stored
    std::string request_id;
    std::string operation;
    std::string bucket;
    std::string key;
    std::string account;
    bool image_broken = false;  ///< the template asks about an image that cannot be read

    /// True when the hosts must be looked up before the body of the request is taken.
    bool must_be_checked() const
    {
        return strict || std::any_of(targets.begin(), targets.end(), [](callback_target const& t) {
                   return !t.where.is_ip_literal() && t.where.host != "localhost";
               });
    }
};

/// Reads the callback that a request asks for, if any, and checks it as the service does before anything is stored.
/// Errors: InvalidArgument with one of the documented messages.
inline service_result<std::optional<callback_job>> read_callback_job(incoming_request const& request, bool strict)
{
    constexpr std::array<std::pair<std::string_view, std::string_view>, 2> ways{
        {{"x-oss-callback", "callback"}, {"x-oss-callback-var", "callback-var"}}};
    std::array<std::string_view, 2> values;
    bool asked = false;
    for (std::size_t i = 0; i != ways.size(); ++i) {
        auto const& [header, item] = ways[i];
        auto const in_header = request.head->headers.find(header);
        auto const in_query = request.query.find(item);
        if (in_header && in_query)
            return errors::callback_refused("Either the " + std::string(item) + " query string parameter or the " +
                                                std::string(header) + " header should be specified, not both.",
                                            "0007-00000027", item, *in_query);
        values[i] = in_header ? *in_header : in_query.value_or(std::string_view());
        if (i == 0)
            asked = in_header || in_query;
    }
    if (!asked)
        return std::optional<callback_job>();
    auto parsed = parse_callback_parameters(values[0], values[1]);
    if (!parsed)
        return errors::callback_refused(parsed.error().message, parsed.error().ec, parsed.error().argument_name,
                                        parsed.error().argument_value);
    callback_job job;
    job.parameters = *std::move(parsed);
    job.json = codec::base64_decode(values[0]).value();
    job.strict = strict;
    for (auto const& text : job.parameters.urls) {
        auto url = codec::parse_url(text);
        if (!url)
            return errors::callback_refused("The callback url configuration is invalid.", "0007-00000004", "callback",
                                            job.json);
        job.targets.emplace_back(text, *std::move(url));
    }
    if (!http::is_valid_value(job.parameters.host))
        return errors::callback_refused("The callback host configuration is invalid.", "0007-00000009", "callback",
                                        job.json);
    return std::optional<callback_job>(std::move(job));
}

/// Fills in the callback's body with what is known of the stored object.
inline void render_callback(callback_job& job, incoming_request const& request, object_record const& object,
                            missing_values const& missing)
{
    job.request_id = request.id;
    job.operation = to_string(request.operation);
    job.bucket = request.bucket();
    job.key = request.key();

    callback_values values;
    values.set("bucket", request.bucket()).set("object", request.key()).set("etag", object.etag);
    values.set("size", object.data.size()).set("mimeType", object.attributes.content_type);
    values.set("crc64", object.crc64).set("clientIp", request.origin.ip).set("reqId", request.id);
    values.set("operation", to_string(request.operation));
    if (!object.content_md5.empty())
        values.set("contentMd5", object.content_md5);
    // The bytes are only looked at when somebody asks.
    if (job.parameters.body.find("${imageInfo") != std::string::npos)
        if (auto const image = probe_image(object.data, job.image_broken))
            values.set("imageInfo.width", image->width)
                .set("imageInfo.height", image->height)
                .set("imageInfo.format", image->format);
    for (auto const& [name, value] : job.parameters.variables)
        values.set(name, value);
    job.body = render_callback_body(job.parameters.body, job.parameters.body_type, values, missing);
}

}  // namespace ossify::emulation

#endif
