# SPDX-License-Identifier: MIT
"""The raw files of a traced kernel, and the names of what is in them.

loom/trace/trace.c writes the files, docs/tracing.md describes them. Numbers
of events are taken from the headers that the kernel is built with, names of
system calls from its table, names of functions from its ELF file.
"""

import bisect
import glob
import heapq
import os
import re
import signal
import struct
from typing import Callable, Iterator, NamedTuple

import build

RECORD = struct.Struct("<QQQQ")
EVENT_SHIFT = 56
MAGIC = int.from_bytes(b"LOOMTRC1", "little")
CHUNK = RECORD.size * 4096
STT_FUNC, STT_FILE = 2, 4

# Exception classes (ESR_EL1.EC), as in include/weft/arch.h.
CLASSES = {
    0x00: "undefined", 0x01: "WFx", 0x07: "FP trap", 0x09: "PAuth trap",
    0x0d: "branch target", 0x0e: "illegal state", 0x15: "SVC",
    0x18: "system register", 0x19: "SVE trap", 0x1c: "PAuth failure",
    0x1d: "SME trap", 0x22: "pc alignment", 0x26: "sp alignment",
    0x2c: "FP exception", 0x2f: "SError", 0x30: "breakpoint",
    0x32: "single step", 0x34: "watchpoint", 0x3c: "BRK"}
INSTRUCTION_ABORTS = (0x20, 0x21)
DATA_ABORTS = (0x24, 0x25)
WRITE = 1 << 6          # ISS.WnR
MAINTENANCE = 1 << 8    # ISS.CM: WnR is 1 whatever it is


class TraceError(Exception):
    """The raw files are none; the text says why, in one line."""


class Event(NamedTuple):
    ns: int             # since the counter was 0; no two of a CPU are equal
    cpu: int
    name: str           # as the headers have it, without prefix
    task: int           # address of who runs, or whom the event is about
    a: int
    b: int


def read(path: str) -> str:
    with open(os.path.join(build.ROOT, path), encoding="utf-8") as file:
        return file.read()


def event_names() -> dict[int, str]:
    """Number to name, of weft's events and of loom's."""
    weft = read("include/weft/trace.h")
    names = {int(number): name for name, number in re.findall(
        r"^#define WEFT_TRACE_(\w+)\t+(\d+)\t", weft, re.M)}
    first = next(number for number, name in names.items() if name == "CLIENT")
    body = re.search(r"^enum trace_event \{(.*?)^\};",
                     read("loom/trace/trace.h"), re.M | re.S)
    loom = re.findall(r"\bTRACE_(\w+)(?: =[^,]*)?,",
                      re.sub(r"/\*.*?\*/", "", body[1] if body else "",
                             flags=re.S))
    names.update(enumerate(loom, first))
    return names


def call_names() -> dict[int, str]:
    """Of system calls: Linux's, and loom's own."""
    names = {int(number): name for number, name in re.findall(
        r"^\t(?:HAVE|NONE)\((\d+), (\w+)\)", read("loom/syscall/list.h"),
        re.M)}
    for name, number in re.findall(r"^#define LOOM_SYS_(\w+)\t+(\d+)$",
                                   read("include/loom/abi.h"), re.M):
        names[int(number)] = "loom_" + name.lower()
    return names


def signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def exception(esr: int) -> tuple[str, str]:
    """Category and name of a synchronous exception."""
    ec = esr >> 26 & 0x3f
    if ec in INSTRUCTION_ABORTS + DATA_ABORTS and esr & 0x3f < 0x10:
        return "fault", "page fault"
    if ec in INSTRUCTION_ABORTS + DATA_ABORTS:
        return "trap", "alignment" if esr & 0x3f == 0x21 else "external abort"
    return "trap", CLASSES.get(ec, f"exception class {ec:#x}")


def access(esr: int) -> str:
    """What a page fault was for."""
    if esr >> 26 & 0x3f in INSTRUCTION_ABORTS:
        return "execute"
    return "write" if esr & WRITE and not esr & MAINTENANCE else "read"


