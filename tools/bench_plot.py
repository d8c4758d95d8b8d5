# SPDX-License-Identifier: MIT
"""The plots of ./bench --plot: three SVG files that repeat byte for byte.

    processes.svg   cost against the number of processes
    switch.svg      where the instructions of one switch go, by function
    peers.svg       loom beside Linux and seL4, and the floor
"""

import os
import re
from typing import Any, Callable, Optional

import bench_code
import bench_trace
from bench_ops import Operation
from bench_report import Results

SWITCH = "yield-process"
SHOWN = 18              # functions that get a bar of their own
COLOURS = {"loom": "#1b6ca8", "Linux": "#c8553d", "seL4": "#588157",
           "floor": "#b8b8b8"}
# The null call beside processes that are ready costs the same: bench.flat.
LINES = {"null-asleep": "null call, the others asleep",
         "yield": "yield, all yield"}


def draw(folder: str, results: Results, code: bench_code.Code) -> None:
    import matplotlib   # only here: nobody else needs it
    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "loom"
    matplotlib.rcParams["font.size"] = 9
    from matplotlib import pyplot
    os.makedirs(folder, exist_ok=True)
    for name, plot in (("processes", processes), ("switch", switch),
                       ("peers", peers)):
        figure, axes = pyplot.subplots(figsize=(7.5, 4.5),
                                       layout="constrained")
        plot(axes, results, code)
        for side in "top", "right":
            axes.spines[side].set_visible(False)
        figure.savefig(os.path.join(folder, f"{name}.svg"),
                       metadata={"Date": None})
        pyplot.close(figure)


def processes(axes: Any, results: Results, _code: bench_code.Code) -> None:
    for style, flat, whose, label in (
            ("-o", results.flat, "loom", -11),
            ("--s", results.linux_flat, "Linux", 5)):
        for what, text in LINES.items():
            row = {n: cost for (name, n), cost in flat.items()
                   if name == what}
            if row:
                axes.plot(list(row), list(row.values()), style,
                          color=COLOURS[whose], markersize=4)
                axes.annotate(f"{whose}: {text}", (max(row), row[max(row)]),
                              xytext=(0, label), textcoords="offset points",
                              ha="right", fontsize=7)
    counts = sorted({n for what, n in results.flat if what in LINES})
    axes.set_xscale("log", base=2)
    axes.set_xticks(counts, [f"{n:,}" for n in counts])
    axes.set_yscale("log")
    axes.set_ylim(bottom=10)
    axes.yaxis.set_major_formatter(lambda y, _: f"{y:,.0f}")
    axes.set_xlabel("processes")
    axes.set_ylabel("kernel instructions")


def switch(axes: Any, results: Results, code: bench_code.Code) -> None:
    counted = results.counted.get(SWITCH)
    if not counted or not counted.trace:
        return
    pcs = bench_trace.in_kernel(counted.trace.shortest())
    found = code.by_function(pcs).most_common()
    rows = [(name, n / counted.each) for name, n in found[:SHOWN]]
    rest = sum(n for _, n in found[SHOWN:]) / counted.each
    if rest:
        rows.append((f"{len(found) - SHOWN} more", rest))
    rows.reverse()
    bars = axes.barh([name for name, _ in rows], [n for _, n in rows],
                     color=COLOURS["loom"])
    axes.bar_label(bars, fmt="%g", padding=2, fontsize=7)
    axes.set_xlabel("instructions of one yield to another process: "
                    f"{len(pcs) / counted.each:g}")
    axes.tick_params(axis="y", labelsize=7)


def cited(text: str) -> Optional[float]:
    """The last of the figures that are cited: with all features on."""
    numbers = re.findall(r"\d+", text)
    return float(numbers[-1]) if numbers else None


def peers(axes: Any, results: Results, _code: bench_code.Code) -> None:
    shown = [o for o in results.measured()
             if len(results.figures[o.name]) == 1 and o.budget]

    def ours(operation: Operation) -> Optional[float]:
        return results.figures[operation.name][0]

    def linux(operation: Operation) -> Optional[float]:
        measured = results.linux.get(operation.name)
        return measured[0] if measured else cited(operation.linux)

    def sel4(operation: Operation) -> Optional[float]:
        return cited(operation.sel4)

    def floor(operation: Operation) -> Optional[float]:
        return results.floors.get(operation.name)

    sources: dict[str, Callable[[Operation], Optional[float]]] = {
        "floor": floor, "loom": ours, "seL4": sel4, "Linux": linux}
    for at, (whose, value) in enumerate(sources.items()):
        rows = [(i + (at - 1.5) * 0.2, value(o))
                for i, o in enumerate(shown)]
        rows = [(x, y) for x, y in rows if y]
        axes.barh([x for x, _ in rows], [y for _, y in rows], 0.2,
                  label=whose, color=COLOURS[whose])
    axes.set_yticks(range(len(shown)), [o.text for o in shown], fontsize=7)
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.set_xlabel("kernel instructions")
    axes.legend(frameon=False)
