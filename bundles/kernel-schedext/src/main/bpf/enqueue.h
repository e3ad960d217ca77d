/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* A task becomes runnable, or stays so and leaves its CPU: what is told of it, and where it waits. */
#ifndef GHOST_ENQUEUE_H
#define GHOST_ENQUEUE_H

#include "modes.h"

CALLBACK(s32, select_cpu)
{
    struct task_struct *p = TASK(0);
    s32 former = args[1];
    struct task *t = task_of(p);
    if (!t || !is_enclave_task(state_of(READ_ONCE(t->word)))) {
        bool is_idle = false;
        s32 cpu = scx_bpf_select_cpu_dfl(p, former, args[2], &is_idle);
        if (is_idle)
            insert(p, SCX_DSQ_LOCAL, STRANGERS_SLICE_NS, 0);
        return cpu;
    }
    struct ghost_enclave *e = enclaves_at(t->enclave);
    if (!e)
        return former;
    if (decides_itself(READ_ONCE(e->mode))) {
        s32 idle = find_idle_cpu(p, t->enclave, former);
        return idle >= 0 ? idle : former;
    }
    return READ_ONCE(e->deliver) & GHOST_WAKE_ON_WAKER_CPU ? (s32)bpf_get_smp_processor_id() : former;
}

/* The task is gone from the class for good; the status word says so before the message does. */
INLINE bool send_last(struct task *t, struct task_struct *p, u64 word, u32 type, u32 flags, u32 cpu)
{
    struct ghost_enclave *e = enclaves_at(t->enclave);
    struct ghost_status_word *sw = status_word_at(t->enclave, t->status_word);
    struct ghost_control *g = control_at(0);
    if (sw) {
        sw->runtime = p->se.sum_exec_runtime;
        t->word_flags = (t->word_flags & ~(GHOST_SW_RUNNABLE | GHOST_SW_ON_CPU)) | GHOST_SW_CAN_FREE;
        publish(sw, barrier_of(word), t->word_flags);
    }
    if (e)
        FETCH_ADD(type == GHOST_TASK_DEAD ? &e->died : &e->departed, 1);
    bool heard = g && READ_ONCE(g->attached) && send_edge(t, p, word, type, flags, cpu);
    retire(t, heard);
    if (e)
        FETCH_ADD(&e->tasks, -1);
    return heard;
}

/* A task that was never told of is told of now, so that there is something to free. */
INLINE void tell_if_new(struct task *t, struct task_struct *p, u32 cpu)
{
    if (state_of(READ_ONCE(t->word)) != NEW)
        return;
    advance(t, BLOCKED, NO_CPU, 1);
    send_new(t, p, READ_ONCE(t->word), 0, cpu);
}

/*
 * exec() by a thread that is not the first of its process gives it the number of that one, by which nobody could name
 * it: for the agents it dies, and a new task comes.
 */
INLINE void renew_identity(struct task *t, struct task_struct *p, u32 cpu)
{
    tell_if_new(t, p, cpu);
    advance(t, DEAD, NO_CPU, 1);
    send_last(t, p, READ_ONCE(t->word), GHOST_TASK_DEAD, 0, cpu);
    struct ghost_enclave *e = enclaves_at(t->enclave);
    bool again = e && admit(t, p, t->enclave, 0) == 0;
    advance(t, again ? NEW : OUT, NO_CPU, 0);
    if (again)
        COUNT(e->entered);
}

/* What is to be told of a task that comes to be enqueued, and its new word. 0 = nothing. */
INLINE u32 classify(struct task *t, struct ghost_cpu *c, u64 before, u32 *flags)
{
    u32 state = t->marks & TASK_HIDDEN ? BLOCKED : state_of(before);
    switch (state) {
    case NEW:
        *flags = GHOST_MSG_RUNNABLE;
        return GHOST_TASK_NEW;
    case BLOCKED:
        return GHOST_TASK_WAKEUP;
    case MOVED:
        *flags = GHOST_MSG_WAS_LATCHED;
        return GHOST_TASK_PREEMPT;
    case RUNNING:
        if (t->marks & TASK_YIELDED)
            return GHOST_TASK_YIELD;
        if (c && READ_ONCE(c->elide_preempt)) {
            WRITE_ONCE(c->elide_preempt, 0);
            return 0;
        }
        return GHOST_TASK_PREEMPT;
    default:
        return 0; /* parked already: the kernel takes it out and puts it back to change something */
    }
}

INLINE void send_wakeup(struct task *t, u64 word, s32 cpu)
{
    struct ghost_message m = {};
    describe(&m, t, GHOST_TASK_WAKEUP, 0, barrier_of(word), cpu);
    m.nice = t->last_cpu;
    m.waker_cpu = bpf_get_smp_processor_id();
    send_task(t, word, &m);
}

INLINE void tell_enqueued(struct task *t, struct task_struct *p, u64 word, u32 type, u32 flags, u32 cpu)
{
    if (type == GHOST_TASK_NEW) {
        send_new(t, p, word, flags, cpu);
    } else if (type == GHOST_TASK_WAKEUP) {
        send_wakeup(t, word, cpu);
    } else {
        send_edge(t, p, word, type, flags, cpu);
        if (t->run_flags & (type == GHOST_TASK_YIELD ? GHOST_RTLA_ON_YIELD : GHOST_RTLA_ON_PREEMPT))
            wake_agent(cpu);
    }
}

