#!/usr/bin/env python3
"""Uses ossify as another project would.

run.py subproject SOURCE_ROOT WORK_DIR MESON          a Meson project with ossify in its subprojects/ folder
run.py installed BUILD_DIR WORK_DIR MESON CXX...      an installed copy, found through pkg-config
"""

import os
import shutil
import subprocess
import sys

PROJECT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "project")


def run(*command, **more):
    print("$ " + " ".join(command), flush=True)
    return subprocess.run(command, check=True, text=True, **more)


def subproject(source_root, work_dir, meson):
    shutil.copytree(PROJECT, work_dir)
    os.mkdir(os.path.join(work_dir, "subprojects"))
    os.symlink(source_root, os.path.join(work_dir, "subprojects", "ossify"))
    build_dir = os.path.join(work_dir, "build")
    run(meson, "setup", build_dir, work_dir, "-Ddebug=false", "-Doptimization=0", "--force-fallback-for=ossify")
    tests = run(meson, "introspect", "--tests", build_dir, capture_output=True).stdout
    assert "unit" not in tests, "a subproject must not build ossify's own tests"
    run(meson, "test", "-C", build_dir, "--print-errorlogs")


def installed(build_dir, work_dir, meson, *cxx):
    stage = os.path.join(work_dir, "stage")
    run(meson, "install", "-C", build_dir, "--no-rebuild", "--quiet", "--destdir", stage)
    config = [os.path.join(d, f) for d, _, files in os.walk(stage) for f in files if f == "ossify.pc"]
    assert len(config) == 1, f"ossify.pc installed: {config}"
    with open(config[0], encoding="utf-8") as file:
        assert stage not in file.read(), "ossify.pc names the staging folder"
    prefix = next(p for p in parents(config[0]) if os.path.isdir(os.path.join(p, "include", "ossify")))
    # only the staged copy, and the system's own files for what it requires
    found = run("pkg-config", f"--define-variable=prefix={prefix}", "--cflags", "--libs", "ossify", capture_output=True,
                env={**os.environ, "PKG_CONFIG_PATH": os.path.dirname(config[0])}).stdout.split()
    print("  " + " ".join(found))
    program = os.path.join(work_dir, "consumer")
    run(*cxx, "-std=c++20", os.path.join(PROJECT, "main.cpp"), "-o", program, *found)
    run(program)


def parents(path):
    while (path := os.path.dirname(path)) != os.path.dirname(path):
        yield path


if __name__ == "__main__":
    mode, where, work_dir, *rest = sys.argv[1:]
    shutil.rmtree(work_dir, ignore_errors=True)
    os.makedirs(os.path.dirname(work_dir), exist_ok=True)
    {"subproject": subproject, "installed": installed}[mode](where, work_dir, *rest)
