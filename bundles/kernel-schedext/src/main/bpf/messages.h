/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Sending. A record is reserved first, then the barrier of the agent that reads the queue is raised, and only then is
 * it asked whether the agent sleeps: raising is a full barrier, so either the agent sees the record before it
 * sleeps, or we see that it sleeps.
 */
#ifndef GHOST_MESSAGES_H
#define GHOST_MESSAGES_H

#include "maps.h"

/* Raises the barrier of the CPU's agent; its new value in *barrier. False if there is no agent. */
INLINE bool raise_agent_barrier(struct ghost_cpu *c, u32 *barrier)
{
    struct ghost_status_word *word = status_word_at(READ_ONCE(c->enclave), READ_ONCE(c->agent_status_word));
    if (!word)
        return false;
    *barrier = FETCH_ADD(&word->barrier, 1) + 1;
    return true;
}

/* Lets a sleeping agent look: an empty record, which its reader skips. */
CHECKED_ONCE s32 ring_the_bell(u32 queue)
{
    void *ring = bpf_map_lookup_elem(&rings, &queue);
    void *record = ring ? bpf_ringbuf_reserve(ring, 8, 0) : NULL;
    if (record)
        bpf_ringbuf_discard(record, BPF_RB_FORCE_WAKEUP);
    return 0;
}

/* Raises the barrier of the CPU's agent and wakes it if it sleeps. */
CHECKED_ONCE s32 wake_agent(u32 cpu)
{
    struct ghost_cpu *c = cpus_at(cpu);
    u32 barrier;
    if (!c || !raise_agent_barrier(c, &barrier))
        return 0;
    if (!READ_ONCE(c->agent_sleeping))
        return 0;
    ring_the_bell(READ_ONCE(c->agent_queue));
    return 1;
}

INLINE void lost(struct ghost_enclave *e, struct ghost_queue *q)
{
    COUNT(e->overflows);
    COUNT(q->overflows);
    WRITE_ONCE(e->resync, 1);
}

/* Puts a message into a queue and wakes whom the queue names. 0 if the enclave has no such queue, else 1. */
CHECKED_ONCE s32 send(u32 slot, u32 queue, struct ghost_message *message)
{
    struct ghost_queue *q = queues_at(queue);
    struct ghost_enclave *e = enclaves_at(slot);
    if (!q || !e || !message || READ_ONCE(q->enclave) != slot)
        return 0;
    COUNT(e->messages);
    COUNT(q->messages);
    void *ring = bpf_map_lookup_elem(&rings, &queue);
    struct ghost_message *record = ring ? bpf_ringbuf_reserve(ring, sizeof(*record), 0) : NULL;
    if (record) {
        message->time = bpf_ktime_get_ns();
        *record = *message;
    } else {
        lost(e, q);
    }
    s32 reader = READ_ONCE(q->wakeup_cpu);
    u64 wake = BPF_RB_NO_WAKEUP;
    u32 elsewhere = GHOST_NONE;
    if (reader >= 0) {
        struct ghost_cpu *c = cpus_at(reader);
        u32 barrier;
        if (c && raise_agent_barrier(c, &barrier) && READ_ONCE(c->agent_sleeping)) {
            elsewhere = READ_ONCE(c->agent_queue);
            if (elsewhere == queue) {
                elsewhere = GHOST_NONE;
                wake = BPF_RB_FORCE_WAKEUP;
            }
        }
    }
    if (record)
        bpf_ringbuf_submit(record, wake);
    if (elsewhere != GHOST_NONE)
        ring_the_bell(elsewhere);
    return 1;
}

/* A message about a CPU, to its agent. The sequence number is the agent's barrier. */
CHECKED_ONCE s32 send_cpu(u32 cpu, u32 type, u32 flags, s64 data)
{
    struct ghost_cpu *c = cpus_at(cpu);
    struct ghost_message message = {};
    if (!c || !raise_agent_barrier(c, &message.seqnum))
        return 0;
    message.type = type;
    message.flags = flags;
    message.cpu = cpu;
    message.status_word = -1;
    message.data = data;
    return send(READ_ONCE(c->enclave), READ_ONCE(c->agent_queue), &message);
}

#endif
