#!/usr/bin/env python3
"""Compiles cases that must fail with the sentences of their first lines, and their twins, which must compile.

usage: run.py FOLDER COMPILER [ARGUMENTS]

A case begins with `// expect: TEXT`, for every compiler, and may go on with more of them, or with `// expect-gcc: TEXT`.
With `// expect-gcc12: TEXT` alone it is a case for GCC 12 only. With -DPOSITIVE it is its own twin. Prints TAP.
"""
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile


def squeeze(text):
    """Compilers break and escape what they print in their own ways."""
    return re.sub(r"[\s\\]+", " ", text)


def sentences(case, marks):
    """What the compiler must print, and whether the case has sentences at all."""
    wanted, found = [], False
    for line in case.read_text().splitlines():
        kind, _, text = line.partition(": ")
        if kind not in ("// expect", "// expect-gcc", "// expect-gcc12"):
            break
        found = True
        if kind in marks:
            wanted.append(text)
    return wanted, found


def check(case, command, marks):
    """What is wrong with a case, or nothing."""
    wanted, found = sentences(case, marks)
    if not found:
        return "the first line says what the compiler must print: // expect: TEXT"
    twin = subprocess.run([*command, "-DPOSITIVE", case], capture_output=True, text=True)
    if twin.returncode != 0:
        return "its twin must compile\n" + twin.stderr
    if not wanted:
        return None  # another compiler's case
    bad = subprocess.run([*command, case], capture_output=True, text=True)
    if bad.returncode == 0:
        return "it must not compile"
    for text in wanted:
        if squeeze(text) not in squeeze(bad.stderr):
            return f"the compiler does not say: {text}\n{bad.stderr}"
    return None


def main():
    folder, compiler = pathlib.Path(sys.argv[1]), sys.argv[2:]
    version = subprocess.run([*compiler, "--version"], capture_output=True, text=True, check=True).stdout
    is_gcc = "clang" not in version
    marks = {"// expect"}
    if is_gcc:
        major = subprocess.run([*compiler, "-dumpversion"], capture_output=True, text=True, check=True).stdout
        marks |= {"// expect-gcc"} | ({"// expect-gcc12"} if int(major.split(".")[0]) <= 12 else set())
    cases = sorted(folder.glob("*.cpp"))
    print(f"1..{len(cases)}", flush=True)
    failed = 0
    with tempfile.TemporaryDirectory() as made, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        header = os.path.join(made, "prelude.hpp")
        compiled = header + (".gch" if is_gcc else ".pch")
        subprocess.run([*compiler, "-x", "c++-header", folder / "prelude.hpp", "-o", compiled], check=True)
        use = ["-include", header] if is_gcc else ["-include-pch", compiled]
        command = [*compiler, "-fsyntax-only", *use]
        for n, (case, wrong) in enumerate(zip(cases, pool.map(lambda c: check(c, command, marks), cases)), 1):
            print(f"{'not ' if wrong else ''}ok {n} {case.stem}", flush=True)
            for line in (wrong or "").splitlines()[:30]:
                print("#", line, flush=True)
            failed += wrong is not None
    sys.exit(1 if failed else 0)


main()
