/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The programs that the host runs: see the table at the end of ghost_abi.h. */
#ifndef GHOST_CONTROL_H
#define GHOST_CONTROL_H

#include "modes.h"

INLINE u32 cpu_count(void)
{
    struct ghost_control *g = control_at(0);
    u32 count = g ? READ_ONCE(g->cpus) : 0;
    return count < GHOST_MAX_CPUS ? count : GHOST_MAX_CPUS;
}

/* The CPU's record if the CPU is the enclave's, else NULL. */
INLINE struct ghost_cpu *cpu_of_enclave(s32 cpu, u32 slot)
{
    if (cpu < 0 || cpu >= (s32)cpu_count())
        return NULL;
    struct ghost_cpu *c = cpus_at(cpu);
    return c && READ_ONCE(c->enclave) == slot ? c : NULL;
}

INLINE bool is_active(u32 slot)
{
    struct ghost_enclave *e = enclaves_at(slot);
    return e && READ_ONCE(e->state) == GHOST_ENCLAVE_ACTIVE;
}

SEC("syscall") s32 ghost_commit(struct ghost_request *request)
{
    u32 cpu = request->cpu;
    struct ghost_commit_request *r = requests_at(cpu);
    struct ghost_cpu *c = cpus_at(cpu);
    struct ghost_enclave *e = c ? enclaves_at(READ_ONCE(c->enclave)) : NULL;
    struct ghost_control *g = control_at(0);
    if (!r || !c || !e || !g || !READ_ONCE(g->attached)) {
        request->result = -ENODEV;
        return 0;
    }
    COUNT(e->commits);
    if (r->sync_group)
        r->committed = commit_group(r, cpu, READ_ONCE(c->enclave), cpu_count());
    else
        commit_each(r, cpu, READ_ONCE(c->enclave), cpu_count());
    request->result = 0;
    return 0;
}

/* ---- enclaves */

INLINE s32 make_queues(u32 slot)
{
    s32 result = scx_bpf_create_dsq(parked_queue(slot), -1);
    if (result && result != -EEXIST)
        return result;
    result = scx_bpf_create_dsq(vruntime_queue(slot), -1);
    return result == -EEXIST ? 0 : result;
}

SEC("syscall") s32 ghost_create_enclave(struct ghost_request *request)
{
    u32 slot = request->enclave;
    struct ghost_enclave *e = enclaves_at(slot);
    request->result = -EINVAL;
    if (!e || request->value == 0 || request->value > 0xffff || request->status_word > GHOST_MAX_STATUS_WORDS)
        return 0;
    request->result = -EEXIST;
    if (READ_ONCE(e->state) != GHOST_ENCLAVE_FREE)
        return 0;
    request->result = make_queues(slot);
    if (request->result)
        return 0;
    e->id = request->value;
    e->status_words = request->status_word;
    e->free_word = GHOST_NONE;
    e->next_word = 0;
    e->resync = 0;
    e->fallbacks = 0;
    e->tasks = 0;
    e->vruntime = 0;
    EXCHANGE(&e->state, GHOST_ENCLAVE_ACTIVE);
    return 0;
}

SEC("syscall") s32 ghost_destroy_enclave(struct ghost_request *request)
{
    u32 slot = request->enclave;
    struct ghost_enclave *e = enclaves_at(slot);
    request->result = -EINVAL;
    if (!e || READ_ONCE(e->state) == GHOST_ENCLAVE_FREE)
        return 0;
    EXCHANGE(&e->state, GHOST_ENCLAVE_DYING); /* from here on nobody enters */
    request->result = -EBUSY;
    if (FETCH_ADD(&e->tasks, 0))
        return 0;
    scx_bpf_destroy_dsq(parked_queue(slot));
    scx_bpf_destroy_dsq(vruntime_queue(slot));
    EXCHANGE(&e->state, GHOST_ENCLAVE_FREE);
    request->result = 0;
    return 0;
}

INLINE void mark_cpu(u32 slot, u32 cpu, bool in)
{
    struct cpu_bits *bits = bpf_map_lookup_elem(&enclave_cpus, &slot);
    if (!bits || cpu >= GHOST_MAX_CPUS)
        return;
    u64 bit = 1ULL << (cpu & 63);
    if (in)
        __sync_fetch_and_or(&bits->words[within(cpu / 64, GHOST_MAX_CPUS / 64)], bit);
    else
        __sync_fetch_and_and(&bits->words[within(cpu / 64, GHOST_MAX_CPUS / 64)], ~bit);
}

