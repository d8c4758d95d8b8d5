#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Check what you did in a lab of docs/course; prints TAP.

The exit status is 0 if the lab is solved. FOLDER has your files, if you work
on a copy: it has to have all files of docs/course/N.
"""

import argparse
import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
import traceback
from typing import Any, Callable, Iterator

import build
import course_switch
import tap

COURSE = os.path.join(build.ROOT, "docs/course")
BUILT = os.path.join(build.ROOT, "build/course")
MODEL = os.path.join(build.ROOT, "tests/model")
TIMEOUT = 600       # seconds; it only detects a hang
STATES = "3000000"
SCENARIOS = ("asid-few", "asid", "asid-reserved", "asid-threads",
             "asid-three", "asid-wrap")
SHORTEST = 22       # instructions of a switch, lab 6
KERNEL = 1000000    # tracks below are those of processes (docs/tracing.md)
CPU0 = (KERNEL, 1)
# The second shell reads its commands from a pipe, and waits for them.
TRACED = ["/bin/sh", "-c", "burner 1 & (sleep 0.05; echo pwd) | sh"]

Result = tuple[str, list[str]]


class Failed(Exception):
    """It cannot be tried; the text says why."""


def said(command: list[str], folder: str = build.ROOT) -> str:
    """What @command prints."""
    done = subprocess.run(command, cwd=folder, text=True, timeout=TIMEOUT,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    return done.stdout


def made(folder: str) -> str:
    """What make run prints in @folder, which may be anywhere."""
    return said(["make", "-s", f"ROOT={build.ROOT}", "run"], folder)


def wanted(output: str, lines: list[str]) -> list[str]:
    """@lines, and what was printed, unless it was these."""
    return [] if output.splitlines() == lines else [
        "it should print:", *(f"    {line}" for line in lines),
        "it printed:", *(f"    {line}" for line in output.splitlines())]


# ---- the labs ---------------------------------------------------------

def timeline(folder: str) -> Iterator[Result]:
    """1: the answers about a timeline, beside ours."""
    path = os.path.join(BUILT, "timeline.json")
    os.makedirs(BUILT, exist_ok=True)
    log = said([os.path.join(build.ROOT, "run"), "--icount", "--shell", "ash",
                "--trace", path, "--", *TRACED])
    try:
        with open(path, encoding="utf-8") as file:
            events = [event for event in json.load(file)["traceEvents"]
                      if event["ph"] != "M"]        # names of tracks
    except (OSError, ValueError):
        raise Failed(f"there is no timeline:\n{log}") from None
    answer = module(os.path.join(folder, "answer.py"))
    waits = our_waits(events)
    theirs = answer.blocked(events)
    yield f"blocked() finds the {len(waits)} waits", [] if same(
        theirs, waits) else [f"it finds {len(theirs)}: {theirs[:3]} ...",
                             f"there are {len(waits)}, first {waits[:1]}"]
    calls = [event for event in events if event["ph"] == "B" and
             event.get("cat") == "state" and
             event["name"] == "blocked in read"]
    if not calls:
        raise Failed("nobody was blocked in read")
    begin = calls[0]["ts"]
    end = min(event["ts"] for event in events if event["ts"] > begin and
              event["ph"] == "E" and track(event) == track(calls[0]))
    meanwhile = our_runners(events, begin, end)
    found = answer.ran(events, begin, end)
    yield "ran() names who had the CPU while the shell was blocked", \
        [] if found == meanwhile else [f"it says {sorted(found)}",
                                       f"it is {sorted(meanwhile)}"]


def module(path: str) -> Any:
    spec = importlib.util.spec_from_file_location("answer", path)
    assert spec and spec.loader
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def track(event: dict[str, Any]) -> tuple[int, int]:
    return event["pid"], event["tid"]


def our_waits(events: list[dict[str, Any]]) -> list[tuple[int, int, str,
                                                          float]]:
    found = []
    for at, event in enumerate(events):
        if event["ph"] == "B" and event["pid"] < KERNEL and \
                event["name"].startswith("blocked in "):
            # The states of a thread do not nest.
            end = next((e["ts"] for e in events[at:] if e["ph"] == "E" and
                        track(e) == track(event)), None)
            if end is not None:
                found.append((*track(event), event["args"]["call"],
                              end - event["ts"]))
    return found


def our_runners(events: list[dict[str, Any]], begin: float,
                end: float) -> set[str]:
    runs = [event for event in events if event["ph"] == "B" and
            event.get("cat") == "run" and track(event) == CPU0]
    ends = [event["ts"] for event in runs[1:]] + [events[-1]["ts"]]
    return {event["name"] for event, until in zip(runs, ends)
            if event["ts"] < end and until > begin}


def same(theirs: Any, ours: list[tuple[int, int, str, float]]) -> bool:
    return len(theirs) == len(ours) and all(
        tuple(one[:3]) == two[:3] and abs(one[3] - two[3]) < 0.01
        for one, two in zip(theirs, ours))


def blocked_call(folder: str) -> Iterator[Result]:
    """2: TTBR0 follows the thread."""
    yield "each process finds its own memory after a blocked call", wanted(
        made(folder), ["a waits for the other", "b waits for the other",
                          "b met a", "a met b"])


def registers(folder: str) -> Iterator[Result]:
    """3: FP state."""
    yield "two threads have the FP registers in turn", wanted(
        made(folder), ["both threads find what they left"])


def asids(folder: str) -> Iterator[Result]:
    """4: the allocator, in the model."""
    # The model's own tool knows how a changed file gets into it.
    sys.path.insert(0, MODEL)
    import main as model    # pylint: disable=import-outside-toplevel

    if not os.environ.get("LOOM_IS_BUILT"):
        build.build("host", ["tests/model/model"])
    kind = model.KINDS["spaces"]
    built = os.path.join(build.directory("host"), "tests/model")
    with tempfile.TemporaryDirectory() as scratch:
        name = os.path.join(scratch, kind.object.format(name="asid.c"))
        program = os.path.join(scratch, "model")
        link = [word.format(object=name, build=built) for word in kind.link]
        try:
            model.run(["cc", *kind.args(), "-Wall", "-c",
                       os.path.join(folder, "asid.c"), "-o", name])
            model.run(["cc", *link, "-o", program])
        except model.Problem as problem:
            raise Failed(str(problem)) from None
        for scenario in SCENARIOS:
            done = said([program, "--scenario", scenario, "--states", STATES])
            lines = [line.removeprefix("# ") for line in done.splitlines()
                     if not line.startswith("# again: ")]
            good = any(line.startswith("ok ") for line in lines)
            text = next((line.partition(": ")[2] for line in lines if
                         f"ok 1 - {scenario}: " in line), "")
            yield f"{scenario}: {text}", [] if good else lines[:-2]
            if not good:
                return      # one at a time: the next is harder


def protocol(folder: str) -> Iterator[Result]:
    """5: when may a thread be given away?"""
    with open(os.path.join(folder, "switch.txt"), encoding="utf-8") as file:
        try:
            way, states = course_switch.explore(file.read())
        except course_switch.Wrong as error:
            raise Failed(f"switch.txt, {error}") from None
    yield f"nothing goes wrong in any of {states} states", way


def own_switch(folder: str) -> Iterator[Result]:
    """6: a switch, and what it costs."""
    output = made(folder)
    yield "registers are kept", [] if "both threads keep" in output \
        else output.splitlines()
    cost = re.search(r"takes (\d+) instructions", output)
    yield f"a switch takes at most {SHORTEST} instructions", \
        [] if cost and int(cost[1]) <= SHORTEST \
        else [f"it takes {cost[1]}" if cost else "it was not counted"]


LABS: dict[int, Callable[[str], Iterator[Result]]] = {
    1: timeline, 2: blocked_call, 3: registers, 4: asids, 5: protocol,
    6: own_switch,
}


def main() -> int:
    arguments = argparse.ArgumentParser(
        prog="docs/course/check", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("lab", type=int, choices=LABS, metavar="N",
                           help="which lab: 1 to 6")
    arguments.add_argument("folder", nargs="?",
                           help="where your files are (docs/course/N)")
    args = arguments.parse_args()
    folder = os.path.abspath(args.folder or
                             os.path.join(COURSE, str(args.lab)))
    if not os.path.isdir(folder):
        arguments.error(f"{folder} is no folder")
    report = tap.Writer()
    try:
        for name, problems in LABS[args.lab](folder):
            report.result(name, problems)
    except (Failed, OSError) as error:
        report.result("it can be tried", str(error).splitlines())
    except Exception:       # whatever an answer in Python does
        report.result("it can be tried", traceback.format_exc().splitlines())
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
