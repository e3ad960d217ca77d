/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Who runs next: the latch of the CPU where agents decide, the first parked task where the kernel does. Each enclave
 * has two queues of parked tasks: one in order of arrival, and one by virtual runtime, which is filled only in that
 * mode. A change of mode moves nothing; the queue that is not filled any more is emptied first.
 */
#ifndef GHOST_MODES_H
#define GHOST_MODES_H

#include "commit.h"

#define PLAIN_SLICE_NS 20000000ULL /* of the kernel's own default */
#define STRANGERS_QUEUE 0x67670000ULL
#define STRANGERS_SLICE_NS 4000000ULL
#define STRANGERS_EVERY_NS 200000000ULL /* a turn of theirs on a CPU that has tasks of an enclave to run */
#define STRANGERS_FORCE_NS 1000000000ULL /* the same where such a task keeps its CPU without end */
#define SHORT_SLICE_NS 2000000ULL  /* of a task that cannot wait for an agent */
#define MAX_REENQUEUES 64          /* the kernel ejects us after 256 in a row */
#define MAX_MISSES 64
#define MOST_TRIED 8
#define NEW_VICTIM_NS 1000000ULL   /* a kick that comes later than this after the switch was not for that switch */

INLINE u64 parked_queue(u32 slot) { return 0x67680000ULL + 2 * slot; }
INLINE u64 vruntime_queue(u32 slot) { return parked_queue(slot) + 1; }
INLINE bool decides_itself(u32 mode) { return mode == GHOST_MODE_FIFO || mode == GHOST_MODE_VRUNTIME; }

INLINE u64 in_kernel_slice(struct ghost_enclave *e)
{
    u64 slice_ns = READ_ONCE(e->in_kernel_slice_ns);
    return slice_ns ? slice_ns : PLAIN_SLICE_NS;
}

/* ---- tasks that run in any case */

/*
 * Does the task hold on to its CPU (migrate_disable)? A task that is current is counted once for each of our own
 * callbacks that is under way: one, and another one where the kernel gives it back out of cpu_release.
 */
INLINE bool is_pinned(struct task_struct *p, u64 enq_flags)
{
    u32 ours = 0;
    if (p == bpf_get_current_task_btf())
        ours = enq_flags & SCX_ENQ_REENQ ? 2 : 1;
    return p->migration_disabled > ours;
}

/* A task that cannot wait for an agent: it holds on to its CPU, or may have lost the number that agents name it by. */
INLINE bool cannot_wait(struct task_struct *p, u64 enq_flags)
{
    return p->flags & PF_EXITING || is_pinned(p, enq_flags);
}

/* ---- virtual runtime */

INLINE u64 start_of_vruntime(struct task *t, struct ghost_enclave *e)
{
    u64 floor = READ_ONCE(e->vruntime);
    u64 lead = in_kernel_slice(e); /* what a sleeper may be ahead */
    floor = floor > lead ? floor - lead : 0;
    if ((s64)(t->vruntime - floor) < 0)
        t->vruntime = floor;
    return t->vruntime;
}

INLINE void charge(struct task *t, struct task_struct *p)
{
    u64 sum = p->se.sum_exec_runtime;
    u32 weight = p->scx.weight;
    if (t->charged_ns && sum > t->charged_ns && weight)
        t->vruntime += (sum - t->charged_ns) * 100 / weight;
    t->charged_ns = sum;
}

/* The clock that sleepers are not left behind of: what the task that runs, having least, has. */
INLINE void advance_vruntime(struct task *t, struct ghost_enclave *e)
{
    if ((s64)(t->vruntime - READ_ONCE(e->vruntime)) > 0)
        WRITE_ONCE(e->vruntime, t->vruntime);
}

/*
 * Is the present task, whose slice is over, still the one that had least? It is not in the queue at this moment, so
 * that the first one there would always come next and weights would mean nothing.
 */
INLINE bool has_least(struct task *t, struct task_struct *prev, u64 queue)
{
    struct bpf_iter_scx_dsq it;
    bool least = true;
    charge(t, prev);
    if (bpf_iter_scx_dsq_new(&it, queue, 0) == 0) {
        struct task_struct *first = bpf_iter_scx_dsq_next(&it);
        struct task *other = first ? task_of(first) : NULL;
        least = !other || (s64)(t->vruntime - other->vruntime) < 0;
    }
    bpf_iter_scx_dsq_destroy(&it);
    return least;
}

/* ---- the latch */

INLINE u64 immediate(struct task *t)
{
    if (ENUM_HAS(enum scx_enq_flags, SCX_ENQ_IMMED) && t->reenqueues < MAX_REENQUEUES)
        return SCX_ENQ_IMMED;
    return 0;
}

