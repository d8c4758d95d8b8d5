#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Compile everything once more with warnings as errors, and miss nothing.

The build itself does not stop at a warning, so that a newer compiler than
the one at hand does not keep anyone from running loom. A source file that
no meson.build names is found here too.
"""

import argparse
import concurrent.futures
import json
import os
import shlex
import subprocess
import sys

import tap

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FOLDERS = ("weft", "loom", "user", "benches", "tests/boot", "tests/user")


def compile_one(entry: dict) -> tuple[str, list[str]]:
    words = shlex.split(entry["command"])
    words[words.index("-o") + 1] = "/dev/null"
    for option in ("-MF", "-MQ"):
        if option in words:
            at = words.index(option)
            del words[at:at + 2]
    words = [word for word in words if word != "-MD"]
    # What clang has to say it says before it makes code; gcc needs that, too.
    if "clang" in os.path.basename(words[0]) and entry["file"].endswith(".c"):
        words.append("-fsyntax-only")
    done = subprocess.run(words + ["-Werror", "-fno-diagnostics-color"],
                          cwd=entry["directory"], text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    name = os.path.normpath(os.path.join(entry["directory"], entry["file"]))
    return name, done.stdout.splitlines()[:20] if done.returncode else []


def forgotten(compiled: set[str]) -> list[str]:
    """The source files in the tree that were not compiled."""
    found = []
    for folder in FOLDERS:
        for path, _, names in os.walk(os.path.join(ROOT, folder)):
            found += [os.path.join(path, name) for name in sorted(names)
                      if name.endswith((".c", ".S"))]
    return [f"{os.path.relpath(path, ROOT)}: not in its meson.build"
            for path in found if path not in compiled]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", help="a build directory")
    parser.add_argument("--kernel", action="store_true", help="it has nothing "
                        "but a kernel: other files are compiled elsewhere")
    args = parser.parse_args()
    path = os.path.join(args.directory, "compile_commands.json")
    with open(path, encoding="utf-8") as file:
        entries = json.load(file)
    report = tap.Writer()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = list(pool.map(compile_one, entries))
    problems = [line for _, lines in results for line in lines]
    report.result(f"{len(results)} files compile without a warning", problems)
    if not args.kernel:
        report.result("every source file is in the build",
                      forgotten({name for name, _ in results}))
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
