# SPDX-License-Identifier: MIT
"""What loom keeps in memory: threads, processes, CPUs, spaces.

Layouts come from the kernel's debugging information. Objects are copied out of
the machine's memory (machine.py says why) and hold for one stop.
"""

import contextlib
from typing import Dict, Iterator, List, Optional

import gdb

from . import machine
from .machine import Problem, integer

LONGEST = 100000        # members of a list; more is a ring that is broken
RESUMED_AT_FRAME = ("weft_resume_frame", "weft_resume_leaf")


def missing(what: str) -> Problem:
    return Problem(f"no {what}: is this loom's ELF file, with debugging "
                   "information?\n(`file build/gcc-release/loom/loom.elf')")


def symbol(name: str) -> int:
    """The address of something that has external linkage."""
    try:
        return integer(gdb.parse_and_eval(f"&{name}"))
    except gdb.error:
        raise missing(name) from None


def static(file: str, name: str) -> gdb.Value:
    """A variable of one file: its type and address, no contents."""
    try:
        return gdb.parse_and_eval(f"&'{file}'::{name}").dereference()
    except gdb.error:
        raise missing(f"{name} in {file}") from None


def lookup(name: str) -> gdb.Type:
    try:
        return gdb.lookup_type(name)
    except gdb.error:
        raise missing(name) from None


def offset(struct: gdb.Type, member: str) -> int:
    for field in struct.fields():
        if field.name == member:
            return field.bitpos // 8
    raise Problem(f"{struct} has no {member}: this ELF file is of another "
                  "version")


def name_of(enumeration: gdb.Type, value: int, prefix: str) -> str:
    """The enumerator that is @value, in small letters."""
    for field in enumeration.fields():
        if field.enumval == value:
            return field.name.removeprefix(prefix).lower()
    return f"{value}?"


def where(address: int) -> str:
    """An address by symbol, as gdb says it."""
    text = gdb.execute(f"info symbol {address:#x}", to_string=True)
    if text.startswith("No symbol"):
        return f"{address:#x}"
    return text.split(" in section ")[0].replace(" + ", "+")


class Thread:
    """A struct thread."""

    def __init__(self, kernel: "Kernel", address: int) -> None:
        self.kernel = kernel
        self.address = address
        self.value = kernel.load("struct thread", address)
        self.task = self.value["task"]
        self.tid = int(self.value["tid"])
        self.process = integer(self.value["process"])
        self.cpu = kernel.cpu_index(integer(self.value["cpu"]))
        self.name = self.value["name"].string("ascii", "replace")
        if self.address in kernel.idle:
            self.name = f"idle/{kernel.idle.index(self.address)}"

    def pid(self) -> int:
        return self.kernel.process(self.process)["pid"] if self.process else 0

    def running_on(self) -> "Optional[machine.Cpu]":
        """The CPU whose registers are this thread's, if there is one."""
        for cpu in self.kernel.cpus:
            if cpu.task == self.address:
                return cpu
        return None

    def state(self) -> str:
        if self.running_on():
            return "running"
        return name_of(self.value["state"].type, int(self.value["state"]),
                       "THREAD_")

    def resumes(self) -> str:
        """The symbol at which it is parked."""
        return self.kernel.resume.get(integer(self.task["pc"]), "?")

    def is_leaf(self) -> bool:
        return self.resumes() == "weft_resume_leaf"

    def frame_at(self) -> int:
        """Its user frame, at the top of its stack, as an address.

        A stack fills the upper half of a slot that is aligned to twice its
        size, so the lowest bit that is set in its bottom is its size.
        """
        bottom = integer(self.value["stack"])
        return bottom + (bottom & -bottom) - \
            lookup("struct weft_frame").sizeof

    def user_frame(self) -> "Optional[gdb.Value]":
        """What a program has there; none while it runs at EL0."""
        cpu = self.running_on()
        if not self.process or (cpu and cpu.level() == 0):
            return None
        return self.kernel.load("struct weft_frame", self.frame_at())

    def call(self) -> str:
        """The system call that it is in, by name; or ""."""
        frame = self.user_frame()
        if frame is None:
            return ""
        # A leaf call leaves the number where the program put it.
        number = integer(frame["x"][8] if self.is_leaf() and
                         not self.running_on() else frame["number"])
        return self.kernel.call_name(number)


