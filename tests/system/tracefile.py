# SPDX-License-Identifier: MIT
"""What must be true of every file of ./run --trace (docs/tracing.md)."""

import collections
import json
from typing import Any, Iterator

CPUS, KERNEL = 1_000_000, 1_000_001

Event = dict[str, Any]
Row = tuple[int, int]


class TraceFile:
    """A file that was read whole, by tracks."""

    def __init__(self, path: str) -> None:
        with open(path, encoding="utf-8") as file:
            data = json.load(file)
        self.other = data["otherData"]
        self.rows: dict[Row, list[Event]] = collections.defaultdict(list)
        self.names: dict[Row, str] = {}
        for event in data["traceEvents"]:
            row = event["pid"], event["tid"]
            if event["ph"] != "M":
                self.rows[row].append(event)
            elif event["name"] == "thread_name":
                self.names[row] = event["args"]["name"]

    def events(self, cat: str, name: str = "") -> list[Event]:
        """All that begin, or are instants, of a category."""
        return [event for row in self.rows.values() for event in row
                if event["ph"] in "Bi" and event["cat"] == cat and
                name in ("", event["name"])]

    def states(self, thread: str) -> list[str]:
        """What a thread was, one after the other; @thread is NAME."""
        rows = [row for row, name in self.names.items()
                if name.split(" ")[0] == thread and row[0] != CPUS]
        return [event["name"] for row in rows for event in self.rows[row]
                if event["ph"] == "B"]

    # ---- what is wrong with it ----------------------------------------

    def problems(self) -> list[str]:
        found: list[str] = []
        for row, events in self.rows.items():
            name = self.names.get(row, "a track without name")
            found += [f"{name}: {problem}" for problem in
                      self.row_problems(row, events)]
        return found + list(self.count_problems()) + list(self.arrows())

    def row_problems(self, row: Row, events: list[Event]) -> Iterator[str]:
        open_slices: list[str] = []
        last = 0.0
        deep = 2 if row[0] == CPUS and row[1] % 10 == 1 else 1
        ended = None        # when the level that has no gaps was left
        for event in events:
            if event["ts"] < last:
                yield f"back in time at {event['ts']}"
            last = event["ts"]
            depth = len(open_slices)
            if event["ph"] == "B":
                if depth < deep and ended not in (None, last):
                    yield f"nothing from {ended} to {last}"
                open_slices.append(event["cat"])
                ended = None if len(open_slices) == deep else ended
            elif event["ph"] == "E":
                if not depth:
                    yield f"an end too many at {last}"
                    return
                open_slices.pop()
                ended = last if depth <= deep else ended
        if open_slices:
            yield f"no end of {open_slices}"

    def count_problems(self) -> Iterator[str]:
        counts = collections.Counter(self.other["counts"])
        counters = collections.Counter(self.other["counters"])
        if self.other["gaps"]:
            yield f"{self.other['gaps']} records do not fit"
        if self.other["lost"] or not self.other["complete"]:
            yield f"lost: {self.other['lost']}, complete: " \
                f"{self.other['complete']}"
        entries = counts["CALL"] + counts["ENTER"] - counts["ENTER_KERNEL"]
        for what, left, right in (
                ("entries from EL0, exits to it", entries, counts["EXIT"]),
                ("switches, threads that leave", counts["SWITCH"],
                 counts["LEAVE"]),
                ("interrupts, and by the kernel's count", counts["IRQ"],
                 counters["irqs"]),
                ("rollovers, and by the kernel's count", counts["ROLLOVER"],
                 counters["rollovers"]),
                ("switches but in leaf calls, and by the kernel's count",
                 counts["LEAVE"] - counts["LEAVE_LEAF"],
                 counters["switches"])):
            if left != right:
                yield f"{what}: {left}, {right}"

    def arrows(self) -> Iterator[str]:
        ends: dict[str, list[int]] = {"s": [], "f": []}
        for events in self.rows.values():
            begun = 0.0
            for event in events:
                if event["ph"] == "B":
                    begun = event["ts"]
                if event["ph"] in ends:
                    ends[event["ph"]].append(event["id"])
                if event["ph"] == "f" and event["ts"] <= begun:
                    yield f"an arrow ends before what it wakes: {event}"
        if len(set(ends["s"])) != len(ends["s"]):
            yield "two arrows have one number"
        if not set(ends["f"]) <= set(ends["s"]):
            yield "an arrow begins nowhere"
