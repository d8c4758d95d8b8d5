#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Check what can be checked of the style that CONTRIBUTING.md describes."""

import argparse
import os
import re
import sys
from typing import Iterator

import tap

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FOLDERS = ("benches", "conformance", "include", "examples", "loom", "tests",
           "tools", "user", "weft", "cross")
FILES = ("meson.build", "meson_options.txt", "run", "test", "bench",
         "docs/build", ".ci/run")
C_LIKE = (".c", ".h", ".S")
LICENSED = C_LIKE + (".py", ".sh", ".lds", ".ld")
LICENSE = "SPDX-License-Identifier: MIT"
WIDTH = 80


def files() -> Iterator[str]:
    yield from FILES
    for folder in FOLDERS:
        for path, folders, names in os.walk(os.path.join(ROOT, folder)):
            folders[:] = sorted(f for f in folders
                                if f not in ("__pycache__", "build"))
            for name in sorted(names):
                yield os.path.relpath(os.path.join(path, name), ROOT)


def guard(path: str) -> str:
    if path.startswith("include/"):
        path = path[len("include/"):]
    return re.sub(r"[^A-Za-z0-9]", "_", path).upper()


def check_line(path: str, number: int, line: str) -> Iterator[str]:
    if len(line.expandtabs(8)) > WIDTH and not path.endswith(".md"):
        yield f"{path}:{number}: longer than {WIDTH} columns"
    if line != line.rstrip():
        yield f"{path}:{number}: ends in blanks"
    if "\r" in line:
        yield f"{path}:{number}: carriage return"
    if path.endswith(C_LIKE) and re.match(r"\t* {8}", line):
        yield f"{path}:{number}: indented by blanks"
    if path.endswith(C_LIKE) and re.search(r"\b(TODO|FIXME|XXX)\b", line):
        yield f"{path}:{number}: an unfinished thought"


def check_guard(path: str, text: str) -> Iterator[str]:
    name = guard(path)
    if not re.search(rf"^#ifndef {name}\n#define {name}$", text, re.M):
        yield f"{path}: the include guard should be {name}"


def check_file(path: str, text: str) -> list[str]:
    lines = text.split("\n")
    problems = [p for number, line in enumerate(lines, 1)
                for p in check_line(path, number, line)]
    scripts = path in ("run", "test", "bench", ".ci/run")
    if (path.endswith(LICENSED) or scripts) and LICENSE not in "".join(
            lines[:2]):
        problems.append(f"{path}: no '{LICENSE}' in its first two lines")
    if text and (lines[-1] or text.endswith("\n\n")):
        problems.append(f"{path}: should end in one newline")
    # A shim takes the place of another header, guard and all.
    if path.endswith(".h") and "/shim/" not in path:
        problems += check_guard(path, text)
    return problems


def main() -> int:
    argparse.ArgumentParser(description=__doc__).parse_args()
    report = tap.Writer()
    problems: dict[str, list[str]] = {}
    for path in files():
        folder = os.path.dirname(path) or "the top folder"
        found = problems.setdefault(folder, [])
        try:
            with open(os.path.join(ROOT, path), encoding="utf-8") as file:
                found += check_file(path, file.read())
        except UnicodeDecodeError:
            found.append(f"{path}: not UTF-8 text")
        except OSError as error:
            found.append(f"{path}: {error.strerror}")
    for folder in sorted(problems):
        report.result(f"style of {folder}", problems[folder])
    bad = check_file("loom/a.h", "int x; \n" + "x" * 81)
    report.result("a bad file would be found",
                  [] if len(bad) == 5 else bad or ["it was not"])
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
