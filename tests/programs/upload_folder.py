#!/usr/bin/env python3
"""Runs the example that stores a folder on several threads.

usage: upload_folder.py UPLOAD_FOLDER OSS_EMULATOR
"""
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

from listening import Listening

PROGRAM, EMULATOR = sys.argv[1:3]
ENVIRONMENT = {**os.environ, "OSS_ACCESS_KEY_ID": "test-id", "OSS_ACCESS_KEY_SECRET": "test-secret"}


class Folder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        os.mkdir(os.path.join(self.folder, "sub"))
        for name in [f"{i}.txt" for i in range(40)] + ["sub/caf\u00e9.bin"]:
            with open(os.path.join(self.folder, name), "w") as file:
                file.write(name)

    def emulator(self, *options):
        emulator = Listening(EMULATOR, "--listen", "127.0.0.1:0", "--bucket", "photos=public-read", "--access-key-id",
                             "test-id", "--access-key-secret", "test-secret", "--quiet", *options)
        self.addCleanup(emulator.close)
        return emulator

    def start(self, emulator, bucket="photos"):
        return subprocess.Popen([PROGRAM, emulator.url, bucket, self.folder], env=ENVIRONMENT, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def test_files_of_its_own_are_stored(self):
        done = subprocess.run([PROGRAM], capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "200 of 200 files stored\n", ""))

    def test_all_files_are_stored_under_their_names(self):
        emulator = self.emulator()
        run = self.start(emulator)
        out, err = run.communicate(timeout=60)
        self.assertEqual((run.returncode, out, err), (0, "41 of 41 files stored\n", ""))
        with urllib.request.urlopen(emulator.url + "/photos/sub/caf%C3%A9.bin", timeout=10) as answer:
            self.assertEqual(answer.read().decode(), "sub/caf\u00e9.bin")

    def test_a_file_that_fails_is_named_and_the_others_go_on(self):
        deep = os.path.join(self.folder, *["d" * 250] * 5)  # a longer key than there may be
        os.makedirs(deep)
        open(os.path.join(deep, "f"), "w").close()
        run = self.start(self.emulator())
        out, err = run.communicate(timeout=60)
        self.assertEqual((run.returncode, out), (1, "41 of 42 files stored\n"))
        self.assertRegex(err, "^d{250}/.*/f: .*at most 1023 are allowed\n$")

    def test_ctrl_c_ends_it_within_moments(self):
        run = self.start(self.emulator("--fault", "on=put_object,slow-headers=30s"))
        time.sleep(1)
        run.send_signal(signal.SIGINT)
        began = time.monotonic()
        out, err = run.communicate(timeout=25)
        self.assertLess(time.monotonic() - began, 12, err)
        self.assertEqual((run.returncode, out), (1, "0 of 41 files stored, and perhaps 16 more\n"), err)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
