# SPDX-License-Identifier: MIT
"""Run loom's tests: all of them, or those that are named.

Started by ./test, which has installed what is needed. What the tests are
is in suites.py; this file builds what they need, runs two at a time, and
counts. Each test is a process in a session of its own, and only those are
ever stopped from here.
"""

import argparse
import concurrent.futures
import contextlib
import fnmatch
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time
from typing import NoReturn

import build
import debian
import suites
import tap
from suites import Job

WORKERS = 2
SKIPPED = 77        # exit status of a test that cannot run here

EPILOG = """\
NAME is a suite (host), a test (boot.gcc-1) or a pattern ('user.*fp*');
./test --list shows them; what takes long is left out of suites and patterns
unless --long is given. The last line is "N passed, N failed, N skipped";
the exit status is 1 if any failed, 2 if the command line is wrong.
"""


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        fail(f"{message} (see ./test --help)")


def fail(text: str) -> NoReturn:
    print(f"test: {text}", file=sys.stderr)
    sys.exit(2)


class Running:
    """The processes of the tests that run now, so that ^C can end them."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.processes: set[subprocess.Popen] = set()
        self.ending = False

    def start(self, *args, **kwargs) -> subprocess.Popen:
        with self.lock:
            if self.ending:
                raise KeyboardInterrupt
            process = subprocess.Popen(*args, start_new_session=True,
                                       **kwargs)
            self.processes.add(process)
            return process

    def forget(self, process: subprocess.Popen) -> None:
        with self.lock:
            self.processes.discard(process)

    def end_all(self) -> None:
        with self.lock:
            self.ending = True
            for process in self.processes:
                end(process, signal.SIGTERM)


def end(process: subprocess.Popen, signum: int) -> None:
    """Send a signal to a test and what it started, all in its session."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signum)


class Outcome:
    """What a test came to: its results, its output, and how long it took."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.results: list[tap.Result] = []
        self.output = ""
        self.seconds = 0.0
        self.why = ""       # it was skipped

    def count(self, state: str) -> int:
        return sum(1 for result in self.results if result.state == state)

    def judge(self, status: int, timed_out: bool) -> None:
        if self.job.tap:
            self.results = tap.parse(self.output)
            if status and not self.count("failed"):
                self.add(f"exit status {status}", "failed")
        elif status == SKIPPED:
            self.add(self.job.text, "skipped")
        else:
            self.add(self.job.text, "failed" if status else "passed")
        if timed_out:
            self.add(f"ends within {self.job.timeout} s", "failed")

    def add(self, name: str, state: str) -> None:
        self.results.append(tap.Result(name, state))


def run_job(job: Job, running: Running) -> Outcome:
    outcome = Outcome(job)
    start = time.monotonic()
    timed_out = False
    with tempfile.TemporaryDirectory(prefix="loom-test-") as scratch:
        process = running.start(job.command, cwd=scratch, env=job.environ(),
                                stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT)
        try:
            data, _ = process.communicate(timeout=job.timeout)
        except subprocess.TimeoutExpired:
            timed_out = True
            data = stop(process)
        finally:
            running.forget(process)
    outcome.seconds = time.monotonic() - start
    outcome.output = data.decode("utf-8", "replace")
    outcome.judge(process.returncode, timed_out)
    return outcome


def stop(process: subprocess.Popen) -> bytes:
    end(process, signal.SIGTERM)
    try:
        return process.communicate(timeout=5)[0]
    except subprocess.TimeoutExpired:
        end(process, signal.SIGKILL)
        return process.communicate()[0]


class Report:
    """Prints outcomes as they come and keeps the totals."""

    def __init__(self, verbose: bool) -> None:
        self.verbose = verbose
        self.totals = {"passed": 0, "failed": 0, "skipped": 0}
        self.failed: list[str] = []

    def show(self, outcome: Outcome) -> None:
        for result in outcome.results:
            self.totals[result.state] += 1
        failed, skipped = outcome.count("failed"), outcome.count("skipped")
        word = "FAIL" if failed else "ok"
        if skipped == len(outcome.results):
            word = "skip"
        number = len(outcome.results)
        reason = f": {outcome.why}" if outcome.why else ""
        detail = f"{number} tests" if number != 1 else "1 test"
        if skipped:
            detail += f", {skipped} skipped"
        print(f"{word:4} {outcome.job.name:32} {outcome.seconds:6.1f} s  "
              f"{detail}{reason}", flush=True)
        if failed:
            self.show_failure(outcome)
        elif self.verbose:
            self.show_results(outcome)

    def show_results(self, outcome: Outcome) -> None:
        for result in outcome.results:
            print(f"       {result.state:7} {result.name}", flush=True)

    def show_failure(self, outcome: Outcome) -> None:
        self.failed.append(outcome.job.name)
        for result in outcome.results:
            if result.state == "failed":
                print(f"       failed: {result.name}")
        lines = outcome.output.splitlines()
        if not self.verbose:
            lines = tap.telling(lines)
        for line in lines:
            print("       | " + line)
        print(f"       again: ./test {outcome.job.name}")
        print("       it ran: " + repeatable(outcome.job), flush=True)

    def finish(self) -> int:
        for name in self.failed:
            print(f"failed: {name}")
        print("{passed} passed, {failed} failed, {skipped} skipped".format(
            **self.totals), flush=True)
        return 1 if self.totals["failed"] else 0


def repeatable(job: Job) -> str:
    settings = [f"{key}={shlex.quote(value)}"
                for key, value in sorted(job.env.items())]
    return " ".join(settings + [shlex.join(job.command)]).replace(
        build.ROOT + "/", "")


def build_all(jobs: list[Job], report: Report,
              verbose: bool) -> dict[str, bool]:
    """Build what the jobs need; says for each directory if that worked."""
    built = {}
    for variant in sorted({v for job in jobs for v in job.needs}):
        outcome = Outcome(Job(f"build.{variant}", f"{variant} builds", []))
        start = time.monotonic()
        try:
            build.build(variant, [], verbose)
            outcome.add(outcome.job.text, "passed")
        except build.BuildError as error:
            outcome.output = str(error)
            outcome.add(outcome.job.text, "failed")
        outcome.seconds = time.monotonic() - start
        built[variant] = not outcome.count("failed")
        report.show(outcome)
    return built


def fetch_all(jobs: list[Job], report: Report) -> dict[str, str]:
    """Fetch what the jobs need of Debian's; says why a set is not there."""
    missing = {}
    for name in sorted({n for job in jobs for n in job.debian}):
        outcome = Outcome(Job(f"debian.{name}",
                              f"Debian's {name} for arm64 can be had", []))
        start = time.monotonic()
        try:
            debian.have(name)
            outcome.add(outcome.job.text, "passed")
        except debian.Unavailable as error:
            missing[name] = outcome.why = str(error)
            outcome.add(outcome.job.text, "skipped")
        outcome.seconds = time.monotonic() - start
        report.show(outcome)
    return missing


