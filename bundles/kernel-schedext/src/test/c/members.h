/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Tasks of an enclave, and how scenarios treat them. */
#ifndef GHOST_TEST_MEMBERS_H
#define GHOST_TEST_MEMBERS_H

#include "machine.h"
#include "puppet.h"

#define QUEUE 0
#define SLOT 3
#define SECOND 4

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            die("%s:%d: %s", __func__, __LINE__, #condition);                                                          \
    } while (0)
#define CHECK_RESULT(expected, actual)                                                                                 \
    do {                                                                                                               \
        int actual_ = (actual);                                                                                        \
        if (actual_ != (expected))                                                                                     \
            die("%s:%d: %s is %s (%d), not %s", __func__, __LINE__, #actual, result_name(actual_), actual_,            \
                #expected);                                                                                            \
    } while (0)
#define AWAIT(type, gtid, message)                                                                                     \
    do {                                                                                                               \
        if (!await(QUEUE, type, gtid, message, 3000))                                                                  \
            die("%s:%d: no %s of %llx", __func__, __LINE__, type_name(type), (long long)(gtid));                       \
    } while (0)

/* Threads of this process that are the agents of the CPUs, by CPU. */
extern int satellites[4];

struct member {
    struct puppet *puppet;
    int64_t gtid;
    uint32_t barrier;
    int word;
};

void *satellite(void *number);
struct ghost_status_word *word_of(const struct ghost_message *m);
/* An enclave of the CPUs 0 to 3 with an agent on each; everything goes to one polled queue. */
void open_enclave(void);
void close_enclave_of(uint32_t slot);
void close_enclave(void);
struct member join(struct puppet *p, bool runnable);
/* A member that wants to run, parked. */
struct member runnable_member(void);
/* Commits until no other thread has the CPU. */
int commit_soon(int agent_cpu, int cpu, struct member *x);
bool runs_on(struct member *x, int cpu, int ms);
/* Commits it until it runs there, whatever happened to it meanwhile. */
void run_there(struct member *x, int cpu);
/* Awaits what a running task is about to do, and commits it again if a kernel thread takes its CPU before that. */
void await_of_running(struct member *x, int cpu, int type, struct ghost_message *m);
void put(const char *file, const char *text);
void serve_nobody(void);
void take_note(const struct ghost_message *m);
/* Commits at most one task to each CPU; true if somebody was ready. */
bool serve(int first_cpu, int end_cpu);

#endif
