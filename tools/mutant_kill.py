# SPDX-License-Identifier: MIT
"""Try to kill a mutant: the stages, cheapest first.

A stage builds what it needs of the mutant in a scratch directory and runs
tests; it says by what the mutant died, or nothing. The compilers' commands
are ninja's, so that a mutant differs from the library in one place only.
"""

import contextlib
import dataclasses
import fnmatch
import functools
import hashlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from typing import Callable, Iterable, Iterator, Optional

import build
import check_sequence
import mutate_asm
import mutate_c
import suites
import user_tests
import watch
from mutate import AsmMutant, CMutant, Mutant

VARIANTS = ("gcc-debug", "gcc-release")
BOOT_ELF = "loom/loom-boot-tests.elf"
SYSTEM = os.path.join(build.ROOT, "tests/system")
SILENCE = 8.0       # seconds of processor time: at least this for a hang
HOST_SILENCE = 20.0
TIMEOUT = 900       # seconds of the clock, for what times itself
# Programs of /test, and the files that they go through more than others do.
PROGRAMS = (
    ("zeroed", r"/(entry|vectors\w*|switch|fp\w*|sve|pauth)\.S$|/task\.c$"),
    ("fresh", r"/(entry|vectors\w*|switch|fp\w*|sve)\.S$|"
     r"/\w*(task|fp|sve)\w*\.c$"),
    ("faulttest", r"/(entry|vectors\w*)\.S$|/(trap|pauth)\.c$"),
    ("badptr", r"/uaccess\.S$|/extable\.c$"),
    ("memtest", r"/(space|tlb|asid|pgtable)\.c$"),
    ("family", r"/entry\.S$|/(space|task|trap)\.c$"),
    ("pattern", r"/(entry|switch)\.S$"),
)
# And those of leaf calls, which ASIDs and no keys make as short as they can be.
LEAF_PROGRAMS = (
    ("pattern", r"/(entry|fp_leaf)\.S$"),
    ("ipcfast", r"/(entry|fp_leaf|vectors)\.S$|/task\.c$"),
)
QUIET = 4       # times as long without a line of output, for programs
KILLS = re.compile(r"^not ok\b")
MODEL = "tests/model/model"
MODEL_STATES = "400000"
# The scenarios of a second, and those of up to ten.
SHORT = ("asid-few", "asid-too-few", "asid-late", "first", "change",
         "change-range", "trim", "block", "block-range", "kernel")
LONG = ("asid-idle", "asid-8", "asid-wrap", "asid-three", "rollover",
        "flush-change", "flush-always", "exit")
# Boot tests by the mutant's file: these come before all of them.
FIRST = (
    ("uaccess.S", "weft.uaccess"),
    ("el.S", "weft.tables,switch,weft.trap"),
    ("[fs][pv]*", "weft.fp,weft.sve,fp.yield,weft.break.fp"),
    ("pauth.[cS]", "weft.pauth,weft.break.keys"),
    ("event.*", "weft.event,weft.park,weft.break"),
    ("[apt][sgl]*.c", "weft.space,weft.break,weft.tables"),
    ("space.c", "weft.space,weft.break,weft.tables"),
    ("*", "weft.vectors,weft.trap,weft.switch,switch,weft.park,weft.event,"
          "weft.pauth,weft.break,fp.yield"),
)
FIRST_SPEED = 4     # they are so many times faster than all
PANIC = re.compile(r"loom stops: (.*)|loom cannot run here: (.*)")

sys.path.insert(0, SYSTEM)
import test_el3     # pylint: disable=wrong-import-position


class Unbuilt(Exception):
    """The mutant does not compile: it is not counted."""


class Equal(Exception):
    """It compiles to the same code: it is not counted."""


# ---- ninja's commands -------------------------------------------------

@functools.lru_cache(maxsize=None)
def commands(variant: str, target: str = "") -> list[list[str]]:
    text = subprocess.run(
        ["ninja", "-C", build.directory(variant), "-t", "commands"] +
        ([target] if target else []),
        check=True, capture_output=True, text=True).stdout
    return [shlex.split(line) for line in text.splitlines()
            if not line.startswith("ninja:")]


def output_of(command: list[str]) -> str:
    return command[command.index("-o") + 1] if "-o" in command else ""


