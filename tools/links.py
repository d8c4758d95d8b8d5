# SPDX-License-Identifier: MIT
"""The documents of the repository, and where their links lead.

check_links.py tells what is wrong with them, site.py makes pages of them. A
heading's anchor is made of its text in the way in which GitHub makes it, so a
link works there and in the site.
"""

import collections
import dataclasses
import functools
import os
import re
import sys
import urllib.parse
from typing import Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SCHEMES = ("http", "https", "mailto")
LINE = re.compile(r"L(\d+)(?:-L(\d+))?$")


@dataclasses.dataclass
class Link:
    """One link, or one picture, in a document."""

    document: str       # from the top of the repository
    line: int
    target: str         # as it is written

    def external(self) -> bool:
        return ":" in self.target.split("/")[0]

    def split(self) -> tuple[str, str]:
        """(the file or folder from the top of the repository, the anchor).

        The file is "" if it would be outside.
        """
        path, _, anchor = urllib.parse.unquote(self.target).partition("#")
        if not path:
            return self.document, anchor
        path = os.path.normpath(
            os.path.join(os.path.dirname(self.document), path))
        return "" if path.startswith(("..", "/")) else path, anchor


@dataclasses.dataclass
class Document:
    """A markdown file, parsed."""

    path: str
    text: str
    tokens: list[Token]
    anchors: dict[int, str] = dataclasses.field(default_factory=dict)

    def title(self) -> str:
        for index, token in enumerate(self.tokens):
            if token.type == "heading_open":
                return plain(self.tokens[index + 1])
        return self.path

    def links(self) -> Iterator[Link]:
        lines = self.text.splitlines()
        for token in self.tokens:
            for child in token.children or []:
                target = child.attrs.get(
                    {"link_open": "href", "image": "src"}.get(child.type, ""))
                if target is not None:
                    yield Link(self.path, where(lines, token, str(target)),
                               str(target))


def plain(token: Token) -> str:
    """The text of a heading."""
    return "".join(" " if child.type == "softbreak" else child.content
                   for child in token.children or [])


def where(lines: list[str], token: Token, target: str) -> int:
    """The line of a link: a paragraph begins at a line, its links follow."""
    first, last = token.map or [0, len(lines)]
    for number in range(first, last):
        if f"]({target}" in lines[number] or f"<{target}>" in lines[number]:
            return number + 1
    return first + 1


def slug(text: str) -> str:
    """What GitHub makes of a heading."""
    return re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")


@functools.cache
def parser() -> MarkdownIt:
    return MarkdownIt("commonmark").enable("table")


def parse(path: str, text: str) -> Document:
    document = Document(path, text, parser().parse(text))
    used: collections.Counter[str] = collections.Counter()
    for index, token in enumerate(document.tokens):
        if token.type == "heading_open":
            name = slug(plain(document.tokens[index + 1]))
            again = f"-{used[name]}" if used[name] else ""
            document.anchors[index] = name + again
            used[name] += 1
    return document


@functools.cache
def files() -> frozenset[str]:
    """All files and folders, but for what is built or hidden."""
    found = set()
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders
                      if name[0] != "." and name not in
                      ("build", "__pycache__")]
        found.update(os.path.relpath(os.path.join(folder, name), ROOT)
                     for name in names + folders)
    return frozenset(found)


def read(path: str) -> str:
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


@functools.cache
def documents() -> dict[str, Document]:
    return {path: parse(path, read(path)) for path in sorted(files())
            if path.endswith(".md")}


def wrong(link: Link) -> str:
    """Why @link leads nowhere, or ""."""
    if link.external():
        parts = urllib.parse.urlsplit(link.target)
        known = parts.scheme in SCHEMES and (parts.netloc or parts.path)
        return "" if known else "is no address"
    path, anchor = link.split()
    if path not in files():
        return "is no file of the repository"
    if not anchor:
        return ""
    if path in documents():
        return "" if anchor in documents()[path].anchors.values() else \
            f"has no heading {anchor}"
    lines = LINE.match(anchor)
    if lines and os.path.isfile(os.path.join(ROOT, path)):
        last = int(lines[2] or lines[1])
        return "" if last <= read(path).count("\n") else "is past the end"
    return "has an anchor, but is no document"


def reachable(start: str) -> set[str]:
    """The documents that links lead to from @start, itself included."""
    found: set[str] = set()
    todo = [start]
    while todo:
        path = todo.pop()
        if path in found or path not in documents():
            continue
        found.add(path)
        for link in documents()[path].links():
            if not link.external():
                target = link.split()[0]
                todo += [target, os.path.join(target, "README.md")]
    return found


if __name__ == "__main__":
    sys.exit("this is a module of check_links.py and site.py")
