#include <ossify/codec/xml.hpp>

#include <doctest/doctest.h>

using namespace ossify;
using namespace ossify::codec;

TEST_CASE("elements are found by name and texts are unescaped")
{
    auto const document = xml_document::parse("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                                              "<Error>\n  <Code>NoSuchKey</Code>\n"
                                              "  <Message>a &lt;b&gt; &amp; &quot;c&quot; &#39;&#x4e2d;</Message>\n"
                                              "  <Empty/>\n</Error>\n")
                              .value();
    CHECK(document.root().name() == "Error");
    CHECK(document.root().child("Code").text() == "NoSuchKey");
    CHECK(document.root().child_text("Message") == "a <b> & \"c\" '\xe4\xb8\xad");
    CHECK(document.root().child("Empty"));
    CHECK(document.root().child_text("Empty") == "");
}

TEST_CASE("asking for what is not there gives nothing, however deep")
{
    auto const document = xml_document::parse("<a/>").value();
    CHECK_FALSE(document.root().child("b"));
    CHECK(document.root().child("b").child("c").text() == "");
    CHECK(document.root().child("b").name() == "");
    CHECK(document.root().child("b").children("c").begin() == document.root().child("b").children("c").end());
}

TEST_CASE("namespaces and prefixes do not count")
{
    auto const document =
        xml_document::parse("<o:R xmlns:o=\"http://doc.oss-cn-hangzhou.aliyuncs.com\"><o:Key>k</o:Key></o:R>").value();
    CHECK(document.root().name() == "R");
    CHECK(document.root().child_text("Key") == "k");
    CHECK(xml_document::parse("<R xmlns=\"u\"><Key>k</Key></R>").value().root().child_text("Key") == "k");
}

TEST_CASE("children of one name are visited in order, others are passed over")
{
    auto const document =
        xml_document::parse("<L><Part><N>1</N></Part><X/><!-- c --><Part><N>2</N></Part>t<Part/></L>").value();
    std::string seen;
    for (xml_node const& part : document.root().children("Part"))
        seen += '[' + part.child_text("N") + ']';
    CHECK(seen == "[1][2][]");
    CHECK(document.root().children("N").begin() == document.root().children("N").end());
}

TEST_CASE("text keeps its white space, CDATA counts, comments do not")
{
    auto const document = xml_document::parse("<a> x<!-- no --><![CDATA[<&>]]>y </a>").value();
    CHECK(document.root().text() == " x<&>y ");
}

TEST_CASE("a document stays whole when it is moved")
{
    auto first = xml_document::parse("<a><b>text</b></a>").value();
    auto const second = std::move(first);
    CHECK(second.root().child_text("b") == "text");
}

TEST_CASE("a byte order mark is skipped")
{
    CHECK(xml_document::parse("\xef\xbb\xbf<a/>").value().root().name() == "a");
}

TEST_CASE("a document type declaration is refused, and no entity is expanded")
{
    CHECK(xml_document::parse("<!DOCTYPE a [<!ENTITY e \"boom\">]><a>&e;</a>").error().message() ==
          "a document type declaration");
    CHECK(xml_document::parse("<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>").error() == errc::malformed_xml);
    CHECK(xml_document::parse("<a>&e;</a>").value().root().text() == "&e;");
}

TEST_CASE("what is no document is refused")
{
    for (char const* const text :
         {"", " ", "text", "<a>", "</a>", "<a></b>", "<a><b></a>", "<a", "<a/><b/>", "<a/>text", "text<a/>",
          "<a><![CDATA[</a>", "<a><!-- </a>", "<?xml version=\"1.0\"?>", "{\"json\":1}", "<1/>", "<a b=></a>"}) {
        CAPTURE(text);
        CHECK(xml_document::parse(text).error() == errc::malformed_xml);
    }
    CHECK(xml_document::parse(std::string_view("<a>\0</a>", 8)).error() == errc::malformed_xml);
    CHECK(xml_document::parse(std::string_view("<a/>\0<b/>", 9)).error() == errc::malformed_xml);
}

TEST_CASE("depth and size have limits")
{
    auto const nested = [](int levels) {
        std::string text;
        for (int i = 0; i != levels; ++i)
            text += "<a>";
        for (int i = 0; i != levels; ++i)
            text += "</a>";
        return text;
    };
    CHECK(xml_document::parse(nested(65)).has_value());
    CHECK(xml_document::parse(nested(66)).error() == errc::malformed_xml);
    CHECK(xml_document::parse(nested(200000)).error() == errc::malformed_xml);
    std::string const filler(xml_document::max_bytes, ' ');
    CHECK(xml_document::parse("<a/>" + filler).error() == errc::malformed_xml);
}

TEST_CASE("the writer nests, escapes and closes")
{
    xml_writer writer;
    writer.open("R").element("Key", "a<b>&\"c\"").open("Inner").element("Empty", "").close().open("Last");
    CHECK(writer.finish() == "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                             "<R><Key>a&lt;b&gt;&amp;&quot;c&quot;</Key><Inner><Empty></Empty></Inner>"
                             "<Last></Last></R>");
}

TEST_CASE("what the writer writes is read back the same")
{
    std::string const text = " \t\r\n<>&\"' ]]> \xe4\xb8\xad \xf0\x9f\x98\x80 &amp; ";
    xml_writer writer;
    writer.open("R").element("T", text);
    CHECK(xml_document::parse(writer.finish()).value().root().child_text("T") == text);
}

TEST_CASE("XML can hold UTF-8 without most control characters")
{
    CHECK(xml_can_hold(""));
    CHECK(xml_can_hold("a\t\r\n\x7f\xc2\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbd\xf4\x8f\xbf\xbf"));
    CHECK_FALSE(xml_can_hold(std::string_view("\0", 1)));
    for (char const* const text : {"\x01",
                                   "a\x1f",
                                   "\x0b",
                                   "\xff",
                                   "\x80",
                                   "\xc2",
                                   "\xc2 ",
                                   "\xc0\x80",
                                   "\xc1\xbf",
                                   "\xe0\x80\x80",
                                   "\xe0\x9f\xbf",
                                   "\xed\xa0\x80",
                                   "\xed\xbf\xbf",
                                   "\xef\xbf\xbe",
                                   "\xef\xbf\xbf",
                                   "\xf0\x80\x80\x80",
                                   "\xf4\x90\x80\x80",
                                   "\xf5\x80\x80\x80",
                                   "\xe4\xb8",
                                   "\xf0\x9f\x98"}) {
        CAPTURE(text);
        CHECK_FALSE(xml_can_hold(text));
    }
}

TEST_CASE("the writer replaces what XML cannot hold, one mark a byte")
{
    xml_writer writer;
    writer.element("K", std::string_view("a\x01\0b\xff\xe4\xb8", 7));
    CHECK(xml_document::parse(writer.finish()).value().root().text() == "a\xef\xbf\xbd\xef\xbf\xbd"
                                                                        "b\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
}
