#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Make the site: every document, the sources they name, and the API.

It is a folder of plain pages that need no server: open index.html. What the
documents link to is there too: headers lead to the API documentation, which
Doxygen makes of them, other files to their text. In the end each link of each
page is tried; one that leads nowhere is an error.
"""

import argparse
import dataclasses
import functools
import html
import os
import shutil
import sys
import time
import urllib.parse
from html.parser import HTMLParser
from typing import Iterator

import doxygen
import links
from markdown_it.token import Token

STYLE = "docs/site.css"
API = "include/weft/"
PICTURES = (".svg", ".png")
# Where the names of the documents beside each page come from.
INDEX = "Documents"
PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="stylesheet" href="{style}"></head>
<body>
<nav>{nav}</nav>
<main>
{body}
</main></body></html>
"""


def is_api(path: str) -> bool:
    return path.startswith(API) and path.endswith(".h")


def manual(path: str) -> str:
    """Where a link to @path leads: for a header, to its documentation."""
    if not is_api(path):
        return page(path)
    name = os.path.basename(path)[:-len(".h")].replace("_", "__")
    return f"api/html/{name}_8h.html"      # as Doxygen spells it


def page(path: str) -> str:
    """The page of a file or a folder of the repository."""
    if path.endswith(PICTURES):
        return path
    if os.path.basename(path) == "README.md":
        return os.path.join(os.path.dirname(path), "index.html")
    if path.endswith(".md"):
        return path[:-len("md")] + "html"
    if os.path.isdir(os.path.join(links.ROOT, path)):
        return os.path.normpath(os.path.join(path, "index.html"))
    return path + ".html"


@functools.cache
def named(name: str) -> str:
    """The one file that `name` in a text means, or ""."""
    if "." not in name:
        return ""
    found = [path for path in links.files()
             if path == name or path.endswith("/" + name)]
    if name in found:
        return name
    return found[0] if len(found) == 1 else ""


