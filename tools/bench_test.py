#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Check that the figures of ./bench can be relied on; prints TAP.

    repeats   two runs give the same figures, and rounds are all alike
    trace     a trace has as many instructions as were counted, of the kernel
              and of each program
    flat      a call and a yield cost the same whatever else there is
    flat-long the same, with 4096 processes
    check     the budgets are met, and README tells the figures
"""

import argparse
import itertools
import os
import statistics
import sys
from typing import Callable, Iterator

import bench
import bench_count
import bench_ops
import bench_report
import bench_trace
import build
import tap
from bench_count import Counted, Said
from bench_report import Results

VARIANT = build.name("gcc", False)
README = os.path.join(build.ROOT, "README.md")
NEAR = 0.1          # of operations that vary one may differ by so much
APART = 2000        # instructions of a batch that interrupts do not explain
PLACES = 8          # instructions that a yield of two may save
RARE = 0.1          # of the batches, where memory is split or joined


def names() -> list[str]:
    """All that benches/ops runs, and those that parts are taken of."""
    operations = bench_ops.read()
    return list(dict.fromkeys(
        [o.name for o in operations if o.by_program()] +
        [o.source() for o in operations if o.source()]))


def repeats(report: tap.Writer) -> None:
    one, two = (bench_count.on_loom(VARIANT, names()) for _ in range(2))
    for name in names():
        report.result(f"{name} takes the same again",
                      compare(one.operations[name], two.operations[name]))
    for operation in bench_ops.read():
        if operation.name in one.operations and not operation.varies:
            counted = one.operations[operation.name]
            report.result(f"{operation.name} is played in one way",
                          ways(counted.batches))
    report.result("a second way would be found",
                  [] if ways([50000] * 50 + [55000] * 10)
                  else ["it was not"])
    boots = [bench_count.boot_loom(VARIANT) for _ in range(2)]
    report.result("the boot takes the same again",
                  [] if boots[0] == boots[1] else [f"{boots}"])
    floors = [bench_count.floors(VARIANT) for _ in range(2)]
    report.result("the floors are the same again",
                  [] if floors[0] == floors[1] else [f"{floors}"])


def compare(one: Counted, two: Counted) -> list[str]:
    return [f"batch {number}: {a} and {b}" for number, (a, b) in
            enumerate(zip(one.batches + one.rest, two.batches + two.rest))
            if a != b]


def ways(batches: list[int]) -> list[str]:
    """The median says nothing if there are two kinds of rounds."""
    usual = statistics.median(batches)
    others = [batch for batch in batches if abs(batch - usual) > APART]
    return [] if len(others) <= RARE * len(batches) else \
        [f"batches are {usual:g}, but also {others}"]


def trace(report: tap.Writer) -> None:
    """Two boots of the same program: one counts, one is traced."""
    counting = bench_count.on_loom(VARIANT, names())
    tracing = bench_count.traced(VARIANT, names())
    varies = {o.name for o in bench_ops.read() if o.varies}
    for name in names():
        counted = tracing.operations.get(name)
        if not counted or not counted.trace:
            continue
        if counted.ticks:
            report.result(f"{name}: every tick is an instruction of the "
                          "trace", ticks(counted))
        report.result(f"{name}: the trace is what was counted", list(
            differs(counting.operations[name], name in varies, counted)))
    report.result("a trace that lacks a line would be found",
                  [] if ticks(shorter(tracing)) else ["it was not"])


def ticks(counted: Counted) -> list[str]:
    assert counted.trace
    if counted.ticks == counted.trace.ticks:
        return []
    return [f"{counted.ticks} ticks, {counted.trace.ticks} lines"]


def shorter(said: Said) -> Counted:
    """The first of the traces, without one of its lines."""
    first = next(iter(said.operations.values()))
    assert first.trace
    return Counted(first.rounds, first.each, first.loop, [], [], first.ticks,
                   bench_trace.Trace(first.trace.ticks - 1, []))


def differs(counting: Counted, varies: bool,
            traced: Counted) -> Iterator[str]:
    assert traced.trace
    whole = traced.trace.shortest()
    kernel = len(bench_trace.in_kernel(whole)) / traced.each
    user = len(whole) - len(bench_trace.in_kernel(whole))
    near = NEAR * counting.typical() if varies else 0
    if abs(kernel - counting.typical()) > near:
        yield f"traced {kernel}, counted {counting.typical()}"
    # What an operation faults at is there twice; an interrupt has no loop.
    if not varies and traced.ticks and user != traced.loop:
        yield f"{user} user instructions in a round, the loops have " \
            f"{traced.loop}"


def flat(report: tap.Writer, counts: tuple[int, ...]) -> None:
    """
    What is there but not used costs not one instruction. Two that yield to one
    another take each other's place, which is a little less than to go behind
    others.
    """
    found: dict[str, set[int]] = {}
    pair: set[int] = set()
    for what, count in itertools.product(("flat", "descriptors"), counts):
        said = bench_count.on_loom(VARIANT, [what, str(count)],
                                   bench_count.LARGE)
        for (name, _), cost in said.flat.items():
            if (name, count) == ("yield", 2):
                pair.add(cost)
            else:
                found.setdefault(name, set()).add(cost)
    for name, costs in found.items():
        report.result(f"{name} costs the same with {counts[0]} and "
                      f"{counts[-1]}", one(costs))
    gain = min(found["yield"]) - max(pair)
    report.result(f"a yield of two saves up to {PLACES}",
                  [] if 0 <= gain <= PLACES else [f"it saves {gain}"])
    report.result("a call costs the same if others are ready",
                  one(found["null-asleep"] | found["null-ready"]))


def one(costs: set[int]) -> list[str]:
    return [] if len(costs) == 1 else [f"instructions: {sorted(costs)}"]


def check(report: tap.Writer) -> None:
    operations = bench_ops.read()
    results = Results(operations, VARIANT)
    bench.measure(results, operations, False)
    results.floors = bench_count.floors(VARIANT)
    by_operation(report, results)
    report.result("README has these figures, but for 5%",
                  stale(list(bench_report.markdown(results))))
    report.result("the rule is kept: three may miss, each by 15%",
                  results.verdict())


def stale(rows: list[str]) -> list[str]:
    """What README's table says otherwise, or has not."""
    with open(README, encoding="utf-8") as file:
        said = {line.split("|")[1].strip(): line.rstrip() for line in file
                if line.startswith("| ")}
    problems = []
    for row in rows[2:]:
        had = said.get(row.split("|")[1].strip())
        if had is None or not near(had, row):
            problems.append(f"{had or 'nothing'} is now {row}")
    return problems


