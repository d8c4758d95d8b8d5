# SPDX-License-Identifier: MIT
"""Entered at EL3 by a firmware (tests/boot/el3-stub.S), as some boards do."""

import os
import re

import bare
import build
import tap
from loom import expect

IMAGE_ADDRESS = 0x40200000


def command(board: str, cpu: str, directory: str) -> "list[str]":
    """QEMU with the boot tests of a build directory on @board.

    No kernel is named, so there is no command line: they end as semihosting,
    which they find, lets them.
    """
    image = os.path.join(directory, build.BOOT_TESTS)
    return [
        bare.machine.QEMU, "-nodefaults", "-no-user-config",
        "-M", f"virt,secure=on,{board}", "-cpu", cpu, "-smp", "1", "-m", "512",
        "-display", "none", "-nic", "none", "-no-reboot",
        "-icount", "shift=4,sleep=off",
        "-semihosting-config", bare.machine.semihosting(),
        "-bios", os.path.join(directory, "tests/boot/el3-stub.image"),
        "-device", f"loader,file={image},addr={IMAGE_ADDRESS:#x},"
        "force-raw=on", *bare.CONSOLE]


def boot(board: str, cpu: str) -> None:
    """The boot tests on @board."""
    ended = bare.qemu(command(board, cpu, bare.directory()))
    print(ended.console)
    expect("loom: entered at EL3" in ended.console, "not entered at EL3")
    results = tap.parse(ended.console)
    bad = [result for result in results if result.state == "failed"]
    expect(len(results) > 60, f"{len(results)} results")
    expect(not bad, bad)
    expect(ended.status == 0, f"QEMU ended with {ended.status}")
    expect(re.search(r"^irq: GICv[23]", ended.console, re.M), "no GIC")


def test_gicv3() -> None:
    """The boot tests pass from EL3, GICv3, without an EL2."""
    boot("gic-version=3", "cortex-a53")


def test_gicv3_el2() -> None:
    """The boot tests pass from EL3, GICv3, with an EL2, on the max CPU."""
    boot("gic-version=3,virtualization=on", "max")


def test_gicv2() -> None:
    """The boot tests pass from EL3, GICv2, without an EL2."""
    boot("gic-version=2", "cortex-a53")


def test_gicv2_el2() -> None:
    """The boot tests pass from EL3, GICv2, with an EL2."""
    boot("gic-version=2,virtualization=on", "cortex-a72")
