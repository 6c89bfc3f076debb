#ifndef OSSIFY_EMULATOR_REPLY_HPP
#define OSSIFY_EMULATOR_REPLY_HPP

#include <ossify/codec/base64.hpp>
#include <ossify/codec/xml.hpp>
#include <ossify/emulator/records.hpp>
#include <ossify/emulator/service_error.hpp>
#include <ossify/http/fields.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace ossify::emulation {

/// What the service answers: a status, headers, and either a text or bytes of an object.
class reply {
public:
    reply() = default;
    explicit reply(unsigned http_status) : status(http_status) {}

    unsigned status = 200;
    http::fields headers;
    std::string body;

    /// When set, the body is `[first, first + length)` of this object's bytes.
    std::shared_ptr<object_record const> object;
    std::uint64_t first = 0;
    std::uint64_t length = 0;

    std::string code;    ///< of the service's error, for the log
    std::string reason;  ///< why, for the log

    void xml(std::string text)
    {
        headers.set("Content-Type", "application/xml");
        body = std::move(text);
    }
};

/// The error as XML. Source: OSS documentation, "Error responses".
inline std::string error_xml(service_error const& error, std::string_view request_id, std::string_view host)
{
    codec::xml_writer xml;
    xml.open("Error");
    xml.element("Code", error.code);
    xml.element("Message", error.message);
    xml.element("RequestId", request_id);
    xml.element("HostId", host);
    for (auto const& [name, value] : error.details)
        xml.element(name, value);
    if (!error.ec.empty()) {
        xml.element("EC", error.ec);
        xml.element("RecommendDoc", "https://api.aliyun.com/troubleshoot?q=" + error.ec);
    }
    xml.close();
    return xml.finish();
}

/// The answer that reports an error. An answer to HEAD has no body: it carries the XML in a header.
inline void set_error(reply& to, service_error const& error, std::string_view request_id, std::string_view host,
                      bool to_head)
{
    to.status = error.status;
    to.code = error.code;
    to.reason = error.why.empty() ? error.message : error.why;
    to.object.reset();
    std::string text = error_xml(error, request_id, host);
    if (!error.ec.empty())
        to.headers.set("x-oss-ec", error.ec);
    for (auto const& [name, value] : error.headers)
        to.headers.set(name, value);
    if (to_head) {
        to.headers.set("x-oss-err", codec::base64_encode(text));
        to.body.clear();
        to.headers.set("Content-Type", "application/xml");
    } else {
        to.xml(std::move(text));
    }
}

}  // namespace ossify::emulation

#endif
