#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Bugs put back, one at a time: the gallery, docs/gallery.

A page has the change, the commands that show what it does, and what they
print. The change is made in a copy of the sources, build/break, which is kept:
from one bug to the next only what differs is built again. ./run --break is
this program, too; by itself it tests that the bugs show, and prints TAP.
"""

import argparse
import contextlib
import dataclasses
import filecmp
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from typing import Iterator

import build
import changes
import tap

PAGES = os.path.join(build.ROOT, "docs/gallery")
INDEX = os.path.join(PAGES, "README.md")
COPY = os.path.join(build.ROOT, "build/break")
PROGRAMS = build.name("gcc", False)
# A change elsewhere leaves the programs of the original as they are.
KERNEL = ("weft/", "loom/", "include/weft/")
MODELS = ["tests/model/model", "tests/model/model-smp"]
TIMEOUT = 300       # seconds for a command; it only detects a hang

# How a bug shows, the first words below a page's title.
SHOWS = {
    "QEMU": "programs see it in QEMU",
    "assertion": "an assertion of the debug build stops it",
    "build": "it does not build",
    "check": "a check of the built kernel finds it",
    "model": "the model finds it; QEMU shows it seldom or never",
    "harmless": "nothing breaks; it costs",
}

TITLE = re.compile(r"# ([a-z0-9-]+): (.+)")
KIND = re.compile(r"^Shows: (\w+)\b", re.M)
DIFF = re.compile(r"^```diff\n(.*?)^```$", re.M | re.S)
CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.M | re.S)


class Wrong(Exception):
    """A page cannot be used, or there is none; the text says why."""


# ---- pages ------------------------------------------------------------

@dataclasses.dataclass(frozen=True)
class Command:
    """A line that is typed, and lines that it prints, in this order."""

    typed: str
    wanted: tuple[str, ...]

    def of_model(self) -> bool:
        """The model makes the change itself, in our sources."""
        return self.typed.startswith("tests/model/")


@dataclasses.dataclass(frozen=True)
class Page:
    """A bug of the gallery."""

    name: str
    title: str
    shows: str
    diff: str
    console: str
    changes: tuple[changes.Change, ...]
    commands: tuple[Command, ...]

    def shares_programs(self) -> bool:
        return all(c.file.startswith(KERNEL) for c in self.changes)


def names() -> list[str]:
    return sorted(file[:-len(".md")] for file in os.listdir(PAGES)
                  if file.endswith(".md") and file != "README.md")


def section(name: str, text: str, pattern: "re.Pattern[str]",
            what: str) -> str:
    match = pattern.search(text)
    if not match:
        raise Wrong(f"docs/gallery/{name}.md has no {what}")
    return match[1]


def commands(console: str) -> Iterator[Command]:
    typed, wanted = "", []
    for line in console.splitlines() + ["$ "]:
        if line.startswith("$ "):
            if typed:
                yield Command(typed, tuple(wanted))
            typed, wanted = line[2:], []
        else:
            wanted.append(line)


def page(name: str) -> Page:
    if name not in names():
        raise Wrong(f"there is no '{name}' in the gallery; ./run --break LIST "
                    "has the names")
    with open(os.path.join(PAGES, f"{name}.md"), encoding="utf-8") as file:
        text = file.read()
    title = TITLE.match(text)
    if not title or title[1] != name:
        raise Wrong(f"docs/gallery/{name}.md does not begin with '# {name}: "
                    "...'")
    shows = section(name, text, KIND, "line 'Shows: ...'")
    if shows not in SHOWS:
        raise Wrong(f"docs/gallery/{name}.md shows by '{shows}', not by one "
                    f"of {', '.join(SHOWS)}")
    diff = section(name, text, DIFF, "block of ```diff")
    console = section(name, text, CONSOLE, "block of ```console")
    try:
        made = tuple(changes.from_diff(diff))
    except changes.Mismatch as error:
        raise Wrong(f"docs/gallery/{name}.md: {error}") from None
    return Page(name, title[2], shows, diff, console, made,
                tuple(commands(console)))


# ---- the copy ---------------------------------------------------------

def sources() -> Iterator[str]:
    """Every file below the top folder but what is built or hidden."""
    for folder, folders, files in os.walk(build.ROOT):
        folders[:] = [f for f in folders
                      if f not in ("build", "__pycache__") and f[0] != "."]
        for file in files:
            if not file.startswith(".") and file != "status":
                yield os.path.relpath(os.path.join(folder, file), build.ROOT)


def changed_texts(bug: Page) -> dict[str, str]:
    """File: its text with the bug."""
    texts: dict[str, str] = {}
    for file in {change.file for change in bug.changes}:
        try:
            with open(os.path.join(build.ROOT, file),
                      encoding="utf-8") as source:
                texts[file] = changes.of_file(source.read(), file,
                                              list(bug.changes))
        except (OSError, changes.Mismatch) as error:
            raise Wrong(f"docs/gallery/{bug.name}.md: {error}") from None
    return texts


def put(path: str, text: str) -> None:
    """Write it, unless it is there: what is newer is built again."""
    with contextlib.suppress(OSError), open(path, encoding="utf-8") as file:
        if file.read() == text:
            return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def make_copy(texts: dict[str, str]) -> None:
    """build/break is the sources, and @texts in the place of some."""
    wanted = set(sources())
    for file in sorted(wanted):
        target = os.path.join(COPY, file)
        source = os.path.join(build.ROOT, file)
        if file in texts:
            put(target, texts[file])
            continue
        if os.path.exists(target) and filecmp.cmp(source, target, False):
            continue
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copyfile(source, target)
        shutil.copymode(source, target)
    for folder, folders, files in os.walk(COPY):
        folders[:] = [f for f in folders if f not in ("build", "__pycache__")]
        for file in files:
            path = os.path.join(folder, file)
            if os.path.relpath(path, COPY) not in wanted:
                os.remove(path)


def share_debian() -> None:
    """What was fetched once is not fetched again."""
    theirs = os.path.join(build.ROOT, "build/debian")
    link = os.path.join(COPY, "build/debian")
    os.makedirs(theirs, exist_ok=True)
    os.makedirs(os.path.dirname(link), exist_ok=True)
    if not os.path.islink(link):
        os.symlink("../../debian", link)


def environment(bug: Page) -> dict[str, str]:
    """For ./run in the copy: it builds there, and takes our programs."""
    values = {key: value for key, value in os.environ.items()
              if key not in ("LOOM_IS_BUILT", "LOOM_BUILD")}
    if bug.shares_programs():
        values["LOOM_PROGRAMS"] = build.directory(PROGRAMS)
    return values


def is_built() -> bool:
    """By test.py, before the first test."""
    return "LOOM_IS_BUILT" in os.environ


def prepare(bug: Page, broken: bool = True) -> None:
    """Make the copy, and what it takes of ours."""
    if not is_built() and bug.shares_programs():
        build.build(PROGRAMS, [build.INITRAMFS, build.TESTS])
    make_copy(changed_texts(bug) if broken else {})
    share_debian()


def prepare_model() -> None:
    if not is_built():
        build.build("host", MODELS)


# ---- running ----------------------------------------------------------

# Addresses, values, lines of a source, steps of a model; but not what counts a
# few things.
NUMBERS = re.compile(r"0x[0-9a-f]+|\b[0-9a-f]{16}\b|(?<=\.[chS]:)[0-9]+|"
                     r"^# +[0-9]+ |[0-9]{3,}")


def normal(line: str) -> str:
    """Large numbers, and how wide anything is printed, do not matter."""
    return re.sub(r"\s+", " ", NUMBERS.sub("0", line)).strip()


def fits(wanted: str, line: str) -> bool:
    """"..." in a wanted line stands for anything."""
    parts = [re.escape(part) for part in normal(wanted).split("...")]
    return re.fullmatch(".*".join(parts), normal(line)) is not None


def missing(command: Command, output: str) -> str:
    """The first wanted line that is not in its place, or nothing."""
    lines = iter(output.splitlines())
    for wanted in command.wanted:
        if wanted.strip() not in ("", "...") and \
                not any(fits(wanted, line) for line in lines):
            return wanted
    return ""


def end(process: "subprocess.Popen[str]") -> None:
    """It, and what it started."""
    with contextlib.suppress(OSError):
        os.killpg(process.pid, signal.SIGTERM)


def output_of(command: Command, folder: str, env: dict[str, str],
              show: bool) -> str:
    """What it prints, both streams; with @show it goes to ours, too."""
    lines = []
    with subprocess.Popen(["bash", "-c", command.typed], cwd=folder, env=env,
                          text=True, errors="replace", start_new_session=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT) as process:
        timer = threading.Timer(TIMEOUT, end, (process,))
        timer.start()
        try:
            for line in process.stdout or []:
                lines.append(line)
                if show:
                    print(line, end="", flush=True)
        except BaseException:
            end(process)
            raise
        finally:
            timer.cancel()
    return "".join(lines)


def play(bug: Page, chosen: "list[Command]", broken: bool = True,
         show: bool = False) -> list[str]:
    """Run @chosen of the page's commands; what was not as it says."""
    problems = []
    if any(command.of_model() for command in chosen):
        prepare_model()
    if not all(command.of_model() for command in chosen):
        prepare(bug, broken)
    for command in chosen:
        if show:
            print(f"$ {command.typed}", flush=True)
        output = output_of(command,
                           build.ROOT if command.of_model() else COPY,
                           environment(bug), show)
        line = missing(command, output)
        if line:
            problems += [f"after '{command.typed}'", f"no line '{line}'"]
            problems += [] if show else output.splitlines()[-tap.TAIL:]
    return problems


