#!/usr/bin/env python3
"""Sums up one run of `meson test`: test_summary.py BUILD_DIR EXIT_CODE_OF_MESON

Reads meson-logs/testlog*.json. Prints what failed with its output, one line a suite, and last the closing line
`N passed, N failed, N skipped`. A doctest program counts its test cases; a program whose own last line is such a closing
line, or that speaks TAP, counts what it says; every other test counts one. A test that Meson calls failed counts at least
one failure.
"""

import glob
import json
import os
import re
import subprocess
import sys

DOCTEST = re.compile(r"^\[doctest\] test cases:\s*(\d+)\s*\|\s*(\d+) passed\s*\|\s*(\d+) failed\s*\|\s*(\d+) skipped", re.M)
TAP = re.compile(r"^(not )?ok\b(?:[^#\n]*#\s*(SKIP|TO" r"DO))?", re.M | re.I)
CLOSING = re.compile(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?\s*$", re.M)
GOOD = {"OK", "EXPECTEDFAIL"}
OUTPUT_LINES = 60


def count(test):
    """(passed, failed, skipped) of one entry of Meson's log."""
    if test["result"] == "SKIP":
        return 0, 0, 1
    good = test["result"] in GOOD
    out = test.get("stdout") or ""
    # a doctest program may run doctest once for each of several processes: the last word counts
    if found := DOCTEST.findall(out):
        _, passed, failed, skipped = map(int, found[-1])
    elif found := CLOSING.findall(out):
        passed, failed, skipped = (int(n or 0) for n in found[-1])
    elif found := TAP.findall(out):
        skipped = sum(bool(directive) for _, directive in found)
        failed = sum(bool(bad) and not directive for bad, directive in found)
        passed = len(found) - failed - skipped
    else:
        return (1, 0, 0) if good else (0, 1, 0)
    return passed, failed if good else max(failed, 1), skipped


def suites_of(build_dir):
    """First suite of each test, by name."""
    answer = subprocess.run(["meson", "introspect", "--tests", build_dir], capture_output=True, text=True, check=True)
    return {t["name"]: (t["suite"] or ["other"])[0].split(":")[-1] for t in json.loads(answer.stdout)}


def tail(text):
    lines = (text or "").rstrip().splitlines()
    cut = [f"... {len(lines) - OUTPUT_LINES} lines more in the log"] if len(lines) > OUTPUT_LINES else []
    return cut + lines[-OUTPUT_LINES:]


def main():
    build_dir, meson_exit = sys.argv[1], int(sys.argv[2])
    tests = []
    for path in glob.glob(os.path.join(build_dir, "meson-logs", "testlog*.json")):
        with open(path, encoding="utf-8", errors="replace") as log:
            tests += [json.loads(line) for line in log if line.strip()]
    log_path = os.path.join(build_dir, "logs", "test.log")
    if not tests:
        with open(log_path, encoding="utf-8", errors="replace") as log:
            print("\n".join(tail(log.read())))
        print(f"\nNo test ran. The whole log: {log_path}")
        return meson_exit or 1

    suite_of, totals = suites_of(build_dir), {}
    for test in tests:
        numbers = count(test)
        suite = suite_of.get(test["name"].split(" / ")[-1], "other")
        totals[suite] = [a + b for a, b in zip(totals.get(suite, [0, 0, 0]), numbers)]
        if test["result"] not in GOOD | {"SKIP"}:
            print(f"\n--- {test['name']}: {test['result'].lower()} after {test['duration']:.1f} s, "
                  f"exit {test.get('returncode')}")
            print("\n".join(tail(test.get("stdout")) + tail(test.get("stderr"))))
            print("--- again: " + " ".join(test["command"]))

    print()
    for suite, (passed, failed, skipped) in sorted(totals.items()):
        print(f"  {suite:<14}{passed:>6} passed" + (f", {failed} failed" if failed else "")
              + (f", {skipped} skipped" if skipped else ""))
    passed, failed, skipped = (sum(column) for column in zip(*totals.values()))
    if meson_exit and not failed:
        failed = 1  # Meson saw something that no test reported
        print(f"  meson test ended with {meson_exit}; the whole log: {log_path}")
    slow = sorted(tests, key=lambda t: -t["duration"])[:3]
    print("  slowest: " + ", ".join(f"{t['name'].split(' / ')[-1]} {t['duration']:.1f} s" for t in slow))
    print(f"\n{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
