# SPDX-License-Identifier: MIT
"""What loom was not made for: damaged archives and trees, too little memory,
programs that misbehave. Each ends with a clear message and no hang.
"""

import os
import random
import subprocess
import tempfile

from loom import Done, MACHINE, Session, expect, run

STOPPED = 125       # ./run: the kernel stopped, or there is no status
FAULTS = {
    "null-read": "SIGSEGV", "data-call": "SIGSEGV", "undefined": "SIGILL",
    "privileged-mrs": "SIGILL", "stack-overflow": "SIGSEGV",
}

# Strings to overwrite in the device tree, so that a device is not found.
DAMAGE = ((b"arm,gic-v3",), (b"arm,armv8-timer", b"arm,armv7-timer"),
          (b"arm,pl011",))


def expect_stopped(done: Done, word: str = "") -> None:
    """./run said why, and that is not a fault of the kernel."""
    text = done.err.decode("utf-8", "replace")
    expect(done.status == STOPPED and not done.out, done)
    expect("run: " in text and word in text, done)
    expect("exception" not in text and "backtrace" not in text, done)


def with_initrd(data: "bytes | None") -> Done:
    if data is None:
        return run("--initrd", "", "--", "/bin/true")
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        return run("--initrd", file.name, "--", "/bin/true")


def test_no_initramfs() -> None:
    """Without an initramfs the kernel says so and stops."""
    expect_stopped(with_initrd(None), "init")


def test_corrupt_initramfs() -> None:
    """An initramfs of noise, or cut short, is refused."""
    noise = random.Random(1).randbytes(100000)
    expect_stopped(with_initrd(noise), "initramfs")
    expect_stopped(with_initrd(b"070701" + b"f" * 104 + noise), "initramfs")
    expect_stopped(with_initrd(b"070701" + b"0" * 50), "initramfs")


def test_no_init() -> None:
    """An initramfs without a first program is named as the reason."""
    empty = b"070701" + b"0" * 88 + b"0000000b" + b"0" * 8 + b"TRAILER!!!\0"
    expect_stopped(with_initrd(empty + bytes(-len(empty) % 512)), "init")


def test_little_memory() -> None:
    """With too little memory loom works or says so."""
    for megabytes in (1, 2, 8, 16, 24, 32, 40, 48, 64):
        done = run("--mem", str(megabytes), "--", "/bin/true")
        if done.status != 0:
            expect_stopped(done)
    expect(done.status == 0, f"{megabytes} MiB should be enough: {done}")


def device_tree(folder: str) -> bytes:
    """The tree that QEMU makes for the machine of ./run."""
    path = os.path.join(folder, "virt.dtb")
    subprocess.run(["qemu-system-aarch64", "-M",
                    f"virt,gic-version=3,dumpdtb={path}", "-cpu",
                    "cortex-a72", "-m", "512", "-display", "none", "-nic",
                    "none"], check=True, capture_output=True)
    with open(path, "rb") as file:
        return file.read()


def test_bad_device_tree() -> None:
    """A tree without interrupt controller, timer or console is refused."""
    if MACHINE:
        return      # the tree is that of the default machine
    with tempfile.TemporaryDirectory() as folder:
        tree = device_tree(folder)
        for words in DAMAGE:
            damaged = tree
            for word in words:
                expect(word in damaged, f"QEMU's tree has no {word!r}")
                damaged = damaged.replace(word, b"z" * len(word))
            path = os.path.join(folder, "bad.dtb")
            with open(path, "wb") as file:
                file.write(damaged)
            expect_stopped(run("--qemu", f"-dtb {path}", "--", "/bin/true"))


def test_init_that_is_not_there() -> None:
    """loom.init= with a bad path stops with a message."""
    for path in ("/none", "none", "/bin"):
        expect_stopped(run("--append", f"loom.init={path}", "--",
                           "/bin/true"), path)


def test_crash_leaves_the_shell() -> None:
    """A program that faults dies; one line says how; the shell goes on."""
    with Session("--tests") as s:
        for kind, signame in FAULTS.items():
            output = s.command(f"/test/faults {kind}")
            lines = [line for line in output.splitlines() if "faults" in line]
            expect(len(lines) == 1 and signame in lines[0], (kind, output))
            number = {"SIGSEGV": 11, "SIGILL": 4}[signame]
            expect(s.command("echo $?").strip() == str(128 + number), kind)
        expect(s.command("echo alive") == "alive\n", "the shell")
        s.power_off()


def test_crash_status() -> None:
    """./run -- PROGRAM gives 128 plus the signal of a crash."""
    done = run("--", "/test/faults", "null-read")
    expect(done.status == 128 + 11, done)
    done = run("--", "/test/faults", "undefined")
    expect(done.status == 128 + 4, done)


def test_not_a_program() -> None:
    """Files that are no programs of this machine are refused with 126."""
    with tempfile.TemporaryDirectory() as folder:
        for data in (b"", b"\x7fELF", b"\x7fELF" + bytes(60),
                     b"#!/none\n", random.Random(2).randbytes(5000)):
            path = os.path.join(folder, "program")
            with open(path, "wb") as file:
                file.write(data)
            os.chmod(path, 0o755)
            done = run("--with", f"{path}=/p", "--", "/p")
            expect(done.status in (126, 127) and not done.out, (data, done))
        done = run("--with", "/bin/true=/p", "--", "/p")
        expect(done.status == 126 and done.err.count(b"\n") == 1 and
               b"arm64" in done.err, done)