/* It is neither on the CPU any more, nor about to be, nor to be taken off. */
INLINE void leaves_cpu(struct task *t, struct ghost_cpu *c)
{
    if (c && READ_ONCE(c->current_gtid) == t->gtid)
        WRITE_ONCE(c->current_gtid, 0);
    if (c && READ_ONCE(c->victim_gtid) == t->gtid)
        WRITE_ONCE(c->victim_gtid, 0);
}

INLINE void park(struct task *t, struct task_struct *p, struct ghost_enclave *e, u32 mode, u32 cpu, u64 enq_flags)
{
    u64 slice_ns = in_kernel_slice(e);
    u64 flags = enq_flags & ~(SCX_ENQ_IMMED | SCX_ENQ_PREEMPT);
    if (mode == GHOST_MODE_VRUNTIME)
        insert_by_vtime(p, vruntime_queue(t->enclave), slice_ns, start_of_vruntime(t, e), flags);
    else
        insert(p, parked_queue(t->enclave), slice_ns, flags);
    if (!decides_itself(mode) || enq_flags & SCX_ENQ_WAKEUP)
        return;
    s32 idle = find_idle_cpu(p, t->enclave, cpu);
    if (idle >= 0)
        scx_bpf_kick_cpu(idle, 0);
}

INLINE bool goes_on(struct task *t, struct task_struct *p, u64 before, u32 mode, u64 enq_flags)
{
    u32 state = state_of(before);
    if (state == PARKED || state == COMMITTED)
        return false; /* agents may be about to run it */
    if (cannot_wait(p, enq_flags))
        return true;
    return mode == GHOST_MODE_HOLD && state == RUNNING && !(t->marks & (TASK_YIELDED | TASK_FORCE_OFF | TASK_HIDDEN));
}

/*
 * It goes on at once where it is, and nobody is told: whoever were, would try in vain to commit it, and might keep the
 * very CPU busy that it needs.
 */
INLINE void stay(struct task *t, struct task_struct *p, u64 before, u32 cpu, u32 mode)
{
    if (state_of(before) == BLOCKED)
        t->marks |= TASK_HIDDEN;
    if (state_of(before) != NEW)
        advance(t, MOVED, cpu, 0);
    insert(p, SCX_DSQ_LOCAL, SHORT_SLICE_NS, mode == GHOST_MODE_HOLD ? 0 : SCX_ENQ_PREEMPT);
}

CALLBACK(void, enqueue)
{
    struct task_struct *p = TASK(0);
    u64 enq_flags = args[1];
    struct task *t = task_of(p);
    u64 before = t ? READ_ONCE(t->word) : 0;
    if (t && state_of(before) == JOINING) { /* marked while its policy was SCHED_EXT already */
        advance(t, NEW, NO_CPU, 0);
        before = READ_ONCE(t->word);
    }
    if (t && is_member(state_of(before)) && t->gtid >> GHOST_GTID_GENERATION_BITS != p->pid) {
        renew_identity(t, p, scx_bpf_task_cpu(p));
        before = READ_ONCE(t->word);
    }
    struct ghost_enclave *e = t && is_member(state_of(before)) ? enclaves_at(t->enclave) : NULL;
    if (!e) {
        struct ghost_control *g = control_at(0);
        if (g)
            COUNT(g->uninvited);
        u64 queue = is_pinned(p, enq_flags) ? SCX_DSQ_LOCAL : STRANGERS_QUEUE;
        insert(p, queue, STRANGERS_SLICE_NS, enq_flags & ~SCX_ENQ_IMMED);
        return;
    }
    u32 cpu = scx_bpf_task_cpu(p), mode = READ_ONCE(e->mode), flags = 0;
    struct ghost_cpu *c = cpus_at(cpu);
    if (enq_flags & SCX_ENQ_REENQ) {
        t->reenqueues++;
        COUNT(e->reenqueued);
    }
    leaves_cpu(t, c);
    if (goes_on(t, p, before, mode, enq_flags)) {
        stay(t, p, before, cpu, mode);
        return;
    }
    u32 type = classify(t, c, before, &flags);
    t->marks = mode == GHOST_MODE_VRUNTIME ? TASK_BY_VRUNTIME : 0;
    bool stops = type || state_of(before) == RUNNING;
    if (stops)
        advance(t, PARKED, NO_CPU, type != 0);
    u64 word = READ_ONCE(t->word);
    struct ghost_status_word *sw = status_word_at(t->enclave, t->status_word);
    if (stops && (state_of(before) != MOVED || type == GHOST_TASK_WAKEUP))
        t->waits_since_ns = bpf_ktime_get_ns();
    if (sw && stops) {
        sw->cpu = cpu;
        sw->runnable_since = t->waits_since_ns;
        t->word_flags = (t->word_flags | GHOST_SW_RUNNABLE) & ~GHOST_SW_ON_CPU;
        publish(sw, barrier_of(word), t->word_flags);
    }
    if (type)
        tell_enqueued(t, p, word, type, flags, cpu);
    park(t, p, e, mode, cpu, enq_flags);
}

#endif
