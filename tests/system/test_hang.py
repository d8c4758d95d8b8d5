# SPDX-License-Identifier: MIT
"""CPUs that hang are reported: tests/boot/crash_smp.c makes them hang."""

import re
import signal
import subprocess
import tempfile
import time
from typing import NamedTuple

import bare
import build
import machine
import user_tests
from loom import OPTIONS, expect

DEBUG = "--debug" in OPTIONS
FUNCTION = re.compile(r"^  [0-9a-f]{16} (\w+)\+0x[0-9a-f]+$", re.M)
THREAD = "boot-tests, tid 0, preempt"
WORKER = ["run_worker", "first_run", "weft_resume_first"]
RUNNER = ["crash_outer", "crash_run", "run_all", "first_run",
          "weft_resume_first"]


class Section(NamedTuple):
    """What a report says of one CPU."""
    text: str
    trace: "list[str]"

    def has(self, *names: str) -> None:
        """These functions in this order, perhaps with others between."""
        found = iter(self.trace)
        expect(all(name in found for name in names), (names, self.text))

    def says(self, *parts: str) -> None:
        for part in parts:
            expect(part in self.text, (part, self.text))


class Report:
    """A report, taken apart."""

    def __init__(self, ended: bare.Ended) -> None:
        print(ended.console)
        expect(ended.status == 1, f"QEMU ended with {ended.status}")
        self.said = ended.said
        text = ended.console.partition("\n*** ")[2]
        text = text.partition("last messages")[0]
        parts = re.split(r"^cpu ([0-9]+):", text, flags=re.M)
        self.first = Section(parts[0], FUNCTION.findall(parts[0]))
        self.cpu = {int(number): Section(part, FUNCTION.findall(part))
                    for number, part in zip(parts[1::2], parts[2::2])}


def hangs(way: str, cpus: int) -> Report:
    return Report(bare.boot_tests(f"test.crash={way}", "loom.watchdog=2",
                                  board=machine.Machine(smp=cpus)))


def test_deaf() -> None:
    """Another CPU names one that takes no interrupt, and what it may do."""
    report = hangs("deaf", 2)
    expect(report.said == "panic cpu 1 hangs: no sign of life for 2 seconds\n",
           report.said)
    report.first.says("thread: idle, tid 0, preempt 1, cpu 0\n")
    report.cpu[1].says(" does not answer\n", "thread: deaf, ", "perhaps")
    report.cpu[1].has("deaf_loop", "deaf", *WORKER)


def test_alone() -> None:
    """The CPU that has all the work, just so, and when all slept before."""
    for way in "deaf-alone", "deaf-late":
        report = hangs(way, 3)
        expect(report.said ==
               "panic cpu 0 hangs: no sign of life for 2 seconds\n",
               report.said)
        report.cpu[0].says(" does not answer\n", THREAD)
        name = "crash_" + way.replace("-", "_")
        report.cpu[0].has("deaf_loop", name, "crash_outer")
        expect(set(report.cpu) <= {0, 1, 2} and len(report.cpu) == 2,
               set(report.cpu))


def test_soft() -> None:
    """A CPU finds out itself that its thread does not let go of it."""
    report = hangs("soft", 2)
    expect(report.said ==
           "panic cpu 1 hangs: thread soft has kept it for 2 seconds\n",
           report.said)
    report.first.says("thread: soft, tid 0, preempt 1, cpu 1\n")
    report.first.has("panic", "weft_entry_kernel_irq", "spin_at_once",
                     "soft_loop", "soft", *WORKER)
    report.cpu[0].says(" idle\n")


def test_soft_alone() -> None:
    """So does the only CPU."""
    report = hangs("soft-alone", 1)
    expect(report.said ==
           "panic cpu 0 hangs: thread boot-tests has kept it for 2 seconds\n",
           report.said)
    report.first.has("panic", "weft_entry_kernel_irq", "spin_at_once",
                     "soft_loop", "crash_soft_alone", *RUNNER)


def test_lock() -> None:
    """A lock that is never released: who holds it and who waits for it."""
    report = hangs("locked", 2 if DEBUG else 3)
    if DEBUG:
        expect(report.said ==
               "panic lock test-lock: waited for in vain for 2 s\n",
               report.said)
        report.first.has("want_lock", "crash_locked", *RUNNER)
        report.first.says("locks, held or waited for: test-lock\n")
        report.cpu[1].says("locks, held or waited for: test-lock\n")
    else:
        expect(re.fullmatch(r"panic cpu [01] hangs: no sign of life for 2 "
                            r"seconds\n", report.said), report.said)
        report.cpu[0].has("want_lock", "crash_locked", "crash_outer")
    report.cpu[1].says(" does not answer\n", "thread: holder, ")
    report.cpu[1].has("hold_lock", "hold", *WORKER)


def test_four() -> None:
    """A report shows each CPU: in the kernel, idle, in a program."""
    report = hangs("four", 4)
    expect(report.said == "panic four CPUs\n", report.said)
    report.first.has("panic", "crash_four", *RUNNER)
    expect(set(report.cpu) == {1, 2, 3}, set(report.cpu))
    report.cpu[1].says("\nthread: kernel, tid 0, preempt 0, cpu 1\n")
    report.cpu[1].has("spin_for_ever", "kernel_loop", "kernel", *WORKER)
    expect(report.cpu[2].text.strip() == "idle", report.cpu[2])
    report.cpu[3].says(" in user mode at 0000000010000000\n",
                       "thread: user, tid 0, preempt 0, cpu 3\n")


def test_stopped() -> None:
    """A machine that the host stops for longer does not hang."""
    command = machine.Machine(smp=2).command(
        bare.built(build.BOOT_TESTS), "",
        ["loom.host=semihosting", "test.crash=stopped", "loom.watchdog=2"])
    with tempfile.TemporaryDirectory(prefix="loom-test-") as scratch, \
            machine.start(command + bare.CONSOLE, scratch, text=True,
                          stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE) as qemu:
        for line in qemu.stdout:
            if "stop now" in line:
                break
        for _ in range(2):
            qemu.send_signal(signal.SIGSTOP)
            time.sleep(4)
            qemu.send_signal(signal.SIGCONT)
            time.sleep(0.2)
        text = qemu.communicate(timeout=bare.TIMEOUT)[0]
    expect("loom stops: nothing hangs" in text, text)


def test_off() -> None:
    """loom.watchdog=0: nobody looks."""
    ended = bare.boot_tests("test.crash=deaf-while", "loom.watchdog=0",
                            board=machine.Machine(smp=2))
    expect(ended.said == "panic it is over\n", ended.said)
    ended = bare.boot_tests("test.crash=deaf-while", "loom.watchdog=1",
                            board=machine.Machine(smp=2))
    expect("cpu 1 hangs" in ended.said, ended.said)


def test_program() -> None:
    """A program that does not end: its test says where it is."""
    late = user_tests.run([user_tests.RUN, *OPTIONS, "--",
                           "/loom/bin/sleep", "100"], timeout=8)
    text = "\n".join(user_tests.describe(late))
    print(text)
    expect(text.startswith("does not end: "), "not late")
    expect(re.search(r"^ +\d+ +\d+ sleep +blocked +\d+ \w*nanosleep\(", text,
                     re.M), "no word of who sleeps")
