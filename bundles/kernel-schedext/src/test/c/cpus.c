/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* CPUs, other classes, hosts that fall silent, strangers. */
#include "members.h"
#include "scenarios.h"

#include <string.h>
#include <unistd.h>

void own_cpu_runs_when_the_agent_sleeps(void)
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

void a_fair_hog_takes_the_cpu(void)
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

void a_silent_host_is_replaced(void)
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

void virtual_runtime_weighs(void)
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

void cpus_tell(void)
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

void strangers_run(void)
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

void strangers_and_tasks_share(void)
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

void a_forgotten_task_is_rescued(void)
{
    struct member x = runnable_member();
    uint64_t laps = x.puppet->laps;
    for (int i = 0; i < 34 && machine_attached(); i++)
        nap_ms(1000);
    CHECK(machine_attached());
    CHECK(enclaves[SLOT].rescues >= 1 && x.puppet->laps > laps);
    run_there(&x, 1);
}

void cpus_go_and_come(void)
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
void calls_have_a_price(void)
{
    struct member x = runnable_member();
    tell_cost("commit of nothing", NULL, 0, 5000);
    tell_cost("commit that is refused (TARGET_STALE)", &x, 1, 5000);
    run_there(&x, 1);
    x.barrier = words[SLOT][x.word].barrier;
    tell_cost("commit of a task that is on a CPU", &x, 0, 5000);
}
