# SPDX-License-Identifier: MIT
"""Many CPUs: how they are started, and how many are used."""

import os
import re
import subprocess
import tempfile

import bare
import build
import mkinitramfs
from loom import expect, run

IMAGE_ADDRESS = 0x40200000
INITRD_ADDRESS = 0x48000000
SPIN_TABLE = 0x40180000         # tests/boot/el3-stub.S


def used(*options: str) -> int:
    """How many CPUs /proc/stat names."""
    done = run(*options, "--", "/bin/cat", "/proc/stat")
    expect(done.status == 0, done)
    return len(re.findall(rb"^cpu[0-9]", done.out, re.M))


def test_count() -> None:
    """All CPUs are used up to eight, or as many as loom.cpus says."""
    for options, want in ((("--smp", "1"), 1), (("--smp", "3"), 3),
                          (("--smp", "8"), 8), (("--smp", "12"), 8),
                          (("--smp", "4", "--append", "loom.cpus=2"), 2)):
        got = used(*options)
        expect(got == want, f"{options}: {got}")


def test_gicv2() -> None:
    """GICv2 carries interrupts between up to eight CPUs."""
    for options in (("--smp", "8", "--gic", "2"),
                    ("--smp", "2", "--gic", "2", "--el2")):
        expect(used(*options) == int(options[1]), options)


def initrd(path: str, *program: str) -> int:
    """Write an initramfs that runs @program; returns its size."""
    words = ["/dev/hostin", "/dev/hostout", "/dev/hosterr", *program]
    archive = mkinitramfs.Archive()
    archive.add_file("/run/argv", "".join(
        word + "\0" for word in words).encode(), 0o644)
    with open(path, "wb") as out:
        with open(bare.built(build.INITRAMFS), "rb") as base:
            out.write(base.read())
        out.write(archive.to_bytes())
    return os.path.getsize(path)


def put(tree: str, node: str, name: str, kind: str, *values: str) -> None:
    subprocess.run(["fdtput", "-t", kind, tree, node, name, *values],
                   check=True)


def halves(value: int) -> "tuple[str, str]":
    return f"{value >> 32:x}", f"{value & 0xffffffff:x}"


def spin_table(board: str, cpus: int) -> None:
    """@cpus of a machine whose firmware has no PSCI."""
    command = [bare.machine.QEMU, "-nodefaults", "-no-user-config",
               "-cpu", "cortex-a53", "-smp", str(cpus), "-m", "512",
               "-display", "none", "-nic", "none", "-no-reboot",
               "-accel", "tcg,thread=single",
               "-semihosting-config", bare.machine.semihosting(),
               "-bios", bare.built("tests/boot/el3-stub.image")]
    with tempfile.TemporaryDirectory(prefix="loom-test-") as scratch:
        tree = os.path.join(scratch, "tree")
        disk = os.path.join(scratch, "initrd")
        size = initrd(disk, "/bin/cat", "/proc/stat")
        subprocess.run(command + ["-M", f"virt,secure=on,{board},"
                                  f"dumpdtb={tree}"],
                       check=True, capture_output=True)
        for cpu in range(1, cpus):
            node = f"/cpus/cpu@{cpu}"
            put(tree, node, "enable-method", "s", "spin-table")
            put(tree, node, "cpu-release-addr", "x",
                *halves(SPIN_TABLE + 8 * cpu))
        put(tree, "/chosen", "bootargs", "s",
            "loom.host=semihosting loom.run")
        put(tree, "/chosen", "linux,initrd-start", "x",
            *halves(INITRD_ADDRESS))
        put(tree, "/chosen", "linux,initrd-end", "x",
            *halves(INITRD_ADDRESS + size))
        ended = bare.qemu(command + [
            "-M", f"virt,secure=on,{board}", "-dtb", tree,
            "-device", f"loader,file={bare.built(build.IMAGE)},"
            f"addr={IMAGE_ADDRESS:#x},force-raw=on",
            "-device", f"loader,file={disk},addr={INITRD_ADDRESS:#x},"
            "force-raw=on", *bare.CONSOLE])
    print(ended.console)
    expect(f"cpu: {cpus} there, {cpus} used" in ended.console, "not all used")
    expect(ended.said == "exit 0\n", ended.said)
    expect(len(re.findall(r"^cpu[0-9]", ended.console, re.M)) == cpus,
           "not all online")


def test_spin_table() -> None:
    """CPUs that wait in a spin-table, at EL3, are started (GICv3)."""
    spin_table("gic-version=3", 4)


def test_spin_table_gicv2() -> None:
    """The same with a GICv2, from EL3 with an EL2 between."""
    spin_table("gic-version=2,virtualization=on", 3)
