/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * What the BPF program and the host share. All records are little endian and naturally aligned; a test compares every
 * offset with the Java side (MessageLayout, StatusWordLayout, TransactionLayout and SchedExtLayout).
 *
 * Maps that the host maps into memory:
 *   control       array            1 x struct ghost_control
 *   enclaves      array            GHOST_MAX_ENCLAVES x struct ghost_enclave, by slot
 *   cpus          array            GHOST_MAX_CPUS x struct ghost_cpu
 *   transactions  array            GHOST_MAX_CPUS x struct ghost_transaction; a CPU is in one enclave at most
 *   requests      array            GHOST_MAX_CPUS x struct ghost_commit_request; by the CPU of the agent that commits
 *   queues        array            GHOST_MAX_QUEUES x struct ghost_queue
 *   rings         array of maps    GHOST_MAX_QUEUES ring buffers of struct ghost_message; the host makes the inner maps
 *   status_words  array of maps    GHOST_MAX_ENCLAVES arrays of struct ghost_status_word; the host makes the inner maps
 */
#ifndef GHOST_ABI_H
#define GHOST_ABI_H

#define GHOST_ABI_VERSION 1
#define GHOST_MAX_ENCLAVES 64
#define GHOST_MAX_CPUS 512
#define GHOST_MAX_QUEUES 1024
#define GHOST_MAX_STATUS_WORDS 65536
#define GHOST_GTID_GENERATION_BITS 41
#define GHOST_NONE 0xffffffffu

typedef unsigned char ghost_u8;
typedef unsigned short ghost_u16;
typedef unsigned int ghost_u32;
typedef unsigned long long ghost_u64;
typedef int ghost_s32;
typedef long long ghost_s64;

/* ---- messages: 64 bytes in a ring buffer, after the ring's own 8 bytes of header; drawn in MessageLayout */

enum ghost_message_type {
    GHOST_TASK_DEAD = 64,
    GHOST_TASK_BLOCKED,
    GHOST_TASK_WAKEUP,
    GHOST_TASK_NEW,
    GHOST_TASK_PREEMPT,
    GHOST_TASK_YIELD,
    GHOST_TASK_DEPARTED,
    GHOST_TASK_SWITCHTO, /* never sent: there is no such call */
    GHOST_TASK_AFFINITY_CHANGED,
    GHOST_TASK_ON_CPU,
    GHOST_TASK_PRIORITY_CHANGED,
    GHOST_TASK_LATCH_FAILURE,
    GHOST_CPU_TICK = 128,
    GHOST_CPU_TIMER_EXPIRED, /* never sent */
    GHOST_CPU_NOT_IDLE,
    GHOST_CPU_AVAILABLE,
    GHOST_CPU_BUSY,
    GHOST_CPU_AGENT_BLOCKED,
    GHOST_CPU_AGENT_WAKEUP,
};

#define GHOST_MSG_RUNNABLE (1u << 0)
#define GHOST_MSG_ON_CPU (1u << 1)
#define GHOST_MSG_FROM_SWITCHTO (1u << 2)
#define GHOST_MSG_WAS_LATCHED (1u << 3)
#define GHOST_MSG_WAS_CURRENT (1u << 4)
#define GHOST_MSG_DEFERRABLE (1u << 5)
#define GHOST_MSG_IS_AGENT (1u << 6)

struct ghost_message {
    ghost_u16 type;
    ghost_u16 flags;
    ghost_u32 seqnum;
    ghost_s64 gtid; /* 0 in CPU messages */
    ghost_s32 cpu;
    ghost_s32 status_word; /* -1 in CPU messages */
    ghost_s64 runtime;
    ghost_s64 cpu_seqnum;
    ghost_s32 nice; /* NEW, PRIORITY_CHANGED: nice; WAKEUP: the CPU it ran on last */
    ghost_s32 waker_cpu;
    ghost_s64 data; /* NEW: the parent's gtid; LATCH_FAILURE: errno; ON_CPU: commit time; NOT_IDLE: next gtid */
    ghost_s64 time;
};

/* ---- status words: drawn in StatusWordLayout. Barrier and flags are one 64-bit word, stored together (release). */

#define GHOST_SW_IN_USE (1u << 0)
#define GHOST_SW_CAN_FREE (1u << 1)
#define GHOST_SW_ALLOCATED (1u << 2)
#define GHOST_SW_CPU_AVAILABLE (1u << 8) /* agents */
#define GHOST_SW_BOOSTED (1u << 9)       /* agents */
#define GHOST_SW_ON_CPU (1u << 16)
#define GHOST_SW_RUNNABLE (1u << 17)
#define GHOST_SW_IS_AGENT (1u << 18)
#define GHOST_SW_GATED (1u << 19)

