/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Scenarios of the BPF program, without a JVM. harness OBJECT [no-switch-probe] [SCENARIO...]; without names, all.
 * Needs root, a kernel with sched_ext and four CPUs. The process is the agent, on CPU 0; CPUs 1 to 3 have satellites.
 */
#include "machine.h"
#include "puppet.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

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

static int satellites[4];

static void *satellite(void *number)
{
    satellites[(long)number] = syscall(SYS_gettid);
    for (;;)
        nap_ms(1000000);
    return NULL;
}

static struct ghost_status_word *word_of(const struct ghost_message *m)
{
    return &words[SLOT][m->status_word];
}

/* An enclave of the CPUs 0 to 3 with an agent on each; everything goes to one polled queue. */
static void open_enclave(void)
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

static void close_enclave_of(uint32_t slot)
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

static void close_enclave(void)
{
    close_enclave_of(SLOT);
    queues[QUEUE].enclave = GHOST_NONE;
}

struct member {
    struct puppet *puppet;
    int64_t gtid;
    uint32_t barrier;
    int word;
};

static struct member join(struct puppet *p, bool runnable)
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

/* A member that wants to run, parked. */
static struct member runnable_member(void)
{
    struct member x = join(hire(), false);
    struct ghost_message m;
    tell(x.puppet, SPIN);
    AWAIT(GHOST_TASK_WAKEUP, x.gtid, &m);
    x.barrier = m.seqnum;
    return x;
}

/* Commits until no other thread has the CPU. */
static int commit_soon(int agent_cpu, int cpu, struct member *x)
{
    uint64_t end = now_ns() + 5000000000ull;
    for (;;) {
        int result = commit(agent_cpu, cpu, x->gtid, x->barrier);
        if (result != GHOST_CPU_UNAVAIL || now_ns() > end)
            return result;
        nap_ms(1); /* a kernel thread is there for a moment */
    }
}

static bool runs_on(struct member *x, int cpu, int ms)
{
    uint64_t end = now_ns() + ms * 1000000ull;
    while (cpus[cpu].current_gtid != x->gtid && now_ns() < end)
        nap_ms(1);
    return cpus[cpu].current_gtid == x->gtid && moves(x->puppet, ms);
}

/* Commits it until it runs there, whatever happened to it meanwhile. */
static void run_there(struct member *x, int cpu)
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

/* Awaits what a running task is about to do, and commits it again if a kernel thread takes its CPU before that. */
static void await_of_running(struct member *x, int cpu, int type, struct ghost_message *m)
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

static void put(const char *file, const char *text)
{
    FILE *f = fopen(file, "w");
    if (!f || fputs(text, f) < 0)
        printf("  cannot write %s\n", file);
    if (f)
        fclose(f);
}

/* ---- a policy of three lines: whoever is ready runs on the next of some CPUs */

static struct ghost_message last_of[4096]; /* by status word */

static void serve_nobody(void) { memset(last_of, 0, sizeof(last_of)); }

static void take_note(const struct ghost_message *m)
{
    if (m->status_word >= 0)
        last_of[m->status_word] = *m;
}

static bool is_ready(const struct ghost_message *m)
{
    return m->type == GHOST_TASK_WAKEUP || m->type == GHOST_TASK_PREEMPT || m->type == GHOST_TASK_YIELD ||
        (m->type == GHOST_TASK_NEW && m->flags & GHOST_MSG_RUNNABLE);
}

/* Commits at most one task to each CPU; true if somebody was ready. */
static bool serve(int first_cpu, int end_cpu)
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

/* ---- scenarios */

static void a_task_lives(void)
{
    struct ghost_message m;
    struct member x = join(hire(), false);
    struct ghost_status_word *w = &words[SLOT][x.word];
    CHECK(w->gtid == x.gtid && w->enclave == 7 && !(w->flags & GHOST_SW_RUNNABLE) && w->flags & GHOST_SW_IN_USE);
    CHECK_RESULT(GHOST_TARGET_NOT_RUNNABLE, commit(0, 1, x.gtid, x.barrier));
    tell(x.puppet, SPIN);
    AWAIT(GHOST_TASK_WAKEUP, x.gtid, &m);
    CHECK(m.seqnum == 2 && w->barrier == 2 && w->flags & GHOST_SW_RUNNABLE);
    CHECK(!moves(x.puppet, 50));
    CHECK_RESULT(GHOST_TARGET_STALE, commit(0, 1, x.gtid, 1));
    x.barrier = 2;
    run_there(&x, 1);
    CHECK(w->flags & GHOST_SW_ON_CPU && w->cpu == 1);
    CHECK_RESULT(GHOST_TARGET_ONCPU, commit(0, 2, x.gtid, x.barrier));
    tell(x.puppet, SLEEP);
    await_of_running(&x, 1, GHOST_TASK_BLOCKED, &m);
    CHECK(m.cpu == 1 && m.runtime > 0 && w->runtime == m.runtime);
    CHECK(!(w->flags & (GHOST_SW_RUNNABLE | GHOST_SW_ON_CPU)) && w->barrier == m.seqnum);
    CHECK_RESULT(GHOST_TARGET_NOT_RUNNABLE, commit(0, 1, x.gtid, m.seqnum));
    tell(x.puppet, SPIN);
    AWAIT(GHOST_TASK_WAKEUP, x.gtid, &m);
    CHECK(m.nice == 1); /* the last CPU */
    x.barrier = m.seqnum;
    run_there(&x, 2);
    tell(x.puppet, YIELD_ONCE);
    await_of_running(&x, 2, GHOST_TASK_YIELD, &m);
    x.barrier = m.seqnum;
    CHECK(!moves(x.puppet, 30));
    tell(x.puppet, EXIT);
    CHECK_RESULT(GHOST_COMPLETE, commit_soon(0, 1, &x));
    await_of_running(&x, 1, GHOST_TASK_DEAD, &m);
    CHECK(w->flags & GHOST_SW_CAN_FREE && w->barrier == m.seqnum);
    struct ghost_request r = {.enclave = SLOT, .status_word = x.word};
    CHECK(run("ghost_free_word", &r) == 0);
    CHECK(run("ghost_free_word", &r) == -EALREADY);
    r.status_word = 4096;
    CHECK(run("ghost_free_word", &r) == -ENOENT);
    CHECK_RESULT(GHOST_TARGET_STALE, commit(0, 1, x.gtid, m.seqnum));
    CHECK(enclaves[SLOT].entered >= 1 && enclaves[SLOT].died >= 1);
}

