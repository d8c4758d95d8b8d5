# SPDX-License-Identifier: MIT
"""Sessions with Debian's ash and bash on the console, typed key by key; and
what ./run does when they cannot be had.
"""

import os
import re
import subprocess
import tempfile

from loom import DEBIAN, MACHINE, PROMPT, Session, expect, run

BASH = ["--shell", "bash", *MACHINE]

# A package manager that has nothing, as without network.
NO_APT = "#!/bin/sh\necho 'E: no network here'\nexit 100\n"

SLEEPER = r"""
#include <unistd.h>
int main(void) { return sleep(1000); }
"""


def test_greeting() -> None:
    """./run greets, and leaves the user in ash, in /root, as a login shell."""
    with Session(ready=False, options=DEBIAN) as s:
        before = s.prompt()
        expect("poweroff" in before and "busybox" in before, before)
        expect(s.command("pwd; echo $0 $HOME $SHELL") ==
               "/root\n-sh /root /bin/sh\n", "the login shell")
        expect("busybox" in s.command("readlink /proc/$$/exe"), "ash")
        s.power_off()


def test_keys() -> None:
    """^C, ^D, ^U, backspace, cursor keys, history and completion in ash."""
    with Session(options=DEBIAN) as s:
        expect(s.command("echo abx\x7fc") == "abc\n", "backspace")
        expect(s.command("rubbish\x15echo clean") == "clean\n", "^U")
        expect(s.command("echo ac\x1b[Db") == "abc\n", "cursor keys")
        expect(s.command("\x1b[A") == "abc\n", "history")
        s.command("echo completed > /tmp/a-long-name")
        expect(s.command("cat /tmp/a-l\t") == "completed\n", "completion")
        s.send("echo never")
        s.key("c")
        s.prompt()
        expect(s.command("echo next") == "next\n", "^C")
        s.key("d")
        expect("ended" in s.prompt(), "init starts another shell")
        s.power_off()


def stop_and_go_on(s: Session) -> None:
    """^Z, jobs, bg, fg and ^C with a program that sleeps."""
    s.send("sleep 1000\r")
    s.settle(0.5)
    s.key("z")
    expect("Stopped" in s.prompt() + s.command("jobs"), "^Z")
    s.command("bg")
    listing = s.command("jobs")
    expect("sleep 1000" in listing and "Stopped" not in listing, listing)
    s.send("fg\r")
    s.settle(0.5)
    s.key("c")
    s.prompt()
    expect(s.command("echo status $?") == "status 130\n", "^C")
    expect("sleep" not in s.command("jobs"), "no job is left")


def test_job_control_ash() -> None:
    """^Z stops a program, bg, fg and jobs manage it, ^C ends it: ash."""
    with Session(options=DEBIAN) as s:
        stop_and_go_on(s)
        s.power_off()


def test_job_control_bash() -> None:
    """The same with bash, whose line editor asks more of the terminal."""
    with Session(options=BASH) as s:
        expect("bash" in s.command("echo $BASH"), "the shell is bash")
        stop_and_go_on(s)
        expect(s.command("echo ac\x1b[Db") == "abc\n", "cursor keys")
        s.power_off()


def test_pipelines_stop() -> None:
    """^Z and fg take a whole pipeline, and ^C kills all of it."""
    with Session(options=DEBIAN) as s:
        s.send("yes | cat > /dev/null\r")
        s.settle(0.5)
        s.key("z")
        s.prompt()
        states = s.command("cat /proc/[0-9]*/stat | grep -E '\\((yes|cat)\\) T'"
                           " | wc -l")
        expect(states.strip() == "2", states)
        s.send("fg\r")
        s.settle(0.5)
        s.key("c")
        s.prompt()
        s.wait_for("ps | grep -c '[y]es'", r"^0")
        s.power_off()


def test_background_reads() -> None:
    """A background program that reads the terminal is stopped, not fed."""
    with Session(options=DEBIAN) as s:
        s.command("cat &")
        s.wait_for("jobs", r"Stopped")
        expect(s.command("echo still mine") == "still mine\n", "the input")
        s.command("kill %1")
        s.power_off()


def test_full_screen() -> None:
    """vi edits a file, and less shows it, on a terminal of 24 by 80."""
    with Session(options=DEBIAN) as s:
        expect(s.command("stty size") == "24 80\n", "the terminal's size")
        s.send("vi /tmp/text\r")
        s.settle(1.0)
        s.send("ihello vi\x1b")
        s.settle(0.5)
        s.send(":wq\r")
        s.prompt()
        expect(s.command("cat /tmp/text") == "hello vi\n", "vi")
        s.command("seq 100 > /tmp/numbers")
        s.send("less /tmp/numbers\r")
        s.settle(1.0)
        s.send("G")
        s.expect("100")
        s.send("q")
        s.prompt()
        s.power_off()


