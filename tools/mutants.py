#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Change weft in one place, and see that a test notices: docs/mutants.md.

Mutants are generated from weft's sources and objects (mutate_asm.py,
mutate_c.py) and go through builds, static checks and tests until one of those
fails (mutant_kill.py). Those that nothing can kill are in
tests/mutants/survivors, with the reason.
"""

import argparse
import collections
import concurrent.futures
import contextlib
import dataclasses
import fnmatch
import functools
import glob
import hashlib
import json
import os
import re
import shutil
import signal
import sys
import tempfile
import threading
import time
from typing import Iterable, Iterator, NoReturn, Optional

import build
import mutant_kill
import mutate_asm
import mutate_c
import tap
from mutant_kill import Result
from mutate import Mutant

SURVIVORS = os.path.join(build.ROOT, "tests/mutants/survivors")
RESULTS = os.path.join(build.ROOT, "build/mutants.jsonl")
LIMIT = 5.0         # percent of the mutants that may survive
# What mutants are made of, and what else says whether one survives.
HEADERS = ("weft/*.h", "weft/meson.build", "include/weft/*", "meson.build")
CODE = ("weft/*", "include/weft/*", "meson.build")
TESTS = ("loom/**/*.[chS]", "tests/host/*.[ch]", "tests/model/*",
         "tests/boot/*.[chS]", "tests/user/*", "conformance/*",
         "tests/system/test_crash.py",
         "tools/mutant_kill.py", "tools/watch.py", "tools/check_sequence.py")

EPILOG = """\
One of --list, --run, --sample, --all and --report says what to do; --file
and --part choose among the mutants. Results are kept in build/mutants.jsonl;
--all takes what it finds there: a mutant that was killed stays dead while its
object files are the same, one that survived is tried again if anything has
changed. Exit status 1: a mutant survived that is not listed, or more than 5%
did.
"""


def fail(text: str) -> NoReturn:
    print(f"mutants: {text}", file=sys.stderr)
    sys.exit(2)


# ---- which mutants ----------------------------------------------------

def sources() -> list[str]:
    """weft's files, as the build has them."""
    found = {mutant_kill.source_of(command, "gcc-debug")
             for command in mutant_kill.commands("gcc-debug",
                                                 "weft/libweft.a")}
    return sorted(file for file in found if file.startswith("weft/"))


def generate() -> Iterator[Mutant]:
    folder = build.directory("gcc-debug")
    for file in sources():
        if file.endswith(".S"):
            made, = mutant_kill.compilations("gcc-debug", file)
            yield from mutate_asm.mutants(file, os.path.join(folder, made))
        else:
            with open(os.path.join(build.ROOT, file),
                      encoding="utf-8") as source:
                yield from mutate_c.mutants(file, source.read())


def rank(mutant: Mutant, seed: int) -> str:
    """An order by chance, which others do not change."""
    return hashlib.sha256(f"{seed} {mutant.name}".encode()).hexdigest()


def sample(mutants: list[Mutant], count: int, seed: int) -> list[Mutant]:
    """So many, of all files in turn."""
    files: dict[str, list[Mutant]] = {}
    for mutant in sorted(mutants, key=lambda m: rank(m, seed)):
        files.setdefault(mutant.file, []).append(mutant)
    rows = sorted(((place, rank(mutant, seed), mutant)
                   for group in files.values()
                   for place, mutant in enumerate(group)),
                  key=lambda row: row[:2])
    return [mutant for _, _, mutant in rows[:count]]


# ---- the survivors ----------------------------------------------------

