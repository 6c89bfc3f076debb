#!/usr/bin/env python3
"""What examples/4_presign prints is enough for curl to upload with a callback.

usage: presigned_curl.py 4_PRESIGN 2_CALLBACK_SERVER OSS_EMULATOR
"""
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest
from xml.etree import ElementTree

from listening import Listening

PRESIGN, SERVER, EMULATOR = sys.argv[1:4]
ENVIRONMENT = {**os.environ, "OSS_ACCESS_KEY_ID": "test-id", "OSS_ACCESS_KEY_SECRET": "test-secret"}
PHOTO = os.urandom(100_000)


class Curl(unittest.TestCase):
    def setUp(self):
        oss = Listening(EMULATOR, "--listen", "127.0.0.1:0", "--bucket", "photos", "--quiet", env=ENVIRONMENT)
        self.addCleanup(oss.close)
        self.server = Listening(SERVER, "0", oss.callback_key())
        self.addCleanup(self.server.close)
        self.endpoint, self.application = oss.url, self.server.url
        self.photo = tempfile.NamedTemporaryFile()
        self.addCleanup(self.photo.close)
        self.photo.write(PHOTO)
        self.photo.flush()

    def granted(self, version):
        """The words of the line that the example prints."""
        printed = subprocess.run([PRESIGN, self.endpoint, self.application, version], capture_output=True, text=True,
                                 timeout=60, env=ENVIRONMENT, check=True)
        self.assertEqual(printed.stderr, "")
        words = shlex.split(printed.stdout)
        self.assertEqual(words[0], "curl")
        return words

    def run_it(self, words):
        """Runs such a line without any secret: status and body."""
        words = [self.photo.name if w == "PHOTO" else w for w in words]
        done = subprocess.run([words[0], "--silent", "--show-error", "--write-out", "\n%{http_code}", *words[1:]],
                              capture_output=True, text=True, timeout=60, check=True, env={"PATH": os.environ["PATH"]})
        body, status = done.stdout.rsplit("\n", 1)
        return int(status), body

    def code_of(self, words):
        status, body = self.run_it(words)
        self.assertEqual(status, 403, body)
        return ElementTree.fromstring(body).findtext("Code")

    def stored(self, version):
        status, body = self.run_it(self.granted(version))
        self.assertEqual(status, 200, body)
        self.assertEqual(json.loads(body), {"photo_id": "alice/holiday.jpg"})
        self.assertEqual(self.server.line(), f"alice stored holiday.jpg, {len(PHOTO)} bytes")

    def test_a_url_of_version_1_is_enough_to_upload_with_a_callback(self):
        self.assertIn("Signature=", self.granted("v1")[-1])
        self.stored("v1")

    def test_a_url_of_version_4_is_enough_to_upload_with_a_callback(self):
        self.assertIn("x-oss-signature=", self.granted("v4")[-1])
        self.stored("v4")

    def test_a_sender_that_adds_or_forgets_a_header_is_refused(self):
        for version in ("v1", "v4"):
            with self.subTest(version):
                words = self.granted(version)
                self.assertEqual(self.code_of(words[:-1] + ["--header", "x-oss-object-acl: public-read", words[-1]]),
                                 "SignatureDoesNotMatch")
                at = words.index("Content-Type: image/jpeg")
                self.assertEqual(self.code_of(words[:at - 1] + words[at + 1:]), "SignatureDoesNotMatch")

    def test_a_sender_that_names_another_object_or_callback_is_refused(self):
        for version in ("v1", "v4"):
            with self.subTest(version):
                words = self.granted(version)
                self.assertEqual(self.code_of(words[:-1] + [words[-1].replace("holiday", "another")]),
                                 "SignatureDoesNotMatch")
                self.assertIn("callback=", words[-1])
                self.assertEqual(self.code_of(words[:-1] + [words[-1].replace("callback=", "callback=A", 1)]),
                                 "SignatureDoesNotMatch")

    def test_what_cannot_be_granted_ends_with_1_and_the_reason(self):
        for arguments, env, why in (([self.endpoint, "ftp://application"], ENVIRONMENT, "ftp"),
                                    (["nonsense://x", self.application], ENVIRONMENT, "nonsense"),
                                    ([self.endpoint, self.application], {}, "OSS_ACCESS_KEY_ID is not set")):
            with self.subTest(why):
                done = subprocess.run([PRESIGN, *arguments], capture_output=True, text=True, timeout=60, env=env)
                self.assertEqual((done.returncode, done.stdout), (1, ""))
                self.assertIn(why, done.stderr)

    def test_wrong_usage_ends_with_2(self):
        done = subprocess.run([PRESIGN], capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr.split()[:2]), (2, ["usage:", "4_presign"]))


if __name__ == "__main__":
    if shutil.which("curl") is None:
        print("curl is not installed")
        sys.exit(77)
    unittest.main(argv=sys.argv[:1])
