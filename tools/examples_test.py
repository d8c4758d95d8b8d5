#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Build the kernels of examples/ and do what their READMEs say.

Each command in a README (a block that begins with "$ ") is run as it stands,
with the compiler that is asked for and a build directory of its own; it must
print what follows it there, and no more.
"""

import argparse
import os
import re
import shlex
import subprocess
import sys
import tempfile
from typing import NamedTuple

import tap

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
EXAMPLES = os.path.join(ROOT, "examples")
COMPILERS = {
    "gcc": ["CC=aarch64-linux-gnu-gcc"],
    "clang": ["CC=clang --target=aarch64-linux-gnu", "LD=-fuse-ld=lld"],
}
TIMEOUT = 60        # seconds; it only detects a hang
# `preemptive' is fewer lines than this, with all it needs to be understood.
LINES_MAX = 150
LINES_OF = ("preemptive/main.c", "common/start.S", "common/link.ld",
            "common/board.h")


class Command(NamedTuple):
    text: str
    output: list[str]


def commands(readme: str) -> list[Command]:
    """The blocks of @readme that begin with a command."""
    with open(readme, encoding="utf-8") as file:
        text = file.read()
    found = []
    for block in re.findall(r"(?:^(?: {4}.*)?\n)+", text, re.M):
        lines = [line[4:] for line in block.strip("\n").split("\n")]
        if lines[0].startswith("$ "):
            found.append(Command(lines[0][2:], lines[1:]))
    return found


def run(folder: str, command: Command, compiler: str) -> list[str]:
    """What is wrong with the outcome of @command."""
    with tempfile.TemporaryDirectory(prefix="weft-example-") as scratch:
        words = [*shlex.split(command.text), f"OUT={scratch}",
                 "WARN=-Werror", *COMPILERS[compiler]]
        try:
            done = subprocess.run(words, cwd=folder, timeout=TIMEOUT,
                                  stdin=subprocess.DEVNULL, text=True,
                                  stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, check=False)
        except subprocess.TimeoutExpired as late:
            text = (late.stdout or b"").decode("utf-8", "replace")
            return [f"not done after {TIMEOUT} s:", *text.splitlines()]
    output = [line.rstrip() for line in done.stdout.splitlines()]
    if done.returncode:
        return [f"exit status {done.returncode}:", *output]
    if output != command.output:
        return ["the README says:", *command.output, "but it printed:",
                *output]
    return []


def line_count() -> list[str]:
    count = 0
    for path in LINES_OF:
        with open(os.path.join(EXAMPLES, path), encoding="utf-8") as file:
            count += len(file.readlines())
    return [f"{count} lines"] if count >= LINES_MAX else []


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("compiler", choices=sorted(COMPILERS))
    parser.add_argument("example", nargs="*", help="all if none is named")
    args = parser.parse_args()
    report = tap.Writer()
    names = args.example or sorted(
        name for name in os.listdir(EXAMPLES)
        if os.path.exists(os.path.join(EXAMPLES, name, "Makefile")))
    for name in names:
        folder = os.path.join(EXAMPLES, name)
        found = commands(os.path.join(folder, "README.md"))
        if not found:
            report.result(f"{name}: its README has a command",
                          ["it has none"])
        for command in found:
            report.result(f"{name}: {command.text}",
                          run(folder, command, args.compiler))
    report.result(f"preemptive is under {LINES_MAX} lines", line_count())
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
