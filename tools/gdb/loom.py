# SPDX-License-Identifier: MIT
"""Commands for gdb that know loom: `source tools/gdb/loom.py'.

./run --gdb prints a command that loads this. docs/debugging.md is the manual,
`loom help' lists the commands. They need gdb with Python, QEMU's stub, and the
kernel's ELF file; they write nothing into the machine.
"""

import os
import shlex
import sys

import gdb

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

# pylint: disable=wrong-import-position
from loomgdb import arm, kernel, machine, unwind
from loomgdb.kernel import Kernel, Thread, integer, where
from loomgdb.machine import Problem, Unmapped

COMMANDS = {}
FIRST = "weft_resume_first"     # the outermost function of most threads


def command(arguments: str, text: str):
    """`loom NAME ARGUMENTS': the function called loom_NAME does it."""
    def enter(function):
        name = function.__name__.removeprefix("loom_")
        COMMANDS[name] = (function, arguments, text)
        return function
    return enter


def number(text: str) -> int:
    """An address or a value: any expression of gdb's."""
    try:
        value = gdb.parse_and_eval(text)
        if value.type.code == gdb.TYPE_CODE_FUNC:
            value = value.address
        return integer(value)
    except gdb.error as error:
        raise Problem(f"{text}: {error}") from None


def show(line: str = "") -> None:
    gdb.write(line + "\n")


def who_or_current(found: Kernel, words: "list[str]") -> Thread:
    """The thread that is named, or looked at, or runs on this CPU."""
    selection = unwind.HERE.selection
    if words:
        return found.thread(words[0])
    return found.thread(selection.who) if selection else found.current()


# ---- listings ---------------------------------------------------------

def frames_of(thread: Thread) -> "list[unwind.Frame]":
    """The stack of a thread that is parked, or runs on the selected CPU."""
    memory = thread.kernel.memory
    cpu = thread.running_on()
    if not cpu:
        return list(unwind.walk(unwind.parked(thread), False, memory))
    with machine.Selected():
        if cpu.thread != gdb.selected_thread():
            cpu.thread.switch()
        return list(unwind.walk(unwind.of_cpu(cpu), True, memory))


def is_trap(frame: unwind.Frame) -> bool:
    """Is it an exception's? Then its CFA is the struct weft_frame."""
    return bool(frame.row and frame.row.is_exception)


def function_at(address: int) -> str:
    block = gdb.block_for_pc(address)
    while block and not block.function:
        block = block.superblock
    return block.function.name if block else where(address).split("+")[0]


def is_scheduling(address: int) -> bool:
    symtab = gdb.find_pc_line(address).symtab
    folder = os.path.dirname(symtab.filename) if symtab else ""
    return folder.endswith(("loom/sched", "weft"))


def is_unstarted(thread: Thread) -> bool:
    return not thread.running_on() and thread.resumes() == FIRST


def place(thread: Thread) -> str:
    """Where it is: the first function that is not there to switch, and what
    of the scheduler that one called.
    """
    if is_unstarted(thread):
        return "has not run yet"
    chain = []
    for frame in frames_of(thread):
        if not machine.is_kernel(frame.pc):
            return f"user {frame.pc:#x}"
        if is_trap(frame):
            continue
        chain.append(function_at(frame.look))
        if not is_scheduling(frame.look):
            break
    else:
        if FIRST in chain:
            del chain[-2:]      # where every thread begins
    return " in ".join(reversed(chain[-2:]))


def calls(thread: Thread) -> str:
    """The system call, with its first argument: read(0)."""
    name = thread.call()
    frame = thread.user_frame()
    if not name or frame is None or is_unstarted(thread):
        return ""
    if thread.running_on() and thread.frame_at() not in \
            [each.cfa for each in frames_of(thread) if is_trap(each)]:
        return ""               # not written yet: from the call before
    leaf = thread.is_leaf() and not thread.running_on()
    first = integer(frame["x"][0] if leaf else frame["orig_x0"])
    signed = first - (1 << 64) if first >> 63 else first
    return f"{name}({signed if abs(signed) < 1000 else hex(first)}): "


@command("", "threads: where each one is, and why it waits")
def loom_threads(_words: "list[str]") -> None:
    found = Kernel()
    show("  PID   TID NAME            STATE   CPU WHERE")
    for each in found.threads():
        pid = each.pid() or "-"
        try:
            text = calls(each) + place(each)
        except Problem as problem:
            text = f"? ({problem})"
        show(f"{pid!s:>5} {each.tid or '-'!s:>5} {each.name:<15} "
             f"{each.state():<8}{each.cpu:>3} {text}")


