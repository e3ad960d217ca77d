/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Brings threads of this process into an enclave of a Ghosthost host, and tells the host's policy what they are about to
 * do. See README.md.
 *
 * Functions return -1 (or NULL) and set errno when they fail; ghost_error() then gives one sentence for people. All may
 * be called by any thread.
 */
#ifndef GHOST_CLIENT_H
#define GHOST_CLIENT_H

#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
#include <atomic>
#define GHOST_ATOMIC(type) std::atomic<type>
extern "C" {
#else
#include <stdatomic.h>
#include <stdbool.h>
#define GHOST_ATOMIC(type) _Atomic type
#endif

/* The scheduling class of threads in an enclave. */
#ifndef SCHED_EXT
#define SCHED_EXT 7
#endif

/* ---- enclaves */

/* Stands for the number of the only enclave that the host has. */
#define GHOST_ONLY_ENCLAVE 0

typedef struct ghost_client ghost_client;

/*
 * Connects to a host. Without a name of its client socket: $GHOST_SOCKET, else the socket of the host called "default"
 * of this user, else that of root.
 */
ghost_client *ghost_connect(const char *socket);

/* Hangs up; threads stay where they are. */
void ghost_disconnect(ghost_client *client);

/* Why the last call of this thread failed. */
const char *ghost_error(void);

/* Brings one thread in, 0 = the calling one; its gtid, by which a PrioTable names it. Threads that it makes from now on
 * are born in the enclave. */
int64_t ghost_enter(ghost_client *client, int enclave, pid_t tid);

/* Brings all threads of a process in, 0 = this one; how many came. */
int ghost_enter_process(ghost_client *client, int enclave, pid_t pid);

/* Brings all processes of a cgroup in; how many threads came. */
int ghost_enter_cgroup(ghost_client *client, int enclave, const char *path);

/* Gives a thread back to the default scheduler, 0 = the calling one. (sched_setscheduler(2) does the same.) */
int ghost_leave(ghost_client *client, pid_t tid);

/* Gives all threads of a process back, 0 = this one; how many went. */
int ghost_leave_process(ghost_client *client, pid_t pid);

/* Whether a thread is scheduled by an enclave, 0 = the calling one. */
bool ghost_inside(pid_t tid);

/* ---- PrioTable: what threads are about to do. All times in ns of CLOCK_MONOTONIC. */

#define GHOST_TABLE_ALIGNMENT 64
#define GHOST_TABLE_STREAM_CAPACITY 83

/* The deadline of work that has none. */
#define GHOST_NO_DEADLINE INT64_MAX

/* Flag of an item: its thread has work. */
#define GHOST_ITEM_RUNNABLE 1u

/* Flags of a work class: an item has one piece of work and then waits, or new work each period. */
#define GHOST_CLASS_ONE_SHOT 1u
#define GHOST_CLASS_REPEATING 2u

/* What lies in the memory that is shared with the host. Little endian; each record has 64 bytes. */
struct ghost_table_header {
    uint16_t version; /* 0 */
    uint16_t header_length;
    uint32_t table_length;
    uint32_t item_count;
    uint32_t items_offset;
    uint32_t class_count;
    uint32_t classes_offset;
    uint32_t stream_capacity;
    uint32_t stream_offset;
    uint32_t unused[8];
};

struct ghost_sched_item {
    uint32_t sid; /* its own index */
    GHOST_ATOMIC(uint32_t) work_class;
    GHOST_ATOMIC(int64_t) gtid; /* of the worker thread; 0 = none yet */
    GHOST_ATOMIC(uint32_t) flags;
    GHOST_ATOMIC(uint32_t) seqcount; /* odd while somebody writes */
    GHOST_ATOMIC(int64_t) deadline_ns;
    uint64_t unused[4];
};

struct ghost_work_class {
    uint32_t id; /* its own index */
    uint32_t flags;
    uint32_t qos; /* bigger is more important */
    uint32_t unused0;
    uint64_t exec_time_ns; /* what one piece of work is expected to need */
    uint64_t period_ns;
    uint64_t unused[4];
};

struct ghost_stream {
    GHOST_ATOMIC(int32_t) scrape_all; /* above 0: hints were lost, every item has to be read */
    GHOST_ATOMIC(int32_t) entries[GHOST_TABLE_STREAM_CAPACITY]; /* index of a changed item; -1 = empty */
};

typedef struct ghost_table ghost_table;

/* Makes a table of up to 131072 items and 4096 work classes, in memory that cannot shrink. */
ghost_table *ghost_table_create(uint32_t items, uint32_t classes);

/* Hands the table to the host; from then on its policies read it. One table for each process. */
int ghost_table_publish(ghost_table *table, ghost_client *client);

/* Frees the table on this side. */
void ghost_table_destroy(ghost_table *table);

/* Defines a work class; to be done before an item refers to it. */
int ghost_table_set_class(ghost_table *table, uint32_t id, uint32_t flags, uint32_t qos, uint64_t exec_time_ns,
                          uint64_t period_ns);

/* Replaces an item and announces it. */
int ghost_table_set_item(ghost_table *table, uint32_t sid, uint32_t work_class, int64_t gtid, uint32_t flags,
                         int64_t deadline_ns);

/* Says that the thread of an item has work, to be done by then. */
int ghost_table_mark_runnable(ghost_table *table, uint32_t sid, int64_t deadline_ns);

/* Says that it has no more. */
int ghost_table_mark_idle(ghost_table *table, uint32_t sid);

/* Whether it has. */
bool ghost_table_runnable(const ghost_table *table, uint32_t sid);

/* Waits, on its CPU, until the calling thread's item has work: a policy takes CPUs from threads that have none. */
void ghost_table_wait_until_runnable(const ghost_table *table, uint32_t sid);

/* ---- deadlines of a thread's own: dl-runtime, dl-deadline and dl-period, as sched_setattr(2) has them */

struct ghost_deadline {
    uint64_t runtime_ns;  /* what a job is expected to need */
    uint64_t deadline_ns; /* how long after its release it has to be done; 0 = the period */
    uint64_t period_ns;
};

/* Gives a thread these attributes, by the item and the work class of the same number. It can always run. */
int ghost_table_set_deadline(ghost_table *table, uint32_t sid, int64_t gtid, const struct ghost_deadline *attributes);

/* A job of the thread is released: its deadline counts from then. To be called before the thread works on it. */
int ghost_table_release(ghost_table *table, uint32_t sid, int64_t release_ns);

/* The time that deadlines are told in. */
int64_t ghost_now(void);

#ifdef __cplusplus
}
#endif

#endif
