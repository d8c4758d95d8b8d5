#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Make one file for a trace viewer of the raw files of a traced kernel.

./run --trace does this by itself. By hand: DIR has the files trace.0, trace.1
... that the kernel wrote. What is in the result is in docs/tracing.md.
"""

import argparse
import os
import re
import sys
import time
from typing import NamedTuple, Optional

import build
import trace_chrome
import trace_records
from trace_records import TraceError

SHOWN_AFTER = 1.0       # seconds: then a terminal sees how far it is


class Summary(NamedTuple):
    """What is said after a run."""

    events: int
    lost: int
    complete: bool
    cost_ns: float
    cpus: int

    def __str__(self) -> str:
        words = f"{self.events} events, {self.lost} lost"
        if not self.complete:
            words += ", and the end is missing (QEMU was made to end, or " \
                "the disk is full)"
        if self.cost_ns:
            words += f"; an event took {self.cost_ns:.0f} ns of the " \
                "machine's time"
        return words


class Progress:
    """A line on a terminal, if it takes long."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.done = 0
        self.next = time.monotonic() + SHOWN_AFTER
        self.shown = False

    def __call__(self, count: int) -> None:
        self.done += count
        if not sys.stderr.isatty() or time.monotonic() < self.next:
            return
        self.next = time.monotonic() + 0.2
        self.shown = True
        sys.stderr.write(f"\rconverting the trace: "
                         f"{100 * self.done // self.total} %\033[K")
        sys.stderr.flush()

    def finish(self) -> None:
        if self.shown:
            sys.stderr.write("\r\033[K")


def summary(converter: trace_chrome.Converter,
            files: list[trace_records.RawFile]) -> Summary:
    ticks, rounds = converter.cost_ticks
    cost = ticks * 1e9 / files[0].frequency / rounds if rounds else 0.0
    complete = all(file.cpu in converter.ended and not file.left_over
                   for file in files)
    lost = sum(lost for _, lost in converter.ended.values()) if complete \
        else converter.lost
    return Summary(sum(converter.counts.values()), lost, complete, cost,
                   len(files))


def version() -> str:
    text = trace_records.read("include/weft/version.h")
    match = re.search(r'WEFT_VERSION_STRING\s+"([^"]+)"', text)
    return f"loom {match[1]}" if match else "loom"


def convert(folder: str, output: str, elf: Optional[str] = None,
            command: str = "") -> Summary:
    """@output from the raw files in @folder; raises TraceError, OSError."""
    files = trace_records.raw_files(folder)
    progress = Progress(sum(os.path.getsize(file.path) for file in files))
    where = trace_records.Symbols(elf).name if elf else hex
    with open(output, "w", encoding="utf-8") as file:
        out = trace_chrome.Output(file)
        converter = trace_chrome.Converter(out, where)
        try:
            converter.convert(trace_records.merged(files, progress))
        finally:
            progress.finish()
        result = summary(converter, files)
        out.finish({
            "events": result.events, "lost": result.lost,
            "complete": result.complete, "cpus": result.cpus,
            "cost_ns": round(result.cost_ns, 3), "gaps": converter.gaps,
            "kernel": version(), "command": command,
            "counts": dict(sorted(converter.counts.items())),
            "counters": dict(sorted(converter.counters.items()))})
    return result


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0],
        epilog="FILE opens at https://ui.perfetto.dev; docs/tracing.md")
    parser.add_argument("folder", metavar="DIR", help="has trace.0 ...")
    parser.add_argument("output", metavar="FILE", help="what to write")
    parser.add_argument("--elf", help="the kernel that made them, for the "
                        "names of its functions")
    args = parser.parse_args()
    try:
        build.say(str(convert(args.folder, args.output, args.elf)))
    except (TraceError, OSError) as error:
        build.say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