@command("", "processes")
def loom_ps(_words: "list[str]") -> None:
    found = Kernel()
    show("  PID  PPID STATE    THREADS  PAGES NAME")
    for each in found.all_processes():
        kind = each["state"].type
        state = kernel.name_of(kind, int(each["state"]), "PROCESS_")
        space = integer(each["aspace"])
        pages = int(found.load("struct aspace", space)["pages"]) \
            if space else 0
        show(f"{int(each['pid']):>5} {int(each['ppid']):>5} {state:<8} "
             f"{int(each['nthreads']):>7} {pages:>6} "
             f"{each['name'].string('ascii', 'replace')}")


def context(value: int) -> str:
    """A generation and an ASID (weft/space.h)."""
    return f"{value >> 16}:{value & 0xffff}" if value else "none"


@command("", "CPUs: who runs, TTBR0, FP registers, ASIDs")
def loom_cpus(_words: "list[str]") -> None:
    found = Kernel()
    domain = found.variable(kernel.static("mm/kvm.c", "domain"))
    show("CPU EL RUNS                  TTBR0 OF            ASID  FP REGISTERS")
    for index, (cpu, mine) in enumerate(zip(found.cpus, found.per_cpu)):
        weft = mine["weft"]
        runs = "nothing yet"
        if cpu.task:
            thread = Thread(found, cpu.task)
            runs = f"{thread.tid or '-'} {thread.name}"
        root = cpu.ttbr[0] & 0xfffffffff000
        space = found.space_of_root(root) if cpu.asid() else "nobody"
        show(f"{index:>3} {cpu.level():>2} {runs:<21} {space:<19} "
             f"{cpu.asid():>5}  {owner(found, weft)}")
    policy = kernel.name_of(domain["policy"].type, int(domain["policy"]),
                            "WEFT_ASID_")
    if policy != "generations":
        show(f"ASIDs: one for all spaces, {policy}")
        return
    show(f"ASIDs: generation {integer(domain['era'])}, "
         f"{integer(domain['rollovers'])} rollovers")
    for index in range(len(found.cpus)):
        each = found.load("struct weft_asid_cpu", integer(domain["cpus"]) +
                          index * kernel.lookup("struct weft_asid_cpu").sizeof)
        owes = ", owes a flush" if each["flush"] else ""
        show(f"  CPU {index}: active {context(integer(each['active']))}, "
             f"reserved {context(integer(each['reserved']))}{owes}")


def owner(found: Kernel, weft: gdb.Value) -> str:
    """Whose FP registers a CPU has, and what EL0 may use of them."""
    live = kernel.name_of(kernel.lookup("enum weft_fp_use"),
                          integer(weft["fp_live"]), "WEFT_FP_")
    address = integer(weft["fp_owner"])
    names = [f"{each.tid} {each.name}" for each in found.threads()
             if address and integer(each.task["fp"]) == address]
    whose = names[0] if names else "of one that died" if address \
        else "nobody's"
    return f"{whose}; EL0: {live}"


# ---- one thread -------------------------------------------------------

@command("TID | cpu", "look at a parked thread's stack; cpu: at the CPU's")
def loom_switch(words: "list[str]") -> None:
    if not words:
        raise Problem("loom switch TID, or the name of a kernel thread; "
                      "`loom switch cpu' goes back")
    if words[0] in ("cpu", "off"):
        unwind.select(None)
        gdb.execute("frame 0")
        return
    unwind.select(None)
    found = Kernel()
    thread = found.thread(words[0])
    cpu = thread.running_on()
    if cpu:
        cpu.thread.switch()
        show(f"{thread.tid or '-'} {thread.name} runs on CPU {thread.cpu}:")
        gdb.execute("frame 0")
        return
    root = integer(found.load("struct weft_space",
                              integer(thread.task["space"]))["ttbr"])
    sees = (root ^ found.here.ttbr[0]) & 0xfffffffff000 == 0
    unwind.select(unwind.Selection(f"{thread.address:#x}",
                                   unwind.parked(thread), sees))
    show(f"{thread.tid or '-'} {thread.name}, {thread.state()}, "
         f"{calls(thread)}{place(thread)}")
    if found.here.level() == 0:
        show("The CPU is at EL0, from where QEMU does not show the kernel's "
             "memory to gdb:\n`bt' works, `p' and `x' do not.")
    gdb.execute("frame 1")


def print_frame(frame: gdb.Value, address: int, title: str) -> None:
    show(f"{title}, struct weft_frame at {address:#x}")
    for row in range(0, 31, 3):
        show("  ".join(f"{f'x{n}':>4} {integer(frame['x'][n]):#018x}"
                       for n in range(row, min(row + 3, 31))))
    pc, pstate = integer(frame["pc"]), integer(frame["pstate"])
    show(f"  sp {integer(frame['sp']):#018x}")
    show(f"  pc {pc:#018x}  {where(pc)}")
    show(f"  pstate {pstate:#x}  {arm.pstate(pstate)}")


