# SPDX-License-Identifier: MIT
"""What ./bench prints: the table, the details of an operation, the JSON."""

import collections
import json
from typing import Any, Iterable, Iterator, Optional

import bench_code
import bench_ops
import bench_trace
from bench_count import Counted
from bench_ops import Figure, Operation

WIDTH = 80


def number(value: float) -> str:
    """With a tenth only where there is one; millions as such."""
    if value >= 1000000:
        return f"{value / 1000000:,.2f} M"
    tenths = round(value * 10) / 10
    return f"{tenths:,.0f}" if tenths == int(tenths) else f"{tenths:,.1f}"


def show(figure: Optional[Figure]) -> str:
    """As a cell of the table; several numbers side by side."""
    if figure is None:
        return "-"
    return " ".join(number(value) for value in figure)


def state(had: Figure, operation: Operation) -> str:
    if operation.budget is None:
        return ""
    over = bench_ops.excess(had, operation.budget)
    if not over:
        return "pass"
    if over <= bench_ops.MISS:
        return f"+{over:.0%}"
    return "FAIL"


def ratio(had: Figure, floor: Optional[float]) -> str:
    if not floor:
        return "-"
    times = had[0] / floor
    return f"{times:,.1f}" if times < 1000 else f"{times:,.0f}"


class Results:
    """All that a run of ./bench has found."""

    def __init__(self, operations: list[Operation], variant: str) -> None:
        self.operations = operations
        self.variant = variant
        self.figures: dict[str, Figure] = {}
        self.counted: dict[str, Counted] = {}
        self.linux: dict[str, Figure] = {}
        self.floors: dict[str, float] = {}
        self.flat: dict[tuple[str, int], int] = {}
        self.linux_flat: dict[tuple[str, int], int] = {}
        self.memory: dict[str, int] = {}
        self.linux_memory: dict[str, int] = {}
        self.calibration = ""
        self.boot: "collections.Counter[int]" = collections.Counter()

    def measured(self) -> list[Operation]:
        return [o for o in self.operations if o.name in self.figures]

    def verdict(self) -> list[str]:
        return bench_ops.verdict(self.figures, self.operations)


# ---- the table --------------------------------------------------------

def table(results: Results) -> Iterator[str]:
    linux = bool(results.linux)
    head = ["instructions", "floor", "ratio", "budget", ""]
    if linux:
        head = ["instructions", "Linux", "floor", "budget", ""]
    yield f"{'operation':<33}" + cells(head, linux)
    for operation in results.measured():
        had = results.figures[operation.name]
        floor = results.floors.get(operation.name)
        shown = show((floor,)) if floor else "-"
        row = [show(had), shown, ratio(had, floor), show(operation.budget),
               state(had, operation)]
        if linux:
            row = [show(had), show(results.linux.get(operation.name)), shown,
                   show(operation.budget), state(had, operation)]
        yield f"{operation.text:<33}" + cells(row, linux)


def markdown(results: Results) -> Iterator[str]:
    """The table as README has it; Linux and seL4 as they are cited."""
    yield "| kernel instructions | Linux | seL4 | loom | floor | budget |"
    yield "|--|--:|--:|--:|--:|--:|"
    for operation in results.measured():
        floor = results.floors.get(operation.name)
        row = [operation.text, operation.linux or "-", operation.sel4 or "-",
               show(results.figures[operation.name]),
               show((floor,)) if floor else "-", show(operation.budget)]
        yield f"| {' | '.join(row)} |"


def cells(words: list[str], linux: bool) -> str:
    widths = (13, 12, 8, 8, 5) if linux else (13, 9, 9, 9, 6)
    return "".join(f"{word:>{width}}" for word, width in zip(words, widths))


def flatness(results: Results) -> Iterator[str]:
    """One line for each thing that should not depend on how many."""
    texts = {"null-asleep": "null call, processes asleep",
             "null-ready": "null call, processes that are ready",
             "yield": "yield, all processes yield",
             "descriptors": "eventfd write and read, descriptors"}
    for what, text in texts.items():
        row = {n: cost for (name, n), cost in results.flat.items()
               if name == what}
        if row:
            yield f"{text} {' '.join(map(str, row))}:"
            yield f"    {' '.join(f'{cost:,}' for cost in row.values())}"
    for name, value in results.memory.items():
        beside = results.linux_memory.get(name)
        yield f"memory of a {name}: {value:,} bytes" + \
            (f" (Linux: {beside:,})" if beside else "")


