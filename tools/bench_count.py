# SPDX-License-Identifier: MIT
"""Boot a kernel with the programs of benches/, and read what they say.

The machine counts instructions: at shift=4 each is 16 ns, a tick of QEMU's
counter of 62.5 MHz. So a program that reads the counter reads how many
instructions all of the machine has executed. Everything repeats exactly.

Linux is Debian's kernel (debian.py) on the same machine, with the same
archives and the same binaries. It is spared what Debian's default would add
to each call: randomize_kstack_offset=0, mitigations=off, audit=0.
"""

import collections
import dataclasses
import os
import statistics
import tempfile

import bench_code
import bench_trace
import build
import debian
import machine
import mkinitramfs
import watch

BOARD = machine.Machine(cpu="cortex-a57", icount=True, shift=4)
# Linux does not make 4096 processes in 512 MB.
LARGE = dataclasses.replace(BOARD, mem=2048)
ARCHIVE = "benches/bench.cpio"
PROGRAM = "benches/ops"
FLOOR = "benches/floor"
OPS = "/bench/ops"
FIRST = "/bench/first"
SILENCE = 300.0     # seconds of processor time without a line
LINUX_WORDS = ["console=ttyAMA0", "quiet", "loglevel=0", "panic=-1",
               "mitigations=off", "audit=0", "randomize_kstack_offset=0"]
LOOM_WORDS = ["loom.host=semihosting", "loom.run", "loom.quiet"]

# Where an operation's rounds begin and end when it is traced, if not at
# traced_begin and traced_end of benches/loops.S. Of an interrupt all is wanted.
LABELS = {"yield-fp": ("traced_fp_begin", "traced_fp_end"),
          "fault": ("touch_begin", "touch_end"),
          "fork": ("fork_begin", "fork_end"),
          "timer": ("trace_on", "trace_off")}
UNTRACED = ("unmap",)


class BenchError(Exception):
    """A run did not say what it was asked for; one line."""


@dataclasses.dataclass
class Counted:
    """One operation, from its batches."""

    rounds: int                 # of a batch
    each: int                   # operations in a round
    loop: int                   # a round's user instructions, taken off
    batches: list[int]
    rest: list[int]             # left to be done when a batch had ended
    ticks: int = 0              # while it was traced
    trace: "bench_trace.Trace | None" = None

    def typical(self) -> float:
        """Most batches are without the timer's interrupt."""
        return self.one(statistics.median(self.batches))

    def mean(self) -> float:
        """With all that was left to be done."""
        return self.one(statistics.mean(self.batches) +
                        (statistics.mean(self.rest) if self.rest else 0))

    def one(self, batch: float) -> float:
        return batch / (self.rounds * self.each)

    def figure(self, varies: bool) -> float:
        return self.mean() if varies else self.typical()


@dataclasses.dataclass
class Said:
    """What the programs printed in one boot."""

    operations: dict[str, Counted] = dataclasses.field(default_factory=dict)
    flat: dict[tuple[str, int], int] = dataclasses.field(
        default_factory=dict)
    memory: dict[str, int] = dataclasses.field(default_factory=dict)
    floors: dict[str, float] = dataclasses.field(default_factory=dict)
    boot: int = 0
    calibration: str = ""


def numbers(words: list[str]) -> list[int]:
    return [int(word) for word in words]


def read(lines: list[str]) -> Said:
    """The lines that benches/ops.c describes, and those of the floor."""
    said = Said()
    ended = False
    for line in lines:
        what, *words = line.split() or [""]
        if what == "op":
            said.operations[words[0]] = Counted(
                *numbers(words[2:7:2]), numbers(words[8:]), [])
        elif what == "rest":
            said.operations[words[0]].rest = numbers(words[1:])
        elif what == "traced":
            said.operations[words[0]].ticks = int(words[1])
        elif what == "flat":
            said.flat[words[0], int(words[1])] = int(words[2])
        elif what == "memory":
            said.memory[words[0]] = int(words[1])
        elif what == "floor":
            said.floors[words[0]] = int(words[1]) / int(words[2])
        elif what == "boot":
            said.boot, ended = int(words[0]), True
        elif what == "calibration":
            check_calibration(words)
            said.calibration = f"{words[0]} NOPs are {words[1]} ticks"
        ended = ended or what == "end"
    if not ended:
        raise BenchError("no end: " + " | ".join(lines[-3:]))
    return said


def check_calibration(words: list[str]) -> None:
    if words[0] != words[1]:
        raise BenchError(f"{words[0]} instructions take {words[1]} ticks: "
                         "this counter does not count instructions")


# ---- the machines -----------------------------------------------------

def initrd(variant: str, scratch: str, streams: list[str],
           words: list[str]) -> str:
    path = os.path.join(scratch, "initrd")
    archive = mkinitramfs.Archive()
    records = "".join(f"{each}\0" for each in [*streams, *words])
    archive.add_file("/run/argv", records.encode(), 0o644)
    with open(path, "wb") as out:
        for part in build.INITRAMFS, ARCHIVE:
            with open(os.path.join(build.directory(variant), part),
                      "rb") as file:
                out.write(file.read())
        out.write(archive.to_bytes())
    return path