def source_of(command: list[str], variant: str) -> str:
    """The source, relative to the top folder, that a command compiles."""
    if "-c" not in command:
        return ""
    path = os.path.join(build.directory(variant),
                        command[command.index("-c") + 1])
    return os.path.relpath(path, build.ROOT)


@functools.lru_cache(maxsize=None)
def compilations(variant: str, file: str) -> dict[str, list[str]]:
    """Object: the command that makes it of @file."""
    return {output_of(command): command for command in commands(variant)
            if source_of(command, variant) == file}


@functools.lru_cache(maxsize=None)
def link_command(variant: str, target: str) -> list[str]:
    for command in reversed(commands(variant, target)):
        if output_of(command) == target:
            return command
    raise build.BuildError(f"{variant}: nothing links {target}")


def with_output(command: list[str], output: str) -> list[str]:
    """Without the dependency file, which is ninja's."""
    new = list(command)
    for option in ("-MQ", "-MF"):
        if option in new:
            at = new.index(option)
            del new[at:at + 2]
    new = [word for word in new if word != "-MD"]
    new[new.index("-o") + 1] = output
    return new


@functools.lru_cache(maxsize=None)
def stripped(variant: str, file: str) -> bytes:
    """The object of @file without what says where its source was."""
    made, = compilations(variant, file)
    with tempfile.NamedTemporaryFile() as out:
        subprocess.run([mutate_asm.PREFIX + "objcopy", "-g",
                        os.path.join(build.directory(variant), made),
                        out.name], check=True)
        with open(out.name, "rb") as data:
            return data.read()


# ---- what a mutant is built into --------------------------------------