/*
 * Moves a claimed task here. The iterator is made first and the task checked after that: the kernel refuses to move a
 * task that came into the queue later than the iterator, so what was checked is what is moved.
 */
INLINE bool move_claimed(struct task *t, struct task_struct *p, u64 queue, u32 cpu)
{
    struct bpf_iter_scx_dsq it;
    bool moved = false;
    if (bpf_iter_scx_dsq_new(&it, queue, 0) == 0 && may_run(p, cpu))
        moved = move_one_here(&it, p, t->slice_ns, immediate(t));
    bpf_iter_scx_dsq_destroy(&it);
    return moved;
}

enum taken { TAKEN, DROPPED, NOT_YET };

/* The latch's task to this CPU. NOT_YET: it was committed a moment before the kernel had put it into its queue. */
INLINE u32 take_task(struct task *t, struct task_struct *p, struct ghost_cpu *c, u32 cpu)
{
    u64 word = READ_ONCE(t->word);
    if (state_of(word) != COMMITTED || cpu_of(word) != cpu || t->enclave != READ_ONCE(c->enclave))
        return DROPPED;
    if (!may_run(p, cpu)) {
        unlatch(t, p, cpu);
        return DROPPED;
    }
    u64 moved = with_state(word, MOVED, cpu);
    if (CAS(&t->word, word, moved) != word)
        return NOT_YET;
    WRITE_ONCE(c->current_gtid, t->gtid);
    bool by_vruntime = t->marks & TASK_BY_VRUNTIME;
    if (move_claimed(t, p, by_vruntime ? vruntime_queue(t->enclave) : parked_queue(t->enclave), cpu))
        return TAKEN;
    WRITE_ONCE(c->current_gtid, 0);
    if (CAS(&t->word, moved, word) != moved)
        return DROPPED; /* an event was faster, and has said so */
    if (++t->misses < MAX_MISSES)
        return NOT_YET;
    unlatch(t, p, cpu);
    return DROPPED;
}

CHECKED_ONCE u32 take_latch(u32 cpu)
{
    struct ghost_cpu *c = cpus_at(cpu);
    s64 gtid = c ? EXCHANGE(&c->latched_gtid, 0) : 0;
    struct task_struct *p = gtid > 0 ? bpf_task_from_pid(gtid >> GHOST_GTID_GENERATION_BITS) : NULL;
    if (!p)
        return DROPPED;
    u32 taken = DROPPED;
    struct task *t = task_of(p);
    if (t && t->gtid == gtid) {
        taken = take_task(t, p, c, cpu);
        if (taken == NOT_YET) {
            struct ghost_enclave *e = enclaves_at(t->enclave);
            if (e)
                COUNT(e->retries);
            if (CAS(&c->latched_gtid, 0, gtid) == 0) {
                scx_bpf_kick_cpu(cpu, 0);
            } else { /* another commit was faster */
                unlatch(t, p, cpu);
                taken = DROPPED;
            }
        }
    }
    bpf_task_release(p);
    return taken;
}

/* ---- ops.dispatch */

/*
 * The first task that may run here. Not by the kernel's own function for that, because whether the kernel shall give
 * the task back when another class takes the CPU is a matter of the task.
 */
INLINE bool take_first(u64 queue, u64 slice_ns, u32 cpu)
{
    struct bpf_iter_scx_dsq it;
    bool taken = false;
    if (bpf_iter_scx_dsq_new(&it, queue, 0) == 0) {
        for (u32 n = 0; n < MOST_TRIED && !taken; n++) {
            struct task_struct *p = bpf_iter_scx_dsq_next(&it);
            struct task *t = p ? task_of(p) : NULL;
            if (!t)
                break;
            taken = may_run(p, cpu) && move_one_here(&it, p, slice_ns, immediate(t));
        }
    }
    bpf_iter_scx_dsq_destroy(&it);
    return taken || move_first_here(queue);
}

INLINE bool dispatch_in_kernel(struct ghost_enclave *e, u32 slot, u32 mode, u32 cpu)
{
    u64 first = parked_queue(slot), second = vruntime_queue(slot);
    if (mode == GHOST_MODE_FIFO) {
        first = second;
        second = parked_queue(slot);
    }
    u64 slice_ns = in_kernel_slice(e);
    if (!take_first(first, slice_ns, cpu) && !take_first(second, slice_ns, cpu))
        return false;
    COUNT(e->in_kernel_dispatches);
    return true;
}