def unable(job: Job, why: str) -> Outcome:
    outcome = Outcome(job)
    outcome.why = why
    outcome.add(job.text, "skipped")
    return outcome


def obstacle(job: Job, built: dict[str, bool],
             missing: dict[str, str]) -> str:
    """Why a job cannot run, or nothing."""
    for variant in job.needs:
        if not built[variant]:
            return f"{variant} does not build"
    for name in job.debian:
        if name in missing:
            return f"needs Debian's {name} for arm64"
    return ""


def run_all(jobs: list[Job], built: dict[str, bool],
            missing: dict[str, str], report: Report) -> None:
    running = Running()
    ready = []
    for job in jobs:
        why = obstacle(job, built, missing)
        if why:
            report.show(unable(job, why))
        else:
            ready.append(job)
    together = [job for job in ready if not job.alone]
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        try:
            futures = [pool.submit(run_job, job, running)
                       for job in together]
            for future in concurrent.futures.as_completed(futures):
                report.show(future.result())
            for job in ready:
                if job.alone:
                    report.show(pool.submit(run_job, job, running).result())
        except BaseException:
            running.end_all()
            pool.shutdown(cancel_futures=True)
            raise


def matches(job: Job, name: str) -> bool:
    return job.name == name or job.name.startswith(name + ".") or \
        fnmatch.fnmatchcase(job.name, name)


def unknown(name: str, jobs: list[Job]) -> NoReturn:
    """Documents write boot:NAME for a result of a test; that is none."""
    hint = "see ./test --list"
    suite, rest = name.replace(":", ".", 1), ""
    while "." in suite and not any(matches(job, suite) for job in jobs):
        suite, _, word = suite.rpartition(".")
        rest = f"{word}.{rest}" if rest else word
    if any(matches(job, suite) for job in jobs):
        hint = f"a result? ./test --verbose {suite} | grep {rest}" \
            if rest else f"but {suite} is"
    fail(f"no test is called {name} ({hint})")


def select(args: argparse.Namespace) -> list[Job]:
    jobs = suites.all_jobs()
    for name in args.names:
        if not any(matches(job, name) for job in jobs):
            unknown(name, jobs)
    if args.names:
        jobs = [job for job in jobs
                if any(matches(job, name) for name in args.names)]
    return [job for job in jobs
            if args.long or not job.long or job.name in args.names]


def parse() -> argparse.Namespace:
    parser = Parser(prog="./test", description=__doc__.splitlines()[0],
                    epilog=EPILOG, allow_abbrev=False,
                    formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--long", action="store_true", help="also what takes long")
    add("--list", action="store_true", help="list the tests and stop")
    add("--verbose", action="store_true",
        help="show every result, and the build")
    add("names", nargs="*", metavar="NAME", help="run these only")
    return parser.parse_args()


def main() -> int:
    args = parse()
    jobs = select(args)
    if args.list:
        for job in jobs:
            print(f"{job.name:32} {job.text}")
        return 0
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    start = time.monotonic()
    report = Report(args.verbose)
    try:
        built = build_all(jobs, report, args.verbose)
        missing = fetch_all(jobs, report)
        run_all(jobs, built, missing, report)
    except KeyboardInterrupt:
        print("test: interrupted", file=sys.stderr)
        return 130
    print(f"{time.monotonic() - start:.0f} s")
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
