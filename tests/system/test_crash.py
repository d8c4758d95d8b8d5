# SPDX-License-Identifier: MIT
"""What the kernel says when it stops: tests/boot/crash.c stops it."""

import re

import bare
import machine
from loom import expect

CALLERS = ["crash_outer", "crash_run", "run_all", "first_run",
           "weft_resume_first"]
# What a compiler may inline, or leave by a jump.
OPTIONAL = {"fail", "run_timeouts", "clock_interrupt", "irq_dispatch",
            "weft_hook_irq", "weft_trap_kernel_irq"}
REGISTER = re.compile(r"\b(x[0-9]+|sp|pc|pstate|esr|far) +([0-9a-f]{8,16})\b")


class Report:
    """The parts of a crash report."""

    def __init__(self, way: str, **board) -> None:
        self.ended = bare.boot_tests(f"test.crash={way}",
                                     board=machine.Machine(**board))
        text = self.ended.console
        print(text)
        expect(self.ended.status == 1, f"QEMU ended with {self.ended.status}")
        self.text = text.partition("\n*** ")[2]
        trace = self.text.partition("backtrace:\n")[2]
        trace = trace.partition("last messages")[0]
        self.trace = re.findall(r"^  [0-9a-f]{16}(?: (\w+)\+0x[0-9a-f]+)?$",
                                trace, re.M)
        self.registers = {name: int(value, 16)
                          for name, value in REGISTER.findall(self.text)}

    def says(self, *parts: str) -> None:
        for part in parts:
            expect(part in self.text, f"no '{part}' in the report")

    def status(self, text: str) -> None:
        expect(self.ended.said == f"panic {text}\n", self.ended.said)

    def follows(self, *names: str) -> None:
        """The whole backtrace, "" for an address without a name."""
        found = [name for name in self.trace if name not in OPTIONAL]
        expect(found == [*names, *CALLERS], self.trace)

    def has_registers(self, pc: bool = True) -> None:
        """All are there; pc is in the kernel, unless it is the fault."""
        want = {f"x{n}" for n in range(31)} | {"sp", "pc", "pstate", "esr",
                                               "far"}
        expect(set(self.registers) == want, self.registers)
        expect(self.registers["x29"] >> 39 == 0x1ffffff, "x29")
        expect(not pc or self.registers["pc"] >> 32 == 0xffffffc0, "pc")

    def thread(self) -> None:
        self.says("thread: boot-tests, tid 0, preempt 0, cpu 0")


def stopped(way: str, what: str, *parts: str, **board) -> Report:
    """A report of an exception, of the kernel by itself."""
    report = Report(way, **board)
    report.status(f"synchronous exception of the kernel: {what}")
    report.says(f"loom stops: synchronous exception of the kernel: {what}",
                *parts)
    report.thread()
    return report


def test_data() -> None:
    """Wild reads and writes of the kernel are explained."""
    report = stopped("null", "data abort from EL1",
                     "read at 0000000000000018, translation fault, level 1 "
                     "(a null pointer)")
    report.follows("crash_null")
    report.has_registers()
    expect(report.registers["far"] == 0x18, report.registers)
    expect(report.registers["esr"] == 0x96000005, report.registers)
    expect(report.registers["pstate"] & 0xfffffff == 5, report.registers)

    report = stopped("rodata", "data abort from EL1", "write at ffffffc0",
                     "permission fault, level 3")
    report.follows("crash_rodata")
    expect(report.registers["esr"] == 0x9600004f, report.registers)


def test_code() -> None:
    """Jumps to nowhere and into data, and undefined instructions, too."""
    report = stopped("jump", "instruction abort from EL1",
                     "execution at ffffffe812345678, translation fault")
    report.follows("", "crash_jump")
    report.has_registers(pc=False)
    expect(report.registers["pc"] == 0xffffffe812345678, report.registers)

    report = stopped("data", "instruction abort from EL1",
                     "execution at ffffffc0", "permission fault, level 3")
    report.follows("", "crash_data")

    report = stopped("undefined", "undefined instruction",
                     "undefined instruction\nx0 ")
    report.follows("crash_undefined")
    report.has_registers()


def test_landing() -> None:
    """So is a call of what is no function, on a CPU with BTI."""
    report = stopped("landing", "branch target exception",
                     "branch target exception\nx0 ", cpu="max")
    report.follows("assert_failed", "crash_landing")
    report.has_registers()
    expect(report.registers["esr"] == 0x36000002, report.registers)


def test_pan() -> None:
    """On a CPU with PAN, and entered at EL2, the report is the same."""
    report = stopped("null", "data abort from EL1", "(a null pointer)",
                     cpu="max", el2=True)
    report.follows("crash_null")
    expect(report.registers["pstate"] & 0xff == 5, report.registers)


def test_overflow() -> None:
    """A kernel stack that is full is reported from a spare one."""
    report = Report("overflow")
    report.status("kernel stack overflow: data abort from EL1")
    report.says("write at ffffffe0", "translation fault, level 3")
    report.thread()
    report.has_registers()
    expect(len(report.trace) > 20 and set(report.trace) == {"crash_deeper"},
           report.trace)
    # The fault and sp are of the stack that is full, around its end.
    far, sp = report.registers["far"], report.registers["sp"]
    expect(far & 0x4000 == 0 and abs(sp - far) < 0x400, report.registers)


def test_panic() -> None:
    """panic() and failed assertions say where they were called."""
    report = Report("panic")
    report.status("the test asked for this, 1 times")
    report.says("loom stops: the test asked for this, 1 times")
    report.thread()
    report.follows("panic", "crash_panic")
    report = Report("assert")
    report.status("some/file.c:12: assertion failed: one == two")
    report.follows("panic", "check_failed", "assert_failed", "crash_assert")


def test_fatal() -> None:
    """fatal() is one line."""
    report = Report("fatal")
    report.status("the test has no machine")
    expect("loom cannot run here: the test has no machine\n" in
           report.ended.console, "the line")
    expect(not report.text, "no report")
    report = Report("nonsense")
    expect("no such way" in report.ended.said, report.ended.said)


def test_interrupt() -> None:
    """The backtrace goes through an interrupt into what it hit."""
    report = Report("interrupt")
    report.status("in an interrupt")
    report.thread()
    report.follows("panic", "crash_in_timer", "weft_entry_kernel_irq",
                   "crash_interrupt")
    report = stopped("nested", "data abort from EL1", "(a null pointer)")
    report.follows("crash_fault_in_timer", "weft_entry_kernel_irq",
                   "crash_nested")


def test_report() -> None:
    """A report that fails itself ends at once; a bad record ends a trace."""
    report = Report("report")
    report.status("synchronous exception of the kernel: data abort from EL1")
    report.says("loom stops: a report that fails", "a fault in the report: "
                "synchronous exception of the kernel: data abort from EL1")
    report = Report("record")
    report.says("(frame record at ffffffe800001000 is not there)")
    expect(report.trace == ["panic", "crash_record", "crash_outer"],
           report.trace)


def test_el1t() -> None:
    """An exception of EL1 on SP_EL0, which the kernel never uses."""
    report = Report("el1t")
    report.status("synchronous exception of EL1 on SP_EL0: undefined "
                  "instruction")
    report.thread()
    report.has_registers()
    report.follows("crash_el1t")
    expect(report.registers["pstate"] & 0xf == 4, report.registers)
