/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Transactions. A commit checks, in the order of ghOSt's kernel, then claims the task by one compare-and-set and makes
 * it the latch of the CPU; the CPU takes the latch in ops.dispatch, when it has really come to our class. So no task
 * waits in a CPU's local queue behind a thread of another class, and a group of commits can be undone until the last
 * one is decided.
 */
#ifndef GHOST_COMMIT_H
#define GHOST_COMMIT_H

#include "task.h"

#define NOT_READY 100 /* not a result: the slot was not READY, or somebody else claimed it */
#define NOBODY -1     /* the CPU itself decides, not an agent */

/* NEED_L1D_FLUSH is not among them: nobody would flush. */
#define RUN_FLAGS                                                                                                      \
    (GHOST_RTLA_ON_PREEMPT | GHOST_RTLA_ON_BLOCKED | GHOST_RTLA_ON_YIELD | GHOST_RTLA_ON_IDLE |                        \
        GHOST_NEED_CPU_NOT_IDLE | GHOST_ELIDE_PREEMPT | GHOST_SEND_TASK_ON_CPU |                                       \
        GHOST_DEFER_LATCHED_PREEMPTION_BY_AGENT | GHOST_DO_NOT_PREEMPT)
#define COMMIT_FLAGS                                                                                                   \
    (GHOST_COMMIT_AT_SCHEDULE | GHOST_COMMIT_AT_TXN_COMMIT | GHOST_ALLOW_TASK_ONCPU | GHOST_ELIDE_AGENT_BARRIER_INC |  \
        GHOST_INC_AGENT_BARRIER_ON_FAILURE)

INLINE bool both(u32 flags, u32 bits) { return (flags & bits) == bits; }

INLINE bool flags_are_valid(s64 gtid, u32 run, u32 commit)
{
    if (run & ~RUN_FLAGS || commit & ~COMMIT_FLAGS)
        return false;
    if (gtid == GHOST_GTID_AGENT && run)
        return false;
    if (gtid < 0 && run & GHOST_RTLA_ON_IDLE)
        return false;
    if (gtid != GHOST_GTID_IDLE && run & GHOST_NEED_CPU_NOT_IDLE)
        return false;
    return !both(commit, GHOST_COMMIT_AT_SCHEDULE | GHOST_COMMIT_AT_TXN_COMMIT) &&
        !both(commit, GHOST_ELIDE_AGENT_BARRIER_INC | GHOST_INC_AGENT_BARRIER_ON_FAILURE);
}

/* What runs on the CPU at this moment. Needs the RCU read lock. */
INLINE u32 class_now(struct ghost_cpu *c, u32 cpu)
{
    struct task_struct *current = NULL;
    if (EXISTS(scx_bpf_cpu_curr___a)) {
        current = scx_bpf_cpu_curr___a(cpu);
    } else if (EXISTS(scx_bpf_cpu_rq___a)) {
        struct rq *rq = scx_bpf_cpu_rq___a(cpu);
        current = rq ? rq->curr : NULL;
    }
    if (!current)
        return READ_ONCE(c->running_class);
    s32 tid = current->pid;
    if (tid == 0)
        return GHOST_CPU_IDLE;
    if (tid == READ_ONCE(c->agent_tid))
        return GHOST_CPU_AGENT;
    return current->policy == SCHED_EXT ? GHOST_CPU_EXT : GHOST_CPU_OTHER;
}

/* May the task run on that CPU? A parked task's CPUs may change at any time: whoever moves it asks again. */
INLINE bool may_run(struct task_struct *p, u32 cpu)
{
    return bpf_cpumask_test_cpu(cpu, p->cpus_ptr) && (!p->migration_disabled || scx_bpf_task_cpu(p) == (s32)cpu);
}

/* The task of a transaction: what is wrong with it, by what its word says. */
INLINE u32 check_state(u64 word, u32 barrier, u32 cpu, u32 commit_flags)
{
    u32 state = state_of(word);
    if (state == AGENT || state == OUT)
        return GHOST_INVALID_TARGET;
    if (state == DEAD || barrier_of(word) != barrier)
        return GHOST_TARGET_STALE;
    if (state == BLOCKED || state == NEW || state == JOINING)
        return GHOST_TARGET_NOT_RUNNABLE;
    if (state == RUNNING || state == MOVED)
        return cpu_of(word) == cpu && commit_flags & GHOST_ALLOW_TASK_ONCPU ? GHOST_COMPLETE : GHOST_TARGET_ONCPU;
    return GHOST_COMPLETE;
}

