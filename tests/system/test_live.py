# SPDX-License-Identifier: MIT
"""What a person sees of a running machine: Debian's top, ps and free on four
CPUs, and /proc/loom beside them.
"""

import re

from loom import DEBIAN, Session, expect

FOUR = [*DEBIAN, "--smp", "4"]
HEADER = re.compile(r"CPU: +(\d+)% usr +(\d+)% sys +(\d+)% nic +(\d+)% idle")


def usage(text: str) -> "list[int]":
    """The last line of top about the CPUs: usr, sys, nic, idle."""
    found = HEADER.findall(text)
    expect(found, text)
    return [int(part) for part in found[-1]]


def looks_once(s: Session) -> None:
    """Two of four CPUs compute: half of the machine, and all of each."""
    s.command("burner & burner & sleep 1000 &")
    text = s.command("top -b -n 2 -d 3")
    parts = usage(text)
    expect(96 <= sum(parts) <= 100, parts)      # each is rounded down
    expect(parts[0] >= 35 and parts[3] >= 30, parts)
    second = text.split("Mem:")[-1]
    shares = re.findall(r"\bR .* (\d+)% burner", second)
    expect(len(shares) == 2 and all(int(n) >= 15 for n in shares), second)
    expect(re.search(r"\bS .* 0% sleep 1000", second), second)
    expect(re.search(r"\bR .* \d+% top -b", second), second)
    loads = re.search(r"Load average: [\d.]+ [\d.]+ [\d.]+ (\d+)/\d+",
                      second)
    expect(loads and int(loads[1]) >= 3, second)


def lists(s: Session) -> None:
    """ps, pidof, uptime and free agree with each other and with /proc."""
    listing = s.command("ps -o pid,ppid,pgid,stat,nice,vsz,rss,comm")
    found = re.search(r"^ *(\d+) .* S +0 +\d+ +\d+ sleep$", listing, re.M)
    expect(found, listing)
    expect(s.command("pidof sleep").split() == [found[1]], listing)
    expect(len(s.command("pidof burner").split()) == 2, listing)
    expect("load average: " in s.command("uptime"), "uptime")
    lines = s.command("free").splitlines()
    total, used, free, _shared, cache, _available = \
        (int(word) for word in lines[1].split()[1:])
    expect(total == used + free + cache and len(lines) == 3, lines)


def tables(s: Session) -> None:
    """/proc/loom: a column for each CPU, a line for each thread."""
    rows = [line.split() for line in
            s.command("cat /proc/loom/cpus").splitlines()]
    expect(rows[0] == ["cpu0", "cpu1", "cpu2", "cpu3"], rows)
    expect(all(len(row) == 5 for row in rows[1:]), rows)
    table = {row[0]: [int(word) for word in row[1:]] for row in rows[1:]}
    expect(sum(table["reschedule_received"]) <=
           sum(table["reschedule_sent"]), table)
    expect(sum(table["short_switches"]) == 0, table)
    threads = s.command("cat /proc/loom/threads")
    expect(len(re.findall(r"^ +0 +0 [IR] +\d .* idle$", threads, re.M)) == 4,
           threads)
    expect(re.search(r" S +\d clock_nanosleep +time +sleep_for +sleep$",
                     threads, re.M), threads)
    expect(re.search(r" R +\d - +- +- +burner$", threads, re.M), threads)


def interactive(s: Session) -> None:
    """Keys change the order; q leaves the terminal as it was."""
    modes = s.command("stty -g")
    s.send("top -d 1\r")
    s.expect("COMMAND")
    s.send("N")                 # by number, the highest first
    s.expect(r"COMMAND.*?\btop -d 1.*?\bsleep 1000.*?\binit\b")
    s.send("P")                 # by use of the CPU
    s.expect(r"COMMAND.*?\bburner.*?\bsleep 1000")
    s.send("q")
    s.prompt()
    expect(s.command("stty -g") == modes, "the modes of the terminal")
    s.command("killall burner sleep")


def test_top() -> None:
    """top, ps, free and /proc/loom show what four CPUs do."""
    with Session(options=FOUR) as s:
        looks_once(s)
        lists(s)
        tables(s)
        interactive(s)
        s.power_off()