class Symbols:
    """The functions of an ELF file; of static ones also their source file."""

    def __init__(self, path: str) -> None:
        self.starts: list[int] = []
        self.names: list[str] = []
        with open(path, "rb") as file:
            data = file.read()
        found = sorted(self.functions(data))
        for start, name in found:
            self.starts.append(start)
            self.names.append(name)

    @staticmethod
    def functions(data: bytes) -> Iterator[tuple[int, str]]:
        start, = struct.unpack_from("<Q", data, 0x28)
        size, count = struct.unpack_from("<HH", data, 0x3a)
        heads = [struct.unpack_from("<IIQQQQII", data, start + i * size)
                 for i in range(count)]
        for head in heads:
            if head[1] != 2:        # SHT_SYMTAB
                continue
            strings = heads[head[6]][4]
            source = ""
            for at in range(head[4], head[4] + head[5], 24):
                name, info, _, _, value, _ = struct.unpack_from(
                    "<IBBHQQ", data, at)
                end = data.index(b"\0", strings + name)
                text = data[strings + name:end].decode("utf-8", "replace")
                if info & 15 == STT_FILE:
                    source = os.path.basename(text)
                elif info & 15 == STT_FUNC:
                    yield value, f"{text} ({source})" if info >> 4 == 0 \
                        and source else text

    def name(self, address: int) -> str:
        at = bisect.bisect_right(self.starts, address) - 1
        return self.names[at].partition(".")[0] + (
            self.names[at][self.names[at].index(" ("):]
            if " (" in self.names[at] else "") if at >= 0 else f"{address:#x}"


class RawFile:
    """The events of one CPU."""

    def __init__(self, path: str, names: dict[int, str]) -> None:
        self.path = path
        self.names = names
        self.cpu = int(path.rpartition(".")[2])
        self.left_over = 0      # bytes of a record that was cut off
        with open(path, "rb") as file:
            head = file.read(RECORD.size)
        if len(head) < RECORD.size:
            raise TraceError(f"{path} is empty")
        when, _, magic, self.frequency = RECORD.unpack(head)
        if magic != MAGIC or names.get(when >> EVENT_SHIFT) != "BEGIN" or \
                not self.frequency:
            raise TraceError(f"{path} is no trace of this kernel")

    def events(self, progress: Callable[[int], None]) -> Iterator[Event]:
        mask = (1 << EVENT_SHIFT) - 1
        scale = 1_000_000_000
        last = -1
        for record in self.records(progress):
            when, task, a, b = record
            # The counter moves by several ns: what happened in one of its
            # ticks is a nanosecond apart, in its order.
            ns = max((when & mask) * scale // self.frequency, last + 1)
            last = ns
            name = self.names.get(when >> EVENT_SHIFT)
            if name is None:
                raise TraceError(f"{self.path} has an event that is unknown: "
                                 f"{when >> EVENT_SHIFT}")
            yield Event(ns, self.cpu, name, task, a, b)

    def records(self, progress: Callable[[int], None]
                ) -> Iterator[tuple[int, int, int, int]]:
        with open(self.path, "rb") as file:
            while data := file.read(CHUNK):
                self.left_over = len(data) % RECORD.size
                progress(len(data))
                whole = len(data) - self.left_over
                yield from RECORD.iter_unpack(data[:whole])


def raw_files(folder: str) -> list[RawFile]:
    names = event_names()
    paths = [path for path in glob.glob(os.path.join(folder, "trace.*"))
             if re.fullmatch(r"trace\.\d+", os.path.basename(path)) and
             os.path.getsize(path)]
    if not paths:
        raise TraceError("the kernel recorded nothing")
    return sorted((RawFile(path, names) for path in paths),
                  key=lambda file: file.cpu)


def merged(files: list[RawFile],
           progress: Callable[[int], None]) -> Iterator[Event]:
    """The events of all CPUs, in the order of their times."""
    return heapq.merge(*(file.events(progress) for file in files))
