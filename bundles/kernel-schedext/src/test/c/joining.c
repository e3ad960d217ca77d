/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* How threads come into an enclave and leave it. */
#include "members.h"
#include "scenarios.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

void children_inherit(void)
{
    struct ghost_message m;
    struct member x = runnable_member();
    run_there(&x, 1);
    tell(x.puppet, FORK);
    for (int tries = 0; !await(QUEUE, GHOST_TASK_NEW, 0, &m, 1000); tries++) {
        CHECK(tries < 5);
        commit_soon(0, 1, &(struct member){x.puppet, x.gtid, words[SLOT][x.word].barrier, x.word});
    }
    CHECK(m.data == x.gtid && m.flags & GHOST_MSG_RUNNABLE && m.seqnum == 1);
    CHECK(words[SLOT][m.status_word].gtid == m.gtid);
    struct member child = {x.puppet, m.gtid, m.seqnum, m.status_word};
    CHECK_RESULT(GHOST_COMPLETE, commit_soon(0, 2, &child));
    await_of_running(&child, 2, GHOST_TASK_DEAD, &m);
}

void entering_is_checked(void)
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

void a_thread_comes_back_unless_it_was_taken_out(void)
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

void exec_by_another_thread_is_a_new_task(void)
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
