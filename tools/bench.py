# SPDX-License-Identifier: MIT
"""Count the instructions of loom's operations, and compare with the budgets.

Started by ./bench, which has installed what is needed. docs/bench.md has the
method. The operations and their budgets are in benches/operations.ini, the
programs that are measured in benches/.
"""

import argparse
import os
import subprocess
import sys
from typing import NoReturn

import bench_code
import bench_count
import bench_ops
import bench_plot
import bench_report
import bench_trace
import build
import debian
import machine
import remote
from bench_ops import Operation
from bench_report import Results

DEFAULT = build.name("gcc", False)
TARGETS = [build.IMAGE, build.INITRAMFS, bench_count.ARCHIVE,
           bench_count.FLOOR]
FLAT = [["flat", str(n)] for n in (2, 8, 64, 512, 4096)] + \
    [["descriptors", str(n)] for n in (4, 64, 512, 4000)] + [["memory"]]

EPILOG = """\
NAME is an operation (./bench --list); all of them if none is named. Every
figure is exact and repeats. The exit status is 1 with --check if a budget is
not met: at most three operations may miss theirs, each by 15%; 2 if the
command line is wrong, 125 if something could not be measured.
"""
CANNOT = 125


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        print(f"bench: {message} (see ./bench --help)", file=sys.stderr)
        sys.exit(2)


def parser() -> Parser:
    p = Parser(prog="./bench", allow_abbrev=False, epilog=EPILOG,
               description="Count what loom's operations cost.",
               formatter_class=argparse.RawDescriptionHelpFormatter)
    add = p.add_argument
    add("names", nargs="*", metavar="NAME",
        help="these operations, with what they consist of")
    add("--list", action="store_true", help="print the operations' names")
    add("--trace", metavar="NAME",
        help="print every instruction of one operation")
    add("--check", action="store_true", help="fail if a budget is not met")
    add("--markdown", action="store_true", help="the table as README has it")
    add("--linux", action="store_true",
        help="the same binary on Debian's kernel in the same machine, too")
    add("--flat", action="store_true", help="with 2 to 4096 processes and "
        "descriptors, and the memory that they take")
    add("--json", metavar="FILE", help="write all figures")
    add("--plot", metavar="DIR", help="draw them (with --linux and --flat)")
    add("--compiler", choices=("gcc", "clang"), default="gcc",
        help="what to build with; budgets are for gcc (gcc)")
    return p


# ---- measuring --------------------------------------------------------

def measure(results: Results, wanted: list[Operation],
            trace: bool) -> None:
    """Fill @results with what loom takes."""
    names = [o.name for o in wanted if o.by_program()]
    sources = {o.name: o.source() for o in wanted if o.source()}
    if names:
        counting = bench_count.on_loom(results.variant, names)
        results.calibration = counting.calibration
        results.counted.update(counting.operations)
    for operation in wanted:
        if operation.by_program():
            counted = results.counted[operation.name]
            results.figures[operation.name] = \
                (counted.figure(bool(operation.varies)),)
        elif operation.how == "boot":
            measure_boot(results, operation.name, trace)
    if trace or sources:
        add_traces(results, list(dict.fromkeys(
            (names if trace else []) + list(sources.values()))))
    for operation in wanted:
        if operation.source():
            results.figures[operation.name] = in_trace(results, operation)


def measure_boot(results: Results, name: str, trace: bool) -> None:
    if trace:
        ticks, results.boot = bench_count.boot_traced(results.variant)
    else:
        ticks = bench_count.boot_loom(results.variant)
    results.figures[name] = (float(ticks),)


def add_traces(results: Results, names: list[str]) -> None:
    said = bench_count.traced(results.variant, names)
    for name, counted in said.operations.items():
        known = results.counted.setdefault(name, counted)
        known.ticks, known.trace = counted.ticks, counted.trace


def in_trace(results: Results, operation: Operation) -> bench_ops.Figure:
    """What is found in the trace of another operation."""
    how, source, *which = operation.how.split()
    counted = results.counted[source]
    assert counted.trace
    pcs = counted.trace.shortest()
    if how == "visit":
        return (float(bench_trace.visit_lengths(pcs)[int(which[0])]),)
    kinds = kernel_code(results.variant).by_kind(bench_trace.in_kernel(pcs))
    return tuple(kinds[kind] / counted.each
                 for kind in ("dsb", "isb", "tlbi"))


