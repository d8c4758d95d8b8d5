#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Make an initramfs: a cpio archive in the "newc" format.

The same contents give the same bytes: entries are sorted, times, owners
and inode numbers do not come from the host. Archives may be concatenated;
each ends padded to 4096 bytes. What a file contains begins at a multiple of
that, if it is as long: the kernel then uses the archive's pages as the file's.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from typing import Iterable

# What an empty root has: programs expect these directories.
DIRECTORIES = ("/bin", "/dev", "/etc", "/proc", "/root", "/run", "/tmp")

PAGE = 4096
HEADER = 110
NAME_MAX = 4096     # with its NULs, as in Linux

S_IFDIR = 0o040000
S_IFREG = 0o100000
S_IFLNK = 0o120000


class Archive:
    """Files, directories and symbolic links by their absolute path."""

    def __init__(self) -> None:
        self.entries: dict[str, tuple[int, bytes]] = {}

    def add_directory(self, path: str) -> None:
        parts = path.strip("/").split("/")
        for depth in range(1, len(parts) + 1):
            name = "/".join(parts[:depth])
            self.entries.setdefault(name, (S_IFDIR | 0o755, b""))

    def add_file(self, path: str, data: bytes, mode: int) -> None:
        name = path.strip("/")
        if "/" in name:
            self.add_directory(os.path.dirname(name))
        self.entries[name] = (S_IFREG | (mode & 0o777), data)

    def add_link(self, path: str, target: str) -> None:
        name = path.strip("/")
        self.add_directory(os.path.dirname(name))
        self.entries[name] = (S_IFLNK | 0o777, os.fsencode(target))

    def add_tree(self, path: str, host: str) -> None:
        """A directory of the host with all that is in it."""
        self.add_directory(path)
        for each in sorted(os.listdir(host)):
            below, there = f"{path.rstrip('/')}/{each}", f"{host}/{each}"
            if os.path.islink(there):
                self.add_link(below, os.readlink(there))
            elif os.path.isdir(there):
                self.add_tree(below, there)
            else:
                self.add_file(below, *read_file(there))

    def to_bytes(self) -> bytes:
        out = bytearray()
        for inode, name in enumerate(sorted(self.entries), 1):
            mode, data = self.entries[name]
            links = 2 if mode & 0o170000 == S_IFDIR else 1
            append_entry(out, name, inode, mode, links, data)
        append_entry(out, "TRAILER!!!", 0, 0, 1, b"")
        out.extend(bytes(-len(out) % PAGE))
        return bytes(out)


def padding(at: int, name: bytes) -> int:
    """How many NULs behind the name let data begin on a page."""
    return -(at + HEADER + len(name)) % PAGE


def append_entry(out: bytearray, name: str, inode: int, mode: int,
                 links: int, data: bytes) -> None:
    """One header of 13 hexadecimal fields, the name, the contents."""
    encoded = os.fsencode(name) + b"\0"
    if len(data) >= PAGE:
        if len(encoded) + padding(len(out), encoded) > NAME_MAX:
            # Nothing but room: the root, which is there.
            append_entry(out, ".", 0, S_IFDIR | 0o755, 2, b"")
        encoded += bytes(padding(len(out), encoded))
    fields = (inode, mode, 0, 0, links, 0, len(data), 0, 0, 0, 0,
              len(encoded), 0)
    out.extend(b"070701")
    out.extend("".join(f"{field:08x}" for field in fields).encode())
    out.extend(encoded)
    out.extend(bytes(-len(out) % 4))
    out.extend(data)
    out.extend(bytes(-len(out) % 4))


def check_path(path: str) -> None:
    """Raise ValueError unless @path is a plain absolute file name."""
    parts = path.split("/")[1:]
    if not path.startswith("/") or not parts[-1]:
        raise ValueError(f"{path}: not an absolute file name")
    if any(part in (".", "..", "") for part in parts):
        raise ValueError(f"{path}: has an empty, '.' or '..' component")


def read_file(path: str, strip: "str | None" = None) -> tuple[bytes, int]:
    """Contents and mode of a file (or pipe); an ELF is stripped if asked."""
    with open(path, "rb") as file:
        data = file.read()
        mode = 0o755 if os.fstat(file.fileno()).st_mode & 0o111 else 0o644
    if strip and data.startswith(b"\x7fELF"):
        data = stripped(path, strip)
    return data, mode


def stripped(path: str, strip: str) -> bytes:
    with tempfile.NamedTemporaryFile() as output:
        subprocess.run([strip, "-o", output.name, path], check=True)
        with open(output.name, "rb") as file:
            return file.read()


def build(files: Iterable[str], links: Iterable[str], directories: bool,
          strip: "str | None") -> Archive:
    archive = Archive()
    for spec in links:
        path, _, target = spec.partition("=")
        check_path(path)
        archive.add_link(path, target)
    if directories:
        for directory in DIRECTORIES:
            archive.add_directory(directory)
    for spec in files:
        path, _, host = spec.partition("=")
        check_path(path)
        archive.add_file(path, *read_file(host, strip))
    return archive


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", required=True, help="the archive")
    parser.add_argument("--strip", help="strip ELF files with this command")
    parser.add_argument("--directories", action="store_true",
                        help="add the usual empty directories")
    parser.add_argument("--link", action="append", default=[],
                        metavar="/PATH=TARGET", help="add a symbolic link")
    parser.add_argument("files", nargs="*", metavar="/PATH=HOSTFILE",
                        help="a file to put into the archive")
    args = parser.parse_args()
    try:
        data = build(args.files, args.link, args.directories,
                     args.strip).to_bytes()
        with open(args.output, "wb") as file:
            file.write(data)
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        print(f"mkinitramfs: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
