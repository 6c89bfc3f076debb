#!/usr/bin/env python3
"""Runs oss-emulator as its users do: options, signals, stores, pages, and every fault over a real connection.

usage: oss_emulator.py OSS_EMULATOR [test names]
"""
import base64
import contextlib
import hashlib
import hmac
import http.client
import http.server
import json
import os
import re
import signal
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from email.utils import formatdate, parsedate_to_datetime

from listening import Listening

EMULATOR = sys.argv[1]
KEY_ID, KEY_SECRET = "test-id", "test-secret"
KEYS = ["--access-key-id", KEY_ID, "--access-key-secret", KEY_SECRET]


def run(*options, **more):
    """A run that ends by itself: exit code, output, errors."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OSS_")}
    done = subprocess.run([EMULATOR, *options], capture_output=True, text=True, timeout=30, env=environment, **more)
    return done.returncode, done.stdout, done.stderr


class Emulator(Listening):
    def __init__(self, *options, keys=KEYS, env=None, trusted=None):
        self.trusted = trusted
        environment = {k: v for k, v in os.environ.items() if not k.startswith("OSS_")}
        self.errors = tempfile.TemporaryFile("w+")
        super().__init__(EMULATOR, "--bucket", "photos", *keys, *options, stderr=self.errors,
                         env={**environment, **(env or {})})
        self.name, port = self.host.rsplit(":", 1)
        self.port = int(port)
        self.introduction = [self.process.stdout.readline() for _ in range(2)]

    def log(self):
        self.errors.flush()
        self.errors.seek(0)
        return self.errors.read()

    def request(self, method, target, body=None, headers=(), signed=True):
        """A signed request whose answer may be anything: an open connection."""
        headers = {"Date": formatdate(usegmt=True), **dict(headers)}
        if signed:
            path, _, query = target.partition("?")
            parts = [q for q in query.split("&") if q.split("=")[0] in ("uploads", "uploadId", "partNumber")]
            oss = "".join(f"{k.lower()}:{v}\n" for k, v in sorted(headers.items()) if k.lower().startswith("x-oss-"))
            text = (f"{method}\n{headers.get('Content-MD5', '')}\n{headers.get('Content-Type', '')}\n{headers['Date']}\n"
                    f"{oss}{path}" + ("?" + "&".join(sorted(parts)) if parts else ""))
            mac = hmac.new(KEY_SECRET.encode(), text.encode(), hashlib.sha1).digest()
            headers["Authorization"] = f"OSS {KEY_ID}:{base64.b64encode(mac).decode()}"
        connection = http.client.HTTPConnection(self.host, timeout=30) if self.trusted is None else (
            http.client.HTTPSConnection(self.host, timeout=30,
                                        context=ssl.create_default_context(cafile=self.trusted)))
        connection.request(method, target, body=body, headers=headers)
        return connection

    def ask(self, method, target, body=None, headers=(), signed=True):
        connection = self.request(method, target, body, headers, signed)
        with contextlib.closing(connection):
            response = connection.getresponse()
            return response.status, response.headers, response.read()


class Case(unittest.TestCase):
    def emulator(self, *options, **more):
        e = Emulator(*options, **more)
        self.addCleanup(e.errors.close)
        self.addCleanup(e.close)
        return e

    def folder(self):
        made = tempfile.TemporaryDirectory()
        self.addCleanup(made.cleanup)
        return made.name


class Options(Case):
    def test_help_explains_options_and_faults(self):
        code, out, _ = run("--help")
        self.assertEqual(code, 0)
        for word in ["--listen", "--data-dir", "--discard", "--tls-cert", "--fault", "lost-answer", "qos-delay", "clock=",
                     "slow-headers", "no-connection", "seed="]:
            self.assertIn(word, out)

    def test_wrong_usage_is_explained_and_exits_2(self):
        for options, said in [
                (["--explode"], "unknown option --explode"), (["stray"], "unknown option stray"),
                (["--listen", "here"], "HOST:PORT"), (["--listen", "127.0.0.1:99999"], "HOST:PORT"),
                (["--listen"], "needs a value"), (["--memory=1"], "takes no value"),
                (["--access-key-id", "me"], "belong together"), (["--tls-cert", "c"], "belong together"),
                (["--memory", "--discard"], "only one of"), (["--discard", "--data-dir", "d"], "only one of"),
                (["--data-dir", ""], "takes a folder"), (["--fault", "explode"], '"explode"'),
                (["--fault", "on=put_object"], "does nothing"), (["--bucket", "No"], "no bucket name"),
                (["--bucket", "photos=open"], "no ACL of a bucket"), (["--keys", "/nowhere/keys"], "/nowhere/keys"),
                (["--keys", "/"], 'cannot read "/"'), (["--region", ""], "--region takes a name"),
                (["--keys", __file__], "line 2: "), (["--access-key-id", "a", "--access-key-secret", "b",
                                                      "--no-authentication"], "no use for keys"),
                (["--tls-cert", "/nowhere/c", "--tls-key", "/nowhere/k"], "/nowhere/c"),
                (["--log", "/nowhere/log"], "/nowhere/log"), (["--log", "x", "--quiet"], "exclude")]:
            with self.subTest(options):
                code, out, err = run(*options)
                self.assertEqual((code, out), (2, ""))
                self.assertIn(said, err)

    def test_an_address_that_is_taken_exits_1(self):
        taken = socket.create_server(("127.0.0.1", 0))
        with taken:
            code, _, err = run("--listen", f"127.0.0.1:{taken.getsockname()[1]}")
        self.assertEqual(code, 1)
        self.assertIn("oss-emulator: ", err)

    def test_the_first_line_says_where_and_a_generated_key_follows(self):
        e = self.emulator("--listen", "127.0.0.1:0", "--quiet", keys=[])
        self.assertGreater(e.port, 0)
        self.assertTrue(e.introduction[0].startswith("OSS_ACCESS_KEY_ID="))
        self.assertTrue(e.introduction[1].startswith("OSS_ACCESS_KEY_SECRET="))

    def test_a_key_in_the_environment_is_taken_and_not_printed(self):
        e = self.emulator("--quiet", keys=[], env={"OSS_ACCESS_KEY_ID": KEY_ID, "OSS_ACCESS_KEY_SECRET": KEY_SECRET})
        self.assertEqual(e.ask("PUT", "/photos/k", b"x")[0], 200)
        self.assertNotIn(KEY_SECRET, "".join(e.introduction))

    def test_the_log_names_requests_and_refusals_without_secrets(self):
        log = os.path.join(self.folder(), "log")
        e = self.emulator("--log", log)
        e.ask("PUT", "/photos/k", b"x")
        e.ask("GET", "/photos/k?Expires=9&OSSAccessKeyId=test-id&Signature=c2VjcmV0", signed=False)
        e.close()
        with open(log, encoding="utf-8") as file:
            text = file.read()
        self.assertIn("PUT /photos/k PutObject 200", text)
        self.assertIn("AccessDenied: the URL expired", text)
        for secret in [KEY_SECRET, "c2VjcmV0"]:
            self.assertNotIn(secret, text)
        self.assertEqual(e.log(), "")

    @unittest.skipUnless(shutil.which("openssl"), "no program openssl")
    def test_tls_with_a_certificate(self):
        cert, key = (os.path.join(self.folder(), name) for name in ("cert.pem", "key.pem"))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                        "2", "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert],
                       check=True, capture_output=True)
        e = self.emulator("--tls-cert", cert, "--tls-key", key, "--quiet", trusted=cert)
        self.assertTrue(e.url.startswith("https://127.0.0.1:"))
        self.assertEqual(e.ask("PUT", "/photos/k", b"over TLS")[0], 200)
        self.assertEqual(e.ask("GET", "/photos/k")[2], b"over TLS")

    def test_discard_keeps_what_is_known_and_no_bytes(self):
        e = self.emulator("--discard", "--quiet")
        self.assertEqual(e.ask("PUT", "/photos/k", b"123456789")[1]["x-oss-hash-crc64ecma"], "11051210869376104954")
        self.assertEqual(e.ask("HEAD", "/photos/k")[1]["Content-Length"], "9")
        self.assertEqual(e.ask("GET", "/photos/k")[0], 400)


class Signals(Case):
    def test_sigterm_lets_a_request_in_flight_finish(self):
        for how in [signal.SIGTERM, signal.SIGINT]:
            with self.subTest(how):
                e = self.emulator("--quiet")
                date = formatdate(usegmt=True)
                mac = hmac.new(KEY_SECRET.encode(), f"PUT\n\n\n{date}\n/photos/k".encode(), hashlib.sha1).digest()
                with socket.create_connection((e.name, e.port), timeout=30) as s:
                    s.sendall(f"PUT /photos/k HTTP/1.1\r\nHost: {e.name}\r\nDate: {date}\r\nContent-Length: 4\r\nExpect: "
                              f"100-continue\r\nAuthorization: OSS {KEY_ID}:{base64.b64encode(mac).decode()}\r\n\r\n".encode())
                    self.assertTrue(s.recv(100).startswith(b"HTTP/1.1 100"))
                    e.process.send_signal(how)
                    while True:  # until it listens no more
                        try:
                            socket.create_connection((e.name, e.port), timeout=30).close()
                        except OSError:
                            break
                    s.sendall(b"body")
                    self.assertTrue(s.recv(1000).startswith(b"HTTP/1.1 200"))
                self.assertEqual(e.process.wait(30), 0)

    def test_a_second_signal_ends_it_at_once(self):
        e = self.emulator("--quiet")
        with e.request("PUT", "/photos/k", iter([b"x"]), {"Content-Length": "2"}).sock:
            e.process.send_signal(signal.SIGTERM)
            while True:
                try:
                    socket.create_connection((e.name, e.port), timeout=30).close()
                except OSError:
                    break
            e.process.send_signal(signal.SIGTERM)
            self.assertEqual(e.process.wait(30), -signal.SIGTERM)


class Folder(Case):
    def test_everything_about_an_object_outlives_the_program(self):
        data = os.path.join(self.folder(), "data")
        headers = {"Content-Type": "text/x-strange", "Cache-Control": "no-cache", "x-oss-meta-who": "me",
                   "x-oss-object-acl": "public-read", "x-oss-tagging": "a=1&b=2", "x-oss-storage-class": "IA"}
        e = self.emulator("--data-dir", data, "--quiet")
        self.assertEqual(e.ask("PUT", "/photos/k", b"content", headers)[0], 200)
        before = e.ask("GET", "/photos/k")
        self.assertEqual(e.close(), 0)
        after = self.emulator("--data-dir", data, "--quiet").ask("GET", "/photos/k", signed=False)
        self.assertEqual(after[2], b"content")
        for name in ["ETag", "Content-Type", "Cache-Control", "x-oss-meta-who", "x-oss-tagging-count", "Last-Modified",
                     "x-oss-storage-class", "x-oss-hash-crc64ecma", "Content-MD5"]:
            self.assertIsNotNone(after[1][name], name)
            self.assertEqual(after[1][name], before[1][name])

    def test_a_bucket_of_the_folder_keeps_its_access_control_unless_another_is_named(self):
        data = self.folder()
        said = {}
        for options in (["--bucket", "open=public-read"], ["--bucket", "open"], ["--bucket", "open=private"]):
            e = self.emulator("--data-dir", data, "--quiet", *options)
            said[options[1]] = e.ask("GET", "/open/", signed=False)[0]
            self.assertEqual(e.close(), 0)
        self.assertEqual(said, {"open=public-read": 200, "open": 200, "open=private": 403})

    def test_two_emulators_do_not_share_a_folder(self):
        data = self.folder()
        first = self.emulator("--data-dir", data, "--quiet")
        code, _, err = run("--data-dir", data)
        self.assertEqual(code, 2)
        self.assertIn(f"in use by another emulator (process {first.process.pid})", err)

    def test_a_folder_of_something_else_is_left_alone(self):
        code, _, err = run("--data-dir", os.path.dirname(os.path.abspath(__file__)))
        self.assertEqual(code, 2)
        self.assertIn("holds other files", err)

    def test_damage_is_told_and_does_not_stop_the_program(self):
        data = self.folder()
        e = self.emulator("--data-dir", data, "--quiet")
        e.ask("PUT", "/photos/good", b"good")
        objects = os.path.join(data, "buckets", "photos", "objects")
        good = os.listdir(objects)
        e.ask("PUT", "/photos/bad", b"bad")
        e.close()
        with open(os.path.join(objects, *set(os.listdir(objects)).difference(good)), "r+", encoding="ascii") as file:
            file.truncate(40)
        again = self.emulator("--data-dir", data, "--quiet")
        self.assertIn("damaged: ", again.log())
        self.assertEqual(again.ask("GET", "/photos/good")[2], b"good")
        self.assertEqual(again.ask("GET", "/photos/bad")[0], 404)

    def test_bodies_are_not_held_in_memory(self):
        data = self.folder()
        e = self.emulator("--data-dir", data, "--quiet")
        body = bytes(64 << 20)
        self.assertEqual(e.ask("PUT", "/photos/big", body)[0], 200)
        self.assertEqual(len(e.ask("GET", "/photos/big")[2]), len(body))
        with open(f"/proc/{e.process.pid}/status", encoding="ascii") as status:
            peak = int(re.search(r"VmHWM:\s+(\d+) kB", status.read())[1])
        limit = 400 if "asan" in EMULATOR or "tsan" in EMULATOR else 48
        self.assertLess(peak / 1024, limit)


class Application(http.server.BaseHTTPRequestHandler):
    def do_POST(self):  # pylint: disable=invalid-name
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "11")
        self.end_headers()
        self.wfile.write(b'{"ok":true}')

    def log_message(self, *_):
        pass


class Pages(Case):
    def setUp(self):
        self.app = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Application)
        threading.Thread(target=self.app.serve_forever, daemon=True).start()
        self.addCleanup(self.app.server_close)
        self.addCleanup(self.app.shutdown)

    def test_the_page_shows_objects_uploads_and_callbacks(self):
        e = self.emulator("--quiet")
        callback = {"callbackUrl": f"http://127.0.0.1:{self.app.server_address[1]}/cb", "callbackBody": "k=${object}"}
        self.assertEqual(e.ask("PUT", "/photos/with-callback", b"x", {
            "x-oss-callback": base64.b64encode(json.dumps(callback).encode()).decode()})[2], b'{"ok":true}')
        e.ask("POST", "/photos/an-upload?uploads")
        status, headers, page = e.ask("GET", "/_emulator/", signed=False)
        self.assertEqual((status, headers["Content-Type"]), (200, "text/html; charset=utf-8"))
        for shown in [b"with-callback", b"an-upload", callback["callbackUrl"].encode(), b"k=with-callback", b"delivered",
                      b"{&quot;ok&quot;:true}"]:
            self.assertIn(shown, page)
        self.assertNotIn(KEY_SECRET.encode(), page)
        log = json.loads(e.ask("GET", "/_emulator/callbacks", signed=False)[2])
        self.assertEqual(log[0]["key"], "with-callback")


class Faults(Case):
    """Each fault as a client meets it."""

    def put(self, e, body=b"123456789", **more):
        return e.ask("PUT", "/photos/k", body, **more)

    def stored(self, e):
        return e.ask("HEAD", "/photos/k")[0] == 200

    def faulty(self, spec):
        return self.emulator("--quiet", "--fault", spec)

    def took(self, action):
        began = time.monotonic()
        action()
        return time.monotonic() - began

    def test_delay(self):
        e = self.faulty("on=PutObject,delay=300ms")
        self.assertGreaterEqual(self.took(lambda: self.put(e)), 0.3)

    def test_bandwidth_both_ways(self):
        e = self.faulty("bandwidth=200K")
        self.assertGreaterEqual(self.took(lambda: self.put(e, bytes(60_000))), 0.28)
        self.assertGreaterEqual(self.took(lambda: e.ask("GET", "/photos/k")), 0.28)

    def test_reset_after_bytes_stores_nothing(self):
        for spec in ["on=put_object,reset=1000", "on=put_object,reset"]:
            e = self.faulty(spec)
            with self.assertRaises((OSError, http.client.HTTPException)):
                self.put(e, bytes(3_000_000))
            self.assertFalse(self.stored(e))

    def test_errors_with_and_without_a_time_to_wait(self):
        for spec, status, code, wait in [("500", 500, b"InternalError", None), ("503", 503, b"ServiceUnavailable", None),
                                         ("503/SlowDown,qos-delay=700ms", 503, b"SlowDown", "700")]:
            e = self.faulty(f"on=put_object,status={spec}")
            got, headers, body = self.put(e)
            self.assertEqual(got, status)
            self.assertIn(b"<Code>" + code + b"</Code>", body)
            self.assertEqual(headers["x-oss-qos-delay-time"], wait)
            self.assertFalse(self.stored(e))

    def test_a_lost_answer_comes_after_the_object_is_stored(self):
        e = self.faulty("on=put_object,lost-answer")
        with self.assertRaises((OSError, http.client.HTTPException)):
            self.put(e)
        self.assertTrue(self.stored(e))

    def test_wrong_crc_and_wrong_etag(self):
        _, headers, _ = self.put(self.faulty("on=put_object,wrong-crc"))
        self.assertEqual(headers["x-oss-hash-crc64ecma"], "11051210869376104955")
        _, headers, _ = self.put(self.faulty("on=put_object,wrong-etag"))
        self.assertNotEqual(headers["ETag"].strip('"'), hashlib.md5(b"123456789").hexdigest().upper())

    def test_truncated_and_malformed_xml(self):
        with self.assertRaises(http.client.IncompleteRead) as cut:
            self.faulty("truncated").ask("POST", "/photos/k?uploads")
        self.assertIn(b"<InitiateMultipartUploadResult>", cut.exception.partial)
        status, _, body = self.faulty("malformed").ask("POST", "/photos/k?uploads")
        self.assertEqual(status, 200)
        self.assertNotIn(b"</InitiateMultipartUploadResult>", body)

    def test_slow_headers(self):
        e = self.faulty("on=put_object,slow-headers=20ms")
        self.assertGreaterEqual(self.took(lambda: self.assertEqual(self.put(e)[0], 200)), 0.2)

    def test_a_clock_that_is_off_refuses_signatures_and_shows(self):
        status, headers, body = self.put(self.faulty("clock=-20m"))
        self.assertEqual(status, 403)
        self.assertIn(b"RequestTimeTooSkewed", body)
        off = parsedate_to_datetime(headers["Date"]).timestamp() - time.time()
        self.assertAlmostEqual(off, -1200, delta=60)

    def test_callback_failures_leave_the_object_stored(self):
        callback = base64.b64encode(b'{"callbackUrl":"http://127.0.0.1:1/","callbackBody":"a=b"}').decode()
        for word, said in [("502", b"Error status : 502."), ("timeout", b"reply timeout"), ("slow", b"Cost too long time."),
                           ("no-connection", b"can not connect"), ("not-json", b"not valid json"),
                           ("no-length", b"missing content-length"), ("bad-length", b"invalid"), ("too-long", b"too long"),
                           ("image", b"Get image info failed."), ("throttled", b"Too many callback requests.")]:
            e = self.faulty(f"callback={word}")
            status, _, body = self.put(e, headers={"x-oss-callback": callback})
            self.assertEqual(status, 203)
            self.assertIn(said, body)
            self.assertTrue(self.stored(e))
            e.close()

    def test_by_part_by_nth_and_by_seeded_chance(self):
        e = self.emulator("--quiet", "--fault", "on=upload_part,part=2,once,status=503", "--fault",
                          "on=get_object,nth=2,status=500", "--fault", "seed=7;on=head_object,chance=50%,status=500")
        upload = re.search(b"<UploadId>(.*?)<", e.ask("POST", "/photos/k?uploads")[2])[1].decode()
        parts = [e.ask("PUT", f"/photos/k?partNumber={n}&uploadId={upload}", b"x")[0] for n in (1, 2, 2)]
        self.assertEqual(parts, [200, 503, 200])
        self.put(e)
        self.assertEqual([e.ask("GET", "/photos/k")[0] for _ in range(3)], [200, 500, 200])
        drawn = [e.ask("HEAD", "/photos/k")[0] for _ in range(40)]
        self.assertTrue(10 <= drawn.count(500) <= 30, drawn)
        again = self.emulator("--quiet", "--fault", "seed=7;on=head_object,chance=50%,status=500")
        self.put(again)
        self.assertEqual([again.ask("HEAD", "/photos/k")[0] for _ in range(40)], drawn)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