def print_cause(found: Kernel, frame: gdb.Value) -> None:
    """ESR, FAR and the system call of a frame that has them."""
    esr, call = integer(frame["esr"]), integer(frame["number"])
    if not esr:
        show("  esr 0: an interrupt")
        return
    show(f"  esr {esr:#x}")
    for line in arm.esr(esr):
        show(f"      {line}")
    if esr >> 26 in (*arm.IABORT, *arm.DABORT, *arm.WATCH, 0x22):
        show(f"  far {integer(frame['far']):#x}")
    if esr >> 26 == 0x15:
        show(f"  number {call} ({found.call_name(call)}), orig_x0 "
             f"{integer(frame['orig_x0']):#x}")


@command("[TID]", "the trap frames on its stack: registers, ESR, PSTATE")
def loom_frame(words: "list[str]") -> None:
    found = Kernel()
    thread = who_or_current(found, words)
    shown = 0
    for each in frames_of(thread):
        if not is_trap(each):
            continue
        shown += 1
        frame = found.load("struct weft_frame", each.cfa)
        is_user = each.cfa == thread.frame_at()
        print_frame(frame, each.cfa, "from the program" if is_user else
                    "from the kernel")
        if is_user and thread.is_leaf() and not thread.running_on():
            show("  parked by a leaf call, which keeps no esr, far, number")
            show(f"  x8 {integer(frame['x'][8])}, system call "
                 f"{found.call_name(integer(frame['x'][8]))}")
        else:
            print_cause(found, frame)
    if not shown:
        raise Problem(no_frame(thread))


def no_frame(thread: Thread) -> str:
    cpu = thread.running_on()
    if cpu and cpu.level() == 0:
        return f"{thread.name} is at EL0: its registers are in the CPU " \
            "(`info registers')"
    if not thread.process:
        return f"{thread.name} is a thread of the kernel and was interrupted" \
            " nowhere"
    return f"{thread.name} has no trap frame that is complete just now"


@command("[TID]", "its struct weft_task")
def loom_task(words: "list[str]") -> None:
    found = Kernel()
    thread = who_or_current(found, words)
    show(f"{thread.tid or '-'} {thread.name}, struct weft_task at "
         f"{thread.address:#x}, {thread.state()}")
    notes = task_notes(thread)
    for field in thread.task.type.fields():
        value = integer(thread.task[field.name])
        show(f"  {field.name:<11} {value:#x}{notes.get(field.name, '')}")


def task_notes(thread: Thread) -> "dict[str, str]":
    task = thread.task
    used = kernel.name_of(kernel.lookup("enum weft_fp_use"),
                          integer(task["fp_used"]), "WEFT_FP_")
    notes = {"cpu": f"  CPU {thread.cpu}", "fp_used": f"  {used}"}
    if thread.running_on():
        notes["pc"] = "  it runs: sp and pc are from before"
    else:
        notes["pc"] = f"  {thread.resumes()}"
    space = thread.kernel.load("struct weft_space", integer(task["space"]))
    if integer(space["domain"]):
        notes["space"] = f"  ttbr {integer(space['ttbr']):#x}, context " + \
            context(integer(space["context"]))
    else:
        notes["space"] = "  the empty one"
    return notes


@command("[TID]", "its FP and SIMD registers, and where they are")
def loom_fp(words: "list[str]") -> None:
    found = Kernel()
    thread = who_or_current(found, words)
    address = integer(thread.task["fp"])
    if not address:
        raise Problem(f"{thread.name} is a thread of the kernel: it has no FP "
                      "state")
    uses = kernel.lookup("enum weft_fp_use")
    used = kernel.name_of(uses, integer(thread.task["fp_used"]), "WEFT_FP_")
    show(f"{thread.tid} {thread.name}: state of kind `{used}'")
    cpu = thread.running_on()
    weft = found.per_cpu[thread.cpu]["weft"]
    if used == "nothing":
        show("It has used none so far: all zeros.")
    elif cpu and integer(weft["fp_live"]):
        show(f"in the registers of CPU {thread.cpu}; memory is stale")
        print_live(cpu)
    elif used == "sve":
        show(f"in memory, struct weft_sve at "
             f"{integer(thread.task['sve']):#x}; v is stale")
        print_fp(found.load("struct weft_fp", address), False)
    else:
        same = integer(weft["fp_owner"]) == address and \
            integer(thread.task["cpu"]) == kernel.symbol("cpus") + \
            thread.cpu * kernel.lookup("struct cpu").sizeof
        show(f"in memory, struct weft_fp at {address:#x}" +
             (f", and in CPU {thread.cpu}" if same else ""))
        print_fp(found.load("struct weft_fp", address), True)


