/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The state of a task is one 64-bit word, changed by compare-and-set only:
 *
 *   63            32 31        16 15     6 5     0
 *   +----------------+------------+--------+-------+
 *   | barrier        | queue      | CPU    | state |
 *   +----------------+------------+--------+-------+
 *
 *   OUT --enter, fork--> JOINING --enable--> NEW --+--> PARKED <--> COMMITTED --> MOVED --> RUNNING
 *                                                  |      ^                                 |   |
 *                                                  |      +---------------------------------+   |
 *                                                  +--> BLOCKED <-------------------------------+--> DEAD
 *
 * The callbacks of the kernel change it under the lock of the task's run queue; a commit claims a task (PARKED to
 * COMMITTED) from anywhere. The claim is the commit: whoever takes a committed task away again says so by
 * PREEMPT(was_latched). The barrier changes when a message is made, and never otherwise.
 */
#ifndef GHOST_TASK_H
#define GHOST_TASK_H

#include "messages.h"

enum task_state {
    OUT,       /* of no enclave */
    JOINING,   /* of one; its policy is not SCHED_EXT yet */
    NEW,       /* it is; TASK_NEW is to come */
    BLOCKED,
    PARKED,    /* in its enclave's queue, or on the way into it */
    COMMITTED, /* the same, and it is the latch of a CPU */
    MOVED,     /* in the local queue of a CPU */
    RUNNING,
    DEAD,
    AGENT,     /* a thread of the host that is an agent */
};
#define NO_CPU 0x3ffu
#define NO_QUEUE 0xffffu
#define ANY_QUEUE ~0u

/* marks */
#define TASK_YIELDED (1u << 0)
#define TASK_FORCE_OFF (1u << 1)
#define TASK_BY_VRUNTIME (1u << 2) /* it is parked in the queue that is ordered by virtual runtime */
#define TASK_FRESH_NICE (1u << 3)  /* the kernel is about to tell its nice value and CPUs for the first time, */
#define TASK_FRESH_CPUS (1u << 4)  /* which is no change */
#define TASK_HIDDEN (1u << 6)      /* it runs, or is about to, and agents still take it for blocked */
#define TASK_COMES_BACK (1u << 5)  /* nobody took it out: it left for another policy, or was lent a priority */

INLINE u32 state_of(u64 word) { return word & 0x3f; }
INLINE u32 cpu_of(u64 word) { return word >> 6 & 0x3ff; }
INLINE u32 queue_of(u64 word) { return (u32)word >> 16; }
INLINE u32 barrier_of(u64 word) { return word >> 32; }
INLINE u64 with_state(u64 word, u32 state, u32 cpu) { return (word & ~0xffffULL) | (cpu & 0x3ff) << 6 | state; }
INLINE u64 raised(u64 word) { return word + (1ULL << 32); }
INLINE bool is_member(u32 state) { return state >= NEW && state <= RUNNING; }
INLINE bool is_enclave_task(u32 state) { return state >= JOINING && state <= RUNNING; }

/* Changes state and CPU and raises the barrier by `raise`; returns the word before. */
INLINE u64 advance(struct task *t, u32 state, u32 cpu, u32 raise)
{
    u64 before = READ_ONCE(t->word);
    for (int tries = 0; tries < 8; tries++) {
        u64 found = CAS(&t->word, before, with_state(before, state, cpu) + ((u64)raise << 32));
        if (found == before)
            break;
        before = found;
    }
    return before;
}

/* ---- status word */

/* Barrier and flags in one store, after everything else; only from callbacks about the task. */
INLINE void publish(struct ghost_status_word *word, u32 barrier, u32 flags)
{
    EXCHANGE((u64 *)&word->barrier, (u64)flags << 32 | barrier);
}

