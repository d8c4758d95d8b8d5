#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Run the same programs on Linux and on loom, and compare.

Linux is Debian's kernel for arm64 (debian.py), on the same machine in QEMU,
with the same initramfs and the same init. Both are booted once, at the same
time; the program runlist of tests/user runs all commands, one after the other:
the scripts of tests/sessions, whose output must be the same line by line, and
the programs of tests/user, whose results must be. What tests/user/commands
marks with "only" is not for Linux.

Time is counted in instructions: to sleep costs nothing, and what else this
system does changes no order of events. What runlist prints has a channel of
its own, and the console is the programs': they may hang it up or set it as
they like.
"""

import argparse
import concurrent.futures
import difflib
import os
import re
import sys
import tempfile
from typing import Iterator, NamedTuple

import build
import debian
import machine
import mkinitramfs
import tap
import user_tests
import watch

SESSIONS = os.path.join(build.ROOT, "tests/sessions")
LIMIT = 300         # seconds for one command; it only detects a hang
SILENCE = 200.0     # seconds of processor time without a line
# 16 ns an instruction, on CPUs with all that QEMU knows.
BOARD = machine.Machine(cpu="max", icount=True, shift=4)
LINUX_WORDS = ["console=ttyAMA0", "quiet", "loglevel=0", "panic=-1",
               "rdinit=/bin/init", "mitigations=off", "audit=0"]
# Another serial line for what the programs say: /dev/ttyS0.
RESULTS = ["-chardev", "stdio,id=results",
           "-device", "pci-serial,chardev=results"]
SHOWN = 30          # lines of a difference

# A line that a script prints before each of its parts.
STEP = re.compile(r"== (.*)")


class Command(NamedTuple):
    name: str
    words: list[str]
    session: bool       # compared by line; else by the results


class Ran(NamedTuple):
    status: str         # "status N" or "late"
    lines: list[str]
    seconds: int = 0


# ---- what is run ------------------------------------------------------

def commands() -> Iterator[Command]:
    for name in sorted(os.listdir(SESSIONS)):
        shell = {"ash": "/bin/sh", "bash": "/bin/bash"}.get(
            name.partition(".")[0].partition("-")[0])
        if shell:
            yield Command(name, [shell, f"/sessions/{name}"], True)
    for words in user_tests.commands(skip="only"):
        yield Command(" ".join(words), [f"/test/{words[0]}", *words[1:]],
                      False)


def archive(wanted: list[Command], variant: str,
            streams: list[str]) -> bytes:
    """Everything that either kernel needs, as one initramfs."""
    out = mkinitramfs.Archive()
    debian.add_programs(out, debian.have("programs", tries=False))
    out.add_tree("/sessions", SESSIONS)
    text = "".join(f"{LIMIT} {' '.join(c.words)}\n" for c in wanted)
    out.add_file("/run/list", text.encode(), 0o644)
    records = [*streams, "/test/runlist", "/run/list"]
    out.add_file("/run/argv", "".join(f"{r}\0" for r in records).encode(),
                 0o644)
    data = b""
    for part in build.INITRAMFS, build.TESTS:
        with open(os.path.join(build.directory(variant), part), "rb") as file:
            data += file.read()
    return data + out.to_bytes()


# ---- the two kernels --------------------------------------------------

def boot(kernel: str, initrd: bytes, words: list[str],
         arguments: list[str]) -> list[str]:
    """Run a kernel until the list is done; returns all lines."""
    with tempfile.TemporaryDirectory(prefix="loom-linux-") as scratch:
        path = os.path.join(scratch, "initrd")
        with open(path, "wb") as file:
            file.write(initrd)
        ended = watch.run(BOARD.command(kernel, path, words) + arguments +
                          ["-serial", "file:console.log", "-monitor", "none"],
                          scratch, SILENCE,
                          lambda line: line.startswith("@all "))
        if ended.why.startswith("@all "):
            return ended.lines
        how = ended.why or f"ended with status {ended.status}"
        return ended.lines + [f"QEMU {how}", *console(scratch)]


def console(scratch: str) -> list[str]:
    """What a kernel said."""
    try:
        with open(os.path.join(scratch, "console.log"), encoding="utf-8",
                  errors="replace") as file:
            return file.read().splitlines()
    except OSError:
        return []


def linux(wanted: list[Command], variant: str) -> list[str]:
    kernel = os.path.join(debian.have("linux", tries=False), "vmlinuz")
    initrd = archive(wanted, variant, ["/dev/null", *["/dev/ttyS0"] * 2])
    return boot(kernel, initrd, LINUX_WORDS, RESULTS)


def loom(wanted: list[Command], variant: str) -> list[str]:
    kernel = os.path.join(build.directory(variant), build.IMAGE)
    initrd = archive(wanted, variant,
                     ["/dev/null", "/dev/hostout", "/dev/hosterr"])
    return boot(kernel, initrd, ["loom.host=semihosting", "loom.run"], [])


def both(wanted: list[Command], variant: str) -> tuple[list[str], list[str]]:
    """What Linux says and what loom says; they run side by side."""
    with concurrent.futures.ProcessPoolExecutor(2) as pool:
        theirs, ours = (pool.submit(kernel, wanted, variant)
                        for kernel in (linux, loom))
        return theirs.result(), ours.result()


def results(lines: list[str]) -> "dict[int, Ran]":
    """What runlist printed, by the number of the command."""
    found: dict[int, Ran] = {}
    number, text = 0, []
    for line in lines:
        words = line.split()
        if line.startswith("@begin "):
            number, text = int(words[1]), []
        elif line.startswith("|"):
            text.append(line[1:])
        elif line == "~":
            text.append("(no newline)")
        elif line.startswith("@end "):
            found[number] = Ran(" ".join(words[3:]), text, int(words[2]))
            number = 0
    if number:
        found[number] = Ran("did not end", text)
    return found


# ---- the comparison ---------------------------------------------------

def steps(lines: list[str]) -> "dict[str, list[str]]":
    """The lines of each part of a script's output."""
    found: dict[str, list[str]] = {}
    name = "its start"
    for line in lines:
        match = STEP.fullmatch(line)
        if match:
            name = match[1]
        else:
            found.setdefault(name, []).append(line)
    return found


