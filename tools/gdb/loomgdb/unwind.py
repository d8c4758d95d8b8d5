# SPDX-License-Identifier: MIT
"""Stacks: of a parked thread, and where gdb alone cannot unwind.

gdb has one set of registers for each CPU. To show a parked thread, the frame
of the CPU is said to have been called by the thread's innermost one: then all
that gdb knows of frames works, and nothing of the machine is written. What is
left of it to see is the number: the thread's frames begin at 1.

The other use of the unwinder is for frames that gdb cannot unwind:

- The return address is signed (FEAT_PAuth). gdb would have to know which bits
  are the signature, and QEMU's stub does not tell it.
- The CPU is at EL0, from where the stub does not read the kernel's memory.

All other frames are gdb's.
"""

from typing import Dict, Iterator, NamedTuple, Optional, Set, Tuple

import gdb
import gdb.unwinder
from gdb.FrameDecorator import FrameDecorator

from . import cfi, kernel, machine

SP, PC = 31, 32             # DWARF's numbers of registers
PRESERVED = range(19, 31)   # by the procedure call standard
NAMES = {n: f"x{n}" for n in range(31)}
NAMES.update({SP: "sp", PC: "pc"})
ID_OF_CPU = 0               # below every stack, as gdb wants of a callee


class Selection(NamedTuple):
    """A parked thread that is looked at instead of the CPU."""

    who: str
    registers: "Dict[int, int]"
    sees_its_memory: bool   # its user space is the one in TTBR0


class Here:
    """What holds for this stop."""

    def __init__(self) -> None:
        self.selection: Optional[Selection] = None
        self.parameters: Dict[str, bool] = {}
        self.file = ""
        self.table: Optional[cfi.Table] = None
        self.forget()

    def forget(self) -> None:
        """The machine goes on: registers and memory change."""
        self.memory: Optional[machine.Memory] = None
        # pc and sp of what an exception interrupted: pc is no return address
        self.interrupted: Set[Tuple[int, int]] = set()

    def look(self, pending: gdb.PendingFrame) -> machine.Memory:
        """The memory of the CPU whose frames these are.

        Its own frame comes first, and only that one has all registers.
        """
        if pending.level() == 0 or self.memory is None:
            cpu = machine.cpu_of(gdb.selected_thread(), pending)
            if self.memory is None or cpu != self.memory.cpu:
                self.memory = machine.Memory(cpu)
        return self.memory

    def row(self, pc: int) -> "Optional[cfi.Row]":
        """The kernel's call-frame information for @pc."""
        file = gdb.current_progspace().filename or ""
        if file != self.file or self.table is None:
            if not file:
                return None
            with open(file, "rb") as elf:
                self.table = cfi.Table(elf.read())
            self.file = file
        return self.table.row(pc)


HERE = Here()


def parked(thread: kernel.Thread) -> "Dict[int, int]":
    """The registers of a parked thread, as far as they are kept.

    gdb takes this pc for a return address, and looks at what is before it: so
    it is put behind the landing pad that all resume addresses begin with, and
    one more instruction.
    """
    sp = machine.integer(thread.task["sp"])
    resumes = thread.resumes()
    if resumes == "?":
        raise machine.Problem(f"{thread.name} is not parked where weft parks: "
                              "its struct weft_task is damaged")
    if resumes in kernel.RESUMED_AT_FRAME:
        # The leaf one completes the frame and goes on with the other.
        return {SP: sp, PC: kernel.symbol("weft_resume_frame") + 8}
    registers = {SP: sp, PC: machine.integer(thread.task["pc"]) + 8}
    if resumes == "weft_resume_kernel":
        saved = thread.kernel.load("struct weft_saved", sp)
        registers.update({19 + n: machine.integer(saved["x"][n])
                          for n in range(10)})
        registers[29] = machine.integer(saved["x29"])
        registers[30] = machine.integer(saved["lr"])
    return registers


def of_cpu(cpu: machine.Cpu) -> "Dict[int, int]":
    """The registers of the selected CPU."""
    return {PC: cpu.pc, **{n: machine.register(NAMES[n])
                           for n in (*range(31), SP)}}


class Frame(NamedTuple):
    pc: int
    look: int           # an address inside the instruction that it is at
    row: "Optional[cfi.Row]"
    cfa: int


def caller(registers: "Dict[int, int]", row: cfi.Row,
           memory: machine.Memory) -> "Tuple[int, Dict[int, int]]":
    """The CFA, and the registers of the caller; pc 0: there is none."""
    cfa = registers[row.cfa[0]] + row.cfa[1]
    before = {**registers, SP: cfa}
    for register, place in row.saved.items():
        before[register] = 0 if place is None else memory.word(cfa + place)
    if row.saved.get(PC, 0) is None:    # nowhere: a leaf call's entry
        before[PC] = 0
    elif row.return_register != PC:
        before[PC] = machine.strip(memory.cpu,
                                   before.get(row.return_register, 0))
    return cfa, before