_codes: dict[str, bench_code.Code] = {}


def kernel_code(variant: str) -> bench_code.Code:
    if variant not in _codes:
        _codes[variant] = bench_code.Code(os.path.join(
            build.directory(variant), build.KERNEL))
    return _codes[variant]


def measure_linux(results: Results, wanted: list[Operation]) -> None:
    names = [o.name for o in wanted
             if o.by_program() and o.linux_has == "yes"]
    said = bench_count.on_linux(results.variant, names)
    for operation in wanted:
        if operation.name in names:
            counted = said.operations[operation.name]
            results.linux[operation.name] = \
                (counted.figure(bool(operation.varies)),)
        elif operation.how == "boot":
            results.linux[operation.name] = \
                (float(bench_count.boot_linux(results.variant)),)


def measure_flat(results: Results, linux: bool) -> None:
    """With ever more processes and descriptors; and their memory."""
    for words in FLAT:
        board = bench_count.LARGE if words[0] == "flat" \
            else bench_count.BOARD
        said = bench_count.on_loom(results.variant, words, board)
        results.flat.update(said.flat)
        results.memory.update(said.memory)
        if not linux:
            continue
        said = bench_count.on_linux(results.variant, words, board=board)
        results.linux_flat.update(said.flat)
        results.linux_memory.update(said.memory)


# ---- printing ---------------------------------------------------------

def print_trace(variant: str, name: str) -> None:
    """Every instruction of the shortest round, functions as they change."""
    said = bench_count.traced(variant, [name])
    trace = said.operations[name].trace
    assert trace
    code = kernel_code(variant)
    function = ""
    for pc in trace.shortest():
        if not pc & bench_trace.KERNEL:
            print(f"{pc:16x}  (user)")
            function = ""
            continue
        if code.function(pc) != function:
            function = code.function(pc)
            print(f"{function}:")
        print(f"{pc:16x}  {code.text[pc]}")


def select(operations: list[Operation], names: list[str]) -> list[Operation]:
    known = {o.name: o for o in operations}
    for name in names:
        if name not in known:
            print(f"bench: no operation is called {name} (see ./bench "
                  "--list)", file=sys.stderr)
            sys.exit(2)
    return [known[name] for name in names] or operations


def check(results: Results, compiler: str) -> int:
    problems = results.verdict()
    kind = "fails" if compiler == "gcc" else "warning, this is not gcc"
    for problem in problems:
        print(f"bench: {kind}: {problem}", file=sys.stderr)
    return 1 if problems and compiler == "gcc" else 0


def run(args: argparse.Namespace, operations: list[Operation]) -> int:
    variant = build.name(args.compiler, False)
    if not os.environ.get("LOOM_IS_BUILT"):
        build.build(variant, TARGETS)
    if args.trace:
        select(operations, [args.trace])
        print_trace(variant, args.trace)
        return 0
    results = Results(operations, variant)
    wanted = select(operations, args.names)
    measure(results, wanted, bool(args.names or args.json or args.plot))
    results.floors = bench_count.floors(variant)
    if args.linux or args.plot:
        measure_linux(results, wanted)
    if args.flat or args.plot:
        measure_flat(results, args.linux or bool(args.plot))
    report(args, results)
    return check(results, args.compiler) if args.check else 0


def report(args: argparse.Namespace, results: Results) -> None:
    table = bench_report.markdown if args.markdown else bench_report.table
    for line in table(results):
        print(line.rstrip())
    for line in bench_report.flatness(results):
        print(line)
    code = kernel_code(results.variant) if args.names or args.json or \
        args.plot else None
    if args.names and code:
        for operation in results.measured():
            print()
            for line in bench_report.details(operation, results, code):
                print(line)
    if args.json and code:
        with open(args.json, "w", encoding="utf-8") as file:
            file.write(bench_report.as_json(results, code))
    if args.plot and code:
        bench_plot.draw(args.plot, results, code)


def main() -> int:
    args = parser().parse_args()
    operations = bench_ops.read()
    if args.list:
        for operation in operations:
            print(f"{operation.name:<15} {operation.text}")
        return 0
    try:
        return run(args, operations)
    except (bench_count.BenchError, build.BuildError, debian.Unavailable,
            machine.MachineError, remote.RemoteError, OSError,
            subprocess.CalledProcessError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return CANNOT


if __name__ == "__main__":
    sys.exit(main())