INLINE void reset_transaction(u32 cpu)
{
    struct ghost_transaction *x = transactions_at(cpu);
    if (!x)
        return;
    __builtin_memset(x, 0, sizeof(*x));
    x->cpu = cpu;
    x->sync_group_owner = -1;
    EXCHANGE(&x->state, GHOST_TXN_RESULT(GHOST_COMPLETE));
}

SEC("syscall") s32 ghost_set_cpu(struct ghost_request *request)
{
    s32 cpu = request->cpu;
    u32 slot = request->enclave;
    struct ghost_cpu *c = cpu < 0 || cpu >= (s32)cpu_count() ? NULL : cpus_at(cpu);
    request->result = -ENODEV;
    if (!c || (slot != GHOST_NONE && !READ_ONCE(c->online)))
        return 0;
    request->result = -EINVAL;
    if (slot != GHOST_NONE && !is_active(slot))
        return 0;
    u32 former = READ_ONCE(c->enclave);
    request->result = 0;
    if (former == slot)
        return 0;
    request->result = -EBUSY;
    if (slot != GHOST_NONE && former != GHOST_NONE)
        return 0;
    if (c->agent_status_word >= 0)
        return 0;
    if (slot != GHOST_NONE) {
        reset_transaction(cpu);
        c->latched = 0;
        c->run_flags = 0;
        c->agent_queue = GHOST_NONE;
    }
    if (CAS(&c->enclave, former, slot) != former)
        return 0;
    s64 latched = EXCHANGE(&c->latched_gtid, 0);
    if (slot == GHOST_NONE) {
        mark_cpu(former, cpu, false);
        lose_latch(cpu, latched);
    } else {
        mark_cpu(slot, cpu, true);
    }
    scx_bpf_kick_cpu(cpu, SCX_KICK_PREEMPT);
    request->result = 0;
    return 0;
}

/* ---- agents */

INLINE void drop_transactions_and_latch(struct ghost_cpu *c, u32 cpu)
{
    refuse_slot(cpu, GHOST_NO_AGENT);
    WRITE_ONCE(c->latched, 0);
    WRITE_ONCE(c->run_flags, 0);
    s64 latched = EXCHANGE(&c->latched_gtid, 0);
    lose_latch(cpu, latched);
}

