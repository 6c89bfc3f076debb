#!/usr/bin/env python3
"""Runs a test in Node with the packages that package-lock.json pins: run.py BUILD_FOLDER SCRIPT [ARGUMENT ...]

The packages are installed below BUILD_FOLDER once, whichever test comes first. The script finds them by name and speaks
TAP. Where they cannot be had the test is skipped, but not in CI, where it fails.
"""
import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys


def installed(here, folder):
    """The folder of the packages; raises when they cannot be installed."""
    pins = [here / "package.json", here / "package-lock.json"]
    wanted = hashlib.sha256(b"".join(pin.read_bytes() for pin in pins)).hexdigest()
    folder.mkdir(parents=True, exist_ok=True)
    mark = folder / "installed"
    with open(folder / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not mark.exists() or mark.read_text(encoding="ascii") != wanted:
            mark.unlink(missing_ok=True)
            for pin in pins:
                shutil.copy(pin, folder)
            # no scripts of others run here: none of the packages needs one
            subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], cwd=folder,
                           check=True, timeout=240, stdout=sys.stderr)
            mark.write_text(wanted, encoding="ascii")
    return folder / "node_modules"


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    build, script, *arguments = sys.argv[1:]
    try:
        modules = installed(pathlib.Path(__file__).resolve().parent, pathlib.Path(build).resolve())
        node = shutil.which("node") or sys.exit("node: not found")
    except (OSError, subprocess.SubprocessError) as why:
        if os.environ.get("CI"):
            sys.exit(f"the packages of tests/node cannot be installed: {why}")
        print(f"1..0 # SKIP the packages of tests/node cannot be installed: {why}")
        return
    os.environ["NODE_PATH"] = str(modules)
    os.execv(node, [node, script, *arguments])


if __name__ == "__main__":
    main()