static void a_running_thread_joins(void)
{
    struct puppet *p = hire();
    tell(p, SPIN);
    CHECK(moves(p, 1000));
    struct member x = join(p, true);
    nap_ms(30);
    CHECK(!moves(p, 60));
    run_there(&x, 3);
}

static void errors_come_in_order(void)
{
    struct member x = runnable_member();
    int one = 1;
    fill(1, x.gtid, x.barrier, 0, GHOST_COMMIT_AT_TXN_COMMIT, 0);
    transactions[1].version = 1;
    commit_filled(0, &one, 1, false);
    CHECK_RESULT(GHOST_UNSUPPORTED_VERSION, result_of(1));
    fill(1, x.gtid, x.barrier, 0, GHOST_COMMIT_AT_TXN_COMMIT, 0);
    transactions[1].cpu = 2;
    commit_filled(0, &one, 1, false);
    CHECK_RESULT(GHOST_INVALID_CPU, result_of(1));
    fill(1, x.gtid, x.barrier, 1 << 15, GHOST_COMMIT_AT_TXN_COMMIT, 0);
    commit_filled(0, &one, 1, false);
    CHECK_RESULT(GHOST_INVALID_FLAGS, result_of(1));
    fill(1, x.gtid, x.barrier, 0, GHOST_COMMIT_AT_TXN_COMMIT | GHOST_COMMIT_AT_SCHEDULE, 0);
    commit_filled(0, &one, 1, false);
    CHECK_RESULT(GHOST_INVALID_FLAGS, result_of(1));
    CHECK_RESULT(GHOST_INVALID_TARGET, commit(0, 1, -3, 0));
    CHECK_RESULT(GHOST_TARGET_NOT_FOUND, commit(0, 1, x.gtid + 1, x.barrier));
    CHECK_RESULT(GHOST_TARGET_NOT_FOUND, commit(0, 1, 4194303ll << 41, 0));
    CHECK_RESULT(GHOST_INVALID_TARGET, commit(0, 1, words[SLOT][cpus[2].agent_status_word].gtid, 0));
    fill(1, x.gtid, x.barrier, 0, GHOST_COMMIT_AT_TXN_COMMIT, 0);
    transactions[1].generation = 9;
    commit_filled(0, &one, 1, false);
    CHECK_RESULT(GHOST_AGENT_STALE, result_of(1));
    fill(0, x.gtid, x.barrier, 0, GHOST_COMMIT_AT_TXN_COMMIT, 0);
    transactions[0].agent_barrier--;
    int zero = 0;
    commit_filled(0, &zero, 1, false);
    CHECK_RESULT(GHOST_AGENT_STALE, result_of(0));
    int both[] = {0, 1}; /* a failed remote one poisons the own */
    fill(0, x.gtid, x.barrier, 0, GHOST_COMMIT_AT_TXN_COMMIT, 0);
    fill(1, x.gtid, x.barrier - 1, 0, GHOST_COMMIT_AT_TXN_COMMIT, 0);
    commit_filled(0, both, 2, false);
    CHECK_RESULT(GHOST_TARGET_STALE, result_of(1));
    CHECK_RESULT(GHOST_POISONED, result_of(0));
    int wild[] = {511, 300, 4, 64};
    commit_filled(0, wild, 4, false);
    struct ghost_request r = {.enclave = SLOT, .cpu = 1};
    CHECK(run("ghost_detach_agent", &r) == 0);
    CHECK_RESULT(GHOST_NO_AGENT, commit(0, 1, x.gtid, x.barrier));
    CHECK(attach_agent(SLOT, 1, QUEUE, satellites[1]) >= 0);
    CHECK(attach_agent(SLOT, 1, QUEUE, satellites[1]) == -EBUSY);
    struct ghost_message m;
    pin(x.puppet->tid, 2);
    AWAIT(GHOST_TASK_AFFINITY_CHANGED, x.gtid, &m);
    x.barrier = m.seqnum;
    CHECK_RESULT(GHOST_INVALID_CPU, commit(0, 1, x.gtid, x.barrier));
    run_there(&x, 2);
    for (int cpu = -1; cpu < 600; cpu += 601) {
        r = (struct ghost_request){.enclave = SLOT, .cpu = cpu, .flags = 1};
        CHECK(run("ghost_kick", &r) == -EINVAL);
        r = (struct ghost_request){.cpu = cpu};
        CHECK(run("ghost_commit", &r) == -ENODEV);
        r = (struct ghost_request){.enclave = SLOT, .cpu = cpu};
        CHECK(run("ghost_set_cpu", &r) == -ENODEV);
    }
}

