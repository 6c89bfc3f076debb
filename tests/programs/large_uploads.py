#!/usr/bin/env python3
"""Uploads in parts with oss-upload against oss-emulator: sizes, memory, kill -9, faults, and a loop that must not stall.

usage: large_uploads.py [--quick] OSS_UPLOAD OSS_EMULATOR LATE_TICKS [memory|sizes|endless|kill|faults|callback|disk|stop ...]

Without --quick the sizes are those that the project promises; it takes some minutes, 6 GB of disk under TMPDIR and 2 GB
of memory. Each line that it prints says what was measured; the exit code says whether every promise was kept.
"""
import base64
import contextlib
import ctypes
import ctypes.util
import hashlib
import hmac
import http.client
import http.server
import json
import mmap
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from email.utils import formatdate

from listening import Listening

MIB = 1024 * 1024
KEY_ID, KEY_SECRET = "test-id", "test-secret"
ENV = {"PATH": os.environ["PATH"], "OSS_ACCESS_KEY_ID": KEY_ID, "OSS_ACCESS_KEY_SECRET": KEY_SECRET}
ENV.update({n: v for n, v in os.environ.items() if n.endswith("SAN_OPTIONS")})
lzma = ctypes.CDLL(ctypes.util.find_library("lzma") or "liblzma.so.5")
lzma.lzma_crc64.restype = ctypes.c_uint64
lzma.lzma_crc64.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint64]


def crc64(data, so_far=0):
    """CRC-64/XZ by another implementation than the one under test."""
    return lzma.lzma_crc64(data, len(data), so_far)


def crc64_of_file(path):
    total = 0
    with open(path, "rb") as f:
        while block := f.read(4 * MIB):
            total = crc64(block, total)
    return total


def make_file(path, size, seed=1):
    """Bytes of which no two blocks are the same, and that are on the disk."""
    source = random.Random(seed)
    block = source.randbytes(4 * MIB)
    with open(path, "wb") as f:
        left, n = size, 0
        while left:
            piece = block[:min(left, len(block))]
            stamp = n.to_bytes(8, "little")[:len(piece)]
            f.write(stamp + piece[len(stamp):])
            left -= len(piece)
            n += 1
        f.flush()
        os.fsync(f.fileno())


