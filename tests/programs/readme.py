#!/usr/bin/env python3
"""Runs what README's section "Without a cloud" says, line by line, but on free ports: a newcomer's first lines.

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
    def test_the_lines_lead_to_the_first_object_and_the_first_callback(self):
        section = (ROOT / "README.md").read_text().split("## Without a cloud")[1].split("\n## ")[0]
        store, call_back = re.findall(r"^```sh\n(.*?)^```$", section, re.M | re.S)
        self.assertEqual(len(store.splitlines()), 3)
        url = re.search(r"`(http://127\.0\.0\.1:9000/[^`]*README\.md)`", section)[1]
        port, application_port = str(free_port()), str(free_port())
        # who types needs longer than the server does to start
        script = (store + call_back.replace("&\n", "&\nsleep 1\n")).replace("9000", port).replace(
            "9100", application_port).replace("build/", f"{BUILD}/")
        shell = subprocess.Popen(["bash", "-ec", script], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                 text=True, start_new_session=True)
        try:
            self.assertEqual(shell.wait(60), 0)  # the servers go on in the background
            with urllib.request.urlopen(url.replace("9000", port), timeout=20) as answer:
                self.assertEqual(answer.read(), (ROOT / "README.md").read_bytes())
        finally:
            os.killpg(shell.pid, signal.SIGTERM)
            output = shell.stdout.read()  # ends when they have ended
            shell.stdout.close()
        self.assertIn("stored oss://photos/README.md", output)
        self.assertIn("PUT /photos/README.md PutObject 200", output)
        self.assertIn('"verified":true,"event":{"object":"README.md"}', output)
        self.assertIn("callback delivered; the application server answered: {", output)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