def print_live(cpu: machine.Cpu) -> None:
    with machine.Selected():
        if cpu.thread != gdb.selected_thread():
            cpu.thread.switch()
        show(f"fpcr {machine.register('fpcr'):#x}  "
             f"fpsr {machine.register('fpsr'):#x}")
        frame = gdb.newest_frame()
        for n in range(32):
            value = frame.read_register(f"v{n}")["q"]["u"][0]
            print_vector(n, int(value))


def print_fp(state: gdb.Value, has_vectors: bool) -> None:
    show(f"fpcr {integer(state['fpcr']):#x}  fpsr {integer(state['fpsr']):#x}")
    for n in range(32 if has_vectors else 0):
        print_vector(n, integer(state["v"][2 * n]) |
                     integer(state["v"][2 * n + 1]) << 64)


def print_vector(n: int, value: int) -> None:
    gdb.write(f"{f'v{n}':>4} {value:#034x}" + ("\n" if n % 2 else ""))


# ---- the architecture -------------------------------------------------

@command("[VALUE]", "decode a syndrome; without a value: ESR_EL1")
def loom_esr(words: "list[str]") -> None:
    if words:
        value = number(" ".join(words))
    else:
        machine.this_cpu()
        value = machine.register("ESR_EL1")
    show(f"ESR {value:#x}")
    for line in arm.esr(value):
        show("  " + line)


def root_of(pid: str) -> int:
    found = Kernel()
    for process in found.all_processes():
        if str(int(process["pid"])) == pid:
            space = integer(process["aspace"])
            if not space:
                raise Problem(f"process {pid} has ended: its space is gone")
            return integer(found.load("struct aspace", space)["table"]["root"])
    raise Problem(f"no process {pid}: `loom ps' lists them")


@command("ADDRESS [PID]", "walk the tables: of TTBR0 or TTBR1, or of PID's")
def loom_translate(words: "list[str]") -> None:
    if not words or len(words) > 2:
        raise Problem("loom translate ADDRESS [PID]; quote an ADDRESS that "
                      "has spaces")
    address = number(words[0])
    cpu = machine.this_cpu()
    if machine.is_kernel(address):
        root, name = cpu.ttbr[1], "TTBR1_EL1"
    elif len(words) == 2:
        root, name = root_of(words[1]), f"tables of process {words[1]}"
    else:
        root, name = cpu.ttbr[0], f"TTBR0_EL1, ASID {cpu.asid()}"
    show(f"{address:#x} by {name}, root {root & 0xfffffffff000:#x}")
    try:
        found = machine.translate(cpu, address, root)
    except Unmapped as error:
        print_steps(error.args[0])
        show("not mapped")
        return
    print_steps(found.steps)
    show(f"physical {found.physical:#x}, in a {size_name(found.size)}")


def size_name(size: int) -> str:
    return {12: "page of 4 KiB", 21: "block of 2 MiB",
            30: "block of 1 GiB"}[size.bit_length() - 1]


def print_steps(steps: "list[machine.Step]") -> None:
    for step in steps:
        entry = step.entry
        show(f"  level {step.level} [{step.index:>3}] at {step.at:#x}: "
             f"{step.value:#018x}")
        target = f" {entry.address:#x}" if entry.kind != "invalid" else ""
        show(f"      {entry.kind}{target}")
        if entry.words:
            show(f"      {entry.words}")


# ---- the command ------------------------------------------------------

def usage() -> None:
    for name, (_, arguments, text) in COMMANDS.items():
        show(f"loom {name + ' ' + arguments:<24} {text}")
    show("TID: or the name of a kernel thread, or an expression for a struct "
         "thread.\ndocs/debugging.md says more.")


class Loom(gdb.Command):
    """Look at the kernel loom: `loom help' lists what there is."""

    def __init__(self) -> None:
        super().__init__("loom", gdb.COMMAND_USER)

    def invoke(self, argument: str, _from_tty: bool) -> None:
        try:
            words = shlex.split(argument)
        except ValueError as error:
            raise gdb.GdbError(f"loom: {error}") from None
        if not words or words[0] == "help":
            usage()
            return
        if words[0] not in COMMANDS:
            raise gdb.GdbError(f"loom has no {words[0]}: `loom help' lists "
                               "what there is")
        try:
            COMMANDS[words[0]][0](words[1:])
        except Problem as problem:
            raise gdb.GdbError(str(problem)) from None

    def complete(self, text: str, _word: str) -> "list[str]":
        return [name for name in (*COMMANDS, "help") if name.startswith(text)]


Loom()
unwind.install()
