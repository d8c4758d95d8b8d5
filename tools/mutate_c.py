# SPDX-License-Identifier: MIT
"""Mutants of weft's C files: conditions, and calls that reach the CPU.

    if, while, for, ?:     the condition inverted; that of an if also never
                           true, as if the check were not there
    && and ||              one for the other; each operand dropped
    return of a condition  inverted
    barriers, TLBIs, cache operations, writes of system registers and atomic
    stores, and local functions made of them: the call dropped
    reads of system registers: 0 instead

What is inside weft_assert() is left out: an assertion says what callers owe,
and most builds have none.
"""

import bisect
import re
from typing import Iterator, NamedTuple

from mutate import CMutant, Namer

SKIPPED = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|'
                     r"'(?:\\.|[^'\\\n])*'|^[ \t]*#(?:\\\n|[^\n])*",
                     re.S | re.M)
MACHINE = (r"weft_(?:isb|dsb_\w+|dmb_\w+|sb|tlbi_\w+|dc_\w+|ic_\w+|write_\w+|"
           r"mask_\w+|unmask_\w+|pan_\w+)|__atomic_store_n")
READ = re.compile(r"\bweft_read_\w+\(\)")
ASSERT = re.compile(r"\bweft_(?:debug_)?assert\s*\(")
FUNCTION = re.compile(r"(\w+)\s*$")
COMPARES = re.compile(r"==|!=|<=|>=|(?<![<>-])[<>](?![<>=])|&&|\|\||(?<!\w)!")
KEYWORD = re.compile(r"\b(if|while|for|return)\b")
# What bounds an operand of && or ||, and a condition before ?
BOUNDS = re.compile(r"&&|\|\||[,;?:{}]|\breturn\b|\bcase\b|(?<![=!<>])=(?!=)")
BOUNDS_OF_CHOICE = re.compile(
    r"[,;?:{}]|\breturn\b|\bcase\b|(?<![=!<>])=(?!=)")


class Function(NamedTuple):
    name: str
    start: int      # of the body's brace
    end: int        # after it


def blank(match: re.Match) -> str:
    return re.sub(r"[^\n]", " ", match[0])


def mask(text: str) -> str:
    """The same without comments, strings and directives, place by place."""
    return SKIPPED.sub(blank, text)


def closing(text: str, start: int) -> int:
    """The place of the bracket that closes the one at @start."""
    depth = 0
    for i in range(start, len(text)):
        if text[i] in "([{":
            depth += 1
        elif text[i] in ")]}":
            depth -= 1
            if not depth:
                return i
    raise ValueError(f"bracket at {start} is not closed")


def opening(text: str, end: int) -> int:
    depth = 0
    for i in range(end, -1, -1):
        if text[i] in ")]}":
            depth += 1
        elif text[i] in "([{":
            depth -= 1
            if not depth:
                return i
    raise ValueError(f"bracket at {end} is not opened")


def functions(text: str) -> list[Function]:
    """The functions of a masked source."""
    found = []
    at = 0
    while (at := text.find("{", at)) >= 0:
        end = closing(text, at)
        head = text[:at].rstrip()
        if head.endswith(")"):
            name = FUNCTION.search(text[:opening(text, len(head) - 1)])
            if name:
                found.append(Function(name[1], at, end + 1))
        at = end + 1
    return found


def without_assertions(text: str) -> str:
    """Blank what stands in weft_assert(...)."""
    out = list(text)
    for match in ASSERT.finditer(text):
        for i in range(match.start(), closing(text, match.end() - 1) + 1):
            out[i] = out[i] if out[i] == "\n" else " "
    return "".join(out)


def left_of(text: str, at: int, bounds: re.Pattern) -> int:
    """Where the operand that ends before @at starts."""
    i = at - 1
    while i >= 0:
        if text[i] in ")]}":
            i = opening(text, i)
        elif text[i] in "([{":
            return i + 1
        else:
            word = re.search(r"\w+$", text[:i + 1])
            first = word.start() if word else max(i - 1, 0)
            if bounds.fullmatch(text[first:i + 1]):
                return i + 1
            if bounds.fullmatch(text[i]) and is_assignment(text, i):
                return i + 1
            if word:
                i = first
        i -= 1
    raise ValueError(f"no start of the operand before {at}")


def is_assignment(text: str, i: int) -> bool:
    """A = by itself, unless text[i] is another character."""
    return text[i] != "=" or (text[i - 1] not in "=!<>" and
                              text[i + 1] != "=")


def right_of(text: str, at: int) -> int:
    """Where the operand that starts at @at ends."""
    i = at
    while i < len(text):
        if text[i] in "([{":
            i = closing(text, i)
        elif text[i] in ")]};,?:" or text[i:i + 2] in ("&&", "||"):
            return i
        i += 1
    raise ValueError(f"no end of the operand after {at}")


