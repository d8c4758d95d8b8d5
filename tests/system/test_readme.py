# SPDX-License-Identifier: MIT
"""What README.md tells a visitor to type works as it is printed there.

Fenced blocks marked "console" are replayed, in a folder of their own that has
all of the repository. A line that begins with "$ " is typed to the host's
shell; ./run without a program starts a session, in which lines after the
prompt or "> " are typed, and a line that starts with "^C" or "^Z" shows that
key. What stands between must be printed, in this order; numbers may differ,
and "..." stands for anything. The shell is Debian's ash.

A command in the middle of a sentence, `./run --help`, is run too and must
succeed. ELSEWHERE has what takes too long for that, and the test that does it.
"""

import fnmatch
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

from loom import DEBIAN, DEBIAN_PROMPT, ROOT, Session, expect

sys.path.insert(0, os.path.join(ROOT, "tools"))

import suites

HOST_PROMPT = re.compile(r"\$ ")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
INLINE = re.compile(r"`(\./[^`]+)`")
COMMAND = re.compile(r"(?:\$ |\./(?:run|test|bench|docs/build)\b)")
TIMEOUT = 300       # seconds for a command; it only detects a hang
ELSEWHERE = {
    "./run": "system.readme.session",
    "./run --shell loom": "system.console.commands",
    "./run --break ttbr0-not-switched": "gallery.sample",
    "./bench": "bench.check",
    "./bench --flat": "bench.flat",
    "./docs/build": "static.site",
    "./docs/timeline": "system.timeline.picture",
}


def readme() -> str:
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
        return file.read()


def blocks() -> list[list[str]]:
    return [text.splitlines() for kind, text in FENCE.findall(readme())
            if kind == "console"]


def inline() -> list[str]:
    """Commands in sentences, each once."""
    found = INLINE.findall(FENCE.sub("", readme()))
    return list(dict.fromkeys(" ".join(each.split()) for each in found))


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


def is_session(command: str) -> bool:
    words = command.split()
    return words[:1] == ["./run"] and not {"--", "--break"} & set(words) \
        and not set("|<>") & set(command)


def host(command: str, folder: str) -> str:
    """What the host's shell says to @command; it may end as it likes."""
    done = subprocess.run(["bash", "-c", command.replace("\r", "\n")],
                          cwd=folder, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=TIMEOUT,
                          check=False)
    return done.stdout + done.stderr


def copy(folder: str) -> None:
    """A repository to type in: what is made there is not made here."""
    for name in os.listdir(ROOT):
        os.symlink(os.path.join(ROOT, name), os.path.join(folder, name))
    # The examples are built where they are.
    os.remove(os.path.join(folder, "examples"))
    shutil.copytree(os.path.join(ROOT, "examples"),
                    os.path.join(folder, "examples"),
                    ignore=shutil.ignore_patterns("build"))


def test_session() -> None:
    """Every console block of README.md can be typed as it stands."""
    expect(blocks() != [], "README.md has no console block")
    with tempfile.TemporaryDirectory(prefix="loom-readme-") as folder:
        copy(folder)
        for lines in blocks():
            for command, following in steps(lines, HOST_PROMPT):
                if is_session(command):
                    replay_session(command, following)
                elif command not in ELSEWHERE:
                    check(command, following, host(command, folder))


def test_commands() -> None:
    """Every other command of README.md works, or has a test that runs it."""
    jobs = [job.name for job in suites.all_jobs()]
    found = inline() + [command for lines in blocks()
                        for command, _ in steps(lines, HOST_PROMPT)]
    for command in inline():
        words = shlex.split(command)
        if words[0] == "./test":
            for word in words[1:]:
                expect(fnmatch.filter(jobs, f"{word}*"),
                       f"'{command}' in README.md: there is no such test")
        elif command not in ELSEWHERE:
            done = subprocess.run(words, cwd=ROOT, capture_output=True,
                                  text=True, stdin=subprocess.DEVNULL,
                                  timeout=TIMEOUT, check=False)
            expect(done.returncode == 0, f"'{command}' of README.md: {done}")
    for command, name in ELSEWHERE.items():
        expect(command in found, f"README.md does not have '{command}'")
        expect(name in jobs, f"'{command}': there is no test {name}")


def test_hidden() -> None:
    """No command of README.md stands where nothing would run it."""
    problems = [line for kind, text in FENCE.findall(readme())
                if kind != "console" for line in text.splitlines()
                if COMMAND.match(line.strip())]
    problems += [line for line in FENCE.sub("", readme()).splitlines()
                 if line.startswith(("    ", "\t")) or
                 COMMAND.match(line.strip())]
    expect(problems == [], f"write these as console blocks: {problems}")
