/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The kernel side of enclaves on real threads: a sched_ext scheduler that decides nothing. It tells agents what happens to
 * their tasks, parks who waits, and does what committed transactions say; only where agents are silent, or a mode
 * says so, it takes the first in line. Threads with the policy SCHED_EXT that no enclave owns run first come, first
 * served.
 */
#include "control.h"

char ghost_license[] SEC("license") = "Dual BSD/GPL";

#define HEARTBEAT_CHECK_NS 20000000ULL
#define ROUNDS_PER_RESCUE 50 /* a second */
#define ROUNDS_OF_LEAVING 1000

/* A callback gets its arguments as an array of 64-bit words. */
#define CALLBACK(result, name) SEC("struct_ops/ghost_" #name) result ghost_##name(u64 *args)
#define SLEEPABLE_CALLBACK(result, name) SEC("struct_ops.s/ghost_" #name) result ghost_##name(u64 *args)
#define TASK(number) ((struct task_struct *)args[number])

/* ---- a task becomes runnable, or stays so and leaves its CPU */

INLINE bool is_enclave_task(u32 state) { return state >= JOINING && state <= RUNNING; }

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
    if (state_of(before) != MOVED && stops)
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

/* ---- on and off the CPU */

CALLBACK(void, dispatch)
{
    dispatch(args[0], TASK(1));
}

INLINE void send_on_cpu(struct task *t, struct task_struct *p, u64 word, u32 cpu)
{
    struct ghost_message m = {};
    describe(&m, t, GHOST_TASK_ON_CPU, 0, barrier_of(word), cpu);
    m.runtime = p->se.sum_exec_runtime;
    m.cpu_seqnum = next_cpu_seqnum(cpu);
    m.data = t->committed_ns;
    send_task(t, word, &m);
}

CALLBACK(void, running)
{
    struct task_struct *p = TASK(0);
    u32 cpu = scx_bpf_task_cpu(p);
    struct ghost_cpu *c = cpus_at(cpu);
    struct task *t = task_of(p);
    if (!t || !c)
        return;
    u64 before = READ_ONCE(t->word);
    if (!is_enclave_task(state_of(before)))
        return;
    u64 now = bpf_ktime_get_ns();
    WRITE_ONCE(c->current_gtid, t->gtid);
    WRITE_ONCE(c->last_switch_ns, now);
    WRITE_ONCE(c->running_class, GHOST_CPU_EXT);
    t->last_cpu = cpu;
    t->reenqueues = 0;
    bool off = t->marks & TASK_FORCE_OFF, hidden = t->marks & TASK_HIDDEN;
    bool tell = false;
    if (state_of(before) == NEW || state_of(before) == JOINING) {
        off = true; /* it was running when it came in: it is told of when it is off */
    } else {
        bool fresh = state_of(before) != RUNNING;
        tell = fresh && t->run_flags & GHOST_SEND_TASK_ON_CPU && !hidden;
        advance(t, RUNNING, cpu, tell);
        if (fresh) {
            t->marks &= ~TASK_YIELDED;
            WRITE_ONCE(c->elide_preempt, 0); /* whom it was for has stopped by itself */
        }
    }
    struct ghost_enclave *e = enclaves_at(t->enclave);
    if (e && READ_ONCE(e->mode) == GHOST_MODE_VRUNTIME)
        advance_vruntime(t, e);
    u64 word = READ_ONCE(t->word);
    struct ghost_status_word *sw = status_word_at(t->enclave, t->status_word);
    if (sw && !hidden) {
        sw->switch_time = now;
        sw->cpu = cpu;
        t->word_flags |= GHOST_SW_RUNNABLE | GHOST_SW_ON_CPU;
        publish(sw, barrier_of(word), t->word_flags);
    }
    if (tell) {
        t->run_flags &= ~GHOST_SEND_TASK_ON_CPU;
        send_on_cpu(t, p, word, cpu);
    }
    if (off && !cannot_wait(p, 0))
        take_off(c, cpu);
}

