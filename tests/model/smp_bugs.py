# SPDX-License-Identifier: MIT
"""Bugs of the hand-over between CPUs, to be put back into a copy of loom.

As bugs.py has those of the library; main.py says how.
"""

from bugs import Bug, page

# place.c takes the first that waits, whatever it is allowed.
PULL_ANYONE = (
    ("\t\tlist_for_each_entry(thread, &level->queue, struct thread, run)\n"
     "\t\t\tif (place_allows(thread, to))\n",
     "\t\t(void)to;\n"
     "\t\tlist_for_each_entry(thread, &level->queue, struct thread, run)\n"),
)

BUGS = (
    # ---- the switch ----
    Bug("early-publish", "the run queue unlocked before the context is saved",
        "sched.c", page("early-publish"),
        "sleep-direct", "says that it runs"),
    Bug("lock-kept", "who comes in does not unlock", "sched.c",
        (("\tspin_unlock_masked(&cpu->lock);\n\tif (dead)", "\tif (dead)"),),
        "sleep-direct", "holds"),
    Bug("lock-not-kept", "who comes in finds the lock free", "sched.c",
        (("\tspin_disown(&cpu->lock);\n",
          "\tspin_unlock_masked(&cpu->lock);\n"),
         ("\tspin_adopt(&cpu->lock);\n", ""),
         ("\tspin_unlock_masked(&cpu->lock);\n\tif (dead)",
          "\tif (dead)")),
        "sleep", ""),
    Bug("wake-current", "one that is on its way to sleep is queued, too",
        "sched.c",
        (("\tif (cpu->current == thread) {\n"
          "\t\tthread->state = THREAD_READY;\n\t\treturn cpu;\n\t}\n", ""),),
        "sleep-direct", ""),
    Bug("buried-early", "a dead thread buried before its CPU left its stack",
        "sched.c", page("buried-early"),
        "exit", "the stack of"),
    Bug("buried-locked", "a dead thread buried with the run queue locked",
        "sched.c",
        (("\tspin_unlock_masked(&cpu->lock);\n\tif (dead)\n"
          "\t\tthread_bury(prev);\n",
          "\tif (dead)\n\t\tthread_bury(prev);\n"
          "\tspin_unlock_masked(&cpu->lock);\n"),), "exit", "holds"),
    Bug("mover-forgotten", "one that may not stay finds no other queue",
        "sched.c",
        (("\tif (moves)\n\t\tcpu = make_ready(cpu, prev, PLACE_LAST, "
          "false);\n", "\t(void)moves;\n"),), "affinity-run", "no queue"),
    # ---- sleeping and waking ----
    Bug("blocked-late", "BLOCKED only after the look at the condition",
        "wait.c", page("blocked-late"),
        "sleep", "(blocked)"),
    Bug("rung-early", "the watch looked at before BLOCKED", "wait.c",
        (("\tsched_prepare_block(true);\n"
          "\tif (may_sleep(watch, deadline_ns))\n"
          "\t\tsleep_until(deadline_ns);\n",
          "\tif (may_sleep(watch, deadline_ns)) {\n"
          "\t\tsched_prepare_block(true);\n"
          "\t\tsleep_until(deadline_ns);\n\t}\n"),), "watch", "(blocked)"),
    Bug("wake-up-kept", "who leaves without having slept keeps the wake-up",
        "wait.c",
        (("\tif (leave(waiter))\n\t\twait_wake_one(queue);\n",
          "\t(void)leave(waiter);\n"),), "sleepers", "(blocked)"),
    Bug("preempted-sleeper", "preempted between BLOCKED and its look, it "
        "stays away", "sched.c",
        (("(thread->state == THREAD_READY || why != LEAVE_SLEEPS);",
          "thread->state == THREAD_READY;"),), "sleepers", "(blocked)"),
    Bug("signal-late", "kill_wakeups set only for the next sleep", "sched.c",
        (("\tstore_kill_wakeups(self, kill_wakeups);\n", ""),),
        "signal", "(blocked)"),
    Bug("signal-no-interrupt", "a signal does not interrupt a program that "
        "runs elsewhere", "sched.c",
        (("\telse if (by_signal && cpu->current == thread && cpu != "
          "cpu_current())\n\t\tipi_reschedule(cpu);\t/* in user mode it "
          "would not look */\n", ""),), "signal-user", "(ready)"),
    Bug("timeout-not-awaited", "timeout_stop returns while its function runs",
        "clock.c", (("\t} while (running);\n", "\t} while (0);\n"),),
        "timeout-moved", "memory"),
    # ---- where a thread is ----
    Bug("home-not-checked", "the queue locked that the thread has left",
        "sched.c",
        (("\t\tif (cpu == relaxed_load(&thread->cpu))\n\t\t\treturn cpu;\n",
          "\t\treturn cpu;\n"),),
        "affinity-pull", ""),
    Bug("home-after-unlock", "a new home named after the unlock of the old",
        "place.c",
        (("\t\t__atomic_store_n(&thread->cpu, target, __ATOMIC_RELEASE);\n"
          "\t\tspin_unlock_masked(&cpu->lock);\n",
          "\t\tspin_unlock_masked(&cpu->lock);\n"
          "\t\t__atomic_store_n(&thread->cpu, target, "
          "__ATOMIC_RELEASE);\n"),), "affinity-wake", ""),
    Bug("pulled-after-unlock", "the same where one is pulled", "place.c",
        (("\t\t__atomic_store_n(&thread->cpu, to, __ATOMIC_RELEASE);\n\t}\n"
          "\tspin_unlock_masked(&from->lock);\n",
          "\t}\n\tspin_unlock_masked(&from->lock);\n\tif (thread)\n"
          "\t\t__atomic_store_n(&thread->cpu, to, __ATOMIC_RELEASE);\n"),),
        "affinity-pull", ""),
    Bug("settle-looks-once", "allowed when it was chosen, not when it came",
        "place.c",
        (("\t\tif (!place_allows(thread, cpu))\n"
          "\t\t\ttarget = choose(cpu, thread);\n", ""),),
        "affinity-wake", "may not"),
    Bug("pull-looks-once", "the same where one is pulled", "place.c",
        (("\tif (!place_allows(thread, cpu))\n"
          "\t\thome = place_settle(cpu, thread);\n", ""),),
        "affinity-pull", "may not"),
    Bug("pull-anyone", "pulled whatever it is allowed", "place.c",
        (*PULL_ANYONE,
         ("\tif (!place_allows(thread, cpu))\n"
          "\t\thome = place_settle(cpu, thread);\n", "")),
        "mutex-3", "may not"),
    Bug("pull-to-and-fro", "pulled whatever it is allowed, and put back",
        "place.c",
        PULL_ANYONE,
        "starved", "never comes to an end"),
    Bug("pull-unlocked", "a thread taken off a queue without its lock",
        "place.c",
        (("\tspin_lock_masked(&from->lock);\n\tthread = find(from, to);\n",
          "\tthread = find(from, to);\n"),
         ("\t}\n\tspin_unlock_masked(&from->lock);\n\treturn thread;\n",
          "\t}\n\treturn thread;\n")), "pull", ""),
    # ---- idle CPUs ----
    Bug("no-interrupt", "a CPU asked for a switch is not told", "cpu.c",
        (("\tif (cpu != cpu_current())\n\t\tipi_reschedule(cpu);\n", ""),),
        "sleep", "sleeps over a wake-up"),
    Bug("request-lost", "need_resched cleared without the lock", "sched.c",
        (("\tcpu->need_resched = false;\n\tif (next == prev) {\n",
          "\tif (next == prev) {\n\t\tcpu->need_resched = false;\n"),
         ("\tspin_unlock_masked(&cpu->lock);\n\tif (dead)",
          "\tspin_unlock_masked(&cpu->lock);\n\tcpu_current()->need_resched = "
          "false;\n\tif (dead)")), "sleep", "sleeps while"),
    Bug("idle-looks-not", "an idle CPU does not look before it sleeps",
        "sched.c",
        (("\t\twork = __atomic_load_n(&cpu->need_resched,\n"
          "\t\t\t\t       __ATOMIC_RELAXED) ||\n"
          "\t\t       place_pull(cpu);\n",
          "\t\twork = place_pull(cpu);\n"),), "sleep", ""),
    Bug("idle-pulls-not", "an idle CPU looks at its own queue only",
        "sched.c",
        (("\t\t\t\t       __ATOMIC_RELAXED) ||\n"
          "\t\t       place_pull(cpu);\n",
          "\t\t\t\t       __ATOMIC_RELAXED);\n"),), "pull",
        "sleeps while"),
    Bug("calls-the-first", "each tick calls the same idle CPU", "place.c",
        (("\t\tcpu->called = index;\n", ""),), "call-idle", "sleeps while"),
    # ---- what is built on it ----
    Bug("waiters-forgotten", "a mutex is handed over without its waiters",
        "mutex.c",
        (("(uintptr_t)next | (more ? MUTEX_WAITERS : 0),",
          "(uintptr_t)next,"),), "mutex-3", "(blocked)"),
    Bug("called-early", "a call counts as done before it is", "ipi.c",
        (("\tcall.fn(call.arg);\n", ""),
         ("\t__atomic_fetch_and(&call.pending, ~self, __ATOMIC_RELEASE);\n",
          "\t__atomic_fetch_and(&call.pending, ~self, __ATOMIC_RELEASE);\n"
          "\tcall.fn(call.arg);\n")), "call", "before it was called"),
)
