#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Debian's own arm64 programs, and its Linux kernel, for loom and its tests.

They come from where this system's packages come from, for arm64 and without
making that an architecture of this system: apt-get works with lists, a cache
and a state of its own under build/debian, and writes nothing elsewhere. It
checks the signatures of the lists and the hashes of the packages. What is
kept are a few files; once they are there, nothing is asked of the network.

Used by run.py and test.py. As a command it fetches what is missing, also
shortly after a failure, when they would not try again.
"""

import argparse
import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from typing import Iterator

import build
import mkinitramfs
import staticelf

# LOOM_DEBIAN in the environment names another folder.
FOLDER = os.environ.get("LOOM_DEBIAN") or \
    os.path.join(build.ROOT, "build", "debian")
KERNEL_NAME = "linux-image-arm64"   # depends on the package that has it
AGAIN = 3600        # seconds after a failure before the next try
PATIENCE = 900      # seconds for one call of apt-get
FRESH = 12 * 3600   # seconds for which the lists are taken as they are

# What is kept of each set: package, its file or folder, the name it gets.
PROGRAMS = (("busybox-static", "bin/busybox", "busybox"),
            ("bash-static", "bin/bash-static", "bash"))
MUSL = (("musl-dev", "usr/lib/aarch64-linux-musl", "lib"),
        ("musl-dev", "usr/include/aarch64-linux-musl", "include"))
SETS = {"programs": PROGRAMS, "musl": MUSL}

# The applets of busybox that get a name in /bin: not those for networks,
# disks, modules and other hardware, nor what init and poweroff of loom do.
APPLETS = """
[ [[ ar arch ascii ash awk base64 basename bc bunzip2 bzcat bzip2 cal cat
chgrp chmod chown chroot clear cmp cp cpio crc32 cut date dc dd df diff
dirname dos2unix du echo ed egrep env expand expr factor fallocate false
fgrep find flock fold free getopt grep groups gunzip gzip head hexdump
hostid hostname id install ionice kill killall last less link ln logname ls
lzcat lzma lzop md5sum mkdir mkfifo mknod mktemp more mount mv nice nl nohup
nproc od paste patch pgrep pidof pkill printenv printf ps pwd readlink
realpath renice reset resize rev rm rmdir run-parts sed seq setsid sh sha1sum
sha256sum sha3sum sha512sum shred shuf sleep sort split stat strings stty
sum sync tac tail tar taskset tee test time timeout top touch tr true
truncate ts tsort tty uname uncompress unexpand uniq unix2dos unlink unlzma
unshare unxz unzip uptime usleep uudecode uuencode vi watch wc which who
whoami xargs xxd xz xzcat yes zcat
""".split()


class Unavailable(Exception):
    """It cannot be had; the text says why, in one line."""


# ---- apt, beside the system's own -------------------------------------

def configuration() -> str:
    """For APT_CONFIG: how this system reaches its sources, and no hooks."""
    dump = subprocess.run(["apt-config", "dump"], capture_output=True,
                          text=True, check=True).stdout
    keep = [line for line in dump.splitlines()
            if re.match(r"(Acquire|Dir::Etc)::", line)
            and not re.match(r"Acquire::(IndexTargets|Languages)|"
                             r"Dir::Etc::(main|parts)", line)]
    own = {"APT::Architecture": "arm64", "APT::Architectures": "arm64",
           "APT::Sandbox::User": "root", "Dir::Etc::main": "/dev/null",
           "Dir::Etc::parts": "/dev/null", "Acquire::Languages": "none",
           "Acquire::Retries": "1", "Acquire::http::Timeout": "20",
           "Acquire::https::Timeout": "20",
           "Acquire::IndexTargets::deb-src::Sources::DefaultEnabled": "false",
           "Dir::State": f"{FOLDER}/apt/", "Dir::Cache": f"{FOLDER}/apt/",
           "Dir::State::lists": f"{FOLDER}/apt/lists/",
           "Dir::Cache::pkgcache": "", "Dir::Cache::srcpkgcache": "",
           "Dir::State::status": f"{FOLDER}/apt/status"}
    keep += [f'{key} "{value}";' for key, value in own.items()]
    return "\n".join(keep) + "\n"


def apt(words: list[str], cwd: str = FOLDER) -> str:
    """Run a command of apt; returns its output, all of it if it fails."""
    environment = dict(os.environ, APT_CONFIG=f"{FOLDER}/apt/apt.conf",
                       LC_ALL="C.UTF-8")
    try:
        done = subprocess.run(words, cwd=cwd, env=environment, text=True,
                              stdin=subprocess.DEVNULL, errors="replace",
                              stdout=subprocess.PIPE, timeout=PATIENCE,
                              stderr=subprocess.STDOUT, check=False)
    except subprocess.TimeoutExpired:
        raise Unavailable(f"{words[0]} {words[1]} did not end") from None
    if done.returncode:
        raise Unavailable(reason(done.stdout) or
                          f"{words[0]} {words[1]} failed")
    return done.stdout


def reason(output: str) -> str:
    """The line of apt's output that says most."""
    for mark in "E:", "Err:", "W:":
        for line in output.splitlines():
            if line.startswith(mark):
                return line[len(mark):].strip()
    return ""


def update() -> None:
    """Fetch the lists for arm64, unless those that are there are new."""
    stamp = f"{FOLDER}/apt/updated"
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        raise Unavailable("this system has no apt-get")
    os.makedirs(f"{FOLDER}/apt/lists/partial", exist_ok=True)
    os.makedirs(f"{FOLDER}/apt/archives/partial", exist_ok=True)
    # Each time: it has the clone's path, and that may have been moved.
    write(f"{FOLDER}/apt/apt.conf", configuration())
    with contextlib.suppress(OSError):
        if 0 <= time.time() - os.stat(stamp).st_mtime < FRESH:
            return
    write(f"{FOLDER}/apt/status", "")
    build.say("fetching the lists of Debian's packages for arm64")
    failure = ""
    try:
        apt(["apt-get", "update"])
    except Unavailable as error:
        failure = str(error)    # perhaps of a source that is not needed
    if "Package:" not in apt(["apt-cache", "show", "--no-all-versions",
                              "busybox-static"]):
        raise Unavailable(failure or "the package sources of this system "
                          "have nothing for arm64")
    write(stamp, "")


def fetch(package: str, folder: str) -> str:
    """Download one package into @folder; returns the name of its file."""
    apt(["apt-get", "download", package], folder)
    for name in os.listdir(folder):
        if name.startswith(package + "_"):
            return os.path.join(folder, name)
    raise Unavailable(f"apt-get left no file of {package}")


def unpack(archive: str, member: str, folder: str) -> str:
    """Take one file or folder out of a package; returns where it is."""
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", archive],
                          stdout=subprocess.PIPE) as reader:
        done = subprocess.run(["tar", "-x", "-C", folder, "--wildcards",
                               "--no-same-owner", "./" + member],
                              stdin=reader.stdout, check=False,
                              stderr=subprocess.DEVNULL)
    if done.returncode or reader.returncode:
        raise Unavailable(f"{os.path.basename(archive)} has no {member}")
    return os.path.join(folder, member)


def write(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


# ---- the sets of files ------------------------------------------------

def fill_set(name: str, target: str, scratch: str) -> None:
    archives = {}
    for package, member, kept in SETS[name]:
        if package not in archives:
            archives[package] = fetch(package, scratch)
        path = unpack(archives[package], member, scratch)
        if os.path.isfile(path):
            check_program(path, package)
        os.rename(path, os.path.join(target, kept))


def check_program(path: str, package: str) -> None:
    with open(path, "rb") as file:
        why = staticelf.complaint(file.read())
    if why:
        raise Unavailable(f"the program of {package} {why}")


def fill_kernel(_name: str, target: str, scratch: str) -> None:
    depends = apt(["apt-cache", "depends", KERNEL_NAME])
    match = re.search(r"Depends: (linux-image-\S+)", depends)
    if not match:
        raise Unavailable(f"no package has the kernel of {KERNEL_NAME}")
    folder = unpack(fetch(match[1], scratch), "boot/vmlinuz-*", scratch)
    folder = os.path.dirname(folder)
    os.rename(os.path.join(folder, os.listdir(folder)[0]),
              os.path.join(target, "vmlinuz"))
    write(os.path.join(target, "package"), match[1] + "\n")


def have(name: str, tries: bool = True) -> str:
    """The folder of a set ("programs", "musl", "linux").

    It is fetched if it is not there, unless @tries is false or that failed
    less than an hour ago; Unavailable then says why it is not there.
    """
    folder = os.path.join(FOLDER, name)
    if os.path.isdir(folder):
        return folder
    with build.locked("debian"):
        if not os.path.isdir(folder):
            attempt(name, folder, tries)
    return folder


def attempt(name: str, folder: str, tries: bool) -> None:
    failed = os.path.join(FOLDER, f"no-{name}")
    with contextlib.suppress(OSError):
        if time.time() - os.stat(failed).st_mtime < AGAIN:
            with open(failed, encoding="utf-8") as file:
                raise Unavailable(file.read().strip())
    if not tries:
        raise Unavailable("they have not been fetched")
    os.makedirs(FOLDER, exist_ok=True)
    try:
        fetch_set(name, folder)
    except (Unavailable, OSError, subprocess.SubprocessError) as error:
        text = " ".join(str(error).split())
        write(failed, text + "\n")
        raise Unavailable(text) from None


def fetch_set(name: str, folder: str) -> None:
    update()
    with tempfile.TemporaryDirectory(dir=FOLDER) as scratch:
        build.say(f"fetching {DESCRIPTIONS[name]}")
        target = os.path.join(scratch, "whole")
        os.mkdir(target)
        fill = fill_kernel if name == "linux" else fill_set
        fill(name, target, scratch)
        os.rename(target, folder)


DESCRIPTIONS = {"programs": "Debian's busybox and bash for arm64 (2 MB)",
                "musl": "Debian's musl for arm64 (1 MB)",
                "linux": "Debian's Linux kernel for arm64 (60 MB)"}


# ---- what goes into loom ----------------------------------------------

def applets(busybox: bytes) -> Iterator[str]:
    """Of APPLETS those that @busybox has: their names stand in it."""
    for name in APPLETS:
        if b"\0" + name.encode() + b"\0" in busybox:
            yield name


def add_programs(archive: mkinitramfs.Archive, folder: str) -> None:
    """Put the programs into @archive, each applet as a link in /bin."""
    for name in "busybox", "bash":
        data, _ = mkinitramfs.read_file(os.path.join(folder, name))
        archive.add_file(f"/bin/{name}", data, 0o755)
        if name == "busybox":
            for applet in applets(data):
                archive.add_link(f"/bin/{applet}", "busybox")


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Fetch Debian's arm64 programs for loom.")
    parser.add_argument("sets", nargs="*", metavar="SET",
                        help="programs, musl or linux (programs)")
    args = parser.parse_args()
    for name in args.sets or ["programs"]:
        if name not in DESCRIPTIONS:
            parser.error(f"no set is called {name}")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(os.path.join(FOLDER, f"no-{name}"))
        try:
            print(have(name))
        except Unavailable as error:
            build.say(str(error))
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
