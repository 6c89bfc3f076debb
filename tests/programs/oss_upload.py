#!/usr/bin/env python3
"""Runs oss-upload against oss-emulator and application servers that misbehave in every documented way.

usage: oss_upload.py OSS_UPLOAD OSS_EMULATOR [test names]
"""
import base64
import contextlib
import hashlib
import hmac
import http.client
import http.server
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from email.utils import formatdate

from listening import Listening

UPLOAD, EMULATOR = sys.argv[1:3]
KEY_ID, KEY_SECRET = "test-id", "test-secret"


class Emulator(Listening):
    def __init__(self, *options):
        super().__init__(EMULATOR, "--listen", "127.0.0.1:0", "--bucket", "examplebucket", "--access-key-id", KEY_ID,
                         "--access-key-secret", KEY_SECRET, "--quiet", *options)

    def get(self, key, method="GET"):
        """Asks for an object with a signature of version 1 made here: status and headers, body."""
        date = formatdate(usegmt=True)
        text = f"{method}\n\n\n{date}\n/examplebucket/{key}"
        mac = base64.b64encode(hmac.new(KEY_SECRET.encode(), text.encode(), hashlib.sha1).digest()).decode()
        connection = http.client.HTTPConnection(self.host, timeout=20)
        connection.request(method, f"/examplebucket/{key}", headers={"Date": date, "Authorization": f"OSS {KEY_ID}:{mac}"})
        response = connection.getresponse()
        body = response.read()
        connection.close()
        return response.status, response.headers, body


class RawServer:
    """Answers every connection with fixed bytes, after a delay; nothing at all when they are None."""

    def __init__(self, answer, delay=0.0):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.answer, self.delay = answer, delay
        self.requests = []
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}/callback"
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        with contextlib.suppress(OSError):
            while True:
                peer, _ = self.listener.accept()
                threading.Thread(target=self.serve, args=(peer,), daemon=True).start()

    def serve(self, peer):
        with contextlib.suppress(OSError), peer:
            peer.settimeout(20)
            data = b""
            while b"\r\n\r\n" not in data:
                more = peer.recv(65536)
                if not more:
                    return
                data += more
            head, body = data.split(b"\r\n\r\n", 1)
            length = next((int(l.split(b":")[1]) for l in head.split(b"\r\n") if l.lower().startswith(b"content-length:")), 0)
            while len(body) < length:
                body += peer.recv(65536)
            self.requests.append((head, body))
            time.sleep(self.delay)
            if self.answer is not None:
                peer.sendall(self.answer)

    def close(self):
        self.listener.close()


def answer(status, body=b"", headers=()):
    lines = [f"HTTP/1.1 {status} X", *headers]
    if not any(h.lower().startswith(("content-length", "transfer-encoding")) for h in headers):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


OK = answer(200, b'{"ok":true}', ["Content-Type: application/json"])


def upload(*arguments, environment=None, stdin=None, timeout=60):
    env = {"PATH": os.environ["PATH"], "OSS_ACCESS_KEY_ID": KEY_ID, "OSS_ACCESS_KEY_SECRET": KEY_SECRET}
    for name in os.environ:
        if name.endswith("SAN_OPTIONS"):
            env[name] = os.environ[name]
    env.update(environment or {})
    return subprocess.run([UPLOAD, *arguments], env=env, input=stdin, capture_output=True, timeout=timeout)


