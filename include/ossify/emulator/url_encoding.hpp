#ifndef OSSIFY_EMULATOR_URL_ENCODING_HPP
#define OSSIFY_EMULATOR_URL_ENCODING_HPP

#include <ossify/codec/percent.hpp>
#include <ossify/codec/xml.hpp>
#include <ossify/emulator/errors.hpp>
#include <ossify/emulator/incoming.hpp>

#include <string_view>

namespace ossify::emulation {

/// How an answer writes keys: as they are, or percent-encoded, because XML cannot hold every character.
class url_encoding {
public:
    url_encoding() = default;

    /// Reads `encoding-type`. Errors: InvalidArgument for any value but `url`.
    static service_result<url_encoding> of(incoming_request const& request)
    {
        url_encoding out;
        if (auto const type = request.query.find("encoding-type")) {
            if (*type != "url")
                return errors::invalid_argument("encoding-type", *type, "Invalid Encoding Method specified in Request.");
            out.on_ = true;
        }
        return out;
    }

    void write_type(codec::xml_writer& xml) const
    {
        if (on_)
            xml.element("EncodingType", "url");
    }
    void element(codec::xml_writer& xml, std::string_view name, std::string_view text) const
    {
        if (on_)
            xml.element(name, codec::percent_encode(text));
        else
            xml.element(name, text);
    }

private:
    bool on_ = false;
};

}  // namespace ossify::emulation

#endif
