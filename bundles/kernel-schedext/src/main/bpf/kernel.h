/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * What this program needs to know of the kernel: the fields that it reads, relocated when it is loaded, the functions
 * that it calls, and which of several names a function has in which release. Written by hand, so that clang is all
 * that a build needs.
 */
#ifndef GHOST_KERNEL_H
#define GHOST_KERNEL_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef int s32;
typedef long long s64;
typedef _Bool bool;
#define true 1
#define false 0
#define NULL ((void *)0)

#define SEC(name) __attribute__((section(name), used))
#define INLINE static inline __attribute__((always_inline))
/* A function that the verifier looks at once, with any arguments, and not again at each call. */
#define CHECKED_ONCE __attribute__((noinline))
#define KSYM __attribute__((section(".ksyms")))
#define WEAK_KSYM __attribute__((section(".ksyms"), weak))
#define RELOCATED __attribute__((preserve_access_index))
#define EXISTS(function) (!!(function))
#define ENUM_HAS(type, value) __builtin_preserve_enum_value(*(type *)value, 0)

/* A callback gets its arguments as an array of 64-bit words. */
#define CALLBACK(result, name) SEC("struct_ops/ghost_" #name) result ghost_##name(u64 *args)
#define SLEEPABLE_CALLBACK(result, name) SEC("struct_ops.s/ghost_" #name) result ghost_##name(u64 *args)
#define TASK(number) ((struct task_struct *)args[number])

/* ---- types. A field's type must be of the kernel's kind (signed, enum); structs of prototypes must be complete. */

struct cpumask { unsigned long bits[1]; } RELOCATED;
struct sched_entity { u64 sum_exec_runtime; } RELOCATED;
struct sched_ext_entity { u64 slice; u32 weight; } RELOCATED;
struct task_struct {
    int pid;
    int tgid;
    unsigned int flags;
    unsigned int __state;
    unsigned int policy;
    int static_prio;
    unsigned short migration_disabled;
    const struct cpumask *cpus_ptr;
    struct sched_entity se;
    struct sched_ext_entity scx;
    unsigned int on_rq; /* int, then u8: only unsigned loads can be narrowed */
} RELOCATED;
struct rq { struct task_struct *curr; } RELOCATED;

struct scx_init_task_args { bool fork; } RELOCATED;
struct scx_exit_task_args { bool cancelled; } RELOCATED;
enum scx_exit_kind { SCX_EXIT_NONE };
struct scx_exit_info { enum scx_exit_kind kind; s64 exit_code; const char *reason; char *msg; } RELOCATED;
struct scx_dump_ctx { s64 exit_code; } RELOCATED;
enum scx_cpu_preempt_reason { SCX_CPU_PREEMPT_RT };
struct scx_cpu_acquire_args;
struct scx_cpu_release_args { enum scx_cpu_preempt_reason reason; } RELOCATED;
struct scx_bpf_dsq_insert_vtime_args { u64 dsq_id; u64 slice; u64 vtime; u64 enq_flags; };
struct bpf_iter_scx_dsq { u64 __opaque[6]; } __attribute__((aligned(8)));
struct bpf_iter_num { u64 __opaque[1]; } __attribute__((aligned(8)));
struct bpf_timer { u64 __opaque[2]; } __attribute__((aligned(8)));

/* Members are matched by name with the kernel's, whatever their order there. */
struct sched_ext_ops {
    s32 (*select_cpu)(struct task_struct *p, s32 prev_cpu, u64 wake_flags);
    void (*enqueue)(struct task_struct *p, u64 enq_flags);
    void (*dispatch)(s32 cpu, struct task_struct *prev);
    void (*tick)(struct task_struct *p);
    void (*running)(struct task_struct *p);
    void (*stopping)(struct task_struct *p, bool runnable);
    void (*quiescent)(struct task_struct *p, u64 deq_flags);
    bool (*yield)(struct task_struct *from, struct task_struct *to);
    void (*set_weight)(struct task_struct *p, u32 weight);
    void (*set_cpumask)(struct task_struct *p, const struct cpumask *cpumask);
    void (*cpu_acquire)(s32 cpu, struct scx_cpu_acquire_args *args);
    void (*cpu_release)(s32 cpu, struct scx_cpu_release_args *args);
    s32 (*init_task)(struct task_struct *p, struct scx_init_task_args *args);
    void (*exit_task)(struct task_struct *p, struct scx_exit_task_args *args);
    void (*enable)(struct task_struct *p);
    void (*disable)(struct task_struct *p);
    void (*dump)(struct scx_dump_ctx *ctx);
    void (*dump_task)(struct scx_dump_ctx *ctx, struct task_struct *p);
    void (*cpu_online)(s32 cpu);
    void (*cpu_offline)(s32 cpu);
    s32 (*init)(void);
    void (*exit)(struct scx_exit_info *info);
    u64 flags;
    u32 timeout_ms;
    char name[128];
};

