# SPDX-License-Identifier: MIT
"""A debugger: ./run --gdb prints the command that attaches one."""

import os
import re
import shlex
import signal
import subprocess

from loom import OPTIONS, ROOT, RUN, expect

HOOK = "weft_hook_syscall"    # what every system call comes to
COMMANDS = (f"break {HOOK}", "continue", "bt", "info registers pc", "kill")


def attach(command: str, program: str) -> str:
    """What gdb prints when it stops at the first system call of init."""
    words = shlex.split(command)
    words[1:1] = ["-batch", "-nx"]
    words += ["-ex", f"add-symbol-file {program}"]
    for each in COMMANDS:
        words += ["-ex", each]
    done = subprocess.run(words, capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL, timeout=60)
    return done.stdout + done.stderr


def test_unwinds_into_the_program() -> None:
    """From a system call's handler, gdb unwinds into the program."""
    with subprocess.Popen([RUN, *OPTIONS, "--gdb", "--", "/bin/true"],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as process:
        try:
            lines = iter(process.stderr.readline, "")
            command = next(line for line in lines
                           if line.startswith("gdb-multiarch "))
            elf = shlex.split(command)[1]
            folder = os.path.dirname(os.path.dirname(elf))
            output = attach(command, os.path.join(folder, "user/init"))
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)
    print(output)
    frames = re.findall(r"^#(\d+) +(.*)$", output, re.M)
    text = "\n".join(frame for _, frame in frames)
    expect(HOOK in text, f"never stopped in {HOOK}")
    expect(elf.startswith(ROOT), elf)
    expect(re.search(r"_start\b|__libc_start|\bmain\b", text),
           "no frame of the program")
    expect("corrupt stack" not in output, "unwinding stopped early")
