# SPDX-License-Identifier: MIT
"""What a debugger sees through the call-frame information of weft.

test_debug.py has ./run --gdb; here QEMU's stub is used directly, also on the
boot tests, whose crash.c has interrupts at known places.
"""

import contextlib
import os
import re
import subprocess
import tempfile
from typing import Iterator

import bare
import build
from loom import expect

BOOT_ELF = "loom/loom-boot-tests.elf"
SECONDS = 60
END = "echo -- end\\n"      # behind a backtrace
FRAME = re.compile(r"^#(\d+) +(?:0x([0-9a-f]+) in )?(<signal handler called>|"
                   r"\w+)", re.M)


@contextlib.contextmanager
def stopped(image: str, initrd: str, words: "list[str]") -> Iterator[str]:
    """QEMU before its first instruction; the socket of its stub."""
    with tempfile.TemporaryDirectory(prefix="loom-test-") as scratch:
        socket = os.path.join(scratch, "gdb")
        command = bare.machine.Machine().command(image, initrd, words)
        command += ["-serial", "null", "-monitor", "none"]
        with bare.machine.debugger(socket) as arguments, \
                bare.machine.start(command + arguments, scratch,
                                   stdin=subprocess.DEVNULL) as process:
            try:
                yield socket
            finally:
                process.kill()


def gdb(socket: str, elf: str, *commands: str) -> str:
    words = ["gdb-multiarch", "-batch", "-nx", elf]
    for each in ("set width 0", f"target remote {socket}", *commands, "kill"):
        words += ["-ex", each]
    done = subprocess.run(words, capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL, timeout=SECONDS)
    output = done.stdout + done.stderr
    print(output)
    expect("corrupt stack" not in output, "unwinding stopped early")
    return output


def backtrace(output: str) -> str:
    """What `bt` printed, without the frame lines of other commands."""
    before, end, _ = output.partition("-- end")
    expect(bool(end) and "\n#0 " in before, "no backtrace")
    return before[before.rindex("\n#0 "):]


def frames(output: str) -> "list[tuple[str, int]]":
    """Name and pc (0: not printed) of each frame, innermost first."""
    found = [(match[3], int(match[2] or "0", 16))
             for match in FRAME.finditer(output)]
    numbers = [int(match[1]) for match in FRAME.finditer(output)]
    expect(numbers == list(range(len(numbers))), numbers)
    return found


def names(output: str) -> "list[str]":
    return [name for name, _ in frames(output)]


def entry(called: "list[str]") -> int:
    """Where the exception's own frame is, by either name."""
    for number, name in enumerate(called):
        if name == "<signal handler called>" or \
                name.startswith("weft_entry_"):
            return number
    raise AssertionError(f"no exception in {called}")


def value(output: str, name: str) -> int:
    match = re.search(rf"^{name} = (?:\([^)]*\) )?(?:0x)?([0-9a-f]+)\b",
                      output, re.M)
    expect(match is not None, f"gdb printed no {name}")
    return int(match[1], 16)


def test_system_call() -> None:
    """From a system call the program's frames are found, and its registers."""
    program = bare.built("user/init")
    with stopped(bare.built(build.IMAGE), bare.built(build.INITRAMFS),
                 ["loom.host=semihosting"]) as socket:
        output = gdb(socket, bare.built("loom/loom.elf"),
                     f"add-symbol-file {program}",
                     "break sys_brk", "continue", "bt", END,
                     "frame function weft_entry_user_sync",
                     "set $f = (struct weft_frame *)$sp",
                     'printf "sp_frame = %lx\\n", $f->sp',
                     'printf "x19_frame = %lx\\n", $f->x[19]',
                     'printf "pc_frame = %lx\\n", $f->pc',
                     "up",
                     'printf "sp_user = %lx\\n", $sp',
                     'printf "x19_user = %lx\\n", $x19',
                     'printf "pc_user = %lx\\n", $pc')
    trace = frames(backtrace(output))
    called = [name for name, _ in trace]
    expect(called[0] == "sys_brk", called)
    expect("syscall_dispatch" in called, called)
    user = trace[entry(called) + 1:]
    expect(len(user) > 1 and user[-1][0] == "_start", trace)
    expect(all(0 < pc < 1 << 39 for _, pc in user), trace)
    for name in ("sp", "x19", "pc"):
        expect(value(output, f"{name}_frame") == value(output, f"{name}_user"),
               name)


def test_interrupt() -> None:
    """From an interrupt the kernel code that it hit is found."""
    with stopped(bare.built(build.BOOT_TESTS), "",
                 ["loom.host=semihosting", "test.crash=interrupt"]) as socket:
        output = gdb(socket, bare.built(BOOT_ELF), "break crash_in_timer",
                     "continue", "bt", END,
                     "frame function weft_entry_kernel_irq",
                     "set $f = (struct weft_frame *)$sp",
                     'printf "sp_frame = %lx\\n", $f->sp',
                     'printf "x29_frame = %lx\\n", $f->x[29]',
                     "up",
                     'printf "sp_hit = %lx\\n", $sp',
                     'printf "x29_hit = %lx\\n", $x29')
    called = names(backtrace(output))
    expect(called[0] == "crash_in_timer", called)
    rest = [name for name in called[entry(called) + 1:]
            if name != "come_back"]
    expect(rest[:4] == ["crash_interrupt", "crash_outer", "crash_run",
                        "run_all"], called)
    for name in ("sp", "x29"):
        expect(value(output, f"{name}_frame") == value(output, f"{name}_hit"),
               name)


def test_nested() -> None:
    """From a fault in an interrupt: through both exceptions."""
    with stopped(bare.built(build.BOOT_TESTS), "",
                 ["loom.host=semihosting", "test.crash=nested"]) as socket:
        output = gdb(socket, bare.built(BOOT_ELF),
                     "break weft_hook_unexpected", "continue", "bt", END)
    called = names(backtrace(output))
    want = ["weft_hook_unexpected", "weft_trap_kernel_sync",
            "crash_fault_in_timer", "weft_hook_irq", "crash_nested",
            "crash_outer", "weft_resume_first"]
    places = [called.index(name) for name in want if name in called]
    expect(len(places) == len(want) and places == sorted(places), called)
