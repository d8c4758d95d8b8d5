# SPDX-License-Identifier: MIT
"""From the events of a traced kernel to the tracks of docs/tracing.md.

Follows what each CPU does and what each thread is, one event after the
other, and writes slices as they begin and end: how long the trace is makes no
difference to the memory that it takes.
"""

import collections
import json
from typing import Any, Callable, Iterator, Optional, TextIO

import trace_records
from trace_records import Event

CPUS = 1_000_000        # pids of groups that are no process of loom's
KERNEL = 1_000_001
AGAIN = 2_000_000       # is added for each process that had the number before
READY, BLOCKED, NEW, DEAD = range(4)                    # enum thread_state
PREEMPTED, YIELDS, SLEEPS, ENDS = range(4)              # enum trace_why
WHY = {PREEMPTED: "preempted", YIELDS: "yields", SLEEPS: "woken"}
DEFER = 1               # WEFT_LEAF_DEFER
EL0 = 8                 # vectors from here on are of EL0
ALL_ASIDS = 0xffffffff
LEAF, LOCAL, RANGE, BLOCKS = 1, 2, 4, 8                 # enum weft_tlb_flags
USE = {0: "nothing", 1: "SIMD", 2: "SVE"}               # enum weft_fp_use
ABOUT = {"THREAD", "NAME"}
NOBODY = {"BEGIN", "END", "COUNTER", "COST", "WRITE", "LOST"}
COUNTERS = ("switches", "irqs", "rollovers")
IPC = {"IPC_CALL": "call", "IPC_REPLY": "reply", "IPC_RECEIVE": "receive",
       "NOTE_SIGNAL": "signal", "NOTE_WAIT": "wait"}

Args = dict[str, Any]


def signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value


class Track:
    """A row of the picture: its slices, which nest."""

    def __init__(self, out: "Output", pid: int, tid: int) -> None:
        self.out, self.pid, self.tid = out, pid, tid
        self.head = f'"pid":{pid},"tid":{tid}'
        self.depth = 0
        self.last = 0

    def write(self, phase: str, ns: int, rest: str = "",
              beyond: str = "") -> None:
        assert ns >= self.last, f"{self.head}: back in time"
        self.last = ns
        ns -= self.out.start
        self.out.line(f'{{"ph":"{phase}",{self.head},'
                      f'"ts":{ns // 1000}.{ns % 1000:03}{beyond}{rest}}}')

    def begin(self, ns: int, cat: str, name: str, args: Args) -> None:
        self.depth += 1
        self.write("B", ns, f',"cat":"{cat}","name":{quoted(name)},'
                   f'"args":{text(args)}')

    def end(self, ns: int, args: Optional[Args] = None) -> None:
        self.depth -= 1
        assert self.depth >= 0, f"{self.head}: nothing to end"
        self.write("E", ns, f',"args":{text(args)}' if args else "")

    def instant(self, ns: int, cat: str, name: str, args: Args) -> None:
        self.write("i", ns, f',"s":"t","cat":"{cat}","name":{quoted(name)},'
                   f'"args":{text(args)}')

    def arrow(self, ns: int, phase: str, cat: str, number: int) -> None:
        rest = f',"id":{number},"cat":"{cat}","name":"{cat}"'
        if phase == "s":
            self.write(phase, ns, rest)
        else:
            # Half a nanosecond later: for viewers the slice that ends here
            # still has this moment, and it is the next that is meant.
            self.write(phase, ns, rest + ',"bp":"e"', beyond="5")

    def close(self, ns: int) -> None:
        while self.depth:
            self.end(ns)