def walk(registers: "Dict[int, int]", exact: bool,
         memory: machine.Memory) -> Iterator[Frame]:
    """The frames in the kernel, and the pc in a program at the end."""
    for _ in range(200):
        pc = registers[PC]
        look = pc if exact else pc - 1
        if not machine.is_kernel(pc):
            if pc:
                yield Frame(pc, look, None, 0)
            return
        row = HERE.row(look)
        if row is None:
            yield Frame(pc, look, None, 0)
            return
        cfa, registers = caller(registers, row, memory)
        yield Frame(pc, look, row, cfa)
        exact = row.is_exception


# ---- inside gdb's unwinding -------------------------------------------

class FrameId:
    def __init__(self, sp: int, pc: int) -> None:
        self.sp = gdb.Value(sp)
        self.pc = gdb.Value(pc)


class Unwinder(gdb.unwinder.Unwinder):
    """See the head of the file."""

    def __init__(self) -> None:
        super().__init__("loom")

    def __call__(self, pending: gdb.PendingFrame):
        if gdb.current_progspace().filename is None:
            return None
        try:
            return self.unwind(pending)
        except (machine.Problem, cfi.Unreadable, gdb.error, ValueError):
            return None     # gdb says what it thinks of the frame

    def unwind(self, pending: gdb.PendingFrame):
        pc = machine.integer(pending.read_register("pc"))
        memory = HERE.look(pending)
        if HERE.selection and pending.level() == 0:
            info = pending.create_unwind_info(FrameId(ID_OF_CPU, pc))
            return add(info, HERE.selection.registers, pending)
        if not machine.is_kernel(pc):
            return self.unwind_user(pending, pc)
        sp = machine.integer(pending.read_register("sp"))
        exact = pending.level() == 0 or (pc, sp) in HERE.interrupted
        row = HERE.row(pc if exact else pc - 1)
        if row is None:
            return None
        return self.unwind_kernel(pending, row, {SP: sp, PC: pc}, memory)

    @staticmethod
    def unwind_user(pending: gdb.PendingFrame, pc: int):
        """The program of another space: its memory is not what gdb sees."""
        if not HERE.selection or HERE.selection.sees_its_memory:
            return None
        sp = machine.integer(pending.read_register("sp"))
        return add(pending.create_unwind_info(FrameId(sp, pc)),
                   {SP: sp, PC: 0}, pending)

    @staticmethod
    def unwind_kernel(pending: gdb.PendingFrame, row: cfi.Row,
                      registers: "Dict[int, int]", memory: machine.Memory):
        by_gdb = memory.cpu.level() != 0 and not row.is_signed
        if by_gdb and not row.is_exception:
            return None
        for n in PRESERVED:
            value = pending.read_register(NAMES[n])
            if not value.is_optimized_out:
                registers[n] = machine.integer(value)
        cfa, before = caller(registers, row, memory)
        if row.is_exception:
            HERE.interrupted.add((before[PC], before[SP]))
        if by_gdb:
            return None
        info = pending.create_unwind_info(FrameId(cfa, row.start))
        return add(info, before, pending)


def add(info: gdb.UnwindInfo, registers: "Dict[int, int]",
        pending: gdb.PendingFrame) -> gdb.UnwindInfo:
    """The caller has @registers."""
    word = pending.read_register("x0").type
    for n, value in registers.items():
        info.add_saved_register(NAMES[n], gdb.Value(
            value.to_bytes(8, "little"),
            word if n < SP else pending.read_register(NAMES[n]).type))
    return info


class Decorator(FrameDecorator):
    """A frame without a symbol is a program's: loom's functions have one."""

    def function(self):
        return super().function() if self.inferior_frame().name() \
            else "?? of the program"

    def frame_args(self):
        """None at EL0: gdb could not read those that are in memory."""
        return None if HERE.memory and HERE.memory.cpu.level() == 0 \
            else super().frame_args()


class Filter:
    """Leaves the CPU's own frame out of a parked thread's backtrace, and the
    one with pc 0 that stands for the end.
    """

    def __init__(self) -> None:
        self.name = "loom"
        self.priority = 100
        gdb.frame_filters[self.name] = self

    @property
    def enabled(self) -> bool:
        return HERE.selection is not None

    @staticmethod
    def filter(frames):
        for frame in frames:
            inferior = frame.inferior_frame()
            if inferior.level() and inferior.pc():
                yield Decorator(frame)


# By itself gdb stops at what looks like the end of the frame it begins with.
PARAMETERS = ("backtrace past-main", "backtrace past-entry")


def select(selection: "Optional[Selection]") -> None:
    if selection and not HERE.selection:
        HERE.parameters = {name: gdb.parameter(name) for name in PARAMETERS}
        set_parameters({name: True for name in PARAMETERS})
    if HERE.selection and not selection:
        set_parameters(HERE.parameters)
    HERE.selection = selection
    gdb.invalidate_cached_frames()


def set_parameters(values: "Dict[str, bool]") -> None:
    for name, value in values.items():
        gdb.execute(f"set {name} {'on' if value else 'off'}")


def forget(_event: object) -> None:
    select(None)
    HERE.forget()


def install() -> None:
    gdb.unwinder.register_unwinder(None, Unwinder(), replace=True)
    Filter()
    gdb.events.cont.connect(forget)
    gdb.events.exited.connect(forget)
