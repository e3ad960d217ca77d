/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The host's side of the BPF program in as little C as will do: what the scenarios of harness.c stand on. */
#ifndef GHOST_TEST_MACHINE_H
#define GHOST_TEST_MACHINE_H

#define _GNU_SOURCE
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "../../main/bpf/ghost_abi.h"

#define SCHED_EXT_POLICY 7

extern struct ghost_control *control;
extern struct ghost_enclave *enclaves;
extern struct ghost_cpu *cpus;
extern struct ghost_transaction *transactions;
extern struct ghost_commit_request *requests;
extern struct ghost_queue *queues;
extern struct ghost_status_word *words[GHOST_MAX_ENCLAVES];
extern bool with_switch_probe, verifier_says;
extern int cpu_total;

_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Loads the object; attaches it; detaches it. The maps outlive a detach. */
void machine_load(const char *object);
void machine_attach(void);
void machine_detach(void);
bool machine_attached(void);

/* Runs a program of the object by name; returns request->result. */
int run(const char *program, struct ghost_request *request);

uint64_t now_ns(void);
void nap_ms(int ms);

/* ---- queues */
void make_queue(uint32_t queue, uint32_t enclave, int wakeup_cpu, uint32_t bytes);
/* For epoll. */
int ring_fd(uint32_t queue);
/* The next message, or false. */
bool next_message(uint32_t queue, struct ghost_message *into);
/* The next message of that type for that gtid (0 = any) within ms; others are thrown away. */
bool await(uint32_t queue, int type, int64_t gtid, struct ghost_message *into, int ms);
void drain(uint32_t queue);
const char *type_name(int type);

/* ---- enclaves */
void make_enclave(uint32_t slot, int id, uint32_t capacity);
void add_cpu(uint32_t slot, int cpu);
int attach_agent(uint32_t slot, int cpu, uint32_t queue, int tid);
int64_t enter(uint32_t slot, int tid);
int try_enter(uint32_t slot, int tid, struct ghost_request *request);
int set_policy(int tid, int policy);

/* ---- commits */
void fill(int cpu, int64_t gtid, uint32_t barrier, uint32_t run_flags, uint32_t commit_flags, uint64_t slice_ns);
int commit(int agent_cpu, int cpu, int64_t gtid, uint32_t barrier);
int commit_filled(int agent_cpu, const int *which, int count, bool group);
int result_of(int cpu);
const char *result_name(int result);

#endif
