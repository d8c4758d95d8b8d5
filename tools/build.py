# SPDX-License-Identifier: MIT
"""Build directories: one for each compiler and kind, under build/.

Used by run.py and test.py. Several may build at once in one checkout: each
directory has a lock. Progress goes to standard error, and only if there is
something to do.
"""

import contextlib
import fcntl
import os
import subprocess
import sys
import time
from typing import Iterator, TextIO

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
KERNEL = "loom/loom.elf"
IMAGE = "loom/loom.image"
BOOT_TESTS = "loom/loom-boot-tests.image"
INITRAMFS = "user/initramfs.cpio"
TESTS = "tests/user/tests.cpio"
QUIET_TRIES = 150       # of 20 ms, to get the lock of a build directory


class BuildError(Exception):
    """The build failed; the text says how, in as many lines as it takes."""


def name(compiler: str, debug: bool, trace: bool = False) -> str:
    kind = f"{compiler}-{'debug' if debug else 'release'}"
    return kind + "-trace" if trace else kind


def directory(variant: str) -> str:
    """Where it is; LOOM_BUILD in the environment names another directory."""
    return os.environ.get("LOOM_BUILD") or os.path.join(ROOT, "build",
                                                        variant)


@contextlib.contextmanager
def locked(variant: str) -> Iterator[None]:
    """Hold the lock of a build directory; says so if it has to wait."""
    os.makedirs(os.path.join(ROOT, "build"), exist_ok=True)
    with open(directory(variant) + ".lock", "w", encoding="ascii") as file:
        if not soon(file):
            say(f"waiting for another build of {variant}")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def soon(file: TextIO) -> bool:
    """Try to lock @file for as long as nobody would wonder."""
    for _ in range(QUIET_TRIES):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            time.sleep(0.02)
    return False


def say(text: str) -> None:
    program = os.path.splitext(os.path.basename(sys.argv[0]))[0]
    print(f"{program}: {text}", file=sys.stderr, flush=True)


def setup_command(variant: str) -> list[str]:
    command = ["meson", "setup", directory(variant), ROOT]
    if os.path.isdir(os.path.join(directory(variant), "meson-private")):
        command.append("--wipe")    # left by a setup that was interrupted
    if variant == "host":
        return command
    compiler, *kinds = variant.split("-")

    def option(name: str, kind: str) -> str:
        return f"-D{name}={'true' if kind in kinds else 'false'}"
    return command + ["--cross-file", f"{ROOT}/cross/{compiler}.ini",
                      option("debug_checks", "debug"),
                      option("trace", "trace")]


def setup(variant: str, verbose: bool) -> None:
    if os.path.exists(os.path.join(directory(variant), "build.ninja")):
        return
    say(f"setting up build/{variant}")
    done = subprocess.run(setup_command(variant), cwd=ROOT, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    if verbose or done.returncode:
        sys.stderr.write(done.stdout)
    if done.returncode:
        raise BuildError(f"meson could not set up build/{variant}")


def compile_all(variant: str, targets: list[str], verbose: bool) -> None:
    command = ["ninja", "-C", directory(variant)]
    environment = dict(os.environ, NINJA_STATUS="[%f/%t] ")
    with subprocess.Popen(command + targets, text=True, env=environment,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, errors="replace") as ninja:
        output = follow(ninja, variant, verbose)
    if ninja.returncode:
        raise BuildError(f"{output}the build of {variant} failed")


def follow(ninja: "subprocess.Popen[str]", variant: str,
           verbose: bool) -> str:
    """Show progress; return the output without the progress lines."""
    live = sys.stderr.isatty() and not verbose
    started = False
    kept = []
    for line in ninja.stdout or []:
        progress = line.startswith("[")
        if progress and not started:
            started = True
            if not live:
                say(f"building {variant}")
        if verbose:
            sys.stderr.write(line)
        elif progress and live:
            count = line[1:].split("]")[0]
            sys.stderr.write(f"\rbuilding {variant}: {count}\033[K")
            sys.stderr.flush()
        elif not progress and not line.startswith("ninja: "):
            kept.append(line)
    if started and live:
        sys.stderr.write("\r\033[K")
    return "".join(kept)


def build(variant: str, targets: list[str], verbose: bool = False) -> str:
    """Bring @targets (all if empty) up to date; returns the directory."""
    with locked(variant):
        setup(variant, verbose)
        compile_all(variant, targets, verbose)
    return directory(variant)
