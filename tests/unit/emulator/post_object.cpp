#include <ossify/emulator/post_object.hpp>

#include <ossify/auth/endpoint.hpp>
#include <ossify/auth/signer.hpp>
#include <ossify/callback/make_callback.hpp>
#include <ossify/codec/json.hpp>
#include <ossify/presign/form_signer.hpp>

#include "emulated.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

using namespace ossify;
using namespace std::chrono_literals;
using tests::base64;
using tests::bytes_of;
using tests::element;
using tests::emulated;

namespace {

using form = std::vector<std::pair<std::string, std::string>>;

credentials const alice("alice-id", secret("alice-secret"));
codec::wall_time const now(1'700'000'000s);  // the emulated service's

std::string form_part(std::string const& name, std::string const& value, std::string const& more = {})
{
    return "--BOUNDARY\r\nContent-Disposition: form-data; name=\"" + name + "\"" + more + "\r\n\r\n" + value + "\r\n";
}

std::string body_of(form const& fields, std::string const& file, std::string const& filename = "photo.png")
{
    std::string out;
    for (auto const& [name, value] : fields)
        out += form_part(name, value);
    return out + form_part("file", file, "; filename=\"" + filename + "\"\r\nContent-Type: image/png") + "--BOUNDARY--\r\n";
}

emulation::service_settings guarded()
{
    auto out = emulated::open();
    out.authenticate = true;
    out.keys.add(alice);
    return out;
}

emulation::reply post(emulated& e, std::string const& body, std::size_t piece = std::string::npos,
                      std::string type = "multipart/form-data; boundary=BOUNDARY")
{
    return e.ask(http::method::post, "/photos/", {{"Content-Type", std::move(type)}}, body, piece);
}

/// What alice signs.
form_request wish()
{
    form_request out("photos");
    return out.key("uploads/a.png").max_bytes(100).min_bytes(2);
}

signed_form sign(form_request const& request, signature_version version = signature_version::v4,
                 codec::wall_time when = now)
{
    request_signer const signer(version, signing_scope("cn-hangzhou"));
    return form_signer(endpoint::parse("http://127.0.0.1").value(), signer).sign(request, alice, when).value();
}

callback callback_of(std::string body, std::string who)
{
    callback_parameters given;
    given.urls = "http://127.0.0.1:1/";
    given.body = std::move(body);
    given.variables.emplace_back("who", std::move(who));
    return make_callback(given).value();
}

std::string code_of(emulation::reply const& r) { return element(r.body, "Code"); }

}  // namespace

TEST_CASE("a form stores its file under its key, with the attributes of its fields")
{
    emulated e;
    auto const answer = post(e, body_of({{"key", "uploads/a b.png"},
                                         {"x-oss-meta-who", "me"},
                                         {"Cache-Control", "no-store"},
                                         {"x-oss-object-acl", "public-read"},
                                         {"unknown", "is accepted"}},
                                        "0123456789"));
    CHECK(answer.status == 204);
    CHECK(answer.headers.get("ETag") == "\"781E5E245D69B566979B86E28D23F2C7\"");
    auto const got = e.get("/photos/uploads/a%20b.png");
    CHECK(bytes_of(got) == "0123456789");
    CHECK(got.headers.get("Content-Type") == "image/png");
    CHECK(got.headers.get("x-oss-meta-who") == "me");
    CHECK(got.headers.get("Cache-Control") == "no-store");
}

TEST_CASE("a form may come in pieces of any size")
{
    auto const body = body_of({{"key", "k"}}, "\r\n--BOUNDAR\r\n--");
    for (std::size_t piece = 1; piece < body.size(); ++piece) {
        emulated e;
        CAPTURE(piece);
        CHECK(post(e, body, piece).status == 204);
        CHECK(bytes_of(e.get("/photos/k")) == "\r\n--BOUNDAR\r\n--");
    }
}

TEST_CASE("the name of the client's file goes into the key, without its folders")
{
    emulated e;
    CHECK(post(e, body_of({{"key", "u/${filename}"}}, "x", "C:\\photos\\me.png")).status == 204);
    CHECK(e.get("/photos/u/me.png").status == 200);
}

TEST_CASE("the type is x-oss-content-type, else Content-Type, else that of the part")
{
    emulated e;
    (void)post(e, body_of({{"key", "a"}, {"Content-Type", "text/b"}, {"x-oss-content-type", "text/a"}}, "x"));
    (void)post(e, body_of({{"key", "b"}, {"Content-Type", "text/b"}}, "x"));
    CHECK(e.get("/photos/a").headers.get("Content-Type") == "text/a");
    CHECK(e.get("/photos/b").headers.get("Content-Type") == "text/b");
}

TEST_CASE("the form says how its success is answered")
{
    emulated e;
    auto const status = [&e](std::string const& wanted) {
        return post(e, body_of({{"key", "k"}, {"success_action_status", wanted}}, "x")).status;
    };
    CHECK(status("200") == 200);
    CHECK(status("204") == 204);
    CHECK(status("302") == 204);
    auto const created = post(e, body_of({{"key", "a&b"}, {"success_action_status", "201"}}, "x"));
    CHECK(created.status == 201);
    CHECK(element(created.body, "Bucket") == "photos");
    CHECK(element(created.body, "Key") == "a&amp;b");
    CHECK(element(created.body, "Location").ends_with("/photos/a%26b"));
    auto const redirected = post(e, body_of({{"key", "k"}, {"success_action_redirect", "https://app.test/ok"}}, "x"));
    CHECK(redirected.status == 303);
    CHECK(redirected.headers.get("Location") == "https://app.test/ok");
}

TEST_CASE("forms signed in both versions are accepted")
{
    for (auto const version : {signature_version::v1, signature_version::v4}) {
        emulated e(guarded());
        auto const signed_one = sign(wish(), version);
        CHECK(post(e, body_of(signed_one.fields, "a photo")).status == 204);
        CHECK(e.service.objects.find_object("photos", "uploads/a.png") != nullptr);
    }
}

TEST_CASE("a form without a signature is refused unless everybody may write")
{
    emulated e(guarded());
    auto const refused = post(e, body_of({{"key", "k"}}, "x"));
    CHECK(refused.status == 403);
    CHECK(code_of(refused) == "AccessDenied");
    emulation::bucket_record open;
    open.name = "photos";
    open.acl = "public-read-write";
    (void)e.service.objects.put_bucket(std::move(open));
    CHECK(post(e, body_of({{"key", "k"}}, "x")).status == 204);
}

TEST_CASE("every field of a signed form that is changed makes it refused, and nothing is stored")
{
    auto const callback = callback_of("o=${object}&who=${x:who}", "alice");
    auto const signed_one = sign(wish().content_type("image/png").callback(callback));
    for (std::size_t i = 0; i != signed_one.fields.size(); ++i) {
        emulated e(guarded());
        auto fields = signed_one.fields;
        auto& value = fields[i].second;
        value[value.size() / 2] = value[value.size() / 2] == 'x' ? 'y' : 'x';
        auto const answer = post(e, body_of(fields, "a photo"));
        CAPTURE(fields[i].first);
        CHECK(answer.status >= 400);
        CHECK(e.service.objects.find_bucket("photos")->objects.empty());
    }
}

TEST_CASE("an expired form is refused")
{
    emulated e(guarded());
    auto const answer = post(e, body_of(sign(wish(), signature_version::v4, now - 16min).fields, "a photo"));
    CHECK(answer.status == 403);
    CHECK(element(answer.body, "Message") == "Invalid according to Policy: Policy expired.");
}

TEST_CASE("the policy's range holds for the length of the file alone")
{
    auto const fields = sign(wish()).fields;
    auto const code = [&fields](std::size_t bytes, std::size_t piece) {
        emulated e(guarded());
        auto const answer = post(e, body_of(fields, std::string(bytes, 'a')), piece);
        CHECK(e.service.objects.find_bucket("photos")->objects.size() == (answer.status == 204 ? 1 : 0));
        return answer.status == 204 ? "stored" : code_of(answer);
    };
    for (std::size_t const piece : {std::size_t{1}, std::string::npos}) {
        CHECK(code(1, piece) == "EntityTooSmall");
        CHECK(code(2, piece) == "stored");
        CHECK(code(100, piece) == "stored");
        CHECK(code(101, piece) == "EntityTooLarge");
    }
}

TEST_CASE("the callback of a form gets its variables from fields of their own, and its answer is the form's")
{
    emulated e(guarded());
    e.verdict = emulation::callback_verdict::accepted(R"({"ok":true})");
    auto const callback = callback_of("o=${object}&who=${x:who}&op=${operation}", "al ice");
    auto const answer =
        post(e, body_of(sign(wish().success_status(201).callback(callback)).fields, "a photo"));
    CHECK(answer.status == 200);
    CHECK(answer.body == R"({"ok":true})");
    CHECK(e.callback_body == "o=uploads%2Fa.png&who=al%20ice&op=PostObject");
}

TEST_CASE("a failed callback leaves the object stored")
{
    emulated e;
    e.verdict = emulation::verdicts::bad_gateway();
    std::string const callback = base64(R"({"callbackUrl":"http://127.0.0.1:1/","callbackBody":"a=b"})");
    auto const answer = post(e, body_of({{"key", "k"}, {"callback", callback}}, "x"));
    CHECK(answer.status == 203);
    CHECK(code_of(answer) == "CallbackFailed");
    CHECK(e.get("/photos/k").status == 200);
}

TEST_CASE("bad callback parameters refuse the form before anything is stored")
{
    emulated e;
    auto const answer = post(e, body_of({{"key", "k"}, {"callback", "not base64"}}, "x"));
    CHECK(answer.status == 400);
    CHECK(element(answer.body, "Message") == "The callback configuration is not base64 encoded.");
    std::string const callback = base64(R"({"callbackUrl":"http://127.0.0.1:1/","callbackBody":"a=b"})");
    CHECK(post(e, body_of({{"key", "k"}, {"callback", callback}, {"x:Upper", "1"}}, "x")).status == 400);
    CHECK(e.get("/photos/k").status == 404);
}

TEST_CASE("the host of a form's callback is looked up after the form was read, and can refuse it")
{
    emulated e;
    std::string const callback = base64(R"({"callbackUrl":"http://app.test/","callbackBody":"a=b"})");
    auto const body = body_of({{"key", "k"}, {"callback", callback}}, "x");
    auto const head = emulated::head(http::method::post, "/photos/",
                                     {{"Content-Type", "multipart/form-data; boundary=BOUNDARY"},
                                      {"Content-Length", std::to_string(body.size())}});
    using emulation::service_exchange;
    service_exchange x(e.service, head, emulation::request_origin("192.0.2.1", false));
    REQUIRE(x.next() == service_exchange::step::receive);
    x.receive(std::as_bytes(std::span(body)));
    x.received_all();
    REQUIRE(x.next() == service_exchange::step::check_callback);
    x.callback_checked(emulation::service_error(400, "InvalidArgument", "Can not get ip by this host."));
    CHECK(x.answer().status == 400);
    CHECK(e.get("/photos/k").status == 404);
}

TEST_CASE("what is no form, or not one form with one file, is refused by name")
{
    emulated e;
    CHECK(code_of(post(e, body_of({{"key", "k"}}, "x"), std::string::npos, "application/json")) ==
          "RequestIsNotMultiPartContent");
    CHECK(code_of(post(e, "--BOUNDARY\r\nnonsense\r\n\r\n")) == "MalformedPOSTRequest");
    auto const whole = body_of({{"key", "k"}}, "x");
    CHECK(code_of(post(e, whole.substr(0, whole.size() - 10))) == "MalformedPOSTRequest");
    CHECK(code_of(post(e, form_part("key", "k") + "--BOUNDARY--")) == "IncorrectNumberOfFilesInPOSTRequest");
    auto const two = form_part("key", "k") + form_part("file", "1", "; filename=a") + form_part("file", "2", "; filename=b");
    CHECK(code_of(post(e, two + "--BOUNDARY--")) == "IncorrectNumberOfFilesInPOSTRequest");
    auto const late = form_part("file", "1", "; filename=a") + form_part("key", "k") + "--BOUNDARY--";
    CHECK(code_of(post(e, late)) == "InvalidArgument");
    auto const behind = form_part("key", "k") + form_part("file", "1", "; filename=a") + form_part("x", "y") + "--BOUNDARY--";
    CHECK(code_of(post(e, behind)) == "MalformedPOSTRequest");
    CHECK(e.service.objects.find_bucket("photos")->objects.empty());
}

TEST_CASE("fields have limits")
{
    emulated e;
    CHECK(code_of(post(e, body_of({{"key", "k"}, {"a", std::string(2 * 1024 * 1024 + 1, 'a')}}, "x"))) ==
          "FieldItemTooLong");
    CHECK(code_of(post(e, body_of({{"key", "k"}, {std::string(8 * 1024 + 1, 'a'), "a"}}, "x"))) == "FieldItemTooLong");
    std::string const long_one(2 * 1024 * 1024 - 1, 'a');
    CHECK(code_of(post(e, body_of({{"key", "k"}, {"a", long_one}, {"b", long_one}, {"c", long_one}}, "x"))) ==
          "MaxPOSTPreDataLengthExceededError");
    std::string many;
    for (int i = 0; i != 100'000; ++i)
        many += form_part("a", "");
    CHECK(code_of(post(e, many + body_of({{"key", "k"}}, "x"))) == "MaxPOSTPreDataLengthExceededError");
}

TEST_CASE("a form is refused where a PutObject with the same headers would be")
{
    emulated e;
    CHECK(code_of(post(e, body_of({{"key", "k"}, {"x-oss-object-acl", "nonsense"}}, "x"))) == "InvalidArgument");
    CHECK(code_of(post(e, body_of({{"key", "k"}, {"x-oss-tagging", "a=b"}}, "x"))) == "InvalidArgument");
    CHECK(code_of(post(e, body_of({{"key", "k"}, {"Cache-Control", "a\r\nb: c"}}, "x"))) == "InvalidArgument");
    CHECK(code_of(post(e, body_of({{"key", std::string(1024, 'k')}}, "x"))) == "InvalidObjectName");
    CHECK(code_of(post(e, body_of({{"key", "k"}, {"Content-MD5", "eB5eJF1ptWaXm4bijSPyxw=="}}, "x"))) ==
          "InvalidDigest");
    CHECK(post(e, body_of({{"key", "k"}, {"x-oss-forbid-overwrite", "true"}}, "x")).status == 204);
    CHECK(code_of(post(e, body_of({{"key", "k"}, {"x-oss-forbid-overwrite", "true"}}, "x"))) == "FileAlreadyExists");
}

TEST_CASE("a form to a bucket that is not there is refused at its head")
{
    emulated e;
    auto const answer = e.ask(http::method::post, "/nobucket/", {{"Content-Type", "multipart/form-data; boundary=B"}});
    CHECK(code_of(answer) == "NoSuchBucket");
}