CALLBACK(void, stopping)
{
    struct task_struct *p = TASK(0);
    struct task *t = task_of(p);
    if (!t || !is_enclave_task(state_of(READ_ONCE(t->word))))
        return;
    struct ghost_cpu *c = cpus_at(scx_bpf_task_cpu(p));
    struct ghost_status_word *sw = status_word_at(t->enclave, t->status_word);
    charge(t, p);
    if (sw)
        sw->runtime = p->se.sum_exec_runtime;
    if (c && READ_ONCE(c->current_gtid) == t->gtid) {
        WRITE_ONCE(c->current_gtid, 0);
        WRITE_ONCE(c->running_class, GHOST_CPU_IDLE);
    }
}

INLINE void blocked(struct task *t, struct task_struct *p, u32 cpu)
{
    bool is_new = state_of(READ_ONCE(t->word)) == NEW;
    bool is_news = !(t->marks & TASK_HIDDEN);
    advance(t, BLOCKED, NO_CPU, is_news);
    u64 word = READ_ONCE(t->word);
    struct ghost_status_word *sw = status_word_at(t->enclave, t->status_word);
    t->marks = 0;
    if (!is_news)
        return;
    if (sw) {
        t->word_flags &= ~(GHOST_SW_RUNNABLE | GHOST_SW_ON_CPU);
        publish(sw, barrier_of(word), t->word_flags);
    }
    if (is_new) {
        send_new(t, p, word, 0, cpu);
        return;
    }
    send_edge(t, p, word, GHOST_TASK_BLOCKED, 0, cpu);
    if (t->run_flags & GHOST_RTLA_ON_BLOCKED)
        wake_agent(cpu);
}

CALLBACK(void, quiescent)
{
    struct task_struct *p = TASK(0);
    if (!(args[1] & SCX_DEQ_SLEEP))
        return;
    struct task *t = task_of(p);
    if (!t || !is_member(state_of(READ_ONCE(t->word))))
        return;
    u32 cpu = scx_bpf_task_cpu(p);
    if (p->__state & TASK_DEAD) {
        tell_if_new(t, p, cpu);
        advance(t, DEAD, NO_CPU, 1);
        send_last(t, p, READ_ONCE(t->word), GHOST_TASK_DEAD, 0, cpu);
    } else {
        blocked(t, p, cpu);
    }
}

CALLBACK(bool, yield)
{
    struct task_struct *p = TASK(0);
    struct task *t = task_of(p);
    if (t)
        t->marks |= TASK_YIELDED;
    set_slice(p, 0);
    return false;
}

CALLBACK(void, tick)
{
    u32 cpu = bpf_get_smp_processor_id();
    struct ghost_cpu *c = cpus_at(cpu);
    struct ghost_enclave *e = c ? enclaves_at(READ_ONCE(c->enclave)) : NULL;
    if (!e)
        return;
    u32 deliver = READ_ONCE(e->deliver);
    if (deliver & GHOST_DELIVER_TICKS)
        send_cpu(cpu, GHOST_CPU_TICK, 0, 0);
    struct ghost_transaction *x = transactions_at(cpu);
    if (deliver & GHOST_COMMIT_AT_TICK && x && READ_ONCE(x->state) == GHOST_TXN_READY &&
        !(x->commit_flags & (GHOST_COMMIT_AT_SCHEDULE | GHOST_COMMIT_AT_TXN_COMMIT)) &&
        commit_slot(cpu, NOBODY) == GHOST_COMPLETE)
        take_off(c, cpu);
}

/* ---- properties */

/* A message that changes nothing but the barrier; a running task is forced off when the kernel has put it back. */
INLINE void tell_changed(struct task *t, struct task_struct *p, u32 type)
{
    u64 before = READ_ONCE(t->word);
    for (int tries = 0; tries < 8; tries++) {
        u64 found = CAS(&t->word, before, raised(before));
        if (found == before)
            break;
        before = found;
    }
    u64 word = raised(before);
    if (state_of(word) == RUNNING)
        t->marks |= TASK_FORCE_OFF;
    struct ghost_status_word *sw = status_word_at(t->enclave, t->status_word);
    if (sw) {
        sw->nice = nice_of(p);
        publish(sw, barrier_of(word), t->word_flags);
    }
    struct ghost_message m = {};
    describe(&m, t, type, 0, barrier_of(word), scx_bpf_task_cpu(p));
    m.runtime = p->se.sum_exec_runtime;
    m.nice = type == GHOST_TASK_PRIORITY_CHANGED ? nice_of(p) : 0;
    send_task(t, word, &m);
}

