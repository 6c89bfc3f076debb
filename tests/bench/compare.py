#!/usr/bin/env python3
"""Runs ossify and its rivals against the sink server and compares them.

Each round runs every contender of a workload once, one after the other, so that a machine whose speed drifts treats all
alike; the first round is dropped. Figures are medians with (min-max); ratios are taken within each round. CPU is the
client's alone. Peak memory comes through a small launcher. Before anything is timed, each contender sends random bytes
to a server that really computes their CRC-64; one that sends anything else is not timed. In every run the server counts,
too: one that reports more than the server saw is listed as wrong. A contender that is missing or fails is listed with the
reason. Exit code: 1 when ossify fails or a check of data does; missed goals are only reported.
"""

import argparse
import datetime
import json
import lzma
import os
import platform
import re
import shlex
import shutil
import signal
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.dont_write_bytecode = True
from workloads import CHECK, FULL, MIB, SERVERS, SHORT, workloads

HERE = os.path.dirname(os.path.abspath(__file__))
TIME_LIMIT = 120    # seconds for one run of one contender
BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"
EMPTY_FRAME = f"{BEGIN}\n", f"\n{END}\n"
CURL_FIGURES = '{"wall": %{time_total}, "requests": 1, "bytes": %{size_upload}}\n'


class Failed(Exception):
    """A contender that cannot run here, or did not do its work: why."""


