# SPDX-License-Identifier: MIT
"""What the gallery tells of a person at the keyboard, which no page can play:
a key kills the shell of a kernel that does not switch TTBR0 for a thread that
was blocked (docs/gallery/ttbr0-not-switched.md).
"""

import os
import signal
import subprocess

from loom import DEBIAN, DEBIAN_PROMPT, ROOT, Session, expect

BUILD_TIMEOUT = 150     # seconds: the first time all of the kernel is built


def answer_to_a_key(*options: str) -> str:
    """A program runs, the shell waits in read; what does a line get?"""
    with Session(*options, ready=False, options=DEBIAN) as s:
        s.expect(DEBIAN_PROMPT.pattern, timeout=BUILD_TIMEOUT)
        s.command("burner &")
        s.send("echo $((6 * 7))\r")
        return s.settle(silence=5, longest=10)


def test_a_key_kills_the_shell() -> None:
    """Where TTBR0 is not switched, a key kills a shell that waits for it."""
    whole = answer_to_a_key()
    expect("\n42\n" in whole, whole)
    broken = answer_to_a_key("--break", "ttbr0-not-switched")
    expect("42" not in broken, broken)


def test_list_is_cut() -> None:
    """Who reads a part of ./run --break LIST sees no error."""
    with subprocess.Popen([os.path.join(ROOT, "run"), "--break", "LIST"],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          stdin=subprocess.DEVNULL) as process:
        assert process.stdout and process.stderr
        process.stdout.close()
        said = process.stderr.read()
    expect((process.returncode, said) == (-signal.SIGPIPE, b""),
           (process.returncode, said))
