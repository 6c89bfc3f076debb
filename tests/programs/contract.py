#!/usr/bin/env python3
"""Runs the examples that share examples/photo.hpp: an uploader, and application servers of every kind.

usage: contract.py UPLOADER OSS_EMULATOR SERVER...
"""
import os
import subprocess
import sys
import tempfile
import unittest

from listening import Listening

UPLOADER, EMULATOR, SERVERS = sys.argv[1], sys.argv[2], sys.argv[3:]
ENVIRONMENT = {**os.environ, "OSS_ACCESS_KEY_ID": "test-id", "OSS_ACCESS_KEY_SECRET": "test-secret"}


class Contract(unittest.TestCase):
    def setUp(self):
        oss = Listening(EMULATOR, "--listen", "127.0.0.1:0", "--bucket", "photos", "--access-key-id", "test-id",
                        "--access-key-secret", "test-secret", "--quiet")
        self.addCleanup(oss.close)
        self.endpoint, self.key_url = oss.url, oss.callback_key()

    def upload(self, application, status, endpoint=None, env=ENVIRONMENT):
        """What it prints."""
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"a photo")
            file.flush()
            done = subprocess.run([UPLOADER, endpoint or self.endpoint, application, file.name], capture_output=True,
                                  text=True, timeout=60, env=env)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        self.assertEqual(done.stderr == "", status == 0)
        return done.stdout + done.stderr

    def test_the_reply_of_each_server_comes_back_to_the_uploader(self):
        for server in SERVERS:
            with self.subTest(server):
                with Listening(server, "0", self.key_url) as application:
                    self.assertTrue(self.upload(application.url, 0).startswith("stored as alice"))
                    self.assertIn("holiday.jpg", application.line())

    def test_no_server_believes_an_emulator_that_it_was_not_told_of(self):
        for server in SERVERS:
            with self.subTest(server):
                with Listening(server, "0") as application:
                    said = self.upload(application.url, 1)
                    self.assertTrue(said.startswith("stored, but"), said)
                    self.assertIn("Error status : 403.", said)

    def test_an_uploader_that_cannot_work_says_why_and_ends_with_1(self):
        self.assertIn("ftp", self.upload("ftp://application", 1))
        self.assertIn("127.0.0.1:1", self.upload("http://application", 1, endpoint="http://127.0.0.1:1"))
        self.assertIn("OSS_ACCESS_KEY_ID is not set", self.upload("http://application", 1, env={}))

    def test_wrong_usage_ends_with_2(self):
        done = subprocess.run([UPLOADER], capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr.split()[:2]), (2, ["usage:", "2_callback_uploader"]))

    def test_a_server_whose_port_is_taken_says_so_and_ends_with_1(self):
        with Listening(SERVERS[0], "0") as first:
            done = subprocess.run([SERVERS[0], first.url.rsplit(":", 1)[1]], capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("Address already in use", done.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
