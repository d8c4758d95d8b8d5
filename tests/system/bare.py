# SPDX-License-Identifier: MIT
"""QEMU without ./run: for tests that look at the machine itself.

LOOM_OPTIONS (loom.py) decides which build is looked at. LOOM_BUILD in the
environment names another build directory, for work on the tests.
"""

import os
import subprocess
import sys
import tempfile
from typing import NamedTuple

from loom import OPTIONS, ROOT

sys.path.insert(0, os.path.join(ROOT, "tools"))

import build        # pylint: disable=wrong-import-position
import machine      # pylint: disable=wrong-import-position

TIMEOUT = 100       # seconds; it only detects a hang
CONSOLE = ["-serial", "stdio", "-monitor", "none"]


class Ended(NamedTuple):
    status: int         # QEMU's
    console: str
    said: str           # the status file


def directory() -> str:
    """The build directory that the other tests of this run use."""
    compiler = "gcc"
    if "--compiler" in OPTIONS:
        compiler = OPTIONS[OPTIONS.index("--compiler") + 1]
    variant = build.name(compiler, "--debug" in OPTIONS)
    return os.environ.get("LOOM_BUILD") or build.directory(variant)


def built(name: str) -> str:
    return os.path.join(directory(), name)


def qemu(command: "list[str]", timeout: float = TIMEOUT) -> Ended:
    """Run QEMU to its end in a directory of its own."""
    with tempfile.TemporaryDirectory(prefix="loom-test-") as scratch:
        try:
            done = subprocess.run(command, cwd=scratch, check=False,
                                  stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, timeout=timeout)
        except subprocess.TimeoutExpired as late:
            print((late.stdout or b"").decode("utf-8", "replace"))
            raise
        path = os.path.join(scratch, "status")
        said = ""
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                said = file.read()
    text = done.stdout.decode("utf-8", "replace").replace("\r", "")
    return Ended(done.returncode, text, said)


def boot_tests(*words: str, board: machine.Machine = machine.Machine(),
               timeout: float = TIMEOUT) -> Ended:
    """The kernel with the boot tests, on @board, with a command line."""
    command = board.command(built(build.BOOT_TESTS), "",
                            ["loom.host=semihosting", *words])
    return qemu(command + CONSOLE, timeout)
