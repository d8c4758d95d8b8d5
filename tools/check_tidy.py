#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Let clang-tidy look at the library, the kernel and the programs.

The checks are those of .clang-tidy, without the analyzer or with --analyzer
only that; what a file is compiled with comes from a build directory of clang.
"""

import argparse
import concurrent.futures
import json
import os
import subprocess
import sys

import tap

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def sources(directory: str) -> list[str]:
    path = os.path.join(directory, "compile_commands.json")
    with open(path, encoding="utf-8") as file:
        entries = json.load(file)
    names = {os.path.normpath(os.path.join(entry["directory"],
                                           entry["file"]))
             for entry in entries}
    return sorted(name for name in names if name.endswith(".c"))


def look_at(directory: str, name: str, analyzer: bool) -> list[str]:
    checks = "-bugprone-*,-performance-*,-misc-*" if analyzer \
        else "-clang-analyzer-*"
    done = subprocess.run(["clang-tidy", "--quiet", f"--checks={checks}", "-p",
                           directory, name], cwd=ROOT, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return done.stdout.splitlines()[:20] if done.returncode else []


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", help="a build directory of clang")
    parser.add_argument("--analyzer", action="store_true",
                        help="run the analyzer, which takes long")
    parser.add_argument("files", nargs="*", help="these files only")
    args = parser.parse_args()
    names = [os.path.abspath(name) for name in args.files] or \
        sources(args.directory)
    report = tap.Writer()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        found = pool.map(
            lambda name: look_at(args.directory, name, args.analyzer), names)
        problems = [line for lines in found for line in lines]
    report.result(f"nothing to say about {len(names)} files", problems)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