INLINE bool is_told_of(u32 state) { return state > NEW && state <= RUNNING; }

CALLBACK(void, set_weight)
{
    struct task_struct *p = TASK(0);
    struct task *t = task_of(p);
    if (!t)
        return;
    u32 state = state_of(READ_ONCE(t->word));
    bool fresh = t->marks & TASK_FRESH_NICE;
    t->marks &= ~TASK_FRESH_NICE;
    if (is_told_of(state) && !fresh) {
        tell_changed(t, p, GHOST_TASK_PRIORITY_CHANGED);
    } else if (is_enclave_task(state)) {
        struct ghost_status_word *sw = status_word_at(t->enclave, t->status_word);
        if (sw)
            sw->nice = nice_of(p);
    }
}

CALLBACK(void, set_cpumask)
{
    struct task_struct *p = TASK(0);
    const struct cpumask *mask = (const struct cpumask *)args[1];
    struct task *t = task_of(p);
    if (!t)
        return;
    bool fresh = t->marks & TASK_FRESH_CPUS;
    t->marks &= ~TASK_FRESH_CPUS;
    if (fresh || !is_told_of(state_of(READ_ONCE(t->word))))
        return;
    tell_changed(t, p, GHOST_TASK_AFFINITY_CHANGED);
    u64 word = READ_ONCE(t->word);
    if (state_of(word) != COMMITTED || bpf_cpumask_test_cpu(cpu_of(word), mask))
        return;
    struct ghost_cpu *c = cpus_at(cpu_of(word));
    if (c)
        CAS(&c->latched_gtid, t->gtid, 0);
    unlatch(t, p, cpu_of(word));
}

/* ---- into and out of the class */

/* A thread that was a member until it got another policy, or was lent a real-time priority, and now is back. */
INLINE void let_come_back(struct task *t, struct task_struct *p)
{
    struct ghost_enclave *e = enclaves_at(t->enclave);
    if (t->marks & TASK_COMES_BACK && state_of(READ_ONCE(t->word)) == OUT && e && e->id == t->enclave_id)
        admit(t, p, t->enclave, 0);
}

CALLBACK(void, enable)
{
    struct task_struct *p = TASK(0);
    struct task *t = task_of(p);
    if (!t)
        return;
    let_come_back(t, p);
    if (state_of(READ_ONCE(t->word)) != JOINING)
        return;
    struct ghost_enclave *e = enclaves_at(t->enclave);
    if (e)
        COUNT(e->entered);
    t->last_cpu = scx_bpf_task_cpu(p);
    t->charged_ns = p->se.sum_exec_runtime;
    if (p->on_rq || p->__state & TASK_NEW) {
        advance(t, NEW, NO_CPU, 0); /* it will be enqueued, or is running */
        return;
    }
    advance(t, BLOCKED, NO_CPU, 1);
    t->marks = TASK_FRESH_NICE | TASK_FRESH_CPUS;
    struct ghost_status_word *sw = status_word_at(t->enclave, t->status_word);
    u64 word = READ_ONCE(t->word);
    if (sw)
        publish(sw, barrier_of(word), t->word_flags);
    send_new(t, p, word, 0, scx_bpf_task_cpu(p));
}

CALLBACK(void, disable)
{
    struct task_struct *p = TASK(0);
    struct task *t = task_of(p);
    if (!t || !is_member(state_of(READ_ONCE(t->word))))
        return;
    u32 cpu = scx_bpf_task_cpu(p);
    leaves_cpu(t, cpus_at(cpu));
    tell_if_new(t, p, cpu);
    bool was_current = state_of(READ_ONCE(t->word)) == RUNNING && !(t->marks & TASK_HIDDEN);
    advance(t, OUT, NO_CPU, 1);
    send_last(t, p, READ_ONCE(t->word), GHOST_TASK_DEPARTED, was_current ? GHOST_MSG_WAS_CURRENT : 0, cpu);
    t->marks = TASK_COMES_BACK;
}

