#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Take apart what programs of the kit wrote to one console.

Reads the files that are named, or standard input. Lines of other origin do no
harm, nor does what a console puts before or behind a line. Prints one result
for each program, by the Test Anything Protocol; the exit status is 1 if one
failed, ended too early, or was alone where it should have been one of several:
without a switch it has shown nothing. Nor has a loop that nobody interrupted:
the last result is about all programs, and fails if none was preempted.
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
# Notes before loops in which only an interrupt can let others run.
LOOPS = re.compile(r"loops .*round \d+ of \d+$")
EXIT_CAME_BACK = "exit came back"
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
        self.loops = 0                  # notes before loops
        self.preempted = 0              # so often others wrote in these
        self.in_loops = False

    def interrupt(self) -> None:
        """Others wrote since this program's last line."""
        self.others += 1
        self.preempted += self.in_loops

    def add(self, line: str) -> None:
        self.in_loops = False
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
            self.in_loops = bool(LOOPS.match(match[2]))
            self.loops += self.in_loops
            if match[2] == EXIT_CAME_BACK:
                self.problems.append(f"not ok: {match[2]}")
            elif not PROGRESS.match(match[2]):
                self.notes.append(match[2])

    def judge(self, several: bool) -> list[str]:
        problems = list(self.problems)
        if not self.progress and not self.planned and not self.results:
            return ["it wrote nothing: was it started, and its first "
                    "instruction executed?"]
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
        if known and last != name:
            program.interrupt()
        program.add(line.rstrip("\r\n"))
        last = name
    return programs


def kind(name: str) -> str:
    return name.split("-")[0]


def result(number: int, name: str, problems: list[str], what: str) -> bool:
    print(f"{'not ok' if problems else 'ok'} {number} - {name}: {what}")
    for line in problems:
        print(f"# {line}")
    return not problems


def report_preemption(number: int, programs: list[Program],
                      none: bool) -> bool:
    """Did anybody write while one of @programs was in its loops?"""
    seen = sum(program.preempted for program in programs)
    what = f"others wrote during loops {seen} times"
    if none and not seen:
        what += " # SKIP the kernel has none"
    return result(number, "preemption", [] if seen or none else [
        "nobody ran during the loops: no preemption was seen",
        "is there a timer, and does its interrupt switch? ROUNDS=10 makes "
        "the", "loops longer; a kernel that has no preemption: "
        "--no-preemption"], what)


def report(programs: dict[str, Program], no_preemption: bool) -> int:
    several = [p for p in programs.values() if kind(p.name) in SEVERAL]
    looping = [p for p in several if p.loops]
    good = bool(programs)
    for number, program in enumerate(programs.values(), 1):
        good &= result(number, program.name,
                       program.judge(program in several and len(several) > 1),
                       f"{program.results} results, others between them "
                       f"{program.others} times")
        for line in program.skipped:
            print(f"# skipped: {line}")
    count = len(programs)
    if len(looping) > 1:
        count += 1
        good &= report_preemption(count, looping, no_preemption)
    print(f"1..{count}")
    if not programs:
        print("# no program of the kit wrote anything")
    return 0 if good else 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", metavar="FILE",
                        help="what a console showed (else standard input)")
    parser.add_argument("--expect", metavar="NAME,NAME...", default="",
                        help="programs that were started: one that wrote "
                        "nothing has failed")
    parser.add_argument("--no-preemption", action="store_true",
                        help="the kernel has none: that none is seen is no "
                        "failure")
    args = parser.parse_args()
    lines: list[str] = []
    try:
        for path in args.files:
            with open(path, encoding="utf-8", errors="replace") as file:
                lines += file
    except OSError as error:
        print(f"summary.py: {error.filename}: {error.strerror}",
              file=sys.stderr)
        return 2
    programs = read(lines if args.files else sys.stdin)
    for name in filter(None, args.expect.split(",")):
        programs.setdefault(name, Program(name))
    return report(programs, args.no_preemption)


if __name__ == "__main__":
    sys.exit(main())
