#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Check who includes whom, and that public headers stand alone.

Programs see the kernel through include/loom/ only, the kernel sees the
library through include/weft/, the library sees nobody. No header includes
itself by way of others.
"""

import argparse
import os
import re
import subprocess
import sys
from typing import Iterator

import tap

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.M)
FREESTANDING = {"float.h", "iso646.h", "limits.h", "stdalign.h", "stdarg.h",
                "stdatomic.h", "stdbool.h", "stddef.h", "stdint.h",
                "stdnoreturn.h"}

# Layer: the folders it lives in, the project's folders it may include.
LAYERS = {
    "weft": (("include/weft", "weft"), ("include/weft", "weft")),
    "loom": (("loom",), ("include/weft", "include/loom", "loom")),
    "abi": (("include/loom",), ("include/loom",)),
    "programs": (("user",), ("include/loom", "user")),
    "checkers": (("tests/user",),
                 ("include/loom", "user", "tests/user", "conformance")),
    "kit": (("conformance",), ("conformance",)),
    "benches": (("benches",), ("include/loom", "benches")),
}
COMPILERS = (("aarch64-linux-gnu-gcc",),
             ("clang", "--target=aarch64-linux-gnu"))


def sources(folder: str) -> Iterator[str]:
    for path, _, names in os.walk(os.path.join(ROOT, folder)):
        for name in sorted(names):
            if name.endswith((".c", ".h", ".S")):
                yield os.path.relpath(os.path.join(path, name), ROOT)


def includes(path: str) -> list[tuple[str, str]]:
    """(kind, name) of each #include: kind is the opening delimiter."""
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return INCLUDE.findall(file.read())


def search_path(path: str) -> list[str]:
    top = path.split("/")[0]
    folders = [os.path.dirname(path), "include"]
    if top in ("loom", "user"):
        folders.append(top)
    if path.startswith("tests/user"):
        folders += ["tests/user", "user", "conformance"]
    return folders


def resolve(path: str, kind: str, name: str) -> "str | None":
    """The project's file that an #include means; None if it is no such."""
    folders = search_path(path)
    for folder in folders[1:] if kind == "<" else folders:
        candidate = os.path.normpath(os.path.join(folder, name))
        if os.path.isfile(os.path.join(ROOT, candidate)):
            return candidate
    return None


def check_layer(folders: tuple[str, ...], allowed: tuple[str, ...],
                freestanding: bool) -> list[str]:
    problems = []
    for path in (p for folder in folders for p in sources(folder)):
        for kind, name in includes(path):
            target = resolve(path, kind, name)
            if target is None:
                # weft-sim: the simulated machine of tests, not installed.
                if freestanding and name not in FREESTANDING \
                        and not name.startswith("weft-sim/"):
                    problems.append(f"{path}: includes {name}, which is "
                                    "neither ours nor freestanding")
            elif not target.startswith(tuple(a + "/" for a in allowed)):
                problems.append(f"{path}: must not include {target}")
    return problems


def graph(folder: str) -> dict[str, list[str]]:
    edges = {}
    for path in sources(folder):
        if path.endswith(".h"):
            targets = (resolve(path, *each) for each in includes(path))
            edges[path] = [target for target in targets if target]
    return edges


def cycle(edges: dict[str, list[str]]) -> "list[str]":
    """One cycle of includes as a list of files, or an empty list."""
    done: set[str] = set()

    def visit(node: str, trail: list[str]) -> list[str]:
        if node in trail:
            return trail[trail.index(node):] + [node]
        if node in done:
            return []
        for target in edges.get(node, []):
            found = visit(target, trail + [node])
            if found:
                return found
        done.add(node)
        return []

    for start in edges:
        found = visit(start, [])
        if found:
            return found
    return []


def stands_alone(header: str) -> list[str]:
    problems = []
    name = os.path.relpath(header, "include")
    for compiler in COMPILERS:
        command = [*compiler, "-std=c11", "-ffreestanding", "-Wall",
                   "-Wextra", "-Wundef", "-Wstrict-prototypes", "-Werror",
                   "-Iinclude", "-fsyntax-only", "-xc", "-"]
        done = subprocess.run(command, cwd=ROOT, text=True, check=False,
                              input=f"#include <{name}>\n#include <{name}>\n",
                              stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        if done.returncode:
            problems += [f"{compiler[0]}:"] + done.stdout.splitlines()[:10]
    return problems


def main() -> int:
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    report = tap.Writer()
    for layer, (folders, allowed) in LAYERS.items():
        report.result(f"{layer} includes only what it may",
                      check_layer(folders, allowed, layer in ("weft", "loom")))
    for folder in ("include/weft", "loom", "user"):
        found = cycle(graph(folder))
        report.result(f"no cycle of includes in {folder}",
                      [" -> ".join(found)] if found else [])
    seeded = cycle({"a": ["b"], "b": ["c"], "c": ["a"]})
    report.result("a cycle would be found",
                  [] if len(seeded) == 4 else ["it was not"])
    for header in sources("include"):
        report.result(f"{header} stands alone", stands_alone(header))
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