struct ghost_status_word {
    ghost_u32 barrier;
    ghost_u32 flags;
    ghost_s64 gtid;
    ghost_s64 switch_time;
    ghost_s64 runtime;
    ghost_s32 enclave;
    ghost_s32 cpu;
    ghost_s32 tgid;
    ghost_s32 nice;
    ghost_s64 runnable_since;
    ghost_u32 next_free; /* of the list of free words, while this one is free */
    ghost_u32 reserved;
};

/* ---- transactions: drawn in TransactionLayout */

#define GHOST_TXN_READY 0x7fffffff
#define GHOST_TXN_RESULT(n) ((ghost_s32)(0x80000000u + (n)))
enum ghost_txn_result { /* GHOST_TXN_RESULT(n) is what stands in the slot */
    GHOST_COMPLETE,
    GHOST_ABORTED,
    GHOST_TARGET_ONCPU,
    GHOST_TARGET_STALE,
    GHOST_TARGET_NOT_FOUND,
    GHOST_TARGET_NOT_RUNNABLE,
    GHOST_AGENT_STALE,
    GHOST_CPU_OFFLINE,
    GHOST_CPU_UNAVAIL,
    GHOST_INVALID_FLAGS,
    GHOST_INVALID_TARGET,
    GHOST_NOT_PERMITTED,
    GHOST_INVALID_CPU,
    GHOST_NO_AGENT,
    GHOST_UNSUPPORTED_VERSION,
    GHOST_POISONED,
};

#define GHOST_GTID_NULL 0LL   /* take the present task off the CPU */
#define GHOST_GTID_AGENT -1LL /* run the agent of that CPU */
#define GHOST_GTID_IDLE -2LL  /* keep the CPU idle */

/* run flags */
#define GHOST_RTLA_ON_PREEMPT (1u << 0)
#define GHOST_RTLA_ON_BLOCKED (1u << 1)
#define GHOST_RTLA_ON_YIELD (1u << 2)
#define GHOST_RTLA_ON_IDLE (1u << 5)
#define GHOST_NEED_L1D_FLUSH (1u << 6)
#define GHOST_NEED_CPU_NOT_IDLE (1u << 7)
#define GHOST_ELIDE_PREEMPT (1u << 9)
#define GHOST_SEND_TASK_ON_CPU (1u << 10)
#define GHOST_DEFER_LATCHED_PREEMPTION_BY_AGENT (1u << 11)
#define GHOST_DO_NOT_PREEMPT (1u << 12)
/* commit flags */
#define GHOST_COMMIT_AT_SCHEDULE (1u << 0)
#define GHOST_COMMIT_AT_TXN_COMMIT (1u << 1)
#define GHOST_ALLOW_TASK_ONCPU (1u << 2)
#define GHOST_ELIDE_AGENT_BARRIER_INC (1u << 3)
#define GHOST_INC_AGENT_BARRIER_ON_FAILURE (1u << 4)

struct ghost_transaction {
    ghost_u32 version; /* 0 */
    ghost_s32 cpu;
    ghost_s32 state; /* GHOST_TXN_READY, a claiming CPU, or GHOST_TXN_RESULT(...) */
    ghost_u32 agent_barrier;
    ghost_u32 task_barrier;
    ghost_u16 run_flags;
    ghost_u8 commit_flags;
    ghost_u8 reserved;
    ghost_s64 gtid;
    ghost_s64 commit_time; /* out */
    ghost_s64 cpu_seqnum;  /* out */
    ghost_s32 sync_group_owner;
    ghost_u32 generation;
    ghost_s64 slice; /* ns; 0 = until something else stops it */
};

/* One agent's commit: which slots. Written by that agent alone before it runs the program ghost_commit. */
struct ghost_commit_request {
    ghost_u64 cpus[GHOST_MAX_CPUS / 64];
    ghost_u32 sync_group; /* 1: all of them or none */
    ghost_u32 committed;  /* out, sync group: 1 = all */
    ghost_u32 cursor;     /* of the program */
    ghost_u32 reserved0;
    ghost_u64 reserved[6];
};

/* ---- queues */

