#ifndef OSSIFY_EMULATOR_OVERVIEW_PAGE_HPP
#define OSSIFY_EMULATOR_OVERVIEW_PAGE_HPP

#include <ossify/codec/date.hpp>
#include <ossify/emulator/html_text.hpp>
#include <ossify/emulator/service.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <mutex>
#include <string>
#include <string_view>

namespace ossify::emulation {

namespace detail {

inline constexpr std::string_view overview_style = R"(
:root{color-scheme:light dark;--ink:#1c2430;--dim:#667085;--line:#dde2ea;--card:#fff;--back:#f4f6f9;--good:#157f3c;
--bad:#b42318;--code:#eef1f5}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ef;--dim:#98a2b3;--line:#333c4a;--card:#1b222c;--back:#12171e;
--good:#4ade80;--bad:#fda29b;--code:#252e3a}}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
header,main{max-width:72rem;margin:auto;padding:0 1rem}
header{padding-top:1.5rem}
h1{font-size:1.35rem;margin:0}
h2{font-size:1.05rem;margin:2rem 0 .6rem}
h2 small,p,.dim{color:var(--dim);font-weight:400}
p{margin:.3rem 0}
a{color:inherit}
section>p,table,details{background:var(--card);border:1px solid var(--line);border-radius:.5rem}
section>p{padding:.7rem .9rem}
table{width:100%;border-spacing:0;overflow:hidden}
caption{text-align:left;padding:.1rem .1rem .4rem;font-weight:600}
th,td{text-align:left;vertical-align:top;padding:.45rem .9rem;border-top:1px solid var(--line)}
thead tr:first-child th{border-top:0}
th{font-weight:500;color:var(--dim);font-size:.85rem}
td{overflow-wrap:break-word}
td.key{font-weight:500;overflow-wrap:anywhere;min-width:12rem}
.num{text-align:right}
.num,td[data-is=Stored],td[data-is=Begun]{white-space:nowrap}
code,pre{font:.82rem/1.45 ui-monospace,monospace}
details{margin-bottom:.5rem}
summary{padding:.55rem .9rem;cursor:pointer;overflow-wrap:anywhere}
summary b{font-weight:500}
details>div{padding:0 .9rem .6rem;border-top:1px solid var(--line)}
pre{background:var(--code);border-radius:.35rem;padding:.6rem .7rem;margin:.3rem 0 .8rem;white-space:pre-wrap;
overflow-wrap:anywhere}
h3{font-size:.85rem;font-weight:500;color:var(--dim);margin:.9rem 0 0}
.tag{display:inline-block;border:1px solid;border-radius:1rem;padding:0 .55rem;font-size:.8rem;margin-right:.5rem}
.good{color:var(--good)}.bad{color:var(--bad)}
footer{height:3rem}
@media(max-width:44rem){
thead{display:none}
tr,td{display:block}
tr{padding:.5rem 0;border-top:1px solid var(--line)}
tbody tr:first-child{border-top:0}
td{border:0;padding:.1rem .9rem}
td.num{text-align:left}
td[data-is]:not(.key)::before{content:attr(data-is) " ";color:var(--dim);font-size:.85rem}
}
)";

/// Writes the page piece by piece. What is not ours goes through `text` or `clipped`, which escape it.
class overview_writer {
public:
    std::string finish() && { return std::move(out_); }