class Shop:
    """Builds of one mutant after the other, in a directory of its own."""

    def __init__(self, scratch: str, silence: float) -> None:
        self.scratch = scratch
        self.silence = silence
        self.mutant: Optional[Mutant] = None
        self.same: set[str] = set()     # variants whose code is the original's
        self.originals: dict[tuple[str, str], bytes] = {}
        self.only: list[str] = []       # patterns of stages; empty: all

    def path(self, *names: str) -> str:
        path = os.path.join(self.scratch, *names)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return path

    def take(self, mutant: Optional[Mutant]) -> None:
        """Raises Unbuilt or Equal if there is nothing to kill."""
        shutil.rmtree(self.scratch, ignore_errors=True)
        os.makedirs(self.scratch)
        self.mutant = mutant
        self.same = set()
        if isinstance(mutant, CMutant):
            self.same = {variant for variant in VARIANTS
                         if self.compile(variant) ==
                         self.original(variant, mutant.file)}
            if self.same == set(VARIANTS):
                raise Equal

    def identity(self) -> str:
        """Of the mutant's code: the same, whatever else changes."""
        mutant = self.mutant
        assert mutant
        digest = hashlib.sha256()
        for variant in VARIANTS:
            if isinstance(mutant, AsmMutant):
                digest.update(stripped(variant, mutant.file))
                digest.update(f"{mutant.symbol} {mutant.offset} "
                              f"{mutant.how}".encode())
            else:
                with open(self.path(variant, "mutant.o"), "rb") as file:
                    digest.update(file.read())
        return digest.hexdigest()[:32]

    def source(self, file: str, mutant: Optional[CMutant]) -> str:
        """A copy whose messages and __FILE__ are those of the original."""
        with open(os.path.join(build.ROOT, file), encoding="utf-8") as source:
            text = source.read()
        if mutant:
            text = mutate_c.apply(mutant, text)
        path = self.path("mutant" if mutant else "original",
                         os.path.basename(file))
        with open(path, "w", encoding="utf-8") as out:
            out.write(f'#line 1 "../../{file}"\n{text}')
        return path

    def object(self, variant: str, command: list[str], source: str,
               name: str) -> str:
        """Compile @source as @command does its own; the object's path."""
        path = self.path(variant, name)
        words = with_output(command, path)
        own = words.index("-c") + 1
        folder = os.path.dirname(words[own])
        words[own] = source
        words += ["-iquote", folder, "-g0", "-w"]
        done = subprocess.run(words, cwd=build.directory(variant),
                              capture_output=True, check=False)
        if done.returncode:
            raise Unbuilt
        return path

    def compile(self, variant: str) -> bytes:
        assert isinstance(self.mutant, CMutant)
        return self.compile_as(variant, self.mutant.file, self.mutant,
                               "mutant.o")

    def compile_as(self, variant: str, file: str, mutant: Optional[CMutant],
                   name: str) -> bytes:
        command, = compilations(variant, file).values()
        path = self.object(variant, command, self.source(file, mutant), name)
        with open(path, "rb") as made:
            return made.read()

    def original(self, variant: str, file: str) -> bytes:
        key = (variant, file)
        if key not in self.originals:
            self.originals[key] = self.compile_as(variant, file, None,
                                                  "original.o")
        return self.originals[key]

    # -- the kernels

    def elf(self, variant: str, name: str) -> str:
        """The linked kernel @name with the mutant in it."""
        original = os.path.join(build.directory(variant), name)
        path = self.path(variant, name)
        if os.path.exists(path):
            return path
        if isinstance(self.mutant, AsmMutant):
            if not mutate_asm.apply(self.mutant, original, path):
                shutil.copy(original, path)
        elif isinstance(self.mutant, CMutant):
            self.link(variant, name, path)
        else:
            shutil.copy(original, path)
        return path

    def link(self, variant: str, name: str, path: str) -> None:
        """The mutant's object before the archive, which has the original.

        The kernel's table of names stays as it was: it serves backtraces.
        """
        words = with_output(link_command(variant, name), path)
        words.insert(words.index("-o"), self.path(variant, "mutant.o"))
        done = subprocess.run(words, cwd=build.directory(variant), text=True,
                              capture_output=True, check=False)
        if done.returncode:
            raise Unbuilt(done.stderr)

    def directory(self, variant: str) -> str:
        """Looks like a build directory, with the mutant's kernels in it."""
        top = self.path(variant + "-build", "")
        for name in ("loom", "loom-boot-tests"):
            image = os.path.join(top, "loom", name + ".image")
            if not os.path.exists(image):
                os.makedirs(os.path.dirname(image), exist_ok=True)
                elf = self.elf(variant, f"loom/{name}.elf")
                subprocess.run([mutate_asm.PREFIX + "objcopy", "-O", "binary",
                                elf, image], check=True)
                os.symlink(elf, os.path.join(top, f"loom/{name}.elf"))
        for name in ("user", "tests", "weft"):
            with contextlib.suppress(FileExistsError):
                os.symlink(os.path.join(build.directory(variant), name),
                           os.path.join(top, name))
        return top

    def image(self, variant: str) -> str:
        """The boot tests."""
        path = self.path(variant, "boot.image")
        if not os.path.exists(path):
            subprocess.run([mutate_asm.PREFIX + "objcopy", "-O", "binary",
                            self.elf(variant, BOOT_ELF), path], check=True)
        return path


# ---- running ----------------------------------------------------------

def fatal(line: str) -> bool:
    """After this line it need not go on."""
    return bool(KILLS.match(line) or PANIC.search(line))


def verdict(ended: watch.Ended, planned: bool = True) -> Optional[str]:
    """By what it died, for a program that reports by TAP."""
    if ended.hung():
        last = next((line for line in reversed(ended.lines)
                     if re.match(r"(ok|not ok|# \S+ took|1\.\.)", line)),
                    "its start")
        return f"{ended.why} after: {last}"
    if ended.why:
        return ended.why
    for line in ended.lines:
        match = PANIC.search(line)
        if match:
            return match[0].strip()
        if "ERROR: AddressSanitizer" in line or "runtime error:" in line:
            return line.strip()[:120]
        if KILLS.match(line):
            return line
    if ended.status:
        return f"exit status {ended.status}"
    if planned and not any(re.match(r"1\.\.\d", x) for x in ended.lines):
        return "no results"
    return None


def run_boot(shop: Shop, command: list[str],
             silence: float) -> Optional[str]:
    """Boot tests on a machine that counts instructions.

    A hang is told by processor time. One that waits for ever uses none: it
    is run again, for the machine may have had no time for it.
    """
    run = shop.path("run", "")
    ended = watch.run(command, run, silence, fatal)
    if ended.why == "waits":
        ended = watch.run(command, run, silence, fatal)
    return verdict(ended)


