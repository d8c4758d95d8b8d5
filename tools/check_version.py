#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Check that meson.build, the header and the change log name one version."""

import argparse
import os
import re
import sys

import tap

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def find(path: str, pattern: str) -> str:
    """What the group of @pattern matches first in the file; else a remark."""
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        match = re.search(pattern, file.read(), re.M)
    return match[1] if match else "none"


def header_numbers() -> str:
    return ".".join(find("include/weft/version.h",
                         rf"^#define WEFT_VERSION_{part}\s+(\d+)$")
                    for part in ("MAJOR", "MINOR", "PATCH"))


def main() -> int:
    argparse.ArgumentParser(description=__doc__).parse_args()
    found = {
        "meson.build": find("meson.build", r"^  version: '([^']+)'"),
        "CHANGELOG.md": find("CHANGELOG.md", r"^## (\S+)"),
        "include/weft/version.h": header_numbers(),
        "WEFT_VERSION_STRING": find("include/weft/version.h",
                                    r'^#define WEFT_VERSION_STRING\s+"(.*)"$'),
    }
    report = tap.Writer()
    report.result("the version is one of three numbers",
                  [] if re.fullmatch(r"\d+\.\d+\.\d+", found["meson.build"])
                  else [found["meson.build"]])
    report.result("it is the same everywhere",
                  [] if len(set(found.values())) == 1 else
                  [f"{where}: {version}" for where, version in found.items()])
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
