#!/usr/bin/env python3
"""Builds a benchmark program and runs it: what a benchmark depends on would be built with everything else.

usage: run.py BUILD_ROOT TARGET PROGRAM [ARGUMENTS]
"""
import subprocess
import sys

root, target, *command = sys.argv[1:]
subprocess.run(["ninja", "-C", root, target], check=True)
sys.exit(subprocess.run(command).returncode)