class Server:
    """A sink server; it ends when this process does, whatever the reason."""

    def __init__(self, folder, *arguments):
        self.process = subprocess.Popen([os.path.join(folder, "sink-server"), *arguments], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("the sink server does not start")
        self.port, self.tls = int(line), next((a[4:] for a in arguments if a.startswith("tls=")), None)

    def stop(self):
        self.process.stdin.close()
        self.process.wait()


class Bench:
    def __init__(self, args, scratch):
        self.args, self.scratch, self.folder = args, scratch, args.programs
        self.servers = {}
        # name: how to call a program that is not built here, or why that cannot be
        self.programs = {"{sdk}": [args.sdk_client] if args.sdk_client else "not given (--sdk-client)",
                         "{ali}": find_ali_oss(args)}

    def server(self, kind):
        """One server a kind; "real ..." computes the checksum of what it gets and counts."""
        if kind not in self.servers:
            words = [SERVERS[word] for word in kind.split()]
            if any(word.startswith("suite=") for word in words):    # each has a certificate of its own
                words.append("tls=" + tempfile.mkdtemp(dir=self.scratch))
            self.servers[kind] = Server(self.folder, *words)
        return self.servers[kind]

    def stop(self, kind=None):
        for name in [kind] if kind else list(self.servers):
            self.servers.pop(name).stop()

    def command(self, words):
        if words[0] in self.programs:
            program = self.programs[words[0]]
            if isinstance(program, str):
                raise Failed(program)
            return program + words[1:]
        own = os.path.join(self.folder, words[0])
        if os.path.exists(own):
            return [own, *words[1:]]
        if words[0] == "curl-client":
            raise Failed("not built: libcurl's development files were not there (libcurl4-openssl-dev)")
        if not shutil.which(words[0]):
            raise Failed(f"{words[0]} is not installed")
        return words

    def run(self, contender, server, files):
        """One run: its figures, and what the server saw of it."""
        places = {"port": server.port, "tls": server.tls, "null": os.devnull, "curl_figures": CURL_FIGURES, **files}
        words = shlex.split(contender.command)
        program = self.command(words[:1])
        words = program + [fill(word, places) for word in words[1:]]
        if words[0] != "curl":
            words.append(f"port={places['port']}")
        for path in files.values():
            if str(path) in " ".join(words):
                place(path, contender.cold)
        used = os.path.join(self.scratch, "used.json")
        stat(server)    # forgets what came before
        try:
            done = subprocess.run([os.path.join(self.folder, "bench-launch"), used, *words], capture_output=True,
                                  text=True, timeout=TIME_LIMIT, errors="replace")
        except subprocess.TimeoutExpired:
            raise Failed(f"not done after {TIME_LIMIT} s") from None
        lines = [line for line in done.stdout.splitlines() if line.startswith('{"wall"')]
        if done.returncode != 0 or not lines:
            said = (done.stderr.strip() or done.stdout.strip() or "no figures").splitlines()[-1]
            raise Failed(f"exit {done.returncode}: {said[:200]}")
        with open(used, encoding="ascii") as file:
            whole = json.load(file)
        figures = {"cpu": whole["user"] + whole["system"], "peak": whole["peak_kib"] / 1024,
                   "switches": whole["switches"]}
        figures.update(read_figures(lines[-1]))
        seen = stat(server)
        less = [f"{came} {what} arrived, {figures[what]} reported"
                for what, came in (("requests", seen["puts"] + seen["parts"]), ("bytes", seen["bytes"]))
                if came < figures[what]]
        if less:
            raise Failed("SENT LESS THAN IT SAYS: " + "; ".join(less))
        return figures, seen


def read_figures(line):
    """What a contender printed, if it can be counted with."""
    try:
        figures = json.loads(line)
        if figures["wall"] > 0 and figures["requests"] >= 0 and figures["bytes"] >= 0:
            return figures
    except (ValueError, KeyError, TypeError):
        pass
    raise Failed(f"these are no figures: {line[:200]}")


def fill(word, places):
    return re.sub(r"\{(\w+)\}", lambda m: str(places[m[1]]), word)


def find_ali_oss(args):
    """How to call it; or why that cannot be. Its packages are those of the tests, installed by whoever comes first."""
    node, modules = shutil.which("node"), os.path.join(args.build, "tests", "node")
    script = os.path.join(HERE, "ali_oss_client.cjs")
    if not node or not shutil.which("npm"):
        return "Node and npm are not installed"
    if not args.full and not os.path.exists(os.path.join(modules, "installed")):
        return "its packages are not installed (the test of suite interop does that, and --full)"
    try:
        done = subprocess.run([sys.executable, os.path.join(HERE, "..", "node", "run.py"), modules, script, "version"],
                              capture_output=True, text=True, timeout=300)
    except subprocess.TimeoutExpired as why:
        return f"its packages are not ready after {why.timeout:.0f} s"
    if done.returncode != 0 or not done.stdout.startswith("ali-oss"):
        return (done.stderr + done.stdout).strip().splitlines()[-1][:200]
    os.environ["NODE_PATH"] = os.path.join(os.path.abspath(modules), "node_modules")
    return [node, script]


# --- data ---

def make_file(path, size, chunk=None):
    """A file of zeros, or of `chunk()`, in the page cache and on the disk."""
    with open(path, "wb") as out:
        for at in range(0, size, MIB):
            out.write((chunk() if chunk else bytes(MIB))[:size - at])
        out.flush()
        os.fsync(out.fileno())
    return path


def in_page_cache(file, step):
    """Of every `step` bytes: is the first there?"""
    for at in range(0, os.path.getsize(file.fileno()), step):
        try:
            os.preadv(file.fileno(), [bytearray(1)], at, os.RWF_NOWAIT)
            yield True
        except BlockingIOError:
            yield False


def place(path, cold):
    """Has the file in the page cache, in the pieces of a file just written, or not there at all."""
    with open(path, "rb") as file:
        if cold:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            if any(in_page_cache(file, 64 * MIB)):
                raise Failed("the file cannot be dropped from the page cache of this file system")
        elif not all(in_page_cache(file, MIB // 16)):   # the kernel takes what it thinks nobody needs
            os.replace(make_file(path + ".new", os.path.getsize(path), lambda: file.read(MIB)), path)


def crc64(data):
    """The CRC-64/XZ, by another implementation than the one under test: the check value of an .xz container."""
    packed = lzma.compress(data, format=lzma.FORMAT_XZ, check=lzma.CHECK_CRC64, preset=0)
    index_bytes = (int.from_bytes(packed[-8:-4], "little") + 1) * 4     # "Backward Size" of the footer
    at = len(packed) - 12 - index_bytes - 8
    return int.from_bytes(packed[at:at + 8], "little")


def stat(server):
    """What came in since the last call."""
    context = ssl.create_default_context(cafile=os.path.join(server.tls, "ca.pem")) if server.tls else None
    url = f"{'https' if server.tls else 'http'}://127.0.0.1:{server.port}/stat"
    try:
        with urllib.request.urlopen(url, timeout=10, context=context) as answer:
            return json.load(answer)
    except OSError as why:
        raise SystemExit(f"the sink server does not answer: {why}") from None


def check_data(bench, chosen):
    """Which contender of which workload sent something else than it should: {(workload, name): why}."""
    wanted = {w.name: w for w in workloads(CHECK)}
    path = make_file(os.path.join(bench.scratch, "check"), CHECK.parts_file, lambda: os.urandom(MIB))
    with open(path, "rb") as file:
        sum_of_file = crc64(file.read())
    sum_of_put = crc64(bytes(4096))
    if crc64(b"123456789") != 0x995DC9BBDF1939FA:
        raise SystemExit("Python's lzma does not write .xz as expected: there is nothing to check data against")
    bad = {}
    for w in (wanted[c.name] for c in chosen if c.checked):
        for c in w.contenders:
            kind = c.server or w.server
            server = bench.server(f"real {kind}" if kind.startswith("tls") else "real")
            try:
                _, seen = bench.run(c, server, {"parts_file": path, "put_file": path})
                file_sent = "_file}" in c.command
                expected = {"object_crc": sum_of_file if file_sent else sum_of_put,
                            "object_bytes": CHECK.parts_file if file_sent else 4096}
                if w.parts:
                    expected["parts"] = -(-CHECK.parts_file // (8 * MIB))
                wrong = [f"{key} {seen[key]} instead of {value}" for key, value in expected.items()
                         if seen[key] != value]
                if wrong:
                    bad[w.name, c.name] = "SENT WRONG DATA: " + ", ".join(wrong)
            except Failed as why:
                bad[w.name, c.name] = str(why)
    os.remove(path)
    for kind in [kind for kind in bench.servers if kind.startswith("real")]:
        bench.stop(kind)
    return bad


# --- tables ---

def per_unit(figures, unit):
    """Adds what the columns show: rate and CPU for one request or one GiB, and times in their units."""
    amount = figures["requests"] if unit == "request" else figures["bytes"] / (1 << 30)
    if amount:
        figures["rate"] = amount / figures["wall"]
        figures["cpu_each"] = figures["cpu"] / amount * (1e6 if unit == "request" else 1)
    if "late_p99_us" in figures:
        figures["stall"], figures["worst"] = figures["late_p99_us"] / 1000, figures["late_max_us"] / 1000
    if "first_us" in figures:
        figures["first"] = figures["first_us"]
    return figures


KEYS = {"cpu": "cpu_each"}


def column(name, unit):
    """Heading and digits."""
    request = unit == "request"
    return {"rate": ("requests/s", 0) if request else ("GiB/s", 2),
            "cpu": ("CPU us/request", 2) if request else ("CPU s/GiB", 3), "peak": ("peak MiB", 1),
            "first": ("us, median of a run", 0), "stall": ("late by, p99, ms", 2), "worst": ("worst, ms", 2),
            "allocations": ("allocations/request", 1), "callback_ratio": ("CPU with / without", 2)}[name]


def spread(values, digits):
    values = sorted(values)
    low, middle, high = (f"{v:,.{digits}f}" for v in (values[0], statistics.median(values), values[-1]))
    return f"{middle} ({low}-{high})"


def table(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = [rows[0], ["-" * w for w in widths], *rows[1:]]
    return "\n".join("| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths)) + " |" for row in lines)


def size_of(workload, sizes):
    if workload.unit == "request":
        return ""
    size = (sizes.parts_file if workload.parts else sizes.put_file) // MIB
    return f" ({size // 1024} GiB)" if size >= 1024 else f" ({size} MiB)"


def show(workload, runs, absent, sizes):
    rows = [["", *(column(c, workload.unit)[0] for c in workload.columns)]]
    for c in workload.contenders:
        rounds = runs.get(c.name)
        cells = [c.name]
        for name in workload.columns:
            values = [r[KEYS.get(name, name)] for r in rounds or [] if KEYS.get(name, name) in r]
            cells.append(spread(values, column(name, workload.unit)[1]) if values else "")
        if not rounds:
            cells[1] = f"none: {absent.get(c.name, '')}"
        rows.append(cells)
    return f"### {workload.title[0].upper()}{workload.title[1:]}{size_of(workload, sizes)}\n\n{table(rows)}\n"


def judge(workload, runs):
    """Rows of the goals: what, against whom, the figure, what it is here, what the floor has, must, aim, verdict."""
    for goal in workload.goals:
        name, digits = column(goal.figure, workload.unit)
        row = [f"{workload.title}: {goal.ours}", goal.theirs or "(itself)", name]
        if goal.theirs:
            digits = 3 if goal.must < 0.5 else 2
        limits = [f"{goal.order} {limit:,.{digits}f}" for limit in (goal.must, goal.aim)]
        if goal.ours not in runs or (goal.theirs and goal.theirs not in runs):
            yield [*row, "no figure", "", *limits, "unknown"]
            continue
        key = KEYS.get(goal.figure, goal.figure)

        def against(name):
            values = [r[key] for r in runs[name]]
            return [own / other[key] for own, other in zip(values, runs[goal.theirs])] if goal.theirs else values

        values = against(goal.ours)
        got = statistics.median(values)
        floor = ""
        if goal.floor and goal.floor != goal.theirs and goal.floor in runs:
            floor = f"{statistics.median(against(goal.floor)):,.{digits}f}"
        reaches = (lambda limit: got >= limit) if goal.order == ">=" else (lambda limit: got <= limit)
        verdict = "met, and the aim" if reaches(goal.aim) else "met" if reaches(goal.must) else "**missed**"
        yield [*row, spread(values, digits), floor, *limits, verdict]


# --- the machine, and whom it compares ---

def machine():
    def first_line(path, pattern, otherwise):
        with open(path, encoding="utf-8") as file:
            return next((m[1] for m in (re.match(pattern, line) for line in file) if m), otherwise)

    model = first_line("/proc/cpuinfo", r"model name\s*: (.*)", platform.machine())
    family = first_line("/proc/cpuinfo", r"cpu family\s*: (.*)", "")
    if family:      # names such as "AMD EPYC" stand for processors of ten years
        number = first_line("/proc/cpuinfo", r"model\s*: (.*)", "?")
        model += f" (family {family}, model {number})"
    memory = int(first_line("/proc/meminfo", r"MemTotal:\s*(\d+) kB", "0")) / (1 << 20)
    return {"date": datetime.date.today().isoformat(), "cpu": model, "processors": os.cpu_count(),
            "memory_gib": round(memory), "kernel": platform.release(),
            "system": first_line("/etc/os-release", r'PRETTY_NAME="(.*)"', platform.system()),
            "busy": round(busy_share(), 2)}


def busy_share(seconds=3):
    """Of all processors, over some seconds in which nothing of ours runs; what a virtual machine is denied counts."""
    def ticks():
        with open("/proc/stat", encoding="ascii") as file:
            numbers = [int(n) for n in file.readline().split()[1:9]]
        return sum(numbers), numbers[3] + numbers[4]    # all; idle and waiting for a disk

    before = ticks()
    time.sleep(seconds)
    all_ticks, idle = (b - a for a, b in zip(before, ticks()))
    return 1 - idle / all_ticks


def versions(bench):
    """What each program says of itself."""
    out = {}
    for name, words in {"build": ["epoll-client", "version"], "libcurl": ["curl-client", "version"],
                        "curl": ["curl", "--version"], "official C++ SDK": ["{sdk}", "version"],
                        "ali-oss": ["{ali}", "version"]}.items():
        try:
            done = subprocess.run(bench.command(words[:1]) + words[1:], capture_output=True, text=True, timeout=60)
            said = (done.stdout.splitlines() or [f"does not say (exit {done.returncode})"])[0]
            if name.endswith("curl"):   # it lists all its libraries
                said = " ".join(re.findall(r"(?:libcurl|OpenSSL|GnuTLS|liblzma)/\S+", said))
            out[name] = said
        except subprocess.TimeoutExpired as why:
            out[name] = f"does not say within {why.timeout:.0f} s"
        except (Failed, OSError) as why:
            out[name] = f"none: {why}"
    return out


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", help="the build folder")
    parser.add_argument("--make", action="store_true", help="first build the programs")
    parser.add_argument("--full", action="store_true", help="at full size, five rounds that count")
    parser.add_argument("--rounds", type=int, help="rounds that count")
    parser.add_argument("--only", help=f"these workloads, by comma: {','.join(w.name for w in workloads(SHORT))}")
    parser.add_argument("--sdk-client", metavar="PROGRAM",
                        help="a program of yours on the official C++ SDK. It is called like curl-client (multipart, put, "
                             "puts and version; see curl_client.cpp) and prints the same line of figures: "
                             '{"wall": seconds, "cpu": seconds, "requests": n, "bytes": n}')
    parser.add_argument("--json", metavar="FILE", help="write all figures there")
    parser.add_argument("--markdown", metavar="FILE",
                        help=f"write the tables there: between the lines {BEGIN} and {END}, if the file has them")
    parser.add_argument("--scratch", metavar="FOLDER", help="where to put the files that are sent (a disk, not memory)")
    args = parser.parse_args()
    args.programs = os.path.join(args.build, "tests", "bench")
    if args.rounds is not None and args.rounds < 1:
        parser.error(f"--rounds {args.rounds}: at least 1")
    if args.only is not None:
        args.only = args.only.split(",")
        if unknown := set(args.only) - {w.name for w in workloads(SHORT)}:
            parser.error(f"--only: no workload is called {', '.join(repr(name) for name in sorted(unknown))}")
    if args.sdk_client:
        args.sdk_client = os.path.abspath(args.sdk_client)
        if not shutil.which(args.sdk_client):
            parser.error(f"--sdk-client {args.sdk_client}: no program")
    if args.scratch and not os.path.isdir(args.scratch):
        parser.error(f"--scratch {args.scratch}: no folder")
    for option, path in (("--json", args.json), ("--markdown", args.markdown)):
        if path and (why := why_not_writable(path)):
            parser.error(f"{option} {path}: {why}")
    if args.markdown and os.path.exists(args.markdown):
        try:
            marked = frame_of(args.markdown) != EMPTY_FRAME
        except ValueError as why:
            parser.error(f"--markdown {args.markdown}: {why}")
        if marked and args.only:
            parser.error(f"--markdown {args.markdown}: with --only, the tables of the other workloads would be lost")
    return args


def why_not_writable(path):
    """What writing there would say, before minutes of measuring; leaves no file behind."""
    new = not os.path.lexists(path)
    try:
        with open(path, "a", encoding="utf-8"):
            pass
        if new:
            os.remove(path)
    except OSError as why:
        return why.strerror
    return None


def frame_of(path):
    """What stands before and after the tables in that file. Raises ValueError when that cannot be told."""
    with open(path, encoding="utf-8") as file:
        old = file.read()
    counts = old.count(BEGIN), old.count(END)
    if counts == (0, 0):
        return EMPTY_FRAME
    if counts != (1, 1) or old.index(BEGIN) > old.index(END):
        raise ValueError(f"needs one line {BEGIN}, and one {END} after it, or none of them")
    return old.split(BEGIN)[0] + BEGIN + "\n", "\n" + END + old.split(END)[1]


def write_markdown(path, text):
    before, after = frame_of(path) if os.path.exists(path) else EMPTY_FRAME
    with open(path, "w", encoding="utf-8") as out:
        out.write(f"{before}\n{text.strip()}\n{after}")


def measure(bench, w, files, rounds, absent):
    """{contender: [figures of each round that counts]}"""
    runs = {}
    for turn in range(rounds + 1):
        first = turn % len(w.contenders)    # so that nobody always follows the same one
        for c in w.contenders[first:] + w.contenders[:first]:
            if c.name in absent:
                continue
            try:
                figures, _ = bench.run(c, bench.server(c.server or w.server), files)
            except Failed as why:
                absent[c.name] = str(why)
                runs.pop(c.name, None)
                continue
            if turn:
                runs.setdefault(c.name, []).append(per_unit(figures, w.unit))
    return runs


def main():
    args = parse_arguments()
    for number in (signal.SIGTERM, signal.SIGHUP):     # removes its files, as after Ctrl-C
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    if args.make:
        built = subprocess.run(["ninja", "-C", args.build, "bench-programs"], stdout=sys.stderr)
        if built.returncode != 0:
            return built.returncode
    if not os.path.exists(os.path.join(args.programs, "bench-launch")):
        sys.exit(f"not built there: ninja -C {shlex.quote(args.build)} bench-programs")
    sizes, rounds = FULL if args.full else SHORT, args.rounds or (5 if args.full else 2)
    chosen = [w for w in workloads(sizes) if not args.only or w.name in args.only]
    texts, goals, results, missing, broken = [], [], {}, {}, []

    def say(text):
        texts.append(text)
        print(text + "\n", flush=True)

    with tempfile.TemporaryDirectory(dir=args.scratch, prefix="ossify-bench-") as scratch:
        bench = Bench(args, scratch)
        try:
            here, peers = machine(), versions(bench)
            say(f"{here['date']}. {here['cpu']}, {here['processors']} processors, {here['memory_gib']} GiB, "
                f"{here['system']}, Linux {here['kernel']}; busy before: {here['busy']:.0%}. "
                f"{rounds} rounds after one that is dropped.")
            if here["busy"] > 0.05:
                say("**Something else was running here: the figures are noise.**")
            say("\n".join(f"* {name}: {version}" for name, version in peers.items()))
            absent = check_data(bench, chosen)
            files = {name: make_file(os.path.join(scratch, name), getattr(sizes, name))
                     for name in ("parts_file", "put_file")
                     if any("{" + name + "}" in c.command for w in chosen for c in w.contenders)}
            for w in chosen:
                why_not = {name: why for (workload, name), why in absent.items() if workload == w.name}
                results[w.name], missing[w.name] = measure(bench, w, files, rounds, why_not), why_not
                say(show(w, results[w.name], why_not, sizes))
                goals += judge(w, results[w.name])
                broken += [f"{w.name}: {name}: {why}" for name, why in why_not.items()
                           if name.startswith("ossify") or why.startswith("SENT")]
        finally:
            bench.stop()
    if goals:
        rows = [["ossify, and in what", "against", "figure", "ossify's", "the floor's", "must", "aim", ""], *goals]
        say("### Goals\n\nRatios ossify / other, taken within each round; median (min-max). Beside it what the epoll "
            f"floor has: about the best that is possible here.\n\n{table(rows)}")
    if args.json:
        with open(args.json, "w", encoding="utf-8") as out:
            json.dump({"machine": here, "versions": peers, "rounds": rounds, "workloads": results,
                       "without": missing, "goals": [dict(zip(("workload", "against", "figure", "ossify", "floor", "must", "aim", "verdict"), g))
                                 for g in goals]}, out, indent=1)
    if args.markdown:
        write_markdown(args.markdown, "\n\n".join(texts))
    for line in broken:
        print(line, file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("interrupted: nothing is written", file=sys.stderr)
        sys.exit(130)
