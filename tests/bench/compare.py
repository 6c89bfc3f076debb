#!/usr/bin/env python3
"""Runs ossify and its rivals against the sink server and compares them: compare.py PROGRAM_FOLDER [options].

Each round runs every contender once, one after the other, so that a machine whose speed drifts treats all alike; the
first round is dropped. Figures are medians with (min-max); ratios are taken within each round. CPU is the client's
alone, from after its start-up where it measures itself. Peak memory comes through a small launcher.
"""

import argparse
import json
import os
import platform
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile

MIB = 1 << 20


class Workload:
    """A load, its contenders, and what has to come out: (ours, theirs, figure, "<=" or ">=", must, aim)."""

    def __init__(self, name, title, server, unit, contenders, goals=(), full_only=False):
        self.name, self.title, self.server, self.unit = name, title, server, unit
        self.contenders, self.goals, self.full_only = contenders, goals, full_only


def workloads(full):
    puts = 40000 if full else 8000
    small = f"puts requests={puts} in_flight=64"
    late = f"puts requests={100000 if full else 20000} in_flight=1024"
    parts = "multipart file={file} part_mib=8 parallel=4"
    return [
        Workload("puts", "4 KiB puts, 64 in flight, one thread", "plain", "request", {
            "ossify": f"ossify-client {small}",
            "ossify, same callback": f"ossify-client {small} callback=same",
            "ossify, fresh callback": f"ossify-client {small} callback=fresh",
            "epoll floor": f"epoll-client {small}",
            "libcurl multi, unsigned": f"curl-client {small}",
        }, [("ossify", "epoll floor", "rate", ">=", 0.75, 0.9),
            ("ossify", "libcurl multi, unsigned", "rate", ">=", 2.5, 3.5),
            ("ossify", "libcurl multi, unsigned", "cpu", "<=", 0.40, 0.28),
            ("ossify, same callback", "ossify", "cpu", "<=", 1.15, 1.03)]),
        Workload("single", "4 KiB puts, one after the other", "plain", "request", {
            "ossify": f"ossify-client puts requests={puts // 2} in_flight=1",
            "epoll floor": f"epoll-client puts requests={puts // 2} in_flight=1",
            "libcurl multi, unsigned": f"curl-client puts requests={puts // 2} in_flight=1",
        }),
        Workload("late", "4 KiB puts, 1,024 in flight, answers 10 ms late, one thread", "late", "request", {
            "ossify": f"ossify-client {late}",
            "epoll floor": f"epoll-client {late}",
        }, [("ossify", None, "rate", ">=", 40e3, 54e3), ("ossify", None, "peak", "<=", 32, 20)]),
        Workload("put", "one object from a file", "plain", "GiB", {
            "ossify": "ossify-client put file={file_put}",
            "epoll floor": "epoll-client put file={file_put}",
            "libcurl multi, no CRC": "curl-client put file={file_put}",
            "curl -T": "curl -sS -o {null} -T {file_put} http://127.0.0.1:{port}/bkt/obj",
        }, [("ossify", "curl -T", "rate", ">=", 1.0, 1.4)]),
        Workload("tls-puts", "TLS: 4 KiB puts, 64 in flight", "tls", "request", {
            "ossify": f"ossify-client {small} tls={{tls}}",
            "ossify, two threads": f"ossify-client {small} tls={{tls}} threads=2",
            "libcurl multi, unsigned": f"curl-client {small} tls={{tls}}",
        }, [("ossify", "libcurl multi, unsigned", "rate", ">=", 2.0, 2.5)]),
        Workload("tls-put", "TLS: one object from a file", "tls", "GiB", {
            "ossify": "ossify-client put file={file_put} tls={tls}",
            "libcurl multi, no CRC": "curl-client put file={file_put} tls={tls}",
        }),
    ]


