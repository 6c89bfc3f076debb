#!/usr/bin/env python3
"""Shows that `oss-emulator --discard` is no bottleneck: what it takes in, beside a bare socket sink in the same run.

usage: emulator.py BUILD_ROOT [--rounds 7] [--mib 2048] [--puts 60000] [--no-build]

The sender is ossify's client as it comes, so that all requests are signed (V4) and all sums checked; it and the server
share the machine. The sink server drops bodies inside the kernel and knows neither signatures nor sums. In each round
both are asked one after the other; the first round is dropped, figures are medians with (min-max), ratios are taken
within each round. CPU is the server's alone.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

GIB = 1 << 30
TARGETS = ["tests/bench/sink-server", "tests/bench/ossify-client", "tests/bench/bench-emulator"]
WANTED = {"bodies": 2.0, "puts": 15000.0}


class Server:
    def __init__(self, command, **more):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **more)
        self.port = int(self.process.stdout.readline().rsplit(":", 1)[-1])

    def cpu(self):
        """Seconds of CPU so far."""
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        self.process.kill()
        self.process.wait()


def measure(root, server, words):
    """One run of the client: requests a second or GiB a second, and the server's CPU for each."""
    before = server.cpu()
    done = subprocess.run([os.path.join(root, "tests/bench/ossify-client"), *words, f"port={server.port}"],
                          capture_output=True, text=True, timeout=600)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(words)}: {done.stdout}{done.stderr}")
    figures = json.loads([line for line in done.stdout.splitlines() if line.startswith('{"wall"')][-1])
    amount = figures["requests"] if words[0] == "puts" else figures["bytes"] / GIB
    return amount / figures["wall"], (server.cpu() - before) / amount


def spread(values, form):
    return f"{statistics.median(values):{form}} ({min(values):{form}}-{max(values):{form}})"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("root")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--mib", type=int, default=2048)
    parser.add_argument("--puts", type=int, default=60000)
    parser.add_argument("--no-build", action="store_true")
    args = parser.parse_args()
    if not args.no_build:
        subprocess.run(["ninja", "-C", args.root, *TARGETS], check=True, stdout=subprocess.DEVNULL)
    loads = {"bodies": ("GiB/s", "s CPU/GiB", 1, ".2f"), "puts": ("puts/s", "us CPU/put", 1e6, ".0f")}
    seen = {(load, who): [] for load in loads for who in ("sink", "emulator")}
    with tempfile.TemporaryDirectory() as scratch:
        path = os.path.join(scratch, "zeros")
        with open(path, "wb") as file:
            for _ in range(args.mib):
                file.write(bytes(1 << 20))
        words = {"bodies": ["multipart", f"file={path}", "part_mib=8", "parallel=4"],
                 "puts": ["puts", f"requests={args.puts}", "in_flight=64", "bytes=4096"]}
        servers = {"sink": Server([os.path.join(args.root, "tests/bench/sink-server")], stdin=subprocess.PIPE),
                   "emulator": Server([os.path.join(args.root, "tests/bench/bench-emulator"), "--discard", "--quiet", "--bucket",
                                       "bkt", "--access-key-id", "ak", "--access-key-secret",
                                       "the secret of a benchmark"])}
        try:
            for turn in range(args.rounds + 1):
                for load, sent in words.items():
                    for who, server in servers.items():
                        figures = measure(args.root, server, sent)
                        if turn != 0:
                            seen[load, who].append(figures)
        finally:
            for server in servers.values():
                server.stop()
    enough = True
    for load, (rate, cost, scale, form) in loads.items():
        for who in ("sink", "emulator"):
            print(f"{load:7} {who:9} {spread([f[0] for f in seen[load, who]], form)} {rate}   "
                  f"{spread([f[1] * scale for f in seen[load, who]], '.2f')} {cost}")
        ratios = [e[0] / s[0] for e, s in zip(seen[load, "emulator"], seen[load, "sink"])]
        reached = statistics.median(f[0] for f in seen[load, "emulator"])
        enough = enough and reached >= WANTED[load]
        print(f"{load:7} emulator to sink {spread(ratios, '.2f')}; wanted {WANTED[load]:g} {rate}: "
              f"{'reached' if reached >= WANTED[load] else 'MISSED'}")
    return 0 if enough else 1


if __name__ == "__main__":
    sys.exit(main())
