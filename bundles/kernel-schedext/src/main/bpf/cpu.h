/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* What other classes do with the CPUs, and CPUs that go and come. */
#ifndef GHOST_CPU_H
#define GHOST_CPU_H

#include "modes.h"

#define ROUNDS_OF_LEAVING 1000 /* of the heartbeat: for so long a CPU may be going away */

/* Another class took the CPU. Releases before IMMED give its task back only if asked to, and only here. */
CALLBACK(void, cpu_release)
{
    u32 cpu = args[0];
    struct ghost_cpu *c = cpus_at(cpu);
    if (!c)
        return;
    if (!ENUM_HAS(enum scx_enq_flags, SCX_ENQ_IMMED) && EXISTS(scx_bpf_reenqueue_local___a))
        scx_bpf_reenqueue_local___a();
    struct ghost_enclave *e = enclaves_at(READ_ONCE(c->enclave));
    WRITE_ONCE(c->running_class, GHOST_CPU_OTHER);
    if (e && !c->probed && READ_ONCE(e->deliver) & GHOST_DELIVER_CPU_AVAILABILITY)
        send_cpu(cpu, GHOST_CPU_BUSY, 0, 0);
}

CALLBACK(void, cpu_acquire)
{
    u32 cpu = args[0];
    struct ghost_cpu *c = cpus_at(cpu);
    struct ghost_enclave *e = c ? enclaves_at(READ_ONCE(c->enclave)) : NULL;
    if (!e || c->probed)
        return;
    WRITE_ONCE(c->running_class, GHOST_CPU_IDLE);
    if (READ_ONCE(e->deliver) & GHOST_DELIVER_CPU_AVAILABILITY)
        send_cpu(cpu, GHOST_CPU_AVAILABLE, 0, 0);
}

INLINE u32 class_of(struct ghost_cpu *c, struct task_struct *p)
{
    if (p->pid == 0)
        return GHOST_CPU_IDLE;
    if (p->pid == READ_ONCE(c->agent_tid))
        return GHOST_CPU_AGENT;
    return p->policy == SCHED_EXT ? GHOST_CPU_EXT : GHOST_CPU_OTHER;
}

INLINE void mark_available(struct ghost_cpu *c, bool available)
{
    struct ghost_status_word *agent = status_word_at(READ_ONCE(c->enclave), READ_ONCE(c->agent_status_word));
    if (!agent)
        return;
    if (available)
        __sync_fetch_and_or(&agent->flags, GHOST_SW_CPU_AVAILABLE);
    else
        __sync_fetch_and_and(&agent->flags, ~GHOST_SW_CPU_AVAILABLE);
}

/* Every switch of the machine, if the host attaches this: exact availability edges, and latches that CPUs lose. */
SEC("tp_btf/sched_switch") s32 ghost_sched_switch(u64 *args)
{
    u32 cpu = bpf_get_smp_processor_id();
    struct ghost_cpu *c = cpus_at(cpu);
    struct ghost_enclave *e = c ? enclaves_at(READ_ONCE(c->enclave)) : NULL;
    if (!e)
        return 0;
    struct task_struct *prev = TASK(1), *next = TASK(2);
    u32 before = class_of(c, prev), after = class_of(c, next), deliver = READ_ONCE(e->deliver);
    WRITE_ONCE(c->probed, 1);
    WRITE_ONCE(c->running_class, after);
    if (deliver & GHOST_DELIVER_AGENT_RUNNABILITY) {
        if (before == GHOST_CPU_AGENT && !prev->on_rq)
            send_cpu(cpu, GHOST_CPU_AGENT_BLOCKED, 0, 0);
        if (after == GHOST_CPU_AGENT)
            send_cpu(cpu, GHOST_CPU_AGENT_WAKEUP, 0, 0);
    }
    if (after == GHOST_CPU_OTHER) {
        /* An agent that were woken for each thread that runs between its commit and the task would never get there. */
        bool lost = READ_ONCE(c->latched_gtid) && !READ_ONCE(c->latched_by_own);
        s64 latched = lost ? EXCHANGE(&c->latched_gtid, 0) : 0;
        if (latched)
            lose_latch(cpu, latched);
        if (READ_ONCE(c->not_idle_wanted)) {
            WRITE_ONCE(c->not_idle_wanted, 0);
            send_cpu(cpu, GHOST_CPU_NOT_IDLE, 0, (s64)next->pid << GHOST_GTID_GENERATION_BITS);
        }
    }
    if ((before == GHOST_CPU_OTHER) == (after == GHOST_CPU_OTHER))
        return 0;
    mark_available(c, after != GHOST_CPU_OTHER);
    if (deliver & GHOST_DELIVER_CPU_AVAILABILITY)
        send_cpu(cpu, after == GHOST_CPU_OTHER ? GHOST_CPU_BUSY : GHOST_CPU_AVAILABLE, 0, 0);
    return 0;
}

CALLBACK(void, cpu_online)
{
    struct ghost_cpu *c = cpus_at(args[0]);
    if (c)
        WRITE_ONCE(c->online, 1);
}

CALLBACK(void, cpu_offline)
{
    u32 cpu = args[0];
    struct ghost_cpu *c = cpus_at(cpu);
    if (!c)
        return;
    EXCHANGE(&c->online, 0);
    s64 latched = EXCHANGE(&c->latched_gtid, 0);
    lose_latch(cpu, latched);
    u32 zero = 0;
    struct heartbeat *h = bpf_map_lookup_elem(&heartbeats, &zero);
    if (h)
        WRITE_ONCE(h->moving_rounds, ROUNDS_OF_LEAVING);
}

#endif
