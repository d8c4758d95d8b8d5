#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The API documentation has every public name, and no warning.

docs/build makes pages of it.
"""

import argparse
import glob
import os
import re
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

import doxygen
import tap

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# What headers declare: functions at the left edge, structures, enumerations.
FUNCTION = re.compile(
    r"^(?!WEFT_|#|typedef)(?:\w[\w *()]*?\b)?(weft_\w+)\(", re.M)
MADE = re.compile(r"^WEFT_(?:OPERATION|OPERATION_ARG)\((\w+)", re.M)
COMPOUND = re.compile(r"^(?:struct|enum) (weft_\w+) \{", re.M)
UNDOCUMENTED = "int weft_nobody_knows(void);\n"


def declared() -> set[str]:
    names: set[str] = set()
    for path in glob.glob(os.path.join(ROOT, "include/weft/*.h")):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        names.update(FUNCTION.findall(text), COMPOUND.findall(text),
                     (f"weft_{name}" for name in MADE.findall(text)))
    return names


def documented(folder: str) -> set[str]:
    """Names of what has a description in the XML output."""
    names: set[str] = set()
    for path in glob.glob(os.path.join(folder, "xml/*.xml")):
        root = ElementTree.parse(path).getroot()
        for node in root.iter():
            name = node.findtext("name") or node.findtext("compoundname")
            text = "".join(
                "".join(part.itertext())
                for kind in ("briefdescription", "detaileddescription")
                for part in node.findall(kind))
            if name and text.strip():
                names.add(name)
    return names


def self_test() -> list[str]:
    """A function without a comment is found."""
    with tempfile.TemporaryDirectory(prefix="weft-doxygen-") as folder:
        path = os.path.join(folder, "weft/bad.h")
        os.mkdir(os.path.dirname(path))
        with open(path, "w", encoding="utf-8") as file:
            file.write("// licence\n/* A file. */\n\n" + UNDOCUMENTED)
        said = doxygen.run(INPUT=path, OUTPUT_DIRECTORY=folder)
    return [] if any("weft_nobody_knows" in line for line in said) else [
        "nothing was said about it", *said]


def main() -> int:
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    report = tap.Writer()
    report.result("a function without a comment would be found", self_test())
    with tempfile.TemporaryDirectory(prefix="weft-doxygen-") as folder:
        report.result("no warning", doxygen.run(
            OUTPUT_DIRECTORY=folder, GENERATE_HTML="NO", GENERATE_XML="YES"))
        names, found = declared(), documented(folder)
    report.result(f"{len(names)} functions, structures and enumerations are "
                  "described",
                  [f"{name} is not" for name in sorted(names - found)])
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
