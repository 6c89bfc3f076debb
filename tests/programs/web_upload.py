#!/usr/bin/env python3
"""Uses examples/web_upload as its page does, without a browser: against the emulator inside it, and against another one.

usage: web_upload.py WEB_UPLOAD OSS_EMULATOR [test names]
"""
import base64
import datetime
import http.client
import json
import os
import re
import subprocess
import sys
import unittest
import urllib.parse

from listening import Listening

WEB_UPLOAD, EMULATOR = sys.argv[1:3]
ENVIRONMENT = {**os.environ, "OSS_ACCESS_KEY_ID": "test-id", "OSS_ACCESS_KEY_SECRET": "test-secret"}


class Program(Listening):
    def __init__(self, *command):
        super().__init__(*command, "--listen", "127.0.0.1:0", env=ENVIRONMENT)


def ask(url, method="GET", body=None, headers=None):
    """Status, headers and body."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=20)
    connection.request(method, parts._replace(scheme="", netloc="").geturl(), body=body, headers=headers or {})
    response = connection.getresponse()
    answer = response.read()
    connection.close()
    return response.status, response.headers, answer


def form_for(app, name, type_="text/plain"):
    status, _, answer = ask(app.url + "/api/form", "POST", json.dumps({"name": name, "type": type_}))
    assert status == 200, answer
    return json.loads(answer)


def post(form, content, changed=()):
    """What a browser does with a form: every field in its place, the file last."""
    fields = [(name, dict(changed).get(name, value)) for name, value in form["fields"]]
    body = b"".join(b'--B\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (n.encode(), v.encode())
                    for n, v in fields)
    body += b'--B\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n' + content + b"\r\n--B--\r\n"
    status, _, answer = ask(form["action"], "POST", body, {"Content-Type": "multipart/form-data; boundary=B"})
    return status, answer


class Application(unittest.TestCase):
    def uploads_and_shows(self, app):
        status, answer = post(form_for(app, "Été.txt"), b"a few words")
        self.assertEqual(status, 200, answer)
        shown = json.loads(answer)
        self.assertEqual((shown["size"], shown["width"], shown["height"]), (11, None, None))
        self.assertRegex(shown["id"], "^[0-9A-F]{16}$")
        self.assertTrue(app.line().startswith("callback 200"))
        status, headers, _ = ask(app.url + shown["url"])
        self.assertEqual(status, 302)
        status, headers, content = ask(headers["Location"])
        self.assertEqual((status, headers["Content-Type"], content), (200, "text/plain", b"a few words"))

    def test_a_file_goes_to_the_emulator_inside_and_its_link_leads_back_to_it(self):
        with Program(WEB_UPLOAD) as app:
            self.uploads_and_shows(app)
        self.assertEqual(app.end, 0)

    def test_a_file_goes_to_a_service_that_is_named(self):
        with Program(EMULATOR, "--bucket", "pictures") as service:
            key_url = service.callback_key()
            with Program(WEB_UPLOAD, "--endpoint", service.url, "--bucket", "pictures", "--public-key-url", key_url) as app:
                self.assertTrue(form_for(app, "a")["action"].startswith(service.url))
                self.uploads_and_shows(app)
            with Program(WEB_UPLOAD, "--endpoint", service.url, "--bucket", "pictures") as app:  # not told of the key
                status, answer = post(form_for(app, "a.txt"), b"x")
                self.assertEqual(status, 203)
                self.assertIn(b"Error status : 403.", answer)
                self.assertTrue(app.line().startswith("callback 403"))

    def test_a_form_is_good_for_what_it_says_alone(self):
        with Program(WEB_UPLOAD, "--max-bytes", "10") as app:
            form = form_for(app, "a.txt")
            self.assertEqual(post(form, b"12345678901")[0], 400)
            for name, value in form["fields"]:
                with self.subTest(name):
                    status, answer = post(form, b"x", [(name, value + "x")])
                    self.assertIn(status, (400, 403), answer)
            self.assertEqual(post(form, b"1234567890")[0], 200)

    def test_an_upload_that_begins_as_the_form_ends_has_an_hour_before_its_proof_ends(self):
        with Program(WEB_UPLOAD) as app:
            fields = dict(form_for(app, "a.txt")["fields"])
        policy = json.loads(base64.b64decode(fields["policy"]))
        form_ends = datetime.datetime.fromisoformat(policy["expiration"].replace("Z", "+00:00")).timestamp()
        proof_ends = int(fields["x:proof"].split(".")[0])
        self.assertGreater(proof_ends - form_ends, 3590)

    def test_an_application_that_refuses_leaves_the_file_stored_and_says_no_more_than_its_status(self):
        with Program(WEB_UPLOAD, "--refuse", "unwanted") as app:
            status, answer = post(form_for(app, "an unwanted file"), b"x")
            self.assertEqual(status, 203)
            self.assertIn(b"<Code>CallbackFailed</Code>", answer)
            self.assertIn("an unwanted file is not wanted", app.line())

    def test_what_the_page_does_not_ask_is_refused(self):
        with Program(WEB_UPLOAD) as app:
            for body in ("", "{}", "[]", '{"name":"","type":""}', json.dumps({"name": "n" * 256, "type": ""}),
                         json.dumps({"name": "a", "type": "text/html\r\nx: y"}), "x" * 20_000):
                with self.subTest(body[:30]):
                    self.assertEqual(ask(app.url + "/api/form", "POST", body)[0], 400)
            for method, path, wanted in (("GET", "/api/form", 404), ("POST", "/", 404), ("GET", "/photos/0123", 404),
                                         ("GET", "/oss/photo", 405), ("POST", "/oss/photo", 403)):
                with self.subTest(method + path):
                    self.assertEqual(ask(app.url + path, method, b"" if method == "POST" else None)[0], wanted)

    def test_the_page_needs_nothing_from_elsewhere(self):
        with Program(WEB_UPLOAD, "--max-bytes", "3M") as app:
            status, headers, answer = ask(app.url + "/")
        page = answer.decode()
        self.assertEqual((status, headers["Content-Type"]), (200, "text/html; charset=utf-8"))
        self.assertIn("default-src 'none'", headers["Content-Security-Policy"])
        self.assertIn('const limits = {"max_bytes":3145728};', page)
        self.assertEqual(re.findall(r"(?:src|href)=\"(?!data:)|https?://|@import|url\(", page), [])

    def test_wrong_usage_ends_with_2(self):
        for options in (["--bogus"], ["--listen", "nowhere"], ["--max-bytes", "many"], ["--endpoint"]):
            with self.subTest(options):
                done = subprocess.run([WEB_UPLOAD, *options], capture_output=True, text=True, timeout=20)
                self.assertEqual(done.returncode, 2)
                self.assertIn("usage: web-upload", done.stderr)

    def test_what_cannot_work_ends_with_1_and_the_reason(self):
        for options, why in ((["--public-url", "ftp://x"], "ftp"), (["--endpoint", "nonsense://x"], "nonsense"),
                             (["--bucket", "Not_A_Bucket"], "bucket")):
            with self.subTest(options):
                done = subprocess.run([WEB_UPLOAD, *options], capture_output=True, text=True, timeout=20, env=ENVIRONMENT)
                self.assertEqual(done.returncode, 1)
                self.assertIn(why, done.stderr)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
