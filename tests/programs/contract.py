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

    def upload(self, application):
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"a photo")
            file.flush()
            return subprocess.run([UPLOADER, self.endpoint, application, file.name], capture_output=True, text=True,
                                  timeout=60, env=ENVIRONMENT).stdout

    def test_the_reply_of_each_server_comes_back_to_the_uploader(self):
        for server in SERVERS:
            with self.subTest(server):
                with Listening(server, "0", self.key_url) as application:
                    self.assertTrue(self.upload(application.url).startswith("stored as alice"))
                    self.assertIn("holiday.jpg", application.line())

    def test_no_server_believes_an_emulator_that_it_was_not_told_of(self):
        for server in SERVERS:
            with self.subTest(server):
                with Listening(server, "0") as application:
                    said = self.upload(application.url)
                    self.assertTrue(said.startswith("stored, but"), said)
                    self.assertIn("Error status : 403.", said)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
