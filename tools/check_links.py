#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Check every link of every markdown file; prints TAP.

A link to a file, a folder or a heading must lead there, and every document
must be reachable from README.md. Links to other sites are not tried: only
their form is checked, and --list shows them.
"""

import argparse
import sys

import links
import tap

GOOD = "# One two\n\n## `x`, y\n\n## `x`, y\n"


def self_test() -> list[str]:
    """Anchors are GitHub's, and a dead link has its line."""
    made = list(links.parse("README.md", GOOD).anchors.values())
    problems = [] if made == ["one-two", "x-y", "x-y-1"] else [f"{made}"]
    text = "# a\n\nb [c](README.md)\n[d](no/such)\n\n[e](README.md#no)\n"
    dead = [f"{link.line}: {link.target}"
            for link in links.parse("docs/x.md", text).links()
            if links.wrong(link)]
    wanted = ["3: README.md", "4: no/such", "6: README.md#no"]
    return problems + ([] if dead == wanted else [f"found {dead}"])


def main() -> int:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--list", action="store_true",
                           help="list the links to other sites, and stop")
    found = [link for document in links.documents().values()
             for link in document.links()]
    if arguments.parse_args().list:
        for link in found:
            if link.external():
                print(f"{link.document}:{link.line}: {link.target}")
        return 0
    report = tap.Writer()
    report.result("a dead link would be found", self_test())
    report.result(f"{len(found)} links lead somewhere", [
        f"{link.document}:{link.line}: {link.target} {links.wrong(link)}"
        for link in found if links.wrong(link)])
    lost = sorted(set(links.documents()) - links.reachable("README.md"))
    report.result("every document can be reached from README.md",
                  [f"no way leads to {path}" for path in lost])
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