def twice(trial: Callable[[], Optional[str]]) -> Optional[str]:
    """What times itself by the clock has to fail twice."""
    return trial() and trial()


def stop(process: subprocess.Popen) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)


def run_tool(command: list[str], **env: str) -> Optional[str]:
    """A test of this project, of LOOM_BUILD; up to its first failure."""
    def trial() -> Optional[str]:
        lines: list[str] = []
        # A session of its own: it is stopped with all that it started.
        with subprocess.Popen(
                command, env={**os.environ, **env}, text=True,
                errors="replace", stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                start_new_session=True) as process:
            timer = threading.Timer(TIMEOUT, stop, [process])
            timer.start()
            try:
                for line in process.stdout or []:
                    lines.append(line.strip())
                    if KILLS.match(line):
                        stop(process)
                        return line.strip()
            finally:
                timer.cancel()
                stop(process)
        if process.returncode in (0, 77):
            return None
        return lines[-1] if lines else f"exit status {process.returncode}"
    return twice(trial)


# ---- the stages -------------------------------------------------------

@dataclasses.dataclass(frozen=True)
class Stage:
    name: str
    wanted: Callable[[str], bool]       # by the mutant's file
    run: Callable[[Shop], Optional[str]]
    variant: str = ""                   # whose code it looks at


@functools.lru_cache(maxsize=None)
def original_code(variant: str) -> check_sequence.Code:
    folder = build.directory(variant)
    return check_sequence.Code(os.path.join(folder, BOOT_ELF),
                               os.path.join(folder, "weft/libweft.a"))


def code_of(shop: Shop, variant: str) -> Optional[check_sequence.Code]:
    """The instructions of the kernel with the mutant; None: no difference.

    The rules are about system instructions, and ways that a branch may take,
    whatever its condition: of assembly only a dropped one matters.
    """
    mutant = shop.mutant
    if isinstance(mutant, AsmMutant):
        original = os.path.join(build.directory(variant), BOOT_ELF)
        place = mutate_asm.address(mutant, original)
        if not place or not mutant.is_system():
            return None
        return original_code(variant).without(place)
    if not mutant:
        return original_code(variant)
    return check_sequence.Code(
        shop.elf(variant, BOOT_ELF),
        os.path.join(build.directory(variant), "weft/libweft.a"))


def static(shop: Shop) -> Optional[str]:
    """The rules over the binary."""
    for variant in VARIANTS:
        code = None if variant in shop.same else code_of(shop, variant)
        for name, found in (check_sequence.problems(code) if code
                            else {}).items():
            if found:
                return f"{name}: {found[0]}"
    return None


def host_tests(file: str) -> Iterator[tuple[dict, str, str]]:
    """Tests of this machine that @file is in: test, program, object."""
    folder = build.directory("host")
    text = subprocess.run(["meson", "introspect", "--tests", folder],
                          check=True, capture_output=True, text=True).stdout
    tests = {os.path.relpath(test["cmd"][0], folder): test
             for test in json.loads(text)}
    objects = compilations("host", file)
    # The library's own tests find more than those that only use it.
    for program in sorted(tests, key=lambda p: ("weft" not in p, p)):
        for command in commands("host"):
            if output_of(command) == program and "-c" not in command:
                for each in objects:
                    if each in command:
                        yield tests[program], program, each


@functools.lru_cache(maxsize=None)
def host_tests_of(file: str) -> list[tuple[dict, str, str]]:
    return list(host_tests(file))


def host(shop: Shop) -> Optional[str]:
    """The native tests, and the model, with the mutant linked in."""
    mutant = shop.mutant
    if not isinstance(mutant, CMutant):
        return None
    source = shop.source(mutant.file, mutant)
    for number, (test, program, each) in enumerate(
            host_tests_of(mutant.file)):
        made = shop.object("host", compilations("host", mutant.file)[each],
                           source, f"{number}.o")
        path = shop.path("host", os.path.basename(program))
        words = with_output(link_command("host", program), path)
        words[words.index(each)] = made
        subprocess.run(words, cwd=build.directory("host"), check=True,
                       capture_output=True)
        ended = watch.run(
            [path, *test["cmd"][1:]], shop.path("run", ""), HOST_SILENCE,
            fatal, env={**os.environ, **test["env"]})
        how = verdict(ended)
        if how:
            return f"{test['name']}: {how}"
    return None


