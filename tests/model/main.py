#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Put bugs back into a copy of weft or loom and see the model find them.

One line of TAP a bug, with how many states it took; --show prints the
counterexample.
"""

import argparse
import dataclasses
import os
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools"))

import bugs     # noqa: E402
import changes  # noqa: E402
import smp_bugs     # noqa: E402
import tap      # noqa: E402

MODEL = os.path.join(ROOT, "tests/model")
STATES = 3000000
SECONDS = 200


@dataclasses.dataclass(frozen=True)
class Kind:
    """A model: its bugs, where their files are, how it is made of them."""

    bugs: tuple[bugs.Bug, ...]
    source: str         # the folder of the files
    shim: str
    object: str         # the name of a changed file's
    link: tuple[str, ...]

    def args(self) -> list[str]:
        """As meson.build has them, but that a bug may leave some unused."""
        return ["-std=gnu11", "-O2", "-g", "-U_FORTIFY_SOURCE",
                "-DWEFT_DEBUG=1", "-DLOOM_DEBUG=1",
                f"-I{MODEL}/{self.shim}/shim", f"-I{ROOT}/include",
                f"-I{ROOT}/loom", f"-I{ROOT}/{self.source}",
                "-include", f"{MODEL}/{self.shim}/intercept.h"]


KINDS = {
    # The changed object first: it wins over the one in libmodel-weft.a, which
    # is searched last.
    "spaces": Kind(
        bugs.BUGS, "weft", ".", "{name}.o",
        ("{object}", "-Wl,--whole-archive", "{build}/libmodel-machine.a",
         "-Wl,--no-whole-archive", "{build}/libmodel-weft.a")),
    # state.ld knows loom's objects by their names.
    "smp": Kind(
        smp_bugs.BUGS, "loom/sched", "smp", "_loom_sched_{name}.o",
        ("{object}", "{others}", "-Wl,--whole-archive",
         "{build}/libmodel-smp-machine.a", "-Wl,--no-whole-archive",
         f"-Wl,-T,{MODEL}/smp/state.ld")),
}


class Problem(Exception):
    """The bug is not found, or cannot be made; the text says which."""


def with_bug(bug: bugs.Bug, kind: Kind) -> str:
    """The text of the bug's file."""
    path = f"{kind.source}/{bug.file}"
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        text = file.read()
    try:
        for old, new in bug.changes:
            text = changes.replaced(text, path, old, new)
    except changes.Mismatch as error:
        raise Problem(str(error)) from None
    return text


def run(command: list[str]) -> None:
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        raise Problem(f"it does not compile:\n{done.stdout}")


def others(build: str, bug: bugs.Bug) -> list[str]:
    """The objects of loom's other files."""
    folder = f"{build}/libmodel-smp-loom.a.p"
    return [os.path.join(folder, name) for name in sorted(os.listdir(folder))
            if name.endswith(".o") and not name.endswith(f"_{bug.file}.o")]


def compile_with(bug: bugs.Bug, kind: Kind, build: str, folder: str) -> str:
    """The model with @bug, as a program in @folder."""
    program = os.path.join(folder, "model")
    changed = os.path.join(folder, bug.file)
    name = os.path.join(folder, kind.object.format(name=bug.file))
    with open(changed, "w", encoding="utf-8") as file:
        file.write(with_bug(bug, kind))
    run(["cc", *kind.args(), "-c", changed, "-o", name])
    link: list[str] = []
    for word in kind.link:
        link += (others(build, bug) if word == "{others}" else
                 [word.format(object=name, build=build)])
    run(["cc", *link, "-o", program])
    return program


def find(bug: bugs.Bug, kind: Kind, build: str) -> str:
    """What the model prints; Problem unless it finds the bug."""
    with tempfile.TemporaryDirectory() as folder:
        program = compile_with(bug, kind, build, folder)
        done = subprocess.run(
            [program, "--scenario", bug.scenario, "--states", str(STATES)],
            text=True, timeout=SECONDS, stdout=subprocess.PIPE, check=False)
    broken = [line for line in done.stdout.splitlines()
              if line.startswith("# BROKEN: ")]
    if done.returncode != 1 or not broken:
        raise Problem(f"the scenario {bug.scenario} does not break:\n"
                      f"{done.stdout[-2000:]}")
    if bug.broken not in broken[0]:
        raise Problem(f"broken, but not as expected ({bug.broken}):\n"
                      f"{done.stdout[-4000:]}")
    return done.stdout


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", help="the build directory")
    parser.add_argument("--model", choices=KINDS, default="spaces",
                        help="of which model")
    parser.add_argument("--list", action="store_true", help="name the bugs")
    parser.add_argument("--only", metavar="NAME", help="this bug")
    parser.add_argument("--show", action="store_true",
                        help="print the counterexamples")
    args = parser.parse_args()
    report = tap.Writer()
    kind = KINDS[args.model]
    chosen = [b for b in kind.bugs if args.only in (None, b.name)]
    if not chosen:
        parser.error(f"there is no bug '{args.only}'")
    for bug in chosen:
        if args.list:
            print(f"{bug.name:28} {bug.scenario:14} {bug.origin}")
            continue
        begun = time.monotonic()
        problem, text = "", ""
        try:
            text = find(bug, kind, os.path.join(args.build, "tests/model"))
        except (Problem, subprocess.TimeoutExpired) as error:
            problem = str(error)
        if args.show or problem:
            print("".join(f"# {line.removeprefix('# ')}\n" for line in
                          (problem or text).splitlines()), end="")
        print(f"# {bug.name}: {time.monotonic() - begun:.1f} s", flush=True)
        report.result(f"found: {bug.name}: {bug.origin}",
                      problem.splitlines()[:1])
    return 0 if args.list else report.finish()


if __name__ == "__main__":
    sys.exit(main())