static void a_commit_preempts(void)
{
    struct ghost_message m;
    struct member x = runnable_member(), y = runnable_member();
    run_there(&x, 1);
    int one = 1;
    fill(1, y.gtid, words[SLOT][y.word].barrier, GHOST_DO_NOT_PREEMPT, GHOST_COMMIT_AT_TXN_COMMIT, 0);
    commit_filled(0, &one, 1, false);
    CHECK_RESULT(GHOST_AGENT_STALE, result_of(1));
    drain(QUEUE);
    run_there(&x, 1);
    CHECK_RESULT(GHOST_COMPLETE, commit_soon(0, 1, &y));
    AWAIT(GHOST_TASK_PREEMPT, x.gtid, &m);
    CHECK(!(m.flags & GHOST_MSG_WAS_LATCHED) && m.cpu == 1);
    run_there(&y, 1);
    CHECK(!moves(x.puppet, 30));
    CHECK_RESULT(GHOST_COMPLETE, commit(0, 1, GHOST_GTID_NULL, 0));
    AWAIT(GHOST_TASK_PREEMPT, y.gtid, &m);
    CHECK(!moves(y.puppet, 30));
    run_there(&y, 2);
    int two = 2;
    fill(2, GHOST_GTID_IDLE, 0, 0, GHOST_COMMIT_AT_TXN_COMMIT | GHOST_ALLOW_TASK_ONCPU, 0);
    commit_filled(0, &two, 1, false);
    CHECK_RESULT(GHOST_COMPLETE, result_of(2));
    nap_ms(30);
    CHECK(!moves(y.puppet, 30));
}

/* False if a kernel thread was in between. */
static bool a_preempt_is_elided(struct member *x, struct member *y)
{
    struct ghost_message m;
    run_there(y, 1);
    drain(QUEUE);
    int one = 1;
    uint32_t before = words[SLOT][y->word].barrier;
    fill(1, x->gtid, words[SLOT][x->word].barrier, GHOST_ELIDE_PREEMPT | GHOST_SEND_TASK_ON_CPU,
        GHOST_COMMIT_AT_TXN_COMMIT, 0);
    commit_filled(0, &one, 1, false);
    return result_of(1) == GHOST_COMPLETE && await(QUEUE, GHOST_TASK_ON_CPU, x->gtid, &m, 500) && m.data > 0 &&
        !moves(y->puppet, 30) && words[SLOT][y->word].barrier == before;
}

static void preempts_are_elided(void)
{
    struct member x = runnable_member(), y = runnable_member();
    for (int tries = 0; !a_preempt_is_elided(&x, &y); tries++)
        CHECK(tries < 10);
    run_there(&y, 2);
}

static void a_slice_ends(void)
{
    struct ghost_message m;
    struct member x = runnable_member();
    int one = 1;
    for (int tries = 0; tries == 0 || m.flags & GHOST_MSG_WAS_LATCHED; tries++) {
        CHECK(tries < 20);
        fill(1, x.gtid, words[SLOT][x.word].barrier, 0, GHOST_COMMIT_AT_TXN_COMMIT, 20000000);
        commit_filled(0, &one, 1, false);
        m.flags = GHOST_MSG_WAS_LATCHED;
        if (result_of(1) == GHOST_COMPLETE)
            AWAIT(GHOST_TASK_PREEMPT, x.gtid, &m);
        else
            CHECK_RESULT(GHOST_CPU_UNAVAIL, result_of(1));
    }
    CHECK(!moves(x.puppet, 50));
}

/* False if a kernel thread made the CPU schedule before the task did. */
static bool commits_when_it_schedules(void)
{
    struct ghost_message m;
    struct member x = runnable_member(), y = runnable_member();
    run_there(&x, 1);
    int one = 1;
    fill(1, y.gtid, y.barrier, 0, GHOST_COMMIT_AT_SCHEDULE, 0);
    commit_filled(0, &one, 1, false);
    nap_ms(20);
    bool well = result_of(1) < 0 && moves(x.puppet, 200) && !moves(y.puppet, 20);
    tell(x.puppet, SLEEP);
    well = well && await(QUEUE, GHOST_TASK_BLOCKED, x.gtid, &m, 1000) && runs_on(&y, 1, 1000) &&
        result_of(1) == GHOST_COMPLETE;
    commit(0, 1, GHOST_GTID_NULL, 0);
    fire(x.puppet);
    fire(y.puppet);
    return well;
}

static void a_cpu_commits_when_it_schedules(void)
{
    for (int tries = 0; !commits_when_it_schedules(); tries++)
        CHECK(tries < 10);
}

static void properties_change(void)
{
    struct ghost_message m;
    struct member x = runnable_member();
    set_nice(x.puppet->tid, 5);
    AWAIT(GHOST_TASK_PRIORITY_CHANGED, x.gtid, &m);
    CHECK(m.nice == 5 && m.seqnum == x.barrier + 1 && words[SLOT][x.word].nice == 5);
    nap_ms(20);
    CHECK(words[SLOT][x.word].barrier == m.seqnum);
    CHECK_RESULT(GHOST_TARGET_STALE, commit(0, 1, x.gtid, x.barrier));
    x.barrier = m.seqnum;
    run_there(&x, 1);
    set_nice(x.puppet->tid, 7);
    AWAIT(GHOST_TASK_PRIORITY_CHANGED, x.gtid, &m);
    AWAIT(GHOST_TASK_PREEMPT, x.gtid, &m);
    x.barrier = m.seqnum;
    CHECK(!moves(x.puppet, 30));
    run_there(&x, 1);
    pin(x.puppet->tid, 2); /* it runs on CPU 1 */
    AWAIT(GHOST_TASK_AFFINITY_CHANGED, x.gtid, &m);
    AWAIT(GHOST_TASK_PREEMPT, x.gtid, &m);
    x.barrier = m.seqnum;
    run_there(&x, 2);
}

