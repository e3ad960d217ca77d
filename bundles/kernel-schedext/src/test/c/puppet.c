/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#define _GNU_SOURCE
#include "puppet.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "machine.h"

#define MOST 4096
static struct puppet *all[MOST];
static int hired;

static void *become_a_spinner(void *unused)
{
    execl("/proc/self/exe", "harness", "spin", (char *)NULL);
    _exit(1);
    return unused;
}

static void perform(struct puppet *p)
{
    for (;;) {
        switch (p->order) {
        case SLEEP: syscall(SYS_futex, &p->order, FUTEX_WAIT, SLEEP, NULL, NULL, 0); break;
        case SPIN: p->laps++; break;
        case YIELD: p->laps++; sched_yield(); break;
        case YIELD_ONCE: p->order = SPIN; sched_yield(); break;
        case NAP: {
            struct timespec t = {0, 1000000};
            p->laps++;
            nanosleep(&t, NULL);
            break;
        }
        case FORK: {
            p->order = SPIN;
            int child = fork();
            if (child == 0) {
                p->child = getpid();
                p = mmap(NULL, sizeof(*p), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
                for (int i = 0; i < 100000; i++)
                    p->laps++;
                _exit(0);
            }
            break;
        }
        case THREAD: { /* a thread that becomes another program */
            pthread_t thread;
            p->order = SLEEP;
            pthread_create(&thread, NULL, become_a_spinner, NULL);
            break;
        }
        case EXIT: _exit(0);
        }
    }
}

struct puppet *hire(void)
{
    struct puppet *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED || hired == MOST)
        die("no more puppets");
    fflush(NULL);
    int tid = fork();
    if (tid < 0)
        die("fork");
    if (tid == 0) {
        for (int fd = 3; fd < 64; fd++) /* a copy of the link would keep the scheduler attached */
            close(fd);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        signal(SIGCHLD, SIG_IGN);
        cpu_set_t everywhere;
        memset(&everywhere, 0xff, sizeof(everywhere));
        sched_setaffinity(0, sizeof(everywhere), &everywhere);
        p->tid = getpid();
        perform(p);
    }
    for (int asleep = 0; asleep < 3;) { /* it may sleep for other reasons before it sleeps as told */
        nap_ms(2);
        asleep = p->tid && process_state(tid) == 'S' ? asleep + 1 : 0;
    }
    all[hired++] = p;
    return p;
}

void tell(struct puppet *p, enum order order)
{
    p->order = order;
    syscall(SYS_futex, &p->order, FUTEX_WAKE, 1, NULL, NULL, 0);
}

bool moves(struct puppet *p, int ms)
{
    uint64_t before = p->laps, end = now_ns() + ms * 1000000ull;
    while (p->laps == before && now_ns() < end)
        nap_ms(1);
    return p->laps != before;
}

bool is_gone(struct puppet *p)
{
    return !p->tid || waitpid(p->tid, NULL, WNOHANG) == p->tid;
}

void fire(struct puppet *p)
{
    if (!p->tid)
        return;
    set_policy(p->tid, 0); /* in the fair class it needs nobody to die */
    kill(p->tid, SIGKILL);
    waitpid(p->tid, NULL, 0);
    p->tid = 0;
}

void fire_all(void)
{
    for (int i = 0; i < hired; i++) {
        fire(all[i]);
        munmap(all[i], 4096);
    }
    hired = 0;
}

void allow(int tid, const int *which, int count)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    for (int i = 0; i < count; i++)
        CPU_SET(which[i], &set);
    sched_setaffinity(tid, sizeof(set), &set);
}

void pin(int tid, int cpu)
{
    allow(tid, &cpu, 1);
}

void set_nice(int tid, int nice)
{
    setpriority(PRIO_PROCESS, tid, nice);
}

char process_state(int tid)
{
    char name[64], line[512] = "";
    snprintf(name, sizeof(name), "/proc/%d/stat", tid);
    FILE *f = fopen(name, "r");
    if (!f)
        return 0;
    size_t n = fread(line, 1, sizeof(line) - 1, f);
    fclose(f);
    char *end = n ? strrchr(line, ')') : NULL;
    return end ? end[2] : 0;
}