def follow(command: list[str], scratch: str) -> list[str]:
    done = watch.run(command, scratch, SILENCE,
                     lambda line: line == "end" or line.startswith("boot "))
    if done.hung():
        raise BenchError(f"it {done.why}: {' | '.join(done.lines[-3:])}")
    return done.lines


def loom_command(variant: str, scratch: str, words: list[str],
                 extra: list[str],
                 board: machine.Machine = BOARD) -> list[str]:
    path = initrd(variant, scratch,
                  ["/dev/null", "/dev/hostout", "/dev/hosterr"], words)
    kernel = os.path.join(build.directory(variant), build.IMAGE)
    return board.command(kernel, path, LOOM_WORDS + extra) + \
        ["-serial", "file:console.log", "-monitor", "none"]


def on_loom(variant: str, words: list[str],
            board: machine.Machine = BOARD) -> Said:
    with tempfile.TemporaryDirectory(prefix="loom-bench-") as scratch:
        return read(follow(loom_command(variant, scratch, [OPS, *words], [],
                                        board), scratch))


def boot_command(variant: str, scratch: str) -> list[str]:
    command = loom_command(variant, scratch, [OPS], [f"loom.init={FIRST}"])
    command[command.index("file:console.log")] = "stdio"
    return command


def boot_loom(variant: str) -> int:
    """Ticks to the first instruction of a process 1 that says so."""
    with tempfile.TemporaryDirectory(prefix="loom-bench-") as scratch:
        return read(follow(boot_command(variant, scratch), scratch)).boot


def boot_traced(variant: str) -> "tuple[int, collections.Counter[int]]":
    """The same, and how often each instruction was executed."""
    folder = build.directory(variant)
    kernel = bench_code.Code(os.path.join(folder, build.KERNEL))
    first = bench_code.Code(os.path.join(folder, "benches/first"))
    with tempfile.TemporaryDirectory(prefix="loom-bench-") as scratch:
        log = os.path.join(scratch, "log")
        os.mkfifo(log)
        tracer = bench_trace.BootTracer(log, kernel.symbols["_start"],
                                        first.symbols["_start"])
        command = boot_command(variant, scratch) + \
            ["-singlestep", "-d", "exec,nochain", "-D", log]
        said = read(follow(command, scratch))
        return said.boot, tracer.finish()


def on_linux(variant: str, words: list[str], init: str = "/bin/init",
             board: machine.Machine = BOARD) -> Said:
    kernel = os.path.join(debian.have("linux"), "vmlinuz")
    with tempfile.TemporaryDirectory(prefix="loom-bench-") as scratch:
        path = initrd(variant, scratch, ["/dev/null", *["/dev/ttyS0"] * 2],
                      [OPS, *words])
        command = board.command(kernel, path,
                                [*LINUX_WORDS, f"rdinit={init}"])
        if init == FIRST:
            command += ["-serial", "stdio", "-monitor", "none"]
        else:
            command += ["-chardev", "stdio,id=results",
                        "-device", "pci-serial,chardev=results",
                        "-serial", "file:console.log", "-monitor", "none"]
        return read(follow(command, scratch))


def boot_linux(variant: str) -> int:
    return on_linux(variant, [], FIRST).boot


def floors(variant: str) -> dict[str, float]:
    """What benches/floor.S takes, on the same machine without a kernel."""
    with tempfile.TemporaryDirectory(prefix="loom-bench-") as scratch:
        path = os.path.join(build.directory(variant), FLOOR)
        command = BOARD.command(path, "", []) + \
            ["-serial", "none", "-monitor", "none"]
        return read(follow(command, scratch)).floors


# ---- with a trace -----------------------------------------------------

def labels(program: bench_code.Code, name: str) -> bench_trace.Labels:
    names = LABELS.get(name, ("traced_begin", "traced_end"))
    return bench_trace.Labels(*(program.symbols[each] for each in
                                ("trace_on", "trace_off", *names)))


def traced(variant: str, names: list[str]) -> Said:
    """As on_loom, with the trace of each of @names that has one."""
    names = [name for name in names if name not in UNTRACED]
    program = bench_code.Code(os.path.join(build.directory(variant),
                                           PROGRAM))
    looks = {pc for pc, text in program.text.items() if "cntvct_el0" in text}
    with tempfile.TemporaryDirectory(prefix="loom-bench-") as scratch:
        socket, log = f"{scratch}/gdb", f"{scratch}/log"
        with machine.debugger(socket) as arguments:
            command = loom_command(variant, scratch, [OPS, *names], [])
            tracer = bench_trace.Tracer(socket, log,
                                        [labels(program, n) for n in names],
                                        looks)
            said = read(follow(command + ["-D", log, *arguments], scratch))
        for name, trace in zip(names, tracer.finish()):
            said.operations[name].trace = trace
    return said