class Finder:
    """The mutants of one file."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        self.code = without_assertions(mask(text))
        self.functions = functions(mask(text))
        self.namer = Namer(path)
        self.lines = [m.end() for m in re.finditer("\n", text)]
        self.calls = re.compile(rf"\b(?:{self.machine_names()})\s*\(")

    def machine_names(self) -> str:
        """Functions of the CPU, and those of this file made of them."""
        direct = re.compile(rf"\b(?:{MACHINE})\s*\(")
        local = [re.escape(f.name) for f in self.functions
                 if direct.search(self.code[f.start:f.end])]
        return "|".join([MACHINE, *local])

    def make(self, name: str, how: str, start: int, end: int,
             new: str) -> CMutant:
        line = bisect.bisect_right(self.lines, start) + 1
        old = " ".join(self.text[start:end].split())
        new_shown = " ".join(new.split()) or "nothing"
        return CMutant(f"{name}/{how}", self.path, line,
                       f"{old} -> {new_shown}", start, end, new)

    def inverted(self, name: str, start: int, end: int) -> CMutant:
        return self.make(name, "invert", start, end,
                         f"!({self.text[start:end]})")

    def all(self) -> Iterator[CMutant]:
        for function in self.functions:
            yield from self.statements(function)
            yield from self.choices(function)
            yield from self.connectives(function)
            yield from self.machine(function)

    def matches(self, pattern: re.Pattern,
                function: Function) -> Iterator[re.Match]:
        return pattern.finditer(self.code, function.start, function.end)

    def statements(self, function: Function) -> Iterator[CMutant]:
        for match in self.matches(KEYWORD, function):
            if match[1] == "return":
                yield from self.returned(function, match)
                continue
            start = self.code.index("(", match.end()) + 1
            end = closing(self.code, start - 1)
            if match[1] == "for":
                start = self.code.index(";", start) + 1
                end = self.code.index(";", start)
            if not self.code[start:end].strip():
                continue
            name = self.namer.next(function.name, match[1])
            yield self.inverted(name, start, end)
            if match[1] == "if":
                yield self.make(name, "drop", start, end,
                                f"0 && ({self.text[start:end]})")

    def returned(self, function: Function,
                 match: re.Match) -> Iterator[CMutant]:
        start, end = match.end(), self.code.index(";", match.end())
        value = self.code[start:end]
        if "?" in value or not COMPARES.search(value):
            return
        name = self.namer.next(function.name, "return")
        yield self.make(name, "invert", start, end,
                        f" !({self.text[start:end].strip()})")

    def choices(self, function: Function) -> Iterator[CMutant]:
        for match in self.matches(re.compile(r"\?"), function):
            start = left_of(self.code, match.start(), BOUNDS_OF_CHOICE)
            name = self.namer.next(function.name, "choice")
            yield self.inverted(name, start, match.start())

    def connectives(self, function: Function) -> Iterator[CMutant]:
        seen = set()
        for match in self.matches(re.compile(r"&&|\|\|"), function):
            at = match.start()
            both = match[0] == "&&"
            name = self.namer.next(function.name, "and" if both else "or")
            yield self.make(name, "swap", at, at + 2, "||" if both else "&&")
            for how, start, end in (
                    ("drop-left", left_of(self.code, at, BOUNDS), at),
                    ("drop-right", at + 2, right_of(self.code, at + 2))):
                if (start, end) in seen:
                    continue
                seen.add((start, end))
                yield self.make(name, how, start, end,
                                " 1 " if both else " 0 ")

    def machine(self, function: Function) -> Iterator[CMutant]:
        for match in self.matches(self.calls, function):
            end = closing(self.code, match.end() - 1) + 1
            before = self.code[:match.start()].rstrip()
            statement = before[-1] in ";{})" or before.endswith("else")
            if not statement or self.code[end] != ";":
                continue
            name = match[0].rstrip("( ").removeprefix("weft_")
            yield self.make(self.namer.next(function.name, name), "drop",
                            match.start(), end, "(void)0")
        for match in self.matches(READ, function):
            name = match[0][:-2].removeprefix("weft_")
            yield self.make(self.namer.next(function.name, name), "drop",
                            match.start(), match.end(), "(uint64_t)0")


def mutants(path: str, text: str) -> Iterator[CMutant]:
    return Finder(path, text).all()


def apply(mutant: CMutant, text: str) -> str:
    """The source with the change, and as many lines as before."""
    lost = text[mutant.start:mutant.end].count("\n") - mutant.new.count("\n")
    return text[:mutant.start] + mutant.new + "\n" * max(lost, 0) + \
        text[mutant.end:]