INLINE u32 check_cpu(struct ghost_transaction *x, struct ghost_cpu *c, struct ghost_enclave *e, u32 cpu, s32 agent_cpu)
{
    u32 slot = READ_ONCE(c->enclave);
    s64 gtid = x->gtid;
    struct ghost_status_word *agent = status_word_at(slot, READ_ONCE(c->agent_status_word));
    if (!agent)
        return GHOST_NO_AGENT;
    if (agent_cpu >= 0 && gtid != GHOST_GTID_AGENT) {
        struct ghost_cpu *own = cpus_at(agent_cpu);
        if (!own || READ_ONCE(own->enclave) != slot || READ_ONCE(own->agent_status_word) < 0)
            return GHOST_NOT_PERMITTED;
    }
    if (x->generation != READ_ONCE(e->generation) || READ_ONCE(e->mode) != GHOST_MODE_AGENTS)
        return GHOST_AGENT_STALE;
    if (gtid > 0 || gtid == GHOST_GTID_IDLE) {
        if (x->run_flags & GHOST_DO_NOT_PREEMPT && (READ_ONCE(c->current_gtid) || READ_ONCE(c->latched_gtid)))
            return GHOST_AGENT_STALE;
        if (agent_cpu != (s32)cpu && agent_cpu != NOBODY && class_now(c, cpu) == GHOST_CPU_OTHER)
            return GHOST_CPU_UNAVAIL;
    }
    if (agent_cpu == (s32)cpu && gtid != GHOST_GTID_AGENT && x->agent_barrier != READ_ONCE(agent->barrier))
        return GHOST_AGENT_STALE;
    return GHOST_COMPLETE;
}

/* Checks the task, then the CPU, then claims the task. */
INLINE u32 claim_task(struct ghost_transaction *x, struct ghost_cpu *c, struct ghost_enclave *e, u32 cpu, s32 agent_cpu,
    u64 *before)
{
    s64 gtid = x->gtid;
    u32 commit_flags = x->commit_flags;
    struct task_struct *p = bpf_task_from_pid(gtid >> GHOST_GTID_GENERATION_BITS);
    if (!p)
        return GHOST_TARGET_NOT_FOUND;
    u32 result = GHOST_TARGET_NOT_FOUND;
    struct task *t = task_of(p);
    if (!t || t->gtid != gtid)
        goto out;
    result = GHOST_INVALID_TARGET;
    if (t->enclave != READ_ONCE(c->enclave))
        goto out;
    for (int tries = 0; tries < 4; tries++) {
        u64 word = READ_ONCE(t->word);
        result = check_state(word, x->task_barrier, cpu, commit_flags);
        if (result != GHOST_COMPLETE)
            goto out;
        if (!may_run(p, cpu)) {
            result = GHOST_INVALID_CPU;
            goto out;
        }
        result = check_cpu(x, c, e, cpu, agent_cpu);
        if (result != GHOST_COMPLETE)
            goto out;
        *before = word;
        if (state_of(word) == RUNNING || state_of(word) == MOVED) {
            t->undo = word; /* it is there already */
            t->run_flags = x->run_flags & ~GHOST_SEND_TASK_ON_CPU;
            if (x->slice > 0 && EXISTS(scx_bpf_task_set_slice___a))
                scx_bpf_task_set_slice___a(p, x->slice);
            goto out;
        }
        if (CAS(&t->word, word, with_state(word, COMMITTED, cpu)) == word) {
            t->undo = word;
            t->run_flags = x->run_flags;
            t->slice_ns = x->slice > 0 ? x->slice : SCX_SLICE_INF;
            t->committed_ns = bpf_ktime_get_ns();
            t->misses = 0;
            goto out;
        }
        result = GHOST_TARGET_STALE;
    }
out:
    bpf_task_release(p);
    return result;
}

/* Everything that can fail. If it does not, a task is claimed, and install() or undo() must follow. */
INLINE u32 decide(struct ghost_transaction *x, struct ghost_cpu *c, struct ghost_enclave *e, u32 cpu, s32 agent_cpu,
    u64 *before)
{
    s64 gtid = x->gtid;
    if (x->version != 0)
        return GHOST_UNSUPPORTED_VERSION;
    if (x->cpu != (s32)cpu)
        return GHOST_INVALID_CPU;
    if (!flags_are_valid(gtid, x->run_flags, x->commit_flags))
        return GHOST_INVALID_FLAGS;
    if (!READ_ONCE(c->online))
        return GHOST_CPU_OFFLINE;
    if (gtid > 0)
        return claim_task(x, c, e, cpu, agent_cpu, before);
    if (gtid < GHOST_GTID_IDLE)
        return GHOST_INVALID_TARGET;
    if (gtid == GHOST_GTID_IDLE && !(x->commit_flags & GHOST_ALLOW_TASK_ONCPU) && class_now(c, cpu) == GHOST_CPU_IDLE)
        return GHOST_TARGET_ONCPU;
    return check_cpu(x, c, e, cpu, agent_cpu);
}

