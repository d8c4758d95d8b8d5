#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Use weft as others would: from a copy outside the tree, then boot it.

One way of consuming it each: its plain files, as a Meson subproject,
installed, from C++, and two parts alone. Only what docs/adopting.md names is
copied, so a file that needs another one is found out.
"""

import argparse
import filecmp
import os
import re
import shutil
import subprocess
import sys
import tempfile
from typing import Callable, Iterable

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
HERE = os.path.join(ROOT, "tests/consume")
sys.path.insert(0, os.path.join(ROOT, "tools"))

import compilers    # pylint: disable=wrong-import-position
import machine      # pylint: disable=wrong-import-position
import tap          # pylint: disable=wrong-import-position
from compilers import FLAGS, LINUX_FLAGS

TIMEOUT = 60        # seconds; it only detects a hang
LIBRARY = ("weft", "include/weft")
PROJECT = (*LIBRARY, "meson.build", "meson_options.txt")
COUNT = "".join(f"{who} {n}\n" for n in (1, 2, 3) for who in ("ping", "pong"))
KERNEL_SAYS = f"weft {{version}}\n{COUNT}done\n"
CXX_SAYS = f"weft {{version}} from C++\n{COUNT}done\n"
FP_SAYS = "fp: both threads find their own\n"
ASID_SAYS = "asid: 1000 switches, every space alone under its ASID\n"
# The parts that can be had alone; docs/adopting.md has the same lists.
FP_FILES = ("weft/fp.S", "weft/fp_regs.h", "include/weft/asm.h",
            "include/weft/config.h", "include/weft/fp.h",
            "include/weft/layout.h")
ASID_FILES = ("weft/asid.c", "weft/flags.h", "include/weft/arch.h",
              "include/weft/asid.h", "include/weft/assert.h",
              "include/weft/config.h", "include/weft/errno.h",
              "include/weft/layout.h", "include/weft/space.h",
              "include/weft/sysreg.h", "include/weft/trace.h")


class Failed(Exception):
    """A step went wrong; the text has the command and what it said."""


def run(command: list[str], cwd: str, **environment: str) -> str:
    try:
        done = subprocess.run(command, cwd=cwd, text=True, errors="replace",
                              stdin=subprocess.DEVNULL, timeout=TIMEOUT,
                              stdout=subprocess.PIPE, check=False,
                              stderr=subprocess.STDOUT,
                              env={**os.environ, **environment})
    except subprocess.TimeoutExpired as error:
        raise Failed(f"{' '.join(command)}: no end in {TIMEOUT} s") from error
    if done.returncode:
        raise Failed(f"{' '.join(command)}: status {done.returncode}\n"
                     f"{done.stdout}")
    return done.stdout


def version() -> str:
    with open(os.path.join(ROOT, "meson.build"), encoding="utf-8") as file:
        match = re.search(r"^  version: '([^']+)'", file.read(), re.M)
    if not match:
        raise Failed("meson.build has no version")
    return match[1]


def copy(names: Iterable[str], folder: str) -> None:
    """Files and folders of the tree into @folder, under the same names."""
    for name in names:
        source, target = os.path.join(ROOT, name), os.path.join(folder, name)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if os.path.isdir(source):
            shutil.copytree(source, target)
        else:
            shutil.copy(source, target)


def client(name: str, folder: str) -> str:
    """A scratch project of ours, in @folder."""
    return shutil.copytree(os.path.join(HERE, name),
                           os.path.join(folder, name))


def boots(elf: str, expected: str, el2: bool = False) -> None:
    """The kernel @elf prints exactly @expected and turns the machine off."""
    board = machine.Machine(cpu="cortex-a53", mem=64, el2=el2)
    said = run([machine.QEMU, "-nodefaults", "-no-user-config",
                *board.board(), "-serial", "stdio", "-monitor", "none",
                "-kernel", elf], os.path.dirname(elf))
    expected = expected.format(version=version())
    if said != expected:
        raise Failed(f"{os.path.basename(elf)} printed {said!r}, "
                     f"not {expected!r}")


def link_flags(compiler: compilers.Compiler, script: str) -> list[str]:
    return [*compiler.linker(), "-nostdlib", "-static",
            "-Wl,--build-id=none", "-Wl,--fatal-warnings", f"-Wl,-T,{script}"]


# ---- the ways ---------------------------------------------------------

def build_plain(compiler: compilers.Compiler, extra: list[str],
                folder: str) -> str:
    """One command: all of weft's files and the client's."""
    copy(LIBRARY, folder)
    kernel = client("kernel", folder)
    elf = os.path.join(folder, "kernel.elf")
    run([*compiler.command(), "-Iinclude", *FLAGS, *LINUX_FLAGS, *extra,
         *compilers.sources(folder), *compilers.default_hooks(folder),
         f"{kernel}/start.S", f"{kernel}/main.c",
         *link_flags(compiler, f"{kernel}/kernel.lds"), "-o", elf], folder)
    return elf


def manuals_command(folder: str) -> None:
    """What docs/adopting.md says to type, with our kernel as "yours"."""
    with open(os.path.join(ROOT, "docs/adopting.md"),
              encoding="utf-8") as file:
        match = re.search(r"^ +(\S+-gcc (?:.*\\\n)+.*)", file.read(), re.M)
    if not match:
        raise Failed("docs/adopting.md has no command")
    copy(LIBRARY, folder)
    for name, yours in (("main.c", "yours.c"), ("start.S", "yours.S"),
                        ("kernel.lds", "yours.lds")):
        shutil.copy(os.path.join(HERE, "kernel", name),
                    os.path.join(folder, yours))
    run(["sh", "-c", match[1]], folder)
    boots(os.path.join(folder, "kernel.elf"), KERNEL_SAYS)


def plain(report: tap.Writer, family: str) -> None:
    """With the oldest and the newest compiler, and what people choose."""
    if family == "gcc":
        attempt(report, "plain files, the command of docs/adopting.md",
                manuals_command)
    usual = compilers.usual(family)
    variants = [(compiler, ["-O2"]) for compiler in compilers.ends(family)]
    variants += [(usual, [option]) for option in ("-O0", "-O3")]
    variants += [(usual, ["-Os", "-fPIE", "-ffunction-sections",
                          "-Wl,--gc-sections"]),
                 (usual, ["-O2", "-flto"]),
                 (usual, ["-O2", "-mbranch-protection=standard"])]
    for compiler, extra in variants:
        def way(folder: str, compiler: compilers.Compiler = compiler,
                extra: "list[str]" = extra) -> None:
            elf = build_plain(compiler, extra, folder)
            boots(elf, KERNEL_SAYS)
            boots(elf, KERNEL_SAYS, el2=True)
        attempt(report, f"plain files, {compiler.name()} {' '.join(extra)}",
                way)


def subproject(report: tap.Writer, family: str) -> None:
    """The tree is subprojects/weft of another Meson project."""
    def way(folder: str, options: tuple[str, ...] = ()) -> str:
        kernel = client("kernel", folder)
        copy(PROJECT, os.path.join(kernel, "subprojects/weft"))
        os.rename(f"{kernel}/weft.wrap", f"{kernel}/subprojects/weft.wrap")
        run(["meson", "setup", "--cross-file",
             os.path.join(ROOT, f"cross/{family}.ini"), *options, "build"],
            kernel)
        run(["ninja", "-C", "build"], kernel)
        return os.path.join(kernel, "build/kernel.elf")

    def reduced(folder: str) -> None:
        """What the kernel does not use is off, and not in it."""
        options = ("fp", "tls", "pauth", "asid")
        elf = way(folder, tuple(f"-Dweft:{name}=false" for name in options))
        path = os.path.join(folder, "kernel/build/compile_commands.json")
        with open(path, encoding="utf-8") as file:
            commands = file.read()
        lost = [name for name in options
                if f"-DWEFT_{name.upper()}=0" not in commands]
        if lost or "WEFT_USER=" in commands or "WEFT_SVE=" in commands:
            raise Failed(f"switches: {lost} or others are wrong")
        boots(elf, KERNEL_SAYS)

    attempt(report, f"subproject, {family}",
            lambda folder: boots(way(folder), KERNEL_SAYS))
    attempt(report, f"subproject with less in it, {family}", reduced)


def installed_files(folder: str) -> list[str]:
    return sorted(os.path.relpath(os.path.join(path, name), folder)
                  for path, _, names in os.walk(folder) for name in names)


def expected_files() -> list[str]:
    """Our headers, our archives and their descriptions, nothing else."""
    headers = [f"include/weft/{name}"
               for name in os.listdir(os.path.join(ROOT, "include/weft"))
               if name.endswith(".h")]
    names = ["weft", "weft-defaults"]
    return sorted(headers + [f"lib/lib{name}.a" for name in names] +
                  [f"lib/pkgconfig/{name}.pc" for name in names])


def check_installed(prefix: str) -> None:
    found, expected = installed_files(prefix), expected_files()
    if found != expected:
        raise Failed(f"installed {found}, not {expected}")
    for name in found:
        if name.endswith(".h") and not filecmp.cmp(
                os.path.join(prefix, name), os.path.join(ROOT, name), False):
            raise Failed(f"{name} was changed")


def install(family: str, folder: str, prefix: str, destdir: str) -> None:
    tree = os.path.join(folder, "tree")
    copy(PROJECT, tree)
    run(["meson", "setup", "--cross-file",
         os.path.join(ROOT, f"cross/{family}.ini"), "--prefix", prefix,
         "-Dlibrary_only=true", "build"], tree)
    environment = {"DESTDIR": destdir} if destdir else {}
    run(["meson", "install", "-C", "build"], tree, **environment)


def pkg_config(prefix: str, *words: str, **environment: str) -> list[str]:
    return run(["pkg-config", *words, "weft-defaults"], ROOT,
               PKG_CONFIG_LIBDIR=f"{prefix}/lib/pkgconfig",
               **environment).split()


def link_installed(compiler: compilers.Compiler, folder: str,
                   cflags: list[str], libs: list[str]) -> str:
    kernel = client("kernel", folder)
    elf = os.path.join(folder, "kernel.elf")
    run([*compiler.command(), "-O2", *FLAGS, *LINUX_FLAGS, *cflags,
         f"{kernel}/start.S", f"{kernel}/main.c",
         *link_flags(compiler, f"{kernel}/kernel.lds"), *libs, "-o", elf],
        folder)
    return elf


def installed(report: tap.Writer, family: str) -> None:
    compiler = compilers.usual(family)

    def prefix_way(folder: str) -> None:
        prefix = os.path.join(folder, "usr")
        install(family, folder, prefix, "")
        check_installed(prefix)
        said = pkg_config(prefix, "--modversion")
        if said != [version()]:
            raise Failed(f"weft-defaults.pc is of version {said}")
        boots(link_installed(compiler, folder,
                             pkg_config(prefix, "--cflags"),
                             pkg_config(prefix, "--libs")), KERNEL_SAYS)

    def destdir_way(folder: str) -> None:
        root = os.path.join(folder, "root")
        install(family, folder, "/opt/weft", root)
        if os.listdir(root) != ["opt"]:
            raise Failed(f"DESTDIR has {os.listdir(root)}")
        prefix = os.path.join(root, "opt/weft")
        check_installed(prefix)
        flags = [pkg_config(prefix, what, PKG_CONFIG_SYSROOT_DIR=root)
                 for what in ("--cflags", "--libs")]
        boots(link_installed(compiler, folder, *flags), KERNEL_SAYS)

    attempt(report, f"installed under a prefix, {family}", prefix_way)
    attempt(report, f"installed under DESTDIR, {family}", destdir_way)


def cxx(report: tap.Writer, family: str) -> None:
    """All headers in one C++ file, and a kernel in C++."""
    name = "C++17 kernel with every header"
    found = [each for each in compilers.ends(family) if each.cxx()]
    if not found:
        report.skip(name, f"no C++ compiler beside any {family}")
    for compiler in found:
        def way(folder: str,
                compiler: compilers.Compiler = compiler) -> None:
            copy(LIBRARY, folder)
            kernel = client("kernel", folder)
            source = client("cxx", folder)
            write_all_headers(os.path.join(folder, "all.h"))
            flags = ["-Iinclude", "-O2", *FLAGS, *LINUX_FLAGS]
            run([*compiler.cxx(), "-std=c++17", "-fno-exceptions", "-fno-rtti",
                 "-pedantic", *flags, *compilers.WARNINGS, "-I.", "-c",
                 f"{source}/main.cc", "-o", "main.o"], folder)
            run([*compiler.command(), *flags, *compilers.sources(folder),
                 *compilers.default_hooks(folder), f"{kernel}/start.S",
                 "main.o",
                 *link_flags(compiler, f"{kernel}/kernel.lds"),
                 "-o", "kernel.elf"], folder)
            boots(os.path.join(folder, "kernel.elf"), CXX_SAYS)
        attempt(report, f"{name}, {compiler.name()}", way)


def write_all_headers(path: str) -> None:
    """An #include of every header but the one for assembly."""
    names = sorted(os.listdir(os.path.join(ROOT, "include/weft")))
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(f"#include <weft/{name}>\n" for name in names
                        if name.endswith(".h") and name != "asm.h")