/* A kick that was meant for the task that left a moment ago: the one that came instead goes on. */
INLINE bool kicked_in_place_of(struct ghost_cpu *c, struct task *t)
{
    s64 victim = READ_ONCE(c->victim_gtid);
    if (!victim || victim == t->gtid || t->marks & (TASK_YIELDED | TASK_FORCE_OFF))
        return false;
    WRITE_ONCE(c->victim_gtid, 0);
    return bpf_ktime_get_ns() - READ_ONCE(c->last_switch_ns) < NEW_VICTIM_NS;
}

/* Nothing else to run: lets the present task go on unless agents shall hear that its time is over. */
INLINE void keep(struct ghost_cpu *c, struct task_struct *prev, u32 mode)
{
    struct task *t = task_of(prev);
    u32 state = t ? state_of(READ_ONCE(t->word)) : OUT;
    if (!t || !is_enclave_task(state)) {
        set_slice(prev, STRANGERS_SLICE_NS);
        return;
    }
    if (state != RUNNING)
        return; /* one that was running when it came in */
    if (mode != GHOST_MODE_AGENTS) {
        t->marks &= ~TASK_YIELDED;
        set_slice(prev, PLAIN_SLICE_NS);
    } else if (kicked_in_place_of(c, t)) {
        set_slice(prev, t->slice_ns ? t->slice_ns : PLAIN_SLICE_NS);
    }
}

INLINE bool stays(struct task_struct *prev, struct ghost_enclave *e, u32 slot)
{
    struct task *t = task_of(prev);
    if (!t || state_of(READ_ONCE(t->word)) != RUNNING || t->enclave != slot ||
        t->marks & (TASK_YIELDED | TASK_FORCE_OFF) || !has_least(t, prev, vruntime_queue(slot)))
        return false;
    advance_vruntime(t, e);
    set_slice(prev, in_kernel_slice(e));
    return true;
}

/* Threads of no enclave: where a CPU has nothing better to do, and now and then where it has. */
INLINE bool take_stranger(void)
{
    return move_first_here(STRANGERS_QUEUE);
}

INLINE bool is_strangers_turn(struct ghost_cpu *c)
{
    u64 now = bpf_ktime_get_ns();
    if (now - READ_ONCE(c->strangers_ns) < STRANGERS_EVERY_NS)
        return false;
    WRITE_ONCE(c->strangers_ns, now);
    return take_stranger();
}

INLINE bool dispatch_for_agents(struct ghost_cpu *c, u32 cpu)
{
    if (READ_ONCE(c->latched) && EXCHANGE(&c->latched, 0) && is_at_schedule(cpu))
        commit_slot(cpu, NOBODY);
    return READ_ONCE(c->latched_gtid) && take_latch(cpu) != DROPPED;
}

INLINE void dispatch(u32 cpu, struct task_struct *prev)
{
    struct ghost_cpu *c = cpus_at(cpu);
    if (!c)
        return;
    if (prev && !prev->on_rq)
        prev = NULL;
    if (prev && cannot_wait(prev, 0)) {
        set_slice(prev, SHORT_SLICE_NS);
        return;
    }
    u32 slot = READ_ONCE(c->enclave), mode = GHOST_MODE_FIFO;
    struct ghost_enclave *e = enclaves_at(slot);
    if (e) {
        mode = READ_ONCE(e->mode);
        c->dispatches++;
        if (is_strangers_turn(c))
            return;
        if (!decides_itself(mode) && dispatch_for_agents(c, cpu))
            return;
        if (mode == GHOST_MODE_VRUNTIME && prev && stays(prev, e, slot))
            return;
        if (decides_itself(mode) && dispatch_in_kernel(e, slot, mode, cpu))
            return;
    }
    if (take_stranger())
        return;
    if (prev) {
        keep(c, prev, mode);
    } else if (e && READ_ONCE(c->run_flags) & GHOST_RTLA_ON_IDLE) {
        c->run_flags &= ~GHOST_RTLA_ON_IDLE;
        wake_agent(cpu);
    }
}

/* ---- an idle CPU for a task that was just parked, where the kernel decides */

INLINE bool is_online(u32 cpu)
{
    struct ghost_cpu *c = cpus_at(cpu);
    return c && READ_ONCE(c->online);
}

INLINE bool take_if_idle(struct task_struct *p, u32 cpu)
{
    return bpf_cpumask_test_cpu(cpu, p->cpus_ptr) && is_online(cpu) && scx_bpf_test_and_clear_cpu_idle(cpu);
}

