# SPDX-License-Identifier: MIT
"""The session in README.md works as it is printed there.

It is the fenced blocks marked "console". A line that begins with "$ " is
typed to the host's shell; ./run without a program starts a session, in which
lines after the prompt or "> " are typed, and a line that starts with "^C" or
"^Z" shows that key. What stands between must be printed, in this order;
numbers may differ, and "..." stands for anything. The shell is Debian's ash.
"""

import os
import re
import subprocess

from loom import DEBIAN, DEBIAN_PROMPT, ROOT, Session, expect

HOST_PROMPT = re.compile(r"\$ ")
FENCE = re.compile(r"^```console\n(.*?)^```$", re.M | re.S)


def blocks() -> list[list[str]]:
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
        return [match.splitlines() for match in FENCE.findall(file.read())]


def steps(lines: list[str],
          prompt: "re.Pattern[str]") -> list[tuple[str, list[str]]]:
    """(what is typed, the lines that follow it), for one prompt."""
    found: list[tuple[str, list[str]]] = []
    for line in lines:
        match = prompt.match(line)
        if match:
            found.append((line[match.end():], []))
        elif found and not found[-1][1] and line.startswith("> "):
            typed, following = found.pop()
            found.append((f"{typed}\r{line[2:]}", following))
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
        if normal(line) in ("", "...", "^C", "^Z"):
            continue
        expect(any(normal(line) == other for other in lines),
               f"after '{typed}': no line '{line}' in its place in\n{output}")


def replay_session(command: str, lines: list[str]) -> None:
    with Session(*command.split()[1:], ready=False, options=DEBIAN) as s:
        first = next((i for i, line in enumerate(lines)
                      if DEBIAN_PROMPT.match(line)), len(lines))
        check(command, lines[:first], s.prompt())
        for typed, wanted in steps(lines, DEBIAN_PROMPT):
            if typed.strip() == "poweroff":
                s.power_off()
                return
            keys = [line[1].lower() for line in wanted
                    if line.startswith(("^C", "^Z"))]
            check(typed, wanted, type_line(s, typed, keys))


def type_line(session: Session, typed: str, keys: list[str]) -> str:
    """Type a line, and the control keys after it; returns what it printed."""
    for line in typed.split("\r"):
        session.send(line + "\r")
        session.expect(r"\r*\n")
    output = ""
    for key in keys:
        output += session.settle(1.0)
        session.key(key)
    output += session.prompt()
    if typed.endswith("&"):
        output += session.settle(0.3)
    return output


def test_session() -> None:
    """Every console block of README.md can be typed as it stands."""
    found = blocks()
    expect(found != [], "README.md has no console block")
    for lines in found:
        for command, following in steps(lines, HOST_PROMPT):
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
