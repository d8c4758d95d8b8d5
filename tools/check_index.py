# SPDX-License-Identifier: MIT
"""Check that the documents name what exists; prints TAP.

In all documents: files, by their path or the end of it; names of weft's; tests,
as `kind:name` or after `./test`; bugs after `./run --break`. (static.links is
about links.)
"""

import ast
import dataclasses
import fnmatch
import glob
import os
import re
import sys
from typing import Callable

import suites
import tap

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
NAME = re.compile(r"`(boot|host|model|user|system|static):([^`]+)`")

SOURCE = re.compile(r"`([\w./-]+\.(?:[chS]|py|sh|md|lds))`")
SYMBOL = re.compile(r"\b(?:weft_\w*[a-z0-9]|WEFT_\w*[A-Z0-9])\b(?![*.-])")
CODE = re.compile(r"`([^`]+)`")
BUG = re.compile(r"\./run --break ([a-z0-9-]+)")
TEST = re.compile(r"(?:^ +|`)\./test ([^`\n#|]+)", re.M)


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


@dataclasses.dataclass
class Known:
    """What there is to refer to."""

    files: set[str]
    symbols: set[str]
    tests: dict[str, set[str]]
    jobs: list[str]


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


def symbols() -> set[str]:
    """What weft and loom call weft_* and WEFT_*, and files named so."""
    return set(re.findall(r"\b(?:weft|WEFT)_\w+", "\n".join(
        text(f"{folder}/*.{kind}") for kind in ("c", "h", "S", "py", "build")
        for folder in ("include/weft", "weft", "weft/defaults", "loom/*",
                       "tests/*", "tools", "."))))


def missing_tests(content: str, jobs: list[str]) -> list[str]:
    """Options are ./test's own, and capitals are for the reader to fill in."""
    words = [word.strip("'") for line in TEST.findall(content)
             for word in re.split(r"  +", line)[0].split()]
    return [f"./test {word}: no such test" for word in words
            if word[0] != "-" and not word.isupper() and
            not fnmatch.filter(jobs, f"{word}*")]


def check_document(report: tap.Writer, path: str, known: Known) -> None:
    """A name in capitals is to be filled in by the reader."""
    content = text(path)
    names = {n for n in SOURCE.findall(content) if "NAME" not in n}
    wrong = [f"{n} is no file" for n in sorted(names)
             if not any(f == n or f.endswith("/" + n) for f in known.files)]
    spoken = {name for code in CODE.findall(content)
              for name in SYMBOL.findall(code) if "NAME" not in name}
    wrong += [f"{name} is no name of weft's"
              for name in sorted(spoken - known.symbols)]
    wrong += [f"{kind}:{name} is no test"
              for kind, name in sorted(set(NAME.findall(content)))
              if name not in known.tests[kind]]
    wrong += missing_tests(content, known.jobs)
    wrong += [f"./run --break {name}: no such bug"
              for name in sorted(set(BUG.findall(content)))
              if f"docs/gallery/{name}.md" not in known.files]
    report.result(f"what {path} refers to exists", wrong)


def main() -> int:
    report = tap.Writer()
    known = Known(all_files(), symbols(),
                  {kind: find() for kind, find in KINDS.items()},
                  [job.name for job in suites.all_jobs()])
    for path in sorted(f for f in known.files if f.endswith(".md") and
                       f.startswith(("docs/", "examples/")) or
                       re.fullmatch(r"[A-Z]+\.md", f)):
        check_document(report, path, known)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
