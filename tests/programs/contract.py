#!/usr/bin/env python3
"""Runs the examples that share examples/photo.hpp: an uploader, and application servers of every kind.

usage: contract.py UPLOADER OSS_EMULATOR SERVER...
"""
import os
import subprocess
import sys
import tempfile
import unittest

UPLOADER, EMULATOR, SERVERS = sys.argv[1], sys.argv[2], sys.argv[3:]
ENVIRONMENT = {**os.environ, "OSS_ACCESS_KEY_ID": "test-id", "OSS_ACCESS_KEY_SECRET": "test-secret"}


def start(*command):
    """A program that says `listening on URL` in its first line: process and URL."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    line = process.stdout.readline()
    assert line.startswith("listening on "), (command, line)
    return process, line[len("listening on "):].strip()


def stop(process):
    process.kill()
    process.wait()
    process.stdout.close()


class Contract(unittest.TestCase):
    def setUp(self):
        self.oss, self.endpoint = start(EMULATOR, "--listen", "127.0.0.1:0", "--bucket", "photos", "--access-key-id",
                                        "test-id", "--access-key-secret", "test-secret", "--quiet")
        self.addCleanup(stop, self.oss)
        self.key_url = next(line.split()[-1] for line in iter(self.oss.stdout.readline, "") if "callback key" in line)

    def upload(self, application):
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"a photo")
            file.flush()
            return subprocess.run([UPLOADER, self.endpoint, application, file.name], capture_output=True, text=True,
                                  timeout=60, env=ENVIRONMENT).stdout

    def test_the_reply_of_each_server_comes_back_to_the_uploader(self):
        for server in SERVERS:
            with self.subTest(server):
                process, application = start(server, "0", self.key_url)
                try:
                    self.assertTrue(self.upload(application).startswith("stored as alice"))
                    self.assertIn("holiday.jpg", process.stdout.readline())
                finally:
                    stop(process)

    def test_no_server_believes_an_emulator_that_it_was_not_told_of(self):
        for server in SERVERS:
            with self.subTest(server):
                process, application = start(server, "0")
                try:
                    said = self.upload(application)
                    self.assertTrue(said.startswith("stored, but"), said)
                    self.assertIn("Error status : 403.", said)
                finally:
                    stop(process)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