# ---- ./run --break ----------------------------------------------------

def row(bug: Page) -> str:
    return f"  {bug.name:27} {bug.title}"


def print_list() -> None:
    """By how they show."""
    bugs = [page(name) for name in names()]
    for shows, text in SHOWS.items():
        print(f"{shows}: {text}")
        print("\n".join(row(bug) for bug in bugs if bug.shows == shows))


def demonstrate(bug: Page) -> int:
    """Show the change, run the commands, and say how it went."""
    print(f"{bug.name}: {bug.title}\n\nThe change, in a copy of the sources "
          f"(build/break):\n\n{bug.diff}\nWhat is to be seen:\n\n"
          f"{bug.console}\nWhat is seen:\n", flush=True)
    problems = play(bug, list(bug.commands), show=True)
    where = f"docs/gallery/{bug.name}.md"
    if problems:
        print("\nNot as it should be: " + ", ".join(problems) +
              f"\nSee {where}.", flush=True)
        return 1
    print(f"\nAs {where} says, which has the reasons.", flush=True)
    return 0


def run(name: str, words: list[str]) -> int:
    """./run --break @name; with @words, ./run of the broken kernel."""
    if name == "LIST":
        # A reader that has seen enough ends it, as it ends other tools.
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        print_list()
        return 0
    bug = page(name)
    with build.locked("break"):     # there is one copy
        if not words:
            return demonstrate(bug)
        prepare(bug)
        return subprocess.run([os.path.join(COPY, "run"), *words],
                              env=environment(bug), check=False).returncode