/* ---- constants. Those that differ between releases are not used, except IMMED, which is asked for. */

enum scx_enq_flags {
    SCX_ENQ_WAKEUP = 1ULL,
    SCX_ENQ_PREEMPT = 1ULL << 32,
    SCX_ENQ_IMMED = 1ULL << 33,
    SCX_ENQ_REENQ = 1ULL << 40,
    SCX_ENQ_LAST = 1ULL << 41,
};
#define SCX_DEQ_SLEEP 1ULL
#define SCX_OPS_ENQ_LAST (1ULL << 1)
#define SCX_OPS_ENQ_EXITING (1ULL << 2)
#define SCX_OPS_SWITCH_PARTIAL (1ULL << 3)
#define SCX_OPS_ENQ_MIGRATION_DISABLED (1ULL << 4)
#define SCX_KICK_PREEMPT 2ULL
#define SCX_DSQ_LOCAL 0x8000000000000002ULL
#define SCX_SLICE_INF (~0ULL)
#define SCHED_EXT 7
#define PF_EXITING 0x4
#define PF_KTHREAD 0x200000
#define TASK_DEAD 0x80
#define TASK_NEW 0x800
#define DEFAULT_PRIO 120
#define CLOCK_MONOTONIC 1

#define EPERM 1
#define ENOENT 2
#define ESRCH 3
#define ENXIO 6
#define EBADF 9
#define EAGAIN 11
#define ENOMEM 12
#define EBUSY 16
#define EEXIST 17
#define EXDEV 18
#define ENODEV 19
#define EINVAL 22
#define EALREADY 114
#define ESTALE 116

/* ---- maps */

enum {
    BPF_MAP_TYPE_ARRAY = 2,
    BPF_MAP_TYPE_ARRAY_OF_MAPS = 12,
    BPF_MAP_TYPE_RINGBUF = 27,
    BPF_MAP_TYPE_TASK_STORAGE = 29,
};
enum { BPF_F_NO_PREALLOC = 1 << 0, BPF_F_MMAPABLE = 1 << 10, BPF_F_INNER_MAP = 1 << 12 };
enum { BPF_LOCAL_STORAGE_GET_F_CREATE = 1 };
enum { BPF_RB_NO_WAKEUP = 1, BPF_RB_FORCE_WAKEUP = 2 };
#define MAP_NUMBER(name, value) int (*name)[value]
#define MAP_TYPE(name, value) typeof(value) *name

/* ---- helpers, by their number in the kernel's interface */

static void *(*const bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;
static u64 (*const bpf_ktime_get_ns)(void) = (void *)5;
static u32 (*const bpf_get_smp_processor_id)(void) = (void *)8;
static long (*const bpf_probe_read_kernel_str)(void *to, u32 size, const void *from) = (void *)115;
static void *(*const bpf_ringbuf_reserve)(void *ring, u64 size, u64 flags) = (void *)131;
static void (*const bpf_ringbuf_submit)(void *record, u64 flags) = (void *)132;
static void (*const bpf_ringbuf_discard)(void *record, u64 flags) = (void *)133;
static void *(*const bpf_task_storage_get)(void *map, struct task_struct *task, void *value, u64 flags) = (void *)156;
static struct task_struct *(*const bpf_get_current_task_btf)(void) = (void *)158;
static long (*const bpf_timer_init)(struct bpf_timer *timer, void *map, u64 flags) = (void *)169;
static long (*const bpf_timer_set_callback)(struct bpf_timer *timer, void *callback) = (void *)170;
static long (*const bpf_timer_start)(struct bpf_timer *timer, u64 ns, u64 flags) = (void *)171;

/* ---- functions of the kernel. The last suffix ___x is ours and stripped; weak ones are not in every release. */

extern s32 scx_bpf_create_dsq(u64 dsq_id, s32 node) KSYM;
extern void scx_bpf_destroy_dsq(u64 dsq_id) KSYM;
extern void scx_bpf_kick_cpu(s32 cpu, u64 flags) KSYM;
extern s32 scx_bpf_task_cpu(const struct task_struct *p) KSYM;
extern s32 scx_bpf_dsq_nr_queued(u64 dsq_id) KSYM;
extern bool scx_bpf_test_and_clear_cpu_idle(s32 cpu) KSYM;
extern s32 scx_bpf_select_cpu_dfl(struct task_struct *p, s32 prev_cpu, u64 wake_flags, bool *is_idle) KSYM;
extern u32 scx_bpf_nr_cpu_ids(void) KSYM;
extern const struct cpumask *scx_bpf_get_online_cpumask(void) KSYM;
extern void scx_bpf_put_cpumask(const struct cpumask *cpumask) KSYM;
extern void scx_bpf_dump_bstr(char *fmt, unsigned long long *data, u32 data__sz) KSYM;
extern int bpf_iter_scx_dsq_new(struct bpf_iter_scx_dsq *it, u64 dsq_id, u64 flags) KSYM;
extern struct task_struct *bpf_iter_scx_dsq_next(struct bpf_iter_scx_dsq *it) KSYM;
extern void bpf_iter_scx_dsq_destroy(struct bpf_iter_scx_dsq *it) KSYM;
extern int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) KSYM;
extern int *bpf_iter_num_next(struct bpf_iter_num *it) KSYM;
extern void bpf_iter_num_destroy(struct bpf_iter_num *it) KSYM;
extern struct task_struct *bpf_task_from_pid(s32 pid) KSYM;
extern void bpf_task_release(struct task_struct *p) KSYM;
extern bool bpf_cpumask_test_cpu(u32 cpu, const struct cpumask *cpumask) KSYM;
extern void bpf_rcu_read_lock(void) KSYM;
extern void bpf_rcu_read_unlock(void) KSYM;