static void own_cpu_runs_when_the_agent_sleeps(void)
{
    struct ghost_message m;
    struct member x = runnable_member(), y = runnable_member();
    cpus[0].agent_tid = getpid();
    for (int tries = 0; ; tries++) {
        CHECK(tries < 20);
        CHECK_RESULT(GHOST_COMPLETE, commit(0, 0, x.gtid, x.barrier));
        uint64_t end = now_ns() + 5000000;
        while (now_ns() < end) {
        }
        if (cpus[0].latched_gtid == x.gtid)
            break;
        AWAIT(GHOST_TASK_PREEMPT, x.gtid, &m); /* another thread was there for a moment */
        CHECK(m.flags & GHOST_MSG_WAS_LATCHED);
        x.barrier = m.seqnum;
    }
    CHECK_RESULT(GHOST_COMPLETE, commit(0, 0, y.gtid, y.barrier)); /* in its place */
    AWAIT(GHOST_TASK_PREEMPT, x.gtid, &m);
    CHECK(m.flags & GHOST_MSG_WAS_LATCHED && m.seqnum == x.barrier + 1);
    x.barrier = m.seqnum;
    uint64_t laps = y.puppet->laps;
    nap_ms(100);
    if (y.puppet->laps == laps) /* then something else did */
        CHECK(await(QUEUE, GHOST_TASK_PREEMPT, y.gtid, &m, 100) && m.flags & GHOST_MSG_WAS_LATCHED);
    run_there(&x, 1); /* an earlier latch leaves no trace */
    cpus[0].agent_tid = satellites[0];
}

static void a_fair_hog_takes_the_cpu(void)
{
    struct ghost_message m;
    struct member x = runnable_member();
    run_there(&x, 1);
    struct puppet *hog = hire();
    pin(hog->tid, 1);
    tell(hog, SPIN);
    AWAIT(GHOST_TASK_PREEMPT, x.gtid, &m);
    int result = -1;
    for (int tries = 0; tries < 100 && result != GHOST_CPU_UNAVAIL; tries++) {
        result = commit(0, 1, x.gtid, words[SLOT][x.word].barrier);
        nap_ms(2);
    }
    CHECK_RESULT(GHOST_CPU_UNAVAIL, result);
    run_there(&x, 2);
    fire(hog);
}

static void a_silent_host_is_replaced(void)
{
    struct ghost_message m;
    struct member x[6];
    for (int i = 0; i < 6; i++)
        x[i] = runnable_member();
    enclaves[SLOT].heartbeat_ns = now_ns();
    enclaves[SLOT].heartbeat_timeout_ns = 300000000;
    for (int i = 0; i < 5; i++) {
        nap_ms(100);
        enclaves[SLOT].heartbeat_ns = now_ns();
    }
    CHECK(enclaves[SLOT].fallbacks == 0 && !moves(x[0].puppet, 20));
    for (int i = 0; i < 6; i++)
        CHECK(moves(x[i].puppet, 3000));
    CHECK(enclaves[SLOT].fallbacks == 1 && enclaves[SLOT].mode == GHOST_MODE_FIFO);
    CHECK(enclaves[SLOT].in_kernel_dispatches > 0);
    enclaves[SLOT].heartbeat_timeout_ns = 0;
    drain(QUEUE);
    enclaves[SLOT].mode = GHOST_MODE_AGENTS;
    nap_ms(300);
    for (int i = 0; i < 6; i++)
        CHECK(!moves(x[i].puppet, 20));
    for (int tries = 0;; tries++) { /* a kernel thread may be faster than the change of mode */
        CHECK(tries < 10);
        run_there(&x[0], 1);
        enclaves[SLOT].mode = GHOST_MODE_HOLD;
        nap_ms(200);
        if (moves(x[0].puppet, 500))
            break;
        enclaves[SLOT].mode = GHOST_MODE_AGENTS;
    }
    CHECK(!moves(x[1].puppet, 20));
    x[1].barrier = words[SLOT][x[1].word].barrier;
    CHECK_RESULT(GHOST_AGENT_STALE, commit(0, 2, x[1].gtid, x[1].barrier));
    enclaves[SLOT].mode = GHOST_MODE_VRUNTIME;
    struct ghost_request r = {.enclave = SLOT};
    run("ghost_kick_all", &r);
    for (int i = 0; i < 6; i++)
        CHECK(moves(x[i].puppet, 3000));
    enclaves[SLOT].mode = GHOST_MODE_FIFO;
    for (int i = 0; i < 6; i++)
        CHECK(moves(x[i].puppet, 3000));
    (void)m;
}

static void virtual_runtime_weighs(void)
{
    struct member x = runnable_member(), y = runnable_member();
    enclaves[SLOT].mode = GHOST_MODE_VRUNTIME;
    enclaves[SLOT].in_kernel_slice_ns = 5000000;
    pin(x.puppet->tid, 1);
    pin(y.puppet->tid, 1);
    set_nice(y.puppet->tid, 5); /* a third of the weight */
    nap_ms(100);
    uint64_t a = words[SLOT][x.word].runtime, b = words[SLOT][y.word].runtime;
    nap_ms(4000);
    double ratio = (words[SLOT][x.word].runtime - a) / (double)(words[SLOT][y.word].runtime - b + 1);
    printf("  nice 0 to nice 5: %.2f\n", ratio);
    CHECK(ratio > 1.6 && ratio < 6); /* emulated CPUs stand still at times */
    enclaves[SLOT].in_kernel_slice_ns = 0;
}

static void children_inherit(void)
{
    struct ghost_message m;
    struct member x = runnable_member();
    run_there(&x, 1);
    tell(x.puppet, FORK);
    AWAIT(GHOST_TASK_NEW, 0, &m);
    CHECK(m.data == x.gtid && m.flags & GHOST_MSG_RUNNABLE && m.seqnum == 1);
    CHECK(words[SLOT][m.status_word].gtid == m.gtid);
    struct member child = {x.puppet, m.gtid, m.seqnum, m.status_word};
    CHECK_RESULT(GHOST_COMPLETE, commit_soon(0, 2, &child));
    await_of_running(&child, 2, GHOST_TASK_DEAD, &m);
}