/* An idle CPU of the enclave that the task may use, not idle any more for others who ask; -1 = none. */
INLINE s32 find_idle_cpu(struct task_struct *p, u32 slot, u32 home)
{
    struct cpu_bits *bits = bpf_map_lookup_elem(&enclave_cpus, &slot);
    if (!bits)
        return -1;
    if (home < GHOST_MAX_CPUS && bits->words[within(home / 64, GHOST_MAX_CPUS / 64)] >> (home & 63) & 1 &&
        take_if_idle(p, home))
        return home;
    u64 left = 0;
    u32 at = 0, n;
    FOR_RANGE(n, GHOST_MAX_CPUS + GHOST_MAX_CPUS / 64) {
        if (left) {
            u32 cpu = (at - 1) * 64 + first_bit(left);
            left &= left - 1;
            if (cpu < GHOST_MAX_CPUS && take_if_idle(p, cpu))
                return cpu;
        } else if (at < GHOST_MAX_CPUS / 64) {
            left = READ_ONCE(bits->words[within(at, GHOST_MAX_CPUS / 64)]);
            at++;
        } else {
            break;
        }
    }
    return -1;
}

/* ---- the net below policies that forget a task: the kernel ejects us if one waits for 30 seconds */

#define FORGOTTEN_NS 10000000000ULL /* hosts give up an enclave after twice that */
#define MOST_LOOKED_AT 32
#define MOST_MOVED 4096 /* while a CPU goes away */

/* A CPU of the enclave that the task may use and that has no latch. */
INLINE s32 find_any_cpu(struct task_struct *p, u32 slot, s32 home)
{
    s32 idle = find_idle_cpu(p, slot, home);
    if (idle >= 0)
        return idle;
    struct ghost_control *g = control_at(0);
    u32 count = g && g->cpus < GHOST_MAX_CPUS ? g->cpus : GHOST_MAX_CPUS, cpu;
    FOR_RANGE(cpu, count) {
        struct ghost_cpu *c = cpus_at(cpu);
        if (c && READ_ONCE(c->enclave) == slot && READ_ONCE(c->online) && !READ_ONCE(c->latched_gtid) &&
            may_run(p, cpu))
            return cpu;
    }
    return -1;
}

/* Commits a forgotten task for a short moment, in nobody's name. */
INLINE void rescue_task(struct task *t, struct task_struct *p)
{
    struct ghost_enclave *e = enclaves_at(t->enclave);
    u64 word = READ_ONCE(t->word);
    if (state_of(word) == COMMITTED) {
        struct ghost_cpu *owner = cpus_at(cpu_of(word));
        if (!owner || READ_ONCE(owner->latched_gtid) != t->gtid)
            unlatch(t, p, cpu_of(word)); /* no CPU knows of it */
        return;
    }
    s32 cpu = find_any_cpu(p, t->enclave, t->last_cpu);
    struct ghost_cpu *c = cpu < 0 ? NULL : cpus_at(cpu);
    if (!c || !e || state_of(word) != PARKED)
        return;
    u64 claimed = with_state(word, COMMITTED, cpu);
    if (CAS(&t->word, word, claimed) != word)
        return;
    t->slice_ns = SHORT_SLICE_NS;
    t->run_flags = 0;
    t->misses = 0;
    WRITE_ONCE(c->latched_by_own, 0);
    if (CAS(&c->latched_gtid, 0, t->gtid) != 0) {
        CAS(&t->word, claimed, word);
        return;
    }
    COUNT(e->rescues);
    take_off(c, cpu);
}

CHECKED_ONCE s32 rescue(s32 tid)
{
    struct task_struct *p = bpf_task_from_pid(tid);
    if (!p)
        return 0;
    struct task *t = task_of(p);
    bpf_rcu_read_lock();
    if (t)
        rescue_task(t, p);
    bpf_rcu_read_unlock();
    bpf_task_release(p);
    return 0;
}

/* A CPU that goes away waits until no task's home it is, not even a parked one's. */
INLINE bool must_move(struct task_struct *p)
{
    return !is_online(scx_bpf_task_cpu(p));
}

/* Looks at the tasks that were parked first, of one queue. */
INLINE void rescue_forgotten(u64 queue, u64 now, u32 most)
{
    struct bpf_iter_scx_dsq it;
    bpf_rcu_read_lock();
    if (bpf_iter_scx_dsq_new(&it, queue, 0) == 0) {
        u32 n;
        FOR_RANGE(n, most) {
            struct task_struct *p = bpf_iter_scx_dsq_next(&it);
            struct task *t = p ? task_of(p) : NULL;
            if (!t)
                break;
            if (now - t->waits_since_ns > FORGOTTEN_NS || must_move(p))
                rescue(p->pid);
        }
    }
    bpf_iter_scx_dsq_destroy(&it);
    bpf_rcu_read_unlock();
}

#endif
