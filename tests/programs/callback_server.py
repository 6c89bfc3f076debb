#!/usr/bin/env python3
"""Runs callback-server and sends it callbacks: recorded ones, forged ones, and those of oss-emulator.

usage: callback_server.py CALLBACK_SERVER OSS_UPLOAD OSS_EMULATOR [test names]
"""
import base64
import http.client
import http.server
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import unittest

from listening import Listening

SERVER, UPLOAD, EMULATOR = sys.argv[1:4]


class Program(Listening):
    def __init__(self, path, *options):
        super().__init__(path, "--listen", "127.0.0.1:0", *options)

    def log(self):
        return json.loads(self.line())


def post(host, target, body, headers, method="POST"):
    connection = http.client.HTTPConnection(host, timeout=20)
    connection.request(method, target, body=body, headers=headers)
    response = connection.getresponse()
    answer = response.read()
    connection.close()
    return response.status, response.headers, answer


def recorded():
    with open(os.path.join(os.environ["OSSIFY_TEST_DATA"], "vectors.json"), encoding="utf-8") as file:
        vectors = json.load(file)["vectors"]
    official = next(v for v in vectors if v["id"] == "callback-verify-doc")["inputs"]["public_key_pem"]
    for vector in vectors:
        if vector["kind"] == "callback_verify" and vector["inputs"]["public_key_pem"] == official:
            given = vector["inputs"]
            yield (vector, given["raw_path"] + given["raw_query_with_question_mark"], given["body"].encode(),
                   dict(given["headers"]))


class Options(unittest.TestCase):
    def run_it(self, *options):
        return subprocess.run([SERVER, *options], capture_output=True, text=True, timeout=20)

    def test_unknown_options_and_bad_values_end_with_2_and_name_the_help(self):
        for options in (["--bogus"], ["stray"], ["--listen"], ["--listen", "nowhere"], ["--listen", "127.0.0.1:99999"],
                        ["--public-key-url", "not a url"], ["--public-base-path", "api"], ["--tls-cert", "x"],
                        ["--tls-cert", "/none", "--tls-key", "/none"]):
            with self.subTest(options):
                ended = self.run_it(*options)
                self.assertEqual(ended.returncode, 2)
                self.assertIn("callback-server --help", ended.stderr)
                self.assertEqual(ended.stdout, "")

    def test_help_is_printed(self):
        ended = self.run_it("--help")
        self.assertEqual((ended.returncode, ended.stderr), (0, ""))
        self.assertIn("--public-key-url", ended.stdout)

    def test_a_taken_port_ends_with_1(self):
        with Program(SERVER) as first:
            ended = self.run_it("--listen", first.host)
        self.assertEqual(ended.returncode, 1)
        self.assertIn("cannot listen on", ended.stderr)


class Callbacks(unittest.TestCase):
    def test_recorded_callbacks_are_verified_without_a_network(self):
        with Program(SERVER) as server:
            for vector, target, body, headers in recorded():
                with self.subTest(vector["id"]):
                    status, answered, answer = post(server.host, target, body, headers)
                    line = server.log()
                    valid = vector["expected"]["valid"]
                    self.assertEqual((status, line["verified"]), (200, True) if valid else (403, False))
                    self.assertEqual(answered["Content-Type"], "application/json")
                    self.assertEqual(int(answered["Content-Length"]), len(answer))
                    json.loads(answer)
                    self.assertEqual(bool(line["reason"]), not valid)

    def test_a_changed_callback_is_refused(self):
        vector, target, body, headers = next(recorded())
        with Program(SERVER) as server:
            for changed in ((target + "x", body, headers), (target, body + b"x", headers),
                            (target, body, {**headers, "authorization": "A" + headers["authorization"][1:]}),
                            (target, body, {**headers, "x-oss-pub-key-url": base64.b64encode(
                                b"http://gosspublic.alicdn.com.evil.example/callback_pub_key_v1.pem").decode()}),
                            (target, body, {})):
                with self.subTest(changed):
                    self.assertEqual(post(server.host, *changed)[0], 403)
                    line = server.log()
                    self.assertFalse(line["verified"])
                    self.assertIsNone(line["event"])
                    self.assertTrue(line["reason"])

    def test_only_post_is_taken(self):
        with Program(SERVER) as server:
            self.assertEqual(post(server.host, "/", None, {}, "GET")[0], 405)

    def test_a_redirecting_key_url_is_not_followed(self):
        class Redirecting(http.server.BaseHTTPRequestHandler):
            asked = []

            def do_GET(self):
                self.asked.append(self.path)
                self.send_response(302)
                self.send_header("Location", "/key.pem")
                self.end_headers()

            def log_message(self, *_):
                pass

        keys = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Redirecting)
        threading.Thread(target=keys.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{keys.server_port}/old.pem"
        _, target, body, headers = next(recorded())
        with Program(SERVER, "--public-key-url", url) as server:
            status, _, _ = post(server.host, target, body,
                                {**headers, "x-oss-pub-key-url": base64.b64encode(url.encode()).decode()})
            self.assertEqual(status, 403)
            self.assertIn("redirect", server.log()["reason"])
        keys.shutdown()
        keys.server_close()
        self.assertEqual(Redirecting.asked, ["/old.pem"])

    def test_sigterm_and_sigint_end_it_with_0(self):
        for by in (signal.SIGTERM, signal.SIGINT):
            self.assertEqual(Program(SERVER).close(by), 0)


class WithEmulator(unittest.TestCase):
    def test_an_upload_is_called_back_verified_and_answered(self):
        environment = {**os.environ, "OSS_ACCESS_KEY_ID": "test-id", "OSS_ACCESS_KEY_SECRET": "test-secret"}
        with Program(EMULATOR, "--bucket", "examplebucket", "--access-key-id", "test-id", "--access-key-secret",
                     "test-secret", "--quiet") as oss:
            key_url = oss.callback_key()
            with Program(SERVER, "--public-key-url", key_url) as server, tempfile.NamedTemporaryFile() as file:
                file.write(b"hello")
                file.flush()
                for body_type, event in (("json", {"object": "a b.txt", "size": 5, "who": "me & you"}),
                                         ("form", {"object": "a b.txt", "size": "5", "who": "me & you"})):
                    template = ('{"object":${object},"size":${size},"who":${x:who}}' if body_type == "json" else
                                "object=${object}&size=${size}&who=${x:who}")
                    ended = subprocess.run(
                        [UPLOAD, "--endpoint", oss.url, "--region", "cn-hangzhou", "--callback-url", server.url + "/cb",
                         "--callback-body", template, "--callback-body-type", body_type, "--callback-var", "who=me & you",
                         file.name, "oss://examplebucket/a b.txt"],
                        capture_output=True, text=True, timeout=60, env=environment)
                    with self.subTest(body_type):
                        self.assertEqual(ended.returncode, 0, ended.stderr)
                        line = server.log()
                        self.assertTrue(line["verified"])
                        self.assertEqual(line["event"], event)
                        self.assertEqual(line["path"], "/cb")
                        self.assertIn("Status", ended.stdout)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]])
