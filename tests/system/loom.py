# SPDX-License-Identifier: MIT
"""What the tests of the whole system share: ./run as a command, and a
console session with the shell.

LOOM_OPTIONS in the environment holds options for every ./run, for instance
another compiler or another machine. The programs are loom's own, which are
there with and without network; DEBIAN is for tests of Debian's.
"""

import os
import re
import shlex
import subprocess
import time

import pexpect

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
RUN = os.path.join(ROOT, "run")
MACHINE = shlex.split(os.environ.get("LOOM_OPTIONS", ""))
OPTIONS = ["--shell", "loom", *MACHINE]
DEBIAN = ["--shell", "ash", *MACHINE]
TIMEOUT = 60            # seconds; it only detects a hang
PROMPT = "loom$ "       # of loom's own shell
DEBIAN_PROMPT = re.compile(r"loom:\S+# ")     # of Debian's

# What a line editor sends besides text.
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][0-9A-B]|\x07")


class Skip(Exception):
    """This test cannot run here; the text says why."""


def alone(function):
    """Mark a test that measures time: nothing runs beside it."""
    return function


class Done:
    """How a command ended: its status, and what it wrote."""

    def __init__(self, status: int, out: bytes, err: bytes) -> None:
        self.status = status
        self.out = out
        self.err = err

    def __repr__(self) -> str:
        return f"status {self.status}, out {self.out[-2000:]!r}, " \
            f"err {self.err[-2000:]!r}"


def run(*words: str, stdin: bytes = b"", options: "list[str]" = OPTIONS,
        timeout: float = TIMEOUT) -> Done:
    """./run with @words, and what came of it."""
    done = subprocess.run([RUN, *options, *words], input=stdin, check=False,
                          capture_output=True, timeout=timeout)
    return Done(done.returncode, done.stdout, done.stderr)


def shell(script: str, *options: str, stdin: bytes = b"") -> Done:
    """Run @script in loom's shell."""
    return run(*options, "--", "/bin/sh", "-c", script, stdin=stdin)


def expect(condition: bool, what: object) -> None:
    """Fail, showing @what, unless @condition."""
    if not condition:
        raise AssertionError(what)


class Session:
    """An interactive session: ./run on a terminal of its own."""

    def __init__(self, *words: str, ready: bool = True,
                 options: "list[str]" = OPTIONS) -> None:
        self.prompts = DEBIAN_PROMPT.pattern if "loom" not in options \
            else re.escape(PROMPT)
        self.terminal = pexpect.spawn(RUN, [*options, *words], timeout=TIMEOUT,
                                      encoding="utf-8", codec_errors="replace",
                                      dimensions=(24, 80))
        self.terminal.delaybeforesend = None
        if ready:
            self.prompt()

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *_exception: object) -> None:
        self.terminal.close(force=True)

    def send(self, text: str) -> None:
        self.terminal.send(text)

    def key(self, letter: str) -> None:
        """A control key: key("c") is ^C."""
        self.terminal.sendcontrol(letter)

    def expect(self, pattern: str, timeout: float = TIMEOUT) -> str:
        """Wait for a regular expression; returns what came before it."""
        self.terminal.expect(pattern, timeout=timeout)
        return self.plain(self.terminal.before)

    def prompt(self) -> str:
        """Wait for the prompt; returns what came before it."""
        return self.expect(self.prompts)

    def command(self, line: str) -> str:
        """Type a line; returns what it printed until the next prompt."""
        self.send(line + "\r")
        self.expect(r"\r*\n")       # the end of the line that we typed
        return self.prompt()

    def wait_for(self, line: str, pattern: str, tries: int = 50) -> str:
        """Repeat a command until its output has @pattern."""
        for _ in range(tries):
            output = self.command(line)
            if re.search(pattern, output):
                return output
            time.sleep(0.1)
        raise AssertionError(f"{line}: never /{pattern}/, but {output!r}")

    def settle(self, silence: float = 0.3, longest: float = 2) -> str:
        """What comes until the console is silent for so many seconds, or
        for the longest, if programs keep printing.
        """
        output = ""
        end = time.monotonic() + longest
        while time.monotonic() < end:
            try:
                output += self.terminal.read_nonblocking(4096, silence)
            except (pexpect.TIMEOUT, pexpect.EOF):
                break
        return self.plain(output)

    def power_off(self) -> None:
        """Leave by the poweroff command: ./run ends with status 0."""
        self.send("poweroff\r")
        expect(self.end() == 0, "poweroff should end ./run with status 0")

    def end(self) -> int:
        """Wait until ./run has ended; its exit status."""
        self.terminal.expect(pexpect.EOF)
        self.terminal.close()
        if self.terminal.exitstatus is None:
            return 128 + (self.terminal.signalstatus or 0)
        return self.terminal.exitstatus

    @staticmethod
    def plain(text: str) -> str:
        """Without escape sequences and carriage returns."""
        return ESCAPES.sub("", text).replace("\r", "")
