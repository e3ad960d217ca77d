/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* A timer: hosts that fall silent, latches on CPUs that other classes keep, tasks that wait too long. */
#ifndef GHOST_HEARTBEAT_H
#define GHOST_HEARTBEAT_H

#include "control.h"

#define HEARTBEAT_CHECK_NS 20000000ULL
#define ROUNDS_PER_RESCUE 50 /* a second */
#define ROUNDS_OF_PATIENCE 25

INLINE u64 find_silent_enclaves(u64 now)
{
    u64 silent = 0;
    u32 slot;
    FOR_RANGE(slot, GHOST_MAX_ENCLAVES) {
        struct ghost_enclave *e = enclaves_at(slot);
        if (!e || READ_ONCE(e->state) == GHOST_ENCLAVE_FREE)
            continue;
        u64 timeout_ns = READ_ONCE(e->heartbeat_timeout_ns);
        if (!timeout_ns || (s64)(now - READ_ONCE(e->heartbeat_ns)) <= (s64)timeout_ns)
            continue;
        u32 mode = READ_ONCE(e->mode);
        if (decides_itself(mode) || CAS(&e->mode, mode, GHOST_MODE_FIFO) != mode)
            continue;
        FETCH_ADD(&e->fallbacks, 1);
        silent |= 1ULL << (slot & 63);
    }
    return silent;
}

INLINE void look_after_tasks(u64 now, u32 most)
{
    u32 slot;
    FOR_RANGE(slot, GHOST_MAX_ENCLAVES) {
        struct ghost_enclave *e = enclaves_at(slot);
        if (!e || READ_ONCE(e->state) == GHOST_ENCLAVE_FREE || decides_itself(READ_ONCE(e->mode)))
            continue;
        rescue_forgotten(parked_queue(slot), now, most);
    }
}

/* Does a task that waits for this CPU's decision overlook that the CPU has gone idle? */
INLINE bool has_forgotten(struct ghost_cpu *c)
{
    u32 slot = READ_ONCE(c->enclave);
    struct ghost_enclave *e = enclaves_at(slot);
    if (!e || !decides_itself(READ_ONCE(e->mode)))
        return false;
    return scx_bpf_dsq_nr_queued(parked_queue(slot)) > 0 || scx_bpf_dsq_nr_queued(vruntime_queue(slot)) > 0;
}

/* Does another class keep the CPU from its latch? The CPU's own agent would decide the same again, so it is patient. */
INLINE bool is_hogged(struct ghost_cpu *c, u32 class)
{
    if (!READ_ONCE(c->latched_gtid) || class != GHOST_CPU_OTHER) {
        c->hogged_rounds = 0;
        return false;
    }
    return ++c->hogged_rounds >= ROUNDS_OF_PATIENCE || !READ_ONCE(c->latched_by_own);
}

INLINE void look_after_cpu(struct ghost_cpu *c, u32 cpu, u64 now, bool strangers_wait)
{
    u32 class = class_now(c, cpu);
    if (is_hogged(c, class)) {
        s64 latched = EXCHANGE(&c->latched_gtid, 0);
        lose_latch(cpu, latched);
    }
    if (class == GHOST_CPU_IDLE && (strangers_wait || has_forgotten(c)))
        scx_bpf_kick_cpu(cpu, 0);
    else if (class == GHOST_CPU_EXT && strangers_wait && now - READ_ONCE(c->strangers_ns) > STRANGERS_FORCE_NS)
        take_off(c, cpu);
}

INLINE void look_after_cpus(u64 now, bool leaving)
{
    bool strangers_wait = scx_bpf_dsq_nr_queued(STRANGERS_QUEUE) > 0;
    u32 count = cpu_count(), cpu;
    FOR_RANGE(cpu, count) {
        struct ghost_cpu *c = cpus_at(cpu);
        if (leaving && c && !READ_ONCE(c->online))
            scx_bpf_kick_cpu(cpu, 0); /* it looks whether it is empty only when it schedules */
        else if (c && READ_ONCE(c->enclave) != GHOST_NONE)
            look_after_cpu(c, cpu, now, strangers_wait);
    }
}

static s32 check_heartbeats(void *map, u32 *key, struct heartbeat *h)
{
    u64 now = bpf_ktime_get_ns();
    u64 silent = find_silent_enclaves(now);
    if (silent)
        kick_enclaves(silent);
    look_after_cpus(now, h->moving_rounds != 0);
    h->rounds++;
    if (h->moving_rounds) {
        h->moving_rounds--;
        look_after_tasks(now, MOST_MOVED);
    } else if (h->rounds % ROUNDS_PER_RESCUE == 0) {
        look_after_tasks(now, MOST_LOOKED_AT);
    }
    bpf_timer_start(&h->timer, HEARTBEAT_CHECK_NS, 0);
    return 0;
}

INLINE s32 start_heartbeat(void)
{
    u32 zero = 0;
    struct heartbeat *h = bpf_map_lookup_elem(&heartbeats, &zero);
    if (!h)
        return -ENOENT;
    bpf_timer_init(&h->timer, &heartbeats, CLOCK_MONOTONIC); /* EBUSY: it was made at a former attach */
    bpf_timer_set_callback(&h->timer, check_heartbeats);
    return bpf_timer_start(&h->timer, HEARTBEAT_CHECK_NS, 0);
}

#endif