def model(shop: Shop, scenarios: Iterable[str]) -> Optional[str]:
    """The interleavings of these scenarios, with the mutant linked in.

    What takes more states than the scenario may have is not dead of that.
    """
    program = os.path.join(build.directory("host"), MODEL)
    folder = os.path.dirname(program)
    mutant = shop.mutant
    if isinstance(mutant, CMutant):
        name, command = next(
            (name, command) for name, command in
            compilations("host", mutant.file).items() if "/model" in name)
        program = shop.path("host", "model")
        # The archive comes last: the mutant has its functions already.
        if not os.path.exists(program):
            made = shop.object("host", command, shop.source(
                mutant.file, mutant), os.path.basename(name))
            subprocess.run(
                ["cc", made, "-o", program, "-Wl,--whole-archive",
                 f"{folder}/libmodel-machine.a", "-Wl,--no-whole-archive",
                 f"{folder}/libmodel-weft.a"], check=True,
                capture_output=True)
    for scenario in scenarios:
        ended = watch.run([program, "--scenario", scenario, "--states",
                           MODEL_STATES], shop.path("run", ""), HOST_SILENCE,
                          lambda line: line.startswith("# BROKEN: "))
        if ended.why or (ended.status or 0) not in (0, 1):
            return f"{scenario}: {ended.why or ended.status}"
    return None


def boot_command(shop: Shop, config: suites.Config, tests: str) -> list[str]:
    variant = config.variant()
    board = dataclasses.replace(config.machine(), icount=True, shift=4)
    words = ["loom.host=semihosting", *config.words()]
    command = board.command(
        shop.image(variant),
        os.path.join(build.directory(variant), build.INITRAMFS),
        words + ([f"loom.test={tests}"] if tests else []))
    return command + ["-serial", "stdio", "-monitor", "none"]


def boot(config: suites.Config) -> Stage:
    """All boot tests."""
    def run(shop: Shop) -> Optional[str]:
        return run_boot(shop, boot_command(shop, config, ""), shop.silence)
    early = config.el2
    return Stage(f"boot.{config.name()}",
                 lambda file: not early or file.endswith("/el.S"), run,
                 config.variant())


def tests_of(file: str) -> str:
    """The boot tests that kill most mutants of @file, as loom.test=."""
    name = os.path.basename(file)
    return next(tests for pattern, tests in FIRST if
                fnmatch.fnmatchcase(name, pattern))


def first(config: suites.Config) -> Stage:
    """A few boot tests, in a tenth of the time of all."""
    def run(shop: Shop) -> Optional[str]:
        tests = tests_of(shop.mutant.file) if shop.mutant else "weft."
        return run_boot(shop, boot_command(shop, config, tests),
                        shop.silence / FIRST_SPEED)
    # What only CPUs with pointer authentication or SVE run, and only others.
    alien = r"/(sve|pauth|vectors_pauth)\." if not config.max else r"/vectors\."
    return Stage(f"first.{config.name()}",
                 lambda file: not re.search(alien, file), run,
                 config.variant())


def el3(board: str, cpu: str) -> Stage:
    variant = "gcc-release"

    def run(shop: Shop) -> Optional[str]:
        command = test_el3.command(board, cpu, shop.directory(variant))
        return run_boot(shop, command, shop.silence)
    return Stage(f"el3.{board}-{cpu}", lambda file: file.endswith("/el.S"),
                 run, variant)


def crash() -> Iterator[Stage]:
    """Reports of a kernel that stops: what they say of the registers."""
    variant = "gcc-release"
    path = os.path.join(SYSTEM, "test_crash.py")
    for name, _, _ in suites.functions(path):
        def run(shop: Shop, name: str = name) -> Optional[str]:
            return run_tool(
                [sys.executable, os.path.join(SYSTEM, "main.py"), "crash",
                 name], LOOM_BUILD=shop.directory(variant), LOOM_IS_BUILT="1")
        yield Stage(f"system.crash.{name}", is_of_traps, run, variant)


def is_modelled(file: str) -> bool:
    return bool(re.search(r"/(asid|space|tlb|pgtable)\.c$", file))