CHECKED_ONCE s32 free_status_word(u32 slot, s32 index)
{
    struct ghost_enclave *e = enclaves_at(slot);
    struct ghost_status_word *word = status_word_at(slot, index);
    if (!e || !word)
        return 0;
    publish(word, 0, 0);
    word->gtid = 0;
    word->switch_time = 0;
    word->runtime = 0;
    word->runnable_since = 0;
    u64 head = READ_ONCE(e->free_word);
    for (int tries = 0; tries < 64; tries++) {
        WRITE_ONCE(word->next_free, (u32)head);
        u64 found = CAS(&e->free_word, head, ((head >> 32) + 1) << 32 | (u32)index);
        if (found == head)
            return 0;
        head = found;
    }
    COUNT(e->no_status_word); /* lost until the enclave ends: 63 others were faster in a row */
    return 0;
}

CHECKED_ONCE s32 take_status_word(u32 slot)
{
    struct ghost_enclave *e = enclaves_at(slot);
    if (!e)
        return -1;
    u64 head = READ_ONCE(e->free_word);
    for (int tries = 0; tries < 64; tries++) {
        s32 index = (u32)head;
        struct ghost_status_word *word = index == (s32)GHOST_NONE ? NULL : status_word_at(slot, index);
        if (!word)
            break;
        u64 found = CAS(&e->free_word, head, ((head >> 32) + 1) << 32 | READ_ONCE(word->next_free));
        if (found == head)
            return index;
        head = found;
    }
    u32 fresh = READ_ONCE(e->next_word);
    for (int tries = 0; tries < 64; tries++) {
        if (fresh >= e->status_words || fresh >= GHOST_MAX_STATUS_WORDS)
            break;
        u32 found = CAS(&e->next_word, fresh, fresh + 1);
        if (found == fresh)
            return fresh;
        fresh = found;
    }
    COUNT(e->no_status_word);
    return -1;
}

/* ---- messages about a task */

INLINE void describe(struct ghost_message *m, struct task *t, u32 type, u32 flags, u32 barrier, s32 cpu)
{
    m->type = type;
    m->flags = flags;
    m->seqnum = barrier;
    m->gtid = t->gtid;
    m->cpu = cpu;
    m->status_word = t->status_word;
}

INLINE bool send_task(struct task *t, u64 word, struct ghost_message *m)
{
    return send(t->enclave, queue_of(word), m);
}

INLINE s32 nice_of(struct task_struct *p)
{
    return p->static_prio - DEFAULT_PRIO;
}

INLINE u64 next_cpu_seqnum(u32 cpu)
{
    struct ghost_cpu *c = cpus_at(cpu);
    return c ? FETCH_ADD(&c->cpu_seqnum, 1) + 1 : 0;
}

/* PREEMPT, BLOCKED, YIELD or DEPARTED: an edge of a CPU. `word` is the task's new word. */
INLINE bool send_edge(struct task *t, struct task_struct *p, u64 word, u32 type, u32 flags, u32 cpu)
{
    struct ghost_message m = {};
    describe(&m, t, type, flags, barrier_of(word), cpu);
    m.runtime = p->se.sum_exec_runtime;
    m.cpu_seqnum = next_cpu_seqnum(cpu);
    return send_task(t, word, &m);
}

INLINE void send_new(struct task *t, struct task_struct *p, u64 word, u32 flags, u32 cpu)
{
    struct ghost_message m = {};
    describe(&m, t, GHOST_TASK_NEW, flags, barrier_of(word), cpu);
    m.runtime = p->se.sum_exec_runtime;
    m.nice = nice_of(p);
    m.data = t->parent_gtid;
    send_task(t, word, &m);
}

/* ---- the latch of a CPU, lost */

/*
 * Takes a committed task away from the CPU that it is the latch of. From anywhere: of the status word only the barrier
 * is touched, and only if no later message has done so already.
 */
