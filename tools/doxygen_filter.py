#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Show a header of weft to Doxygen: its plain comments as documentation.

The headers' rule: a comment is about all that follows it up to the next blank
line; one at the end of a line is about that line; the first one is about the
file. Macros that make functions (weft/sysreg.h) are shown as the functions.
Constants that no comment is about are left out.
"""

import os
import re
import sys
from typing import Iterator

READ = "/** Read {1}. */ uint64_t weft_read_{0}(void);"
WRITE = "/** Write {1}. */ void weft_write_{0}(uint64_t value);"
MADE = {        # the macro's name without WEFT_: what it stands for
    "SYSREG": f"{READ} {WRITE}",
    "SYSREG_READ": READ,
    "SYSREG_WRITE": WRITE,
    "SYSREG_CONST": "/** Read {1}, which never changes. */ "
                    "uint64_t weft_read_{0}(void);",
    "OPERATION": "/** The instruction {1}. */ void weft_{0}(void);",
    "OPERATION_ARG": "/** The instruction {1}, for @arg. */ "
                     "void weft_{0}(uint64_t arg);",
}
CALL = re.compile(r"WEFT_([A-Z_0-9]+)\((\w+)(?:,\s*\"([^\"]*)\")?\)")
INNER = re.compile(r"^(\s*\S.*?)/\*(.*)$")      # a comment behind something


def prose(text: str) -> str:
    """Nothing in it is a command of Doxygen's but that @x is a parameter."""
    return re.sub(r"@(\w+)", r"\\a \1", re.sub(r"([<>#%&\\])", r"\\\1", text))


def document(block: list[str], opening: str) -> list[str]:
    """The lines of a comment as one of Doxygen's that begins with @opening.

    What is indented or a table stays as it is.
    """
    out: list[str] = []
    verbatim = False
    for number, line in enumerate(block):
        text = re.sub(r"\s*\*/.*$", "", line)
        text = re.sub(r"^\s*(/\*| \*|\*) ?", "", text)
        listed = text.startswith(("\t", "  ")) and number > 0
        if listed and not verbatim:
            out[-1] += " \\verbatim"
        mark = "\\endverbatim " if verbatim and not listed else ""
        out.append(" * " + mark + (text if listed else prose(text)))
        verbatim = listed
    out[0] = opening + out[0][2:]
    out[-1] += " \\endverbatim */" if verbatim else " */"
    return out


def first_paragraph(block: list[str]) -> str:
    """As one line, for what shares the comment."""
    words: list[str] = []
    for line in block:
        text = re.sub(r"^\s*(/\*| \*(?!/)|\*(?!/)) ?|\s*\*/.*$", "", line)
        if not text.strip() and words:
            break
        words += text.split()
    return f"/** {prose(' '.join(words))} */ "


def expand(line: str) -> "str | None":
    """The functions that a line of macros makes; None if it is no such."""
    calls = CALL.findall(line)
    rest = re.sub(r"/\*.*", "", CALL.sub("", line)).strip()
    if not calls or rest or any(name not in MADE for name, _, _ in calls):
        return None
    return " ".join(MADE[name].format(argument, text or argument)
                    for name, argument, text in calls)


class Reader:
    """Takes one header apart into comments, and what they are about."""

    def __init__(self, name: str, source: list[str]) -> None:
        self.name = name
        self.source = source
        self.at = 0
        self.is_first = True
        self.comment: list[str] = []    # is about the next lines
        self.used = False               # something has had it already
        self.open = False               # in the middle of a declaration

    def take(self, unfinished: str) -> list[str]:
        """The next line, and more while @unfinished is found in the last."""
        start = self.at
        while re.search(unfinished, self.source[self.at]) and \
                self.at + 1 < len(self.source):
            self.at += 1
        self.at += 1
        return self.source[start:self.at]

    def lines(self) -> Iterator[str]:
        while self.at < len(self.source):
            line = self.source[self.at]
            if line.lstrip().startswith("/*"):
                yield from self.own_comment()
            elif line.startswith("#define"):
                yield from self.macro()
            elif re.match(r"WEFT_\w+\(", line):
                yield from self.made()
            else:
                yield from self.code()

    def own_comment(self) -> Iterator[str]:
        block = self.take(r"^(?!.*\*/)")
        if self.is_first:
            self.is_first = False
            yield from document(block, f"/** \\file {self.name}\n *")
            return
        self.comment, self.open = block, False
        self.used = not self.next_is_documentable()
        yield from block if self.used else document(block, "/**")

    def next_is_documentable(self) -> bool:
        """A comment over a blank line, or over #if, is about nothing."""
        line = self.source[self.at] if self.at < len(self.source) else ""
        return bool(re.match(r"\s*[\w#]", line)) and not re.match(
            r"#(?!define)|WEFT_\w+\(", line)

    def inherited(self) -> str:
        """The comment again, for those that follow the one that has it."""
        if not self.comment:
            return ""
        used, self.used = self.used, True
        return first_paragraph(self.comment) if used else ""

    def macro(self) -> Iterator[str]:
        block = self.take(r"\\$")
        trailing = INNER.match(block[0])
        if trailing and len(block) == 1:
            self.used = True
            yield from self.with_trailing(block)
        elif self.comment:
            yield self.inherited() + block[0]
            yield from block[1:]

    def made(self) -> Iterator[str]:
        block = [self.source[self.at]]
        self.at += 1
        functions = expand(block[0])
        if functions:
            yield prose_of_made(functions)
            return
        while not block[-1].rstrip().endswith((";", ")")) and \
                self.source[self.at].strip():
            block.append(self.source[self.at])
            self.at += 1

    def with_trailing(self, block: list[str]) -> Iterator[str]:
        while "*/" not in block[-1]:
            block.append(self.source[self.at])
            self.at += 1
        match = INNER.match(block[0])
        assert match
        text = document(["/*" + match[2], *block[1:]], "/**<")
        several = re.match(r"\s*(\w+) (\w+(?:, \w+)+);\s*$", match[1])
        if not several:
            yield match[1]
            yield from text
            return
        for name in several[2].split(", "):
            yield f"{several[1]} {name};"
            yield from text

    def code(self) -> Iterator[str]:
        line = self.source[self.at]
        self.at += 1
        if not line.strip():
            self.comment, self.open = [], False
            yield line
            return
        if INNER.match(line):
            self.used, self.open = True, False
            yield from self.with_trailing([line])
            return
        if not self.open and not line.startswith(("#", "}")):
            line = self.inherited() + line
        self.open = not re.search(r"[;,{}]\s*$", line) or (
            self.open and line.rstrip().endswith(","))
        if "(" in line and not re.search(r"[;{}]\s*$", line):
            self.open = True
        if line.rstrip().endswith("{"):
            self.comment = []
        yield line


def prose_of_made(text: str) -> str:
    return text.replace("@arg", "\\a arg").replace("#", "\\#")


def main() -> int:
    path = sys.argv[1]
    with open(path, encoding="utf-8") as file:
        source = file.read().split("\n")
    name = "weft/" + os.path.basename(path)
    print("\n".join(Reader(name, source[1:]).lines()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
