/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Periodic threads that tell a policy their deadlines by a PrioTable; for policy-edf. Prints how many jobs were in time.
 *
 *   deadlines [-e ENCLAVE] [-s SOCKET] [-n THREADS] [-u USE] [-t SECONDS]
 *
 * USE is the part of one CPU that all of them need together, 0.5 for instance. Exit status: 0 = every job was done.
 */
#define _GNU_SOURCE
#include "ghost_client.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define MS 1000000LL
#define SECOND (1000 * MS)
#define MAX_THREADS 1000

static ghost_client *client;
static ghost_table *table;
static int enclave = GHOST_ONLY_ENCLAVE;
static double seconds = 5;
static struct ghost_deadline attributes[MAX_THREADS];
static atomic_long in_time, late, failures;

static void sleep_until(int64_t time)
{
    struct timespec then = {.tv_sec = time / SECOND, .tv_nsec = time % SECOND};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &then, NULL) == EINTR)
        continue;
}

static void work(uint64_t ns)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    int64_t end = time.tv_sec * SECOND + time.tv_nsec + (int64_t)ns;
    do
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    while (time.tv_sec * SECOND + time.tv_nsec < end);
}

static void *periodic(void *argument)
{
    uint32_t sid = (uint32_t)(uintptr_t)argument;
    const struct ghost_deadline *own = &attributes[sid];
    int64_t gtid = ghost_enter(client, enclave, 0);
    if (gtid < 0 || ghost_table_set_deadline(table, sid, gtid, own) < 0) {
        fprintf(stderr, "deadlines: %s\n", ghost_error());
        atomic_fetch_add(&failures, 1);
        return NULL;
    }
    int64_t release = ghost_now();
    int64_t end = release + (int64_t)(seconds * (double)SECOND);
    for (; release < end; release += (int64_t)own->period_ns) {
        /* The deadline of the next job stands in the table before the thread wakes up for it. */
        ghost_table_release(table, sid, release);
        sleep_until(release);
        work(own->runtime_ns);
        atomic_fetch_add(ghost_now() <= release + (int64_t)own->period_ns ? &in_time : &late, 1);
    }
    return NULL;
}

static int usage(void)
{
    fprintf(stderr, "usage: deadlines [-e ENCLAVE] [-s SOCKET] [-n THREADS] [-u USE] [-t SECONDS]\n");
    return 2;
}

static int run(int threads, double use)
{
    pthread_t ids[MAX_THREADS];
    for (int i = 0; i < threads; i++) {
        attributes[i].period_ns = (uint64_t)((20 + 10 * (i % 9)) * MS);
        attributes[i].runtime_ns = (uint64_t)(use / threads * (double)attributes[i].period_ns);
        if (pthread_create(&ids[i], NULL, periodic, (void *)(uintptr_t)i) != 0) {
            fprintf(stderr, "deadlines: cannot make a thread\n");
            exit(1);
        }
    }
    for (int i = 0; i < threads; i++)
        pthread_join(ids[i], NULL);
    printf("%ld jobs in time, %ld late\n", atomic_load(&in_time), atomic_load(&late));
    return atomic_load(&failures) ? 1 : 0;
}

int main(int argc, char **argv)
{
    const char *socket = NULL;
    int threads = 10, option;
    double use = 0.5;
    while ((option = getopt(argc, argv, "e:s:n:u:t:")) != -1) {
        switch (option) {
        case 'e':
            enclave = atoi(optarg);
            break;
        case 's':
            socket = optarg;
            break;
        case 'n':
            threads = atoi(optarg);
            break;
        case 'u':
            use = atof(optarg);
            break;
        case 't':
            seconds = atof(optarg);
            break;
        default:
            return usage();
        }
    }
    if (threads < 1 || threads > MAX_THREADS || use <= 0 || seconds <= 0 || optind < argc)
        return usage();
    client = ghost_connect(socket);
    table = client ? ghost_table_create((uint32_t)threads, (uint32_t)threads) : NULL;
    if (!table || ghost_table_publish(table, client) < 0) {
        fprintf(stderr, "deadlines: %s\n", ghost_error());
        return 1;
    }
    int status = run(threads, use);
    ghost_table_destroy(table);
    ghost_disconnect(client);
    return status;
}