static void entering_is_checked(void)
{
    struct ghost_request r;
    struct puppet *p = hire();
    CHECK(try_enter(SLOT, getpid(), &r) == -EPERM);
    CHECK(try_enter(SLOT, satellites[1], &r) == -EPERM);
    CHECK(try_enter(SLOT, 2, &r) == -EPERM); /* kthreadd */
    CHECK(try_enter(SLOT, 4000000, &r) == -ESRCH);
    CHECK(try_enter(SLOT, -5, &r) == -ESRCH);
    CHECK(try_enter(999, p->tid, &r) == -EINVAL);
    CHECK(try_enter(SECOND, p->tid, &r) == -EXDEV);
    CHECK(try_enter(SLOT, p->tid, &r) == 0);
    CHECK(try_enter(SLOT, p->tid, &r) == -EALREADY);
    r = (struct ghost_request){.tid = p->tid};
    CHECK(run("ghost_leave", &r) == 0); /* it had not got the policy yet */
    CHECK(enclaves[SLOT].tasks == 0);
    struct member x = join(p, false);
    make_enclave(SECOND, 9, 16);
    CHECK(try_enter(SECOND, p->tid, &r) == -EBUSY && r.value == 7);
    r = (struct ghost_request){.tid = p->tid};
    CHECK(run("ghost_leave", &r) == -EBUSY);
    CHECK(set_policy(p->tid, 0) == 0);
    struct ghost_message m;
    AWAIT(GHOST_TASK_DEPARTED, x.gtid, &m);
    CHECK(!(m.flags & GHOST_MSG_WAS_CURRENT) && word_of(&m)->flags & GHOST_SW_CAN_FREE);
    CHECK(run("ghost_leave", &r) == 0);
    struct member again = join(p, false); /* a life of its own */
    CHECK(again.gtid == x.gtid && again.word != x.word);
    tell(p, SPIN);
    for (int tries = 0; ; tries++) {
        CHECK(tries < 10);
        run_there(&again, 1);
        CHECK(set_policy(p->tid, 0) == 0);
        AWAIT(GHOST_TASK_DEPARTED, again.gtid, &m);
        CHECK(moves(p, 2000));
        if (m.flags & GHOST_MSG_WAS_CURRENT)
            break;
        again = join(p, true); /* a kernel thread had its CPU */
    }
    close_enclave_of(SECOND);
}

static void a_thread_comes_back_unless_it_was_taken_out(void)
{
    struct ghost_message m;
    struct member x = runnable_member();
    struct ghost_request r = {.tid = x.puppet->tid};
    CHECK(set_policy(x.puppet->tid, 0) == 0);
    AWAIT(GHOST_TASK_DEPARTED, x.gtid, &m);
    CHECK_RESULT(GHOST_INVALID_TARGET, commit(0, 1, x.gtid, m.seqnum));
    CHECK(set_policy(x.puppet->tid, SCHED_EXT_POLICY) == 0);
    AWAIT(GHOST_TASK_NEW, 0, &m);
    CHECK(m.gtid == x.gtid);
    x = (struct member){x.puppet, m.gtid, m.seqnum, m.status_word};
    run_there(&x, 2);
    CHECK(set_policy(x.puppet->tid, 0) == 0);
    CHECK(run("ghost_leave", &r) == 0);
    drain(QUEUE);
    CHECK(set_policy(x.puppet->tid, SCHED_EXT_POLICY) == 0);
    CHECK(!await(QUEUE, GHOST_TASK_NEW, 0, &m, 50) && moves(x.puppet, 2000));
}

static void exec_by_another_thread_is_a_new_task(void)
{
    struct ghost_message m;
    struct member first = join(hire(), false);
    first.puppet->child = 0;
    tell(first.puppet, THREAD);
    AWAIT(GHOST_TASK_WAKEUP, first.gtid, &m);
    first.barrier = m.seqnum;
    CHECK_RESULT(GHOST_COMPLETE, commit_soon(0, 1, &first));
    int64_t second = 0;
    uint64_t end = now_ns() + 20000000000ull;
    bool dead = false, renewed = false;
    serve_nobody();
    while (now_ns() < end && !(dead && renewed)) {
        while (next_message(QUEUE, &m)) {
            take_note(&m);
            if (m.type == GHOST_TASK_NEW && m.data == first.gtid)
                second = m.gtid;
            else if (m.type == GHOST_TASK_NEW && second && m.gtid != second && m.gtid >> 41 == first.gtid >> 41)
                renewed = true;
            dead |= m.type == GHOST_TASK_DEAD && m.gtid == second;
        }
        serve(1, 4);
        nap_ms(2);
    }
    CHECK(second && dead && renewed);
    for (uint32_t i = 0; i < 4096; i++) { /* it spins in its new life */
        struct ghost_status_word *w = &words[SLOT][i];
        if (w->flags & GHOST_SW_RUNNABLE && !(w->flags & GHOST_SW_CAN_FREE) && w->gtid >> 41 == first.gtid >> 41) {
            struct member y = {first.puppet, w->gtid, w->barrier, i};
            int result = commit_soon(0, 1, &y);
            CHECK(result == GHOST_COMPLETE || result == GHOST_TARGET_ONCPU);
        }
    }
}

