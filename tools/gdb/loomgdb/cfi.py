# SPDX-License-Identifier: MIT
"""Call-frame information of an ELF file: where a function keeps what its
caller had.

gdb reads this itself. loom.py needs it once more where a return address is
signed and the stub does not tell gdb which bits are the signature. Read are
.debug_frame and .eh_frame of a little-endian ELF64 file (DWARF 5, 6.4; for
the return address state: DWARF for the Arm 64-bit Architecture), and no
expressions. Nothing of gdb is here.
"""

import bisect
import struct
from typing import Dict, List, NamedTuple, Optional, Tuple

PC_RELATIVE = 0x10
SIZES = {0x00: ("Q", 8), 0x03: ("I", 4), 0x04: ("Q", 8), 0x0b: ("i", 4),
         0x0c: ("q", 8)}


# Register: where it is, from the CFA; None: nowhere
Saved = Dict[int, Optional[int]]


class Unreadable(Exception):
    """The information uses what is not read here."""


class Row(NamedTuple):
    """What holds at one address of a function."""

    start: int                  # the function's
    cfa: Tuple[int, int]        # the caller's sp: register and offset
    saved: Saved                # those that the function changes
    return_register: int
    is_signed: bool             # the return address is
    is_exception: bool          # not a call made this frame


class Common(NamedTuple):
    """A CIE: what several functions share."""

    code_factor: int
    data_factor: int
    return_register: int
    is_exception: bool
    encoding: int
    has_augmentation: bool
    program: bytes


class Function(NamedTuple):
    """An FDE."""

    start: int
    end: int
    common: Common
    program: bytes


