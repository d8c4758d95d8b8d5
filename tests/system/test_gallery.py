# SPDX-License-Identifier: MIT
"""What the gallery tells of a person at the keyboard, which no page can play:
a key kills the shell of a kernel that does not switch TTBR0 for a thread that
was blocked (docs/gallery/ttbr0-not-switched.md).
"""

from loom import DEBIAN, DEBIAN_PROMPT, Session, expect

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