def survivors() -> dict[str, str]:
    """Name or pattern: reason. Lines of both, the reason may go on."""
    found: dict[str, str] = {}
    name = ""
    with open(SURVIVORS, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            text = line.partition("# ")[0].rstrip()
            if not text or text.startswith("#"):
                continue
            if text[0].isspace():
                if not name:
                    fail(f"{SURVIVORS}:{number}: a reason of nothing")
                found[name] = f"{found[name]} {text.strip()}".strip()
            elif text in found:
                fail(f"{SURVIVORS}:{number}: {text} again")
            else:
                name = text
                found[name] = ""
    for name, reason in found.items():
        if not reason:
            fail(f"{SURVIVORS}: {name} has no reason")
    return found


# ---- results that are kept --------------------------------------------

def fingerprint(patterns: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for pattern in patterns:
        for path in sorted(glob.glob(os.path.join(build.ROOT, pattern),
                                     recursive=True)):
            if os.path.isfile(path):
                with open(path, "rb") as file:
                    digest.update(path.encode() + file.read())
    return digest.hexdigest()[:16]


@functools.lru_cache(maxsize=None)
def code_of_file(file: str) -> str:
    return fingerprint((f"weft/{file}", *HEADERS))


def code_of(name: str) -> str:
    """What the mutant @name is made of."""
    return code_of_file(name.partition("/")[0])


class Results:
    """build/mutants.jsonl: a line for each mutant that was tried."""

    def __init__(self, any_tree: bool) -> None:
        self.tree = fingerprint(CODE + TESTS)
        self.lock = threading.Lock()
        self.known: dict[str, Result] = {}
        # Dead ones of other sources: by the name and the object files.
        self.dead: dict[tuple[str, str], Result] = {}
        with contextlib.suppress(FileNotFoundError), \
                open(RESULTS, encoding="utf-8") as file:
            for line in file:
                self.load(json.loads(line), any_tree)

    def load(self, record: dict, any_tree: bool) -> None:
        result = Result(**{key: record[key]
                           for key in ("name", "state", "by", "how")})
        same = record["tree"] == self.tree if result.state == "survived" \
            else record["code"] == code_of(result.name)
        if any_tree or same:
            self.known[result.name] = result
        if result.state == "killed":
            self.dead[result.name, record["object"]] = result

    def add(self, result: Result, identity: str, seconds: float) -> None:
        with self.lock:
            self.known[result.name] = result
            with open(RESULTS, "a", encoding="utf-8") as file:
                record = {**dataclasses.asdict(result), "tree": self.tree,
                          "code": code_of(result.name), "object": identity,
                          "seconds": round(seconds, 1)}
                file.write(json.dumps(record) + "\n")


# ---- running ----------------------------------------------------------

class Runner:
    """Tries mutants, @jobs at a time."""

    def __init__(self, jobs: int, results: Results,
                 only: list[str]) -> None:
        self.jobs = jobs
        self.only = only
        self.results = results
        self.scratch = tempfile.mkdtemp(prefix="loom-mutants-")
        self.silence = mutant_kill.calibrated(
            os.path.join(self.scratch, "calibration"))
        self.local = threading.local()
        self.number = 0
        self.ending = False
        self.lock = threading.Lock()

    def shop(self) -> mutant_kill.Shop:
        """This thread's."""
        if not hasattr(self.local, "shop"):
            with self.lock:
                self.number += 1
                path = os.path.join(self.scratch, str(self.number))
            self.local.shop = mutant_kill.Shop(path, self.silence)
            self.local.shop.only = self.only
        return self.local.shop

    def one(self, mutant: Mutant) -> Optional[Result]:
        if self.ending:
            return None
        start = time.monotonic()
        shop = self.shop()
        try:
            shop.take(mutant)
            identity = shop.identity()
            result = self.results.dead.get((mutant.name, identity)) or \
                mutant_kill.try_to_kill(shop, mutant)
        except mutant_kill.Unbuilt:
            identity, result = "", Result(mutant.name, "unbuilt")
        except mutant_kill.Equal:
            identity, result = "", Result(mutant.name, "equal")
        # What survives some of the stages may not survive the others.
        if not self.only or result.state != "survived":
            self.results.add(result, identity, time.monotonic() - start)
        return result

    def run(self, mutants: list[Mutant]) -> Iterator[Result]:
        with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
            try:
                futures = [pool.submit(self.one, each) for each in mutants]
                for future in concurrent.futures.as_completed(futures):
                    result = future.result()
                    if result:
                        yield result
            except BaseException:
                self.ending = True
                pool.shutdown(cancel_futures=True)
                raise

    def check_unchanged(self, mutants: list[Mutant]) -> list[str]:
        """Every stage passes without a mutant, or its kills mean nothing."""
        return list(mutant_kill.try_unchanged(
            self.shop(), {mutant.file for mutant in mutants}))

    def close(self) -> None:
        shutil.rmtree(self.scratch, ignore_errors=True)


# ---- telling ----------------------------------------------------------

class Report:
    """One line for each mutant; what was not expected fails."""

    def __init__(self, mutants: list[Mutant], listed: dict[str, str]) -> None:
        self.mutants = {mutant.name: mutant for mutant in mutants}
        self.listed = listed
        self.tap = tap.Writer()
        self.states: collections.Counter = collections.Counter()
        self.stages: collections.Counter = collections.Counter()
        self.revived: list[str] = []

    def reason(self, name: str) -> str:
        for pattern, reason in self.listed.items():
            if name == pattern or fnmatch.fnmatchcase(name, pattern):
                return reason
        return ""

    def show(self, result: Result) -> None:
        self.states[result.state] += 1
        mutant = self.mutants[result.name]
        reason = self.reason(result.name)
        if result.state in ("equal", "unbuilt"):
            text = {"equal": "the same code", "unbuilt": "does not build"}
            self.tap.skip(result.name, text[result.state])
        elif result.state == "killed":
            self.stages[re.split(r"[.-]", result.by)[0]] += 1
            self.tap.result(f"{result.name}: killed by {result.by}")
            print(f"# {result.how}", flush=True)
            if reason:
                self.revived.append(result.name)
                print("# is in tests/mutants/survivors, but was killed")
        elif reason:
            self.tap.result(f"{result.name}: survives, as listed")
        else:
            self.tap.result(result.name, [
                "survives, and is not in tests/mutants/survivors",
                f"{mutant.file}:{mutant.line}: {mutant.text}"])

    def check_list(self) -> None:
        """The list is about mutants that exist, and is short."""
        listed = {name for name in self.mutants if self.reason(name)}
        self.tap.result("each listed survivor exists", [
            f"there is no mutant {pattern}" for pattern in self.listed
            if not any(fnmatch.fnmatchcase(name, pattern)
                       for name in listed)])
        percent = 100 * len(listed) / max(len(self.mutants), 1)
        self.tap.result(
            f"no more than {LIMIT:.0f}% are listed",
            [f"{len(listed)} of {len(self.mutants)}: {percent:.1f}%"]
            if percent > LIMIT else [])

    def figures(self) -> None:
        counted = self.states["killed"] + self.states["survived"]
        percent = 100 * self.states["survived"] / max(counted, 1)
        print(f"# {sum(self.states.values())} mutants, {counted} counted: "
              f"{self.states['killed']} killed, {self.states['survived']} "
              f"survive ({percent:.1f}%); not counted: "
              f"{self.states['equal']} the same code, "
              f"{self.states['unbuilt']} do not build")
        print("# killed by: " + ", ".join(
            f"{stage} {count}" for stage, count in
            self.stages.most_common()))

    def check_percentage(self) -> None:
        counted = self.states["killed"] + self.states["survived"]
        percent = 100 * self.states["survived"] / max(counted, 1)
        self.tap.result(f"no more than {LIMIT:.0f}% survive",
                        [f"{percent:.1f}%"] if percent > LIMIT else [])


# ---- the command line -------------------------------------------------

def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--list", action="store_true",
                      help="show the mutants and stop")
    what.add_argument("--run", nargs="+", metavar="NAME", default=[],
                      help="try these (patterns are understood)")
    what.add_argument("--sample", type=int, metavar="N",
                      help="try so many, of all files")
    what.add_argument("--all", action="store_true", help="try all")
    what.add_argument("--report", action="store_true",
                      help="show the results that are there")
    add = parser.add_argument
    add("--seed", type=int, default=1, help="another sample (1)")
    add("--file", action="append", default=[],
        help="only the mutants of this file (weft/asid.c)")
    add("--part", default="1/1", metavar="I/N",
        help="only the I-th of N parts of them")
    add("--jobs", type=int, default=1, help="so many at a time (1)")
    add("--stage", action="append", default=[], metavar="PATTERN",
        help="only these of the stages that kill (static, host, 'boot.*')")
    add("--keep", action="store_true",
        help="use results though sources or tests have changed")
    return parser.parse_args()


def choose(args: argparse.Namespace, mutants: list[Mutant],
           listed: Report) -> list[Mutant]:
    chosen = [m for m in mutants if not args.file or m.file in args.file]
    if args.run:
        for pattern in args.run:
            if not any(fnmatch.fnmatchcase(m.name, pattern) for m in chosen):
                fail(f"no mutant is called {pattern} (see --list)")
        chosen = [m for m in chosen if any(fnmatch.fnmatchcase(m.name, each)
                                           for each in args.run)]
    if args.sample:
        # Listed ones take the longest, and say least: they are left to --all.
        chosen = sample([m for m in chosen if not listed.reason(m.name)],
                        args.sample, args.seed)
    match = re.fullmatch(r"([0-9]+)/([0-9]+)", args.part)
    if not match or not 1 <= int(match[1]) <= int(match[2]):
        fail(f"--part wants I/N: {args.part}")
    return chosen[int(match[1]) - 1::int(match[2])]


def run(args: argparse.Namespace, chosen: list[Mutant],
        report: Report) -> None:
    results = Results(args.keep or args.report)
    old = [results.known[m.name] for m in chosen if m.name in results.known]
    if args.report or args.all:
        for result in old:
            report.show(result)
        # By chance: if it is stopped, what is done is a sample of all.
        chosen = sorted((m for m in chosen if m.name not in results.known),
                        key=lambda m: rank(m, args.seed))
    if args.report or not chosen:
        return
    runner = Runner(args.jobs, results, args.stage)
    try:
        if args.all:
            report.tap.result("nothing kills the library as it is",
                              runner.check_unchanged(chosen))
        for result in runner.run(chosen):
            report.show(result)
    finally:
        runner.close()


def main() -> int:
    args = parse()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if not os.environ.get("LOOM_IS_BUILT"):     # set by test.py
            for variant in (*mutant_kill.VARIANTS, "host"):
                build.build(variant, [])
        mutants = list(generate())
        report = Report(mutants, survivors())
        chosen = choose(args, mutants, report)
        if args.list:
            for mutant in chosen:
                print(f"{mutant.name}  {mutant.file}:{mutant.line}  "
                      f"{mutant.text}")
            return 0
        run(args, chosen, report)
    except build.BuildError as error:
        build.say(str(error))
        return 1
    except KeyboardInterrupt:
        return 130
    if args.sample or args.all:
        report.check_list()
    if args.all:
        report.check_percentage()
    report.figures()
    return report.tap.finish()


if __name__ == "__main__":
    sys.exit(main())