def named_in_manual(files: Iterable[str]) -> None:
    path = os.path.join(ROOT, "docs/adopting.md")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    missing = [name for name in files if f"    {name}\n" not in text]
    if missing:
        raise Failed(f"docs/adopting.md does not list {missing}")


def part_fp(report: tap.Writer, family: str) -> None:
    for compiler in compilers.ends(family):
        def way(folder: str,
                compiler: compilers.Compiler = compiler) -> None:
            copy(FP_FILES, folder)
            kernel = client("fp", folder)
            run([*compiler.command(), "-Iinclude", "-O2", "-mstrict-align",
                 *FLAGS, *LINUX_FLAGS, "weft/fp.S", f"{kernel}/start.S",
                 f"{kernel}/main.c",
                 *link_flags(compiler, f"{kernel}/kernel.lds"),
                 "-o", "kernel.elf"], folder)
            boots(os.path.join(folder, "kernel.elf"), FP_SAYS)
        attempt(report, f"only the FP code, {compiler.name()}", way)


def part_asid(report: tap.Writer, _family: str) -> None:
    cross = compilers.usual("gcc").command()

    def way(folder: str, compiler: list[str], emulator: list[str],
            flags: list[str]) -> None:
        copy(ASID_FILES, folder)
        own = client("asid", folder)
        # The kernel's flags are for the library; the program has libc's.
        run([*compiler, *flags, *compilers.WARNINGS, "-Iinclude", f"-I{own}",
             "-O2", "-c", "weft/asid.c"], folder)
        run([*compiler, *compilers.WARNINGS, "-Iinclude", "-O2", "-static",
             "asid.o", f"{own}/main.c", "-o", "program"], folder)
        said = run([*emulator, "./program"], folder)
        if said != ASID_SAYS:
            raise Failed(f"it printed {said!r}")

    attempt(report, "only the ASID allocator, on this machine",
            lambda folder: way(folder, ["gcc"], [], []))
    attempt(report, "only the ASID allocator, for AArch64",
            lambda folder: way(folder, cross, ["qemu-aarch64"], FLAGS))


def lists(report: tap.Writer, _family: str) -> None:
    def way(_folder: str) -> None:
        named_in_manual(FP_FILES)
        named_in_manual(ASID_FILES)
    attempt(report, "docs/adopting.md lists the files of each part", way)


def attempt(report: tap.Writer, name: str,
            way: Callable[[str], object]) -> None:
    problems: list[str] = []
    with tempfile.TemporaryDirectory(prefix="weft-consume-") as folder:
        try:
            way(folder)
        except Failed as error:
            problems = str(error).splitlines()
    report.result(name, problems)


WAYS = {"plain": plain, "subproject": subproject, "installed": installed,
        "cxx": cxx, "fp": part_fp, "asid": part_asid, "lists": lists}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("way", choices=WAYS)
    parser.add_argument("family", choices=("gcc", "clang"), nargs="?",
                        default="gcc")
    args = parser.parse_args()
    report = tap.Writer()
    WAYS[args.way](report, args.family)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
