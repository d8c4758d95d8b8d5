# SPDX-License-Identifier: MIT
"""Results of tests as lines of the Test Anything Protocol.

The checks in tools/ and the console tests write them, test.py reads them
from every kind of test.
"""

import re
import sys
from typing import NamedTuple

LINE = re.compile(r"^(not )?ok\b\s*(?:\d+\b)?\s*-?\s*(.*)$")
TAIL = 40       # lines of output shown for a test that failed
PLAN = re.compile(r"^1\.\.(\d+)\b")


class Result(NamedTuple):
    name: str
    state: str          # "passed", "failed" or "skipped"


class Writer:
    """Counts as it prints; finish() gives the exit status."""

    def __init__(self) -> None:
        self.count = 0
        self.failures = 0

    def result(self, name: str, problems: "list[str] | None" = None) -> None:
        self.count += 1
        state = "ok"
        if problems:
            self.failures += 1
            state = "not ok"
        print(f"{state} {self.count} - {name}")
        for problem in problems or []:
            print(f"# {problem}")
        sys.stdout.flush()

    def skip(self, name: str, reason: str) -> None:
        self.count += 1
        print(f"ok {self.count} - {name} # SKIP {reason}", flush=True)

    def finish(self) -> int:
        print(f"1..{self.count}", flush=True)
        return 1 if self.failures else 0


def parse(output: str) -> list[Result]:
    """The results in @output; a plan that is missing or unmet fails."""
    results = []
    planned = None
    for line in output.splitlines():
        line = line.rstrip("\r")
        plan = PLAN.match(line)
        if plan:
            planned = (planned or 0) + int(plan[1])
            continue
        match = LINE.match(line)
        if not match:
            continue
        name, _, directive = match[2].partition(" # ")
        skipped = directive.upper().startswith("SKIP")
        state = "failed" if match[1] else "skipped" if skipped else "passed"
        results.append(Result(name.strip(), state))
    if planned is None:
        results.append(Result("there is a plan (1..N)", "failed"))
    elif planned != len(results):
        results.append(Result(f"{planned} tests planned, {len(results)} run",
                              "failed"))
    return results


def telling(lines: list[str]) -> list[str]:
    """What shows why a test failed: around each failure, or the end."""
    marks = [i for i, line in enumerate(lines) if LINE.match(line)]
    bounds = [-1, *marks, len(lines)]
    chosen: set[int] = set()
    for before, mark, after in zip(bounds, bounds[1:], bounds[2:]):
        if lines[mark].startswith("not"):
            chosen.update(range(before + 1, min(after, mark + TAIL)))
    if not chosen:
        return lines[-TAIL:]
    return [lines[i] for i in sorted(chosen)][:3 * TAIL]