static void enclaves_are_apart(void)
{
    struct ghost_request r = {.enclave = SLOT, .cpu = 3};
    make_enclave(SECOND, 9, 16);
    r = (struct ghost_request){.enclave = SECOND, .cpu = 3};
    CHECK(run("ghost_set_cpu", &r) == -EBUSY);
    r.enclave = GHOST_NONE;
    CHECK(run("ghost_set_cpu", &r) == -EBUSY); /* it has an agent */
    r.enclave = SLOT;
    CHECK(run("ghost_detach_agent", &r) == 0);
    r.enclave = GHOST_NONE;
    CHECK(run("ghost_set_cpu", &r) == 0);
    add_cpu(SECOND, 3);
    make_queue(1, SECOND, -1, 4096);
    enclaves[SECOND].default_queue = 1;
    CHECK(attach_agent(SECOND, 3, 1, satellites[3]) >= 0);
    struct member x = runnable_member();
    fill(3, x.gtid, x.barrier, 0, GHOST_COMMIT_AT_TXN_COMMIT, 0);
    int three = 3;
    commit_filled(0, &three, 1, false);
    CHECK(result_of(3) < 0); /* not ours to decide */
    CHECK_RESULT(GHOST_INVALID_TARGET, commit(3, 3, x.gtid, x.barrier));
    r = (struct ghost_request){.enclave = SLOT};
    CHECK(run("ghost_destroy_enclave", &r) == -EBUSY);
    CHECK(enclaves[SLOT].state == GHOST_ENCLAVE_DYING);
    enclaves[SLOT].state = GHOST_ENCLAVE_ACTIVE;
    struct ghost_request e;
    struct puppet *p = hire();
    CHECK(try_enter(SECOND, p->tid, &e) == 0 && set_policy(p->tid, SCHED_EXT_POLICY) == 0);
    tell(p, SPIN);
    nap_ms(50);
    CHECK(!moves(p, 20));
    enclaves[SECOND].mode = GHOST_MODE_FIFO;
    r = (struct ghost_request){.enclave = SECOND};
    run("ghost_kick_all", &r);
    CHECK(moves(p, 2000) && cpus[3].current_gtid == e.gtid);
    CHECK(!moves(x.puppet, 20));
    close_enclave_of(SECOND);
    queues[1].enclave = GHOST_NONE;
}

static void a_full_queue_loses_no_task(void)
{
    make_queue(QUEUE, SLOT, -1, 4096); /* 56 messages */
    struct puppet *p[60];
    for (int i = 0; i < 60; i++) {
        p[i] = hire();
        enter(SLOT, p[i]->tid);
        tell(p[i], SPIN);
    }
    nap_ms(100);
    CHECK(enclaves[SLOT].resync == 1 && enclaves[SLOT].overflows > 0 && queues[QUEUE].overflows > 0);
    drain(QUEUE);
    int found = 0;
    for (int i = 0; i < 4096; i++) {
        struct ghost_status_word *w = &words[SLOT][i];
        if (!(w->flags & GHOST_SW_RUNNABLE))
            continue;
        found++;
        struct member x = {p[0], w->gtid, w->barrier, i};
        CHECK_RESULT(GHOST_COMPLETE, commit_soon(0, 1 + found % 3, &x));
    }
    CHECK(found == 60);
}

static void groups_hold_together(void)
{
    struct member x = runnable_member(), y = runnable_member(), z = runnable_member();
    int group[] = {1, 2, 3};
    struct ghost_message m;
    for (int tries = 0;; tries++) {
        CHECK(tries < 50);
        fill(1, x.gtid, x.barrier, 0, GHOST_COMMIT_AT_TXN_COMMIT, 0);
        fill(2, y.gtid, y.barrier, 0, GHOST_COMMIT_AT_TXN_COMMIT, 0);
        fill(3, z.gtid, z.barrier - 1, 0, GHOST_COMMIT_AT_TXN_COMMIT, 0);
        CHECK(commit_filled(0, group, 3, true) == 0);
        if (result_of(3) == GHOST_TARGET_STALE)
            break;
        nap_ms(1);
    }
    CHECK_RESULT(GHOST_POISONED, result_of(1));
    CHECK_RESULT(GHOST_POISONED, result_of(2));
    CHECK(!moves(x.puppet, 20) && !moves(y.puppet, 20));
    CHECK(!await(QUEUE, GHOST_TASK_PREEMPT, 0, &m, 20));
    for (int tries = 0;; tries++) {
        CHECK(tries < 50);
        fill(1, x.gtid, x.barrier, 0, GHOST_COMMIT_AT_TXN_COMMIT, 0);
        fill(2, y.gtid, y.barrier, 0, GHOST_COMMIT_AT_TXN_COMMIT, 0);
        fill(3, z.gtid, z.barrier, 0, GHOST_COMMIT_AT_TXN_COMMIT, 0);
        transactions[1].sync_group_owner = 0;
        if (commit_filled(0, group, 3, true))
            break;
        nap_ms(1);
    }
    CHECK(transactions[1].sync_group_owner == -1);
    CHECK_RESULT(GHOST_COMPLETE, result_of(3));
    CHECK(runs_on(&x, 1, 1000) || await(QUEUE, GHOST_TASK_PREEMPT, x.gtid, &m, 100));
    CHECK(runs_on(&z, 3, 1000) || await(QUEUE, GHOST_TASK_PREEMPT, z.gtid, &m, 100));
}

/*
 * An agent that is never idle, on the CPU of its tasks, while these exit: what they need to end must not depend on
 * that the agent lets go.
 */
static void tasks_exit_under_a_busy_agent(void)
{
    struct ghost_message m;
    struct puppet *p[40];
    int dead = 0;
    for (int i = 0; i < 40; i++) {
        p[i] = hire();
        enter(SLOT, p[i]->tid);
        tell(p[i], EXIT);
    }
    serve_nobody();
    uint64_t end = now_ns() + 30000000000ull;
    while (dead < 40 && now_ns() < end) {
        while (next_message(QUEUE, &m)) {
            dead += m.type == GHOST_TASK_DEAD;
            take_note(&m);
        }
        if (!serve(0, 1) || cpus[0].latched_gtid) /* it sleeps only if nobody waits, or it has decided */
            nap_ms(1);
    }
    CHECK(dead == 40);
}

