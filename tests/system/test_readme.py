# SPDX-License-Identifier: MIT
"""The session in README.md works as it is printed there.

It is the fenced blocks marked "console". A line that begins with "$ " is
typed to the host's shell; ./run without a program starts a session, in which
lines after the prompt are typed, and a line of only "^C" is that key. What
stands between must be printed, in this order; numbers may differ, and "..."
stands for anything.
"""

import os
import re
import subprocess

from loom import PROMPT, ROOT, Session, expect

FENCE = re.compile(r"^```console\n(.*?)^```$", re.M | re.S)


def blocks() -> list[list[str]]:
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
        return [match.splitlines() for match in FENCE.findall(file.read())]


def steps(lines: list[str], prompt: str) -> list[tuple[str, list[str]]]:
    """(what is typed, the lines that follow it), for one prompt."""
    found: list[tuple[str, list[str]]] = []
    for line in lines:
        if line.startswith(prompt):
            found.append((line[len(prompt):], []))
        elif found:
            found[-1][1].append(line)
    return found


def normal(line: str) -> str:
    """Numbers, and how wide they are printed, do not matter."""
    return re.sub(r"\s+", " ", re.sub(r"[0-9]+", "0", line)).strip()


def check(typed: str, wanted: list[str], output: str) -> None:
    """The lines of @wanted are in @output, in this order."""
    lines = iter([normal(line) for line in output.splitlines()])
    for line in wanted:
        if normal(line) in ("", "...", "^C"):
            continue
        expect(any(normal(line) == other for other in lines),
               f"after '{typed}': no line '{line}' in its place in\n{output}")


def replay_session(command: str, lines: list[str]) -> None:
    with Session(*command.split()[1:], ready=False) as s:
        first = next((i for i, line in enumerate(lines)
                      if line.startswith(PROMPT)), len(lines))
        check(command, lines[:first], s.prompt())
        for typed, wanted in steps(lines, PROMPT):
            if typed.strip() == "poweroff":
                s.power_off()
                return
            check(typed, wanted, type_line(s, typed, "^C" in wanted))


def type_line(session: Session, typed: str, interrupt: bool) -> str:
    """Type a line, and ^C after it if wanted; returns what was printed."""
    session.send(typed + "\r")
    session.expect(r"\r*\n")
    output = ""
    if interrupt:
        output = session.settle(1.0)
        session.key("c")
    output += session.prompt()
    if typed.endswith("&"):
        output += session.settle(0.3)
    return output


def test_session() -> None:
    """Every console block of README.md can be typed as it stands."""
    found = blocks()
    expect(found != [], "README.md has no console block")
    for lines in found:
        for command, following in steps(lines, "$ "):
            words = command.split()
            if words[:1] == ["./run"] and "--" not in words \
                    and not set("|<>") & set(command):
                replay_session(command, following)
            elif words[:1] == ["./test"] or words[:1] == ["git"]:
                continue        # this is one of its tests; and a clone
            else:
                done = subprocess.run(["bash", "-c", command], cwd=ROOT,
                                      capture_output=True, text=True,
                                      timeout=120, check=False)
                check(command, following, done.stdout + done.stderr)
