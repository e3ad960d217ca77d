/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Commits that race with everything else. */
#include "members.h"
#include "scenarios.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

/* Lets the kernel tell what it knows of every task, and what our dump callbacks add, and prints that. */
static void dump(void)
{
    static char line[1024];
    mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, NULL);
    put("/sys/kernel/tracing/events/sched_ext/sched_ext_dump/enable", "1");
    put("/proc/sysrq-trigger", "D");
    nap_ms(1000);
    FILE *f = fopen("/sys/kernel/tracing/trace", "r");
    while (f && fgets(line, sizeof(line), f)) {
        char *text = strstr(line, "sched_ext_dump: ");
        if (text)
            printf("  %s", text + strlen("sched_ext_dump: "));
    }
}

static volatile bool stress_on;
static volatile uint64_t attempts, successes, by_result[32];
static struct member stressed[24];
static int stressed_count;

static void *committer(void *number)
{
    int agent_cpu = (long)number;
    unsigned seed = 1 + agent_cpu;
    while (stress_on) {
        int cpu = rand_r(&seed) % 4;
        struct member *x = &stressed[rand_r(&seed) % stressed_count];
        uint32_t slot = cpus[cpu].enclave;
        if (slot != SLOT || result_of(cpu) < 0)
            continue;
        int64_t gtid = rand_r(&seed) % 50 == 0 ? 0 : x->gtid;
        uint32_t flags = rand_r(&seed) % 8 == 0 ? GHOST_DO_NOT_PREEMPT : 0;
        flags |= rand_r(&seed) % 16 == 0 ? GHOST_SEND_TASK_ON_CPU : 0;
        uint32_t commit_flags = rand_r(&seed) % 8 ? GHOST_COMMIT_AT_TXN_COMMIT : GHOST_COMMIT_AT_SCHEDULE;
        fill(cpu, gtid, words[SLOT][x->word].barrier - (rand_r(&seed) % 20 == 0), flags, commit_flags,
            rand_r(&seed) % 3 ? 0 : 1000000);
        int which[] = {cpu, (cpu + 1) % 4};
        commit_filled(agent_cpu, which, 2, rand_r(&seed) % 10 == 0);
        int result = result_of(cpu);
        if (result < 0) {
            struct ghost_transaction *t = &transactions[cpu]; /* left to the CPU: take it back at times */
            int ready = GHOST_TXN_READY;
            if (rand_r(&seed) % 2)
                __atomic_compare_exchange_n(&t->state, &ready, GHOST_TXN_RESULT(GHOST_ABORTED), false,
                    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
            continue;
        }
        __atomic_fetch_add(&attempts, 1, __ATOMIC_RELAXED);
        __atomic_fetch_add(&by_result[result], 1, __ATOMIC_RELAXED);
        successes += result == GHOST_COMPLETE;
    }
    return NULL;
}

static void enter_again(struct member *x)
{
    struct ghost_request r;
    set_policy(x->puppet->tid, 0);
    for (int tries = 0; try_enter(SLOT, x->puppet->tid, &r); tries++) {
        if (r.result != -EAGAIN || tries == 100)
            die("enter: %d, words used up: %llu", r.result, enclaves[SLOT].no_status_word);
        nap_ms(1);
    }
    x->word = r.status_word;
    x->gtid = r.gtid;
    set_policy(x->puppet->tid, SCHED_EXT_POLICY);
}

static void replace_member(struct member *x)
{
    fire(x->puppet);
    x->puppet = hire();
    enter_again(x);
    tell(x->puppet, SPIN);
}

static void free_dead_words(void)
{
    for (uint32_t i = 0; i < 4096; i++)
        if (words[SLOT][i].flags & GHOST_SW_CAN_FREE) {
            struct ghost_request r = {.enclave = SLOT, .status_word = i};
            run("ghost_free_word", &r);
        }
}

static void hostile(int seconds)
{
    static const enum order orders[] = {SPIN, SPIN, NAP, YIELD};
    unsigned seed = 42;
    stressed_count = 12;
    for (int i = 0; i < stressed_count; i++) {
        stressed[i] = runnable_member();
        tell(stressed[i].puppet, orders[i % 4]);
    }
    struct puppet *hogs[2] = {hire(), hire()};
    pin(hogs[0]->tid, 2);
    pin(hogs[1]->tid, 3);
    stress_on = true;
    pthread_t threads[2];
    for (long i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, committer, (void *)i);
    uint64_t end = now_ns() + seconds * 1000000000ull;
    for (int round = 0; now_ns() < end && machine_attached(); round++) {
        struct member *x = &stressed[rand_r(&seed) % stressed_count];
        struct ghost_message m;
        for (int i = 0; i < 2000 && next_message(QUEUE, &m); i++) {
        }
        switch (rand_r(&seed) % 8) {
        case 0: pin(x->puppet->tid, rand_r(&seed) % 4); break;
        case 1: allow(x->puppet->tid, (int[]){0, 1, 2, 3}, 4); break;
        case 2: set_nice(x->puppet->tid, rand_r(&seed) % 20); break;
        case 3: tell(hogs[round % 2], round / 2 % 2 ? SPIN : SLEEP); break;
        case 4: replace_member(x); break;
        case 5: tell(x->puppet, SLEEP); nap_ms(1); tell(x->puppet, SPIN); break;
        case 6:
            set_policy(x->puppet->tid, 0);
            if (rand_r(&seed) % 8) {
                enter_again(x);
            } else { /* a stranger now */
                struct ghost_request leave = {.tid = x->puppet->tid};
                run("ghost_leave", &leave);
                set_policy(x->puppet->tid, SCHED_EXT_POLICY);
            }
            break;
        case 7: nap_ms(3); break;
        }
        if (round % 64 == 0)
            free_dead_words();
    }
    stress_on = false;
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    printf("  %llu commits decided, %llu complete, %llu retries, %llu reenqueued\n", (unsigned long long)attempts,
        (unsigned long long)successes, enclaves[SLOT].retries, enclaves[SLOT].reenqueued);
    for (int i = 0; i <= GHOST_POISONED; i++)
        if (by_result[i])
            printf("  %llu %s\n", (unsigned long long)by_result[i], result_name(i));
    CHECK(machine_attached());
    fire(hogs[0]);
    fire(hogs[1]);
    for (int cpu = 0; cpu < 4; cpu++) /* whatever is parked or latched can still be run */
        commit(0, cpu, GHOST_GTID_NULL, 0);
    enclaves[SLOT].mode = GHOST_MODE_FIFO;
    struct ghost_request r = {.enclave = SLOT};
    run("ghost_kick_all", &r);
    for (int i = 0; i < stressed_count; i++) {
        allow(stressed[i].puppet->tid, (int[]){0, 1, 2, 3}, 4);
        tell(stressed[i].puppet, SPIN);
        if (!moves(stressed[i].puppet, 5000)) {
            dump();
            printf("tid %d state %c\n", stressed[i].puppet->tid, process_state(stressed[i].puppet->tid));
            die("task %d is lost: %llx barrier %u flags %x", i, (long long)stressed[i].gtid,
                words[SLOT][stressed[i].word].barrier, words[SLOT][stressed[i].word].flags);
        }
    }
}

int stress_seconds = 20;
void random_commits_race(void) { hostile(stress_seconds); }

void it_comes_and_goes(void)
{
    stressed_count = 6;
    for (int i = 0; i < stressed_count; i++)
        stressed[i] = runnable_member();
    stress_on = true;
    pthread_t threads[2];
    for (long i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, committer, (void *)i);
    for (int i = 0; i < 6; i++) {
        nap_ms(100);
        machine_detach();
        CHECK(control->exited && control->exit_kind == 64);
        for (int k = 0; k < stressed_count; k++)
            CHECK(moves(stressed[k].puppet, 3000)); /* in the fair class */
        machine_attach();
    }
    stress_on = false;
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    CHECK(enclaves[SLOT].tasks == 6); /* each time they come back */
}