/* Lets a CPU schedule; takes its present task off. Who comes there in the meantime is not meant: see modes.h. */
INLINE void take_off(struct ghost_cpu *c, u32 cpu)
{
    s64 present = READ_ONCE(c->current_gtid);
    WRITE_ONCE(c->victim_gtid, present ? present : -1);
    scx_bpf_kick_cpu(cpu, SCX_KICK_PREEMPT);
}

/* A task that was latched elsewhere before this commit silently leaves there. */
INLINE void forget_former_latch(u64 before, u32 cpu, s64 gtid)
{
    if (state_of(before) != COMMITTED || cpu_of(before) == cpu)
        return;
    struct ghost_cpu *former = cpus_at(cpu_of(before));
    if (former)
        CAS(&former->latched_gtid, gtid, 0);
}

/* The transaction holds: tells the CPU. `before` is the task's word before it was claimed. */
INLINE void install(struct ghost_transaction *x, struct ghost_cpu *c, u32 cpu, s32 agent_cpu, u64 before)
{
    s64 gtid = x->gtid;
    u32 run_flags = x->run_flags;
    if (gtid == GHOST_GTID_AGENT) {
        wake_agent(cpu);
    } else {
        bool there = gtid > 0 && (state_of(before) == RUNNING || state_of(before) == MOVED);
        if (gtid > 0)
            forget_former_latch(before, cpu, gtid);
        WRITE_ONCE(c->run_flags, run_flags);
        WRITE_ONCE(c->elide_preempt, !there && run_flags & GHOST_ELIDE_PREEMPT && READ_ONCE(c->current_gtid));
        WRITE_ONCE(c->not_idle_wanted, run_flags & GHOST_NEED_CPU_NOT_IDLE);
        WRITE_ONCE(c->latched_by_own, agent_cpu == (s32)cpu);
        s64 former = EXCHANGE(&c->latched_gtid, gtid > 0 && !there ? gtid : 0);
        if (former && former != gtid)
            lose_latch(cpu, former);
        u32 barrier;
        if (!there && agent_cpu != (s32)cpu && !(x->commit_flags & GHOST_ELIDE_AGENT_BARRIER_INC))
            raise_agent_barrier(c, &barrier);
        if (!there && agent_cpu != (s32)cpu && agent_cpu != NOBODY)
            take_off(c, cpu);
    }
    x->commit_time = bpf_ktime_get_ns();
    x->cpu_seqnum = FETCH_ADD(&c->cpu_seqnum, 1) + 1;
}

INLINE void finish(struct ghost_transaction *x, struct ghost_cpu *c, struct ghost_enclave *e, u32 result)
{
    u32 barrier;
    if (result != GHOST_COMPLETE && x->commit_flags & GHOST_INC_AGENT_BARRIER_ON_FAILURE)
        raise_agent_barrier(c, &barrier);
    COUNT(e->transactions);
    EXCHANGE(&x->state, GHOST_TXN_RESULT(result));
}

/* Word of a task before it was claimed, of a transaction that was just decided to be COMPLETE. */
INLINE u64 word_before(s64 gtid)
{
    u64 before = 0;
    struct task_struct *p = gtid > 0 ? bpf_task_from_pid(gtid >> GHOST_GTID_GENERATION_BITS) : NULL;
    if (!p)
        return 0;
    struct task *t = task_of(p);
    if (t && t->gtid == gtid)
        before = t->undo;
    bpf_task_release(p);
    return before;
}

INLINE bool claim_slot(struct ghost_transaction *x, s32 claimant)
{
    return READ_ONCE(x->state) == GHOST_TXN_READY && CAS(&x->state, GHOST_TXN_READY, claimant) == GHOST_TXN_READY;
}