class Server:
    def __init__(self, folder, *arguments):
        self.process = subprocess.Popen([os.path.join(folder, "sink-server"), *arguments], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def stop(self):
        self.process.stdin.close()
        self.process.wait()


class Bench:
    def __init__(self, folder, scratch, full):
        self.folder, self.scratch, self.full = folder, scratch, full
        self.places = {"null": os.devnull, "tls": scratch}
        self.servers = {}

    def file(self, name, size):
        """A file of zeros in the page cache."""
        path = os.path.join(self.scratch, name)
        with open(path, "wb") as out:
            for _ in range(size // MIB):
                out.write(bytes(MIB))
        os.sync()
        self.places[name] = path

    def server(self, kind):
        if kind not in self.servers:
            more = {"plain": [], "late": ["delay=10000"], "tls": ["tls=" + self.scratch]}[kind]
            self.servers[kind] = Server(self.folder, *more)
        return self.servers[kind]

    def run(self, command, kind):
        """One run of one contender: its figures, or None when its program is not there."""
        port = self.server(kind).port
        words = [w.format(port=port, **self.places) for w in shlex.split(command)]
        own = os.path.join(self.folder, words[0])
        if os.path.exists(own):
            words[0:1] = [own]
            words.append(f"port={port}")
        elif not shutil.which(words[0]):
            return None
        used = os.path.join(self.scratch, "used.json")
        done = subprocess.run([os.path.join(self.folder, "bench-launch"), used, *words], capture_output=True, text=True,
                              timeout=600)
        if done.returncode != 0:
            raise SystemExit(f"{shlex.join(words)}\n{done.stdout}{done.stderr}failed with {done.returncode}")
        with open(used, encoding="ascii") as file:
            whole = json.load(file)
        lines = [line for line in done.stdout.splitlines() if line.startswith("{\"wall\"")]
        figures = json.loads(lines[-1]) if lines else {"wall": whole["wall"], "cpu": whole["user"] + whole["system"]}
        figures["peak"] = whole["peak_kib"] / 1024
        figures["switches"] = whole["switches"]
        return figures

    def stop(self):
        for server in self.servers.values():
            server.stop()


def per_unit(figures, unit, file_bytes):
    """Adds rate and CPU for one request or one GiB."""
    amount = figures["requests"] if unit == "request" else figures.get("bytes", file_bytes) / (1 << 30)
    figures["rate"] = amount / figures["wall"]
    figures["cpu_each"] = figures["cpu"] / amount * (1e6 if unit == "request" else 1)
    return figures


def spread(values, digits):
    values = sorted(values)
    low, middle, high = (f"{v:,.{digits}f}" for v in (values[0], statistics.median(values), values[-1]))
    return f"{middle} ({low}-{high})"


def table(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    rows.insert(1, ["-" * w for w in widths])
    return "\n".join("| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths)) + " |" for row in rows)


def show(workload, runs):
    request = workload.unit == "request"
    head = ["", "requests/s" if request else "GiB/s", "CPU us/request" if request else "CPU s/GiB", "peak MiB"]
    rows = [head + (["allocations/request", "OpenSSL's"] if request else [])]
    for name, rounds in runs.items():
        row = [name, spread([r["rate"] for r in rounds], 0 if request else 2),
               spread([r["cpu_each"] for r in rounds], 2 if request else 3),
               spread([r["peak"] for r in rounds], 1)]
        if request:
            for key in ("allocations", "openssl_allocations"):
                row.append(f"{statistics.median(r[key] for r in rounds):.1f}" if key in rounds[0] else "")
        rows.append(row)
    return f"\n### {workload.title}\n\n{table(rows)}\n"


def judge(workload, runs):
    """Rows of the goals: what, against whom, ratio of this run, must, aim, verdict."""
    key = {"rate": "rate", "cpu": "cpu_each", "peak": "peak"}
    words = {"rate": "requests/s" if workload.unit == "request" else "GiB/s", "cpu": "CPU", "peak": "peak MiB"}
    for ours, theirs, figure, order, must, aim in workload.goals:
        if ours not in runs or (theirs and theirs not in runs):
            continue
        values = [r[key[figure]] for r in runs[ours]]
        if theirs:
            values = [own / other[key[figure]] for own, other in zip(values, runs[theirs])]
        got = statistics.median(values)
        digits = 2 if theirs else 0
        reaches = (lambda goal: got >= goal) if order == ">=" else (lambda goal: got <= goal)
        yield [f"{workload.title}: {ours}", theirs or "", words[figure], spread(values, digits),
               f"{order} {must:,.{digits}f}", f"{order} {aim:,.{digits}f}",
               "aim" if reaches(aim) else "must" if reaches(must) else "MISSED"]


def machine():
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo", encoding="utf-8")
                  if line.startswith("model name")), platform.machine())
    return {"cpu": model, "processors": os.cpu_count(), "kernel": platform.release(), "load": os.getloadavg()}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", help="the folder of the benchmark programs")
    parser.add_argument("--build", metavar="ROOT", help="first build the programs in this build folder")
    parser.add_argument("--full", action="store_true", help="all workloads at full size, five rounds")
    parser.add_argument("--rounds", type=int, help="rounds that count")
    parser.add_argument("--only", help="these workloads, separated by commas")
    parser.add_argument("--also", action="append", default=[], metavar="WORKLOAD:NAME=COMMAND",
                        help="a further contender; {port}, {file}, {file_put} and {tls} stand for what they say")
    parser.add_argument("--json", help="write all figures there")
    parser.add_argument("--scratch", help="where to put the files that are sent")
    return parser.parse_args()


def main():
    args = parse_arguments()
    if args.build:
        subprocess.run(["meson", "compile", "-C", args.build, "bench-programs"], check=True)
    rounds = args.rounds or (5 if args.full else 2)
    chosen = [w for w in workloads(args.full)
              if (w.name in args.only.split(",") if args.only else args.full or not w.full_only)]
    for extra in args.also:
        name, command = extra.split("=", 1)
        for w in chosen:
            if w.name == name.split(":", 1)[0]:
                w.contenders[name.split(":", 1)[1]] = command
    results, verdicts = {}, []
    with tempfile.TemporaryDirectory(dir=args.scratch) as scratch:
        bench = Bench(args.programs, scratch, args.full)
        sizes = {"file_put": (256 if args.full else 64) * MIB, "file": (2048 if args.full else 256) * MIB}
        for name, size in sizes.items():
            if any("{" + name + "}" in c for w in chosen for c in w.contenders.values()):
                bench.file(name, size)
        try:
            for w in chosen:
                runs = {}
                for turn in range(rounds + 1):
                    for name, command in w.contenders.items():
                        figures = bench.run(command, w.server)
                        if figures and turn:
                            size = sizes["file" if "{file}" in command else "file_put"]
                            runs.setdefault(name, []).append(per_unit(figures, w.unit, size))
                results[w.name] = runs
                print(show(w, runs), flush=True)
                verdicts += judge(w, runs)
        finally:
            bench.stop()
    if verdicts:
        print("\n### Goals (ratios within each round)\n")
        print(table([["ours", "against", "figure", "here", "must", "aim", "reached"], *verdicts]))
    here = machine()
    print(f"\n{here['cpu']}, {here['processors']} processors, Linux {here['kernel']}, load {here['load'][0]:.1f}; "
          f"{rounds} rounds")
    if args.json:
        with open(args.json, "w", encoding="utf-8") as out:
            json.dump({"machine": here, "rounds": rounds, "workloads": results}, out, indent=1)


if __name__ == "__main__":
    sys.exit(main())
