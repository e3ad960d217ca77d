/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The kernel side of enclaves on real threads: a sched_ext scheduler that decides nothing. It tells agents what happens
 * to their tasks, parks who waits, and does what committed transactions say; only where agents are silent, or a mode
 * says so, it takes the first in line. Threads with the policy SCHED_EXT that no enclave owns run first come, first
 * served.
 */
#include "control.h"
#include "cpu.h"
#include "enqueue.h"
#include "heartbeat.h"

char ghost_license[] SEC("license") = "Dual BSD/GPL";

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
