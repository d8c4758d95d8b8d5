# SPDX-License-Identifier: MIT
"""./run -- PROGRAM behaves like a command, and errors are one line."""

import hashlib
import os
import signal
import subprocess
import tempfile
import time

from loom import OPTIONS, RUN, alone, expect, run, shell

HELLO = r"""
#include <stdio.h>
int main(int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		printf("%s\n", argv[i]);
	for (int c; (c = getchar()) != EOF;)
		putchar(c);
	return 3;
}
"""


def test_script_from_stdin() -> None:
    """printf 'echo hi\\n' | ./run -- /bin/sh prints hi and ends."""
    done = run("--", "/bin/sh", stdin=b"echo hi\n")
    expect((done.status, done.out, done.err) == (0, b"hi\n", b""), done)


def test_shell_is_the_default() -> None:
    """./run with a script as standard input runs it in the shell."""
    done = run(stdin=b"echo hi\nexit 4\n")
    expect((done.status, done.out, done.err) == (4, b"hi\n", b""), done)


def test_exit_status() -> None:
    """The exit status is the program's."""
    for status in (0, 7, 255):
        done = shell(f"exit {status}")
        expect(done.status == status, done)


def test_killed_by_signal() -> None:
    """A program that is killed gives 128 plus the signal's number."""
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT):
        done = run("--", "/bin/sh", "-c", f"kill -{int(number)} $$")
        expect(done.status == 128 + number, (number, done))


def test_binary_through_cat() -> None:
    """A mebibyte of random bytes goes through cat unharmed."""
    data = os.urandom(1 << 20)
    done = run("--", "/bin/cat", stdin=data)
    same = hashlib.sha256(done.out).digest() == hashlib.sha256(data).digest()
    expect(done.status == 0 and same and not done.err,
           (done.status, len(done.out), done.err))


def test_streams_are_separate() -> None:
    """Standard output and error arrive apart."""
    done = shell("echo out; echo err >&2; exit 1")
    expect((done.status, done.out, done.err) == (1, b"out\n", b"err\n"), done)


def test_empty_input() -> None:
    """Empty and closed standard input are an end of file at once."""
    done = run("--", "/bin/cat")
    expect((done.status, done.out, done.err) == (0, b"", b""), done)
    closed = subprocess.run(f"'{RUN}' -- /bin/cat <&-", shell=True,
                            capture_output=True, check=False, timeout=60)
    expect((closed.returncode, closed.stdout) == (0, b""), closed)