struct ghost_queue {
    ghost_u32 enclave; /* slot; GHOST_NONE = free */
    ghost_s32 wakeup_cpu; /* whose agent's barrier a message raises, and who is woken; -1 = polled, nobody */
    ghost_u64 messages;
    ghost_u64 overflows;
    ghost_u64 reserved;
};

/* ---- CPUs. The first line is written by BPF, the second by the host and by syscall programs. */

enum ghost_cpu_class { GHOST_CPU_IDLE, GHOST_CPU_EXT, GHOST_CPU_OTHER, GHOST_CPU_AGENT };

struct ghost_cpu {
    ghost_s64 current_gtid; /* of the task of ours that runs here; 0 = none */
    ghost_u64 cpu_seqnum;   /* edges onto and off the CPU */
    ghost_u32 running_class; /* enum ghost_cpu_class */
    ghost_u32 online;
    ghost_u64 last_switch_ns;
    ghost_u64 dispatches;
    ghost_s64 latched_gtid; /* committed, and not yet taken by ops.dispatch; 0 = none */
    ghost_s64 victim_gtid;  /* whom the last kick takes off the CPU; -1 = no task of ours; 0 = it is done */
    ghost_u32 elide_preempt; /* 1: the next PREEMPT of a task that ran here is not sent */
    ghost_u32 not_idle_wanted; /* 1: NOT_IDLE when something else than an agent runs here */
    /* 64 */
    ghost_u32 enclave; /* slot; GHOST_NONE = none. Only the program ghost_set_cpu writes it. */
    ghost_s32 agent_status_word; /* -1 = no agent */
    ghost_s32 agent_tid;
    ghost_u32 agent_queue; /* queue of the messages about this CPU; GHOST_NONE = none */
    ghost_u32 agent_sleeping; /* 1: the agent waits on its queue's file, so a message must wake it */
    ghost_u32 latched; /* 1: a transaction waits for ops.dispatch (COMMIT_AT_SCHEDULE, greedy) */
    ghost_u32 run_flags; /* of the last commit that holds */
    ghost_u32 probed; /* 1: every switch of this CPU is seen, so running_class is exact */
    ghost_u64 strangers_ns; /* when threads of no enclave had their last turn here */
    ghost_u32 latched_by_own; /* 1: the latch is of the CPU's own agent: other threads may run in between */
    ghost_u32 hogged_rounds;  /* of the heartbeat, for which they have kept the CPU from it */
    ghost_u64 reserved2[2];
};

/* ---- enclaves */

enum ghost_enclave_state { GHOST_ENCLAVE_FREE, GHOST_ENCLAVE_ACTIVE, GHOST_ENCLAVE_DYING };
enum ghost_mode { GHOST_MODE_AGENTS, GHOST_MODE_FIFO, GHOST_MODE_VRUNTIME, GHOST_MODE_HOLD }; /* as EnclaveMode */

/* bits of deliver */
#define GHOST_DELIVER_TICKS (1u << 0)
#define GHOST_DELIVER_CPU_AVAILABILITY (1u << 1)
#define GHOST_DELIVER_AGENT_RUNNABILITY (1u << 2)
#define GHOST_COMMIT_AT_TICK (1u << 3)
#define GHOST_WAKE_ON_WAKER_CPU (1u << 4)

struct ghost_enclave {
    /* by the host */
    ghost_u32 state; /* by syscall programs */
    ghost_u32 id;    /* the number people see, 1 to 65535 */
    ghost_u32 mode;  /* enum ghost_mode; BPF sets FIFO when the heartbeat stops */
    ghost_u32 deliver;
    ghost_u64 heartbeat_ns;         /* the host stores the clock here while it is well */
    ghost_u64 heartbeat_timeout_ns; /* 0 = no check */
    ghost_u64 in_kernel_slice_ns;   /* of the modes FIFO and VRUNTIME */
    ghost_u32 default_queue;        /* of tasks that enter; GHOST_NONE = none */
    ghost_u32 generation;           /* transactions of another one get AGENT_STALE */
    ghost_u32 status_words;         /* capacity */
    ghost_u32 reserved0;
    ghost_u64 reserved1;
    /* 64: by BPF */
    ghost_u64 free_word; /* head of the list of free status words: tag << 32 | index; index GHOST_NONE = empty */
    ghost_u32 next_word; /* words from here on were never used */
    ghost_u32 resync;    /* 1: a message was lost; the host exchanges it for 0 */
    ghost_u32 fallbacks; /* times that the heartbeat's end set FIFO */
    ghost_u32 tasks;
    ghost_u64 vruntime;
    ghost_u64 reserved2[4];
    /* 128: counters of BPF */
    ghost_u64 messages;
    ghost_u64 overflows;
    ghost_u64 transactions;
    ghost_u64 commits;   /* calls of ghost_commit: the crossings */
    ghost_u64 entered;
    ghost_u64 died;
    ghost_u64 departed;
    ghost_u64 retries;   /* moves tried again because the task was not yet in the queue of parked tasks */
    /* 192 */
    ghost_u64 reenqueued; /* tasks that the kernel gave back because another class took their CPU */
    ghost_u64 in_kernel_dispatches;
    ghost_u64 no_status_word; /* tasks that stay with the plain in-kernel FIFO because there was no status word */
    ghost_u64 rescues; /* runs of tasks that no agent had committed for so long that the kernel would have ejected us */
    ghost_u64 reserved3[4];
};

