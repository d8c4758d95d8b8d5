#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The labs of docs/course fail at their start and pass when solved; TAP.

At the start docs/course/check prints what the lab's README shows, "..." being
any lines; with the files of tests/course/N in the place of the lab's it passes.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

import build
import tap

COURSE = os.path.join(build.ROOT, "docs/course")
SOLVED = os.path.join(build.ROOT, "tests/course")
CONSOLE = re.compile(r"^```console\n\$ docs/course/check \d\n(.*?)^```$",
                     re.M | re.S)
TIMEOUT = 600       # seconds; it only detects a hang


def check(lab: str, folder: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([os.path.join(COURSE, "check"), lab, folder],
                          text=True, timeout=TIMEOUT, check=False,
                          stdout=subprocess.PIPE)


def shown(lab: str) -> str:
    with open(os.path.join(COURSE, lab, "README.md"),
              encoding="utf-8") as file:
        match = CONSOLE.search(file.read())
    return match[1] if match else "no console block"


def differs(text: str, output: str) -> list[str]:
    """@text, with "..." for any lines, is @output; numbers may differ."""
    pattern = "".join(
        r"(?:.*\n)*?" if line == "..." else
        re.sub(r"\d+", r"\\d+", re.escape(line)) + r"\n"
        for line in text.splitlines())
    return [] if re.fullmatch(pattern, output) else [
        "README shows:", *text.splitlines(), "but it printed:",
        *output.splitlines()]


def lab_test(report: tap.Writer, lab: str) -> None:
    with tempfile.TemporaryDirectory(prefix="loom-course-") as scratch:
        folder = os.path.join(scratch, lab)
        shutil.copytree(os.path.join(COURSE, lab), folder,
                        ignore=shutil.ignore_patterns("build"))
        done = check(lab, folder)
        report.result(f"lab {lab} fails at its start as its README shows",
                      differs(shown(lab), done.stdout) +
                      ([] if done.returncode == 1
                       else [f"status {done.returncode}"]))
        solved = os.path.join(SOLVED, lab)
        for name in os.listdir(solved):
            os.remove(os.path.join(folder, name))
            shutil.copyfile(os.path.join(solved, name),
                            os.path.join(folder, name))
        done = check(lab, folder)
        report.result(f"lab {lab} passes when it is solved",
                      [] if done.returncode == 0
                      else done.stdout.splitlines())


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("labs", nargs="+", metavar="N")
    report = tap.Writer()
    report.result("a check that prints something else would be found",
                  [] if differs("a\n...\nb 1\n", "a\nx\nc\n")
                  else ["it was not"])
    for lab in arguments.parse_args().labs:
        lab_test(report, lab)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
