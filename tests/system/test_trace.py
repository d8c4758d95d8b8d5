# SPDX-License-Identifier: MIT
"""./run --trace: that what a program did is in the file, and all of it."""

import os
import subprocess
import tempfile

import bare
import loom
import tracefile

# What it prints is taken by another process, through a pipe.
PIPE = "/bin/echo one | /bin/wc -c"


def record(folder: str, *words: str,
           name: str = "trace.json") -> "tuple[loom.Done, str]":
    path = os.path.join(folder, name)
    return loom.run("--trace", path, *words), path


def read(done: loom.Done, path: str) -> tracefile.TraceFile:
    loom.expect(done.status == 0, done)
    file = tracefile.TraceFile(path)
    loom.expect(not file.problems(), file.problems()[:20])
    loom.expect(b" 0 lost" in done.err, done)
    return file


def test_session() -> None:
    """calls, faults, FP, spaces, wake-ups: all are there, twice the same"""
    words = ["--icount=2", "--", "/bin/sh", "-c", PIPE]
    with tempfile.TemporaryDirectory() as folder:
        done, path = record(folder, *words)
        file = read(done, path)
        loom.expect(done.out == b"4\n", done)
        for name in ("sh", "echo", "wc"):
            loom.expect("EL0" in file.states(name), file.names)
        # What a person wants to see: who waits for what.
        loom.expect("blocked in wait4" in file.states("sh"),
                    file.states("sh"))
        for cat, name in (("call", "execve"), ("call", "clone"),
                          ("call", "pipe2"), ("fault", "page fault"),
                          ("trap", "FP trap"), ("process", "fork"),
                          ("process", "exec"), ("process", "exit"),
                          ("fp", "load"), ("fp", "save"), ("asid", ""),
                          ("tlb", ""), ("sched", "wake"),
                          ("switch", "switch")):
            loom.expect(bool(file.events(cat, name)), (cat, name))
        spaces = {event["args"]["asid"] for event in file.events("space")}
        loom.expect(len(spaces) >= 4, spaces)
        again, other = record(folder, *words, name="again.json")
        loom.expect(again.status == 0, again)
        with open(path, "rb") as first, open(other, "rb") as second:
            loom.expect(first.read() == second.read(), "two runs differ")


def test_leaf() -> None:
    """leaf calls and switches, signals and messages are there"""
    with tempfile.TemporaryDirectory() as folder:
        for program, wanted in (
                ("/test/iptest", [("ipc", "call"), ("ipc", "reply"),
                                  ("ipc", "receive")]),
                ("/test/sigforge", [("signal", "deliver"), ("irq", "IRQ"),
                                   ("signal", "send"),
                                   ("signal", "return")])):
            file = read(*record(folder, "--icount=2", "--", program))
            for cat, name in wanted:
                loom.expect(bool(file.events(cat, name)), (cat, name))
            counts = file.other["counts"]
            loom.expect(program == "/test/sigforge" or
                        counts.get("LEAVE_LEAF", 0) > 0, counts)


def test_names() -> None:
    """a program whose name has any character is in the file as it is"""
    program = os.path.join(bare.directory(), "user/true")
    name = "\U0001f600\\"
    with tempfile.TemporaryDirectory() as folder:
        done, path = record(folder, "--with", f"{program}=/bin/{name}", "--",
                            f"/bin/{name}")
        file = read(done, path)
        loom.expect("EL0" in file.states(name), file.names)
        with open(path, "rb") as raw:
            events = raw.read().partition(b'"otherData"')[0]
        # By its sources, Perfetto refuses a pair of \\u escapes.
        loom.expect(name.encode()[:4] in events, "not as it is")
        loom.expect(b"\\ud8" not in events, "a pair of escapes")


def test_cpus() -> None:
    """on two CPUs: as many entries as exits, no thread on both"""
    with tempfile.TemporaryDirectory() as folder:
        file = read(*record(folder, "--smp", "2", "--", "/test/pipetest"))
        loom.expect(file.other["cpus"] == 2, file.other)
        for row in (1_000_000, 1), (1_000_000, 11):
            loom.expect(any(event.get("cat") == "el0"
                            for event in file.rows[row]), row)


def test_left() -> None:
    """a run that is killed leaves what it had, and says that it is not all"""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "trace.json")
        with subprocess.Popen(
                [loom.RUN, *loom.OPTIONS, "--trace", path, "--", "/bin/sh",
                 "-c", "sleep 1; echo ready; sleep 1000"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdout
            # What happened before the CPU slept has been written by now.
            loom.expect(process.stdout.readline() == b"ready\n", process)
            process.terminate()
            err = process.communicate(timeout=loom.TIMEOUT)[1]
        loom.expect(b"the end is missing" in err, err)
        file = tracefile.TraceFile(path)
        loom.expect(not file.other["complete"], file.other)
        loom.expect("EL0" in file.states("sh"), file.names)


def test_refused() -> None:
    """a file that cannot be written is known before the run"""
    done = loom.run("--trace", "/nowhere/trace.json", "--", "/bin/true")
    loom.expect(done.status == 2 and b"/nowhere/trace.json" in done.err, done)
