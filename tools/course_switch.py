# SPDX-License-Identifier: MIT
"""Lab 5 of docs/course: two CPUs, a thread more, and every interleaving.

A CPU stands on a thread's stack until it loads another. Nothing here is weft's
code: it is the protocol alone, so small that its counterexamples can be read.
The same for the code: tests/model.
"""

import collections
import dataclasses
from typing import Iterator

STEPS = {
    "lock": "waits until nobody has the lock of the queue, and takes it",
    "unlock": "gives it back",
    "publish me": "puts the thread that the CPU leaves at the queue's end",
    "pick next": "takes the first of the queue; if it is empty: keeps me",
    "save me": "writes the registers of the one that is left to memory",
    "load next": "the registers, and the stack, of the one that was picked",
}
SWITCHES = 2        # by each CPU
MAX = 200000        # states


class Wrong(Exception):
    """The text is no list of steps."""


@dataclasses.dataclass(frozen=True)
class State:
    """What the CPUs share, and what each remembers."""

    at: tuple[int, int] = (0, 0)                # how many steps are done
    holder: int = -1                            # of the lock
    queue: tuple[str, ...] = ("C",)
    me: tuple[str, str] = ("A", "B")            # who is left
    next: tuple[str, str] = ("", "")            # who was picked
    stands: tuple[str, str] = ("A", "B")        # whose stack and registers
    saved: frozenset[str] = frozenset("C")     # whose memory is up to date
    seen: tuple["tuple[str, ...] | None", "tuple[str, ...] | None"] = \
        (None, None)                            # of the queue, half way


def read(text: str) -> list[str]:
    """Steps; each that changes the queue reads it first, then writes."""
    steps: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        line = " ".join(line.partition("#")[0].split())
        if line and line not in STEPS:
            raise Wrong(f"line {number}: '{line}' is no step")
        if line in ("publish me", "pick next"):
            steps.append(f"look: {line}")
        if line:
            steps.append(line)
    for needed in STEPS:
        if needed not in ("lock", "unlock") and steps.count(needed) != 1:
            raise Wrong(f"'{needed}' must be there once")
    return steps


def put(pair: "tuple[str, str]", cpu: int, value: str) -> "tuple[str, str]":
    return (value, pair[1]) if cpu == 0 else (pair[0], value)


def step(state: State, cpu: int, steps: list[str]) -> "State | str | None":
    """The state after the next step of @cpu; what broke; None: it waits."""
    at = state.at[cpu]
    if at == len(steps) * SWITCHES:
        return None
    name = steps[at % len(steps)]
    ats = (at + 1, state.at[1]) if cpu == 0 else (state.at[0], at + 1)
    state = dataclasses.replace(state, at=ats)
    me, chosen = state.me[cpu], state.next[cpu]
    if name.startswith("look"):
        seen = (state.queue, state.seen[1]) if cpu == 0 else \
            (state.seen[0], state.queue)
        return dataclasses.replace(state, seen=seen)
    queue = state.seen[cpu] or ()
    if name == "lock":
        return dataclasses.replace(state, holder=cpu) \
            if state.holder == -1 else None
    if name == "unlock":
        return dataclasses.replace(state, holder=-1) \
            if state.holder == cpu else "it unlocks what it has not locked"
    if name == "publish me":
        return dataclasses.replace(state, queue=(*queue, me))
    if name == "pick next":
        picked = queue[0] if queue else me
        return dataclasses.replace(state, queue=queue[1:],
                                   next=put(state.next, cpu, picked))
    if name == "save me":
        return dataclasses.replace(state, saved=state.saved | {me})
    return load(state, cpu, chosen)


def load(state: State, cpu: int, chosen: str) -> "State | str":
    if not chosen:
        return "it loads a thread before it has picked one"
    if chosen == state.stands[1 - cpu]:
        return f"it goes on with {chosen}, on whose stack CPU {1 - cpu} " \
            "still stands"
    if chosen not in state.saved:
        return f"it goes on with {chosen}, whose registers are not in memory"
    return dataclasses.replace(
        state, stands=put(state.stands, cpu, chosen),
        saved=state.saved - {chosen})


def turn(state: State, steps: list[str]) -> State:
    """After a whole switch the one who came is the next one to be left."""
    for cpu in range(2):
        if state.at[cpu] and state.at[cpu] % len(steps) == 0:
            state = dataclasses.replace(
                state, me=put(state.me, cpu, state.stands[cpu]))
    return state


def lost(state: State, steps: list[str]) -> str:
    """When both are done each thread is somewhere, once; nobody waits."""
    if any(at < len(steps) * SWITCHES for at in state.at):
        return "nobody can go on: both wait for the lock"
    there = sorted((*state.queue, *state.stands))
    return "" if there == ["A", "B", "C"] else \
        f"in the end the threads are {' '.join(there)}"


def told(path: list[tuple[int, str]]) -> Iterator[str]:
    for cpu, name in path:
        if not name.startswith("look"):
            yield f"CPU {cpu}: {name}"
        else:
            yield f"CPU {cpu}: looks at the queue to {name[6:]}"


def explore(text: str) -> tuple[list[str], int]:
    """(the shortest way to something wrong, how many states there were)."""
    steps = read(text)
    begin = State()
    came: dict[State, "tuple[State, int, str] | None"] = {begin: None}
    todo = collections.deque([begin])

    def path(state: State) -> list[tuple[int, str]]:
        found: list[tuple[int, str]] = []
        here = came[state]
        while here:
            found.append((here[1], here[2]))
            here = came[here[0]]
        return found[::-1]

    while todo and len(came) < MAX:
        state = todo.popleft()
        moved = False
        for cpu in range(2):
            after = step(state, cpu, steps)
            name = steps[state.at[cpu] % len(steps)]
            if isinstance(after, str):
                return [*told([*path(state), (cpu, name)]),
                        f"CPU {cpu}: {after}"], len(came)
            if after is None:
                continue
            moved = True
            after = turn(after, steps)
            if after not in came:
                came[after] = (state, cpu, name)
                todo.append(after)
        if not moved and lost(state, steps):
            return [*told(path(state)), lost(state, steps)], len(came)
    return [], len(came)
