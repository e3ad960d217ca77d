/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The maps: those of ghost_abi.h, which the host maps into memory, and four of our own. */
#ifndef GHOST_MAPS_H
#define GHOST_MAPS_H

#include "ghost_abi.h"
#include "kernel.h"

#define SHARED_ARRAY(map_name, record, entries)                                                                        \
    struct {                                                                                                           \
        MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY);                                                                          \
        MAP_NUMBER(map_flags, BPF_F_MMAPABLE);                                                                         \
        MAP_NUMBER(max_entries, entries);                                                                              \
        MAP_TYPE(key, u32);                                                                                            \
        MAP_TYPE(value, record);                                                                                       \
    } map_name SEC(".maps");                                                                                           \
    INLINE record *map_name##_at(u32 index)                                                                            \
    {                                                                                                                  \
        return bpf_map_lookup_elem(&map_name, &index);                                                                 \
    }

SHARED_ARRAY(control, struct ghost_control, 1)
SHARED_ARRAY(enclaves, struct ghost_enclave, GHOST_MAX_ENCLAVES)
SHARED_ARRAY(cpus, struct ghost_cpu, GHOST_MAX_CPUS)
SHARED_ARRAY(transactions, struct ghost_transaction, GHOST_MAX_CPUS)
SHARED_ARRAY(requests, struct ghost_commit_request, GHOST_MAX_CPUS)
SHARED_ARRAY(queues, struct ghost_queue, GHOST_MAX_QUEUES)

struct ring {
    MAP_NUMBER(type, BPF_MAP_TYPE_RINGBUF);
    MAP_NUMBER(max_entries, 4096);
};
struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
    MAP_NUMBER(max_entries, GHOST_MAX_QUEUES);
    MAP_TYPE(key, u32);
    struct ring *values[];
} rings SEC(".maps");

struct status_word_array {
    MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY);
    MAP_NUMBER(map_flags, BPF_F_MMAPABLE | BPF_F_INNER_MAP); /* of any number of entries */
    MAP_NUMBER(max_entries, 1);
    MAP_NUMBER(key_size, sizeof(u32));
    MAP_NUMBER(value_size, sizeof(struct ghost_status_word)); /* clang leaves out types that only inner maps name */
};
struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
    MAP_NUMBER(max_entries, GHOST_MAX_ENCLAVES);
    MAP_TYPE(key, u32);
    struct status_word_array *values[];
} status_words SEC(".maps");

/* What we know of a thread. Made when it enters, or is born in, an enclave; the kernel frees it with the thread. */
struct task {
    u64 word; /* barrier, queue, CPU and state in one: see task.h */
    s64 gtid;
    u32 enclave;     /* slot */
    u32 enclave_id;
    u32 reserved;
    s32 status_word; /* -1 = none */
    u32 word_flags;  /* as they stand in the status word */
    u32 marks;       /* TASK_... of task.h */
    s32 last_cpu;
    u32 reenqueues; /* since it last ran */
    u32 misses;     /* dispatches that did not find it parked yet, since it was committed */
    u32 run_flags;  /* of the commit that holds */
    s64 parent_gtid;
    u64 slice_ns;
    u64 committed_ns;
    u64 vruntime;
    u64 charged_ns; /* sum_exec_runtime up to which vruntime counts */
    u64 waits_since_ns; /* when it last ran, or became runnable */
    u64 undo;       /* word before a commit of a sync group */
};
struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_TASK_STORAGE);
    MAP_NUMBER(map_flags, BPF_F_NO_PREALLOC);
    MAP_TYPE(key, int);
    MAP_TYPE(value, struct task);
} tasks SEC(".maps");

struct heartbeat {
    struct bpf_timer timer;
    u64 rounds;
    u64 moving_rounds; /* for so many a CPU may still be going away */
};
struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY);
    MAP_NUMBER(max_entries, 1);
    MAP_TYPE(key, u32);
    MAP_TYPE(value, struct heartbeat);
} heartbeats SEC(".maps");

/* CPUs of each enclave, as bits: what the in-kernel modes look for an idle CPU in. */
struct cpu_bits {
    u64 words[GHOST_MAX_CPUS / 64];
};
struct {
    MAP_NUMBER(type, BPF_MAP_TYPE_ARRAY);
    MAP_NUMBER(max_entries, GHOST_MAX_ENCLAVES);
    MAP_TYPE(key, u32);
    MAP_TYPE(value, struct cpu_bits);
} enclave_cpus SEC(".maps");

INLINE struct task *task_of(struct task_struct *p)
{
    return bpf_task_storage_get(&tasks, p, NULL, 0);
}

INLINE struct ghost_status_word *status_word_at(u32 slot, s32 index)
{
    void *words = bpf_map_lookup_elem(&status_words, &slot);
    return words ? bpf_map_lookup_elem(words, &index) : NULL;
}

#endif
