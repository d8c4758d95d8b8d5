# SPDX-License-Identifier: MIT
"""Lab 1, solved: slices of a track nest, so a stack finds where each ends."""

from typing import Any, Iterator

Event = dict[str, Any]
KERNEL = 1000000        # tracks of CPUs and of the kernel's threads
CPU0 = (1000000, 1)


def slices(events: list[Event]) -> Iterator[tuple[Event, float]]:
    """Each slice's begin, and the time of its end."""
    begun: dict[tuple[int, int], list[Event]] = {}
    for event in events:
        track = (event["pid"], event["tid"])
        if event["ph"] == "B":
            begun.setdefault(track, []).append(event)
        elif event["ph"] == "E":
            yield begun[track].pop(), event["ts"]


def blocked(events: list[Event]) -> list[tuple[int, int, str, float]]:
    found = [(event, end) for event, end in slices(events)
             if event["pid"] < KERNEL and
             event["name"].startswith("blocked in ")]
    found.sort(key=lambda each: each[0]["ts"])
    return [(event["pid"], event["tid"], event["args"]["call"],
             end - event["ts"]) for event, end in found]


def ran(events: list[Event], begin: float, end: float) -> set[str]:
    return {event["name"] for event, until in slices(events)
            if event.get("cat") == "run" and event["ts"] < end and
            until > begin and (event["pid"], event["tid"]) == CPU0}
