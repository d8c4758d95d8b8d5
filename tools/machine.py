# SPDX-License-Identifier: MIT
"""The machine that loom runs on: QEMU's virt board, and its command line.

Used by run.py and by the tests. A machine that QEMU would refuse is found
out by probe(), which starts it stopped and ends it at once.
"""

import contextlib
import ctypes
import dataclasses
import functools
import os
import re
import signal
import socket
import subprocess
from typing import Iterator

QEMU = "qemu-system-aarch64"
PR_SET_PDEATHSIG = 1


class MachineError(Exception):
    """QEMU cannot be such a machine; the text says why, in one line."""


@functools.lru_cache(maxsize=None)
def version() -> tuple[int, int]:
    done = subprocess.run([QEMU, "--version"], capture_output=True, text=True,
                          check=False)
    match = re.search(r"version (\d+)\.(\d+)", done.stdout)
    if not match:
        raise MachineError(f"{QEMU} does not tell its version")
    return int(match[1]), int(match[2])


def semihosting() -> str:
    """Semihosting for the kernel only.

    QEMU before 7.2 has no userspace=off, because it never let programs.
    """
    options = "enable=on,target=native"
    return options + (",userspace=off" if version() >= (7, 2) else "")


@dataclasses.dataclass(frozen=True)
class Machine:
    """What can be chosen; the defaults are those of ./run."""

    cpu: str = "cortex-a72"
    smp: int = 1
    mem: int = 512          # MiB
    gic: int = 3
    el2: bool = False       # enter the kernel at EL2
    icount: bool = False    # count instructions, repeat exactly
    shift: int = 0          # with icount: 2^shift ns each

    def board(self) -> list[str]:
        machine = f"virt,gic-version={self.gic}"
        if self.el2:
            machine += ",virtualization=on"
        if self.icount and version() < (7, 1):
            raise MachineError("counting instructions needs QEMU 7.1")
        if self.icount and self.smp > 1 and version() < (8, 1):
            # Before, one CPU runs for many ticks while others stand still.
            raise MachineError("counting instructions needs QEMU 8.1 with "
                               "several CPUs")
        if self.icount:
            machine += ",dtb-randomness=off"
        cpu = self.cpu
        if cpu == "max" and version() >= (6, 0):
            # The kernel signs at every call. QEMU's own algorithm does that
            # at once; the architected one would take half of all the time.
            cpu += ",pauth-impdef=on"
        arguments = ["-M", machine, "-cpu", cpu, "-smp", str(self.smp),
                     "-m", str(self.mem), "-display", "none", "-nic", "none",
                     "-no-reboot"]
        if self.smp > 1:
            arguments += ["-accel", "tcg,thread=" + self.threads()]
        if self.icount:
            arguments += ["-icount", f"shift={self.shift},sleep=off",
                          "-rtc", "base=2020-01-01T00:00:00,clock=vm"]
        return arguments

    def threads(self) -> str:
        """One thread for each emulated CPU, or one for all.

        With fewer cores than emulated CPUs one that waits for a spinlock
        would keep the one that holds it from running; QEMU's single thread
        turns to the next CPU where one waits.
        """
        enough = self.smp <= (os.cpu_count() or 1)
        return "multi" if enough and not self.icount else "single"

    def command(self, image: str, initrd: str, words: list[str]) -> list[str]:
        """QEMU with the kernel @image and the kernel command line @words."""
        command = [QEMU, "-nodefaults", "-no-user-config", *self.board(),
                   "-semihosting-config", semihosting(),
                   "-kernel", image, "-append", " ".join(words)]
        return command + (["-initrd", initrd] if initrd else [])


def probe(machine: Machine) -> None:
    """Raise MachineError if QEMU does not take this machine."""
    command = [QEMU, "-nodefaults", "-no-user-config", *machine.board(),
               "-S", "-monitor", "stdio"]
    done = subprocess.run(command, input="info registers\nquit\n", text=True,
                          capture_output=True, check=False, timeout=60)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no reason given"]
        raise MachineError(lines[0].removeprefix(QEMU + ": "))
    if "X00=" not in done.stdout:
        raise MachineError(f"{machine.cpu} is not a 64-bit CPU")


def become_child() -> None:
    """In QEMU's process before it starts, so that no ending leaves it over.

    ^C at the terminal is for the starter, which then ends QEMU; and when
    the starter dies by SIGKILL, the kernel ends QEMU.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def start(command: list[str], cwd: str, **streams) -> subprocess.Popen:
    """Start QEMU in its private directory @cwd.

    It inherits what was made inheritable, which nothing is by itself.
    """
    return subprocess.Popen(command, cwd=cwd, preexec_fn=become_child,
                            close_fds=False, **streams)


@contextlib.contextmanager
def debugger(path: str) -> Iterator[list[str]]:
    """QEMU's arguments to wait for gdb on the socket @path.

    The socket listens already: whoever is told its name may attach before
    QEMU has come so far.
    """
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(1)
        listener.set_inheritable(True)
        chardev = f"socket,id=gdb,fd={listener.fileno()},server=on,wait=off"
        yield ["-S", "-chardev", chardev, "-gdb", "chardev:gdb"]
