# SPDX-License-Identifier: MIT
"""Lab 1: read a timeline. docs/tracing.md says what is in an event."""

from typing import Any

Event = dict[str, Any]


def blocked(events: list[Event]) -> list[tuple[int, int, str, float]]:
    """(pid, tid, call, microseconds) for each time a thread was blocked.

    Only threads of processes, only waits that ended, in the order in which
    they began. On a thread's track that is a slice "blocked in ...".
    """
    return []


def ran(events: list[Event], begin: float, end: float) -> set[str]:
    """The names of those that had CPU 0 at some time from begin to end.

    On the track of CPU 0 these are the slices of category "run".
    """
    return set()
