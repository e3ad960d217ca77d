/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Enclaves, queues, groups, status words, agents. */
#include "members.h"
#include "scenarios.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

void enclaves_are_apart(void)
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

void a_full_queue_loses_no_task(void)
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

void groups_hold_together(void)
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
void tasks_exit_under_a_busy_agent(void)
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

void status_words_run_out(void)
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

void tasks_change_queues(void)
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

void a_sleeping_agent_is_woken(void)
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