# ---- tests ------------------------------------------------------------

def check_index(report: tap.Writer) -> None:
    with open(INDEX, encoding="utf-8") as file:
        text = file.read()
    rows = dict(re.findall(r"^\| \[([a-z0-9-]+)\]\(\1\.md\) \| (.*) \|$",
                           text, re.M))
    problems = [f"a row for {name}, which has no page"
                for name in sorted(set(rows) - set(names()))]
    for name in names():
        with contextlib.suppress(Wrong):
            bug = page(name)
            want = f"{bug.title} | {bug.shows}"
            if rows.get(name) != want:
                problems.append(f"wants: | [{name}]({name}.md) | {want} |")
    report.result("the index of the gallery has every page", problems)


def check_pages(report: tap.Writer) -> None:
    for name in names():
        problems = []
        try:
            bug = page(name)
            changed_texts(bug)
            if not any(w.strip() not in ("", "...")
                       for c in bug.commands for w in c.wanted):
                problems = ["its commands print nothing that is looked for"]
            if len(row(bug)) > 80:
                problems.append("its title is too long for ./run --break LIST")
        except Wrong as error:
            problems = str(error).splitlines()
        report.result(f"{name}: the page is whole, and its change applies",
                      problems)


def test(report: tap.Writer, name: str) -> None:
    try:
        bug = page(name)
        problems = play(bug, list(bug.commands))
    except (Wrong, build.BuildError, OSError) as error:
        problems = str(error).splitlines()
    report.result(f"{name}: shows as its page says", problems)


def test_unbroken(report: tap.Writer, name: str) -> None:
    """The model does without the bug in ./test model."""
    bug = page(name)
    text = f"{name}: nothing of it without the bug"
    chosen = [command for command in bug.commands if not command.of_model()]
    if not chosen:
        report.skip(text, "the model's")
    else:
        report.result(text, [] if play(bug, chosen, broken=False) else
                      ["all is as if the bug were there"])


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", nargs="*", help="these bugs")
    parser.add_argument("--all", action="store_true", help="every bug")
    parser.add_argument("--static", action="store_true", help="run nothing; "
                        "see whether the pages and the index are whole")
    parser.add_argument("--unbroken", action="store_true", help="run the "
                        "commands without the bug: they must not print what "
                        "they do with it")
    args = parser.parse_args()
    report = tap.Writer()
    if args.static:
        check_index(report)
        check_pages(report)
        return report.finish()
    if not args.name and not args.all:
        parser.error("which bug? (or --all, or --static)")
    with build.locked("break"):
        for name in names() if args.all else args.name:
            (test_unbroken if args.unbroken else test)(report, name)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
