# SPDX-License-Identifier: MIT
"""Pictures of traces: tools/timeline.py, and docs/timeline for README's."""

import json
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

from loom import ROOT, expect

TOOL = os.path.join(ROOT, "tools/timeline.py")
SVG = "{http://www.w3.org/2000/svg}"
CPUS = 1_000_000
LANES = {"CPU 0   EL1", "EL0", "TTBR0", "FP registers", "shell", "typist",
         "burner 3", "burner 4", "sleep 7"}


def timeline(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, TOOL, *words], check=False,
                          capture_output=True, text=True, timeout=60)


def texts(root: ElementTree.Element, anchor: str = "") -> "list[str]":
    return ["".join(each.itertext()) for each in root.iter(SVG + "text")
            if anchor in ("", each.get("text-anchor"))]


def check_picture(root: ElementTree.Element) -> None:
    """It is whole, and needs nothing from elsewhere."""
    width, height = float(root.get("width")), float(root.get("height"))
    for each in root.iter():
        expect(each.tag.startswith(SVG) and each.tag != SVG + "script", each)
        expect(not any("href" in name for name in each.attrib), each.attrib)
    for each in root.iter(SVG + "rect"):
        x, y, w, h = (float(each.get(name, "0"))
                      for name in ("x", "y", "width", "height"))
        expect(min(x, y) >= 0 and min(w, h) > 0 and x + w <= width + 1 and
               y + h <= height + 1, each.attrib)
    names = set(texts(root, "end"))
    expect(LANES <= names, LANES - names)


class Slices:
    """The slices of a file, by tracks, begin and end."""

    def __init__(self, path: str) -> None:
        with open(path, encoding="utf-8") as file:
            events = json.load(file)["traceEvents"]
        self.tracks: "dict[tuple[int, int], list[dict]]" = {}
        stacks: "dict[tuple[int, int], list[dict]]" = {}
        last = max(each.get("ts", 0) for each in events)
        for each in events:
            track = each["pid"], each.get("tid", 0)
            if each["ph"] == "B":
                each["end"] = last
                self.tracks.setdefault(track, []).append(each)
                stacks.setdefault(track, []).append(each)
            elif each["ph"] == "E":
                stacks[track].pop()["end"] = each["ts"]

    def at(self, track: "tuple[int, int]", time: float) -> dict:
        return next(each for each in reversed(self.tracks[track])
                    if each["ts"] <= time < each["end"])


def check_facts(found: Slices) -> None:
    """What the picture is there to show has happened."""
    waits = [each for each in found.tracks[(6, 6)]
             if each["name"] == "blocked in read"]
    longest = max(waits, key=lambda each: each["end"] - each["ts"])
    expect(len(waits) >= 2, "the shell did not read twice")
    for burner in 3, 4:
        expect(any(each["name"] == "EL0" and longest["ts"] < each["ts"] and
                   each["end"] < longest["end"]
                   for each in found.tracks[(burner, burner)]),
               f"burner {burner} did not run while the shell waited")
    runs = [each for each in found.tracks[(CPUS, 1)] if each["cat"] == "run"]
    for each in found.tracks[(CPUS, 1)]:
        if each["cat"] != "el0" or each["end"] == each["ts"]:
            continue
        who = next(run for run in reversed(runs) if run["ts"] <= each["ts"])
        if each["ts"] < 4000 or who["args"]["tid"] not in range(3, 8):
            continue            # a child of vfork is in its parent's space
        space = found.at((CPUS, 2), each["ts"])
        expect(space["args"].get("pid") == who["args"]["pid"],
               f"{who['name']} at EL0 in {space['name']}")
        fp = found.at((CPUS, 3), each["ts"])
        expect(not fp["args"]["live"] or
               fp["args"]["tid"] == who["args"]["tid"],
               f"{who['name']} with the FP registers of {fp['name']}")


def check_errors(path: str) -> None:
    for words, said in ((["--from", "4"], "not a time: '4'"),
                        (["--to", "noone"], "0 events are called noone"),
                        (["--from", "2ms", "--to", "1ms"], "nothing between"),
                        (["--detail", "1ms"], "not two times"),
                        (["--label", "x"], "TID=TEXT"),
                        (["--only", "("], "--only"),
                        (["--width", "1"], "--width")):
        done = timeline(path, *words)
        expect(done.returncode == 2 and said in done.stderr and
               done.stderr.count("\n") == 1, (words, done.stderr))
    for file, said in (("/nowhere", "No such file"),
                       (TOOL, "not what ./run --trace writes")):
        done = timeline(file)
        expect(done.returncode == 2 and said in done.stderr, done)


def test_picture() -> None:
    """README's picture can be drawn anew, and shows what it says."""
    with tempfile.TemporaryDirectory(prefix="loom-test-") as scratch:
        svg, trace = f"{scratch}/svg", f"{scratch}/json"
        subprocess.run([os.path.join(ROOT, "docs/timeline"), svg, trace],
                       check=True, stdin=subprocess.DEVNULL, timeout=150)
        root = ElementTree.parse(svg).getroot()
        check_picture(root)
        check_facts(Slices(trace))
        expect(texts(root).count("blocked in read") >= 2, texts(root))
        expect(any(" · ASID " in each for each in texts(root)), texts(root))
        drawn = ElementTree.parse(os.path.join(ROOT,
                                               "docs/timeline.svg")).getroot()
        check_picture(drawn)
        expect(texts(drawn, "end") == texts(root, "end"),
               "docs/timeline.svg is of another scene: run docs/timeline")
        around = timeline(trace, "--around", "exit_group", "--span", "50us")
        words = texts(ElementTree.fromstring(around.stdout))
        expect("exit_group" in words, words)
        expect(any(re.fullmatch(r"[\d.]+ [mµ]s", each) for each in words),
               "no axis")
        check_errors(trace)
