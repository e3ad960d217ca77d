/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#include "members.h"

#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int satellites[4];

void *satellite(void *number)
{
    satellites[(long)number] = syscall(SYS_gettid);
    for (;;)
        nap_ms(1000000);
    return NULL;
}

struct ghost_status_word *word_of(const struct ghost_message *m)
{
    return &words[SLOT][m->status_word];
}

void open_enclave(void)
{
    make_enclave(SLOT, 7, 4096);
    for (int cpu = 0; cpu < 4; cpu++)
        add_cpu(SLOT, cpu);
    make_queue(QUEUE, SLOT, -1, 1 << 20);
    enclaves[SLOT].default_queue = QUEUE;
    for (int cpu = 0; cpu < 4; cpu++)
        CHECK(attach_agent(SLOT, cpu, QUEUE, satellites[cpu]) >= 0);
}

static void take_cpus_out(uint32_t slot)
{
    for (int cpu = 0; cpu < 4; cpu++) {
        struct ghost_request r = {.enclave = slot, .cpu = cpu};
        if (cpus[cpu].enclave != slot)
            continue;
        run("ghost_detach_agent", &r);
        r = (struct ghost_request){.enclave = GHOST_NONE, .cpu = cpu};
        CHECK(run("ghost_set_cpu", &r) == 0);
    }
}

void close_enclave_of(uint32_t slot)
{
    fire_all();
    struct ghost_request r = {.enclave = slot};
    for (int tries = 0; tries < 200 && enclaves[slot].tasks; tries++)
        nap_ms(10);
    if (enclaves[slot].tasks)
        die("%u tasks are left", enclaves[slot].tasks);
    take_cpus_out(slot);
    CHECK(run("ghost_destroy_enclave", &r) == 0);
}

void close_enclave(void)
{
    close_enclave_of(SLOT);
    queues[QUEUE].enclave = GHOST_NONE;
}

struct member join(struct puppet *p, bool runnable)
{
    struct ghost_message m;
    struct member x = {p, enter(SLOT, p->tid), 0, 0};
    AWAIT(GHOST_TASK_NEW, x.gtid, &m);
    x.barrier = m.seqnum;
    x.word = m.status_word;
    CHECK(m.seqnum == 1);
    CHECK(!!(m.flags & GHOST_MSG_RUNNABLE) == runnable);
    return x;
}

struct member runnable_member(void)
{
    struct member x = join(hire(), false);
    struct ghost_message m;
    tell(x.puppet, SPIN);
    AWAIT(GHOST_TASK_WAKEUP, x.gtid, &m);
    x.barrier = m.seqnum;
    return x;
}

int commit_soon(int agent_cpu, int cpu, struct member *x)
{
    uint64_t end = now_ns() + 5000000000ull;
    for (;;) {
        int result = commit(agent_cpu, cpu, x->gtid, x->barrier);
        if (result != GHOST_CPU_UNAVAIL || now_ns() > end)
            return result;
        nap_ms(1); /* a kernel thread is there for a moment */
    }
}

bool runs_on(struct member *x, int cpu, int ms)
{
    uint64_t end = now_ns() + ms * 1000000ull;
    while (cpus[cpu].current_gtid != x->gtid && now_ns() < end)
        nap_ms(1);
    return cpus[cpu].current_gtid == x->gtid && moves(x->puppet, ms);
}

void run_there(struct member *x, int cpu)
{
    int result = -1;
    for (int tries = 0; tries < 20; tries++) {
        x->barrier = words[SLOT][x->word].barrier;
        result = commit_soon(0, cpu, x);
        if ((result == GHOST_COMPLETE || result == GHOST_TARGET_ONCPU) && runs_on(x, cpu, 500))
            return;
        nap_ms(5);
    }
    die("does not run on CPU %d: %s", cpu, result_name(result));
}

void await_of_running(struct member *x, int cpu, int type, struct ghost_message *m)
{
    uint64_t end = now_ns() + 5000000000ull;
    while (now_ns() < end) {
        while (next_message(QUEUE, m)) {
            if (m->gtid != x->gtid)
                continue;
            x->barrier = m->seqnum;
            if (m->type == type)
                return;
            if (m->type == GHOST_TASK_PREEMPT) { /* one that exits does not wait for us */
                int result = commit_soon(0, cpu, x);
                CHECK(result == GHOST_COMPLETE || result == GHOST_TARGET_ONCPU || result == GHOST_TARGET_STALE);
            }
        }
        nap_ms(1);
    }
    die("no %s of %llx", type_name(type), (long long)x->gtid);
}

void put(const char *file, const char *text)
{
    FILE *f = fopen(file, "w");
    if (!f || fputs(text, f) < 0)
        printf("  cannot write %s\n", file);
    if (f)
        fclose(f);
}

/* ---- a policy of three lines: whoever is ready runs on the next of some CPUs */

static struct ghost_message last_of[4096]; /* by status word */

void serve_nobody(void) { memset(last_of, 0, sizeof(last_of)); }

void take_note(const struct ghost_message *m)
{
    if (m->status_word >= 0)
        last_of[m->status_word] = *m;
}

static bool is_ready(const struct ghost_message *m)
{
    return m->type == GHOST_TASK_WAKEUP || m->type == GHOST_TASK_PREEMPT || m->type == GHOST_TASK_YIELD ||
        (m->type == GHOST_TASK_NEW && m->flags & GHOST_MSG_RUNNABLE);
}

bool serve(int first_cpu, int end_cpu)
{
    bool ready = false;
    int cpu = first_cpu;
    for (int i = 0; i < 4096 && cpu < end_cpu; i++) {
        if (!is_ready(&last_of[i]))
            continue;
        ready = true;
        if (commit(0, cpu++, last_of[i].gtid, last_of[i].seqnum) == GHOST_COMPLETE)
            last_of[i].type = 0;
    }
    return ready;
}