    overview_writer& html(std::string_view ours)
    {
        out_ += ours;
        return *this;
    }
    overview_writer& text(std::string_view any)
    {
        append_html_text(out_, any);
        return *this;
    }
    overview_writer& number(std::uint64_t n)
    {
        out_ += std::to_string(n);
        return *this;
    }
    /// "1.5 MiB"
    overview_writer& bytes(std::uint64_t n)
    {
        constexpr std::array<char const*, 5> units{"bytes", "KiB", "MiB", "GiB", "TiB"};
        auto value = static_cast<double>(n);
        std::size_t unit = 0;
        for (; value >= 1024 && unit + 1 != units.size(); ++unit)
            value /= 1024;
        char shown[32];
        std::snprintf(shown, sizeof shown, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
        return html(shown);
    }
    overview_writer& time(service_time t)
    {
        std::string shown = codec::iso_extended_ms(t);
        std::replace(shown.begin(), shown.end(), 'T', ' ');
        return html(shown.substr(0, std::min<std::size_t>(shown.size(), 19)));
    }
    overview_writer& count(std::size_t n, std::string_view one, std::string_view several)
    {
        return number(n).html(" ").html(n == 1 ? one : several);
    }
    /// A text that may be long, under a heading; nothing when it is empty.
    void block(std::string_view heading, std::string_view any)
    {
        constexpr std::size_t most = 8 * 1024;
        if (any.empty())
            return;
        html("<h3>").html(heading).html("</h3><pre>").text(any.substr(0, most));
        if (any.size() > most)
            html("\n… ").number(any.size() - most).html(" more bytes");
        html("</pre>");
    }

private:
    std::string out_;
};

inline constexpr std::size_t most_rows = 500;

inline void write_left_out(overview_writer& w, std::size_t rows, std::string_view columns)
{
    if (rows > most_rows)
        w.html("<tr><td class=dim colspan=").html(columns).html(">and ").number(rows - most_rows).html(" more</td></tr>");
}

inline void write_bucket(overview_writer& w, bucket_record const& bucket)
{
    std::uint64_t bytes = 0;
    for (auto const& entry : bucket.objects)
        bytes += entry.second->data.size();
    w.html("<h2>").text(bucket.name).html(" <small>").text(bucket.acl).html(" · ");
    w.count(bucket.objects.size(), "object", "objects").html(" · ").bytes(bytes).html("</small></h2>");
    if (bucket.objects.empty()) {
        w.html("<p>No object yet.</p>");
        return;
    }
    w.html("<table><thead><tr><th>Key<th class=num>Size<th>Type<th>ETag<th>Stored (UTC)</tr></thead><tbody>");
    std::size_t rows = 0;
    for (auto const& [key, object] : bucket.objects) {
        if (++rows > most_rows)
            break;
        w.html("<tr><td class=key data-is=Key>").text(key);
        w.html("<td class=num data-is=Size>").bytes(object->data.size());
        w.html("<td data-is=Type>").text(object->attributes.content_type);
        if (object->type != object_type::normal)
            w.html(" <span class=dim>").text(to_string(object->type)).html("</span>");
        if (object->type == object_type::symlink)
            w.html(" <span class=dim>to ").text(object->symlink_target).html("</span>");
        w.html("<td data-is=ETag><code>").text(object->etag).html("</code>");
        w.html("<td data-is=Stored>").time(object->modified).html("</tr>");
    }
    write_left_out(w, bucket.objects.size(), "5");
    w.html("</tbody></table>");
}

inline void write_uploads(overview_writer& w, catalogue const& objects)
{
    std::size_t rows = 0;
    for (auto const& entry : objects.buckets())
        rows += entry.second.uploads.size();
    w.html("<section><h2>Uploads in progress <small>").number(rows).html("</small></h2>");
    if (rows == 0) {
        w.html("<p>None: every multipart upload was completed or aborted.</p></section>");
        return;
    }
    w.html("<table><thead><tr><th>Bucket / key<th class=num>Parts<th class=num>Bytes<th>Upload id<th>Begun (UTC)"
           "</tr></thead><tbody>");
    std::size_t shown = 0;
    for (auto const& [name, bucket] : objects.buckets())
        for (auto const& [place, upload] : bucket.uploads) {
            if (++shown > most_rows)
                break;
            std::uint64_t bytes = 0;
            for (auto const& part : upload.parts)
                bytes += part.second.data.size();
            w.html("<tr><td class=key data-is=Key>").text(name).html(" / ").text(upload.key);
            w.html("<td class=num data-is=Parts>").number(upload.parts.size());
            w.html("<td class=num data-is=Bytes>").bytes(bytes);
            w.html("<td data-is=\"Upload id\"><code>").text(upload.id).html("</code>");
            w.html("<td data-is=Begun>").time(upload.initiated).html("</tr>");
        }
    write_left_out(w, rows, "5");
    w.html("</tbody></table></section>");
}

/// The head of a request without its signature.
inline std::string without_signature(std::string_view head)
{
    std::string out;
    while (!head.empty()) {
        auto const end = std::min(head.find('\n'), head.size() - 1) + 1;
        std::string_view const line = head.substr(0, end);
        head.remove_prefix(end);
        constexpr std::string_view name = "authorization:";
        bool const hidden = line.size() >= name.size() && http::iequals(line.substr(0, name.size()), name);
        out += hidden ? "Authorization: (a signature)\n" : std::string(line);
    }
    while (out.ends_with('\n') || out.ends_with('\r'))
        out.pop_back();
    return out;
}

inline void write_delivery(overview_writer& w, delivery const& d)
{
    w.html("<details><summary>");
    w.html(d.delivered ? "<span class=\"tag good\">delivered</span>" : "<span class=\"tag bad\">failed</span>");
    w.html("<b>").text(d.bucket).html(" / ").text(d.key).html("</b> <span class=dim>").time(d.began).html(" · ");
    w.text(d.operation);
    if (!d.attempts.empty())
        w.html(" · ").number(static_cast<std::uint64_t>(d.attempts.back().took.count())).html(" ms");
    if (!d.delivered && !d.attempts.empty())
        w.html(" · </span><span class=bad>").text(d.attempts.back().verdict);
    w.html("</span></summary><div>");
    w.block("Body sent", d.body);
    for (auto const& a : d.attempts) {
        w.html("<h3>POST <code>").text(a.url).html("</code> · ");
        if (a.status != 0)
            w.html("status ").number(a.status);
        else
            w.html("no answer");
        w.html(" · ").number(static_cast<std::uint64_t>(a.took.count())).html(" ms");
        if (!a.verdict.empty())
            w.html(" · <span class=bad>").text(a.verdict).html("</span>");
        w.html("</h3>");
        w.block("Request", without_signature(a.request_head));
        w.block("Answer", a.answer_head);
        w.block("Body of the answer", a.answer_body);
    }
    w.html("<p>Upload's request id <code>").text(d.request_id).html("</code></p></div></details>");
}

inline void write_deliveries(overview_writer& w, delivery_log const& log)
{
    w.html("<section><h2>Callbacks <small>").number(log.total()).html("</small></h2>");
    if (log.total() == 0)
        w.html("<p>None yet: an upload asks for one with the header x-oss-callback.</p>");
    std::size_t shown = 0;
    for (auto d = log.entries().rbegin(); d != log.entries().rend() && shown != 100; ++d, ++shown)
        write_delivery(w, *d);
    if (log.total() > shown)
        w.html("<p>").number(log.total() - shown).html(" older ones are not shown.</p>");
    w.html("</section>");
}

}  // namespace detail

/// What the service holds, for the eyes of a developer: objects, uploads in progress and callbacks, the latest first.
/// One page of HTML that loads nothing else and runs no script. With `watch` the browser asks again every two seconds.
inline std::string overview_page(service& of, bool watch)
{
    detail::overview_writer w;
    w.html("<!doctype html><html lang=en><head><meta charset=utf-8>"
           "<meta name=viewport content=\"width=device-width,initial-scale=1\">"
           "<meta http-equiv=Content-Security-Policy content=\"default-src 'none';style-src 'unsafe-inline'\">");
    if (watch)
        w.html("<meta http-equiv=refresh content=2>");
    w.html("<title>oss-emulator</title><style>").html(detail::overview_style).html("</style></head><body>");
    std::lock_guard const lock(of.mutex);
    w.html("<header><h1>oss-emulator</h1><p>Region ").text(of.settings.region).html(" · store: ");
    w.text(of.objects.bytes().kind()).html(" · ").time(of.now()).html(" UTC · ");
    w.html(watch ? "<a href=\"/_emulator/\">Stop watching</a>"
                 : "<a href=\"/_emulator/\">Look again</a> · <a href=\"/_emulator/?watch\">Watch</a>");
    w.html(" · JSON: <a href=\"/_emulator/callbacks\">callbacks</a>, <a href=\"/_emulator/uploads\">uploads</a></p>"
           "</header><main>");
    w.html("<section>");
    for (auto const& entry : of.objects.buckets())
        detail::write_bucket(w, entry.second);
    if (of.objects.buckets().empty())
        w.html("<h2>Buckets</h2><p>None yet: start the program with --bucket NAME, or send PutBucket.</p>");
    w.html("</section>");
    detail::write_uploads(w, of.objects);
    detail::write_deliveries(w, of.deliveries);
    w.html("</main><footer></footer></body></html>\n");
    return std::move(w).finish();
}

}  // namespace ossify::emulation

#endif