INLINE bool unlatch(struct task *t, struct task_struct *p, u32 cpu)
{
    u64 before = READ_ONCE(t->word);
    for (int tries = 0; tries < 8; tries++) {
        if (state_of(before) != COMMITTED || cpu_of(before) != cpu)
            return false;
        u64 after = raised(with_state(before, PARKED, NO_CPU));
        u64 found = CAS(&t->word, before, after);
        if (found != before) {
            before = found;
            continue;
        }
        struct ghost_status_word *word = status_word_at(t->enclave, t->status_word);
        if (word)
            CAS(&word->barrier, barrier_of(before), barrier_of(after));
        send_edge(t, p, after, GHOST_TASK_PREEMPT, GHOST_MSG_WAS_LATCHED, cpu);
        if (t->run_flags & GHOST_RTLA_ON_PREEMPT)
            wake_agent(cpu);
        return true;
    }
    return false;
}

/* The same by gtid; a latch that did not hold any more is no error. */
CHECKED_ONCE s32 lose_latch(u32 cpu, s64 gtid)
{
    if (gtid <= 0)
        return 0;
    struct task_struct *p = bpf_task_from_pid(gtid >> GHOST_GTID_GENERATION_BITS);
    if (!p)
        return 0;
    struct task *t = task_of(p);
    if (t && t->gtid == gtid)
        unlatch(t, p, cpu);
    bpf_task_release(p);
    return 0;
}

/* ---- membership */

INLINE s64 new_gtid(s32 tid)
{
    struct ghost_control *g = control_at(0);
    u64 generation = g ? FETCH_ADD(&g->next_gtid_generation, 1) + 1 : 0;
    return (s64)tid << GHOST_GTID_GENERATION_BITS | (generation & ((1ULL << GHOST_GTID_GENERATION_BITS) - 1));
}

/* Makes a thread a member that is to come. 0 or -errno. */
INLINE s32 give_identity(struct task *t, struct task_struct *p, u32 slot, s64 parent_gtid)
{
    struct ghost_enclave *e = enclaves_at(slot);
    if (!e)
        return -EINVAL;
    if (READ_ONCE(e->state) != GHOST_ENCLAVE_ACTIVE)
        return -EXDEV;
    s32 index = take_status_word(slot);
    struct ghost_status_word *word = index < 0 ? NULL : status_word_at(slot, index);
    if (!word)
        return -ENOMEM;
    if (t->gtid >> GHOST_GTID_GENERATION_BITS != p->pid) /* a thread that comes back is the same one */
        t->gtid = new_gtid(p->pid);
    t->enclave = slot;
    t->enclave_id = e->id;
    t->status_word = index;
    t->word_flags = GHOST_SW_IN_USE | GHOST_SW_ALLOCATED;
    t->marks = 0;
    t->last_cpu = scx_bpf_task_cpu(p);
    t->reenqueues = 0;
    t->misses = 0;
    t->run_flags = 0;
    t->parent_gtid = parent_gtid;
    t->vruntime = 0;
    t->charged_ns = 0;
    word->gtid = t->gtid;
    word->switch_time = 0;
    word->runtime = p->se.sum_exec_runtime;
    word->enclave = e->id;
    word->cpu = t->last_cpu;
    word->tgid = p->tgid;
    word->nice = nice_of(p);
    word->runnable_since = 0;
    publish(word, 0, t->word_flags);
    u32 queue = READ_ONCE(e->default_queue);
    EXCHANGE(&t->word, (queue < GHOST_MAX_QUEUES ? (u64)queue : NO_QUEUE) << 16 | NO_CPU << 6 | JOINING);
    return 0;
}

/* The same, counted. */
INLINE s32 admit(struct task *t, struct task_struct *p, u32 slot, s64 parent_gtid)
{
    struct ghost_enclave *e = enclaves_at(slot);
    if (!e)
        return -EINVAL;
    FETCH_ADD(&e->tasks, 1); /* first: an enclave that is destroyed closes, and then looks at this */
    s32 result = give_identity(t, p, slot, parent_gtid);
    if (result)
        FETCH_ADD(&e->tasks, -1);
    return result;
}

/* The task's last message was made, and heard or not: nobody frees a word that nobody heard of, so we do. */
INLINE void retire(struct task *t, bool heard)
{
    if (!heard)
        free_status_word(t->enclave, t->status_word);
    t->status_word = -1;
}

#endif
