# SPDX-License-Identifier: MIT
"""The operations of benches/operations.ini, and the rule about their budgets.

A figure is a number of instructions; that of the barriers is three numbers,
which are compared one by one.
"""

import configparser
import dataclasses
import os
from typing import Optional

import build

FILE = os.path.join(build.ROOT, "benches/operations.ini")
MISSES = 3          # operations that may be above their budget
MISS = 0.15         # by so much

Figure = tuple[float, ...]


@dataclasses.dataclass(frozen=True)
class Operation:
    name: str
    text: str
    linux: str = ""
    sel4: str = ""
    budget: Optional[Figure] = None
    stretch: Optional[Figure] = None
    how: str = "ops"
    varies: str = ""
    linux_has: str = "yes"

    def by_program(self) -> bool:
        return self.how == "ops"

    def source(self) -> str:
        """The operation whose trace it is found in, or nothing."""
        words = self.how.split()
        return words[1] if words[0] in ("barriers", "visit") else ""


def figure(text: str) -> Figure:
    return tuple(float(word) for word in text.split())


def read() -> list[Operation]:
    parser = configparser.ConfigParser()
    with open(FILE, encoding="utf-8") as file:
        parser.read_file(file)
    found = []
    for name in parser.sections():
        keys: dict = dict(parser[name])
        for key in "budget", "stretch":
            if key in keys:
                keys[key] = figure(keys[key])
        found.append(Operation(name=name, **keys))
    return found


def excess(had: Figure, budget: Figure) -> float:
    """By what part @had is above @budget; 0 if it is not.

    Where the budget is nothing, anything is infinitely above it.
    """
    worst = 0.0
    for one, limit in zip(had, budget):
        if one > limit:
            worst = max(worst, one / limit - 1 if limit else float("inf"))
    return worst


def verdict(figures: dict[str, Figure],
            operations: list[Operation]) -> list[str]:
    """What is wrong under the rule: MISSES operations may miss by MISS."""
    over = {o.name: excess(figures[o.name], o.budget) for o in operations
            if o.budget and o.name in figures}
    over = {name: by for name, by in over.items() if by}
    wrong = [f"{name} is {by:.0%} above its budget" if by < 100
             else f"{name} is above its budget"
             for name, by in over.items() if by > MISS]
    if len(over) > MISSES:
        wrong.append(f"{len(over)} are above their budget, not at most "
                     f"{MISSES}: {', '.join(over)}")
    return wrong
