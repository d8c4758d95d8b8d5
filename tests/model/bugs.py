# SPDX-License-Identifier: MIT
"""Bugs of ASID and TLB code, to be put back into a copy of weft.

Each is found in other kernels' history, or is what is left of a rule when one
of its parts is forgotten. tests/model/main.py builds the model with it and
expects the scenario to break. A text that is not there, once, is an error: the
entry must follow the source. Those with a page in docs/gallery have their
changes there.
"""

import dataclasses

import gallery


@dataclasses.dataclass(frozen=True)
class Bug:
    """One bug: where it is from, what makes it, where it shows."""

    name: str
    origin: str
    file: str
    changes: tuple[tuple[str, str], ...]
    scenario: str
    broken: str         # part of what the model says


def page(name: str) -> tuple[tuple[str, str], ...]:
    """The changes of a bug that has a page in docs/gallery."""
    return tuple((change.old, change.new)
                 for change in gallery.page(name).changes)


LINUX = "Linux "

BUGS = (
    # ---- the ASID allocator ----
    Bug("no-flush-at-rollover", "ASID reused without flush",
        "asid.c", page("no-flush-at-rollover"),
        "asid-few", "translations of another"),
    Bug("flush-forgotten-by-others", "only the CPU that rolls over flushes",
        "asid.c", (("\t\tcpu->flush = true;\n", "\t\tcpu->flush = !i;\n"),),
        "asid", "translations of another"),
    Bug("running-asid-handed-out", "an ASID in use given away",
        "asid.c",
        (("\t\tset_bit(domain->map, asid_of(cpu->reserved));\n", ""),),
        "asid-reserved", ""),
    Bug("reserved-drifts", LINUX + "40ee068ec09b: the reserved ASID of one "
        "CPU only is updated", "asid.c", page("reserved-drifts"),
        "asid-threads", "who invalidates"),
    Bug("reserved-not-renewed", "reserved ASIDs not carried into the next "
        "generation", "asid.c",
        (("\t\t\tdomain->cpus[i].reserved = renewed;\n", ""),),
        "asid-threads", ""),
    Bug("reserved-lost", "a second rollover before the CPU switches forgets "
        "what it runs", "asid.c",
        (("\t\tif (context)\n\t\t\tcpu->reserved = context;\n",
          "\t\tcpu->reserved = context;\n"),), "asid-reserved", ""),
    Bug("fast-path-stores", LINUX + "check_and_switch_context without its "
        "cmpxchg: the rollover between the look and the store is missed",
        "asid.c",
        (("\t    __atomic_compare_exchange_n(&cpu->active, &active, context, "
          "false,\n\t\t\t\t\t__ATOMIC_ACQ_REL, __ATOMIC_RELAXED))\n"
          "\t\treturn false;\n",
          "\t    (__atomic_store_n(&cpu->active, context, "
          "__ATOMIC_RELEASE), true))\n\t\treturn false;\n"),),
        "asid", ""),
    Bug("fast-path-ignores-zero", "the fast path taken although a rollover "
        "looked", "asid.c",
        (("\tif (active && current_generation", "\tif (current_generation"),),
        "asid", ""),
    Bug("exchange-loads", "reserve_running without the exchange: who is in "
        "the fast path is not stopped", "asid.c",
        (("__atomic_exchange_n(&cpu->active, 0,\n\t\t\t\t\t\t       "
          "__ATOMIC_ACQ_REL);",
          "__atomic_load_n(&cpu->active, __ATOMIC_ACQUIRE);"),),
        "asid", ""),
    Bug("too-few", LINUX + "f7e0efc9b502: as many ASIDs as CPUs", "asid.c",
        page("too-few"),
        "asid-too-few", "asid.c"),
    Bug("generation-zero", "generation 0 after the wrap: who never ran "
        "passes for current", "asid.c",
        (("\tif (!generation)\n\t\tgeneration = WEFT_ASID_GENERATION;\n",
          ""),), "asid-wrap", ""),
    Bug("context-before-ttbr", "the context is released before the ASID is "
        "in ttbr", "asid.c",
        (("context, __ATOMIC_RELEASE);\n}\n", "context, __ATOMIC_RELAXED);"
          "\n}\n"),), "asid-late", ""),
    Bug("asid-published-late", "a walk under the new ASID before the others "
        "can see it", "asid.c", (("\t\tweft_dsb_ishst();\n", ""),),
        "first", "given up"),
    Bug("no-lock", "the allocator without its lock", "asid.c",
        (("\tif (domain->lock)\n\t\tdomain->lock(domain->lock_arg);\n"
          "\tcontext = __atomic_load_n(&space->context, __ATOMIC_RELAXED);\n"
          "\tif (!current",
          "\tcontext = __atomic_load_n(&space->context, __ATOMIC_RELAXED);\n"
          "\tif (!current"),), "asid", ""),
    # ---- installation ----
    Bug("no-flush-after-swap", "no TLBI after a change of "
        "space", "space.c",
        (("\tweft_tlb_flush_asid_local(WEFT_ASID_COMMON);\n", ""),),
        "flush-change", "may hold"),
    Bug("flush-before-ttbr0", "flushed while the old root "
        "is still walked", "space.c",
        (("\twrite_ttbr0(cpu, space, space->ttbr);\n\tif (!domain",
          "\tweft_tlb_flush_asid_local(WEFT_ASID_COMMON);\n"
          "\twrite_ttbr0(cpu, space, space->ttbr);\n\tif (!domain"),
         ("\tweft_isb();\n\tweft_tlb_flush_asid_local(WEFT_ASID_COMMON);\n",
          "")), "flush-change", "may hold"),
    Bug("no-isb-before-flush", "the flush before TTBR0 is in force",
        "space.c",
        (("\tweft_isb();\n\tweft_tlb_flush_asid_local",
          "\tweft_tlb_flush_asid_local"),), "flush-change", "may hold"),
    Bug("stale-ttbr0", "the root of the space that was "
        "there stays", "space.c",
        (("\tif (cpu->ttbr0 == word)\n\t\treturn;\n",
          "\tif (cpu->ttbr0 >> 48 == word >> 48)\n\t\treturn;\n"),),
        "flush-always", "with the root of"),
    # ---- invalidation ----
    Bug("local-where-broadcast", "local TLBI for a space that "
        "runs elsewhere", "tlb.c", page("local-where-broadcast"),
        "change", "may hold"),
    Bug("operand-shifted", "the address shifted wrongly",
        "tlb.c", page("operand-shifted"),
        "change", "may hold"),
    Bug("asid-not-in-operand", "TLBI without the ASID", "tlb.c",
        (("\t\ttag = TLBI_ASID(asid);\n", "\t\ttag = 0;\n"),),
        "change", "may hold"),
    Bug("range-begins-late", "BaseADDR of a TLBI by range one too large",
        "tlb.c",
        (("\t   (page & TLBI_RANGE_MASK));", "\t   ((page + 1) & "
          "TLBI_RANGE_MASK));"),), "block-range", ""),
    Bug("no-dsb-before", "TLBI before the write is visible",
        "tlb.c", page("no-dsb-before"),
        "change", "may hold"),
    Bug("no-dsb-after", "memory reused before the TLBI is "
        "complete", "tlb.c",
        (("\telse\n\t\tweft_dsb_ish();\t/* invalidated on every CPU */\n",
          ""),), "change", "may hold"),
    Bug("dsb-nsh-after", "a DSB that waits for this CPU only", "tlb.c",
        (("\t\tweft_dsb_ish();\t/* invalidated on every CPU */\n",
          "\t\tweft_dsb_nsh();\n"),), "change", "may hold"),
    Bug("asid-read-early", LINUX + "5e10f9887ed8: the ASID is read before "
        "the write is visible", "tlb.c", page("asid-read-early"),
        "first", "may hold"),
    # ---- page tables ----
    Bug("freed-before-flush", "memory given up before the "
        "invalidation", "pgtable.c",
        (("\tflush(table, &batch);\n\tfor (i = 0; i < n && done; i++)\n"
          "\t\tdone(done_arg, leaves[i].pa, leaves[i].size);\n",
          "\tfor (i = 0; i < n && done; i++)\n"
          "\t\tdone(done_arg, leaves[i].pa, leaves[i].size);\n"
          "\tflush(table, &batch);\n"),), "change", "may hold"),
    Bug("protect-without-flush", "permissions changed without "
        "TLBI", "pgtable.c",
        (("\t\tva += size_of(at.shift);\n\t}\n\tflush(table, &batch);\n",
          "\t\tva += size_of(at.shift);\n\t}\n"),), "change", "may hold"),
    Bug("no-break-before-make", LINUX + "ec28bb9c9b08: a block becomes a "
        "table in one write", "pgtable.c", page("no-break-before-make"),
        "block", "break before make"),
    Bug("make-before-flush", "broken, but made before the TLBI", "pgtable.c",
        (("\tflush(table, &batch);\n"
          "\twrite_entry(table, va, BLOCK_SHIFT, entry, value);\n"
          "\tweft_tlb_publish();\n",
          "\tweft_tlb_publish();\n"
          "\twrite_entry(table, va, BLOCK_SHIFT, entry, value);\n"
          "\tflush(table, &batch);\n"),), "block", "break before make"),
    Bug("table-freed-after-leaf-tlbi", "a table page freed after a "
        "leaf-only TLBI", "pgtable.c", page("table-freed-after-leaf-tlbi"),
        "trim", "table"),
    Bug("merge-leaf-tlbi", "the same where pages become a block",
        "pgtable.c",
        (("read_entry(page) & ~WEFT_PTE_PAGE, 0);",
          "read_entry(page) & ~WEFT_PTE_PAGE, WEFT_TLB_LEAF);"),),
        "block-range",
        ""),
    Bug("table-freed-before-flush", "a table page freed before the TLBI",
        "pgtable.c",
        (("\tflush(table, &batch);\n\twhile (chain) {", "\twhile (chain) {"),),
        "trim", "table"),
    Bug("freed-table-remembered", "a page is entered into the table that was "
        "found last, and is free", "pgtable.c",
        (("\tforget_pages(table);\t/* it may be this one */\n", ""),),
        "trim", "is free"),
    Bug("dead-space-not-flushed", "a space destroyed without TLBI",
        "pgtable.c",
        (("\tflush_space(table);\n\trelease_ranges",
          "\trelease_ranges"),), "exit", ""),
    Bug("zeros-not-visible", "a new table linked before its zeros are "
        "visible", "pgtable.c",
        (("\t\t\tweft_tlb_publish();\n\t\t\tvalue",
          "\t\t\tvalue"),), "trim", ""),
)