/* One transaction from READY to its result. */
CHECKED_ONCE u32 commit_slot(u32 cpu, s32 agent_cpu)
{
    struct ghost_transaction *x = transactions_at(cpu);
    struct ghost_cpu *c = cpus_at(cpu);
    if (!x || !c)
        return NOT_READY;
    struct ghost_enclave *e = enclaves_at(READ_ONCE(c->enclave));
    if (!e || !claim_slot(x, cpu))
        return NOT_READY;
    u64 before = 0;
    bpf_rcu_read_lock();
    u32 result = decide(x, c, e, cpu, agent_cpu, &before);
    bpf_rcu_read_unlock();
    if (result == GHOST_COMPLETE)
        install(x, c, cpu, agent_cpu, before);
    finish(x, c, e, result);
    return result;
}

/* Gives a READY slot a result without deciding it. */
CHECKED_ONCE u32 refuse_slot(u32 cpu, u32 result)
{
    struct ghost_transaction *x = transactions_at(cpu);
    struct ghost_cpu *c = cpus_at(cpu);
    struct ghost_enclave *e = c ? enclaves_at(READ_ONCE(c->enclave)) : NULL;
    if (!x || !e || !claim_slot(x, cpu))
        return NOT_READY;
    finish(x, c, e, result);
    return result;
}

/* ---- the commit call of an agent */

/* The first CPU from `from` on that a request names; GHOST_MAX_CPUS = none. */
INLINE u32 next_cpu(struct ghost_commit_request *r, u32 from)
{
    for (u32 n = 0; n < GHOST_MAX_CPUS / 64; n++) {
        u32 at = from / 64;
        if (at >= GHOST_MAX_CPUS / 64)
            break;
        u64 bits = READ_ONCE(r->cpus[within(at, GHOST_MAX_CPUS / 64)]) & ~0ULL << (from & 63);
        if (bits)
            return at * 64 + first_bit(bits);
        from = (at + 1) * 64;
    }
    return GHOST_MAX_CPUS;
}

/* The next of them; the place is kept in the request, where the verifier does not follow each of its values. */
INLINE u32 next_of(struct ghost_commit_request *r)
{
    u32 cpu = next_cpu(r, READ_ONCE(r->cursor));
    WRITE_ONCE(r->cursor, cpu + 1);
    return READ_ONCE(r->cursor) - 1;
}

/* A transaction that the CPU shall commit itself when it schedules. */
INLINE void leave_to_cpu(u32 cpu)
{
    struct ghost_cpu *c = cpus_at(cpu);
    if (!c)
        return;
    EXCHANGE(&c->latched, 1);
    if (!READ_ONCE(c->current_gtid))
        scx_bpf_kick_cpu(cpu, 0);
}

INLINE bool is_at_schedule(u32 cpu)
{
    struct ghost_transaction *x = transactions_at(cpu);
    return x && (x->commit_flags & (GHOST_COMMIT_AT_SCHEDULE | GHOST_COMMIT_AT_TXN_COMMIT)) == GHOST_COMMIT_AT_SCHEDULE;
}

INLINE bool is_failure(u32 result) { return result != GHOST_COMPLETE && result != NOT_READY; }

INLINE void commit_each(struct ghost_commit_request *r, u32 agent_cpu, u32 slot, u32 cpu_count)
{
    bool failed = false, own = false;
    u32 n;
    r->cursor = 0;
    FOR_RANGE(n, GHOST_MAX_CPUS) {
        u32 cpu = next_of(r);
        if (cpu >= cpu_count)
            break;
        struct ghost_cpu *c = cpus_at(cpu);
        if (cpu == agent_cpu)
            own = true;
        else if (c && READ_ONCE(c->enclave) != slot)
            failed = true; /* the slot belongs to somebody else's agents */
        else if (is_at_schedule(cpu))
            leave_to_cpu(cpu);
        else
            failed |= is_failure(commit_slot(cpu, agent_cpu));
    }
    if (!own)
        return;
    if (failed)
        refuse_slot(agent_cpu, GHOST_POISONED);
    else if (is_at_schedule(agent_cpu))
        leave_to_cpu(agent_cpu);
    else
        commit_slot(agent_cpu, agent_cpu);
}

/* ---- sync groups: claim all slots, decide all, then install all or undo all */

CHECKED_ONCE u32 decide_in_group(u32 cpu, s32 agent_cpu)
{
    struct ghost_transaction *x = transactions_at(cpu);
    struct ghost_cpu *c = cpus_at(cpu);
    struct ghost_enclave *e = c ? enclaves_at(READ_ONCE(c->enclave)) : NULL;
    u64 before;
    if (!x || !e)
        return GHOST_INVALID_CPU;
    bpf_rcu_read_lock();
    u32 result = decide(x, c, e, cpu, agent_cpu, &before);
    bpf_rcu_read_unlock();
    return result;
}

