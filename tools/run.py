# SPDX-License-Identifier: MIT
"""Build loom and run it in QEMU.

Started by ./run, which has installed what is needed. The channel between
this program and the kernel is described in docs/host-channel.md: QEMU runs
in a private directory, where the kernel reads standard input from numbered
files and leaves a line that says how it ended.
"""

import argparse
import contextlib
import fcntl
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import termios
import threading
import time
from typing import Iterator, NoReturn

import build
import debian
import gallery
import machine
import mkinitramfs
import staticelf
import trace

USER_ERROR = 2      # the command line is wrong
NOT_RUNNABLE = 126  # PROGRAM is not for loom, which can be seen from here
NO_RESULT = 125     # the kernel stopped, or there is no status for another
                    # reason

SEGMENT = 65536     # standard input travels in pieces of this size
SEGMENTS = 16       # so many may wait to be read by the kernel
TAIL = 40           # lines of the console shown when the kernel stopped

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

USAGE = "./run [OPTION...] [-- PROGRAM ARG...]"
EPILOG = """\
With a PROGRAM, standard input, output and error are its own, and so is the
exit status: 128 plus the number of the signal that killed it, 127 if there
is no such program, 126 if it cannot be run. 125: the kernel stopped, or did
not start. 2: the command line is wrong. Standard input that is no terminal,
and no PROGRAM: /bin/sh reads commands from it.
On the terminal: ^A x leaves QEMU, ^A c is its monitor and back.
"""


class UserError(Exception):
    """Something is wrong with what was asked for: one line, status 2."""

    status = USER_ERROR


class NotRunnable(UserError):
    """PROGRAM cannot run in loom."""

    status = NOT_RUNNABLE


