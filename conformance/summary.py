#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Take apart what programs of the kit wrote to one console.

Reads the files that are named, or standard input. Lines of other origin do no
harm, nor does what a console puts before or behind a line. Prints one result
for each program, by the Test Anything Protocol; the exit status is 1 if one
failed, ended too early, or was alone where it should have been one of several:
without a switch it has shown nothing.
"""

import argparse
import re
import sys
from typing import Iterable

NAME = r"([a-z]+-\d+)"
RESULT = re.compile(rf"(not )?ok \d+ - {NAME}: (.*?)(?: # (SKIP.*))?$")
PLAN = re.compile(rf"1\.\.(\d+) # {NAME}")
NOTE = re.compile(rf"# {NAME}: (.*)")
# Notes that are about no result.
PROGRESS = re.compile(r"needs |checks |writes$|.*round \d+ of \d+$")
# Programs that are to run beside others.
SEVERAL = ("general", "registers", "scalable")


class Program:
    """What one program wrote."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.planned = 0
        self.results = 0
        self.problems: list[str] = []
        self.skipped: list[str] = []
        self.notes: list[str] = []      # since the last result
        self.progress = ""              # the last note
        self.others = 0                 # so often others wrote in between

    def add(self, line: str) -> None:
        if match := RESULT.search(line):
            self.results += 1
            if match[1]:
                self.problems += [*self.notes, f"not ok: {match[3]}"]
            elif match[4]:
                self.skipped.append(match[3])
            self.notes = []
        elif match := PLAN.search(line):
            self.planned += int(match[1])
        elif match := NOTE.search(line):
            self.progress = match[2]
            if not PROGRESS.match(match[2]):
                self.notes.append(match[2])

    def judge(self, several: bool) -> list[str]:
        problems = list(self.problems)
        if not self.planned:
            problems.append("there is no plan (1..N)")
        elif self.results != self.planned:
            problems += [f"{self.results} results of {self.planned}: it ended "
                         "early", f"the last it said: {self.progress}"]
        if several and not self.others:
            problems.append("nobody wrote between its lines: it was not "
                            "switched away from")
        return problems


def name_of(line: str) -> str:
    match = RESULT.search(line)
    if match:
        return match[2]
    match = PLAN.search(line)
    if match:
        return match[2]
    match = NOTE.search(line)
    return match[1] if match else ""


def read(lines: Iterable[str]) -> dict[str, Program]:
    programs: dict[str, Program] = {}
    last = ""
    for line in lines:
        name = name_of(line.rstrip("\r\n"))
        if not name:
            continue
        known = name in programs
        program = programs.setdefault(name, Program(name))
        program.others += known and last != name
        program.add(line.rstrip("\r\n"))
        last = name
    return programs


def kind(name: str) -> str:
    return name.split("-")[0]


def report(programs: dict[str, Program]) -> int:
    kinds = [kind(name) for name in programs if kind(name) in SEVERAL]
    failed = 0
    for number, program in enumerate(programs.values(), 1):
        problems = program.judge(kind(program.name) in SEVERAL and
                                 len(kinds) > 1)
        failed += bool(problems)
        word = "not ok" if problems else "ok"
        print(f"{word} {number} - {program.name}: {program.results} results, "
              f"others between them {program.others} times")
        for line in problems + [f"skipped: {s}" for s in program.skipped]:
            print(f"# {line}")
    print(f"1..{len(programs)}")
    if not programs:
        print("# no program of the kit wrote anything")
    return 1 if failed or not programs else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", metavar="FILE",
                        help="what a console showed (else standard input)")
    args = parser.parse_args()
    lines: list[str] = []
    for path in args.files:
        with open(path, encoding="utf-8", errors="replace") as file:
            lines += file
    return report(read(lines if args.files else sys.stdin))


if __name__ == "__main__":
    sys.exit(main())
