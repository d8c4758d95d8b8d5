# SPDX-License-Identifier: MIT
"""What a debugger sees: through the call-frame information of weft, and with
tools/gdb/loom.py.

test_debug.py has ./run --gdb by itself. The first tests here use QEMU's stub
directly, also on the boot tests, whose crash.c has interrupts at known places.
"""

import contextlib
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
from typing import Iterator

import bare
import build
from loom import MACHINE, OPTIONS, ROOT, RUN, Skip, expect

sys.path.insert(0, os.path.join(ROOT, "tools/gdb"))

# pylint: disable=wrong-import-position
from loomgdb import arm

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


# ---- tools/gdb/loom.py ------------------------------------------------

MANUAL = os.path.join(ROOT, "docs/debugging.md")
MARK = "@@ "            # before the output of each command


def attached(run: "list[str]", commands: "list[str]") -> "list[str]":
    """What each command printed, in the gdb that ./run --gdb says to start."""
    with subprocess.Popen([RUN, "--gdb", *run], stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                          text=True) as process:
        try:
            lines = iter(process.stderr.readline, "")
            words = shlex.split(next(line for line in lines
                                     if line.startswith("gdb-multiarch ")))
            words[1:1] = ["-batch", "-nx", "-ex", "set width 0"]
            for each in commands:
                words += ["-ex", f"echo \\n{MARK}\\n", "-ex", each]
            done = subprocess.run(words + ["-ex", "kill"], text=True,
                                  stdin=subprocess.DEVNULL, check=False,
                                  stdout=subprocess.PIPE, timeout=150,
                                  stderr=subprocess.STDOUT)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)
    print(done.stdout)
    return [each.strip("\n") for each in
            done.stdout.split(f"\n{MARK}\n")[1:]]


def manual() -> "tuple[list[str], list[tuple[str, str]]]":
    """The session in the manual: words for ./run; commands and answers."""
    with open(MANUAL, encoding="utf-8") as file:
        text = file.read()
    start = re.search(r"^    \$ \./run --gdb (.*)$", text, re.M)
    block = re.search(r"^```\n(.*?)^```$", text, re.M | re.S)
    expect(bool(start and block), "no session in the manual")
    pieces = re.split(r"^\(gdb\) (.*)\n", block[1], flags=re.M)
    return shlex.split(start[1]), list(zip(pieces[1::2], pieces[2::2]))


def same(text: str) -> str:
    """Without what may differ: addresses, indexes of tables."""
    text = re.sub(r"0x[0-9a-f]+", "0x", text)
    return re.sub(r"\[ *\d+\]", "[]", text).strip()


def states(output: str) -> "dict[str, str]":
    """`loom threads': state and place of each, by name."""
    rows = re.findall(r"^ +[-\d]+ +[-\d]+ (\S+) +(\w+) +\d+ (.*)$", output,
                      re.M)
    return {name: f"{state} {where}" for name, state, where in rows}


def numbered(output: str) -> "list[str]":
    """The functions of a backtrace."""
    return re.findall(r"^#\d+ +(?:0x[0-9a-f]+ in )?(<[\w ]+>|[\w?]+)", output,
                      re.M)


# In the kernel, as the manual's session ends; then in a program.
IN_KERNEL = [
    "loom switch 4", "bt", "loom frame", "info registers x19 x29 sp",
    "loom fp", "loom switch reaper", "bt", "loom switch cpu", "bt",
    "loom frame 6", "loom ps", "loom switch 99", "loom nothing",
    "loom translate 0x7f0000000000000", "loom translate 0",
    "loom translate arg[0] 6",
    "frame function syscall_dispatch", "tbreak *frame->pc", "continue"]
AT_EL0 = ["loom threads", "loom switch 3", "bt", "loom frame 6", "loom cpus",
          "loom switch cpu", "loom translate $sp",
          "python gdb.execute('monitor gva2gpa %#x' % int("
          "gdb.parse_and_eval('(unsigned long)$sp')))"]


def check_kernel(got: "dict[str, list[str]]") -> None:
    wc, reaper, uname = got["bt"][1:4]
    expect(numbered(wc)[:2] == ["weft_switch", "weft_switch_to"], wc)
    for name in ("pipe_read", "sys_read", "syscall_dispatch", "??"):
        expect(name in numbered(wc), name)
    expect(numbered(reaper)[-3:] ==
           ["reaper", "first_run", "weft_resume_first"], reaper)
    expect(numbered(uname)[0] == "sys_uname", uname)
    expect("(read), orig_x0 0x0" in got["loom frame"][0] and
           "EC  0x15  SVC" in got["loom frame"][0], "frame of wc")
    expect(re.search(r"^sp .*ffffffe0", got["info registers x19 x29 sp"][0],
                     re.M), "sp of a parked thread")
    expect("in memory, struct weft_fp" in got["loom fp"][0], "fp of wc")
    expect("number 160 (uname)" in got["loom frame 6"][0], "frame of uname")
    expect(re.search(r"^ +4 +2 live +1 +\d+ wc$", got["loom ps"][0], re.M),
           "ps")
    expect("no thread 99: `loom threads'" in got["loom switch 99"][0], "99")
    expect("`loom help'" in got["loom nothing"][0], "nothing")
    expect("between the two halves" in
           got["loom translate 0x7f0000000000000"][0], "no table")
    expect("not mapped" in got["loom translate 0"][0], "translate 0")
    expect(" by tables of process 6, " in got["loom translate arg[0] 6"][0],
           "translate by the tables of a process")


