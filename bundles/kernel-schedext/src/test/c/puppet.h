/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Processes of one thread that do as they are told. */
#ifndef GHOST_TEST_PUPPET_H
#define GHOST_TEST_PUPPET_H

#include <stdbool.h>
#include <stdint.h>

enum order { SLEEP, SPIN, YIELD, YIELD_ONCE, NAP, FORK, THREAD, EXIT };

struct puppet {
    volatile uint32_t order; /* a futex */
    volatile int tid;
    volatile int child;
    volatile uint64_t laps; /* goes up while it runs */
};

/* A new process that sleeps, with the default policy. */
struct puppet *hire(void);
void tell(struct puppet *p, enum order order);
/* Whether it makes laps within ms. */
bool moves(struct puppet *p, int ms);
/* Kills it and waits for its end; it may need a CPU for that. */
void fire(struct puppet *p);
void fire_all(void);
bool is_gone(struct puppet *p);

void pin(int tid, int cpu);
void allow(int tid, const int *which, int count);
void set_nice(int tid, int nice);
/* The state letter of /proc/TID/stat, 0 if it is gone. */
char process_state(int tid);

#endif