def near(one: str, two: str) -> bool:
    """The same cells, numbers within a twentieth."""
    words = one.split(), two.split()
    return len(words[0]) == len(words[1]) and \
        all(a == b or abs(value(a) - value(b)) <= value(b) / 20
            for a, b in zip(*words))


def value(word: str) -> float:
    try:
        return float(word.replace(",", ""))
    except ValueError:
        return float("nan")


def by_operation(report: tap.Writer, results: Results) -> None:
    """For the reader; the rule decides."""
    for operation in results.measured():
        figure = results.figures[operation.name]
        if operation.budget and bench_ops.excess(figure, operation.budget):
            print(f"# {operation.name}: {figure}, budget "
                  f"{operation.budget}")
    bad = dict.fromkeys(results.figures, (1e12, 1e12, 1e12))
    report.result("figures above their budgets would be found",
                  [] if bench_ops.verdict(bad, results.operations)
                  else ["they were not"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    tests: dict[str, Callable[[tap.Writer], None]] = {
        "repeats": repeats, "trace": trace, "check": check,
        "flat": lambda report: flat(report, (2, 64, 512)),
        "flat-long": lambda report: flat(report, (2, 4096))}
    parser.add_argument("what", choices=tests)
    report = tap.Writer()
    tests[parser.parse_args().what](report)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