def check_el0(got: "dict[str, list[str]]") -> None:
    there = states(got["loom threads"][-1])
    expect(there["uname"].startswith("running user 0x"), there)
    expect(there["cat"].startswith("blocked read(0): "), there)
    expect("CPU is at EL0" in got["loom switch 3"][-1], "no warning")
    cat = numbered(got["bt"][-1])
    expect("sys_read" in cat and cat[-1] == "??", cat)
    expect("is at EL0" in got["loom frame 6"][-1], "frame of who runs")
    expect(re.search(r"^  0  0 6 uname +6 uname ", got["loom cpus"][-1],
                     re.M), "cpus")
    ours = re.search(r"^physical (0x[0-9a-f]+)", got["loom translate $sp"][0],
                     re.M)
    theirs = re.search(r"^gpa: (0x[0-9a-f]+)", got[AT_EL0[-1]][0], re.M)
    expect(ours[1] == theirs[1], f"{ours[1]}, but QEMU says {theirs[1]}")
    expect("EL1 rw-, EL0 rw-" in got["loom translate $sp"][0], "attributes")


def test_loom_commands() -> None:
    """The session of docs/debugging.md, and the other commands after it."""
    words, session = manual()
    run = [*words[:words.index("--")], *MACHINE, *words[words.index("--"):]]
    commands = [each for each, _ in session] + IN_KERNEL + AT_EL0
    got: "dict[str, list[str]]" = {}
    for number, answer in enumerate(attached(run, commands)):
        got.setdefault(commands[number], []).append(answer)
        if number < len(session) and session[number][1] and not MACHINE:
            expect(same(answer) == same(session[number][1]),
                   f"{commands[number]}: not what the manual has")
    expect(states(got["loom threads"][0])["wc"].startswith(
        "blocked read(0): wait_to_read in "), "where wc waits")
    check_kernel(got)
    check_el0(got)


def test_loom_signed() -> None:
    """Signed return addresses; a thread parked by a leaf call."""
    if "--smp" in MACHINE:
        raise Skip("no leaf calls with several CPUs")
    options = OPTIONS + ([] if "--cpu" in MACHINE else ["--cpu", "max"])
    commands = ["break *weft_leaf_hand_over if "
                "((struct weft_task *)$x1)->pc == "
                "(unsigned long)&weft_resume_leaf", "continue",
                "loom threads", "bt 2", "loom switch 1", "bt",
                "loom switch cpu", "loom task $x1", "loom frame $x1",
                "loom switch $x1", "bt", "loom switch cpu", "delete",
                "tbreak sys_exit_group", "continue", "bt"]
    got = attached([*options, "--", "/test/ipcfast"], commands)
    answers = dict(zip(commands, got))
    init = numbered(got[5])
    expect("process_wait4" in init and "syscall_dispatch" in init, init)
    expect("weft_resume_leaf" in answers["loom task $x1"], "not parked so")
    frame = answers["loom frame $x1"]
    expect("parked by a leaf call" in frame and
           frame.count("struct weft_frame at") == 1, "frame")
    expect(numbered(got[10]) == ["<signal handler called>", "??"], got[10])
    expect("corrupt" not in got[5] + got[10], "unwinding stopped early")
    last = numbered(got[-1])
    expect("sys_exit_group" in last and "syscall_dispatch" in last, last)


# Of each kind of syndrome one, and what is to be read.
SYNDROMES = {
    0x56000000: ("SVC", "imm16 0x0"),
    0xf2000001: ("BRK", "imm16 0x1"),
    0x92000046: ("data abort from EL0", "translation fault, level 2",
                 "a write"),
    0x9600000f: ("data abort from EL1", "permission fault, level 3",
                 "a read"),
    0x96000410: ("external abort, not on", "FnV   1"),
    0x93c58006: ("8 bytes, register x5",),
    0x92000161: ("alignment fault", "cache maintenance"),
    0x82000004: ("instruction abort from EL0", "IFSC  0x04"),
    0x86000081: ("instruction abort from EL1", "S1PTW 1"),
    0x1fe00000: ("trapped FP, SIMD or SVE",),
    0x62300181: ("read of s3_0_c0_c0_0, register x12",),
    0x06000001: ("trapped WFI or WFE", "WFE"),
    0x36000003: ("branch target", "BTYPE 3"),
    0x72000003: ("failed pointer authentication", "a data address, key B"),
    0xb2800002: ("trapped FP exception", "divide by zero"),
    0xd6000062: ("watchpoint from EL1", "debug exception", "a write"),
    0xfc000000: ("reserved",),
}


def test_syndromes() -> None:
    """What ESR, PSTATE and descriptors say, in words."""
    for value, wanted in SYNDROMES.items():
        lines = "\n".join(arm.esr(value))
        for each in wanted:
            expect(each in lines, f"{value:#x}: no {each!r} in\n{lines}")
    expect(arm.pstate(0x60000000) == "EL0t nZCv daif", arm.pstate(0x60000000))
    expect(arm.pstate(0x804003c5) == "EL1h Nzcv DAIF PAN",
           arm.pstate(0x804003c5))
    mair = 0x4404ff
    page = arm.entry(0x00600000400c0703, 3, mair)
    expect(page == ("page", 0x400c0000, "EL1 rw-, EL0 ---, normal, "
                    "write-back, inner shareable, global"), page)
    user = arm.entry(0x0020000040001fc3, 3, mair)
    expect(user.words.startswith("EL1 r--, EL0 r-x, normal, write-back, "
                                 "inner shareable, nG"), user)
    device = arm.entry(0x0060000009000705, 2, mair)
    expect(device.kind == "block" and "Device-nGnRE" in device.words, device)
    expect(arm.entry(0x40293003, 1, mair)[:2] == ("table", 0x40293000), "")
    expect(arm.entry(0x40293001, 3, mair).kind == "invalid", "level 3")