extern bool scx_bpf_dsq_insert___v2___a(struct task_struct *p, u64 dsq_id, u64 slice, u64 enq_flags) WEAK_KSYM;
extern void scx_bpf_dsq_insert___a(struct task_struct *p, u64 dsq_id, u64 slice, u64 enq_flags) WEAK_KSYM;
extern void scx_bpf_dispatch___a(struct task_struct *p, u64 dsq_id, u64 slice, u64 enq_flags) WEAK_KSYM;
extern bool __scx_bpf_dsq_insert_vtime___a(struct task_struct *p, struct scx_bpf_dsq_insert_vtime_args *args) WEAK_KSYM;
extern void scx_bpf_dsq_insert_vtime___a(struct task_struct *p, u64 dsq_id, u64 slice, u64 vtime, u64 enq_flags)
    WEAK_KSYM;
extern void scx_bpf_dispatch_vtime___a(struct task_struct *p, u64 dsq_id, u64 slice, u64 vtime, u64 enq_flags)
    WEAK_KSYM;
extern bool scx_bpf_dsq_move_to_local___v2___a(u64 dsq_id, u64 enq_flags) WEAK_KSYM;
extern bool scx_bpf_dsq_move_to_local___a(u64 dsq_id) WEAK_KSYM;
extern bool scx_bpf_consume___a(u64 dsq_id) WEAK_KSYM;
extern void scx_bpf_dsq_move_set_slice___a(struct bpf_iter_scx_dsq *it__iter, u64 slice) WEAK_KSYM;
extern bool scx_bpf_dsq_move___a(struct bpf_iter_scx_dsq *it__iter, struct task_struct *p, u64 dsq_id, u64 enq_flags)
    WEAK_KSYM;
extern void scx_bpf_dispatch_from_dsq_set_slice___a(struct bpf_iter_scx_dsq *it__iter, u64 slice) WEAK_KSYM;
extern bool scx_bpf_dispatch_from_dsq___a(struct bpf_iter_scx_dsq *it__iter, struct task_struct *p, u64 dsq_id,
    u64 enq_flags) WEAK_KSYM;
extern bool scx_bpf_task_set_slice___a(struct task_struct *p, u64 slice) WEAK_KSYM;
extern u32 scx_bpf_reenqueue_local___a(void) WEAK_KSYM;
extern struct task_struct *scx_bpf_cpu_curr___a(s32 cpu) WEAK_KSYM;
extern struct rq *scx_bpf_cpu_rq___a(s32 cpu) WEAK_KSYM;

INLINE void insert(struct task_struct *p, u64 dsq, u64 slice_ns, u64 enq_flags)
{
    if (EXISTS(scx_bpf_dsq_insert___v2___a))
        scx_bpf_dsq_insert___v2___a(p, dsq, slice_ns, enq_flags);
    else if (EXISTS(scx_bpf_dsq_insert___a))
        scx_bpf_dsq_insert___a(p, dsq, slice_ns, enq_flags);
    else if (EXISTS(scx_bpf_dispatch___a))
        scx_bpf_dispatch___a(p, dsq, slice_ns, enq_flags);
}