class Kernel:
    """A look at the whole, of one stop."""

    def __init__(self) -> None:
        self.cpus = machine.all_cpus()
        self.here = machine.this_cpu()
        self.memory = machine.Memory(self.here)
        self.resume = {symbol(name): name for name in
                       ("weft_resume_kernel", "weft_resume_first",
                        *RESUMED_AT_FRAME)}
        self.per_cpu = self.structs_of_cpus()
        self.idle = [integer(each["idle"]) for each in self.per_cpu]
        self.processes: Dict[int, gdb.Value] = {}

    def load(self, kind: "str | gdb.Type", address: int) -> gdb.Value:
        """A copy of the object of type @kind at @address."""
        if isinstance(kind, str):
            kind = lookup(kind)
        kind = kind.strip_typedefs()
        return gdb.Value(self.memory.read(address, kind.sizeof), kind)

    def variable(self, value: gdb.Value) -> gdb.Value:
        """A copy of a variable; of static()."""
        return self.load(value.type, integer(value.address))

    def structs_of_cpus(self) -> "List[gdb.Value]":
        size = lookup("struct cpu").sizeof
        return [self.load("struct cpu", symbol("cpus") + size * n)
                for n in range(len(self.cpus))]

    def cpu_index(self, address: int) -> int:
        return (address - symbol("cpus")) // lookup("struct cpu").sizeof

    def ring(self, head: int, struct: str, member: str) -> Iterator[int]:
        """The objects on a list (lib/list.h), as addresses."""
        back = offset(lookup(struct), member)
        node = self.memory.word(head)
        for _ in range(LONGEST):
            if node in (head, 0):
                return
            yield node - back
            node = self.memory.word(node)
        raise Problem(f"the list of all {struct} is no ring: memory is "
                      "damaged")

    def threads(self) -> "List[Thread]":
        head = integer(static("sched/thread.c", "threads").address)
        found = [Thread(self, address) for address in self.idle if address]
        found += [Thread(self, address) for address in
                  self.ring(head, "struct thread", "all")]
        return sorted(found, key=lambda t: (t.pid(), t.tid, t.name))

    def thread(self, who: str) -> Thread:
        """By TID; a kernel thread by its name; any by its address."""
        threads = self.threads()
        for thread in threads:
            if who == (str(thread.tid) if thread.tid else thread.name):
                return thread
        with contextlib.suppress(gdb.error):
            address = integer(gdb.parse_and_eval(who))
            for thread in threads:
                if thread.address == address:
                    return thread
        raise Problem(f"no thread {who}: `loom threads' lists them; those of "
                      "the kernel go by name")

    def current(self) -> Thread:
        """The thread that runs on the selected CPU."""
        if not self.here.task:
            raise Problem("this CPU runs no thread yet: TPIDR_EL1 is 0")
        return Thread(self, self.here.task)

    def process(self, address: int) -> gdb.Value:
        if address not in self.processes:
            self.processes[address] = self.load("struct process", address)
        return self.processes[address]

    def all_processes(self) -> "List[gdb.Value]":
        return [self.process(each) for each in
                self.ring(symbol("process_all"), "struct process", "all")]

    def call_name(self, number: int) -> str:
        table = static("syscall/table.c", "table")
        low, high = table.type.range()
        if number >> 32:        # WEFT_NO_SYSCALL
            return ""
        if not low <= number <= high:
            return str(number)
        each = self.variable(table[number])
        name = integer(each["name"])
        return self.memory.string(name) if name else str(number)

    def space_of_root(self, root: int) -> str:
        """Whose tables begin at @root, for people."""
        for process in self.all_processes():
            space = integer(process["aspace"])
            if space and integer(self.load("struct aspace", space)["table"]
                                 ["root"]) == root:
                return f"{int(process['pid'])} " \
                    f"{process['name'].string('ascii', 'replace')}"
        return "one that has ended"
