#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Compile weft with the oldest and the newest compiler, warnings as errors.

Each file by itself with -Iinclude and the flags that docs/adopting.md names,
with and without assertions and optimization. Without the flag that keeps C
code out of the vector registers no C file compiles: it would spoil programs'
FP state quietly.
"""

import argparse
import concurrent.futures
import itertools
import os
import subprocess
import sys
from typing import Iterator

import compilers
import tap
from compilers import C_WARNINGS, FLAGS, LINUX_FLAGS, ROOT, WARNINGS, Compiler

LEVELS = ("-O0", "-O2", "-Os")
STANDARDS = ("-std=c11", "-std=c2x")
SWITCHES = ("USER", "FP", "SVE", "TLS", "PAUTH", "ASID")
PURE = "-mgeneral-regs-only"


def compile_one(command: list[str]) -> list[str]:
    """What the compiler says if it does not take the file."""
    done = subprocess.run(command, cwd=ROOT, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.stdout.splitlines()[:20] or [
        f"{' '.join(command)}: no output"] if done.returncode else []


def command(compiler: Compiler, path: str, flags: list[str]) -> list[str]:
    words = [*compiler.command(), "-Iinclude", *WARNINGS, *FLAGS,
             *LINUX_FLAGS, *flags, "-c", path, "-o", "/dev/null"]
    return words + C_WARNINGS if path.endswith(".c") else words


def variants(path: str) -> Iterator[list[str]]:
    """Flags that make a difference to the file at @path."""
    if path.endswith(".S"):
        yield []
        return
    for level, debug in itertools.product(LEVELS, (0, 1)):
        yield [level, f"-DWEFT_DEBUG={debug}"]
    for standard in STANDARDS:
        yield ["-O2", standard, "-pedantic"]


def problems_of(commands: list[list[str]]) -> list[str]:
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return [line for lines in pool.map(compile_one, commands)
                for line in lines]


def check(report: tap.Writer, compiler: Compiler) -> None:
    own = [os.path.relpath(path, ROOT) for path in compilers.sources()]
    files = own + [os.path.relpath(path, ROOT)
                   for path in compilers.default_hooks()]
    commands = [command(compiler, path, flags)
                for path in files for flags in variants(path)]
    report.result(f"{compiler.name()}: {len(files)} files, {len(commands)} "
                  "compilations without a warning", problems_of(commands))
    off = [f"-DWEFT_{name}=0" for name in SWITCHES]
    commands = [command(compiler, path, ["-O2", *off]) for path in files]
    report.result(f"{compiler.name()}: the same with every switch off",
                  problems_of(commands))
    report.result(f"{compiler.name()}: no C file without {PURE}",
                  not_refused(compiler, [path for path in own
                                         if path.endswith(".c")]))


def not_refused(compiler: Compiler, files: list[str]) -> list[str]:
    """Files that compile, or fail for another reason, without the flag."""
    problems = []
    for path in files:
        words = [word for word in command(compiler, path, ["-O2"])
                 if word != PURE]
        said = compile_one(words)
        if not any(PURE in line for line in said):
            problems.append(f"{path}: does not include flags.h?")
            problems += said
    return problems


def self_test() -> list[str]:
    """A warning is seen: the command that all of this rests on."""
    compiler = compilers.usual("gcc")
    words = command(compiler, "x.c", ["-O2"])
    words[words.index("x.c"):words.index("x.c") + 1] = ["-x", "c", "-"]
    done = subprocess.run(words, cwd=ROOT, text=True, capture_output=True,
                          input="void f(int a);\nvoid f(int a) {}\n",
                          check=False)
    return [] if done.returncode else ["an unused parameter passed"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("family", nargs="?", choices=compilers.OLDEST)
    args = parser.parse_args()
    report = tap.Writer()
    report.result("a warning would be seen", self_test())
    for family in compilers.OLDEST:
        if args.family not in (None, family):
            continue
        found = compilers.ends(family)
        for compiler in found:
            check(report, compiler)
        if len(found) < 2:
            report.skip(f"{family}: oldest and newest",
                        f"{len(found)} of its versions installed")
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
