#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Run the programs of tests/user, each under a loom of its own.

Which, and with what arguments, is in tests/user/commands. They report by
the Test Anything Protocol, or by their exit status alone. Options that are
not listed here go to ./run. With --linux, the commands that are marked so
are run under qemu-aarch64 too, and have to print the same and end the same.
"""

import argparse
import os
import subprocess
import sys
import tempfile

import build
import stuck
import tap

TIMEOUT = 150       # seconds for one program; it only detects a hang
SKIPPED = 77        # exit status: this machine cannot show it
RUN = os.path.join(build.ROOT, "run")
COMMANDS = os.path.join(build.ROOT, "tests/user/commands")


def commands(marked: bool = False, skip: str = "",
             light: bool = False) -> list[list[str]]:
    """The commands to run; @marked: those that qemu-aarch64 can run too,
    @skip: not those that are marked with this word, @light: not with a !.
    """
    found = []
    with open(COMMANDS, encoding="utf-8") as file:
        for line in file:
            words = line.partition("#")[0].split()
            if not words or (light and words[0].endswith("!")):
                continue
            where = words[0].rstrip("!")
            if where != skip and (not marked or where == "linux"):
                found.append(words[1:])
    return found


class Late(subprocess.CompletedProcess):
    """One that had to be ended: status None, and where it was."""

    def __init__(self, command: list[str], output: bytes, errors: bytes,
                 where: list[str]) -> None:
        super().__init__(command, None, output, errors)
        self.where = where


def run(command: list[str],
        timeout: float = TIMEOUT) -> subprocess.CompletedProcess:
    """Run to the end, or to the time limit: Late."""
    with tempfile.TemporaryDirectory() as directory:
        socket = os.path.join(directory, "gdb")
        words = command
        if command[0] == RUN:
            words = [RUN, *stuck.options(socket), *command[1:]]
        with subprocess.Popen(words, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as process:
            try:
                output, errors = process.communicate(timeout=timeout)
            except subprocess.TimeoutExpired:
                where = stuck.report(command, socket) \
                    if command[0] == RUN else []
                process.kill()
                output, errors = process.communicate()
                return Late(command, output, errors, where)
    return subprocess.CompletedProcess(command, process.returncode, output,
                                       errors)


def describe(done: subprocess.CompletedProcess) -> list[str]:
    how = "does not end" if isinstance(done, Late) \
        else f"exit status {done.returncode}"
    output = done.stdout + done.stderr
    lines = output.decode("utf-8", "replace").splitlines()
    lines = [f"{how}: {' '.join(done.args)}"] + tap.telling(lines)
    return lines + done.where if isinstance(done, Late) else lines


def check_status(report: tap.Writer, words: list[str],
                 options: list[str], folder: str = "/test") -> None:
    """One command: each of its results, or one for its exit status."""
    name = " ".join(words)
    done = run([RUN, *options, "--", f"{folder}/{words[0]}", *words[1:]])
    if done.returncode == SKIPPED:
        report.skip(name, "this machine cannot show it")
        return
    output = done.stdout.decode("utf-8", "replace")
    results = tap.parse(output) if "\n1.." in "\n" + output else []
    for result in results:
        if result.state == "skipped":
            report.skip(f"{name}: {result.name}", "by the program")
        elif result.state == "passed":
            report.result(f"{name}: {result.name}")
    failed = [r.name for r in results if r.state == "failed"]
    for each in failed:
        report.result(f"{name}: {each}", describe(done))
    # None: it did not end, which is no success either.
    if not results or (done.returncode != 0 and not failed):
        report.result(name, describe(done) if done.returncode != 0 else [])


def result_of(done: subprocess.CompletedProcess) -> tuple:
    """What must be the same: all but the comments."""
    lines = done.stdout.splitlines()
    return (done.returncode,
            [line for line in lines if not line.startswith(b"#")])


def check_same(report: tap.Writer, words: list[str],
               options: list[str]) -> None:
    ours = run([RUN, *options, "--", f"/test/{words[0]}", *words[1:]])
    folder = build.directory(build.name("gcc", False))
    theirs = run(["qemu-aarch64", f"{folder}/tests/user/{words[0]}",
                  *words[1:]])
    problems = []
    if result_of(ours) != result_of(theirs):
        problems = ["loom:", *describe(ours), "Linux:", *describe(theirs)]
    report.result(f"{' '.join(words)}: as on Linux", problems)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--linux", action="store_true",
                        help="compare with qemu-aarch64")
    parser.add_argument("--light", action="store_true",
                        help="leave out what has a ! in the list")
    parser.add_argument("--only", metavar="NAME", action="append",
                        help="run the commands of these programs only")
    args, options = parser.parse_known_args()
    report = tap.Writer()
    for words in commands(args.linux, light=args.light):
        if not args.only or words[0] in args.only:
            check = check_same if args.linux else check_status
            check(report, words, options)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