def difference(theirs: list[str], ours: list[str]) -> list[str]:
    lines = difflib.unified_diff(theirs, ours, "Linux", "loom", n=1,
                                 lineterm="")
    return list(lines)[:SHOWN]


def compare_session(report: tap.Writer, name: str, theirs: Ran,
                    ours: Ran) -> None:
    wanted, had = steps(theirs.lines), steps(ours.lines)
    for step in dict.fromkeys([*wanted, *had]):
        report.result(f"{name}: {step}", difference(wanted.get(step, []),
                                                    had.get(step, [])))
    report.result(f"{name}: ends alike", difference([theirs.status],
                                                    [ours.status]))


def told(ran: Ran) -> "list[tuple[str, bool]]":
    """Name of each result, and whether it failed: skipping is no matter."""
    return [(each.name, each.state == "failed")
            for each in tap.parse("\n".join(ran.lines))]


def compare_program(report: tap.Writer, name: str, theirs: Ran,
                    ours: Ran) -> None:
    if f"status {user_tests.SKIPPED}" in (theirs.status, ours.status):
        report.skip(name, "this machine cannot show it")
        return
    problems = difference([theirs.status], [ours.status])
    if any(line.startswith("1..") for line in theirs.lines):
        problems += difference(*([f"{'not ok' if bad else 'ok'} {each}"
                                  for each, bad in told(ran)]
                                 for ran in (theirs, ours)))
    if theirs.status != "status 0":
        problems += ["Linux:", *tap.telling(theirs.lines)]
    if problems:
        problems += ["loom:", *tap.telling(ours.lines)]
    report.result(f"{name}: as on Linux", problems)


def compare(report: tap.Writer, wanted: list[Command], theirs: list[str],
            ours: list[str]) -> None:
    linux_ran, loom_ran = results(theirs), results(ours)
    for number, command in enumerate(wanted, 1):
        if number not in linux_ran or number not in loom_ran:
            report.result(command.name, ["it was not run on both"])
            continue
        check = compare_session if command.session else compare_program
        check(report, command.name, linux_ran[number], loom_ran[number])
    for name, lines in ("Linux", theirs), ("loom", ours):
        done = any(line.startswith("@all ") for line in lines)
        report.result(f"{name} comes to the end of the list",
                      [] if done else lines[-tap.TAIL:])


def show(wanted: list[Command], ran: "dict[int, Ran]") -> None:
    for number, command in enumerate(wanted, 1):
        each = ran.get(number, Ran("was not run", []))
        print(f"--- {command.name}: {each.status}, {each.seconds} s")
        print("\n".join(each.lines))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", action="append", metavar="NAME",
                        help="only the programs and scripts of this name")
    parser.add_argument("--show", choices=("linux", "loom"),
                        help="print what one of them says, no comparison")
    parser.add_argument("--repeat", type=int, default=1, metavar="N",
                        help="run everything so often")
    parser.add_argument("--variant", default=build.name("gcc", False),
                        help="the build directory of loom")
    args = parser.parse_args()
    wanted = [c for c in commands()
              if not args.only or c.name.split()[0] in args.only] * args.repeat
    if args.show:
        kernel = linux if args.show == "linux" else loom
        show(wanted, results(kernel(wanted, args.variant)))
        return 0
    report = tap.Writer()
    try:
        compare(report, wanted, *both(wanted, args.variant))
    except debian.Unavailable as error:
        report.skip("the same on Linux and loom", str(error))
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