SEC("syscall") s32 ghost_attach_agent(struct ghost_request *request)
{
    u32 slot = request->enclave, queue = request->queue;
    s32 cpu = request->cpu, tid = request->tid;
    struct ghost_enclave *e = enclaves_at(slot);
    struct ghost_cpu *c = cpu_of_enclave(cpu, slot);
    request->result = -EXDEV;
    if (!e || !is_active(slot))
        return 0;
    request->result = -ENODEV;
    if (!c)
        return 0;
    request->result = -EBUSY;
    if (c->agent_status_word >= 0)
        return 0;
    request->result = -ENXIO;
    if (queue == GHOST_NONE)
        queue = e->default_queue;
    if (queue >= GHOST_MAX_QUEUES)
        return 0;
    request->result = -ENOMEM;
    s32 index = take_status_word(slot);
    struct ghost_status_word *word = index < 0 ? NULL : status_word_at(slot, index);
    if (!word)
        return 0;
    drop_transactions_and_latch(c, cpu);
    s64 gtid = new_gtid(tid);
    word->gtid = gtid;
    word->enclave = e->id;
    word->cpu = cpu;
    word->switch_time = bpf_ktime_get_ns();
    publish(word, 0, GHOST_SW_IN_USE | GHOST_SW_ALLOCATED | GHOST_SW_IS_AGENT | GHOST_SW_CPU_AVAILABLE);
    struct task_struct *p = bpf_task_from_pid(tid);
    if (p) {
        word->tgid = p->tgid;
        struct task *t = bpf_task_storage_get(&tasks, p, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
        if (t && state_of(t->word) == OUT) {
            t->gtid = gtid;
            t->enclave = slot;
            EXCHANGE(&t->word, (u64)NO_QUEUE << 16 | NO_CPU << 6 | AGENT);
        }
        bpf_task_release(p);
    }
    c->agent_tid = tid;
    c->agent_queue = queue;
    c->agent_sleeping = 0;
    EXCHANGE(&c->agent_status_word, index);
    request->status_word = index;
    request->gtid = gtid;
    request->result = 0;
    return 0;
}

SEC("syscall") s32 ghost_detach_agent(struct ghost_request *request)
{
    s32 cpu = request->cpu;
    u32 slot = request->enclave;
    struct ghost_cpu *c = cpu_of_enclave(cpu, slot);
    request->result = -ENODEV;
    if (!c)
        return 0;
    request->result = -EINVAL;
    s32 index = EXCHANGE(&c->agent_status_word, -1);
    if (index < 0)
        return 0;
    drop_transactions_and_latch(c, cpu);
    struct task_struct *p = bpf_task_from_pid(c->agent_tid);
    if (p) {
        struct task *t = task_of(p);
        if (t && state_of(t->word) == AGENT)
            EXCHANGE(&t->word, OUT);
        bpf_task_release(p);
    }
    c->agent_tid = 0;
    c->agent_queue = GHOST_NONE;
    c->agent_sleeping = 0;
    struct ghost_status_word *word = status_word_at(slot, index);
    if (word)
        __sync_fetch_and_or(&word->flags, GHOST_SW_CAN_FREE);
    request->result = 0;
    return 0;
}

SEC("syscall") s32 ghost_ping(struct ghost_request *request)
{
    struct ghost_cpu *c = cpu_of_enclave(request->cpu, request->enclave);
    u32 barrier;
    request->result = -EINVAL;
    request->flags = 0;
    if (!c || !raise_agent_barrier(c, &barrier))
        return 0;
    request->barrier = barrier;
    request->flags = READ_ONCE(c->agent_sleeping) ? 1 : 0;
    request->result = 0;
    return 0;
}

/* ---- tasks */

INLINE s32 enter(struct ghost_request *request, struct task_struct *p, u32 slot)
{
    struct ghost_control *g = control_at(0);
    struct ghost_enclave *e = enclaves_at(slot);
    if (!g || !e)
        return -EINVAL;
    if (p->flags & PF_KTHREAD || p->tgid == (s32)g->host_tgid)
        return -EPERM;
    if (p->flags & PF_EXITING)
        return -ESRCH;
    struct task *t = bpf_task_storage_get(&tasks, p, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
    if (!t)
        return -EAGAIN; /* on older kernels also if a thread was preempted here while it did the like */
    u64 word = READ_ONCE(t->word);
    u32 state = state_of(word);
    if (state == DEAD)
        return -ESRCH;
    if (state != OUT) {
        struct ghost_enclave *other = enclaves_at(t->enclave);
        if (state == AGENT)
            return -EPERM;
        if (t->enclave == slot)
            return -EALREADY;
        request->value = other ? other->id : 0;
        return -EBUSY;
    }
    s32 result = admit(t, p, slot, 0);
    if (result)
        return result;
    request->gtid = t->gtid;
    request->status_word = t->status_word;
    return 0;
}

SEC("syscall") s32 ghost_enter(struct ghost_request *request)
{
    struct task_struct *p = bpf_task_from_pid(request->tid);
    request->result = -ESRCH;
    if (!p)
        return 0;
    request->result = enter(request, p, request->enclave);
    bpf_task_release(p);
    return 0;
}

/*
 * Takes a task that never became SCHED_EXT back; one that did has left when its policy was changed, and would come back
 * with that policy.
 */
SEC("syscall") s32 ghost_leave(struct ghost_request *request)
{
    struct task_struct *p = bpf_task_from_pid(request->tid);
    request->result = -ESRCH;
    if (!p)
        return 0;
    struct task *t = task_of(p);
    if (t) {
        u64 word = READ_ONCE(t->word);
        if (state_of(word) == JOINING && CAS(&t->word, word, with_state(word, OUT, NO_CPU)) == word) {
            struct ghost_enclave *e = enclaves_at(t->enclave);
            retire(t, false);
            if (e)
                FETCH_ADD(&e->tasks, -1);
            request->result = 0;
        } else if (state_of(word) == OUT) {
            t->marks &= ~TASK_COMES_BACK;
            request->result = 0;
        } else if (state_of(word) != DEAD && state_of(word) != AGENT) {
            request->result = -EBUSY; /* its policy still is SCHED_EXT */
        }
    }
    bpf_task_release(p);
    return 0;
}

INLINE s32 associate_task(struct ghost_request *request, struct task *t, u32 queue)
{
    u64 word = READ_ONCE(t->word);
    if (t->gtid != request->gtid || t->enclave != request->enclave || state_of(word) < JOINING ||
        state_of(word) > RUNNING)
        return -ENOENT;
    if (barrier_of(word) != request->barrier)
        return -ESTALE;
    request->flags = queue_of(word) == queue ? GHOST_ASSOCIATE_ALREADY : 0;
    if (state_of(word) <= NEW)
        request->flags |= GHOST_ASSOCIATE_BRAND_NEW;
    for (int tries = 0; tries < 8; tries++) {
        u64 after = (word & ~0xffff0000ULL) | (u64)queue << 16;
        u64 found = CAS(&t->word, word, after);
        if (found == word)
            return 0;
        word = found;
        if (barrier_of(word) != request->barrier)
            return -ESTALE;
    }
    return -ESTALE;
}

INLINE s32 associate_agent(struct ghost_request *request, u32 queue)
{
    struct ghost_cpu *c = cpu_of_enclave(request->cpu, request->enclave);
    struct ghost_status_word *word = c ? status_word_at(request->enclave, c->agent_status_word) : NULL;
    if (!word)
        return -ENOENT;
    if (READ_ONCE(word->barrier) != request->barrier)
        return -ESTALE;
    request->flags = EXCHANGE(&c->agent_queue, queue) == queue ? GHOST_ASSOCIATE_ALREADY : 0;
    return 0;
}

SEC("syscall") s32 ghost_associate(struct ghost_request *request)
{
    u32 queue = request->queue;
    struct ghost_queue *q = queues_at(queue);
    request->result = -EBADF;
    request->flags &= 0;
    if (!q || READ_ONCE(q->enclave) != request->enclave)
        return 0;
    if (request->gtid == 0) {
        request->result = associate_agent(request, queue);
        return 0;
    }
    request->result = -ENOENT;
    if (request->gtid < 0)
        return 0;
    struct task_struct *p = bpf_task_from_pid(request->gtid >> GHOST_GTID_GENERATION_BITS);
    if (!p)
        return 0;
    struct task *t = task_of(p);
    if (t)
        request->result = associate_task(request, t, queue);
    bpf_task_release(p);
    return 0;
}

SEC("syscall") s32 ghost_free_word(struct ghost_request *request)
{
    u32 slot = request->enclave;
    struct ghost_enclave *e = enclaves_at(slot);
    struct ghost_status_word *word = status_word_at(slot, request->status_word);
    request->result = -ENOENT;
    if (!e || !word)
        return 0;
    u32 flags = READ_ONCE(word->flags);
    request->result = -EALREADY;
    if (!(flags & GHOST_SW_IN_USE))
        return 0;
    request->result = -EINVAL;
    if (!(flags & GHOST_SW_CAN_FREE))
        return 0;
    request->result = -EALREADY;
    if (CAS(&word->flags, flags, 0) != flags)
        return 0;
    free_status_word(slot, request->status_word);
    request->result = 0;
    return 0;
}

/* ---- kicks */

SEC("syscall") s32 ghost_kick(struct ghost_request *request)
{
    s32 cpu = request->cpu;
    struct ghost_cpu *c = cpu_of_enclave(cpu, request->enclave);
    request->result = -EINVAL;
    if (!c)
        return 0;
    if (request->flags & 1)
        take_off(c, cpu);
    else
        scx_bpf_kick_cpu(cpu, 0);
    request->result = 0;
    return 0;
}

/* Lets the CPUs of some enclaves schedule; where the kernel decides, endless slices end. */
INLINE void kick_enclaves(u64 slots)
{
    u32 count = cpu_count(), cpu;
    FOR_RANGE(cpu, count) {
        struct ghost_cpu *c = cpus_at(cpu);
        u32 slot = c ? READ_ONCE(c->enclave) : GHOST_NONE;
        struct ghost_enclave *e = enclaves_at(slot);
        if (!e || slot >= 64 || !(slots >> slot & 1))
            continue;
        if (decides_itself(READ_ONCE(e->mode)))
            take_off(c, cpu);
        else
            scx_bpf_kick_cpu(cpu, 0);
    }
}

SEC("syscall") s32 ghost_kick_all(struct ghost_request *request)
{
    u32 slot = request->enclave;
    request->result = -EINVAL;
    if (slot >= GHOST_MAX_ENCLAVES)
        return 0;
    kick_enclaves(1ULL << slot);
    request->result = 0;
    return 0;
}

#endif
