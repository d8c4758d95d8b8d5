#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Run programs of tests/user that are built with musl instead of glibc.

Its start of a program, its threads and its locks ask other things of a kernel.
The library is Debian's for arm64 (debian.py), the compiler that of the other
programs. Left out are those that test what musl does in its own way.
"""

import argparse
import glob
import os
import subprocess
import sys
import tempfile

import build
import debian
import tap
import user_tests

NAMES = ("pthreads", "futextest", "forktest", "filetest", "shelltest")
COMPILER = "aarch64-linux-gnu-gcc"
# Programs include headers of Linux, which come with the other C library.
KERNEL_HEADERS = "/usr/aarch64-linux-gnu/include"
SHARED = sorted(glob.glob(f"{build.ROOT}/tests/user/lib/*.c")) + \
    ["user/lib/prog.c"]


def of_compiler(option: str) -> str:
    return subprocess.run([COMPILER, option], capture_output=True, text=True,
                          check=True).stdout.strip()


def compile_command(name: str, musl: str, output: str) -> list[str]:
    def start(part: str) -> str:
        return os.path.join(musl, "lib", part)

    sources = [f"tests/user/{name}.c", *SHARED]
    return [COMPILER, "-std=gnu11", "-O2", "-g", "-Wall",
            "-mno-outline-atomics", "-nostdinc",
            "-isystem", os.path.join(musl, "include"),
            "-isystem", of_compiler("-print-file-name=include"),
            "-idirafter", KERNEL_HEADERS,
            *(f"-I{os.path.join(build.ROOT, folder)}"
              for folder in ("include", "user", "tests/user")),
            "-static", "-nostdlib", "-o", output, start("crt1.o"),
            start("crti.o"),
            *(os.path.join(build.ROOT, source) for source in sources),
            start("libc.a"), of_compiler("-print-libgcc-file-name"),
            start("crtn.o")]


def check(report: tap.Writer, name: str, musl: str, folder: str,
          options: list[str]) -> None:
    program = os.path.join(folder, name)
    done = subprocess.run(compile_command(name, musl, program), text=True,
                          capture_output=True, check=False)
    report.result(f"{name}: builds with musl without a warning",
                  done.stderr.splitlines())
    if done.returncode == 0:
        user_tests.check_status(
            report, [name], [*options, "--with", f"{program}=/musl/{name}"],
            folder="/musl")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", metavar="NAME", choices=NAMES,
                        help="build and run this program only")
    args, options = parser.parse_known_args()
    report = tap.Writer()
    try:
        musl = debian.have("musl", tries=False)
    except debian.Unavailable as error:
        report.skip("programs that are built with musl", str(error))
        return report.finish()
    with tempfile.TemporaryDirectory(prefix="loom-musl-") as folder:
        for name in NAMES:
            if args.only in (None, name):
                check(report, name, musl, folder, options)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
