#!/usr/bin/env python3
"""Runs what README's section "Without a cloud" says, line by line, but on a free port: a newcomer's first three lines.

usage: readme.py PROJECT_ROOT BUILD_ROOT
"""
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import unittest
import urllib.request

ROOT, BUILD = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class WithoutACloud(unittest.TestCase):
    def test_three_lines_lead_to_the_first_object(self):
        section = (ROOT / "README.md").read_text().split("## Without a cloud")[1].split("\n## ")[0]
        block = re.search(r"^```sh\n(.*?)^```$", section, re.M | re.S)[1]
        self.assertEqual(len(block.splitlines()), 3)
        url = re.search(r"`(http://127\.0\.0\.1:9000/[^`]*README\.md)`", section)[1]
        port = str(free_port())
        script = block.replace("9000", port).replace("build/", f"{BUILD}/")
        shell = subprocess.Popen(["bash", "-ec", script], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                 text=True, start_new_session=True)
        try:
            self.assertEqual(shell.wait(60), 0)  # the emulator goes on in the background
            with urllib.request.urlopen(url.replace("9000", port), timeout=20) as answer:
                self.assertEqual(answer.read(), (ROOT / "README.md").read_bytes())
        finally:
            os.killpg(shell.pid, signal.SIGTERM)
            output = shell.stdout.read()  # ends when the emulator has ended
            shell.stdout.close()
        self.assertIn("stored oss://photos/README.md", output)
        self.assertIn("PUT /photos/README.md PutObject 200", output)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
