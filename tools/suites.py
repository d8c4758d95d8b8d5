# SPDX-License-Identifier: MIT
"""What ./test can run: the suites, and the machines they run on."""

import ast
import dataclasses
import glob
import itertools
import os
import sys
from typing import Iterator

import build
import machine

PYTHON = sys.executable
TOOLS = os.path.join(build.ROOT, "tools")
DEFAULT = build.name("gcc", False)


@dataclasses.dataclass
class Job:
    """One test: a command, and how its results are told."""

    name: str
    text: str                       # what is true if it passes
    command: list[str]
    needs: tuple[str, ...] = ()     # build directories
    debian: tuple[str, ...] = ()    # sets of files: debian.py
    tap: bool = False               # else the exit status is the result
    timeout: int = 120              # seconds; it only detects a hang
    long: bool = False              # only with --long
    alone: bool = False             # measures time: nothing runs beside it
    env: dict[str, str] = dataclasses.field(default_factory=dict)

    def environ(self) -> dict[str, str]:
        # All is built before the first test; ./run need not look again, and
        # an edit in the middle of the tests does not change what they test.
        return {**os.environ, "LOOM_IS_BUILT": "1", **self.env}


# ---- the matrix -------------------------------------------------------

@dataclasses.dataclass(frozen=True)
class Config:
    """One cell of the matrix: how loom is built and what it runs on."""

    clang: bool = False
    max: bool = False       # -cpu max instead of cortex-a53
    gicv2: bool = False
    el2: bool = False
    asid1: bool = False     # one address-space id, flushed when spaces change
    debug: bool = False
    smp4: bool = False      # four CPUs instead of one
    always: bool = False    # with asid1: flushed at every installation
    # By row, not by choice: see FP below.
    fp: str = dataclasses.field(default="tracked", compare=False)

    def name(self) -> str:
        words = ["clang" if self.clang else "gcc",
                 "max" if self.max else "a53",
                 "gicv2" if self.gicv2 else "gicv3",
                 "el2" if self.el2 else "el1"]
        if self.asid1:
            words += ["asid0" if self.always else "asid1"]
        words += [self.fp] if self.fp != "tracked" else []
        words += ["debug"] if self.debug else []
        words += ["smp4"] if self.smp4 else []
        return "-".join(words)

    def variant(self) -> str:
        return build.name("clang" if self.clang else "gcc", self.debug)

    def machine(self) -> machine.Machine:
        return machine.Machine(cpu="max" if self.max else "cortex-a53",
                               gic=2 if self.gicv2 else 3, el2=self.el2)

    def words(self) -> list[str]:
        words = [f"loom.fp={self.fp}"] if self.fp != "tracked" else []
        if self.asid1:
            words += ["loom.asids=0" if self.always else "loom.asids=1"]
        return words

    def run_options(self) -> list[str]:
        """The same as options of ./run."""
        options = ["--shell", "loom",
                   "--compiler", "clang" if self.clang else "gcc",
                   "--cpu", "max" if self.max else "cortex-a53",
                   "--gic", "2" if self.gicv2 else "3"]
        options += ["--el2"] if self.el2 else []
        options += ["--debug"] if self.debug else []
        options += ["--smp", "4"] if self.smp4 else []
        for word in self.words():
            options += ["--append", word]
        return options


# Each column holds the rows where a choice is taken. Any two of the columns
# meet in a row, and each has a row without the other, and neither is in row
# 0: so six machines have every pair of choices.
COLUMNS = {"clang": {1, 2, 3}, "max": {1, 2, 4}, "gicv2": {1, 3, 5},
           "el2": {2, 4, 5}, "asid1": {3, 4, 5}, "debug": {1, 4, 5},
           "smp4": {2, 3, 4}}
# FP policies: each with and without SVE, which the rows with max have. One of
# the rows with a common ASID flushes it always.
FP = ("tracked", "eager", "lazy", "lazy", "tracked", "eager")
PAIRWISE = [Config(**{key: row in rows for key, rows in COLUMNS.items()},
                   always=row == 4, fp=FP[row])
            for row in range(6)]


def matrix() -> Iterator[tuple[Config, bool]]:
    """Every machine, and whether it is left to --long."""
    for config in PAIRWISE:
        yield config, False
    for choice in itertools.product((False, True), repeat=len(COLUMNS)):
        config = Config(**dict(zip(COLUMNS, choice)), fp=FP[sum(choice) % 3])
        for always in (False, True) if config.asid1 else (False,):
            cell = dataclasses.replace(config, always=always)
            if cell not in PAIRWISE:
                yield cell, True


