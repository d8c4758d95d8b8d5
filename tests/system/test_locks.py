# SPDX-License-Identifier: MIT
"""What debug builds know of locks: /proc/loom/locks, limits and rules."""

import os
import re

import bare
from loom import OPTIONS, ROOT, expect, run

DEBUG = "--debug" in OPTIONS
PROC = "/proc/loom/locks"


def ranks() -> "list[str]":
    """Of enum lock_rank, in order."""
    path = os.path.join(ROOT, "loom/lib/lock.h")
    with open(path, encoding="utf-8") as file:
        text = re.search(r"enum lock_rank \{(.*?)\};", file.read(), re.S)[1]
    return [name.lower() for name in re.findall(r"^\tRANK_(\w+),", text, re.M)
            if name not in ("NONE", "COUNT")]


def table(text: str) -> "dict[str, list[int]]":
    rows = (line.split() for line in text.splitlines()[1:])
    return {row[0]: [int(word) for word in row[1:]]
            for row in rows if len(row) == 5}


def test_proc() -> None:
    """A line for each rank, with what happened; two about interrupts."""
    done = run("--", "/bin/cat", PROC, PROC)
    if not DEBUG:
        expect(done.status == 1 and "No such file" in done.err.decode(),
               done)
        return
    expect(done.status == 0, done)
    text = done.out.decode()
    print(text)
    parts = text.split("rank ")[1:]
    expect(len(parts) == 2, "two tables")
    first, second = (table(part) for part in parts)
    expect(list(first) == ranks(), (list(first), ranks()))
    expect(parts[0].splitlines()[0].split() ==
           ["taken", "contended", "wait_ns", "hold_ns"], parts[0])
    for name in "runq", "fdtable", "page", "aspace":
        expect(first[name][0] > 0 and first[name][3] > 0, name)
        expect(second[name][0] >= first[name][0], name)
    expect(second["fdtable"][0] > first["fdtable"][0], "the read counts")
    for what in "irqs_masked_ns", "handler_ns":
        found = re.search(rf"^{what} ([0-9]+) (\w+)$", text, re.M)
        expect(found and int(found[1]) > 0, what)


def test_masked() -> None:
    """loom.irqoff_limit: who masks interrupts for longer is named."""
    ended = bare.boot_tests("test.crash=masked", "loom.irqoff_limit=200000")
    if not DEBUG:
        expect(ended.said == "panic nobody minds\n", ended.said)
        return
    expect(re.fullmatch(r"panic interrupts masked for 3[0-9]{5} us by "
                        r"mask_for_long, lock test-lock\n", ended.said),
           ended.said)
    ended = bare.boot_tests("test.crash=masked", "loom.irqoff_limit=9000000")
    expect(ended.said == "panic nobody minds\n", ended.said)


def test_handler() -> None:
    """A lock that interrupts never take, taken by a handler, is named."""
    ended = bare.boot_tests("test.crash=handler")
    if not DEBUG:
        expect(ended.said == "panic nobody minds\n", ended.said)
        return
    expect(re.fullmatch(r"panic lock test-lock \(rank [0-9]+\): taken by an "
                        r"interrupt's handler\n", ended.said), ended.said)
    expect(" lock_in_handler+" in ended.console, ended.console)