/* Every fork of the machine comes here: nothing is done unless the parent is a task of an enclave. */
SLEEPABLE_CALLBACK(s32, init_task)
{
    struct task_struct *p = TASK(0);
    struct scx_init_task_args *init = (struct scx_init_task_args *)args[1];
    if (!init->fork || p->policy != SCHED_EXT)
        return 0;
    struct task *parent = task_of(bpf_get_current_task_btf());
    if (!parent || !is_enclave_task(state_of(READ_ONCE(parent->word))))
        return 0;
    u32 slot = parent->enclave;
    s64 parent_gtid = parent->gtid;
    struct task *t = bpf_task_storage_get(&tasks, p, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
    if (t)
        admit(t, p, slot, parent_gtid);
    return 0; /* a failure would fail the fork: rather the child stays outside */
}

CALLBACK(void, exit_task)
{
    struct task_struct *p = TASK(0);
    struct task *t = task_of(p);
    if (!t)
        return;
    u64 word = READ_ONCE(t->word);
    if (state_of(word) == JOINING) {
        struct ghost_enclave *e = enclaves_at(t->enclave);
        advance(t, OUT, NO_CPU, 0);
        retire(t, false);
        if (e)
            FETCH_ADD(&e->tasks, -1);
    } else if (is_member(state_of(word))) {
        u32 cpu = scx_bpf_task_cpu(p);
        tell_if_new(t, p, cpu);
        advance(t, DEAD, NO_CPU, 1);
        send_last(t, p, READ_ONCE(t->word), GHOST_TASK_DEAD, 0, cpu);
    }
}

/* ---- CPUs */

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

/* ---- the heartbeat: hosts that fall silent, latches on CPUs that other classes keep, tasks that wait too long */

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

INLINE void look_after_cpu(struct ghost_cpu *c, u32 cpu, u64 now, bool strangers_wait)
{
    u32 class = class_now(c, cpu);
    if (READ_ONCE(c->latched_gtid) && class == GHOST_CPU_OTHER) {
        s64 latched = EXCHANGE(&c->latched_gtid, 0);
        lose_latch(cpu, latched);
    }
    if (class == GHOST_CPU_IDLE && (strangers_wait || has_forgotten(c)))
        scx_bpf_kick_cpu(cpu, 0);
    else if (class == GHOST_CPU_EXT && strangers_wait && now - READ_ONCE(c->strangers_ns) > STRANGERS_FORCE_NS)
        take_off(c, cpu);
}

INLINE void look_after_cpus(u64 now)
{
    bool strangers_wait = scx_bpf_dsq_nr_queued(STRANGERS_QUEUE) > 0;
    u32 count = cpu_count(), cpu;
    FOR_RANGE(cpu, count) {
        struct ghost_cpu *c = cpus_at(cpu);
        if (c && READ_ONCE(c->enclave) != GHOST_NONE)
            look_after_cpu(c, cpu, now, strangers_wait);
    }
}

static s32 check_heartbeats(void *map, u32 *key, struct heartbeat *h)
{
    u64 now = bpf_ktime_get_ns();
    u64 silent = find_silent_enclaves(now);
    if (silent)
        kick_enclaves(silent);
    look_after_cpus(now);
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

/* ---- attach and detach */

INLINE void clear_records(void)
{
    u32 i;
    FOR_RANGE(i, GHOST_MAX_CPUS) {
        struct ghost_cpu *c = cpus_at(i);
        if (!c)
            continue;
        c->enclave = GHOST_NONE;
        c->agent_queue = GHOST_NONE;
        c->agent_status_word = -1;
    }
    FOR_RANGE(i, GHOST_MAX_QUEUES) {
        struct ghost_queue *q = queues_at(i);
        if (!q)
            continue;
        q->enclave = GHOST_NONE;
        q->wakeup_cpu = -1;
    }
}

INLINE s32 make_all_queues(void)
{
    u32 slot;
    s32 result = scx_bpf_create_dsq(STRANGERS_QUEUE, -1);
    if (result && result != -EEXIST)
        return result;
    FOR_RANGE(slot, GHOST_MAX_ENCLAVES) {
        struct ghost_enclave *e = enclaves_at(slot);
        result = e && e->state != GHOST_ENCLAVE_FREE ? make_queues(slot) : 0;
        if (result)
            return result;
    }
    return 0;
}

INLINE void note_online_cpus(void)
{
    const struct cpumask *online = scx_bpf_get_online_cpumask();
    u32 count = cpu_count(), cpu;
    FOR_RANGE(cpu, count) {
        struct ghost_cpu *c = cpus_at(cpu);
        if (c)
            c->online = bpf_cpumask_test_cpu(cpu, online);
    }
    scx_bpf_put_cpumask(online);
}

SLEEPABLE_CALLBACK(s32, init)
{
    struct ghost_control *g = control_at(0);
    if (!g)
        return -ENOENT;
    if (g->abi_version == 0)
        clear_records();
    g->abi_version = GHOST_ABI_VERSION;
    g->cpus = scx_bpf_nr_cpu_ids();
    g->exited = 0;
    g->exit_kind = 0;
    g->exit_code = 0;
    note_online_cpus();
    s32 result = make_all_queues();
    if (result)
        return result;
    result = start_heartbeat();
    if (!result)
        EXCHANGE(&g->attached, 1);
    return result;
}

SLEEPABLE_CALLBACK(void, exit)
{
    struct scx_exit_info *info = (struct scx_exit_info *)args[0];
    struct ghost_control *g = control_at(0);
    if (!g)
        return;
    EXCHANGE(&g->attached, 0);
    bpf_probe_read_kernel_str(g->exit_reason, sizeof(g->exit_reason), info->reason);
    bpf_probe_read_kernel_str(g->exit_message, sizeof(g->exit_message), info->msg);
    g->exit_code = info->exit_code;
    g->exit_kind = info->kind;
    EXCHANGE(&g->exited, 1);
}

/* ---- what the kernel prints when something went wrong */

CALLBACK(void, dump)
{
    static char format[] = "ghosthost: %llu tasks of no enclave were enqueued, host's process %llu";
    struct ghost_control *g = control_at(0);
    if (!g)
        return;
    u64 values[] = {g->uninvited, g->host_tgid};
    scx_bpf_dump_bstr(format, values, sizeof(values));
}

CALLBACK(void, dump_task)
{
    static char format[] = "ghosthost: enclave slot %llu state %llu barrier %llu cpu %llu misses %llu";
    struct task *t = task_of(TASK(1));
    if (!t)
        return;
    u64 word = READ_ONCE(t->word);
    u64 values[] = {t->enclave, state_of(word), barrier_of(word), cpu_of(word), t->misses};
    scx_bpf_dump_bstr(format, values, sizeof(values));
}

#define OFFSET(member) __builtin_offsetof(struct sched_ext_ops, member)
_Static_assert(OFFSET(cpu_acquire) == GHOST_OPS_CPU_ACQUIRE, "ghost_abi.h");
_Static_assert(OFFSET(cpu_release) == GHOST_OPS_CPU_RELEASE, "ghost_abi.h");
_Static_assert(OFFSET(flags) == GHOST_OPS_FLAGS, "ghost_abi.h");

/* timeout_ms is the kernel's greatest: it ejects the scheduler of all enclaves, so each enclave's own must be first. */
SEC(".struct_ops.link") struct sched_ext_ops ghost_ops = {
    .select_cpu = (void *)ghost_select_cpu,
    .enqueue = (void *)ghost_enqueue,
    .dispatch = (void *)ghost_dispatch,
    .tick = (void *)ghost_tick,
    .running = (void *)ghost_running,
    .stopping = (void *)ghost_stopping,
    .quiescent = (void *)ghost_quiescent,
    .yield = (void *)ghost_yield,
    .set_weight = (void *)ghost_set_weight,
    .set_cpumask = (void *)ghost_set_cpumask,
    .cpu_acquire = (void *)ghost_cpu_acquire,
    .cpu_release = (void *)ghost_cpu_release,
    .init_task = (void *)ghost_init_task,
    .exit_task = (void *)ghost_exit_task,
    .enable = (void *)ghost_enable,
    .disable = (void *)ghost_disable,
    .dump = (void *)ghost_dump,
    .dump_task = (void *)ghost_dump_task,
    .cpu_online = (void *)ghost_cpu_online,
    .cpu_offline = (void *)ghost_cpu_offline,
    .init = (void *)ghost_init,
    .exit = (void *)ghost_exit,
    .flags = SCX_OPS_ENQ_LAST | SCX_OPS_ENQ_EXITING | SCX_OPS_SWITCH_PARTIAL | SCX_OPS_ENQ_MIGRATION_DISABLED,
    .timeout_ms = 30000,
    .name = "ghosthost",
};
