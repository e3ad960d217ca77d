/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads that enter an enclave, sleep, yield, spin and leave, in the ways that go wrong first. Works with every policy
 * that does not need a PrioTable.
 *
 *   simple_exp [-e ENCLAVE] [-s SOCKET] [-n THREADS] [CASE]...
 *
 * Prints how long each case took. Exit status: 0 = every thread ended, and was where it had to be.
 */
#define _GNU_SOURCE
#include "ghost_client.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define MS 1000000L
#define BUSY_THREADS 100
#define BUSY_NS (10 * MS)
#define NAP_NS (10 * MS)
#define STACK_BYTES (64 * 1024)
#define MAX_THREADS 32000
#define MAX_TOLD 5
/* A thread that is to be taken out asks so often whether it is out. */
#define MAX_YIELDS 100000000L

static ghost_client *client;
static int enclave = GHOST_ONLY_ENCLAVE;
static int many = 1000;
static atomic_int failures;

/* Tells of the first failures; a thousand threads may have the same one. */
static void fail(const char *what, const char *why)
{
    if (atomic_fetch_add(&failures, 1) < MAX_TOLD)
        fprintf(stderr, "simple_exp: thread %ld %s%s\n", syscall(SYS_gettid), what, why);
}

static void expect(bool holds, const char *what)
{
    if (!holds)
        fail(what, "");
}

static void enter(void)
{
    if (ghost_enter(client, enclave, 0) < 0)
        fail("cannot enter: ", ghost_error());
    else
        expect(ghost_inside(0), "has entered and is not inside");
}

static void nap(long ns)
{
    struct timespec left = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
    while (nanosleep(&left, &left) < 0 && errno == EINTR)
        continue;
}

static long cpu_time_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return time.tv_sec * 1000000000 + time.tv_nsec;
}

static void spin(long ns)
{
    long end = cpu_time_ns() + ns;
    while (cpu_time_ns() < end)
        continue;
}

static pthread_t start(void *(*body)(void *), void *argument)
{
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    int error = pthread_create(&thread, &attributes, body, argument);
    pthread_attr_destroy(&attributes);
    if (error) {
        fprintf(stderr, "simple_exp: cannot make a thread: %s\n", strerror(error));
        exit(1);
    }
    return thread;
}

static void run_all(int count, void *(*body)(void *))
{
    static pthread_t threads[MAX_THREADS];
    for (int i = 0; i < count; i++)
        threads[i] = start(body, NULL);
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
}

/* ---- what threads do */

static void *is_born_inside(void *unused)
{
    (void)unused;
    expect(ghost_inside(0), "is not inside, and its parent is");
    sched_yield();
    return NULL;
}

static void *naps_and_has_a_child(void *unused)
{
    (void)unused;
    enter();
    nap(NAP_NS);
    pthread_join(start(is_born_inside, NULL), NULL);
    return NULL;
}

static void *naps_and_yields(void *unused)
{
    (void)unused;
    enter();
    sched_yield();
    nap(NAP_NS);
    sched_yield();
    return NULL;
}

static void *spins(void *unused)
{
    (void)unused;
    enter();
    spin(BUSY_NS);
    return NULL;
}

static void *departs(void *unused)
{
    (void)unused;
    enter();
    nap(MS);
    struct sched_param parameters = {0};
    expect(sched_setscheduler(0, SCHED_OTHER, &parameters) == 0, "cannot leave");
    expect(!ghost_inside(0), "has left and is inside");
    sched_yield();
    return NULL;
}

static atomic_int racers[MAX_THREADS]; /* tids of those who wait to be taken out */
static atomic_int next_racer;

static void *is_taken_out(void *unused)
{
    (void)unused;
    enter();
    atomic_store(&racers[atomic_fetch_add(&next_racer, 1)], (int)syscall(SYS_gettid));
    long yields = 0;
    while (ghost_inside(0) && yields < MAX_YIELDS) {
        if (yields++ % 3 == 0)
            nap(MS / 10);
        else
            sched_yield();
    }
    expect(!ghost_inside(0), "was never taken out");
    return NULL;
}

/* ---- cases */

static void simple_exp(void)
{
    run_all(1, naps_and_has_a_child);
}

static void simple_exp_many(void)
{
    run_all(many, naps_and_yields);
}

static void busy_exp(void)
{
    run_all(BUSY_THREADS, spins);
}

static void task_departed(void)
{
    run_all(1, departs);
}

static void task_departed_many(void)
{
    run_all(many, departs);
}

static void *takes_out(void *unused)
{
    (void)unused;
    for (int i = 0; i < many; i++) {
        int tid;
        while ((tid = atomic_load(&racers[i])) == 0)
            nap(MS / 10);
        struct sched_param parameters = {0};
        int error = i % 2 ? ghost_leave(client, tid) : sched_setscheduler(tid, SCHED_OTHER, &parameters);
        expect(error == 0, "cannot take another thread out");
    }
    return NULL;
}

static void task_departed_many_race(void)
{
    memset(racers, 0, sizeof(racers));
    atomic_store(&next_racer, 0);
    pthread_t taker = start(takes_out, NULL);
    run_all(many, is_taken_out);
    pthread_join(taker, NULL);
}

static const struct {
    const char *name;
    void (*run)(void);
} cases[] = {
    {"SimpleExp", simple_exp},
    {"SimpleExpMany", simple_exp_many},
    {"BusyExp", busy_exp},
    {"TaskDeparted", task_departed},
    {"TaskDepartedMany", task_departed_many},
    {"TaskDepartedManyRace", task_departed_many_race},
};

static bool run_case(const char *name)
{
    bool found = false;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (name && strcmp(name, cases[i].name) != 0)
            continue;
        found = true;
        printf("%s\n", cases[i].name);
        fflush(stdout);
        int64_t begin = ghost_now();
        cases[i].run();
        printf("  took %lld ms\n", (long long)((ghost_now() - begin) / MS));
        fflush(stdout);
    }
    return found;
}

static int usage(void)
{
    fprintf(stderr, "usage: simple_exp [-e ENCLAVE] [-s SOCKET] [-n THREADS] [CASE]...\ncases:");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        fprintf(stderr, " %s", cases[i].name);
    fprintf(stderr, "\n");
    return 2;
}

int main(int argc, char **argv)
{
    const char *socket = NULL;
    int option;
    while ((option = getopt(argc, argv, "e:s:n:")) != -1) {
        switch (option) {
        case 'e':
            enclave = atoi(optarg);
            break;
        case 's':
            socket = optarg;
            break;
        case 'n':
            many = atoi(optarg);
            break;
        default:
            return usage();
        }
    }
    if (many < 1 || many > MAX_THREADS)
        return usage();
    client = ghost_connect(socket);
    if (!client) {
        fprintf(stderr, "simple_exp: %s\n", ghost_error());
        return 1;
    }
    bool all = optind == argc;
    if (all)
        run_case(NULL);
    for (int i = optind; i < argc; i++) {
        if (!run_case(argv[i]))
            return usage();
    }
    ghost_disconnect(client);
    if (atomic_load(&failures) > 0)
        fprintf(stderr, "simple_exp: %d failures\n", atomic_load(&failures));
    return atomic_load(&failures) ? 1 : 0;
}