class Reader:
    """Takes numbers off a piece of the file."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data = data
        self.at = at

    def number(self, code: str) -> int:
        value = struct.unpack_from("<" + code, self.data, self.at)[0]
        self.at += struct.calcsize(code)
        return value

    def uleb(self) -> int:
        value = shift = 0
        while True:
            byte = self.number("B")
            value |= (byte & 0x7f) << shift
            shift += 7
            if not byte & 0x80:
                return value

    def sleb(self) -> int:
        begin = self.at
        value = self.uleb()
        size = 7 * (self.at - begin)
        return value - (1 << size) if value >> size - 1 else value

    def string(self) -> bytes:
        end = self.data.index(b"\0", self.at)
        text, self.at = self.data[self.at:end], end + 1
        return text


def sections(data: bytes) -> "Dict[str, Tuple[int, bytes]]":
    """Address and contents of each section of an ELF file, by name."""
    if data[:6] != b"\x7fELF\x02\x01":
        raise Unreadable("not a little-endian 64-bit ELF file")
    table, = struct.unpack_from("<Q", data, 40)
    size, count, names = struct.unpack_from("<HHH", data, 58)
    headers = [struct.unpack_from("<IIQQQQ", data, table + n * size)
               for n in range(count)]
    text = Reader(data)
    found = {}
    for name, kind, _, address, offset, length in headers:
        text.at = headers[names][4] + name
        if kind != 8:       # SHT_NOBITS has no contents
            found[text.string().decode()] = (address,
                                             data[offset:offset + length])
    return found


class Table:
    """All functions of a file that have such information."""

    def __init__(self, data: bytes) -> None:
        found = sections(data)
        self.functions: List[Function] = []
        for name in (".debug_frame", ".eh_frame"):
            if name in found:
                self.read(*found[name], name == ".eh_frame")
        self.functions.sort()
        self.starts = [each.start for each in self.functions]

    def read(self, address: int, data: bytes, is_eh: bool) -> None:
        commons: Dict[int, Common] = {}
        reader = Reader(data)
        while reader.at + 4 <= len(data):
            begin = reader.at
            length = reader.number("I")
            if length == 0:
                continue        # the end mark of .eh_frame, or padding
            if length == 0xffffffff:
                raise Unreadable("64-bit DWARF")
            end = reader.at + length
            here = reader.at
            ident = reader.number("I")
            if ident == (0 if is_eh else 0xffffffff):
                commons[begin] = common(reader, end)
            else:
                parent = commons[here - ident if is_eh else ident]
                self.add(reader, end, parent, address if is_eh else None)
            reader.at = end

    def add(self, reader: Reader, end: int, parent: Common,
            address: "Optional[int]") -> None:
        """An FDE; @address of an .eh_frame, whose pointers are encoded."""
        encoding = parent.encoding if address is not None else 0
        if encoding & 0x0f not in SIZES or encoding & 0x70 not in \
                (0, PC_RELATIVE):
            raise Unreadable(f"pointers encoded as {encoding:#x}")
        base = (address or 0) + reader.at
        code, _ = SIZES[encoding & 0x0f]
        start = reader.number(code)
        if encoding & 0x70 == PC_RELATIVE:
            start += base
        length = reader.number(code.upper())
        if parent.has_augmentation:
            reader.at += reader.uleb()
        start &= (1 << 64) - 1
        if length:              # 0: the linker dropped the function
            self.functions.append(Function(start, start + length, parent,
                                           reader.data[reader.at:end]))

    def row(self, pc: int) -> "Optional[Row]":
        """What holds before the instruction at @pc is executed."""
        index = bisect.bisect_right(self.starts, pc) - 1
        if index < 0 or pc >= self.functions[index].end:
            return None
        function = self.functions[index]
        state = State(function.common)
        state.run(function.common.program, function.start, pc)
        state.initial = dict(state.saved)
        state.run(function.program, function.start, pc)
        return Row(function.start, state.cfa, state.saved,
                   function.common.return_register, state.is_signed,
                   function.common.is_exception)


def common(reader: Reader, end: int) -> Common:
    version = reader.number("B")
    augmentation = reader.string().decode()
    if version >= 4:
        reader.at += 2          # sizes of addresses and selectors
    code_factor, data_factor = reader.uleb(), reader.sleb()
    return_register = reader.number("B") if version == 1 else reader.uleb()
    encoding = 0
    if augmentation.startswith("z"):
        after = reader.uleb() + reader.at
        for letter in augmentation[1:]:
            if letter == "R":
                encoding = reader.number("B")
            elif letter not in "SB":
                raise Unreadable(f"augmentation {augmentation}")
        reader.at = after
    elif augmentation.strip("SB"):
        raise Unreadable(f"augmentation {augmentation}")
    return Common(code_factor, data_factor, return_register,
                  "S" in augmentation, encoding, augmentation.startswith("z"),
                  reader.data[reader.at:end])


class State:
    """The machine that call-frame instructions are for."""

    def __init__(self, shared: Common) -> None:
        self.shared = shared
        self.cfa = (31, 0)
        self.saved: Saved = {}
        self.initial: Saved = {}
        self.is_signed = False
        self.stack: list = []

    def run(self, program: bytes, start: int, pc: int) -> None:
        """Execute what is about addresses up to @pc."""
        reader = Reader(program)
        while reader.at < len(program):
            op = reader.number("B")
            high, low = op & 0xc0, op & 0x3f
            if high == 0x40:
                start += low * self.shared.code_factor
            elif op in (0x02, 0x03, 0x04):
                start += reader.number(" BHI"[op - 1]) * \
                    self.shared.code_factor
            elif high == 0x80:
                self.save(low, reader.uleb())
            elif high == 0xc0:
                self.restore(low)
            else:
                self.step(op, reader)
            if start > pc:
                return

    def save(self, register: int, factored: int) -> None:
        self.saved[register] = factored * self.shared.data_factor

    def restore(self, register: int) -> None:
        if register in self.initial:
            self.saved[register] = self.initial[register]
        else:
            self.saved.pop(register, None)

    def step(self, op: int, reader: Reader) -> None:
        """The instructions that keep nothing in their first byte."""
        if op == 0x00:                          # nop
            return
        if op == 0x05:                          # offset_extended
            self.save(reader.uleb(), reader.uleb())
        elif op == 0x11:                        # offset_extended_sf
            self.save(reader.uleb(), reader.sleb())
        elif op == 0x06:                        # restore_extended
            self.restore(reader.uleb())
        elif op == 0x07:                        # undefined
            self.saved[reader.uleb()] = None
        elif op == 0x08:                        # same_value
            self.saved.pop(reader.uleb(), None)
        elif op == 0x0a:                        # remember_state
            self.stack.append((self.cfa, dict(self.saved), self.is_signed))
        elif op == 0x0b:                        # restore_state
            self.cfa, self.saved, self.is_signed = self.stack.pop()
        elif op == 0x0c:                        # def_cfa
            self.cfa = (reader.uleb(), reader.uleb())
        elif op == 0x12:                        # def_cfa_sf
            self.cfa = (reader.uleb(),
                        reader.sleb() * self.shared.data_factor)
        elif op == 0x0d:                        # def_cfa_register
            self.cfa = (reader.uleb(), self.cfa[1])
        elif op == 0x0e:                        # def_cfa_offset
            self.cfa = (self.cfa[0], reader.uleb())
        elif op == 0x13:                        # def_cfa_offset_sf
            self.cfa = (self.cfa[0], reader.sleb() * self.shared.data_factor)
        elif op == 0x2d:                        # AARCH64_negate_ra_state
            self.is_signed = not self.is_signed
        elif op == 0x2e:                        # GNU_args_size
            reader.uleb()
        else:
            raise Unreadable(f"call-frame instruction {op:#x}")
