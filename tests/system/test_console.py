# SPDX-License-Identifier: MIT
"""Sessions at the shell's prompt, typed key by key."""

import re
import statistics
import time

from loom import PROMPT, Session, alone, expect

ECHO_LIMIT = 0.020      # two timer periods of 10 ms
KEYS = 20


def test_banner() -> None:
    """The banner says how to leave, and a session ends by poweroff."""
    with Session(ready=False) as s:
        before = s.prompt()
        expect("poweroff" in before and "Ctrl-A X" in before, before)
        s.power_off()


def test_commands() -> None:
    """Programs run with their arguments, and $? has their status."""
    with Session() as s:
        expect(s.command("echo hello world") == "hello world\n", "echo")
        expect(s.command("false; echo $?") == "1\n", "false; echo $?")
        expect(s.command("true && echo yes || echo no") == "yes\n", "&&")
        expect(s.command("false && echo yes || echo no") == "no\n", "||")
        output = s.command("nonesuch; echo $?")
        expect("not found" in output and "127" in output, output)
        s.power_off()


def test_pipes() -> None:
    """A pipeline carries text, and its end is the end of file."""
    with Session() as s:
        output = s.command("echo one two three | cat | wc -w")
        expect(output.split() == ["3"], output)
        output = s.command("ls /bin | wc -l; ls /bin | head -n 1")
        expect(int(output.split()[0]) > 10, output)
        s.power_off()


def test_redirections() -> None:
    """< > and >> reach files, which keep what was written."""
    with Session() as s:
        s.command("echo first > /tmp/f; echo second >> /tmp/f")
        expect(s.command("cat < /tmp/f") == "first\nsecond\n", "cat")
        output = s.command("cat < /tmp/none; echo $?")
        expect("/tmp/none" in output and not output.endswith("0\n"), output)
        s.power_off()


def test_editing() -> None:
    """Backspace, ^U and ^C edit the line; ^D on an empty one is the end."""
    with Session() as s:
        expect(s.command("echo abx\x7fc") == "abc\n", "backspace")
        expect(s.command("rubbish\x15echo clean") == "clean\n", "^U")
        s.send("echo never")
        s.key("c")
        s.prompt()
        expect(s.command("echo next") == "next\n", "^C")
        s.key("d")
        # init starts another shell; the session goes on.
        s.prompt()
        s.power_off()


def test_background_during_input() -> None:
    """Background programs print while a half-typed line waits."""
    with Session() as s:
        s.send("ticker 100 5 &\r")
        s.prompt()
        s.send("echo typ")
        for tick in range(2, 6):
            s.expect(rf"ticker \d+: {tick}\b")
        s.send("ed\r")
        s.expect(r"\ntyped\r*\n")
        s.prompt()
        s.power_off()


def test_interrupt_foreground() -> None:
    """^C kills the program in the foreground, and only that."""
    with Session() as s:
        s.send("ticker 200 &\r")
        s.prompt()
        for program in ("burner", "sleep 1000", "cat"):
            s.send(program + "\r")
            s.settle(longest=0.7)
            s.key("c")
            s.prompt()
            expect("130" in s.command("echo status $?"), program)
        expect("ticker" in s.command("ps"), "the ticker goes on")
        s.power_off()


def test_kill_and_wait() -> None:
    """kill ends a program that computes, sleeps, or was stopped because it
    reads in the background; wait sees it.
    """
    with Session() as s:
        for program, state in (("burner", "R"), ("sleep 1000", "S"),
                               ("cat /dev/console", "T")):
            s.send(f"{program} &\r")
            s.prompt()
            name = program.split(maxsplit=1)[0]
            output = s.wait_for("ps", rf"\b{state} .*\b{name}\b")
            pid = re.search(rf"^ *(\d+) .*\b{name}\b", output, re.M)
            expect(pid is not None, output)
            s.command(f"kill {pid[1]}")
            s.command(f"wait {pid[1]}")
            listing = s.command("ps")
            expect(not re.search(rf"\b{name}\b", listing), listing)
        s.power_off()


def test_ps() -> None:
    """ps shows pid, state, CPU time and name of what runs."""
    with Session() as s:
        s.command("burner & sleep 100 &")
        time.sleep(0.5)
        listing = s.command("ps")
        expect(re.search(r"^ *1 .*\binit$", listing, re.M), listing)
        expect(re.search(r"^ *\d+ +\d+ R .*\bburner$", listing, re.M),
               listing)
        expect(re.search(r"^ *\d+ +\d+ S .*\bsleep$", listing, re.M),
               listing)
        s.power_off()


def echo_times(session: Session) -> list[float]:
    """Seconds from sending a key to seeing it, for some keys."""
    times = []
    for number in range(KEYS):
        letter = chr(ord("a") + number)
        start = time.monotonic()
        session.send(letter)
        session.expect(letter)
        times.append(time.monotonic() - start)
        time.sleep(0.037)       # not in step with the timer
    return times


@alone
def test_echo_with_ten_burners() -> None:
    """With ten programs computing, a key is echoed within 20 ms."""
    with Session() as s:
        for _ in range(10):
            s.command("burner &")
        s.wait_for("ps", r"(?s)(\bburner\b.*){10}")
        times = echo_times(s)
        middle = statistics.median(times)
        print(f"median {middle * 1000:.1f} ms, "
              f"largest {max(times) * 1000:.1f} ms")
        expect(middle <= ECHO_LIMIT, times)
        s.key("u")
        s.power_off()




def test_many_programs() -> None:
    """A hundred programs one after the other leave nothing behind."""
    with Session() as s:
        before = s.command("ps | wc -l")
        for _ in range(10):
            line = "; ".join(["true"] * 10)
            s.command(line)
        expect(s.command("ps | wc -l") == before, "processes were left over")
        s.power_off()


def test_type_ahead() -> None:
    """What is typed while a program runs is there for the shell after it."""
    with Session() as s:
        s.send("sleep 1\r")
        s.send("echo ahead\r")
        s.expect(r"\nahead\r*\n")
        s.prompt()
        s.power_off()


def test_long_line() -> None:
    """A line of 3000 characters arrives whole, and a longer one harms not."""
    with Session() as s:
        text = "".join(chr(ord("a") + i % 26) for i in range(3000))
        s.send(f"echo {text} | wc -c\r")
        s.expect(r"\n3001\r*\n")
        s.prompt()
        s.send("#" * 20000)
        s.settle()
        s.key("c")
        s.prompt()
        expect(s.command("echo alive") == "alive\n", "after a huge line")
        s.power_off()


def test_leave_by_key() -> None:
    """Ctrl-A X leaves QEMU at any time, and the terminal is put back."""
    with Session() as s:
        s.send("burner\r")
        s.settle(0.3)
        s.send("\x01x")
        expect(s.end() == 0, "leaving by key is no error")


def test_program_on_terminal() -> None:
    """./run -- PROGRAM on a terminal is interactive, with its own status."""
    with Session("--", "/bin/sh", ready=False) as s:
        before = s.prompt()
        expect(before.strip() == "", f"boot chatter: {before!r}")
        expect(s.command("echo hi") == "hi\n", PROMPT)
        s.send("exit 5\r")
        expect(s.end() == 5, "the exit status is the shell's")