def is_of_traps(file: str) -> bool:
    return bool(re.search(r"/(entry|vectors|switch|leaf)\.S$|"
                          r"/(trap|names|extable|frame)\.c$", file))


def user(config: suites.Config, program: str, files: str) -> Stage:
    """The commands of tests/user/commands, instructions counted, too."""
    def run(shop: Shop) -> Optional[str]:
        env = {**os.environ, "LOOM_IS_BUILT": "1",
               "LOOM_BUILD": shop.directory(config.variant())}
        for words in user_tests.commands(False):
            if words[0] != program:
                continue
            ended = watch.run(
                [user_tests.RUN, "--icount", *config.run_options(), "--",
                 f"/test/{words[0]}", *words[1:]], shop.path("run", ""),
                QUIET * shop.silence, fatal, env=env)
            how = None if ended.status == user_tests.SKIPPED else \
                verdict(ended, False)
            if how:
                return f"{' '.join(words)}: {how}"
        return None
    return Stage(f"user.{program}-{config.name()}",
                 lambda file: bool(re.search(files, file)), run,
                 config.variant())


MAX = suites.Config(max=True, debug=True)
ONE = suites.Config(asid1=True)
OLD = suites.Config(debug=True)
EL2 = suites.Config(max=True, debug=True, el2=True)
EL2_OLD = suites.Config(el2=True, gicv2=True)


def all_stages() -> list[Stage]:
    return [
        Stage("host", lambda file: file.endswith(".c"), host),
        first(MAX),
        Stage("model.short", is_modelled,
              lambda shop: model(shop, SHORT)),
        Stage("static", lambda file: True, static),
        first(ONE), first(OLD),
        boot(EL2), boot(EL2_OLD),
        *[user(config, *row) for row in PROGRAMS[:2] for config in (MAX, ONE)],
        boot(MAX),
        *crash(),
        *[user(OLD, *row) for row in LEAF_PROGRAMS],
        boot(ONE),
        Stage("model.long", is_modelled, lambda shop: model(shop, LONG)),
        el3("gic-version=3,virtualization=on", "max"),
        el3("gic-version=3", "cortex-a53"),
        el3("gic-version=2", "cortex-a53"),
        el3("gic-version=2,virtualization=on", "cortex-a72"),
        *[user(config, *row) for row in PROGRAMS[2:] for config in (MAX, ONE)],
    ]


def stages(file: str) -> list[Stage]:
    return [stage for stage in all_stages() if stage.wanted(file)]


def is_chosen(stage: Stage, patterns: list[str]) -> bool:
    return not patterns or any(fnmatch.fnmatchcase(stage.name, each)
                               for each in patterns)


@dataclasses.dataclass
class Result:
    """What became of a mutant."""

    name: str
    state: str      # killed, survived, equal, unbuilt
    by: str = ""    # the stage
    how: str = ""


def try_to_kill(shop: Shop, mutant: Mutant) -> Result:
    """The one that the shop has taken."""
    try:
        for stage in stages(mutant.file):
            if stage.variant in shop.same or not is_chosen(stage, shop.only):
                continue
            how = stage.run(shop)
            if how:
                return Result(mutant.name, "killed", stage.name, how)
    except Unbuilt:
        return Result(mutant.name, "unbuilt")
    return Result(mutant.name, "survived")


def try_unchanged(shop: Shop, files: set[str]) -> Iterator[str]:
    """The stages of these files without a mutant: what fails all the same."""
    shop.take(None)
    for stage in all_stages():
        if any(stage.wanted(file) for file in files):
            how = stage.run(shop)
            if how:
                yield f"{stage.name}: {how}"


def calibrated(scratch: str) -> float:
    """How long a silence is a hang on this machine: see watch.run()."""
    shop = Shop(scratch, 60.0)
    shop.take(None)
    board = dataclasses.replace(MAX.machine(), icount=True, shift=4)
    command = board.command(
        shop.image(MAX.variant()),
        os.path.join(build.directory(MAX.variant()), build.INITRAMFS),
        ["loom.host=semihosting"])
    ended = watch.run(command + ["-serial", "stdio", "-monitor", "none"],
                      shop.path("run", ""), 60.0)
    how = verdict(ended)
    if how:
        raise build.BuildError(f"the boot tests fail as they are: {how}")
    return max(SILENCE, 2 * ended.used)
