#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Let cppcheck look at the library and the kernel."""

import argparse
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
COMMAND = ["cppcheck", "--quiet", "--std=c11", "--platform=unix64",
           "--enable=warning,portability", "--inline-suppr",
           "--error-exitcode=1", "--library=tools/cppcheck.cfg",
           "-D__aarch64__=1", "-D__GNUC__=12", "-D__SIZEOF_POINTER__=8",
           "-DLOOM_DEBUG=1", "-DWEFT_DEBUG=1",
           # Its picture of the C library has them as macros.
           "-USEEK_SET", "-USEEK_CUR", "-USEEK_END",
           "--suppress=missingInclude", "--suppress=missingIncludeSystem",
           "--suppress=unmatchedSuppression",
           # The linker's symbols for the ends of a table.
           "--suppress=comparePointers", "--suppress=subtractPointers",
           "-Iinclude", "-Iloom", "-j2", "weft", "loom"]


def main() -> int:
    argparse.ArgumentParser(description=__doc__).parse_args()
    return subprocess.run(COMMAND, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