def begin(s: Session, line: str, shows: str) -> None:
    """Type a line that starts a program, and wait until it shows that."""
    s.send(line + "\r")
    s.expect(r"\r*\n")
    s.expect(shows)


def jobs_of_a_sleeper(s: Session) -> None:
    """^C ends it, ^Z stops it, bg and fg and ^C."""
    sleeper = "sh -c 'echo at work; exec sleep 100'"
    begin(s, sleeper, "at work")
    s.key("c")
    s.prompt()
    expect(s.command("echo $?") == "130\n", "the status after ^C")
    begin(s, sleeper, "at work")
    s.key("z")
    s.prompt()
    expect("Stopped" in s.command("jobs"), "^Z")
    s.command("bg")
    s.wait_for("jobs", "Running")
    begin(s, "fg", "sleep")
    s.settle(0.5)       # the shell says so before it hands the terminal over
    s.key("c")
    s.prompt()
    expect(s.command("echo $?; jobs") == "130\n", "^C after bg and fg")


def full_screen_and_back(s: Session) -> None:
    """vi and less leave the terminal as they found it."""
    modes = s.command("stty -g")
    begin(s, "vi /tmp/note", r"\[New File\]|/tmp/note")
    s.send("inoted\x1b")
    s.settle(0.5)       # what follows at once would make a key of the escape
    s.send(":x\r")
    s.prompt()
    expect(s.command("cat /tmp/note") == "noted\n", "vi")
    begin(s, "less /tmp/note", "noted")
    s.send("q")
    s.prompt()
    expect(s.command("stty -g") == modes, "the modes of the terminal")


def test_session() -> None:
    """A session from the greeting to exit and poweroff: jobs, keys, vi."""
    with Session(ready=False, options=DEBIAN) as s:
        expect("poweroff" in s.prompt(), "the greeting")
        expect(s.command("seq 20 | grep 1 | wc -l") == "11\n", "a pipeline")
        jobs_of_a_sleeper(s)
        begin(s, "echo at work; cat", "at work")
        s.send("to and fro\r")
        s.expect("fro\r*\nto and fro\r*\n")
        s.key("d")
        s.prompt()
        expect(s.command("echo XY\x1b[D\x7fZ") == "ZY\n", "line editing")
        expect(s.command("\x1b[A") == "ZY\n", "the last line again")
        full_screen_and_back(s)
        s.send("exit 7\r")
        s.expect("ended with status 7")
        s.prompt()
        s.power_off()


def test_with_directory() -> None:
    """--with takes directories: names, contents, modes and links."""
    with tempfile.TemporaryDirectory() as folder:
        os.makedirs(f"{folder}/sub/deep")
        with open(f"{folder}/sub/deep/script", "w", encoding="ascii") as file:
            file.write("#!/bin/sh\necho from a script $1\n")
        os.chmod(f"{folder}/sub/deep/script", 0o755)
        os.symlink("sub/deep/script", f"{folder}/link")
        done = run("--with", f"{folder}=/opt/dir", "--", "/opt/dir/link",
                   "word", options=DEBIAN)
    expect((done.status, done.out) == (0, b"from a script word\n"), done)


def test_with_dynamic() -> None:
    """A program that is dynamically linked is refused by name, with why."""
    with tempfile.TemporaryDirectory() as folder:
        program = os.path.join(folder, "prog")
        subprocess.run(["aarch64-linux-gnu-gcc", "-x", "c", "-o", program,
                        "-"], input=SLEEPER.encode(), check=True)
        done = run("--with", f"{program}=/bin/prog", "--", "/bin/prog")
    expect(done.status == 126 and done.err.count(b"\n") == 1 and
           b"-static" in done.err and program.encode() in done.err, done)


def test_without_network() -> None:
    """Where they cannot be had, ./run says so and starts loom's own shell."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("apt-get", "apt-cache"):
            with open(f"{folder}/{name}", "w", encoding="ascii") as file:
                file.write(NO_APT)
            os.chmod(f"{folder}/{name}", 0o755)
        os.environ.update(PATH=f"{folder}:{os.environ['PATH']}",
                          LOOM_DEBIAN=f"{folder}/debian")
        os.environ.pop("LOOM_IS_BUILT", None)
        done = run("--shell", "ash", "--", "/bin/true", options=MACHINE)
        expect(done.status == 2 and b"no network here" in done.err, done)
        with Session(ready=False, options=MACHINE) as s:
            before = s.expect(re.escape(PROMPT))
            expect(before.count("no network here") == 1, before)
            expect("fetching" not in before, "it tries again at once")
            s.power_off()
        done = run("--", "/bin/echo", "hi", options=MACHINE)
        expect((done.out, done.err) == (b"hi\n", b""), done)