# ---- the suites -------------------------------------------------------

def host() -> Iterator[Job]:
    pattern = os.path.join(build.ROOT, "tests/host/test_*.c")
    for path in sorted(glob.glob(pattern)):
        topic = os.path.basename(path)[len("test_"):-len(".c")]
        yield Job(f"host.{topic}", f"{topic}, on this machine with sanitizers",
                  [PYTHON, f"{TOOLS}/host_test.py", build.directory("host"),
                   topic], needs=("host",), tap=True, timeout=300)


def model() -> Iterator[Job]:
    """The library's and the scheduler's files on a simulated machine.

    docs/model.md. Each scenario at its bounds, with all interleavings; the
    bugs put back; random walks past the bounds. With --long, more of both.
    """
    folder = build.directory("host")
    program = os.path.join(folder, "tests/model/model")
    yield Job("model.all", "every interleaving of the scenarios keeps the "
              "invariants", [program], needs=("host",), tap=True, timeout=900)
    yield Job("model.bugs", "the model finds the bugs that are put back",
              [PYTHON, os.path.join(build.ROOT, "tests/model/main.py"),
               folder], needs=("host",), tap=True, timeout=900)
    yield Job("model.random", "random walks past the bounds keep them too",
              [program, "--unbounded", "--runs", "200"], needs=("host",),
              tap=True, timeout=300)
    handover = os.path.join(folder, "tests/model/model-smp")
    yield Job("model.smp", "every interleaving of the hand-over of threads "
              "between CPUs keeps the invariants", [handover],
              needs=("host",), tap=True, timeout=900)
    yield Job("model.smp-bugs", "the model of the hand-over finds the bugs "
              "that are put back",
              [PYTHON, os.path.join(build.ROOT, "tests/model/main.py"),
               folder, "--model", "smp"], needs=("host",), tap=True,
              timeout=900)
    yield Job("model.smp-random", "random walks of all its scenarios",
              [handover, "--runs", "500"], needs=("host",), tap=True,
              timeout=300)
    yield Job("model.smp-large", "every interleaving of the larger ones",
              [handover, "--large"], needs=("host",), tap=True,
              timeout=7200, long=True)
    yield Job("model.more", "every interleaving of one operation more",
              [program, "--more", "1", "--states", "40000000"],
              needs=("host",), tap=True, timeout=7200, long=True)
    yield Job("model.random-long", "many random walks",
              [program, "--unbounded", "--runs", "20000", "--seed", "1000"],
              needs=("host",), tap=True, timeout=7200, long=True)


def tool(name: str) -> list[str]:
    return [PYTHON, os.path.join(TOOLS, name)]


def static() -> Iterator[Job]:
    yield Job("static.includes", "the layers include only what they may",
              tool("check_includes.py"), tap=True)
    yield Job("static.layout", "every offset that assembly uses is asserted",
              tool("check_layout.py"), tap=True)
    yield Job("static.style", "the files keep the style",
              tool("check_style.py"), tap=True)
    yield Job("static.index", "the documents name what exists",
              tool("check_index.py"), tap=True)
    yield Job("static.scripts", "shellcheck finds nothing",
              ["shellcheck", "-x", "-P", build.ROOT] +
              [os.path.join(build.ROOT, name) for name in
               ("run", "test", "bench", "docs/build", "docs/course/check",
                "docs/timeline", ".ci/run", "tools/setup.sh")])
    yield Job("static.cppcheck", "cppcheck finds nothing",
              tool("check_cppcheck.py"), timeout=300)
    yield Job("static.compilers",
              "old and new compilers take weft without a warning",
              tool("check_compilers.py"), tap=True, timeout=600)
    yield Job("static.doxygen", "every public name has its documentation",
              tool("check_doxygen.py"), tap=True)
    yield Job("static.links", "every link of every document leads somewhere",
              tool("check_links.py"), tap=True)
    yield Job("static.site", "the site is made, and its links hold",
              [os.path.join(build.ROOT, "docs/build"),
               os.path.join(build.ROOT, "build/site")], timeout=300)
    yield Job("static.trace", "raw traces become what docs/tracing.md says",
              tool("trace_test.py"), tap=True)
    yield Job("static.version", "the version is the same everywhere",
              tool("check_version.py"), tap=True)
    folder = build.directory("clang-debug")
    yield Job("static.tidy", "clang-tidy finds nothing",
              tool("check_tidy.py") + [folder], needs=("clang-debug",),
              tap=True, timeout=300)
    yield Job("static.analyzer", "nor does its analyzer",
              tool("check_tidy.py") + ["--analyzer", folder],
              needs=("clang-debug",), tap=True, timeout=1800, long=True)
    for compiler in ("gcc", "clang"):
        variant = build.name(compiler, False)
        folder = build.directory(variant)
        yield Job(f"static.warnings-{compiler}", f"{compiler} warns of nothing",
                  tool("check_warnings.py") + [folder], needs=(variant,),
                  tap=True, timeout=300)
        yield Job(f"static.purity-{compiler}",
                  "only files for vector registers use them",
                  tool("check_purity.py") + [
                      os.path.join(folder, build.KERNEL),
                      os.path.join(folder, "weft/libweft.a")],
                  needs=(variant,), tap=True)
        yield Job(f"static.landing-{compiler}",
                  "indirect branches of the kernel lead to landing pads",
                  tool("check_landing.py") + [
                      os.path.join(folder, build.KERNEL),
                      os.path.join(folder, "weft/libweft.a")],
                  needs=(variant,), tap=True)


