"""A program that says `listening on URL` in its first line, for as long as a test needs it."""
import signal
import subprocess


class Listening:
    def __init__(self, *command, stderr=subprocess.DEVNULL, env=None):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, text=True, env=env)
        line = self.process.stdout.readline()
        assert line.startswith("listening on http"), (command, line)
        self.url = line[len("listening on "):].strip()
        self.host = self.url.split("://")[1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end = self.close()

    def line(self):
        return self.process.stdout.readline().strip()

    def callback_key(self):
        """The URL that oss-emulator tells in one of its first lines."""
        return next(line.split()[-1] for line in iter(self.line, "") if "callback key" in line)

    def close(self, by=signal.SIGTERM):
        """Returns: the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(by)
        code = self.process.wait(30)
        self.process.stdout.close()
        return code