static void status_words_run_out(void)
{
    make_enclave(SECOND, 9, 3);
    struct puppet *p[4];
    struct ghost_request r;
    for (int i = 0; i < 4; i++) {
        p[i] = hire();
        CHECK(try_enter(SECOND, p[i]->tid, &r) == (i < 3 ? 0 : -ENOMEM));
    }
    CHECK(enclaves[SECOND].no_status_word == 1 && enclaves[SECOND].tasks == 3);
    for (int i = 0; i < 3; i++) {
        r = (struct ghost_request){.tid = p[i]->tid};
        CHECK(run("ghost_leave", &r) == 0);
    }
    CHECK(try_enter(SECOND, p[3]->tid, &r) == 0 && r.status_word < 3);
    r = (struct ghost_request){.tid = p[3]->tid};
    CHECK(run("ghost_leave", &r) == 0);
    close_enclave_of(SECOND);
}

static void tasks_change_queues(void)
{
    struct ghost_message m;
    struct member x = join(hire(), false);
    make_queue(1, SLOT, -1, 4096);
    struct ghost_request r = {.enclave = SLOT, .gtid = x.gtid, .queue = 1, .barrier = x.barrier - 1};
    CHECK(run("ghost_associate", &r) == -ESTALE);
    r.barrier = x.barrier;
    r.queue = 2;
    CHECK(run("ghost_associate", &r) == -EBADF);
    r.queue = 1;
    CHECK(run("ghost_associate", &r) == 0 && r.flags == 0);
    CHECK(run("ghost_associate", &r) == 0 && r.flags == GHOST_ASSOCIATE_ALREADY);
    tell(x.puppet, SPIN);
    CHECK(await(1, GHOST_TASK_WAKEUP, x.gtid, &m, 1000));
    CHECK(!await(QUEUE, GHOST_TASK_WAKEUP, x.gtid, &m, 20));
    r.gtid++;
    CHECK(run("ghost_associate", &r) == -ENOENT);
    queues[1].enclave = GHOST_NONE;
}

static void a_sleeping_agent_is_woken(void)
{
    struct member x = join(hire(), false);
    int word = cpus[0].agent_status_word;
    queues[QUEUE].wakeup_cpu = 0;
    uint32_t before = words[SLOT][word].barrier;
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN};
    CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, ring_fd(QUEUE), &event) == 0);
    drain(QUEUE);
    cpus[0].agent_sleeping = 1;
    CHECK(epoll_wait(epoll, &event, 1, 50) == 0);
    uint64_t start = now_ns();
    tell(x.puppet, SPIN);
    CHECK(epoll_wait(epoll, &event, 1, 3000) == 1);
    printf("  woken after %llu us\n", (unsigned long long)(now_ns() - start) / 1000);
    cpus[0].agent_sleeping = 0;
    CHECK(words[SLOT][word].barrier == before + 1);
    struct ghost_request r = {.enclave = SLOT, .cpu = 0};
    CHECK(run("ghost_ping", &r) == 0 && r.flags == 0 && words[SLOT][word].barrier == before + 2);
    drain(QUEUE);
    cpus[0].agent_sleeping = 1; /* a ping by transaction rings the bell */
    CHECK_RESULT(GHOST_COMPLETE, commit(1, 0, GHOST_GTID_AGENT, 0));
    CHECK(epoll_wait(epoll, &event, 1, 3000) == 1);
    cpus[0].agent_sleeping = 0;
    close(epoll);
}

static void cpus_tell(void)
{
    struct ghost_message m;
    struct member x = runnable_member();
    enclaves[SLOT].deliver = GHOST_DELIVER_TICKS | GHOST_DELIVER_CPU_AVAILABILITY;
    run_there(&x, 1);
    AWAIT(GHOST_CPU_TICK, 0, &m);
    CHECK(m.status_word == -1);
    if (!with_switch_probe)
        return;
    struct puppet *hog = hire();
    pin(hog->tid, 1);
    tell(hog, SPIN);
    AWAIT(GHOST_TASK_PREEMPT, x.gtid, &m);
    bool busy = false;
    for (int i = 0; i < 50 && !busy; i++)
        busy = await(QUEUE, GHOST_CPU_BUSY, 0, &m, 100) && m.cpu == 1;
    fire(hog);
    bool available = false;
    for (int i = 0; i < 50 && !available; i++)
        available = await(QUEUE, GHOST_CPU_AVAILABLE, 0, &m, 100) && m.cpu == 1;
    CHECK(available);
    enclaves[SLOT].deliver = 0;
}

static void strangers_run(void)
{
    struct puppet *p[8];
    for (int i = 0; i < 8; i++) {
        p[i] = hire();
        set_policy(p[i]->tid, SCHED_EXT_POLICY);
        tell(p[i], i % 2 ? SPIN : NAP);
    }
    for (int i = 0; i < 8; i++)
        CHECK(moves(p[i], 3000));
    CHECK(control->uninvited > 0);
}

static void strangers_and_tasks_share(void)
{
    struct member x[3];
    for (int i = 0; i < 3; i++) {
        x[i] = runnable_member();
        run_there(&x[i], 1 + i);
    }
    struct puppet *p[6];
    for (int i = 0; i < 6; i++) {
        p[i] = hire();
        set_policy(p[i]->tid, SCHED_EXT_POLICY);
        allow(p[i]->tid, (int[]){1, 2, 3}, 3);
        tell(p[i], SPIN);
    }
    nap_ms(500);
    for (int i = 0; i < 6; i++)
        CHECK(moves(p[i], 15000));
    for (int i = 0; i < 3; i++) { /* they gave way, and come back */
        for (int tries = 0; !moves(x[i].puppet, 500); tries++) {
            CHECK(tries < 20);
            x[i].barrier = words[SLOT][x[i].word].barrier;
            commit_soon(0, 1 + i, &x[i]);
        }
    }
}

static void a_forgotten_task_is_rescued(void)
{
    struct member x = runnable_member();
    uint64_t laps = x.puppet->laps;
    for (int i = 0; i < 34 && machine_attached(); i++)
        nap_ms(1000);
    CHECK(machine_attached());
    CHECK(enclaves[SLOT].rescues >= 1 && x.puppet->laps > laps);
    nap_ms(50);
    CHECK(!moves(x.puppet, 50));
    x.barrier = words[SLOT][x.word].barrier;
    run_there(&x, 1);
}