# ---- one operation ----------------------------------------------------

def details(operation: Operation, results: Results,
            code: bench_code.Code) -> Iterator[str]:
    counted = results.counted.get(operation.name)
    yield f"{operation.text}: {show(results.figures[operation.name])}"
    if operation.linux:
        yield f"  Linux 6.1, SCHED_FIFO: {operation.linux}"
    if operation.sel4:
        yield f"  seL4, FP off / on:     {operation.sel4}"
    if operation.budget:
        yield f"  budget: {show(operation.budget)}, " \
            f"stretch: {show(operation.stretch)}"
    if counted:
        yield from of_batches(operation, counted, results.calibration)
    if counted and counted.trace:
        pcs = bench_trace.in_kernel(counted.trace.shortest())
        if counted.ticks:
            yield f"  traced: of {counted.ticks:,} ticks " \
                f"{counted.trace.ticks:,} are in the trace; a round has " \
                f"{len(pcs):,} in the kernel"
        yield from consists(pcs, counted.each, code)
    if operation.how == "boot":
        yield f"  traced: of {results.figures[operation.name][0]:,.0f} " \
            f"ticks {sum(results.boot.values()):,} are in the trace"
        yield from consists(results.boot, 1, code)


def of_batches(operation: Operation, counted: Counted,
               calibration: str) -> Iterator[str]:
    yield f"  counter: {calibration}; the loops' {counted.loop} " \
        "in user mode a round are"
    yield f"  taken off; batches of {counted.rounds * counted.each}: " \
        f"least {number(counted.one(min(counted.batches)))}, " \
        f"median {number(counted.typical())}, mean {number(counted.mean())}"
    if operation.varies:
        yield f"  the mean counts: {operation.varies}"


def consists(pcs: Iterable[int], share: int,
             code: bench_code.Code) -> Iterator[str]:
    """What kinds of instructions, and of which functions, for each."""
    for kind, count in ordered(code.by_kind(pcs)):
        yield f"  {number(count / share):>10} {kind}"
    yield "  by function:"
    for name, count in code.by_function(pcs).most_common():
        yield f"  {number(count / share):>10} {name}"


def ordered(kinds: Any) -> list[tuple[str, int]]:
    return [(kind, kinds[kind]) for kind in bench_code.KINDS if kinds[kind]]


# ---- for programs -----------------------------------------------------

def plain(figure: Optional[Figure]) -> Any:
    """Numbers as numbers, a single one without a list."""
    if figure is None:
        return None
    values = [int(v) if v == int(v) else v for v in figure]
    return values[0] if len(values) == 1 else values


def as_json(results: Results, code: bench_code.Code) -> str:
    operations = {}
    for operation in results.measured():
        had = results.figures[operation.name]
        entry: dict[str, Any] = {
            "text": operation.text, "instructions": plain(had),
            "floor": results.floors.get(operation.name),
            "budget": plain(operation.budget),
            "stretch": plain(operation.stretch),
            "linux_cited": operation.linux, "sel4_cited": operation.sel4,
            "linux": plain(results.linux.get(operation.name)),
        }
        counted = results.counted.get(operation.name)
        if counted:
            entry["batches"] = counted.batches
            entry["operations_in_a_batch"] = counted.rounds * counted.each
        if counted and counted.trace:
            pcs = bench_trace.in_kernel(counted.trace.shortest())
            share = counted.each
            entry["kinds"] = {k: n / share for k, n in
                              ordered(code.by_kind(pcs))}
            entry["functions"] = {k: n / share for k, n in
                                  code.by_function(pcs).most_common()}
        operations[operation.name] = entry
    flat = [{"what": what, "count": count, "instructions": cost,
             "linux": results.linux_flat.get((what, count))}
            for (what, count), cost in results.flat.items()]
    return json.dumps({"build": results.variant, "operations": operations,
                       "flat": flat, "memory": results.memory,
                       "linux_memory": results.linux_memory}, indent=1) + "\n"