/*
 * ---- the struct_ops map ghost_ops, as libbpf shows it before loading (bpf_map__initial_value): the host clears the
 * bits of flags that the kernel's SCX_OPS_ALL_FLAGS has not, and sets both pointers to null where the kernel has
 * SCX_ENQ_IMMED (from 7.1 on): there they are not needed, and it warns of them.
 */
#define GHOST_OPS_CPU_ACQUIRE 80
#define GHOST_OPS_CPU_RELEASE 88
#define GHOST_OPS_FLAGS 176

/* ---- the whole */

struct ghost_control {
    ghost_u32 abi_version; /* GHOST_ABI_VERSION */
    ghost_u32 host_tgid;   /* whose threads are never taken */
    ghost_u32 cpus;        /* possible CPUs of the machine */
    ghost_u32 attached;    /* 1 between init and exit */
    ghost_u64 next_gtid_generation;
    ghost_u64 uninvited; /* enqueues of SCHED_EXT threads that no enclave owns */
    /* exit record */
    ghost_u32 exited;
    ghost_u32 exit_kind;
    ghost_s64 exit_code;
    char exit_reason[128];
    char exit_message[1024];
};

/* ---- syscall programs: one request record each way; result is 0 or -errno */

struct ghost_request {
    ghost_s32 result; /* out */
    ghost_u32 enclave; /* slot */
    ghost_s32 cpu;
    ghost_u32 queue;
    ghost_s64 gtid;
    ghost_s32 tid;
    ghost_u32 barrier;
    ghost_u32 status_word; /* in or out */
    ghost_u32 flags;       /* in or out: see each program */
    ghost_u64 value;       /* in or out: see each program */
};

/*
 * program               in                                    does
 * ghost_commit          cpu (of the agent)                    decides the READY slots of requests[cpu]; own CPU last
 * ghost_create_enclave  enclave, value (id), status_word (capacity)   makes the queue of parked tasks
 * ghost_destroy_enclave enclave                               EBUSY while it has tasks; the host takes them out first
 * ghost_set_cpu         cpu, enclave (GHOST_NONE = out)       EBUSY (in another enclave, or has an agent), ENODEV
 * ghost_attach_agent    enclave, cpu, tid, queue              out: status_word. EBUSY, ENODEV, ENXIO, ENOMEM
 * ghost_detach_agent    enclave, cpu                          pending transactions get NO_AGENT
 * ghost_ping            enclave, cpu                          raises the agent's barrier; out: flags 1 = it sleeps
 * ghost_enter           enclave, tid                          marks the thread; the host then sets its policy to
 *                                                             SCHED_EXT. out: gtid, status_word.
 *                                                             ESRCH, EPERM (host, kernel thread), EBUSY (other enclave,
 *                                                             value = its id), EALREADY (in this one), ENOMEM,
 *                                                             EAGAIN (no memory at this moment: try again)
 * ghost_leave           tid                                   unmarks it, after its policy was set back. ESRCH
 * ghost_associate       enclave, gtid or cpu (gtid 0), queue, barrier   out: flags 1 = was so already, 2 = NEW still to
 *                                                             come. ENOENT, ESTALE, EBADF
 * ghost_free_word       enclave, status_word                  ENOENT, EINVAL (still in use), EALREADY
 * ghost_kick            enclave, cpu, flags (1 = preempt)     EINVAL for a CPU that is not of the enclave
 * ghost_kick_all        enclave                               lets every CPU schedule: after a change of mode
 */

#define GHOST_ASSOCIATE_ALREADY 1
#define GHOST_ASSOCIATE_BRAND_NEW 2

#endif