static void cpus_go_and_come(void)
{
    struct member x = runnable_member(), parked[5];
    for (int i = 0; i < 5; i++) {
        parked[i] = runnable_member();
        run_there(&parked[i], 3); /* preempted by the next one; CPU 3 is where it is parked */
    }
    run_there(&x, 3);
    uint64_t start = now_ns();
    put("/sys/devices/system/cpu/cpu3/online", "0");
    printf("  CPU 3 went in %llu ms\n", (unsigned long long)(now_ns() - start) / 1000000);
    CHECK(cpus[3].online == 0 && machine_attached());
    nap_ms(50);
    x.barrier = words[SLOT][x.word].barrier;
    CHECK_RESULT(GHOST_CPU_OFFLINE, commit(0, 3, x.gtid, x.barrier));
    run_there(&x, 2);
    put("/sys/devices/system/cpu/cpu3/online", "1");
    CHECK(cpus[3].online == 1);
    nap_ms(50);
    struct member y = runnable_member();
    run_there(&y, 3);
}

static void tell_cost(const char *what, struct member *x, uint32_t barrier_error, int calls)
{
    uint64_t start = now_ns();
    for (int i = 0; i < calls; i++) {
        if (x)
            fill(1, x->gtid, x->barrier - barrier_error, 0, GHOST_COMMIT_AT_TXN_COMMIT, 0);
        int one = 1;
        commit_filled(0, &one, x ? 1 : 0, false);
    }
    printf("  %s: %llu ns\n", what, (unsigned long long)(now_ns() - start) / calls);
}

/* No bound: the numbers of an emulated machine say little. */
static void calls_have_a_price(void)
{
    struct member x = runnable_member();
    tell_cost("commit of nothing", NULL, 0, 5000);
    tell_cost("commit that is refused (TARGET_STALE)", &x, 1, 5000);
    run_there(&x, 1);
    x.barrier = words[SLOT][x.word].barrier;
    tell_cost("commit of a task that is on a CPU", &x, 0, 5000);
}

/* ---- under fire */

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

static int stress_seconds = 20;
static void random_commits_race(void) { hostile(stress_seconds); }

static void it_comes_and_goes(void)
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

/* ---- */

static const struct {
    const char *name;
    void (*run)(void);
} scenarios[] = {
#define SCENARIO(name) {#name, name}
    SCENARIO(a_task_lives),
    SCENARIO(a_running_thread_joins),
    SCENARIO(errors_come_in_order),
    SCENARIO(a_commit_preempts),
    SCENARIO(preempts_are_elided),
    SCENARIO(a_slice_ends),
    SCENARIO(a_cpu_commits_when_it_schedules),
    SCENARIO(properties_change),
    SCENARIO(own_cpu_runs_when_the_agent_sleeps),
    SCENARIO(a_fair_hog_takes_the_cpu),
    SCENARIO(a_silent_host_is_replaced),
    SCENARIO(virtual_runtime_weighs),
    SCENARIO(children_inherit),
    SCENARIO(entering_is_checked),
    SCENARIO(a_thread_comes_back_unless_it_was_taken_out),
    SCENARIO(exec_by_another_thread_is_a_new_task),
    SCENARIO(enclaves_are_apart),
    SCENARIO(a_full_queue_loses_no_task),
    SCENARIO(groups_hold_together),
    SCENARIO(tasks_exit_under_a_busy_agent),
    SCENARIO(status_words_run_out),
    SCENARIO(tasks_change_queues),
    SCENARIO(a_sleeping_agent_is_woken),
    SCENARIO(cpus_tell),
    SCENARIO(calls_have_a_price),
    SCENARIO(strangers_run),
    SCENARIO(strangers_and_tasks_share),
    SCENARIO(cpus_go_and_come),
    SCENARIO(random_commits_race),
    SCENARIO(it_comes_and_goes),
    SCENARIO(a_forgotten_task_is_rescued),
};

static bool wanted(const char *name, int argc, char **argv)
{
    bool none = true;
    for (int i = 2; i < argc; i++) {
        if (!strcmp(argv[i], name))
            return true;
        none &= !strcmp(argv[i], "no-switch-probe") || !strcmp(argv[i], "verifier") || argv[i][0] == '=';
    }
    return none;
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc == 2 && !strcmp(argv[1], "spin"))
        for (;;) {
        }
    if (argc < 2)
        die("usage: harness OBJECT [no-switch-probe] [verifier] [=STRESS-SECONDS] [SCENARIO...]");
    for (int i = 2; i < argc; i++) {
        with_switch_probe &= strcmp(argv[i], "no-switch-probe") != 0;
        verifier_says |= strcmp(argv[i], "verifier") == 0;
        if (argv[i][0] == '=')
            stress_seconds = atoi(argv[i] + 1);
    }
    pin(getpid(), 0); /* elsewhere it would be in the way of its own tasks */
    uint64_t start = now_ns();
    machine_load(argv[1]);
    printf("loaded in %llu ms\n", (unsigned long long)(now_ns() - start) / 1000000);
    start = now_ns();
    machine_attach();
    printf("attached in %llu ms\n", (unsigned long long)(now_ns() - start) / 1000000);
    for (long i = 0; i < 4; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, satellite, (void *)i);
        while (!satellites[i])
            nap_ms(1);
    }
    int count = 0;
    for (unsigned i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
        if (!wanted(scenarios[i].name, argc, argv))
            continue;
        printf("%s\n", scenarios[i].name);
        open_enclave();
        scenarios[i].run();
        close_enclave();
        CHECK(machine_attached());
        count++;
    }
    machine_detach();
    printf("%d scenarios passed\n", count);
    return 0;
}