def consume() -> Iterator[Job]:
    main = os.path.join(build.ROOT, "tests/consume/main.py")
    for way, text in (("plain", "its files in one command"),
                      ("subproject", "a subproject of Meson"),
                      ("installed", "installed, by pkg-config"),
                      ("cxx", "from C++"),
                      ("fp", "only the FP code")):
        for family in ("gcc", "clang"):
            yield Job(f"consume.{way}-{family}",
                      f"weft in another kernel: {text}",
                      [PYTHON, main, way, family], tap=True, timeout=300)
    yield Job("consume.asid", "weft elsewhere: only the ASID allocator",
              [PYTHON, main, "asid"], tap=True)
    yield Job("consume.lists", "the manual lists the files of each part",
              [PYTHON, main, "lists"], tap=True)


def sequence() -> Iterator[Job]:
    for compiler in ("gcc", "clang"):
        for debug in (False, True):
            variant = build.name(compiler, debug)
            folder = build.directory(variant)
            yield Job(f"static.sequence-{variant}",
                      "barriers are where no emulator misses them",
                      tool("check_sequence.py") + [
                          os.path.join(folder, build.KERNEL),
                          os.path.join(folder, "weft/libweft.a")],
                      needs=(variant,), tap=True)


def traced() -> Iterator[Job]:
    """The static checks of a kernel that others see nothing of."""
    variant = build.name("gcc", False, trace=True)
    for tool_name, text in (
            ("check_trace", "every way to user mode is in a trace"),
            ("check_sequence", "barriers are where no emulator misses them"),
            ("check_landing", "branches of a traced kernel lead to pads")):
        yield Job(f"static.{tool_name.removeprefix('check_')}-{variant}",
                  text, tool(f"{tool_name}.py") + [
                      os.path.join(build.directory(variant), build.KERNEL),
                      os.path.join(build.directory(variant),
                                   "weft/libweft.a")],
                  needs=(variant,), tap=True)
    yield Job(f"static.warnings-{variant}", "gcc warns of nothing traced",
              tool("check_warnings.py") + ["--kernel",
                                           build.directory(variant)],
              needs=(variant,), tap=True, timeout=300)


def mutants() -> Iterator[Job]:
    """In two halves: two tests run at a time."""
    needs = (build.name("gcc", False), build.name("gcc", True), "host")
    for part in "1/2", "2/2":
        yield Job(f"mutants.sample-{part[0]}", "changes of weft are noticed",
                  tool("mutants.py") + ["--sample", "24", "--part", part],
                  needs=needs, tap=True, timeout=900)
        yield Job(f"mutants.all-{part[0]}", "every change of weft is noticed",
                  tool("mutants.py") + ["--all", "--part", part],
                  needs=needs, tap=True, timeout=6 * 3600, long=True)


def boot_job(config: Config, counted: bool) -> Job:
    folder = build.directory(config.variant())
    # 16 ns an instruction: the tests' waits in time cost fewer of them.
    board = dataclasses.replace(config.machine(), icount=counted, shift=4)
    command = board.command(os.path.join(folder, build.BOOT_TESTS),
                            os.path.join(folder, build.INITRAMFS),
                            ["loom.host=semihosting", *config.words()])
    return Job(f"boot.{config.name()}", "the tests inside the kernel",
               command + ["-serial", "stdio", "-monitor", "none"],
               needs=(config.variant(),), tap=True, timeout=300)


