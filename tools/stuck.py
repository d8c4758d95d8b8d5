# SPDX-License-Identifier: MIT
"""Where the threads of a loom are that does not end.

A test that waits for ever says nothing by itself. QEMU gets a socket for a
debugger from the start, which costs nothing while nobody attaches; who has
waited too long attaches one, and has the commands of tools/gdb list every
thread and what it waits for.
"""

import os
import shutil
import subprocess

import build

GDB = "gdb-multiarch"
PATIENCE = 60       # seconds
LINES = 80
SCRIPT = os.path.join(build.ROOT, "tools/gdb/loom.py")


def options(socket: str) -> list[str]:
    """What ./run is told, so that a debugger may come later."""
    return ["--qemu", f"-gdb unix:{socket},server=on,wait=off"]


def kernel(command: list[str]) -> str:
    """The file with the symbols of the kernel that @command of ./run runs."""
    compiler = "clang" if "clang" in command else "gcc"
    variant = build.name(compiler, "--debug" in command)
    return os.path.join(build.directory(variant), build.KERNEL)


def report(command: list[str], socket: str) -> list[str]:
    """All threads and CPUs of the machine that @command started."""
    if not shutil.which(GDB):
        return [f"where it is: not known without {GDB}"]
    words = [GDB, "-batch", "-nx", kernel(command), "-x", SCRIPT,
             "-ex", f"target remote {socket}"]
    for each in ("loom threads", "loom cpus", "thread apply all backtrace 8"):
        words += ["-ex", each]
    try:
        done = subprocess.run(words, stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, check=False,
                              stderr=subprocess.STDOUT, errors="replace",
                              timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return [f"where it is: {GDB} had no answer in {PATIENCE} seconds"]
    return ["where it is:", *done.stdout.splitlines()[:LINES]]
