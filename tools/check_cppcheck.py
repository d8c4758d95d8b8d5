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
           "--error-exitcode=1", "-D__aarch64__=1", "-D__GNUC__=12",
           "-DLOOM_DEBUG=1", "-DWEFT_DEBUG=1", "-D__SIZEOF_POINTER__=8",
           # It does not know that these members are asserted offsets, and
           # asks for its own configuration to be more complete.
           "--suppress=missingInclude", "--suppress=missingIncludeSystem",
           "--suppress=unmatchedSuppression",
           "-Iinclude", "-Iloom", "-j2", "weft", "loom"]


def main() -> int:
    argparse.ArgumentParser(description=__doc__).parse_args()
    return subprocess.run(COMMAND, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
