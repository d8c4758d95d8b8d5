# SPDX-License-Identifier: MIT
"""The compilers for AArch64 on this machine, and how weft is compiled.

docs/adopting.md names the flags; check_compilers.py and tests/consume
compile with these and so show that no other is needed.
"""

import dataclasses
import functools
import glob
import os
import re
import subprocess
from typing import Iterator

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OLDEST = {"gcc": 10, "clang": 14}   # that weft is for
# Needed, and by a compiler for Linux programs only.
FLAGS = ["-ffreestanding", "-mgeneral-regs-only"]
LINUX_FLAGS = ["-mno-outline-atomics", "-fno-pie", "-fno-stack-protector"]
WARNINGS = ["-Wall", "-Wextra", "-Wshadow", "-Wundef", "-Wvla", "-Werror"]
C_WARNINGS = ["-Wstrict-prototypes", "-Wmissing-prototypes"]


@dataclasses.dataclass(frozen=True)
class Compiler:
    family: str             # "gcc" or "clang"
    version: int
    path: str

    def name(self) -> str:
        return f"{self.family} {self.version}"

    def command(self) -> list[str]:
        if self.family == "gcc":
            return [self.path]
        return [self.path, "--target=aarch64-linux-gnu"]

    def linker(self) -> list[str]:
        return ["-fuse-ld=lld"] if self.family == "clang" else []

    def cxx(self) -> list[str]:
        """The C++ compiler beside it; empty if there is none."""
        folder, name = os.path.split(self.path)
        if self.family == "gcc":
            name = name.replace("-gcc", "-g++")
        else:
            name = name.replace("clang", "clang++")
        path = os.path.join(folder, name)
        if not os.access(path, os.X_OK):
            return []
        return [path, *self.command()[1:]]


def version(path: str, family: str) -> int:
    """Of the compiler at @path; 0 if it does not say."""
    option = "-dumpfullversion" if family == "gcc" else "--version"
    done = subprocess.run([path, option], capture_output=True, text=True,
                          check=False)
    match = re.search(r"^(?:.*version )?(\d+)\.\d", done.stdout, re.M)
    return int(match[1]) if match and not done.returncode else 0


def candidates(family: str) -> Iterator[str]:
    name = "aarch64-linux-gnu-gcc" if family == "gcc" else "clang"
    for folder in os.get_exec_path():
        for path in sorted(glob.glob(os.path.join(folder, name + "*"))):
            if re.fullmatch(rf"{re.escape(name)}(-\d+)?",
                            os.path.basename(path)):
                yield path


@functools.lru_cache(maxsize=None)
def installed(family: str) -> list[Compiler]:
    """Those that weft is for, from the oldest to the newest."""
    found: dict[int, Compiler] = {}
    for path in candidates(family):
        number = version(path, family)
        if number >= OLDEST[family]:
            found.setdefault(number, Compiler(family, number, path))
    return [found[number] for number in sorted(found)]


def ends(family: str) -> list[Compiler]:
    """The oldest and the newest; the same one if there is no other."""
    every = installed(family)
    return every if len(every) < 2 else [every[0], every[-1]]


def usual(family: str) -> Compiler:
    """What the family's name without a number means."""
    name = "aarch64-linux-gnu-gcc" if family == "gcc" else "clang"
    for path in candidates(family):
        if os.path.basename(path) == name:
            return Compiler(family, version(path, family), path)
    raise FileNotFoundError(name)


def sources(root: str = ROOT) -> list[str]:
    """Every file of the library, but the hooks that it has as defaults."""
    return sorted(glob.glob(os.path.join(root, "weft/*.[cS]")))


def default_hooks() -> list[str]:
    """The files of the archive libweft-defaults.a."""
    return sorted(glob.glob(os.path.join(ROOT, "weft/defaults/*.c")))
