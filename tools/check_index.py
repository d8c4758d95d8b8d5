# SPDX-License-Identifier: MIT
"""Check that docs/bug-classes.md names tests that exist; prints TAP."""

import ast
import glob
import os
import re
import sys
from typing import Callable

import tap

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
INDEX = "docs/bug-classes.md"
NAME = re.compile(r"`(boot|host|model|user|system|static):([^`]+)`")


def text(pattern: str) -> str:
    parts = []
    for path in sorted(glob.glob(os.path.join(ROOT, pattern))):
        with open(path, encoding="utf-8") as file:
            parts.append(file.read())
    return "\n".join(parts)


def boot() -> set[str]:
    return set(re.findall(r'\{ "([a-z]+\.[^"]+)"', text("tests/boot/*.c")))


def host() -> set[str]:
    names = set()
    for path in glob.glob(os.path.join(ROOT, "tests/host/test_*.c")):
        topic = os.path.basename(path)[len("test_"):-len(".c")]
        with open(path, encoding="utf-8") as file:
            names |= {f"{topic}.{name}" for name in
                      re.findall(r"cmocka_unit_test\(test_(\w+)\)",
                                 file.read())}
    return names


def user() -> set[str]:
    return set(re.findall(r"^(?:linux|loom)\s+(\S+)",
                          text("tests/user/commands"), re.M))


def model() -> set[str]:
    return set(re.findall(r'Bug\("([^"]+)"', text("tests/model/bugs.py")))


def system() -> set[str]:
    names = set()
    for path in glob.glob(os.path.join(ROOT, "tests/system/test_*.py")):
        topic = os.path.basename(path)[len("test_"):-len(".py")]
        with open(path, encoding="utf-8") as file:
            tree = ast.parse(file.read(), path)
        names |= {f"{topic}.{node.name[len('test_'):]}" for node in tree.body
                  if isinstance(node, ast.FunctionDef) and
                  node.name.startswith("test_")}
    return names


def static() -> set[str]:
    source = text("tools/suites.py")
    names = set(re.findall(r'Job\(f?"static\.([\w-]+)', source))
    for compiler in ("gcc", "clang"):
        names |= {f"{kind}-{compiler}" for kind in
                  ("warnings", "purity", "landing")}
        names |= {f"sequence-{compiler}-{kind}" for kind in
                  ("release", "debug")}
    return names


KINDS: dict[str, Callable[[], set[str]]] = {
    "boot": boot, "host": host, "model": model, "user": user,
    "system": system, "static": static,
}


def main() -> int:
    index = text(INDEX)
    report = tap.Writer()
    used: dict[str, set[str]] = {kind: set() for kind in KINDS}
    for kind, name in NAME.findall(index):
        used[kind].add(name)
    for kind, names in used.items():
        missing = sorted(names - KINDS[kind]())
        report.result(f"{len(names)} {kind} tests that {INDEX} names exist",
                      [f"{kind}:{name} is no test" for name in missing])
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
