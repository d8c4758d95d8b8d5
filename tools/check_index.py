# SPDX-License-Identifier: MIT
"""Check that the documents name what exists; prints TAP.

Tests in docs/bug-classes.md and in the gallery; in all documents files, by
their path or the end of it, and links to each other.
"""

import ast
import glob
import os
import re
import sys
from typing import Callable

import tap

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
INDEX = "docs/bug-classes.md"
GALLERY = "docs/gallery/*.md"
NAME = re.compile(r"`(boot|host|model|user|system|static):([^`]+)`")

SOURCE = re.compile(r"`([\w./-]+\.(?:[chS]|py|sh|md|lds))`")
LINK = re.compile(r"\]\(([^)#:]+)\)")


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
    return set(re.findall(r"^(?:linux|loom|only)!?\s+(\S+)",
                          text("tests/user/commands"), re.M))


def model() -> set[str]:
    return set(re.findall(r'Bug\("([^"]+)"', text("tests/model/bugs.py") +
                          text("tests/model/smp_bugs.py")))


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


def all_files() -> set[str]:
    """Paths from the top, but for what is built or hidden."""
    names = set()
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [f for f in folders if f != "build" and f[0] != "."]
        names |= {os.path.relpath(os.path.join(folder, f), ROOT)
                  for f in files}
    return names


def check_document(report: tap.Writer, path: str, files: set[str]) -> None:
    """A name in capitals is to be filled in by the reader."""
    content = text(path)
    names = {n for n in SOURCE.findall(content) if "NAME" not in n}
    wrong = [f"{n} is no file" for n in sorted(names)
             if not any(f == n or f.endswith("/" + n) for f in files)]
    wrong += [f"the link to {n} is dead" for n in LINK.findall(content)
              if not os.path.exists(os.path.join(ROOT, os.path.dirname(path),
                                                 n))]
    report.result(f"what {path} refers to exists", wrong)


def check_tests(report: tap.Writer, where: str) -> None:
    index = text(where)
    used: dict[str, set[str]] = {kind: set() for kind in KINDS}
    for kind, name in NAME.findall(index):
        used[kind].add(name)
    for kind, names in used.items():
        missing = sorted(names - KINDS[kind]())
        report.result(f"{len(names)} {kind} tests that {where} names exist",
                      [f"{kind}:{name} is no test" for name in missing])


def main() -> int:
    report = tap.Writer()
    check_tests(report, INDEX)
    check_tests(report, GALLERY)
    files = all_files()
    for path in sorted(f for f in files if f.endswith(".md") and
                       os.path.dirname(f) in ("", "docs", "docs/gallery")):
        check_document(report, path, files)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