@dataclasses.dataclass
class Site:
    """What is written to @folder, and what else has to be."""

    folder: str
    wanted: set[str] = dataclasses.field(default_factory=set)

    def write(self, path: str, text: str) -> None:
        path = os.path.join(self.folder, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def refer(self, source: str, path: str, anchor: str = "") -> str:
        """The address of @path for the page of @source; it will be made."""
        self.wanted.add(path)
        there = os.path.relpath(manual(path), os.path.dirname(page(source)))
        return urllib.parse.quote(there) + (f"#{anchor}" if anchor else "")

    def navigation(self, source: str) -> str:
        """The groups of documents under README's heading "Documents"."""
        here, parts = "", [self.entry(source, "README.md", "Start")]
        tokens = links.documents()["README.md"].tokens
        for at, token in enumerate(tokens):
            if token.type == "heading_open":
                here = links.plain(tokens[at + 1])
            if token.type != "inline" or here != INDEX or not token.children:
                continue
            for child, name in zip(token.children, token.children[1:]):
                if child.type == "strong_open":
                    parts.append(f"<h2>{html.escape(name.content)}</h2>")
                elif child.type == "link_open":
                    link = links.Link("README.md", 0,
                                      str(child.attrs["href"]))
                    parts.append(self.entry(source, link.split()[0],
                                            name.content))
        top = os.path.relpath(".", os.path.dirname(page(source)) or ".")
        parts += ["<h2>Reference</h2>",
                  f'<a href="{top}/api/html/index.html">the API of weft</a>']
        return "\n".join(parts)

    def entry(self, source: str, path: str, text: str) -> str:
        """@path as one of a list."""
        this = ' class="this"' if path == source else ""
        return f'<a{this} href="{self.refer(source, path)}">' \
            f"{html.escape(text)}</a>"

    def put(self, source: str, title: str, body: str) -> None:
        style = os.path.relpath("site.css", os.path.dirname(page(source)))
        self.write(page(source), PAGE.format(
            title=html.escape(title), style=style, body=body,
            nav=self.navigation(source)))

    # ---- the kinds of pages -------------------------------------------

    def document(self, path: str) -> None:
        document = links.parse(path, links.read(path))  # it is changed
        for at, token in enumerate(document.tokens):
            if at in document.anchors:
                token.attrs["id"] = document.anchors[at]
            if token.children:
                token.children = list(self.inline(path, token.children))
        body = links.parser().renderer.render(
            document.tokens, links.parser().options, {})
        self.put(path, document.title(), body)

    def inline(self, path: str, children: list[Token]) -> Iterator[Token]:
        """Links lead to pages; a file's name in a text becomes a link."""
        linked = False
        for child in children:
            linked = linked if child.type not in ("link_open", "link_close") \
                else child.type == "link_open"
            for key in ("href", "src"):
                link = links.Link(path, 0, str(child.attrs.get(key, ":")))
                if not link.external():
                    child.attrs[key] = self.refer(path, *link.split())
            meant = named(child.content) if child.type == "code_inline" \
                and not linked else ""
            if not meant:
                yield child
                continue
            opening = Token("link_open", "a", 1)
            opening.attrs["href"] = self.refer(path, meant)
            yield from (opening, child, Token("link_close", "a", -1))

    def source(self, path: str) -> None:
        lines = "".join(f'<span id="L{number}">{html.escape(line)}</span>\n'
                        for number, line in
                        enumerate(links.read(path).splitlines(), 1))
        self.put(path, path, f"<h1>{html.escape(path)}</h1>\n"
                 f'<pre class="source">{lines}</pre>')

    def listing(self, path: str) -> None:
        """A folder that no README describes."""
        inside = sorted(each for each in links.files()
                        if os.path.dirname(each) == path)
        self.wanted.update(inside)
        here = os.path.dirname(page(path))
        body = "".join(
            f'<li><a href="{os.path.relpath(page(each), here)}">'
            f"{html.escape(each)}</a></li>\n" for each in inside)
        self.put(path, path, f"<h1>{html.escape(path)}</h1><ul>{body}</ul>")

    def other(self, path: str) -> None:
        """Whatever a page of another kind refers to."""
        absolute = os.path.join(links.ROOT, path)
        if path.endswith(".md"):
            return
        if path.endswith(PICTURES):
            target = os.path.join(self.folder, path)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copyfile(absolute, target)
        elif not os.path.isdir(absolute):
            self.source(path)
        elif os.path.join(path, "README.md") not in links.documents():
            self.listing(path)


# ---- the whole --------------------------------------------------------

def build(folder: str) -> list[str]:
    """Make the site in @folder; returns what is wrong."""
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    problems = doxygen.run(OUTPUT_DIRECTORY=os.path.join(folder, "api"),
                           LAYOUT_FILE="docs/layout.xml")
    shutil.copyfile(os.path.join(links.ROOT, STYLE),
                    os.path.join(folder, "site.css"))
    site = Site(folder, {API.rstrip("/")})
    for path in links.documents():
        site.document(path)
    made: set[str] = set()
    while site.wanted - made:
        for path in sorted(site.wanted - made):
            made.add(path)
            site.other(path)
    return problems + list(dead(folder))


class Reader(HTMLParser):
    """Collects the links of a page, and what can be linked to in it."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[tuple[int, str]] = []
        self.names: set[str] = set()

    def handle_starttag(self, tag: str,
                        attrs: list[tuple[str, "str | None"]]) -> None:
        for key, value in attrs:
            if key in ("id", "name") and value:
                self.names.add(value)
            if key in ("href", "src") and value:
                self.links.append((self.getpos()[0], value))


def read(path: str) -> Reader:
    reader = Reader()
    with open(path, encoding="utf-8") as file:
        reader.feed(file.read())
    return reader


def dead(folder: str) -> Iterator[str]:
    """Links in pages below @folder that lead nowhere."""
    pages = {os.path.join(where, name): read(os.path.join(where, name))
             for where, _, names in os.walk(folder) for name in names
             if name.endswith(".html")}
    for path, reader in sorted(pages.items()):
        for line, target in reader.links:
            parts = urllib.parse.urlsplit(target)
            if parts.scheme or parts.netloc:
                continue
            other = os.path.normpath(os.path.join(
                os.path.dirname(path), urllib.parse.unquote(parts.path))) \
                if parts.path else path
            where = f"{os.path.relpath(path, folder)}:{line}: {target}"
            if not os.path.isfile(other):
                yield f"{where} leads nowhere"
            elif parts.fragment and other in pages and \
                    urllib.parse.unquote(parts.fragment) not in \
                    pages[other].names:
                yield f"{where} has no such place"


def main() -> int:
    arguments = argparse.ArgumentParser(
        prog="docs/build", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument(
        "folder", nargs="?", default=os.path.join(links.ROOT, "build/site"),
        help="where it goes; what was there is removed (default: build/site)")
    folder = os.path.abspath(arguments.parse_args().folder)
    if os.path.isdir(folder) and os.listdir(folder) and \
            not os.path.isfile(os.path.join(folder, "site.css")):
        sys.exit(f"docs/build: {folder} is not empty and not a site; "
                 "name another folder")
    start = time.monotonic()
    problems = build(folder)
    for problem in problems:
        print(f"docs/build: {problem}", file=sys.stderr)
    if not problems:
        print(f"{os.path.relpath(folder)}/index.html, in "
              f"{time.monotonic() - start:.1f} seconds")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
