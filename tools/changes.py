# SPDX-License-Identifier: MIT
"""Changes of source text: what bugs that are put back are made of.

A change is a text that occurs once in its file, and what takes its place. In
documents it stands as a diff without line numbers: whoever moves a function
need not touch the documents, and who changes the lines in question is told.
"""

import dataclasses
import re


class Mismatch(Exception):
    """A change is not about the source as it is; the text says how."""


@dataclasses.dataclass(frozen=True)
class Change:
    """In @file, relative to the top folder, @new takes the place of @old."""

    file: str
    old: str
    new: str


def replaced(text: str, file: str, old: str, new: str) -> str:
    """@text of @file with @new in the place of @old."""
    if not old or text.count(old) != 1:
        raise Mismatch(f"{file} has this {text.count(old)} times, not once; "
                       f"the bug must follow:\n{old}")
    return text.replace(old, new)


def of_file(text: str, file: str, changes: "list[Change]") -> str:
    """@text, that of @file, with those of @changes that are about it."""
    for change in changes:
        if change.file == file:
            text = replaced(text, file, change.old, change.new)
    return text


def from_diff(diff: str) -> list[Change]:
    """The hunks of @diff. Lines that it leaves empty are empty."""
    found: list[Change] = []
    file = ""
    old: list[str] = []
    new: list[str] = []

    def hunk() -> None:
        if old != new:
            found.append(Change(file, "".join(old), "".join(new)))
        elif old:
            raise Mismatch(f"a hunk of {file} changes nothing")
        old.clear()
        new.clear()

    for line in diff.splitlines():
        if line.startswith(("--- ", "+++ ", "@@")):
            hunk()
            if line.startswith("+++ "):
                file = re.sub(r"^b/", "", line[4:].split("\t")[0])
            continue
        kind, rest = line[:1], line[1:] + "\n"
        if not file or kind not in ("", " ", "+", "-"):
            raise Mismatch(f"not a line of a diff: '{line}'")
        if kind != "+":
            old.append(rest)
        if kind != "-":
            new.append(rest)
    hunk()
    if not found:
        raise Mismatch("a diff without a change")
    return found