def boot() -> Iterator[Job]:
    """With instructions counted: what the host does meanwhile is no matter.

    Once also in real time, with interrupts where they happen to come.
    """
    seen = set()
    for config, is_long in matrix():
        # They are about one CPU each.
        config = dataclasses.replace(config, smp4=False)
        if config not in seen:
            yield dataclasses.replace(boot_job(config, True), long=is_long)
        seen.add(config)
    config = Config(max=True, debug=True)
    yield dataclasses.replace(boot_job(config, False), name="boot.real-time",
                              alone=True)


# The machines on which ./test runs what has a ! in tests/user/commands, too: a
# release build with one CPU and a debug build with four.
HEAVY = (PAIRWISE[0], PAIRWISE[4])

# Programs that many CPUs mean something to.
PARALLEL = ("smptest", "ctxstress", "pthreads", "futextest", "threadtest",
            "sigmatrix", "cowtest", "pipetest", "polltest", "lifecycle",
            "storm", "filerace", "notiftest", "iptest", "ipcrandom",
            "ipcfast")


# Instructions are counted, 4 ns each: about as fast as in real time, and how
# busy the host is changes nothing. Not with several CPUs: see machine.py.
COUNTED = ["--icount=2"]


def user() -> Iterator[Job]:
    """One CPU in real time, too: on all machines but these with --long."""
    for config, is_long in matrix():
        light = [] if is_long or config in HEAVY else ["--light"]
        counted = [] if is_long or config.smp4 else COUNTED
        yield Job(f"user.{config.name()}", "the programs of /test",
                  tool("user_tests.py") + light + config.run_options() +
                  counted, needs=(config.variant(),), tap=True, timeout=600,
                  long=is_long)
    config = Config(debug=True)
    yield Job("user.real-time", "the programs of /test as time goes by",
              tool("user_tests.py") + ["--light"] + config.run_options(),
              needs=(config.variant(),), tap=True, timeout=600, long=True)
    yield Job("user.musl", "programs that are built with musl",
              tool("musl_test.py") + Config(max=True).run_options(),
              needs=(DEFAULT,), debian=("musl",), tap=True, timeout=600)
    yield from parallel()
    yield Job("user.linux", "programs print the same under qemu-aarch64",
              tool("user_tests.py") + ["--linux"], needs=(DEFAULT,), tap=True,
              timeout=300)


def parallel() -> Iterator[Job]:
    """Two CPUs that run at the same time, eight, and chaos on four.

    The two need both of the host's CPUs.
    """
    base = Config(debug=True)
    command = tool("user_tests.py") + base.run_options() + \
        [word for name in PARALLEL for word in ("--only", name)]
    job = Job("user.smp2", "programs on two CPUs at once",
              command + ["--smp", "2"], needs=(base.variant(),), tap=True,
              timeout=900, alone=True)
    yield job
    yield dataclasses.replace(
        job, name="user.smp8", text="programs on eight CPUs", alone=False,
        command=command + ["--smp", "8"])
    for seed in range(1, 25):
        yield dataclasses.replace(
            job, name=f"user.chaos-{seed}", alone=False, long=seed > 1,
            text="programs in chaos on four CPUs",
            command=command + ["--smp", "4", "--append", f"loom.chaos={seed}"])


def linux() -> Iterator[Job]:
    """One boot of Linux and one of loom run everything there is to compare."""
    yield Job("linux.same", "scripts and programs do the same on Linux",
              tool("linux_test.py"), needs=(DEFAULT,),
              debian=("linux", "programs"), tap=True, timeout=1800)


def conformance() -> Iterator[Job]:
    yield Job("conformance.kit", "the kit for other kernels, on Linux and loom",
              tool("conformance_test.py"), needs=(DEFAULT,),
              debian=("linux",), tap=True, timeout=600)


def fuzz() -> Iterator[Job]:
    """More of what `user' does with one seed, and with little of it."""
    run = os.path.join(build.ROOT, "run")
    for seed, config in enumerate(PAIRWISE, 2):
        for program, amount in ("badelf", 1000), ("fuzz", 100000):
            yield Job(f"fuzz.{program}-{config.name()}",
                      "chance does the kernel no harm",
                      [run, *config.run_options(), "--", f"/test/{program}",
                       str(seed), str(amount)],
                      needs=(config.variant(),), tap=True, timeout=1800,
                      long=True)


# Files of tests/system that are about Debian's programs.
DEBIAN = ("debian", "gallery", "live", "readme")
# Those that need another build, too.
MORE_BUILDS = {topic: (build.name("gcc", False, trace=True),)
               for topic in ("trace", "timeline", "readme")}