CHECKED_ONCE s32 undo(u32 cpu)
{
    struct ghost_transaction *x = transactions_at(cpu);
    s64 gtid = x ? x->gtid : 0;
    struct task_struct *p = gtid > 0 ? bpf_task_from_pid(gtid >> GHOST_GTID_GENERATION_BITS) : NULL;
    if (!p)
        return 0;
    struct task *t = task_of(p);
    if (t && t->gtid == gtid) {
        u64 before = t->undo;
        u64 claimed = with_state(before, COMMITTED, cpu);
        /*
         * One that was parked is so again. If it was the latch of another CPU, or an event was faster, it has lost a
         * latch, and that is told.
         */
        bool there = before == claimed || state_of(before) == RUNNING || state_of(before) == MOVED;
        bool parked = state_of(before) == PARKED && CAS(&t->word, claimed, before) == claimed;
        if (!there && !parked)
            unlatch(t, p, cpu);
    }
    bpf_task_release(p);
    return 0;
}

/* What became of the slots of a group, by the agent's CPU: 0 = not claimed by us, else 1 + result. */
struct verdicts {
    u8 of[GHOST_MAX_CPUS];
};
struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY);
    MAP_NUMBER(max_entries, GHOST_MAX_CPUS);
    MAP_TYPE(key, u32);
    MAP_TYPE(value, struct verdicts);
} group_verdicts SEC(".maps");

CHECKED_ONCE s32 conclude(u32 cpu, s32 agent_cpu, u32 verdict, u32 ok)
{
    struct ghost_transaction *x = transactions_at(cpu);
    struct ghost_cpu *c = cpus_at(cpu);
    struct ghost_enclave *e = c ? enclaves_at(READ_ONCE(c->enclave)) : NULL;
    if (!x || !e || !verdict)
        return 0;
    u32 result = verdict - 1;
    if (ok) {
        install(x, c, cpu, agent_cpu, word_before(x->gtid));
        EXCHANGE(&x->sync_group_owner, -1);
    } else if (result == GHOST_COMPLETE) {
        undo(cpu);
        result = GHOST_POISONED;
    }
    finish(x, c, e, result);
    return 0;
}

INLINE u32 commit_group(struct ghost_commit_request *r, u32 agent_cpu, u32 slot, u32 cpu_count)
{
    struct verdicts *v = bpf_map_lookup_elem(&group_verdicts, &agent_cpu);
    if (!v)
        return 0;
    u32 ok = 1, n;
    r->cursor = 0;
    FOR_RANGE(n, GHOST_MAX_CPUS) { /* claim */
        u32 cpu = next_of(r);
        if (cpu >= GHOST_MAX_CPUS)
            break;
        struct ghost_cpu *c = cpus_at(cpu);
        struct ghost_transaction *x = transactions_at(cpu);
        bool ours = cpu < cpu_count && c && x && READ_ONCE(c->enclave) == slot && claim_slot(x, agent_cpu);
        v->of[within(cpu, GHOST_MAX_CPUS)] = ours ? 1 + GHOST_POISONED : 0;
        ok &= ours;
    }
    r->cursor = 0;
    FOR_RANGE(n, GHOST_MAX_CPUS) { /* decide, the own one last */
        if (!ok)
            break;
        u32 cpu = next_of(r);
        if (cpu >= GHOST_MAX_CPUS)
            break;
        if (cpu != agent_cpu) {
            u32 result = decide_in_group(cpu, agent_cpu);
            v->of[within(cpu, GHOST_MAX_CPUS)] = 1 + result;
            ok = result == GHOST_COMPLETE;
        }
    }
    u64 own = READ_ONCE(r->cpus[within(agent_cpu / 64, GHOST_MAX_CPUS / 64)]);
    if (ok && agent_cpu < GHOST_MAX_CPUS && own >> (agent_cpu & 63) & 1) {
        u32 result = decide_in_group(agent_cpu, agent_cpu);
        v->of[within(agent_cpu, GHOST_MAX_CPUS)] = 1 + result;
        ok = result == GHOST_COMPLETE;
    }
    r->cursor = 0;
    FOR_RANGE(n, GHOST_MAX_CPUS) {
        u32 cpu = next_of(r);
        if (cpu >= GHOST_MAX_CPUS)
            break;
        conclude(cpu, agent_cpu, v->of[within(cpu, GHOST_MAX_CPUS)], ok);
    }
    return ok;
}

#endif