class Uploads(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.emulator = Emulator()
        cls.folder = tempfile.TemporaryDirectory()
        cls.file = os.path.join(cls.folder.name, "photo.jpg")
        cls.content = os.urandom(300_000)
        with open(cls.file, "wb") as f:
            f.write(cls.content)

    @classmethod
    def tearDownClass(cls):
        assert cls.emulator.close() == 0, "the emulator must end cleanly on SIGTERM"
        cls.folder.cleanup()

    def put(self, *options, key="k", **more):
        return upload("--endpoint", self.emulator.url, "--region", "cn-hangzhou", *options, self.file,
                      f"oss://examplebucket/{key}", **more)

    def put_with_callback(self, url, *options, body="object=${object}&size=${size}", key="k", **more):
        return self.put("--callback-url", url, "--callback-body", body, *options, key=key, **more)

    def assertStored(self, key):
        status, headers, body = self.emulator.get(key)
        self.assertEqual(status, 200)
        self.assertEqual(body, self.content)

    def test_both_signature_versions_store_the_file(self):
        for version in ("v1", "v4"):
            done = self.put("--signature", version, "--json", key=version)
            self.assertEqual(done.returncode, 0, done.stderr)
            told = json.loads(done.stdout)
            self.assertLessEqual({"etag", "crc64", "request_id", "callback", "parts", "retries", "seconds"}, set(told))
            self.assertEqual(told["etag"], hashlib.md5(self.content).hexdigest().upper())
            self.assertEqual(told["callback"]["status"], "not requested")
            self.assertStored(version)
            self.assertEqual(self.emulator.get(version)[1]["Content-Type"], "image/jpeg")

    def test_a_delivered_callback_ends_with_0_and_the_reply(self):
        server = RawServer(OK)
        done = self.put_with_callback(server.url, "--callback-var", "user=u 1", "--json",
                                      body="object=${object}&user=${x:user}", key="dir/a")
        self.assertEqual(done.returncode, 0, done.stderr)
        told = json.loads(done.stdout)
        self.assertEqual(told["callback"], {"status": "delivered", "body": '{"ok":true}'})
        head, body = server.requests[0]
        self.assertIn(body, (b"object=dir%2Fa&user=u%201", b"object=dir%2Fa&user=u+1"))
        server.close()

    def test_a_json_callback_is_json(self):
        server = RawServer(OK)
        done = self.put_with_callback(server.url, "--callback-body-type", "json", "--callback-var", 'note=say "hi"',
                                      body='{"o":${object},"n":${size},"x":${x:note}}')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(server.requests[0][1]), {"o": "k", "n": 300_000, "x": 'say "hi"'})
        server.close()

    def test_the_first_of_several_urls_that_works_is_enough(self):
        bad, good = RawServer(answer(500)), RawServer(OK)
        done = self.put_with_callback(bad.url + ";" + good.url)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual((len(bad.requests), len(good.requests)), (1, 1))

    def test_every_203_cause_ends_with_3_and_the_object_stored(self):
        closed = socket.create_server(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{closed.getsockname()[1]}/"
        closed.close()
        causes = {
            "redirect": (RawServer(answer(301, b"{}", ["Location: http://127.0.0.1/"])), "Error status : 301."),
            "bad-request": (RawServer(answer(400, b"{}")), "Error status : 400."),
            "forbidden": (RawServer(answer(403, b"{}")), "Error status : 403."),
            "not-found": (RawServer(answer(404, b"{}")), "Error status : 404."),
            "server-error": (RawServer(answer(500, b"{}")), "Error status : 500."),
            "created": (RawServer(answer(201, b"{}")), "Error status : 201."),
            "not-json": (RawServer(answer(200, b"<html>oops</html>")), "Response body is not valid json format."),
            "byte-order-mark": (RawServer(answer(200, b'\xef\xbb\xbf{"a":1}')), "Response body is not valid json format."),
            "no-length": (RawServer(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{}"), "User server missing content-length."),
            "chunked": (RawServer(answer(200, b"2\r\n{}\r\n0\r\n\r\n", ["Transfer-Encoding: chunked"])),
                        "User server missing content-length."),
            "zero-length": (RawServer(answer(200, b"")), "User server return invalid conent-length value."),
            "too-long": (RawServer(answer(200, b"", ["Content-Length: 99999999"])),
                         "User server return too long content-length value."),
            "nobody-listens": (nobody, "Error status : "),
            "closes": (RawServer(None), "Error status : "),
        }
        for name, (server, text) in causes.items():
            with self.subTest(name):
                url = server if isinstance(server, str) else server.url
                done = self.put_with_callback(url, key=name)
                self.assertEqual(done.returncode, 3, done.stderr)
                self.assertIn(text, done.stderr.decode())
                self.assertIn("stored, but the callback failed", done.stderr.decode())
                self.assertStored(name)

    def test_what_an_application_server_answers_cannot_command_the_terminal(self):
        bodies = (b'{"a":"\xc2\x9b31m"}', b'{\n"a":\t"\x7f"}')
        for body, text in zip(bodies, (r'{"a":"\xc2\x9b31m"}', r'{\n"a":\t"\x7f"}')):
            server = RawServer(answer(200, body, ["Content-Type: application/json"]))
            done = self.put_with_callback(server.url)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(f"answered: {text}\n", done.stdout.decode())
            server.close()
        refusal = b"<Error><Code>AccessDenied</Code><Message>no &#10;stored\xc2\x9b2J</Message></Error>"
        service = RawServer(answer(403, refusal, ["Content-Type: application/xml"]))
        done = upload("--endpoint", service.url[:-len("/callback")], "--region", "cn-hangzhou", self.file,
                      "oss://examplebucket/k")
        self.assertEqual(done.returncode, 1)
        self.assertIn(r"no \nstored\xc2\x9b2J", done.stderr.decode())
        service.close()

    def test_an_answer_after_five_seconds_ends_with_3(self):
        server = RawServer(OK, delay=8)
        began = time.monotonic()
        done = self.put_with_callback(server.url, key="slow")
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertTrue(4.5 < time.monotonic() - began < 7.5)
        self.assertRegex(done.stderr.decode(), "timeout|Cost too long time")
        self.assertStored("slow")

    def test_wrong_secret_and_unknown_bucket_end_with_1_and_advice(self):
        done = self.put(environment={"OSS_ACCESS_KEY_SECRET": "another"})
        self.assertEqual(done.returncode, 1)
        self.assertIn("check the access key secret", done.stderr.decode())
        self.assertNotIn("another", done.stderr.decode())
        done = upload("--endpoint", self.emulator.url, "--region", "cn-hangzhou", self.file, "oss://nosuchbucket/k")
        self.assertEqual(done.returncode, 1)
        self.assertIn("check the bucket's name", done.stderr.decode())

    def test_a_skewed_clock_is_corrected_silently(self):
        for offset in ("clock=-3h", "clock=3h"):
            for version in ("v1", "v4"):
                emulator = Emulator("--fault", offset)
                try:
                    done = upload("--endpoint", emulator.url, "--region", "cn-hangzhou", "--signature", version, self.file,
                                  "oss://examplebucket/k")
                finally:
                    emulator.close()
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(done.stderr, b"")

    def test_a_completion_that_takes_too_long_is_asked_for_beyond_the_time_limit(self):
        emulator = Emulator("--fault", "on=complete_multipart_upload,slow-headers=3s")
        try:
            done = upload("--endpoint", emulator.url, "--region", "cn-hangzhou", "--threshold", "0", "--part-size", "100K",
                          "--time-limit", "1", "--json", self.file, "oss://examplebucket/k")
        finally:
            emulator.close()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["parts"], 3)

    def test_a_file_that_is_missing_ends_with_1(self):
        done = upload("--endpoint", self.emulator.url, "--region", "cn-hangzhou", "/nonexistent", "oss://examplebucket/k")
        self.assertEqual(done.returncode, 1)
        self.assertIn("/nonexistent", done.stderr.decode())

    def test_callback_parameters_that_cannot_work_end_with_2_before_anything_is_sent(self):
        url = "http://app.example.com/"
        for options, text in (
                (["--callback-url", url, "--callback-body", "${objct}"], "did you mean ${object}"),
                (["--callback-url", url, "--callback-body", "$(object)"], "$(object)"),
                (["--callback-url", url, "--callback-body", "${x:user}"], "x:user"),
                (["--callback-url", url, "--callback-body", ""], "empty"),
                (["--callback-url", "ftp://a/", "--callback-body", "a"], "ftp"),
                (["--callback-url", "http://[::1]/", "--callback-body", "a"], "IPv6"),
                (["--callback-url", ";".join([url] * 6), "--callback-body", "a"], "more than five"),
                (["--callback-url", url, "--callback-body", "a" * 6000], "5 KB"),
                (["--callback-url", url, "--callback-body", "a", "--callback-var", "User=1"], "User"),
                (["--callback-url", url, "--callback-body", '{"o":"${object}"}', "--callback-body-type", "json"], "quotes"),
                (["--callback-url", url, "--callback-body", '{"o":${object}', "--callback-body-type", "json"], "JSON"),
        ):
            with self.subTest(options[3][:40]):
                done = self.put(*options, key="never")
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn(text, done.stderr.decode())
        self.assertEqual(self.emulator.get("never")[0], 404)

    def test_a_failure_in_json_can_be_branched_on(self):
        done = upload("--endpoint", self.emulator.url, "--region", "cn-hangzhou", "--json", self.file, "oss://nosuchbucket/k")
        self.assertEqual(done.returncode, 1)
        told = json.loads(done.stdout)
        self.assertEqual((told["outcome"], told["reason"], told["http_status"], told["service_code"]),
                         ("not stored", "no such bucket", 404, "NoSuchBucket"))
        self.assertTrue(told["request_id"])
        self.assertLessEqual({"etag", "crc64", "callback", "parts", "retries", "seconds"}, told.keys())
        silent = RawServer(None, delay=20)
        done = upload("--endpoint", silent.url[:-len("/callback")], "--region", "cn-hangzhou", "--json", "--attempts", "1",
                      "--time-limit", "1", self.file, "oss://examplebucket/k")
        silent.close()
        self.assertEqual((done.returncode, json.loads(done.stdout)["outcome"]), (4, "unknown"), done.stderr)

    def test_json_is_utf_8_whatever_is_in_it(self):
        name = os.path.join(os.fsencode(self.folder.name), b"caf\xe9")
        done = upload("--endpoint", self.emulator.url, "--region", "cn-hangzhou", "--json", name, "oss://examplebucket/k")
        self.assertEqual(done.returncode, 1)
        self.assertIn("caf\ufffd", json.loads(done.stdout.decode("utf-8"))["error"])

    def test_a_result_that_nobody_reads_changes_no_exit_code(self):
        command = [UPLOAD, "--endpoint", self.emulator.url, "--region", "cn-hangzhou", "--json", self.file,
                   "oss://examplebucket/unread"]
        environment = {**os.environ, "OSS_ACCESS_KEY_ID": KEY_ID, "OSS_ACCESS_KEY_SECRET": KEY_SECRET}
        reader, writer = os.pipe()
        os.close(reader)
        for output in (writer, os.open("/dev/full", os.O_WRONLY)):
            done = subprocess.run(command, env=environment, stdout=output, stderr=subprocess.PIPE, timeout=60)
            os.close(output)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("could not be written to standard output", done.stderr.decode())
        self.assertStored("unread")

    def test_a_file_that_does_not_tell_its_size_is_not_stored_empty(self):
        done = upload("--endpoint", self.emulator.url, "--region", "cn-hangzhou", "/proc/self/mem", "oss://examplebucket/proc")
        self.assertEqual(done.returncode, 1)
        self.assertIn('cannot read "/proc/self/mem"', done.stderr.decode())
        with open("/proc/cpuinfo", "rb") as file:
            done = subprocess.run([UPLOAD, "--endpoint", self.emulator.url, "--region", "cn-hangzhou", "--json", "-",
                                   "oss://examplebucket/cpuinfo"], stdin=file, capture_output=True, timeout=60,
                                  env={**os.environ, "OSS_ACCESS_KEY_ID": KEY_ID, "OSS_ACCESS_KEY_SECRET": KEY_SECRET})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertGreater(json.loads(done.stdout)["bytes"], 100)
        done = upload("--endpoint", self.emulator.url, "--region", "cn-hangzhou", "/proc/self/status",
                      "oss://examplebucket/proc")
        self.assertEqual(done.returncode, 1)
        self.assertIn("does not tell its size", done.stderr.decode())
        self.assertEqual(self.emulator.get("proc")[0], 404)

    def test_what_cannot_be_honoured_is_refused_and_not_passed_over(self):
        done = self.put("--expect-size", "299999", key="never")
        self.assertEqual(done.returncode, 1)
        self.assertIn("300000 bytes, not the 299999", done.stderr.decode())
        done = upload("--endpoint", self.emulator.url, "--region", "cn-hangzhou", "--checkpoint",
                      os.path.join(self.folder.name, "ckpt"), "-", "oss://examplebucket/never", stdin=b"piped")
        self.assertEqual(done.returncode, 2)
        self.assertIn("cannot be read again", done.stderr.decode())
        self.assertEqual(self.emulator.get("never")[0], 404)

    def test_a_closed_standard_input_ends_with_2(self):
        command = ["sh", "-c", 'exec "$0" "$@" <&-', UPLOAD, "--endpoint", self.emulator.url, "--region", "cn-hangzhou",
                   "-", "oss://examplebucket/never"]
        done = subprocess.run(command, capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("standard input is closed", done.stderr.decode())

    def test_a_checkpoint_replaces_no_file_that_was_named_by_mistake(self):
        done = self.put("--threshold", "0", "--checkpoint", self.file, key="never")
        self.assertEqual(done.returncode, 1)
        self.assertIn("no checkpoint", done.stderr.decode())
        self.assertTrue(os.path.exists(self.file))
        self.assertEqual(self.emulator.get("never")[0], 404)

    def test_a_checkpoint_that_cannot_be_read_says_why(self):
        done = self.put("--threshold", "0", "--checkpoint", self.folder.name, key="never")
        self.assertEqual(done.returncode, 1)
        self.assertIn(f'reading "{self.folder.name}" failed: Is a directory', done.stderr.decode())

    def test_quiet_prints_no_notices(self):
        checkpoint = os.path.join(self.folder.name, "quiet.ckpt")
        for options, notice in ((), True), (("--quiet",), False):
            with open(checkpoint, "w") as f:
                f.write('{"ossify_checkpoint":damaged')
            done = self.put("--threshold", "0", "--checkpoint", checkpoint, *options)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual("starts afresh" in done.stderr.decode(), notice, done.stderr)
            self.assertEqual(bool(done.stdout + done.stderr), notice)

    def test_what_an_option_cannot_be_is_said_before_anything_is_sent(self):
        for options, text in ((["--checkpoint", ""], "--checkpoint needs the name of a file"),
                              (["--traffic-limit", "245759"], "--traffic-limit takes a number from 245760 to 838860800"),
                              (["--traffic-limit", "838860801"], "--traffic-limit takes a number from 245760")):
            with self.subTest(options):
                done = self.put("--threshold", "0", *options, key="never")
                self.assertEqual(done.returncode, 2)
                self.assertIn(text, done.stderr.decode())
        self.assertEqual(self.emulator.get("never")[0], 404)

    def test_wrong_usage_ends_with_2(self):
        for arguments in ([], [self.file], [self.file, "oss://b"], ["--nonsense", self.file, "oss://examplebucket/k"],
                          [self.file, "oss://examplebucket/k"],  # no endpoint
                          ["--endpoint", self.emulator.url, self.file, "oss://examplebucket/k"],  # no region for v4
                          ["--endpoint", "nonsense://x", self.file, "oss://examplebucket/k"],
                          ["--endpoint", self.emulator.url, "--region", "cn-hangzhou", self.file, "oss://Bad_Bucket/k"],
                          ["--endpoint", self.emulator.url, "--region", "cn-hangzhou", "--callback-body", "a", self.file,
                           "oss://examplebucket/k"],
                          *(["--endpoint", self.emulator.url, "--region", "cn-hangzhou", *options, self.file,
                             "oss://examplebucket/k"] for options in (
                              ["--part-size", "99K"], ["--part-size", "6G"], ["--part-size", "8X"], ["--threshold", "6G"],
                              ["--parallel", "0"], ["--parallel", "4:8"], ["--rate", "0"], ["--traffic-limit", "1"],
                              ["--attempts", "0"], ["--time-limit", "x"], ["--leave-parts=yes"]))):
            with self.subTest(arguments):
                done = upload(*arguments)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertTrue(done.stderr)
                done = upload("--json", *arguments)
                self.assertEqual((done.returncode, json.loads(done.stdout)["outcome"]), (2, "not stored"), done.stderr)
                self.assertNotIn(b"ossify::", done.stderr)
        done = self.put(environment={"OSS_ACCESS_KEY_SECRET": ""})
        self.assertEqual(done.returncode, 2)
        self.assertIn("OSS_ACCESS_KEY_SECRET is not set", done.stderr.decode())


class Tls(unittest.TestCase):
    """With certificates that openssl makes for this run."""

    def make(self, folder, names, days="2", issuer=None):
        def run(*arguments):
            subprocess.run(["openssl", *arguments], check=True, cwd=folder, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
        for ca in ("ca", "other"):
            run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{ca}.key", "-out", f"{ca}.pem", "-days",
                "2", "-subj", f"/CN={ca}")
        run("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "request.pem", "-subj", "/CN=server")
        with open(os.path.join(folder, "names"), "w") as f:
            f.write(f"subjectAltName={names}")
        run("x509", "-req", "-in", "request.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", days,
            "-extfile", "names", "-out", "cert.pem")

    def attempt(self, names, ca, days="2"):
        with tempfile.TemporaryDirectory() as folder:
            self.make(folder, names, days)
            path = lambda name: os.path.join(folder, name)
            emulator = Emulator("--tls-cert", path("cert.pem"), "--tls-key", path("key.pem"))
            try:
                self.assertTrue(emulator.url.startswith("https://"))
                trust = ["--ca", path(ca)] if ca else []
                return upload("--endpoint", emulator.url, "--region", "cn-hangzhou", *trust, path("names"),
                              "oss://examplebucket/k")
            finally:
                emulator.close()

    def test_a_known_authority_is_accepted(self):
        done = self.attempt("IP:127.0.0.1", "ca.pem")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_an_unknown_authority_is_refused(self):
        for ca in ("other.pem", None):
            done = self.attempt("IP:127.0.0.1", ca)
            self.assertEqual(done.returncode, 1)
            self.assertIn("not trusted", done.stderr.decode())

    def test_another_host_is_refused(self):
        done = self.attempt("DNS:oss.example.com", "ca.pem")
        self.assertEqual(done.returncode, 1)
        self.assertIn("another host", done.stderr.decode())

    def test_a_server_without_tls_is_told_of(self):
        emulator = Emulator()
        done = upload("--endpoint", emulator.url.replace("http:", "https:"), "--region", "cn-hangzhou", "--attempts", "1",
                      __file__, "oss://examplebucket/k")
        emulator.close()
        self.assertEqual(done.returncode, 1)
        self.assertIn("does the peer speak TLS at this port?", done.stderr.decode())

    def test_an_expired_certificate_is_refused(self):
        done = self.attempt("IP:127.0.0.1", "ca.pem", days="-1")
        self.assertEqual(done.returncode, 1)
        self.assertIn("expired", done.stderr.decode())


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