class Ended(Exception):
    """A signal asks this program to end."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.status = 128 + number


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UserError(f"{message} (see ./run --help)")


def number(low: int, high: int):
    """A parser of decimal numbers in a range."""
    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text):
            raise argparse.ArgumentTypeError(f"not a number: '{text}'")
        if not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"not in {low}..{high}: {text}")
        return int(text)
    return parse


def parser() -> Parser:
    p = Parser(prog="./run", usage=USAGE, add_help=False, allow_abbrev=False,
               description="Build loom and run it in QEMU.", epilog=EPILOG,
               formatter_class=argparse.RawDescriptionHelpFormatter)
    default = machine.Machine()
    add = p.add_argument
    add("--smp", type=number(1, 512), default=default.smp, metavar="N",
        help="number of CPUs (1)")
    add("--cpu", default=default.cpu, metavar="MODEL",
        help=f"CPU that QEMU emulates ({default.cpu})")
    add("--mem", type=number(1, 1 << 20), default=default.mem, metavar="MB",
        help=f"memory ({default.mem})")
    add("--gic", type=int, choices=(2, 3), default=default.gic,
        help=f"version of the interrupt controller ({default.gic})")
    add("--el2", action="store_true", help="enter the kernel at EL2")
    add("--gdb", action="store_true", help="wait for a debugger, and print "
        "the command that attaches one")
    add("--with", action="append", default=[], dest="files",
        metavar="HOSTFILE=/PATH", help="put a file of the host, or a "
        "directory with all that is in it, into loom")
    add("--shell", choices=("ash", "bash", "loom"), help="ash or bash: "
        "Debian's programs, and that shell; loom: only loom's own "
        "(ash, or loom where Debian's cannot be had)")
    add("--icount", type=number(0, 10), nargs="?", const=0, metavar="SHIFT",
        help="count instructions instead of time, 2^SHIFT ns each (0): "
        "repeats exactly")
    add("--debug", action="store_true", help="build with assertions on")
    add("--compiler", choices=("gcc", "clang"), default="gcc",
        help="what to build with (gcc)")
    add("--trace", metavar="FILE", help="record what every CPU does, in a "
        "build of its own, and write FILE for a trace viewer "
        "(docs/tracing.md)")
    add("--append", action="append", default=[], metavar="WORDS",
        help="more words for the kernel's command line")
    add("--tests", action="store_true", help="put the test programs into "
        "/test (so does a PROGRAM in /test)")
    add("--break", dest="bug", metavar="NAME", help="put a bug back into a "
        "copy and see what it does (LIST: which there are); with more words, "
        "run that kernel with them: docs/gallery")
    add("--verbose", action="store_true", help="show the build, QEMU's "
        "command line and the console")
    add("--help", action="help", help="show this and exit")
    # For the tests: a machine that differs in ways no user asks for.
    add("--qemu", action="append", default=[], help=argparse.SUPPRESS)
    add("--initrd", help=argparse.SUPPRESS)
    return p


def parse(words: list[str]) -> argparse.Namespace:
    program: list[str] = []
    if "--" in words:
        split = words.index("--")
        words, program = words[:split], words[split + 1:]
        if not program:
            raise UserError("no program after -- (see ./run --help)")
    args = parser().parse_args(words)
    args.terminal = os.isatty(0)
    args.program = program
    if not program and not args.terminal:
        args.program = ["/bin/sh"]
    return args


# ---- what goes into the machine ---------------------------------------

def with_files(archive: mkinitramfs.Archive, specs: list[str],
               program: str) -> None:
    for spec in specs:
        host, equals, path = spec.rpartition("=")
        if not equals or not host:
            raise UserError(f"--with wants HOSTFILE=/PATH: '{spec}'")
        try:
            mkinitramfs.check_path(path)
            if os.path.isdir(host):
                archive.add_tree(path, host)
            else:
                add_program(archive, path, host, path == program)
        except ValueError as error:
            raise UserError(f"--with {error}") from None
        except OSError as error:
            raise UserError(f"{error.filename or host}: "
                            f"{error.strerror}") from None


def add_program(archive: mkinitramfs.Archive, path: str, host: str,
                is_program: bool) -> None:
    """Add a file; if it is what will be started, look if it can be."""
    data, mode = mkinitramfs.read_file(host)
    why = staticelf.complaint(data) if is_program else ""
    if why:
        raise NotRunnable(f"{host} {why}")
    archive.add_file(path, data, mode)


def add_debian(archive: mkinitramfs.Archive, args: argparse.Namespace) -> None:
    """Debian's programs, if they are wanted and can be had."""
    if args.shell == "loom":
        return
    try:
        folder = debian.have("programs",
                             tries=not os.environ.get("LOOM_IS_BUILT"))
    except debian.Unavailable as error:
        if args.shell:
            raise UserError(f"no {args.shell}: {error}") from None
        if not args.program and args.terminal:
            build.say(f"loom's own shell, as Debian's is not there: {error}")
        return
    debian.add_programs(archive, folder)
    etc = os.path.join(build.ROOT, "user/etc")
    archive.add_file("/etc/motd", *mkinitramfs.read_file(f"{etc}/motd-debian"))
    if args.shell == "bash":
        passwd, mode = mkinitramfs.read_file(f"{etc}/passwd")
        archive.add_file("/etc/passwd", passwd.replace(b"/bin/sh",
                                                       b"/bin/bash"), mode)


def devices(terminal: bool) -> list[str]:
    """Where the program's three streams are, by their names in loom."""
    def device(fd: int, host: str) -> str:
        return "/dev/console" if terminal and os.isatty(fd) else host
    return [device(0, "/dev/hostin"), device(1, "/dev/hostout"),
            device(2, "/dev/hosterr")]


def overlay(args: argparse.Namespace) -> bytes:
    archive = mkinitramfs.Archive()
    add_debian(archive, args)
    with_files(archive, args.files, (args.program or [""])[0])
    if args.program:
        records = devices(args.terminal) + args.program
        data = b"".join(os.fsencode(word) + b"\0" for word in records)
        archive.add_file("/run/argv", data, 0o644)
    return archive.to_bytes() if archive.entries else b""