def make_cold_file(path, size):
    """As above, of whole blocks, and written around the page cache where that can be done: to drop 4 GiB from it instead
    would make many a hypervisor take that memory back while the upload is measured, which stops the processors."""
    make_file(path, 0)
    try:
        fd = os.open(path, os.O_WRONLY | os.O_DIRECT)
    except OSError:
        make_file(path, size)
        return
    with mmap.mmap(-1, 4 * MIB) as block:
        block.write(random.Random(1).randbytes(len(block)))
        for n in range(size // len(block)):
            block[:8] = n.to_bytes(8, "little")
            os.write(fd, block)
    os.fsync(fd)
    os.close(fd)


class Emulator(Listening):
    def __init__(self, *options):
        super().__init__(EMULATOR, "--listen", "127.0.0.1:0", "--bucket", "examplebucket", "--access-key-id", KEY_ID,
                         "--access-key-secret", KEY_SECRET, "--quiet", *options)

    def ask(self, what):
        with urllib.request.urlopen(f"{self.url}/_emulator/{what}", timeout=20) as answer:
            return json.load(answer)

    def left_open(self):
        """Uploads that are neither completed nor aborted and hold parts."""
        return [u["uploadId"] for u in self.ask("uploads") if u["state"] == "open" and u["received"]]

    def get(self, key, method="GET"):
        """Status, length and CRC-64 of an object; a signature of version 1 made here."""
        date = formatdate(usegmt=True)
        text = f"{method}\n\n\n{date}\n/examplebucket/{key}"
        mac = base64.b64encode(hmac.new(KEY_SECRET.encode(), text.encode(), hashlib.sha1).digest()).decode()
        connection = http.client.HTTPConnection(self.host, timeout=60)
        connection.request(method, f"/examplebucket/{key}",
                           headers={"Date": date, "Authorization": f"OSS {KEY_ID}:{mac}"})
        response = connection.getresponse()
        length, total = 0, 0
        while block := response.read(4 * MIB):
            length += len(block)
            total = crc64(block, total)
        connection.close()
        return response.status, length, total


def command(emulator, source, key, *options):
    return [UPLOAD, "--endpoint", emulator.url, "--region", "cn-hangzhou", "--json", *options, source,
            f"oss://examplebucket/{key}"]


def upload(emulator, source, key, *options, stdin=None):
    """Runs oss-upload. Returns exit code, what it printed, peak resident memory in MiB."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(command(emulator, source, key, *options), env=ENV, stdin=stdin, stdout=out, stderr=err)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        text = out.read()
        told = json.loads(text) if text.strip() else {}
        told["stderr"] = err.read().decode()
        return process.returncode, told, usage.ru_maxrss / 1024


def expect(condition, text):
    if not condition:
        raise AssertionError(text)


@contextlib.contextmanager
def pipe_of(path):
    """The file through a pipe."""
    feeder = subprocess.Popen(["cat", path], stdout=subprocess.PIPE)
    try:
        yield feeder.stdout
    finally:
        feeder.stdout.close()
        feeder.wait()


# --- the runs --------------------------------------------------------------------------------------------------------

def memory(folder, quick):
    """A large file, and the same on standard input, in little memory."""
    size = 96 * MIB if quick else 5 * 1024 * MIB
    path = os.path.join(folder, "large")
    make_file(path, size)
    wanted = str(crc64_of_file(path))
    with Emulator("--discard") as emulator:
        code, told, peak = upload(emulator, path, "file", "--parallel", "8")
        expect(code == 0 and told["crc64"] == wanted, f"file: exit {code}, {told}")
        expect(peak <= 48, f"file: {peak:.1f} MiB")
        print(f"memory: {size // MIB} MiB from a file: {peak:.1f} MiB at the peak (48 promised), {told['seconds']:.1f} s")
        with pipe_of(path) as stdin:
            code, told, peak = upload(emulator, "-", "stream", "--parallel", "8", stdin=stdin)
        expect(code == 0 and told["crc64"] == wanted, f"stdin: exit {code}, {told}")
        expect(peak <= 8 * 8 + 48, f"stdin: {peak:.1f} MiB")
        print(f"memory: {size // MIB} MiB on stdin: {peak:.1f} MiB at the peak (112 promised), {told['seconds']:.1f} s")


def sizes(folder, quick):
    """Sizes around the limits, from a file and from a pipe, by put and in parts."""
    part = 100 * 1024 if quick else 8 * MIB
    cases = [0, 1, 100 * 1024 - 1, 100 * 1024, part - 1, part, part + 1, 2 * part, 3 * part + 1]
    path = os.path.join(folder, "sized")
    with Emulator() as emulator:
        for size in cases:
            make_file(path, size)
            wanted = crc64_of_file(path)
            for options in ([], ["--threshold", "0"]):
                options = ["--part-size", str(part), *options]
                code, told, _ = upload(emulator, path, "k", *options)
                expect(code == 0 and told["crc64"] == str(wanted), f"{size} {options}: exit {code}, {told}")
                expect(emulator.get("k") == (200, size, wanted), f"{size} {options}: stored otherwise")
                with pipe_of(path) as stdin:
                    code, told, _ = upload(emulator, "-", "k", *options, "--expect-size", str(size), stdin=stdin)
                expect(code == 0 and told["crc64"] == str(wanted), f"{size} {options} stdin: exit {code}, {told}")
                expect(emulator.get("k") == (200, size, wanted), f"{size} {options} stdin: stored otherwise")
    print(f"sizes: {', '.join(map(str, cases))} bytes are stored as they were")
    if quick:
        return
    make_file(path, 10_000 * 100 * 1024)
    with Emulator("--discard") as emulator:
        code, told, _ = upload(emulator, path, "k", "--part-size", "100K", "--threshold", "0", "--parallel", "8")
        expect(code == 0 and told["parts"] == 10_000 and told["crc64"] == str(crc64_of_file(path)), f"{code} {told}")
    print(f"sizes: exactly 10,000 parts in {told['seconds']:.1f} s")


def endless(folder, quick):
    """A stream of unknown length whose parts have to grow."""
    size, options = (800 * MIB, ["--part-size", "100K"]) if quick else (60 * 1024 * MIB, [])
    feeder = subprocess.Popen(["head", "-c", str(size), "/dev/zero"], stdout=subprocess.PIPE)
    with Emulator("--discard") as emulator:
        code, told, peak = upload(emulator, "-", "k", "--parallel", "8", *options, stdin=feeder.stdout)
    feeder.stdout.close()
    feeder.wait()
    expect(code == 0 and told["bytes"] == size, f"exit {code}, {told}")
    zeros, total, left = bytes(4 * MIB), 0, size
    while left:
        total = crc64(zeros[:min(left, len(zeros))], total)
        left -= min(left, len(zeros))
    expect(told["crc64"] == str(total), f"CRC-64 {told['crc64']}, not {total}")
    print(f"endless: a stream of {size // MIB} MiB in {told['parts']} parts, {peak:.1f} MiB at the peak, "
          f"{told['seconds']:.1f} s")


def kill(folder, quick):
    """kill -9 at random moments, started again each time."""
    size, kills, part, rate = (24 * MIB, 6, "256K", "16M") if quick else (1024 * MIB, 50, "1M", "72M")
    path, saved = os.path.join(folder, "killed"), os.path.join(folder, "checkpoint")
    make_file(path, size)
    wanted = crc64_of_file(path)
    chance = random.Random(20240607)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Reply)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with Emulator() as emulator:
        options = ["--checkpoint", saved, "--part-size", part, "--parallel", "4", "--threshold", "0", "--callback-url",
                   f"http://127.0.0.1:{server.server_port}/", "--callback-body", "object=${object}"]
        after_kill = []
        for number in range(kills):
            process = subprocess.Popen(command(emulator, path, "k", *options, "--rate", rate), env=ENV,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(chance.uniform(0.02, 0.4))
                raise AssertionError(f"ended by itself before kill {number}: {process.stderr.read()}")
            process.kill()
            process.wait()
            notice = process.stderr.read().decode()
            process.stderr.close()
            expect(not notice, f"after kill {number}: {notice}")
            if os.path.exists(saved):
                with open(saved) as f:
                    state = json.load(f)["state"]
                counts = {u["uploadId"]: u["received"] for u in emulator.ask("uploads")}
                after_kill.append((state, counts[state["upload"]["upload_id"]]))
        expect(not emulator.ask("callbacks"), "a callback before the end")
        code, told, _ = upload(emulator, path, "k", *options)
        expect(code == 0 and told["crc64"] == str(wanted), f"exit {code}, {told}")
        expect(quick or told["resumed_parts"] > told["parts"] / 8, f"hardly anything was resumed: {told}")
        expect(emulator.get("k") == (200, size, wanted), "stored otherwise")
        expect(len(emulator.ask("callbacks")) == 1, "not one callback")
        expect(not os.path.exists(saved), "the checkpoint is still there")
        expect(not emulator.left_open(), "parts are left")
        at_end = {u["uploadId"]: u["received"] for u in emulator.ask("uploads")}
        for state, counts in after_kill:
            now = at_end[state["upload"]["upload_id"]]
            for p in state["parts"]:
                n = str(p["number"])
                expect(now[n] == counts[n], f"part {n} was sent again although the checkpoint had it")
        sent = sum(n for u in at_end.values() for n in u.values())
    server.shutdown()
    print(f"kill: {kills} kills of an upload of {size // MIB} MiB: identical, one callback, no part of a checkpoint sent "
          f"again; {sent} parts sent for {told['parts']}, {told['resumed_parts']} of them before the last run")


class Reply(http.server.BaseHTTPRequestHandler):
    """An application server that is content with everything."""
    status = 200

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        body = b'{"ok":true}'
        self.send_response(self.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Unwilling(Reply):
    status = 500


def faults(folder, quick):
    """Seeded faults in every part, and the completion's answer lost."""
    size, part, runs = (6 * MIB, "256K", 8) if quick else (200 * MIB, "8M", 100)
    path = os.path.join(folder, "faulty")
    make_file(path, size)
    wanted = crc64_of_file(path)
    for attempts in ("3", "8"):
        count = {"stored": 0, "failed": 0, "unknown": 0, "retries": 0}
        for seed in range(1, runs + 1):
            plan = (f"seed={seed};on=upload_part,chance=10%,reset;on=upload_part,chance=10%,status=503;"
                    "on=upload_part,chance=5%,wrong-crc;on=upload_part,chance=5%,lost-answer;"
                    "on=complete_multipart_upload,lost-answer,once")
            with Emulator("--fault", plan) as emulator:
                code, told, _ = upload(emulator, path, "k", "--part-size", part, "--threshold", "0", "--attempts", attempts)
                status, length, total = emulator.get("k")
                left = emulator.left_open()
            if code == 0:
                expect(told["crc64"] == str(wanted), f"seed {seed}: {told}")
                expect((status, length, total) == (200, size, wanted), f"seed {seed}: reported stored, but is not")
                expect(not left, f"seed {seed}: parts left by an upload that succeeded")
                count["stored"] += 1
                count["retries"] += told["retries"]
            else:
                expect(code in (1, 4), f"seed {seed}: exit {code}, {told}")
                expect(told.get("error"), f"seed {seed}: no error told")
                expect(code == 4 or status == 404, f"seed {seed}: stored, but reported as not stored")
                expect(not left or left == [told["upload_id"]], f"seed {seed}: parts left without a word")
                count["failed" if code == 1 else "unknown"] += 1
        expect(attempts == "3" or count["stored"] > runs * 0.9, f"{attempts} attempts: {count}")
        print(f"faults: {runs} uploads of {size // MIB} MiB, {attempts} attempts a request: {count['stored']} stored and "
              f"identical after {count['retries']} retries, {count['failed']} true errors, {count['unknown']} unknown")


def callback(folder, quick):
    """Callbacks of uploads in parts end as those of puts do."""
    path = os.path.join(folder, "called")
    make_file(path, 3 * MIB)
    servers = {kind: http.server.ThreadingHTTPServer(("127.0.0.1", 0), kind) for kind in (Reply, Unwilling)}
    for server in servers.values():
        threading.Thread(target=server.serve_forever, daemon=True).start()
    with Emulator() as emulator:
        for options in (["--threshold", "1G"], ["--threshold", "0", "--part-size", "1M"]):
            for kind, code_wanted, status in ((Reply, 0, "delivered"), (Unwilling, 3, "failed")):
                for source in (path, "-"):
                    with open(path, "rb") as stdin, pipe_of(path) as pipe:
                        code, told, _ = upload(
                            emulator, source, "k", *options, "--callback-url",
                            f"http://127.0.0.1:{servers[kind].server_port}/", "--callback-body",
                            "object=${object}&user=${x:user}", "--callback-var", "user=7",
                            stdin=pipe if source == "-" else stdin)
                    expect(code == code_wanted and told["callback"]["status"] == status, f"{options}: {code} {told}")
                    expect(emulator.get("k")[0] == 200, "not stored")
        bodies = {c["body"] for c in emulator.ask("callbacks")}
        expect(bodies == {"object=k&user=7"}, bodies)
    for server in servers.values():
        server.shutdown()
    print("callback: put and parts, file and stdin: 0 when delivered, 3 when it failed, stored in each case")


def disk(folder, quick):
    """A file that is not in the page cache never stalls the loop."""
    size = 128 * MIB if quick else 4 * 1024 * MIB
    path = os.path.join(folder, "cold")
    make_cold_file(path, size)
    with Emulator("--discard") as emulator:
        done = subprocess.run([TICKS, emulator.url, "cn-hangzhou", "examplebucket", path], env=ENV, capture_output=True,
                              check=False)
    expect(done.returncode == 0, done.stderr.decode())
    told = json.loads(done.stdout)
    expect(quick or told["cached_share"] < 0.01, f"the file could not be dropped from the page cache: {told}")
    expect(told["p50_ms"] <= 20 if quick else told["p99_ms"] <= 5, f"{told}")
    cached = f"{100 * told['cached_share']:.0f} % of it cached"
    print(f"disk: {size // MIB} MiB, {cached}, in {told['seconds']:.1f} s; {told['ticks']} ticks "
          f"late by {told['p50_ms']:.2f} ms (median), {told['p99_ms']:.2f} ms (99 %), {told['max_ms']:.2f} ms (most); "
          f"those of an idle thread by {told['alone_p99_ms']:.2f} ms (99 %)")


def stop(folder, quick):
    """Ctrl-C and SIGHUP: remove what was sent, or keep it for a checkpoint."""
    path, saved = os.path.join(folder, "stopped"), os.path.join(folder, "stop.ckpt")
    make_file(path, 16 * MIB)
    with Emulator() as emulator:
        for by, options, parts_stay in ((signal.SIGINT, [], False), (signal.SIGHUP, ["--checkpoint", saved], True)):
            process = subprocess.Popen(
                command(emulator, path, "k", "--part-size", "1M", "--threshold", "0", "--rate", "8M", *options), env=ENV,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL))
            while not any(len(u["received"]) > 3 for u in emulator.ask("uploads") if u["state"] == "open"):
                time.sleep(0.05)
            began = time.monotonic()
            process.send_signal(by)
            out, notices = process.communicate(timeout=20)
            told = json.loads(out)
            expect(process.returncode == 1, f"exit {process.returncode}")
            expect(told["outcome"] == "not stored" and told["reason"] == "cancelled", f"{told}")
            expect(b"stopping; complete parts " + (b"stay" if parts_stay else b"are removed") in notices, f"{notices}")
            expect(time.monotonic() - began < 5, "it took too long to stop")
            expect(emulator.left_open() == ([told["upload_id"]] if parts_stay else []), f"{options}: {told}")
        code, told, _ = upload(emulator, path, "k", "--part-size", "1M", "--threshold", "0", "--checkpoint", saved)
        expect(code == 0 and told["resumed_parts"] > 3, f"{code} {told}")
        expect(emulator.get("k") == (200, 16 * MIB, crc64_of_file(path)), "stored otherwise")
    print("stop: Ctrl-C removes the parts, or keeps them for the checkpoint")


RUNS = {"memory": memory, "sizes": sizes, "endless": endless, "kill": kill, "faults": faults, "callback": callback,
        "disk": disk, "stop": stop}

if __name__ == "__main__":
    arguments = [a for a in sys.argv[1:] if a != "--quick"]
    if len(arguments) < 3 or any(a not in RUNS for a in arguments[3:]):
        sys.exit(__doc__)
    UPLOAD, EMULATOR, TICKS = arguments[:3]
    failed = False
    for name in arguments[3:] or RUNS:
        with tempfile.TemporaryDirectory() as scratch:
            try:
                RUNS[name](scratch, "--quick" in sys.argv)
            except (AssertionError, subprocess.SubprocessError) as problem:
                failed = True
                print(f"{name}: FAILED: {problem}")
        sys.stdout.flush()
    sys.exit(failed)
