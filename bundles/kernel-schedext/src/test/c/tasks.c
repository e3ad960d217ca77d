/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* What happens to one task: its life, commits, properties. */
#include "members.h"
#include "scenarios.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

void a_task_lives(void)
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

void a_running_thread_joins(void)
{
    struct puppet *p = hire();
    tell(p, SPIN);
    CHECK(moves(p, 1000));
    struct member x = join(p, true);
    nap_ms(30);
    CHECK(!moves(p, 60));
    run_there(&x, 3);
}

void errors_come_in_order(void)
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

void a_commit_preempts(void)
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

void preempts_are_elided(void)
{
    struct member x = runnable_member(), y = runnable_member();
    for (int tries = 0; !a_preempt_is_elided(&x, &y); tries++)
        CHECK(tries < 10);
    run_there(&y, 2);
}

void a_slice_ends(void)
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

void a_cpu_commits_when_it_schedules(void)
{
    for (int tries = 0; !commits_when_it_schedules(); tries++)
        CHECK(tries < 10);
}

void properties_change(void)
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