def write_initrd(args: argparse.Namespace, directory: str,
                 scratch: str) -> str:
    if args.initrd is not None:
        return os.path.abspath(args.initrd) if args.initrd else ""
    path = os.path.join(scratch, "initrd")
    with open(path, "wb") as out:
        for part in program_parts(args):
            with open(os.path.join(directory, part), "rb") as file:
                shutil.copyfileobj(file, out, 1 << 20)
        out.write(args.overlay)
    return path


def program_parts(args: argparse.Namespace) -> list[str]:
    return [build.INITRAMFS] + ([build.TESTS] if wants_tests(args) else [])


def wants_tests(args: argparse.Namespace) -> bool:
    in_test = args.program and args.program[0].startswith("/test/")
    return bool(args.tests or in_test)


def kernel_words(args: argparse.Namespace) -> list[str]:
    words = ["loom.host=semihosting"]
    if args.program:
        words.append("loom.run")
        if not args.verbose:
            words.append("loom.quiet")
    if args.terminal:
        with contextlib.suppress(OSError):
            size = os.get_terminal_size(0)
            words += [f"loom.rows={size.lines}", f"loom.cols={size.columns}"]
    return words + args.append


# ---- standard input, console ------------------------------------------

def spool_stdin(scratch: str, throttle: bool) -> None:
    """Hand standard input to the kernel, piece by piece.

    A piece appears complete under its name; an empty one is the end. The
    kernel removes what it has read, and that limits how far we run ahead.
    """
    count = 0
    # An OSError here is the private directory having gone: all is over.
    with contextlib.suppress(OSError):
        while True:
            data = read_piece()
            while throttle and count >= SEGMENTS and os.path.exists(
                    os.path.join(scratch, f"stdin.{count - SEGMENTS}")):
                time.sleep(0.002)
            part = os.path.join(scratch, "part")
            with open(part, "wb") as file:
                file.write(data)
            os.rename(part, os.path.join(scratch, f"stdin.{count}"))
            count += 1
            if not data:
                return


def read_piece() -> bytes:
    """What there is on standard input; nothing at its end."""
    while True:
        try:
            return os.read(0, SEGMENT)
        except BlockingIOError:
            time.sleep(0.005)   # someone made it non-blocking
        except OSError:
            return b""


def start_stdin(args: argparse.Namespace, scratch: str) -> None:
    if args.terminal or not args.program:
        return
    if args.icount is not None:
        spool_stdin(scratch, throttle=False)
        return
    threading.Thread(target=spool_stdin, args=(scratch, True),
                     daemon=True).start()


def console_arguments(args: argparse.Namespace) -> list[str]:
    """The serial console: the terminal if there is one, else a file.

    The terminal is reached by name, because QEMU's own standard output and
    error belong to the program; but ./run | tee FILE works too.
    """
    if not args.terminal:
        return ["-serial", "file:console.log"]
    if not args.program and not os.isatty(1):
        return ["-serial", "mon:stdio"]
    return ["-chardev", f"serial,id=console,path={os.ttyname(0)},mux=on",
            "-serial", "chardev:console", "-mon", "chardev=console"]


