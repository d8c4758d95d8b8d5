#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Build the kit of conformance/ and run it: on Linux and on loom.

gcc's programs run under qemu-aarch64 and on Debian's kernel (as linux_test.py
starts it), clang's on loom. Those of the first tier run beside each other and
write to one console, which the kit's own summary.py takes apart:
docs/conformance.md. What that says of kernels that are worse is tried with
consoles that are made up.
"""

import argparse
import os
import struct
import subprocess
import sys
import tempfile

import build
import debian
import linux_test
import mkinitramfs
import tap
import user_tests

KIT = os.path.join(build.ROOT, "conformance")
COMPILERS = {
    "gcc": [],
    "clang": ["CC=clang --target=aarch64-linux-gnu", "LD=ld.lld"],
}
TOGETHER = ["general-1", "general-2", "registers-1", "registers-2",
            "registers-3", "irritator-9"]
SCALABLE = ["scalable-1", "scalable-2", "scalable-3"]
ALONE = ["memory-9", "processes-9", "signals-9", "threads-9"]
# qemu-aarch64 restores vectors from a record that a handler has not changed,
# if there is SVE.
QEMU = ["qemu-aarch64", "-cpu", "cortex-a57"]
SUMMARY = os.path.join(KIT, "summary.py")
QEMU_SVE = ["qemu-aarch64", "-cpu", "max"]
LIMIT = 150     # seconds; it only detects a hang
SCRIPT = "\n".join(
    [f"/kit/{name} &" for name in TOGETHER] + ["wait"] +
    [f"/kit/{name} &" for name in SCALABLE] + ["wait"] +
    [f"/kit/{name}" for name in ALONE] + ["echo @all 0", ""])


def make(compiler: str, out: str, *words: str) -> list[str]:
    done = subprocess.run(
        ["make", "-C", KIT, f"OUT={out}", "WARN=-Werror",
         *COMPILERS[compiler], *words], stdin=subprocess.DEVNULL, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return done.stdout.splitlines()[-tap.TAIL:] if done.returncode else []


def on_qemu(out: str) -> str:
    """Every program in turn, or several at once, into one file."""
    with tempfile.TemporaryFile() as console:
        for emulator, names in [(QEMU, TOGETHER), (QEMU_SVE, SCALABLE)] + \
                [(QEMU, [name]) for name in ALONE]:
            running = [subprocess.Popen(
                [*emulator, os.path.join(out, name)], stdout=console,
                stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                for name in names]
            for process in running:
                try:
                    process.wait(LIMIT)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        console.seek(0)
        return console.read().decode("utf-8", "replace")


def on_loom(out: str) -> str:
    script = os.path.join(out, "all.sh")
    with open(script, "w", encoding="ascii") as file:
        file.write(SCRIPT)
    done = user_tests.run(
        [user_tests.RUN, "--shell", "loom", "--cpu", "max", "--icount=2",
         "--with", f"{out}=/kit", "--", "/loom/bin/sh", "/kit/all.sh"])
    return (done.stdout + done.stderr).decode("utf-8", "replace")


def on_debian(out: str) -> str:
    """On Linux, started as linux_test.py does."""
    archive = mkinitramfs.Archive()
    for name in TOGETHER + SCALABLE + ALONE:
        with open(os.path.join(out, name), "rb") as file:
            archive.add_file(f"/kit/{name}", file.read(), 0o755)
    archive.add_file("/kit/all.sh", SCRIPT.encode(), 0o644)
    records = ["/dev/null", *["/dev/ttyS0"] * 2, "/loom/bin/sh",
               "/kit/all.sh"]
    archive.add_file("/run/argv", "".join(f"{r}\0" for r in records).encode(),
                     0o644)
    base = os.path.join(build.directory(build.name("gcc", False)),
                        build.INITRAMFS)
    with open(base, "rb") as file:
        initrd = file.read() + archive.to_bytes()
    kernel = os.path.join(debian.have("linux", tries=False), "vmlinuz")
    return "\n".join(linux_test.boot(
        kernel, initrd, linux_test.LINUX_WORDS, linux_test.RESULTS))


def check_variables(out: str) -> list[str]:
    """What make is told once more, and otherwise, is done."""
    path = os.path.join(out, "general-1")
    problems = []
    images = []
    for base, rounds in (0x400000, 1), (0x800000, 1), (0x800000, 2):
        problems += make("gcc", out, path, f"BASE={base:#x}",
                         f"ROUNDS={rounds}")
        with open(path, "rb") as file:
            images.append(file.read())
        entry = struct.unpack_from("<Q", images[-1], 24)[0]     # e_entry
        if entry != base:
            problems.append(f"BASE={base:#x}: it begins at {entry:#x}")
    if images[1] == images[2]:
        problems.append("ROUNDS=2 changes nothing")
    if not make("gcc", out, path, "BASE=0x401000"):
        problems.append("BASE=0x401000 has code and data in 64 KiB")
    return problems


def summary(console: str, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, SUMMARY, *words], text=True, input=console,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)


def lines_of(name: str) -> list[list[str]]:
    """What a program writes in one go, if all is well and nothing preempts."""
    return [[f"1..2 # {name}", f"# {name}: sched_yield, round 0 of 8"],
            [f"ok 1 - {name}: registers are kept over sched_yield",
             f"# {name}: loops that ticks interrupt, round 0 of 8"],
            [f"# {name}: loops that ticks interrupt, round 4 of 8",
             f"ok 2 - {name}: registers are kept over loops"]]


def check_summary(report: tap.Writer) -> None:
    one, two = lines_of("general-1"), lines_of("general-2")
    yields = "\n".join(one[0] + two[0] + one[1] + one[2] + two[1] + two[2])
    ticks = "\n".join(one[0] + two[0] + one[1] + two[1] + one[2] + two[2])
    alone = "\n".join(one[0] + one[1] + one[2])
    exits = ticks + "\n# general-2: exit came back"
    silent = "not ok 3 - registers-3: 0 results"
    for name, console, words, status, said in [
            ("one that preempts passes", ticks, [], 0, "ok 3 - preemption"),
            ("one without preemption is found", yields, [], 1,
             "# nobody ran during the loops"),
            ("unless it says so", yields, ["--no-preemption"], 0, "# SKIP"),
            ("one program need not be preempted", alone, [], 0, "1..1"),
            ("a program that wrote nothing is found", ticks,
             ["--expect", "general-1,registers-3"], 1, silent),
            ("an exit that comes back is found", exits, [], 1,
             "# not ok: exit came back"),
            ("a file that is not there is an error", "", ["/nonexistent"], 2,
             "summary.py: /nonexistent: No such file or directory\n")]:
        done = summary(console, *words)
        good = done.returncode == status and said in done.stdout and \
            (status != 2 or done.stdout == said)
        report.result(f"summary: {name}", [] if good else [
            f"status {done.returncode}, not {status}; expected: {said}",
            *done.stdout.splitlines()])


def judge(report: tap.Writer, where: str, console: str) -> None:
    """What summary.py says of a console, as results of this test."""
    wanted = TOGETHER + SCALABLE + ALONE
    done = summary(console, "--expect", ",".join(wanted))
    problems: list[str] = []
    name = ""
    for line in done.stdout.splitlines():
        match = tap.LINE.match(line)
        if match:
            if name:
                report.result(name, problems)
            # Not how often: it differs from run to run.
            name = f"{where}: {match[2].split(':')[0]}"
            problems = [line] if match[1] else []
        elif line.startswith("#") and problems:
            problems.append(line[2:])
    if name:
        report.result(name, problems)
    report.result(f"{where}: the kit has nothing to say",
                  [f"status {done.returncode}",
                   *console.splitlines()[-tap.TAIL:]]
                  if done.returncode else [])


RUNNERS = {"qemu": ("gcc", on_qemu), "loom": ("clang", on_loom),
           "debian": ("gcc", on_debian)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--show", choices=sorted(RUNNERS),
                        help="print what the programs write there")
    args = parser.parse_args()
    report = tap.Writer()
    with tempfile.TemporaryDirectory(prefix="loom-kit-") as scratch:
        out = {name: os.path.join(scratch, name) for name in COMPILERS}
        for compiler, folder in out.items():
            os.mkdir(folder)
            problems = make(compiler, folder)
            if not args.show:
                report.result(f"{compiler} builds the kit", problems)
        if args.show:
            compiler, runner = RUNNERS[args.show]
            print(runner(out[compiler]))
            return 0
        for name, (compiler, runner) in RUNNERS.items():
            try:
                judge(report, name, runner(out[compiler]))
            except debian.Unavailable as error:
                report.skip(f"the kit on {name}", str(error))
        check_summary(report)
        report.result("the kit is made anew for other variables",
                      check_variables(out["gcc"]))
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
