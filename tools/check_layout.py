#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Check that every member that assembly may use has its offset asserted.

A structure with one WEFT_OFFSET needs one for each member, and a WEFT_SIZE:
so adding a member without a thought about assembly fails here.
"""

import argparse
import glob
import os
import re
import sys

import tap

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
STRUCT = re.compile(r"^struct (\w+) \{\n(.*?)^\}", re.M | re.S)
OFFSET = re.compile(r"WEFT_OFFSET\(\s*(\w+),\s*(\w+),\s*(\w+)")
SIZE = re.compile(r"WEFT_SIZE\(\s*(\w+),\s*(\w+)\)")
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)


def members(body: str) -> list[str]:
    """The names that the members of a structure have."""
    names = []
    for declaration in body.split(";"):
        declaration = re.sub(r"__attribute__\(\(.*\)\)|_Alignas\([^)]*\)", "",
                             declaration).strip()
        pointer = re.search(r"\(\s*\*\s*(\w+)\s*\)", declaration)
        plain = re.search(r"(\w+)\s*(?:\[[^\]]*\]\s*)*$", declaration)
        if pointer:
            names.append(pointer[1])
        elif plain:
            names.append(plain[1])
    return names


def problems_in(text: str) -> dict[str, list[str]]:
    """For each structure with asserted offsets, what is not asserted."""
    text = COMMENT.sub("", text)
    asserted: dict[str, set[str]] = {}
    for _, struct, member in OFFSET.findall(text):
        asserted.setdefault(struct, set()).add(member)
    sized = {struct for _, struct in SIZE.findall(text)}
    found: dict[str, list[str]] = {}
    for struct, body in STRUCT.findall(text):
        if struct not in asserted:
            continue
        missing = [f"no WEFT_OFFSET for struct {struct}.{member}"
                   for member in members(body)
                   if member not in asserted[struct]]
        if struct not in sized:
            missing.append(f"no WEFT_SIZE for struct {struct}")
        found[struct] = missing
    return found


def can_fail(text: str) -> bool:
    """Does leaving out any one assertion of @text show?"""
    for match in OFFSET.finditer(text):
        if match[3] == "x":     # an array may be asserted at both its ends
            continue
        cut = text[:match.start()] + text[match.end():]
        if not any(problems_in(cut).values()):
            return False
    return True


def main() -> int:
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    report = tap.Writer()
    headers = sorted(glob.glob(os.path.join(ROOT, "include/weft/*.h")))
    if not headers:
        report.result("there are headers", ["none in include/weft"])
    for header in headers:
        with open(header, encoding="utf-8") as file:
            text = file.read()
        for struct, missing in problems_in(text).items():
            report.result(f"struct {struct}: every offset asserted", missing)
            if struct == "weft_frame":
                report.result("a missing assertion would be found",
                              [] if can_fail(text) else ["it was not"])
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