INLINE void insert_by_vtime(struct task_struct *p, u64 dsq, u64 slice_ns, u64 vtime, u64 enq_flags)
{
    if (EXISTS(__scx_bpf_dsq_insert_vtime___a)) {
        struct scx_bpf_dsq_insert_vtime_args args = {
            .dsq_id = dsq, .slice = slice_ns, .vtime = vtime, .enq_flags = enq_flags};
        __scx_bpf_dsq_insert_vtime___a(p, &args);
    } else if (EXISTS(scx_bpf_dsq_insert_vtime___a)) {
        scx_bpf_dsq_insert_vtime___a(p, dsq, slice_ns, vtime, enq_flags);
    } else if (EXISTS(scx_bpf_dispatch_vtime___a)) {
        scx_bpf_dispatch_vtime___a(p, dsq, slice_ns, vtime, enq_flags);
    }
}

INLINE bool move_first_here(u64 dsq)
{
    if (EXISTS(scx_bpf_dsq_move_to_local___v2___a))
        return scx_bpf_dsq_move_to_local___v2___a(dsq, 0);
    if (EXISTS(scx_bpf_dsq_move_to_local___a))
        return scx_bpf_dsq_move_to_local___a(dsq);
    return EXISTS(scx_bpf_consume___a) && scx_bpf_consume___a(dsq);
}

/* The iterator must be one that was made without an error: of a failed one, several releases read a null pointer. */
INLINE bool move_one_here(struct bpf_iter_scx_dsq *it, struct task_struct *p, u64 slice_ns, u64 enq_flags)
{
    if (EXISTS(scx_bpf_dsq_move___a) && EXISTS(scx_bpf_dsq_move_set_slice___a)) {
        scx_bpf_dsq_move_set_slice___a(it, slice_ns);
        return scx_bpf_dsq_move___a(it, p, SCX_DSQ_LOCAL, enq_flags);
    }
    if (EXISTS(scx_bpf_dispatch_from_dsq___a) && EXISTS(scx_bpf_dispatch_from_dsq_set_slice___a)) {
        scx_bpf_dispatch_from_dsq_set_slice___a(it, slice_ns);
        return scx_bpf_dispatch_from_dsq___a(it, p, SCX_DSQ_LOCAL, enq_flags);
    }
    return false;
}

/* Only inside of a callback about p, or p being what the CPU of a dispatch runs. */
INLINE void set_slice(struct task_struct *p, u64 slice_ns)
{
    if (EXISTS(scx_bpf_task_set_slice___a))
        scx_bpf_task_set_slice___a(p, slice_ns);
    else
        p->scx.slice = slice_ns;
}

INLINE void *begin_range(struct bpf_iter_num *it, int count)
{
    bpf_iter_num_new(it, 0, count);
    (void)bpf_iter_num_destroy; /* used by an attribute only, a function would have no type */
    return NULL;
}

/* Bounded loops over numbers, which the verifier follows without unrolling. */
#define FOR_RANGE(i, count)                                                                                            \
    for (struct bpf_iter_num it_##i __attribute__((cleanup(bpf_iter_num_destroy))),                                    \
        *once_##i __attribute__((unused)) = begin_range(&it_##i, count);                                               \
        ({ int *next_ = bpf_iter_num_next(&it_##i); next_ ? (i = *next_, (void)i, 1) : 0; });)

/* An index below a power of two, so that the verifier sees it at the place where it is used. */
INLINE u64 within(u64 index, u64 power)
{
    __asm__ volatile("" : "+r"(index));
    return index & (power - 1);
}

/* ---- memory */

#define READ_ONCE(x) (*(volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, value) (*(volatile typeof(x) *)&(x) = (value))
/* All three are full barriers. */
#define CAS(where, before, after) __sync_val_compare_and_swap(where, before, after)
#define EXCHANGE(where, value) __sync_lock_test_and_set(where, value)
#define FETCH_ADD(where, value) __sync_fetch_and_add(where, value)
/* No barrier. */
#define COUNT(counter) ((void)__sync_fetch_and_add(&(counter), 1))

/* No instruction does this; without branches, the verifier does not follow each of 64 results. */
INLINE u32 first_bit(u64 bits)
{
    u64 below = (bits & -bits) - 1; /* as many ones as the result says */
    below -= below >> 1 & 0x5555555555555555ULL;
    below = (below & 0x3333333333333333ULL) + (below >> 2 & 0x3333333333333333ULL);
    below = (below + (below >> 4)) & 0x0f0f0f0f0f0f0f0fULL;
    return below * 0x0101010101010101ULL >> 56 & 63;
}

#endif
