#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Build and boot weft with its feature switches on and off.

Every set of switches in CONFIGS is compiled from plain files, with the kernel
in tests/features, which says what works; it is booted on a CPU with SVE and
pointer authentication and on one without. Of a feature that is off nothing
may be left in the library: no function, and no instruction of its own. No
structure depends on a switch. --sizes prints how large the library is.
"""

import argparse
import concurrent.futures
import glob
import hashlib
import os
import re
import subprocess
import sys
import tempfile
from typing import NamedTuple

import check_purity
import machine
import tap

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SWITCHES = ("USER", "FP", "SVE", "TLS", "PAUTH", "ASID", "LEAF", "TRACE")
CONFIGS = {
    "all": set(SWITCHES) - {"TRACE"},
    "trace": set(SWITCHES),
    "no-user": {"FP", "SVE", "TLS", "PAUTH"},
    "no-fp": {"USER", "TLS", "PAUTH", "ASID", "LEAF"},
    "no-sve": {"USER", "FP", "TLS", "PAUTH", "ASID", "LEAF"},
    "no-tls": {"USER", "FP", "SVE", "PAUTH", "ASID", "LEAF"},
    "no-pauth": {"USER", "FP", "SVE", "TLS", "ASID", "LEAF"},
    "no-asid": {"USER", "FP", "SVE", "TLS", "PAUTH", "LEAF"},
    "no-leaf": {"USER", "FP", "SVE", "TLS", "PAUTH", "ASID"},
    "user-fp-asid": {"USER", "FP", "ASID"},
    "user-asid": {"USER", "ASID"},
    "user": {"USER"},
    "fp": {"FP"},
    "tls": {"TLS"},
    "pauth": {"PAUTH"},
    "none": set(),
}
CPUS = ("cortex-a53", "max")
WORKERS = 2
TIMEOUT = 60        # seconds; it only detects a hang

COMPILERS = {
    "gcc": ["aarch64-linux-gnu-gcc"],
    "clang": ["clang", "--target=aarch64-linux-gnu"],
}
FLAGS = ["-std=c11", "-O2", "-Wall", "-Wextra", "-Werror",
         "-ffreestanding", "-mgeneral-regs-only", "-mno-outline-atomics",
         "-fno-pie", "-fno-common", "-fno-stack-protector",
         "-fno-asynchronous-unwind-tables", "-fno-unwind-tables",
         f"-I{ROOT}/include"]
KERNEL_FLAGS = ["-Wno-unused-parameter"]
LINK = ["-nostdlib", "-static", "-Wl,--gc-sections,--build-id=none",
        f"-Wl,-T,{ROOT}/examples/common/link.ld"]
KERNEL = ("examples/common/start.S", "examples/common/memory.S",
          "examples/common/report.c", "tests/features/kernel.c")
PROCESSES = ("examples/common/process.c", "tests/features/processes.c",
             "tests/features/program.S")

# What switches between threads; the rest is for start, tables and reports.
CORE = ("vectors.S", "entry.S", "trap.c", "switch.S", "task.c", "frame.c",
        "fp.S", "fp_policy.c", "asid.c", "space.c", "tlb.c", "uaccess.S",
        "extable.c")
CORE_CONFIG = "user-fp-asid"
CORE_MAX = 8192

# These clear what the firmware left in registers, whatever is used later; the
# last has no register left but those of EL0, and does not return.
EXEMPT = ("weft_descend", "weft_mmu_on", "weft_task_adopt",
          "weft_entry_overflow")


class Trace(NamedTuple):
    """By what a feature is recognized in the library."""

    symbols: tuple[str, ...]
    instruction: str            # mnemonic, tab, operands


TRACES = {
    "USER": Trace(("weft_enter_user", "weft_copy_to_user",
                   "weft_space_install"),
                  r"msr\tttbr0_el1|sp_el0|: (ldtr|sttr)"),
    "FP": Trace(("weft_fp_save", "weft_fp_hand_over"),
                r"\W[qdv]\d+|fp[cs]r"),
    "SVE": Trace(("weft_sve_save", "weft_task_set_sve"),
                 r"\Wz\d+|zcr_el1|s3_0_c1_c2_0"),
    "TLS": Trace(("weft_task_set_tls",), r"tpidr(ro)?_el0"),
    "PAUTH": Trace(("weft_task_set_keys", "weft_vectors_pauth"),
                   r"msr\t(ap[ig]|s3_0_c2_c[123]_)"),
    "ASID": Trace(("weft_asid_assign",), ""),
    "LEAF": Trace(("weft_entry_user_leaf", "weft_resume_leaf"), ""),
    "TRACE": Trace(("weft_trace_point", "weft_trace_entry"), ""),
}


class BuildError(Exception):
    """A command failed; the text is what it said."""


def call(command: list[str], cwd: str) -> str:
    done = subprocess.run(command, cwd=cwd, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)
    if done.returncode:
        raise BuildError(f"{' '.join(command)}\n{done.stdout}")
    return done.stdout


class Library(NamedTuple):
    archive: str
    members: dict[str, str]     # source: object


class Build:
    """weft and the kernel under one set of switches."""

    def __init__(self, name: str, compiler: str, folder: str) -> None:
        self.on = CONFIGS[name]
        self.compiler = compiler
        self.folder = os.path.join(folder, name)
        os.mkdir(self.folder)
        self.flags = FLAGS + [f"-DWEFT_{switch}={int(switch in self.on)}"
                              for switch in SWITCHES]
        if "PAUTH" in self.on:
            self.flags.append("-mbranch-protection=standard")

    def compile(self, source: str, flags: list[str]) -> str:
        """The object of @source: one that exists if it would be the same."""
        command = [*COMPILERS[self.compiler], *flags,
                   os.path.join(ROOT, source)]
        text = call(command + ["-E"], self.folder)
        others = " ".join(flag for flag in flags if "-DWEFT" not in flag)
        digest = hashlib.sha256((others + text).encode()).hexdigest()
        target = os.path.join(os.path.dirname(self.folder),
                              f"{digest[:32]}.o")
        if not os.path.exists(target):
            # Another thread may do the same; either result will do.
            made = os.path.join(self.folder, source.replace("/", "_") + ".o")
            call(command + ["-c", "-o", made], self.folder)
            os.replace(made, target)
        return target

    def archive(self, name: str, pattern: str) -> Library:
        archive = os.path.join(self.folder, name)
        members = {os.path.basename(path):
                   self.compile(os.path.relpath(path, ROOT), self.flags)
                   for path in sorted(glob.glob(os.path.join(ROOT, pattern)))}
        call(["aarch64-linux-gnu-ar", "rcs", archive, *members.values()],
             self.folder)
        return Library(archive, members)

    def library(self) -> Library:
        return self.archive("libweft.a", "weft/*.[cS]")

    def kernel(self, library: Library) -> str:
        defaults = self.archive("libweft-defaults.a", "weft/defaults/*.c")
        sources = KERNEL + (PROCESSES if "USER" in self.on else ())
        objects = [self.compile(source, self.flags + KERNEL_FLAGS)
                   for source in sources]
        elf = os.path.join(self.folder, "kernel.elf")
        linker = ["-fuse-ld=lld"] if self.compiler == "clang" else []
        call([*COMPILERS[self.compiler], *linker, *LINK, "-o", elf, *objects,
              library.archive, defaults.archive], self.folder)
        return elf


# ---- what it prints ---------------------------------------------------

def expected(on: "set[str]", cpu: str) -> list[str]:
    """What the kernel prints on @cpu, after the line of sizes."""
    lines = ["switch: works"]
    if "USER" in on:
        generations = "work" if "ASID" in on else "left out"
        fp = "works" if "FP" in on else "traps"
        sve = "works" if "SVE" in on else "traps"
        tls = "works" if "TLS" in on else "lost"
        signs = "PAUTH" in on and cpu == "max"
        lines += [f"asid generations: {generations}", "memory: works",
                  "copies: work", "faults: work", f"fp: {fp}",
                  f"sve: {sve if cpu == 'max' else 'not in this CPU'}",
                  f"tls: {tls}",
                  f"pauth: {'works' if signs else 'signs nothing'}"]
    return lines + ["end"]


def boot(elf: str, cpu: str) -> list[str]:
    command = [machine.QEMU, "-nodefaults", "-no-user-config", "-M", "virt",
               "-cpu", cpu, "-display", "none", "-serial", "stdio",
               "-kernel", elf]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, timeout=TIMEOUT,
                              stderr=subprocess.STDOUT, check=False)
        return done.stdout.decode("utf-8", "replace").splitlines()
    except subprocess.TimeoutExpired as late:
        text = (late.stdout or b"").decode("utf-8", "replace")
        return [*text.splitlines(), f"(not done after {TIMEOUT} s)"]


def difference(printed: list[str], wanted: list[str]) -> list[str]:
    if printed == wanted:
        return []
    return ["it should print:", *wanted, "it printed:", *printed]


# ---- what is left of a feature ----------------------------------------

def disassembly(library: Library) -> list[str]:
    """Each instruction as "function: mnemonic, tab, operands"."""
    lines = []
    function = "?"
    code = call(["aarch64-linux-gnu-objdump", "-d", "--no-show-raw-insn",
                 library.archive], ROOT)
    for line in code.splitlines():
        start = check_purity.FUNCTION.match(line)
        function = start[1] if start else function
        match = check_purity.INSTRUCTION.match(line)
        if match and function not in EXEMPT:
            # Without the addresses that branches name, and comments
            text = re.sub(r"\w+ <.*|//.*", "", f"{match[1]}\t{match[2]}")
            lines.append(f"{function}: {text}")
    return lines


def traces(names: str, code: list[str], switch: str) -> list[str]:
    """Functions and instructions of the feature in the library."""
    trace = TRACES[switch]
    found = [f"symbol {name}" for name in trace.symbols
             if re.search(rf" {name}$", names, re.M)]
    if trace.instruction:
        pattern = re.compile(trace.instruction, re.I)
        found += [line for line in code if pattern.search(line)]
    return found


def leftovers(library: Library, on: "set[str]") -> list[str]:
    names = call(["aarch64-linux-gnu-nm", "--defined-only", library.archive],
                 ROOT)
    code = disassembly(library)
    problems = []
    for switch in SWITCHES:
        found = traces(names, code, switch)
        if switch not in on:
            problems += [f"{switch}: {each}" for each in found[:5]]
            continue
        # The check must be able to see what it looks for.
        if len(found) < len(TRACES[switch].symbols) + \
                bool(TRACES[switch].instruction):
            problems.append(f"{switch} is on, but all there is of it is: "
                            f"{', '.join(found) or 'nothing'}")
    return problems


# ---- sizes ------------------------------------------------------------

class Sizes(NamedTuple):
    """Bytes."""

    core: int           # code of CORE
    code: int           # of the whole library
    constants: int      # read-only data of the whole library


def sizes(library: Library) -> Sizes:
    code: dict[str, int] = {}
    constants = 0
    for source, path in library.members.items():
        text = call(["aarch64-linux-gnu-size", "-A", path], ROOT)
        for name, size in re.findall(r"^(\.[\w.]+)\s+(\d+)", text, re.M):
            if name.startswith(".text"):
                code[source] = code.get(source, 0) + int(size)
            elif name.startswith((".rodata", ".weft_extable")):
                constants += int(size)
    return Sizes(sum(code.get(source, 0) for source in CORE),
                 sum(code.values()), constants)


def print_sizes(compiler: str, folder: str) -> None:
    print("| switches on | switching, traps, memory | all code | constants |")
    print("|--|--|--|--|")
    for name, on in CONFIGS.items():
        size = sizes(Build(name, compiler, folder).library())
        words = " ".join(s for s in SWITCHES if s in on) or "none"
        print(f"| {words} | {size.core} | {size.code} | {size.constants} |",
              flush=True)


# ---- all together -----------------------------------------------------

class Outcome(NamedTuple):
    name: str
    problems: list[str]


def check(name: str, compiler: str, folder: str) -> "tuple[str, list[Outcome]]":
    """The line of sizes that a build prints, and what is wrong with it."""
    build = Build(name, compiler, folder)
    try:
        library = build.library()
        elf = build.kernel(library)
    except BuildError as error:
        return "", [Outcome(f"{name}: builds", str(error).splitlines())]
    outcomes = [Outcome(f"{name}: nothing is left of what is off",
                        leftovers(library, build.on))]
    layout = ""
    for cpu in CPUS:
        lines = boot(elf, cpu)
        if lines and lines[0].startswith("sizes: "):
            layout = lines.pop(0)
        outcomes.append(Outcome(f"{name}: on {cpu}, does what it is built for",
                                difference(lines, expected(build.on, cpu))))
    if name == CORE_CONFIG:
        size = sizes(library).core
        outcomes.append(Outcome(
            f"{name}: at most {CORE_MAX} bytes",
            [f"{size} bytes"] if size > CORE_MAX else []))
    return layout, outcomes


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("compiler", choices=sorted(COMPILERS))
    parser.add_argument("config", nargs="*", help="all if none is named: " +
                        " ".join(CONFIGS))
    parser.add_argument("--sizes", action="store_true",
                        help="print a table of sizes and test nothing")
    args = parser.parse_args()
    names = args.config or list(CONFIGS)
    if not set(names) <= set(CONFIGS):
        parser.error(f"there is: {' '.join(CONFIGS)}")
    report = tap.Writer()
    layouts: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="weft-features-") as folder, \
            concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        if args.sizes:
            print_sizes(args.compiler, folder)
            return 0
        done = pool.map(lambda name: check(name, args.compiler, folder),
                        names)
        for name, (layout, outcomes) in zip(names, done):
            layouts[name] = layout
            for outcome in outcomes:
                report.result(*outcome)
    report.result("structures are the same in all builds",
                  [f"{name}: {layout}" for name, layout in layouts.items()]
                  if len(set(layouts.values())) > 1 or "" in layouts.values()
                  else [])
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