def test_input_comes_late() -> None:
    """Input that is written in pieces, with pauses, arrives in pieces."""
    with subprocess.Popen([RUN, *OPTIONS, "--", "/bin/cat"],
                          stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as process:
        for text in (b"one\n", b"two\n"):
            process.stdin.write(text)
            process.stdin.flush()
            expect(process.stdout.readline() == text, text)
        process.stdin.close()
        expect(process.wait(60) == 0, process.returncode)


def test_output_cannot_fake_status() -> None:
    """What a program prints has no say in the exit status."""
    done = shell(r"echo exit 9; echo poweroff; echo panic; "
                 r"echo 'exit 9' > status; exit 3")
    expect(done.status == 3, done)


def test_missing_program() -> None:
    """A program that is not there gives 127, one that cannot run 126."""
    done = run("--", "/bin/nonesuch")
    expect(done.status == 127 and not done.out, done)
    expect(done.err.count(b"\n") == 1 and b"nonesuch" in done.err, done)
    done = run("--", "/bin")
    expect(done.status == 126 and done.err.count(b"\n") == 1, done)


def test_hello_with() -> None:
    """A user's own program runs with its arguments, input and output."""
    with tempfile.TemporaryDirectory() as folder:
        hello = os.path.join(folder, "hello")
        subprocess.run(["aarch64-linux-gnu-gcc", "-static", "-x", "c", "-o",
                        hello, "-"], input=HELLO.encode(), check=True)
        done = run("--with", f"{hello}=/opt/bin/hello", "--",
                   "/opt/bin/hello", "a", "", "c d", stdin=b"input\n")
    expect((done.status, done.err) == (3, b""), done)
    expect(done.out == b"/opt/bin/hello\na\n\nc d\ninput\n", done)


def test_user_errors() -> None:
    """A wrong command line gets one line and status 2."""
    for words in (["--foo"], ["--cpu", "zorro", "--", "/bin/true"],
                  ["--cpu", "max,zorro=on", "--", "/bin/true"],
                  ["--cpu", "cortex-a15", "--", "/bin/true"],
                  ["--with", "/none/such=/x", "--", "/bin/true"],
                  ["--with", "/etc/passwd", "--", "/bin/true"],
                  ["--with", "/etc/passwd=x", "--", "/bin/true"],
                  ["--gic", "4"], ["--mem", "much"], ["--smp", "0"],
                  ["--compiler", "tcc"], ["--"], ["word"]):
        done = run(*words, options=[])
        good = done.status == 2 and not done.out and \
            done.err.startswith(b"run: ") and done.err.count(b"\n") == 1
        expect(good, (words, done))


def test_tally() -> None:
    """Three clients of a server have the sums that they should."""
    done = run("--", "/loom/bin/tally", "3", "100", options=[])
    lines = done.out.decode().splitlines()
    sums = [f"client {n}: {n * 5050}" for n in (1, 2, 3)]
    expect(sorted(lines) == sorted(["all clients are done", *sums]), done)
    expect(done.status == 0 and not done.err, done)


def test_help() -> None:
    """--help names every option and fits 80 columns."""
    done = run("--help", options=[])
    text = done.out.decode()
    for option in ("--smp", "--cpu", "--mem", "--gic", "--el2", "--gdb",
                   "--with", "--icount", "--debug", "--verbose", "--help",
                   "-- PROGRAM"):
        expect(option in text, option)
    expect(max(map(len, text.splitlines())) <= 80, "wider than 80 columns")
    expect(done.status == 0, done)


def test_reader_goes_away() -> None:
    """./run -- PROGRAM | head -n 1 ends when head does."""
    done = subprocess.run(
        ["bash", "-c", f"'{RUN}' {' '.join(OPTIONS)} -- /bin/cat /dev/zero "
         "| head -c 1; exit ${PIPESTATUS[0]}"],
        capture_output=True, check=False, timeout=60)
    expect(done.stdout == b"\0", done)
    expect(done.returncode not in (0, 125), done)


def test_endless_input() -> None:
    """Input without end is not read without end."""
    done = subprocess.run(
        ["bash", "-c", f"yes | '{RUN}' {' '.join(OPTIONS)} -- "
         "/bin/head -n 1"], capture_output=True, check=False, timeout=60)
    expect((done.returncode, done.stdout) == (0, b"y\n"), done)


def qemus_of(process: subprocess.Popen) -> list[int]:
    """The children that ./run has, from /proc."""
    path = f"/proc/{process.pid}/task/{process.pid}/children"
    with open(path, encoding="ascii") as file:
        return [int(word) for word in file.read().split()]


def heed_interrupts() -> None:
    """In a child: who starts the tests in the background ignores SIGINT."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def wait_for(process: subprocess.Popen, seconds: float) -> int:
    """The exit status; a process that goes on is ended."""
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        raise


def test_ended_by_signal() -> None:
    """SIGINT and SIGTERM end ./run with 130 and 143, and QEMU with it."""
    for number in (signal.SIGINT, signal.SIGTERM):
        with subprocess.Popen([RUN, *OPTIONS, "--", "/bin/sleep", "1000"],
                              stdin=subprocess.DEVNULL,
                              preexec_fn=heed_interrupts) as process:
            deadline = time.monotonic() + 60
            children: list[int] = []
            while not children and time.monotonic() < deadline:
                time.sleep(0.2)
                children = qemus_of(process)
            time.sleep(1)
            children = qemus_of(process)
            process.send_signal(number)
            expect(wait_for(process, 10) == 128 + number,
                   process.returncode)
            expect(children != [], "QEMU was not found")
            for child in children:
                expect(not os.path.exists(f"/proc/{child}"),
                       f"QEMU {child} is left over")


def test_unknown_system_calls() -> None:
    """Unknown system calls are named on standard error at the end."""
    source = ("#include <unistd.h>\n#include <sys/syscall.h>\n"
              "int main(void) { return syscall(448) != -1; }\n")
    with tempfile.TemporaryDirectory() as folder:
        program = os.path.join(folder, "p")
        subprocess.run(["aarch64-linux-gnu-gcc", "-static", "-x", "c", "-o",
                        program, "-"], input=source.encode(), check=True)
        done = run("--with", f"{program}=/p", "--", "/p")
    expect(done.status == 0 and not done.out, done)
    expect(done.err.count(b"\n") == 1 and b"process_mrelease" in done.err, done)


def test_repeats_exactly() -> None:
    """Two runs with --icount print the same, times included."""
    words = ("--icount", "--", "/bin/sh", "-c", "cat; ps; ticker 10 3; ps")
    first = run(*words, stdin=b"some input\n")
    second = run(*words, stdin=b"some input\n")
    expect(first.status == 0, first)
    expect((first.out, first.err) == (second.out, second.err),
           (first, second))


def test_list_is_cut() -> None:
    """Who reads only a part of ./run --break LIST sees no error."""
    with subprocess.Popen([RUN, "--break", "LIST"], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as process:
        assert process.stdout and process.stderr
        process.stdout.close()
        said = process.stderr.read()
    expect((process.returncode, said) == (-signal.SIGPIPE, b""),
           (process.returncode, said))


@alone
def test_second_start_is_quick() -> None:
    """A second ./run has run a program within three seconds."""
    os.environ.pop("LOOM_IS_BUILT", None)
    run("--", "/bin/true")
    start = time.monotonic()
    done = run("--", "/bin/true")
    seconds = time.monotonic() - start
    expect(done.status == 0, done)
    expect(seconds < 3, f"{seconds:.1f} s")