class Follower:
    """Copies the console's file to standard error while it grows."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.follow, daemon=True)
        self.thread.start()

    def follow(self) -> None:
        position = 0
        while True:
            last = self.stop.wait(0.05)
            with contextlib.suppress(OSError), open(self.path, "rb") as file:
                file.seek(position)
                data = file.read()
                position += len(data)
                os.write(2, data)
            if last:
                return

    def finish(self) -> None:
        self.stop.set()
        self.thread.join(2)


# ---- the terminal and our own streams ---------------------------------

@contextlib.contextmanager
def terminal_restored() -> Iterator[None]:
    """Leave terminal settings and file flags as they were found."""
    flags = {fd: fcntl.fcntl(fd, fcntl.F_GETFL) for fd in (0, 1, 2)}
    settings = termios.tcgetattr(0) if os.isatty(0) else None
    try:
        yield
    finally:
        for fd, value in flags.items():
            if fcntl.fcntl(fd, fcntl.F_GETFL) != value:
                fcntl.fcntl(fd, fcntl.F_SETFL, value)
        if settings:
            with contextlib.suppress(termios.error):
                set_terminal(settings)


def set_terminal(settings: list) -> None:
    # Also from the background, where this would stop us.
    old = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    termios.tcsetattr(0, termios.TCSADRAIN, settings)
    signal.signal(signal.SIGTTOU, old)


class Relay:
    """Stands between QEMU and a stream that is in non-blocking mode.

    QEMU would lose what such a stream does not take at once, and the mode
    is not ours to change: others share it.
    """

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self.source, self.sink = os.pipe()
        self.thread = threading.Thread(target=self.copy, daemon=True)
        self.thread.start()

    def copy(self) -> None:
        with contextlib.suppress(OSError):
            while data := os.read(self.source, SEGMENT):
                self.write(data)
        os.close(self.source)

    def write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            try:
                view = view[os.write(self.fd, view):]
            except BlockingIOError:
                time.sleep(0.002)

    def finish(self) -> None:
        os.close(self.sink)
        self.thread.join()


# ---- running ----------------------------------------------------------

def run_qemu(args: argparse.Namespace, command: list[str],
             scratch: str) -> int:
    """Run QEMU to its end, or end it when a signal asks for that."""
    # Inherited only for mon:stdio, see console_arguments().
    stdin = None if args.terminal and not args.program \
        and not os.isatty(1) else subprocess.DEVNULL
    relays = {fd: Relay(fd) for fd in (1, 2)
              if not os.get_blocking(fd) and not os.isatty(fd)}
    streams = [relays[fd].sink if fd in relays else fd for fd in (1, 2)]
    process = None
    try:
        process = machine.start(command, scratch, stdin=stdin,
                                stdout=streams[0], stderr=streams[1])
        return process.wait()
    finally:
        if process and process.poll() is None:
            process.kill()
            process.wait()
        for relay in relays.values():
            relay.finish()


def read_status(scratch: str) -> str:
    try:
        with open(os.path.join(scratch, "status"), errors="replace",
                  encoding="utf-8") as file:
            return file.read(4096)
    except OSError:
        return ""


def conclude(args: argparse.Namespace, qemu: int, scratch: str) -> int:
    """The exit status, from what the kernel left."""
    status = read_status(scratch)
    match = re.fullmatch(r"exit ([0-9]{1,3})\n", status)
    if match and int(match[1]) <= 255:
        return int(match[1])
    if status == "poweroff\n":
        return 0
    if args.terminal and not args.program and not status and not qemu:
        return 0        # left by key
    if not args.terminal and not args.verbose:
        show_console(scratch)
    if status.startswith("panic "):
        build.say("the kernel stopped: " + status[6:].strip())
    else:
        build.say(f"QEMU ended (status {qemu}) before loom did")
    return NO_RESULT


def show_console(scratch: str) -> None:
    try:
        with open(os.path.join(scratch, "console.log"), "rb") as file:
            lines = file.read()[-65536:].splitlines()[-TAIL:]
    except OSError:
        return
    for line in lines:
        text = line.decode("utf-8", "replace")
        print("console: " + printable(text), file=sys.stderr)


def printable(text: str) -> str:
    """Without control characters, which could garble a terminal."""
    return "".join(c if c.isprintable() or c == "\t" else "?" for c in text)


def debugger_arguments(args: argparse.Namespace, directory: str,
                       scratch: str,
                       stack: contextlib.ExitStack) -> list[str]:
    if not args.gdb:
        return []
    socket = os.path.join(scratch, "gdb")
    arguments = stack.enter_context(machine.debugger(socket))
    elf = os.path.join(directory, build.KERNEL)
    build.say("waiting for a debugger; in another terminal:")
    script = os.path.join(build.ROOT, "tools/gdb/loom.py")
    print(f"gdb-multiarch {elf} -x {script} -ex 'target remote {socket}'",
          file=sys.stderr, flush=True)
    return arguments


def have_built(args: argparse.Namespace) -> tuple[str, str]:
    """The build directories that programs and kernel are in."""
    programs = build.name(args.compiler, args.debug)
    kernel = build.name(args.compiler, args.debug, args.trace is not None)
    targets = {kernel: [build.IMAGE]}
    elsewhere = os.environ.get("LOOM_PROGRAMS")     # set by gallery.py
    if not elsewhere:
        targets.setdefault(programs, []).extend(program_parts(args))
    if not os.environ.get("LOOM_IS_BUILT"):     # set by test.py
        for variant, wanted in targets.items():
            build.build(variant, wanted, args.verbose)
    return elsewhere or build.directory(programs), build.directory(kernel)


def run(args: argparse.Namespace) -> int:
    wanted = machine.Machine(args.cpu, args.smp, args.mem, args.gic, args.el2,
                             args.icount is not None, args.icount or 0)
    if wanted != machine.Machine():
        machine.probe(wanted)
    args.overlay = overlay(args)
    if args.trace is not None:
        check_output(args.trace)
    programs, kernel = have_built(args)
    with contextlib.ExitStack() as stack:
        scratch = tempfile.mkdtemp(prefix="loom-")
        stack.callback(shutil.rmtree, scratch, ignore_errors=True)
        initrd = write_initrd(args, programs, scratch)
        command = wanted.command(os.path.join(kernel, build.IMAGE), initrd,
                                 kernel_words(args))
        command += console_arguments(args)
        command += debugger_arguments(args, kernel, scratch, stack)
        for words in args.qemu:
            command += words.split()
        if args.verbose:
            build.say(" ".join(map(quoted, command)))
        if args.trace is None:
            return execute(args, command, scratch, stack)
        try:
            return execute(args, command, scratch, stack)
        finally:
            write_trace(args, kernel, scratch)


def check_output(path: str) -> None:
    """That FILE can be written is better known before the run."""
    try:
        with open(path, "ab"):
            pass
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from None


def write_trace(args: argparse.Namespace, directory: str,
                scratch: str) -> None:
    """FILE from what the kernel left; also if the run was cut short."""
    try:
        said = trace.convert(scratch, args.trace,
                             os.path.join(directory, build.KERNEL),
                             " ".join(args.program))
    except (trace.TraceError, OSError) as error:
        build.say(f"no trace: {error}")
        return
    build.say(f"{args.trace}: {said}")


def quoted(word: str) -> str:
    return word if re.fullmatch(r"[\w./:,=+-]+", word) else f"'{word}'"


def execute(args: argparse.Namespace, command: list[str], scratch: str,
            stack: contextlib.ExitStack) -> int:
    stack.enter_context(terminal_restored())
    start_stdin(args, scratch)
    follower = None
    if args.verbose and not args.terminal:
        follower = Follower(os.path.join(scratch, "console.log"))
    try:
        qemu = run_qemu(args, command, scratch)
    finally:
        if follower:
            follower.finish()
    return conclude(args, qemu, scratch)


def end_by_signal(signum: int, _frame: object) -> None:
    """The first signal ends us; others do not disturb the cleaning up."""
    for other in ENDING:
        signal.signal(other, signal.SIG_IGN)
    raise Ended(signum)


def without_bug(words: list[str]) -> list[str]:
    """@words but for --break and its name."""
    rest = []
    left = iter(words)
    for word in left:
        if word == "--":
            return [*rest, word, *left]
        if word == "--break":
            next(left)
        elif not word.startswith("--break="):
            rest.append(word)
    return rest


def main() -> int:
    for signum in ENDING:
        if signal.getsignal(signum) != signal.SIG_IGN:
            signal.signal(signum, end_by_signal)
    try:
        args = parse(sys.argv[1:])
        if args.bug:
            return gallery.run(args.bug, without_bug(sys.argv[1:]))
        return run(args)
    except Ended as ended:
        return ended.status
    except UserError as error:
        build.say(str(error))
        return error.status
    except (machine.MachineError, gallery.Wrong) as error:
        build.say(str(error))
        return USER_ERROR
    except (build.BuildError, OSError) as error:
        build.say(str(error))
        return NO_RESULT


if __name__ == "__main__":
    # Not sys.exit(): the thread that reads standard input may never end.
    code = main()
    sys.stdout.flush()
    os._exit(code)
