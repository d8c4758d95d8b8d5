# SPDX-License-Identifier: MIT
"""Run a program that may hang, without trusting the clock.

How fast the clock goes beside a program depends on what else the machine
does; a hang is therefore told by the processor time that passes without a
line of output. A program that waits for ever uses none: that it used none
for long enough ends it too.
"""

import os
import selectors
import signal
import subprocess
import time
from typing import Callable, NamedTuple, Optional

import machine

TICK = 0.2          # seconds between two looks at the processor time
IDLE = 30.0         # seconds of the clock with hardly any processor time
IDLE_USE = 0.05     # seconds of processor time that are hardly any
HERTZ = os.sysconf("SC_CLK_TCK")


class Ended(NamedTuple):
    status: Optional[int]   # None: it was stopped
    why: str                # why it was stopped: "hangs", "waits", or a line
    lines: list[str]
    used: float             # seconds of processor time

    def hung(self) -> bool:
        return self.why in ("hangs", "waits")


def cpu_time(pid: int) -> float:
    """Of all its threads and of what it started, in seconds."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii",
                  errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
        with open(f"/proc/{pid}/task/{pid}/children",
                  encoding="ascii") as file:
            children = file.read().split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / HERTZ + \
        sum(cpu_time(int(child)) for child in children)


class Watch:
    """One program and what it says."""

    def __init__(self, process: subprocess.Popen, silence: float,
                 stop: Callable[[str], bool]) -> None:
        self.process = process
        self.silence = silence
        self.stop = stop
        self.lines: list[str] = []
        self.rest = b""
        self.used = self.used_at_line = 0.0
        self.idle_since, self.used_then = time.monotonic(), 0.0

    def take(self, data: bytes) -> str:
        """A line on which to stop, or nothing."""
        *whole, self.rest = (self.rest + data).split(b"\n")
        for raw in whole:
            line = raw.decode("utf-8", "replace").rstrip("\r")
            self.lines.append(line)
            self.used_at_line = self.used
            if self.stop(line):
                return line
        return ""

    def look(self) -> str:
        """Whether it hangs."""
        now = time.monotonic()
        self.used = max(self.used, cpu_time(self.process.pid))
        if self.used - self.used_at_line > self.silence:
            return "hangs"
        if self.used - self.used_then > IDLE_USE:
            self.idle_since, self.used_then = now, self.used
        return "waits" if now - self.idle_since > IDLE else ""

    def follow(self) -> str:
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while True:
                if selector.select(TICK):
                    data = os.read(self.process.stdout.fileno(), 65536)
                    if not data:
                        return ""
                    why = self.take(data)
                    if why:
                        return why
                why = self.look()
                if why:
                    return why


def run(command: list[str], cwd: str, silence: float,
        stop: Callable[[str], bool] = lambda line: False,
        env: "dict[str, str] | None" = None) -> Ended:
    """Run to the end, to the first line that @stop wants, or to a hang.

    @silence: seconds of processor time without a line of output.
    """
    with machine.start(command, cwd, stdin=subprocess.DEVNULL, env=env,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       start_new_session=True) as process:
        watch = Watch(process, silence, stop)
        try:
            why = watch.follow()
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        if why:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if watch.rest:
        watch.lines.append(watch.rest.decode("utf-8", "replace"))
    return Ended(None if why else process.returncode, why, watch.lines,
                 watch.used)
