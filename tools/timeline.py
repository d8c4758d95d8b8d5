#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Draw what `./run --trace FILE` recorded: a picture (SVG) of who runs, at
which exception level, in which address space, and whose FP registers are
loaded. It needs nothing but itself: no script, no font, no other file.

    ./run --trace FILE ...
    tools/timeline.py FILE -o PICTURE.svg
    tools/timeline.py FILE --from 40ms --to 100ms --detail 52.9ms..53ms
    tools/timeline.py FILE --around execve#3 --span 200us

A TIME is 500us or 52.9ms since the first event, or an event, and how far from
it: read (the first of that name), read#3 (the third), read#3-20us.

Of each CPU three lanes: the thread that runs (its colour is its process's;
above, darker: in the kernel, EL1; below: in the program, EL0), the address
space and ASID in TTBR0, and whose FP registers are loaded (pale: they trap).
Of each thread one: running, ready (a thin line), blocked (dashed, and where).
Arrows: who wakes whom. docs/tracing.md describes FILE.
"""

import argparse
import collections
import dataclasses
import json
import re
import sys
from typing import Any, Iterator, Optional
from xml.sax.saxutils import escape

CPUS, KERNEL = 1_000_000, 1_000_001     # docs/tracing.md: tracks
AGAIN = 2_000_000       # and so much more for a process id's second use
RUN, SPACE, FP = 1, 2, 3
# A time since the begin, or an event, its number, and how far from it
TIME = re.compile(r"(?:([A-Za-z_][\w /]*)(?:#([0-9]+))?)?"
                  r"(?:([+-]?[0-9]*\.?[0-9]+)(ns|us|ms|s))?")
UNITS = {"ns": 1e-3, "us": 1.0, "ms": 1e3, "s": 1e6}

LEFT, RIGHT, TOP = 104, 12, 34          # margins; the lanes' names are left
LANE, HALF, GAP = 17, 15, 5             # heights
LETTER = 6.3                            # width of one, at 10.5 px, about
NARROW = 0.5                            # px; what is less is not drawn alone

# For processes in the order of their lanes: the second of each is for EL1.
COLOURS = (("#4e79a7", "#2f5580"), ("#e08214", "#a85d05"),
           ("#3f9b5b", "#24713c"), ("#a5609e", "#783f72"),
           ("#b5524a", "#86332d"), ("#2a9d9d", "#157070"),
           ("#8c7a3c", "#655623"), ("#7a6fd0", "#5249a3"))
STYLE = """
.card { fill: #ffffff; stroke: #d0d7de }
text { font: 10.5px ui-sans-serif, "DejaVu Sans", Arial, sans-serif;
  fill: #24292f }
.title { font-size: 13px; font-weight: 600 }
.dim { fill: #57606a }
.in { fill: #ffffff }
.over { paint-order: stroke; stroke: #ffffff; stroke-width: 5px }
.line { stroke: #8c959f; fill: none }
.grid { stroke: #d8dee4; stroke-width: .6 }
.idle { fill: #d8dee4 }
.kernel { fill: #8c959f }
.wake { stroke: #24292f; stroke-width: 1; fill: none }
.head { fill: #24292f }
.lens { fill: #8c959f; opacity: .16 }
@media (prefers-color-scheme: dark) {
  .card { fill: #0d1117; stroke: #30363d }
  text { fill: #e6edf3 }
  .dim { fill: #9198a1 }
  .in { fill: #ffffff }
  .over { stroke: #0d1117 }
  .grid { stroke: #262c34 }
  .idle { fill: #262c34 }
  .wake { stroke: #e6edf3 }
  .head { fill: #e6edf3 }
}"""


class Bad(Exception):
    """Something is wrong with what was asked for, or with FILE."""


# ---- the file ---------------------------------------------------------

@dataclasses.dataclass
class Slice:
    """Something that lasts, on one track."""

    begin: float
    end: float
    cat: str
    name: str
    args: "dict[str, Any]"


@dataclasses.dataclass
class Arrow:
    """From who wakes to who is woken: tracks and times."""

    source: "tuple[int, int]"
    begin: float
    target: "tuple[int, int]"
    end: float


Track = "tuple[int, int]"


class Trace:
    """FILE, by tracks."""

    def __init__(self, path: str) -> None:
        try:
            with open(path, encoding="utf-8") as file:
                data = json.load(file)
            events = data["traceEvents"]
            self.other = data["otherData"]
        except OSError as error:
            raise Bad(f"{path}: {error.strerror}") from None
        except (ValueError, KeyError, TypeError):
            raise Bad(f"{path} is not what ./run --trace writes") from None
        self.slices = collections.defaultdict(list)
        self.names: "dict[tuple[int, int], str]" = {}
        self.arrows: "list[Arrow]" = []
        self.events = [each for each in events if "ts" in each]
        if not self.events:
            raise Bad(f"{path} has no events")
        self.end = max(each["ts"] for each in self.events)
        self.open = collections.defaultdict(list)
        self.starts: "dict[int, tuple[tuple[int, int], float]]" = {}
        for each in events:
            self.add(each, (each["pid"], each.get("tid", 0)))
        self.slices = {track: sorted(slices, key=lambda s: s.begin)
                       for track, slices in self.slices.items()}

    def add(self, event: "dict[str, Any]", track: "tuple[int, int]") -> None:
        kind = event["ph"]
        if kind == "B":
            new = Slice(event["ts"], self.end, event["cat"], event["name"],
                        event.get("args", {}))
            self.slices[track].append(new)
            self.open[track].append(new)
        elif kind == "E":
            last = self.open[track].pop()
            last.end = event["ts"]
            last.args.update(event.get("args", {}))
        elif kind == "s":
            self.starts[event["id"]] = track, event["ts"]
        elif kind == "f" and event["id"] in self.starts:
            source, begin = self.starts[event["id"]]
            self.arrows.append(Arrow(source, begin, track, event["ts"]))
        elif kind == "M" and event["name"] == "thread_name":
            self.names[track] = event["args"]["name"]

    def cpus(self) -> "list[int]":
        return sorted(track[1] // 10 for track in self.slices
                      if track[0] == CPUS and track[1] % 10 == RUN)

    def between(self, track: "tuple[int, int]", begin: float,
                end: float) -> Iterator[Slice]:
        """What is to be seen of a track, in the order of beginnings."""
        for each in self.slices.get(track, ()):
            if each.begin < end and each.end > begin:
                yield each

    def time(self, text: str, after: float = 0.0) -> float:
        """A time as the user says it: 52.9ms, read, read#3-20us."""
        match = TIME.fullmatch(text)
        if not match or not text:
            raise Bad(f"not a time: '{text}' (as 500us, 52.9ms, read#3-20us)")
        away = float(match[3]) * UNITS[match[4]] if match[3] else 0.0
        if not match[1]:
            return away
        times = sorted({each["ts"] for each in self.events
                        if each["ts"] >= after and
                        each.get("name") == match[1] and each["ph"] in "Bi"})
        nth = int(match[2] or 1)
        if not 0 < nth <= len(times):
            raise Bad(f"{len(times)} events are called {match[1]}, not {nth}")
        return times[nth - 1] + away


# ---- the picture ------------------------------------------------------

@dataclasses.dataclass
class Look:
    """What was asked for, and the colours of processes."""

    width: int
    only: "Optional[re.Pattern[str]]"
    labels: "dict[int, str]"
    order: "list[int]" = dataclasses.field(default_factory=list)

    def colour(self, pid: int, is_el1: bool) -> str:
        pid %= AGAIN
        if pid not in self.order:
            self.order.append(pid)
        pair = COLOURS[self.order.index(pid) % len(COLOURS)]
        return f'fill="{pair[is_el1]}"'

    def paint(self, args: "dict[str, Any]", is_el1: bool) -> str:
        """Of who runs: a process's colour, or that of kernel threads."""
        return self.colour(args["pid"], is_el1) if args.get("pid") else \
            'class="kernel"'

    def rank(self, track: "tuple[int, int]") -> "tuple[int, int, int]":
        """Threads that were given a label come first, in that order."""
        known = list(self.labels)
        place = known.index(track[1]) if track[1] in known else len(known)
        return place, *track


class Picture:
    """SVG, piece by piece."""

    def __init__(self) -> None:
        self.pieces: "list[str]" = []

    def add(self, piece: str) -> None:
        self.pieces.append(piece)

    def rect(self, x: float, y: float, w: float, h: float,
             look: str, title: str = "") -> None:
        shape = f'<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" ' \
            f'height="{h:.1f}" {look}'
        self.add(f"{shape}><title>{escape(title)}</title></rect>" if title
                 else f"{shape}/>")

    def text(self, x: float, y: float, words: str, look: str = "") -> None:
        self.add(f'<text x="{x:.1f}" y="{y:.1f}" {look}>{escape(words)}'
                 "</text>")

    def line(self, x1: float, y1: float, x2: float, y2: float,
             look: str) -> None:
        self.add(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" '
                 f'y2="{y2:.1f}" {look}/>')


class Panel:
    """The lanes of one stretch of time."""

    def __init__(self, trace: Trace, picture: Picture, look: Look,
                 begin: float, end: float) -> None:
        self.trace, self.picture, self.look = trace, picture, look
        self.begin, self.end = begin, end
        self.scale = (look.width - LEFT - RIGHT) / (end - begin)
        self.lanes: "dict[tuple[int, int], float]" = {}
        self.bottom = 0.0

    def x(self, time: float) -> float:
        time = min(max(time, self.begin), self.end)
        return LEFT + (time - self.begin) * self.scale

    def threads(self) -> "list[tuple[int, int]]":
        """Those that run in this time, programs' only, in order."""
        def runs(track: "tuple[int, int]") -> bool:
            return any("el" in each.args for each in self.trace.between(
                track, self.begin, self.end))
        wanted = self.look.only
        return [track for track in sorted(self.trace.names,
                                          key=self.look.rank)
                if track[0] not in (CPUS, KERNEL) and runs(track) and
                (not wanted or wanted.search(self.trace.names[track]))]

    def draw(self, top: float) -> float:
        """All lanes, below @top; where they end."""
        y = top
        self.axis_top = top
        mark = len(self.picture.pieces)
        threads = self.threads()
        for track in threads:
            self.look.colour(track[0], False)
        for cpu in self.trace.cpus():
            y = self.cpu(cpu, y) + GAP
        for track in threads:
            self.lanes[track] = y
            self.thread(track, y)
            y += LANE + GAP
        self.bottom = y
        self.wakes()
        grid = Picture()
        self.axis(grid, top, y)
        self.picture.pieces[mark:mark] = grid.pieces
        return y + 14

    # -- lanes --

    def label(self, y: float, height: float, words: str,
              look: str = "") -> None:
        self.picture.text(LEFT - 8, y + height / 2 + 3.5, words,
                          f'text-anchor="end" {look}')

    def cpu(self, cpu: int, y: float) -> float:
        row = (CPUS, 10 * cpu + RUN)
        self.label(y, HALF, f"CPU {cpu}   EL1")
        self.label(y + HALF, HALF, "EL0", 'class="dim"')
        slices = list(self.trace.between(row, self.begin, self.end))
        who = [each for each in slices if each.cat == "run"]
        what = Row(self, y, HALF)
        below = Row(self, y + HALF, HALF)
        for run in who:
            for each in outermost(slices, run):
                if each.args["el"]:
                    what.block(each, self.look.paint(run.args, True),
                               each.name, f"{run.name}: {each.name}")
                else:
                    below.block(each, self.look.paint(run.args, False),
                                self.name(run.args["tid"], run.name),
                                f"{run.name}: EL0")
        y += 2 * HALF + 2
        for kind, words in (SPACE, "TTBR0"), (FP, "FP registers"):
            self.label(y, LANE, words, 'class="dim"')
            row = Row(self, y, LANE)
            for each in self.trace.between((CPUS, 10 * cpu + kind),
                                           self.begin, self.end):
                self.held(row, each, kind)
            y += LANE + 2
        return y

    def held(self, row: "Row", each: Slice, kind: int) -> None:
        """What TTBR0 or the FP registers hold."""
        owner = each.args.get("pid" if kind == SPACE else "tid")
        if not owner:
            row.block(each, 'class="idle"', each.name, each.name, "dim")
            return
        pale = kind == FP and not each.args.get("live", True)
        name = self.name(owner, each.name)
        if kind == SPACE:
            name = self.name(owner, each.name.split(" asid ")[0]) + \
                f" · ASID {each.args['asid']}"
        row.block(each, self.look.colour(owner, False) +
                  (' opacity=".45"' if pale else ""), name, each.name)

    def thread(self, track: "tuple[int, int]", y: float) -> None:
        tid = track[1]
        name = self.trace.names[track]
        self.label(y, LANE, self.name(tid, name))
        row = Row(self, y, LANE)
        middle = y + LANE / 2
        for each in self.trace.between(track, self.begin, self.end):
            x1, x2 = self.x(each.begin), self.x(each.end)
            if "el" in each.args:
                is_el1 = bool(each.args["el"])
                row.block(each, self.look.colour(track[0], is_el1),
                          each.name if is_el1 else "",
                          f"{name}: {each.name}")
            elif each.name == "ready":
                if x2 - x1 > NARROW:
                    row.flush()
                    self.picture.rect(x1, middle - 2, x2 - x1, 4,
                                      self.look.colour(track[0], False) +
                                      ' opacity=".45"', f"{name}: ready")
            elif x2 - x1 > NARROW:
                row.flush()
                self.blocked(track, each, x1, x2, y)
        row.flush()

    def blocked(self, track: "tuple[int, int]", each: Slice, x1: float,
                x2: float, y: float) -> None:
        middle = y + LANE / 2
        stroke = self.look.colour(track[0], False).replace("fill", "stroke")
        self.picture.line(x1, middle, x2, middle, f'{stroke} stroke-width='
                          '"1.4" stroke-dasharray="3 3"')
        if len(each.name) * LETTER + 20 < x2 - x1:
            self.picture.text(min(x1 + 28, x2 - len(each.name) * LETTER - 8),
                              middle + 3.5, each.name, 'class="over"')

    def name(self, tid: int, name: str) -> str:
        return self.look.labels.get(tid, name)

    # -- around them --

    def wakes(self) -> None:
        for each in self.trace.arrows:
            if not (self.begin <= each.begin and each.end <= self.end and
                    each.source != each.target and
                    {each.source, each.target} <= self.lanes.keys()):
                continue
            x1, x2 = self.x(each.begin), self.x(each.end)
            source, target = self.lanes[each.source], self.lanes[each.target]
            down = source < target
            y1 = source + (LANE if down else 0)
            y2 = target + (0 if down else LANE)
            self.picture.add(
                f'<path class="wake" d="M{x1:.1f} {y1:.1f} C{x1:.1f} '
                f"{(y1 + y2) / 2:.1f} {x2:.1f} {(y1 + y2) / 2:.1f} "
                f'{x2:.1f} {y2:.1f}" marker-end="url(#head)"/>')

    def axis(self, picture: Picture, top: float, bottom: float) -> None:
        step = nice((self.end - self.begin) / (self.look.width / 110))
        unit, factor = ("ms", 1e3) if step >= 1e3 or self.begin >= 1e4 \
            else ("µs", 1.0)
        count = int(self.begin / step) + 1
        while count * step < self.end:
            x = self.x(count * step)
            picture.line(x, top - 3, x, bottom, 'class="grid"')
            if LEFT + 10 < x < self.look.width - RIGHT - 24:
                value = f"{count * step / factor:.3f}".rstrip("0").rstrip(".")
                picture.text(x, bottom + 9, f"{value} {unit}",
                             'text-anchor="middle" class="dim"')
            count += 1


def outermost(slices: "list[Slice]", run: Slice) -> Iterator[Slice]:
    """At which level @run is; what is nested in that is left out."""
    end = run.begin
    for each in slices:
        if each is not run and "el" in each.args and \
                end <= each.begin < run.end:
            end = each.end
            yield each


class Row:
    """Blocks side by side; what is too narrow is drawn together."""

    def __init__(self, panel: Panel, y: float, height: float) -> None:
        self.panel, self.y, self.height = panel, y, height
        self.last = -1.0        # right edge of what was narrow

    def flush(self) -> None:
        self.last = -1.0

    def block(self, each: Slice, look: str, words: str, title: str,
              kind: str = "in") -> None:
        x1, x2 = self.panel.x(each.begin), self.panel.x(each.end)
        picture = self.panel.picture
        if x2 - x1 < NARROW:
            if x1 < self.last:
                return
            x2 = x1 + NARROW
            self.last = x2
        fits = len(words) * LETTER + 4 <= x2 - x1
        picture.rect(x1, self.y, x2 - x1, self.height, look,
                     "" if fits or x2 - x1 < 3 else title)
        if words and fits:
            picture.text((x1 + x2) / 2, self.y + self.height / 2 + 3.5, words,
                         f'class="{kind}" text-anchor="middle"')


def nice(step: float) -> float:
    """The next of 1, 2, 5, 10, ..."""
    power = 1e-3
    while True:
        for each in 1, 2, 5:
            if each * power >= step:
                return each * power
        power *= 10


LEGEND = (("at EL1, in the kernel", 'fill="#2f5580"', LANE),
          ("at EL0", 'fill="#4e79a7"', LANE),
          ("ready", 'fill="#4e79a7" opacity=".45"', 4))


def legend(picture: Picture, y: float, width: int) -> None:
    x = float(LEFT)
    for words, look, height in LEGEND:
        height = min(height, 10)
        picture.rect(x, y + 6 - height / 2, 14, height, look)
        picture.text(x + 19, y + 9.5, words, 'class="dim"')
        x += 19 + len(words) * LETTER + 16
    picture.line(x, y + 6, x + 18, y + 6, 'class="line" stroke="#4e79a7" '
                 'stroke-width="1.4" stroke-dasharray="3 3"')
    picture.text(x + 23, y + 9.5, "blocked", 'class="dim"')
    x += 23 + 7 * LETTER + 16
    picture.line(x, y + 6, x + 14, y + 6,
                 'class="wake" marker-end="url(#head)"')
    picture.text(x + 21, y + 9.5, "wakes", 'class="dim"')
    picture.text(width - RIGHT, y + 9.5, "colours are processes",
                 'class="dim" text-anchor="end"')


def lens(picture: Picture, whole: Panel, part: Panel, y: float) -> None:
    """What of @whole is shown larger below."""
    x1, x2 = whole.x(part.begin), whole.x(part.end)
    x2 = max(x2, x1 + 1)
    top, edge = whole.axis_top - 3, part.look.width - RIGHT
    picture.add(f'<path class="lens" d="M{x1:.1f} {top:.1f}H{x2:.1f}'
                f"V{whole.bottom:.1f}L{edge} {y:.1f}H{LEFT}"
                f'L{x1:.1f} {whole.bottom:.1f}Z"/>')


def draw(trace: Trace, look: Look, begin: float, end: float,
         detail: "Optional[tuple[float, float]]", title: str) -> str:
    picture = Picture()
    picture.text(12, 21, title, 'class="title"')
    whole = Panel(trace, picture, look, begin, end)
    y = whole.draw(TOP)
    if detail:
        part = Panel(trace, picture, look, *detail)
        y += 26
        length = detail[1] - detail[0]
        picture.text(12, y - 8, f"{length:.3g} µs of it" if length < 1000
                     else f"{length / 1000:.3g} ms of it", 'class="title"')
        lens(picture, whole, part, y)
        y = part.draw(y + 4)
    legend(picture, y + 4, look.width)
    height = y + 26
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{look.width}" '
        f'height="{height:.0f}" viewBox="0 0 {look.width} {height:.0f}" '
        'role="img">', f"<title>{escape(title)}</title>",
        f"<style>{STYLE}\n</style>",
        '<defs><marker id="head" markerWidth="6" markerHeight="6" refX="5" '
        'refY="3" orient="auto"><path class="head" d="M0 0L6 3L0 6Z"/>'
        "</marker></defs>",
        f'<rect class="card" x=".5" y=".5" width="{look.width - 1}" '
        f'height="{height - 1:.0f}" rx="6"/>',
        *picture.pieces, "</svg>", ""])


# ---- the command line -------------------------------------------------

def stretch(trace: Trace, text: str) -> "tuple[float, float]":
    begin, dots, end = text.partition("..")
    if not dots:
        raise Bad(f"not two times: '{text}' (as 52.9ms..53ms)")
    return ordered(trace.time(begin), trace.time(end))


def ordered(begin: float, end: float) -> "tuple[float, float]":
    if begin >= end:
        raise Bad(f"nothing between {begin:g} us and {end:g} us")
    return begin, end


def parse(words: "list[str]") -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="tools/timeline.py", description=__doc__, allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("file", metavar="FILE", help="what ./run --trace wrote")
    add("-o", dest="output", metavar="SVG", help="write here (standard output)")
    add("--from", dest="begin", metavar="TIME", help="(the beginning)")
    add("--to", dest="end", metavar="TIME", help="(the end)")
    add("--around", metavar="TIME", help="the time around that; events are "
        "counted from --from")
    add("--span", metavar="TIME", default="200us", help="how much time around "
        "it (200us)")
    add("--detail", metavar="T..T", help="show this part larger below")
    add("--only", metavar="REGEX", help="threads by name, as 'sh|burner'; "
        "default: all programs' that run")
    add("--label", metavar="TID=TEXT", action="append", default=[],
        help="call a thread TEXT; these come first")
    add("--title", metavar="TEXT", help="(what was run)")
    add("--width", metavar="PX", type=int, default=880, help="(880)")
    return parser.parse_args(words)


def window(trace: Trace, args: argparse.Namespace) -> "tuple[float, float]":
    begin = trace.time(args.begin) if args.begin else 0.0
    if args.around:
        half = trace.time(args.span) / 2
        middle = trace.time(args.around, begin)
        return ordered(max(0.0, middle - half), middle + half)
    return ordered(begin, trace.time(args.end) if args.end else trace.end)


def labels(words: "list[str]") -> "dict[int, str]":
    found = {}
    for each in words:
        match = re.fullmatch(r"([0-9]+)=(.+)", each)
        if not match:
            raise Bad(f"--label wants TID=TEXT: '{each}'")
        found[int(match[1])] = match[2]
    return found


def run(args: argparse.Namespace) -> None:
    trace = Trace(args.file)
    if not 300 <= args.width <= 10000:
        raise Bad(f"--width is 300 to 10000, not {args.width}")
    try:
        only = re.compile(args.only) if args.only else None
    except re.error as error:
        raise Bad(f"--only: {error}") from None
    look = Look(args.width, only, labels(args.label))
    command = trace.other.get("command") or trace.other.get("kernel", "loom")
    svg = draw(trace, look, *window(trace, args),
               stretch(trace, args.detail) if args.detail else None,
               args.title or " ".join(command.split()))
    if not args.output:
        sys.stdout.write(svg)
        return
    with open(args.output, "w", encoding="utf-8") as file:
        file.write(svg)


def main() -> int:
    try:
        run(parse(sys.argv[1:]))
    except Bad as error:
        print(f"timeline: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"timeline: {error.filename}: {error.strerror}",
              file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