def text(value: object) -> str:
    """Characters as they are: newer Perfetto's sources refuse \\u pairs."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def quoted(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)


class Output:
    """The file: lines of the list, then what is known at the end."""

    def __init__(self, file: TextIO) -> None:
        self.file = file
        self.start = 0          # ns of the first event
        self.lines = 0
        self.tracks: dict[tuple[int, int], Track] = {}
        file.write('{"displayTimeUnit":"ns","traceEvents":[\n')

    def line(self, content: str) -> None:
        self.file.write((",\n" if self.lines else "") + content)
        self.lines += 1

    def track(self, pid: int, tid: int) -> Track:
        if (pid, tid) not in self.tracks:
            self.tracks[pid, tid] = Track(self, pid, tid)
        return self.tracks[pid, tid]

    def name(self, kind: str, pid: int, tid: int, **args: object) -> None:
        self.line(f'{{"ph":"M","pid":{pid},"tid":{tid},"name":"{kind}",'
                  f'"args":{text(args)}}}')

    def finish(self, other: Args) -> None:
        # Words of the command may be no UTF-8: these can only be escaped.
        rest = json.dumps(other, separators=(",", ":"))
        self.file.write(f'\n],"otherData":{rest}}}\n')


class Part:
    """What the kernel does for a thread: a slice of level 2 or deeper."""

    def __init__(self, cat: str, name: str, args: Args) -> None:
        self.cat, self.name = cat, name
        self.args = dict(args, el=1)
        self.late: Args = {}    # what is known at its end
        self.again = False

    def begin(self, track: Track, ns: int) -> None:
        args = dict(self.args, again=True) if self.again else self.args
        track.begin(ns, self.cat, self.name, args)
        self.again = True


class Thread:
    """A thread of loom: what it does, or waits for."""

    def __init__(self, pid: int, tid: int, track: Track, name: str) -> None:
        self.pid, self.tid, self.name = pid, tid, name
        self.track = track
        self.parts = [Part("kernel", "kernel", {})]
        self.at_el0 = False
        self.cpu: Optional["Cpu"] = None        # runs there
        self.wait: Args = {}
        self.arrow: tuple[int, str] = (0, "")   # to draw when it runs
        self.ended = False

    def label(self) -> str:
        return f"{self.name} {self.tid}" if self.tid else self.name

    def call(self) -> str:
        """The system call that it is in, if it is in one."""
        bottom = self.parts[0] if self.parts else None
        return bottom.name if bottom and bottom.cat == "call" else ""

    def state(self, ns: int, name: str, args: Args) -> None:
        self.track.close(ns)
        self.track.begin(ns, "state", name, args)

    def runs(self, ns: int, cpu: int) -> None:
        if self.at_el0:
            self.state(ns, "EL0", {"cpu": cpu, "el": 0})
        else:
            self.state(ns, self.parts[0].name if self.parts else "kernel",
                       {"cpu": cpu, "el": 1})

    def leaves(self, ns: int, cpu: int, state: int, why: int) -> None:
        if state == DEAD or why == ENDS:
            self.track.close(ns)
            self.ended = True
        elif state == BLOCKED:
            call = self.call()
            self.state(ns, f"blocked in {call or self.name}",
                       dict(self.wait, call=call))
        elif why == PREEMPTED and self.call() == "sched_yield":
            self.state(ns, "ready", {"cpu": cpu, "why": "yields"})
        elif not self.tid and self.name.startswith("idle/"):
            self.state(ns, "ready", {"cpu": cpu, "why": "idle"})
        else:
            self.state(ns, "ready", {"cpu": cpu, "why": WHY.get(why, "")})


class Cpu:
    """One CPU: who runs, and what the registers hold that outlast that."""

    def __init__(self, out: Output, index: int, first: Thread) -> None:
        self.index = index
        self.track = out.track(CPUS, 10 * index + 1)
        self.space = out.track(CPUS, 10 * index + 2)
        self.fp = out.track(CPUS, 10 * index + 3)
        self.current = first
        self.next: Optional[Thread] = None      # chosen, and not yet there
        self.left = (READY, PREEMPTED)          # how current leaves
        self.space_of: tuple[Optional[Thread], Args] = (None, {})
        self.fp_of: tuple[Optional[Thread], int, int] = (None, 0, 0)
        self.fp_drawn: Optional[tuple[Optional[Thread], int, int]] = None
        self.message: tuple[Optional[Thread], str] = (None, "")
        first.cpu = self

    def begin_run(self, ns: int) -> None:
        who = self.current
        self.track.begin(ns, "run", who.label(), {
            "pid": who.pid, "tid": who.tid,
            "track": f"{who.track.pid}/{who.track.tid}"})
        if who.at_el0:
            self.track.begin(ns, "el0", "EL0", {"el": 0})
        for part in who.parts:
            part.begin(self.track, ns)

    def end_run(self, ns: int) -> None:
        for part in reversed(self.current.parts):
            self.track.end(ns, part.late)
        self.track.close(ns)

    def draw_fp(self, ns: int) -> None:
        if self.fp_drawn == self.fp_of:
            return
        self.fp_drawn = self.fp_of
        owner, use, live = self.fp_of
        self.fp.close(ns)
        self.fp.begin(ns, "fp", owner.label() if owner else "nobody", {
            "tid": owner.tid if owner else 0, "use": USE.get(use, str(use)),
            "live": bool(live)})

    def draw_space(self, ns: int) -> None:
        owner, args = self.space_of
        self.space.close(ns)
        if owner is None:
            self.space.begin(ns, "space", "empty", args)
        else:
            self.space.begin(ns, "space", f"{owner.name} {owner.pid} asid "
                             f"{args['asid']}", dict(args, pid=owner.pid))


class Converter:
    """All CPUs and threads, and what each event does to them."""

    def __init__(self, out: Output,
                 where: Callable[[int], str] = hex) -> None:
        self.out = out
        self.where = where
        self.calls = trace_records.call_names()
        self.cpus: dict[int, Cpu] = {}
        self.threads: dict[int, Thread] = {}    # by address
        self.all: list[Thread] = []
        self.tracks_used: collections.Counter[int] = collections.Counter()
        self.groups: dict[int, int] = {}        # pid: group of the present
        self.group_names: dict[int, str] = {}
        self.kernel_threads = 0
        self.arrows = 0
        self.counts: collections.Counter[str] = collections.Counter()
        self.counters: collections.Counter[str] = collections.Counter()
        self.ended: dict[int, tuple[int, int]] = {}
        self.lost = 0
        self.gaps = 0           # records that do not fit what came before
        self.cost_ticks = (0, 0)
        self.now = 0

    # ---- threads ------------------------------------------------------

    def new_thread(self, pid: int, tid: int, name: str) -> Thread:
        if not pid:
            self.kernel_threads += 1
            group, row = KERNEL, self.kernel_threads
        else:
            if pid not in self.groups or tid == pid:
                group = pid + AGAIN * self.tracks_used[pid]
                self.tracks_used[pid] += 1
                self.groups[pid] = group
            group, row = self.groups[pid], tid
            while self.out.track(group, row).last:
                row += AGAIN
        thread = Thread(pid, tid, self.out.track(group, row), name)
        self.all.append(thread)
        return thread

    def thread(self, address: int, cpu: int) -> Thread:
        """Who is there; the first of a CPU is its idle thread."""
        if address not in self.threads:
            name = f"idle/{cpu}" if cpu not in self.cpus else \
                f"thread {address:x}"
            self.threads[address] = self.new_thread(0, 0, name)
        return self.threads[address]

    def on_thread(self, event: Event) -> None:
        pid, tid = event.a >> 32, event.a & 0xffffffff
        old = self.threads.get(event.task)
        if old and not old.ended and (event.b == event.task or not event.b):
            old.tid = tid       # it took the number of its process
            return
        thread = self.new_thread(pid, tid, "")
        self.threads[event.task] = thread
        thread.state(event.ns, "ready", {"cpu": event.cpu, "why": "new"})
        creator = self.threads.get(event.b)
        if creator:
            self.draw_arrow(event.ns, creator, thread, "wake")
            if pid:
                self.instant(event, "process",
                             "fork" if pid != creator.pid else "thread",
                             {"pid": pid, "tid": tid})

    def on_name(self, event: Event) -> None:
        data = event.a.to_bytes(8, "little") + event.b.to_bytes(8, "little")
        name = data.split(b"\0")[0].decode("utf-8", "replace")
        thread = self.thread(event.task, event.cpu)
        if not thread.tid and name == "idle":
            name = f"idle/{event.cpu}"
        known = thread.name
        thread.name = name
        if not known or known == name:
            return
        cpu = thread.cpu
        if not cpu:
            return
        self.instant(event, "process", "exec", {"name": name, "was": known})
        # What is drawn for it goes on under the new name.
        cpu.end_run(event.ns)
        cpu.begin_run(event.ns)
        if cpu.space_of[0] is thread:
            cpu.draw_space(event.ns)

    def draw_arrow(self, ns: int, source: Thread, target: Thread,
                   cat: str) -> None:
        """Its head is drawn when @target runs."""
        if not source.track.depth:
            return
        self.arrows += 1
        source.track.arrow(ns, "s", cat, self.arrows)
        target.arrow = (self.arrows, cat)

    # ---- events -------------------------------------------------------

    def convert(self, events: Iterator[Event]) -> None:
        handlers = {name: getattr(self, "on_" + name.lower(), None)
                    for name in trace_records.event_names().values()}
        for event in events:
            if not self.now:
                self.out.start = event.ns
            self.now = event.ns
            self.counts[event.name] += 1
            if event.name not in NOBODY:
                self.follow(event)
            handler = handlers[event.name]
            if handler:
                handler(event)
        self.finish()

    def follow(self, event: Event) -> None:
        """The record names who runs: see that this is who we think."""
        cpu = self.cpus.get(event.cpu)
        if event.name in ABOUT:
            return
        if not cpu:
            first = self.thread(event.task, event.cpu)
            cpu = self.cpus[event.cpu] = Cpu(self.out, event.cpu, first)
            cpu.begin_run(event.ns)
            first.runs(event.ns, event.cpu)
        elif self.threads.get(event.task) is not cpu.current:
            self.gaps += 1
            self.change(cpu, self.thread(event.task, event.cpu), event.ns)
        if not event.name.startswith("FP_"):
            cpu.draw_fp(event.ns)

    def instant(self, event: Event, cat: str, name: str, args: Args) -> None:
        cpu = self.cpus.get(event.cpu)
        if cpu:
            cpu.track.instant(event.ns, cat, name, args)

    def push(self, event: Event, part: Part, from_el0: bool) -> None:
        cpu = self.cpus[event.cpu]
        thread = cpu.current
        if from_el0 != thread.at_el0:
            self.gaps += 1
            self.level(cpu, event.ns, from_el0)
        if from_el0:
            cpu.track.end(event.ns)
            thread.at_el0 = False
        thread.parts.append(part)
        part.begin(cpu.track, event.ns)
        if from_el0:
            thread.runs(event.ns, cpu.index)

    def level(self, cpu: Cpu, ns: int, at_el0: bool) -> None:
        """After a gap: the thread is at this exception level."""
        cpu.end_run(ns)
        cpu.current.at_el0 = at_el0
        cpu.current.parts = [] if at_el0 else [Part("kernel", "kernel", {})]
        cpu.begin_run(ns)

    def pop(self, cpu: Cpu, ns: int) -> None:
        part = cpu.current.parts.pop()
        cpu.track.end(ns, part.late)

    def top(self, event: Event) -> Optional[Part]:
        parts = self.cpus[event.cpu].current.parts
        return parts[-1] if parts else None

    def on_call(self, event: Event) -> None:
        name = self.calls.get(event.a, f"call {event.a}")
        self.push(event, Part("call", name, {
            "number": event.a, "x0": hex(event.b)}), True)

    def on_enter(self, event: Event) -> None:
        vector, esr = event.a, event.b
        kind = vector & 3
        if kind == 0 and vector < 16:
            cat, name = trace_records.exception(esr)
            args: Args = {"access": trace_records.access(esr)} \
                if cat == "fault" else {"esr": hex(esr)}
            part = Part(cat, name, args)
        elif kind == 1:
            part = Part("irq", "IRQ", {})
        else:
            part = Part("trap", ("stack full", "", "FIQ", "SError")[kind],
                        {"esr": hex(esr)})
        if not EL0 <= vector < 16:
            self.counts["ENTER_KERNEL"] += 1
        self.push(event, part, EL0 <= vector < 16)

    def on_exit(self, event: Event) -> None:
        cpu = self.cpus[event.cpu]
        thread = cpu.current
        if thread.at_el0:
            self.gaps += 1
            self.level(cpu, event.ns, False)
        while thread.parts:
            part = thread.parts[-1]
            if part.cat == "call" and "result" not in part.late:
                part.late["result"] = signed(event.b)
            self.pop(cpu, event.ns)
        thread.at_el0 = True
        cpu.track.begin(event.ns, "el0", "EL0", {"el": 0})
        thread.runs(event.ns, cpu.index)

    def on_exit_kernel(self, event: Event) -> None:
        cpu = self.cpus[event.cpu]
        if len(cpu.current.parts) > 1:
            self.pop(cpu, event.ns)
        else:
            self.gaps += 1

    def on_leaf(self, event: Event) -> None:
        part = self.top(event)
        if part and event.b != DEFER:
            part.late["leaf"] = True
            if not event.b and part.cat == "call":
                part.late["result"] = signed(event.a)

    def on_result(self, event: Event) -> None:
        for part in self.cpus[event.cpu].current.parts:
            if part.cat == "call":
                part.late["result"] = signed(event.b)

    def on_leave(self, event: Event) -> None:
        cpu = self.cpus[event.cpu]
        cpu.next = self.thread(event.b, event.cpu)
        cpu.left = (event.a >> 8 & 0xff, event.a & 0xff)
        if event.a >> 16:
            self.counts["LEAVE_LEAF"] += 1
        cpu.current.parts.append(Part("switch", "switch", {
            "to": cpu.next.label()}))
        cpu.current.parts[-1].begin(cpu.track, event.ns)

    def on_switch(self, event: Event) -> None:
        self.change(self.cpus[event.cpu],
                    self.thread(event.b, event.cpu), event.ns)

    def change(self, cpu: Cpu, to: Thread, ns: int) -> None:
        """@to runs from now on."""
        prev = cpu.current
        while prev.parts and prev.parts[-1].cat == "switch":
            self.pop(cpu, ns)
        cpu.end_run(ns)
        prev.cpu = None
        prev.leaves(ns, cpu.index, *cpu.left)
        cpu.left = (READY, PREEMPTED)
        cpu.next = None
        cpu.current = to
        to.cpu = cpu
        to.wait = {}
        cpu.begin_run(ns)
        to.runs(ns, cpu.index)
        number, cat = to.arrow
        if number:
            to.track.arrow(ns, "f", cat, number)
            to.arrow = (0, "")

    def on_ttbr0(self, event: Event) -> None:
        cpu = self.cpus[event.cpu]
        asid = event.a >> 48
        owner = cpu.next or cpu.current
        args = {"asid": asid, "generation": event.b >> 16,
                "root": hex(event.a & 0xfffffffffffe)}
        cpu.space_of = (owner if event.b and owner.pid else None, args)
        cpu.draw_space(event.ns)
        self.instant(event, "ttbr0", "TTBR0", args)

    def on_asid(self, event: Event) -> None:
        self.instant(event, "asid", f"ASID {event.a & 0xffff}", {
            "asid": event.a & 0xffff, "generation": event.a >> 16,
            "root": hex(event.b)})

    def on_rollover(self, event: Event) -> None:
        self.instant(event, "asid", "rollover",
                     {"generation": event.a >> 16})

    def on_tlb(self, event: Event) -> None:
        asid, flags = event.a & 0xffffffff, event.a >> 32
        pages = event.b & 0xfff
        scope = "local" if flags & LOCAL else "broadcast"
        what = f"{pages} pages" if pages > 1 else "page" if pages else "all"
        self.instant(event, "tlb", f"TLB {scope} {what}", {
            "asid": "all" if asid == ALL_ASIDS else asid,
            "va": hex(event.b & ~0xfff), "pages": pages, "scope": scope,
            "leaf": bool(flags & LEAF)})

    def on_fp_load(self, event: Event) -> None:
        cpu = self.cpus[event.cpu]
        owner = self.threads.get(event.a)
        cpu.fp_of = (owner, event.b, cpu.fp_of[2])
        if owner:
            self.instant(event, "fp", "load", {
                "tid": owner.tid, "use": USE.get(event.b, "")})

    def on_fp_save(self, event: Event) -> None:
        owner = self.threads.get(event.a)
        self.instant(event, "fp", "save", {
            "tid": owner.tid if owner else 0, "use": USE.get(event.b, "")})

    def on_fp_live(self, event: Event) -> None:
        cpu = self.cpus[event.cpu]
        owner, use, _ = cpu.fp_of
        cpu.fp_of = (owner, max(use, event.a), event.a)

    def on_wait(self, event: Event) -> None:
        self.cpus[event.cpu].current.wait = {"where": self.where(event.a)}

    def on_wake(self, event: Event) -> None:
        cpu = self.cpus[event.cpu]
        target = self.thread(event.a, event.cpu)
        cat = "ipc" if cpu.message[0] is target else "wake"
        cpu.message = (None, "")
        self.instant(event, "sched", "wake", {
            "tid": target.tid, "name": target.name,
            "by": "signal" if event.b else "event"})
        if target.cpu is None:
            self.draw_arrow(event.ns, cpu.current, target, cat)

    def on_ready(self, event: Event) -> None:
        target = self.thread(event.a, event.cpu)
        if target.cpu is None:
            self.instant(event, "sched", "ready", {
                "tid": target.tid, "name": target.name, "cpu": event.b})
            target.state(event.ns, "ready", {"cpu": event.b, "why": "woken"})

    def on_migrate(self, event: Event) -> None:
        target = self.thread(event.a, event.cpu)
        self.instant(event, "sched", "migrate", {
            "tid": target.tid, "name": target.name, "from": event.b >> 32,
            "to": event.b & 0xffffffff})

    def on_ended(self, event: Event) -> None:
        self.instant(event, "process", "exit", {"status": event.a})

    def on_fault(self, event: Event) -> None:
        part = self.top(event)
        if part:
            part.late.update(address=hex(event.a), pc=hex(event.b))

    def on_faulted(self, event: Event) -> None:
        part = self.top(event)
        if part and event.b:
            part.late["error"] = signed(event.b)

    def on_irq(self, event: Event) -> None:
        for part in reversed(self.cpus[event.cpu].current.parts):
            if part.cat == "irq":
                part.late["irq"] = event.a
                return

    def on_signal_send(self, event: Event) -> None:
        self.instant(event, "signal", "send", {
            "signal": trace_records.signal_name(event.b),
            "pid": event.a >> 32, "tid": event.a & 0xffffffff})

    def on_signal_deliver(self, event: Event) -> None:
        self.instant(event, "signal", "deliver", {
            "signal": trace_records.signal_name(event.b),
            "tid": self.cpus[event.cpu].current.tid,
            "handler": hex(event.a)})

    def on_signal_return(self, event: Event) -> None:
        self.instant(event, "signal", "return", {
            "tid": self.cpus[event.cpu].current.tid, "pc": hex(event.a)})

    def message(self, event: Event) -> None:
        target = self.threads.get(event.b)
        args = {"object": hex(event.a)}
        if target:
            args["tid"] = str(target.tid)
            self.cpus[event.cpu].message = (target, event.name)
        self.instant(event, "ipc", IPC[event.name], args)

    on_ipc_call = on_ipc_reply = on_ipc_receive = message
    on_note_signal = on_note_wait = message

    def on_write(self, event: Event) -> None:
        self.instant(event, "trace", "write", {"bytes": event.b})

    def on_lost(self, event: Event) -> None:
        self.lost += event.a
        self.instant(event, "trace", "lost", {"events": event.a})

    # ---- the end ------------------------------------------------------

    def on_cost(self, event: Event) -> None:
        self.cost_ticks = (event.a, event.b)

    def on_counter(self, event: Event) -> None:
        self.counters[COUNTERS[event.a]] += event.b

    def on_end(self, event: Event) -> None:
        self.ended[event.cpu] = (event.a, event.b)

    def finish(self) -> None:
        for cpu in self.cpus.values():
            for track in (cpu.track, cpu.space, cpu.fp):
                track.close(self.now)
        for thread in self.all:
            thread.track.close(self.now)
        self.write_names()

    def write_names(self) -> None:
        out = self.out
        order = [(CPUS, "CPUs")]
        for thread in self.all:
            group = thread.track.pid
            if group == KERNEL:
                self.group_names[group] = "kernel threads"
            elif thread.tid == thread.pid or group not in self.group_names:
                self.group_names[group] = f"{thread.name} {thread.pid}"
            out.name("thread_name", group, thread.track.tid,
                     name=thread.label())
        order += sorted(self.group_names.items(), key=lambda each: (
            each[0] == KERNEL, each[0]))
        for place, (group, name) in enumerate(order):
            out.name("process_name", group, 0, name=name)
            out.name("process_sort_index", group, 0, sort_index=place)
        for cpu in self.cpus.values():
            for row, what in enumerate(("", " TTBR0", " FP"), 1):
                tid = 10 * cpu.index + row
                out.name("thread_name", CPUS, tid,
                         name=f"CPU {cpu.index}{what}")
                out.name("thread_sort_index", CPUS, tid, sort_index=tid)
