# SPDX-License-Identifier: MIT
"""Every instruction of one operation, in the order of execution.

A program calls trace_on(), looks at the counter, does a few rounds of the
operation, looks again, and calls trace_off(). A debugger on QEMU's remote
protocol stops it there; between the two QEMU writes down each translated
block that it executes, one instruction a block. That is as exact as stepping
by the debugger, because every instruction is a line; it is a hundred times
quicker, and interrupts go on. Two lines are none: a block that QEMU entered
and left at once, which it says with "Stopped execution", and an instruction
that faults, which is there again when it is repeated. So the lines between
the two looks must be as many as the counter says: ./test bench.trace.

While QEMU is stopped its clock goes on to the next tick: an interrupt comes
when it goes on. So the shortest round has none; and to see one, it is enough
to call trace_on() and trace_off().
"""

import collections
import itertools
import os
import re
import threading
from typing import Iterator, NamedTuple

import remote

# Trace 0: host-address [cs_base/pc/flags/cflags] symbol
LINE = re.compile(r"^Trace \d+: \S+ \[[0-9a-f]+/([0-9a-f]+)/")
STOPPED = re.compile(r"^Stopped execution of TB chain before \S+ "
                     r"\[([0-9a-f]+)\]")
KERNEL = 1 << 63
PATIENCE = 300.0    # seconds for QEMU to come to a label


class Labels(NamedTuple):
    """Addresses in the program."""

    on: int             # trace_on
    off: int            # trace_off
    begin: int          # of each round
    end: int            # of the last


class Trace(NamedTuple):
    ticks: int          # executed between the two looks at the counter
    rounds: list[list[int]]     # addresses, interrupts and user code too

    def shortest(self) -> list[int]:
        return min(self.rounds, key=len)


def executed(lines: Iterator[str]) -> list[int]:
    """The addresses of the instructions that @lines tell of."""
    pcs: list[int] = []
    for line in lines:
        match = LINE.match(line)
        if match:
            pcs.append(int(match[1], 16))
            continue
        match = STOPPED.match(line)
        if match and pcs and pcs[-1] == int(match[1], 16):
            pcs.pop()
    return pcs


def in_kernel(pcs: list[int]) -> list[int]:
    return [pc for pc in pcs if pc & KERNEL]


def visit_lengths(pcs: list[int]) -> list[int]:
    """How many instructions each visit to the kernel takes."""
    kinds = itertools.groupby(pcs, lambda pc: bool(pc & KERNEL))
    return [len(list(visit)) for kernel, visit in kinds if kernel]


def cut(pcs: list[int], labels: Labels, looks: set[int]) -> Trace:
    """@looks: addresses of the program that read the counter."""
    at = [i for i, pc in enumerate(pcs) if pc in looks]
    first, last = at[:2] if len(at) > 1 else (0, 0)
    starts = [i for i, pc in enumerate(pcs) if pc == labels.begin]
    if labels.begin == labels.on:
        starts = [0]
    end = pcs.index(labels.end) if labels.end in pcs else len(pcs)
    faults = sum(a == b for a, b in visits(pcs[first:last]))
    ends = starts[1:] + [end]
    return Trace(last - first - faults,
                 [pcs[a:b] for a, b in zip(starts, ends)])


def visits(pcs: list[int]) -> Iterator[tuple[int, int]]:
    """Of each visit to the kernel: where it came from, where it went."""
    before = 0
    for last, pc in zip(pcs, pcs[1:]):
        if pc & KERNEL and not last & KERNEL:
            before = last
        if last & KERNEL and not pc & KERNEL:
            yield before, pc


class BootTracer:
    """Counts what is executed from power-on up to the address @until.

    Started before QEMU, whose log is the named pipe @log: a boot has millions
    of lines. What runs before the MMU is on is counted at the addresses that
    the kernel is linked at, from @base on; what the board executes before the
    kernel, by its own.
    """

    BOARD = range(0x40000000, 0x40001000)

    def __init__(self, log: str, base: int, until: int) -> None:
        self.log, self.base, self.until = log, base, until
        self.pcs: "collections.Counter[int]" = collections.Counter()
        self.thread = threading.Thread(target=self.follow, daemon=True)
        self.thread.start()

    def follow(self) -> None:
        moved, last, ended = 0, 0, False
        with open(self.log, encoding="ascii", errors="replace") as file:
            for line in file:
                if ended:
                    continue
                if not line.startswith("Trace"):
                    self.pcs[last] -= line.startswith("Stopped")
                    continue
                pc = int(line.split("/", 2)[1], 16)
                if pc == self.until:
                    ended = True
                    continue
                if not pc & KERNEL and pc not in self.BOARD:
                    moved = moved or pc - self.base
                    pc -= moved
                self.pcs[pc] += 1
                last = pc

    def finish(self) -> "collections.Counter[int]":
        self.thread.join(PATIENCE)
        return self.pcs


class Tracer:
    """Traces what lies between labels, while a machine runs.

    @labels: in the order in which they are come by. Started before QEMU: its
    socket @path listens already. @log is where QEMU writes, empty when this
    is over.
    """

    def __init__(self, path: str, log: str, labels: list[Labels],
                 looks: set[int]) -> None:
        self.path, self.log = path, log
        self.labels, self.looks = labels, looks
        self.traces: list[Trace] = []
        self.error = ""
        self.thread = threading.Thread(target=self.follow, daemon=True)
        self.thread.start()

    def follow(self) -> None:
        try:
            machine = remote.Remote(self.path, PATIENCE)
            for each in self.labels:
                self.traces.append(cut(self.between(machine, each), each,
                                       self.looks))
            machine.detach()
        except (OSError, ValueError, remote.RemoteError) as error:
            self.error = str(error)

    def between(self, machine: remote.Remote, labels: Labels) -> list[int]:
        machine.break_at(labels.on)
        machine.go_on()
        machine.forget(labels.on)
        machine.monitor("singlestep on")
        machine.monitor("log exec,nochain")
        machine.break_at(labels.off)
        machine.go_on()
        machine.forget(labels.off)
        machine.monitor("log none")
        machine.monitor("singlestep off")
        with open(self.log, encoding="ascii", errors="replace") as file:
            pcs = executed(iter(file))
        os.truncate(self.log, 0)
        return pcs

    def finish(self) -> list[Trace]:
        self.thread.join(PATIENCE)
        if self.error or self.thread.is_alive():
            raise remote.RemoteError(self.error or "the trace does not end")
        return self.traces