def system() -> Iterator[Job]:
    folder = os.path.join(build.ROOT, "tests/system")
    other = Config(clang=True, gicv2=True, el2=True, asid1=True, debug=True)
    for path in sorted(glob.glob(os.path.join(folder, "test_*.py"))):
        for name, text, alone in functions(path):
            topic = os.path.basename(path)[len("test_"):-len(".py")]
            job = Job(f"system.{topic}.{name}", text,
                      [PYTHON, os.path.join(folder, "main.py"), topic, name],
                      needs=(DEFAULT, *MORE_BUILDS.get(topic, ())),
                      timeout=180, alone=alone,
                      debian=("programs",) if topic in DEBIAN else ())
            yield job
            if topic in MORE_BUILDS:
                continue
            yield dataclasses.replace(
                job, name=f"system-other.{topic}.{name}",
                needs=(DEFAULT, other.variant()), long=True,
                env={"LOOM_OPTIONS": " ".join(other.run_options()[2:-2]) +
                     " --append=loom.asids=1"})


def functions(path: str) -> Iterator[tuple[str, str, bool]]:
    """The tests in a file: name, sentence, and whether to run it alone."""
    with open(path, encoding="utf-8") as file:
        tree = ast.parse(file.read(), path)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and \
                node.name.startswith("test_"):
            text = (ast.get_docstring(node) or node.name).splitlines()[0]
            alone = any(isinstance(each, ast.Name) and each.id == "alone"
                        for each in node.decorator_list)
            yield node.name[len("test_"):], text, alone


def examples() -> Iterator[Job]:
    for compiler in ("gcc", "clang"):
        yield Job(f"examples.{compiler}", "the examples do as they say",
                  tool("examples_test.py") + [compiler], tap=True)


def features() -> Iterator[Job]:
    """Feature switches of weft: all sets of them with gcc, few with clang."""
    yield Job("features.gcc", "weft without each of its features",
              tool("features_test.py") + ["gcc"], tap=True, timeout=300)
    yield Job("features.clang", "weft with all of its features, and none",
              tool("features_test.py") + ["clang", "all", "none"], tap=True)
    yield Job("features.clang-all", "weft without each, built with clang",
              tool("features_test.py") + ["clang"], tap=True, timeout=300,
              long=True)


# One of each way to show: programs, an assertion, the build, the model.
GALLERY = ("fpsr-forgotten", "ttbr0-not-switched", "frame-296",
           "no-dsb-before")


def gallery() -> Iterator[Job]:
    """./run --break: bugs that are put back show as their pages say."""
    needs = (DEFAULT, "host")
    yield Job("gallery.pages", "the gallery's pages are whole, and about the "
              "sources as they are", tool("gallery.py") + ["--static"],
              tap=True)
    yield Job("gallery.sample", "bugs of the gallery show as their pages say",
              tool("gallery.py") + list(GALLERY), needs=needs, tap=True,
              timeout=900)
    yield Job("gallery.all", "every bug of the gallery does",
              tool("gallery.py") + ["--all"], needs=needs, tap=True,
              timeout=7200, long=True)
    yield Job("gallery.unbroken", "and none of it is seen without the bug",
              tool("gallery.py") + ["--all", "--unbroken"], needs=needs,
              tap=True, timeout=7200, long=True)


def course() -> Iterator[Job]:
    """Labs of docs/course: the checks fail at the start, and then pass."""
    yield Job("course.labs", "labs fail at their start and pass when solved",
              tool("course_test.py") + list("123456"), tap=True, timeout=900,
              needs=(*MORE_BUILDS["trace"], "host"), debian=("programs",))


def bench() -> Iterator[Job]:
    """./bench: what operations cost. The budgets are for Debian's gcc."""
    for what, text in (("repeats", "figures of ./bench repeat exactly"),
                       ("trace", "what is traced is what was counted"),
                       ("check", "budgets are met, README's figures are true"),
                       ("flat", "costs do not depend on how many there are"),
                       ("flat-long", "nor with 4096 processes")):
        yield Job(f"bench.{what}", text, tool("bench_test.py") + [what],
                  needs=(DEFAULT,), tap=True, timeout=600,
                  long=what == "flat-long")


def all_jobs() -> list[Job]:
    """Every test; the suites that take long come first."""
    return [*linux(), *conformance(), *mutants(), *fuzz(), *user(), *boot(),
            *model(), *system(), *consume(), *gallery(), *course(), *bench(),
            *examples(), *features(), *static(), *sequence(), *traced(),
            *host()]
