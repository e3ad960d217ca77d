/*
 * Threads of an ordinary program, to be scheduled by somebody.
 *
 *   threads mixed COUNT ROUNDS   COUNT threads at once: one third spins, one third sleeps, one third yields
 *   threads short COUNT MS       COUNT threads, fifty at a time, each of which spins for MS
 *   threads forever COUNT        COUNT threads that run and rest in turn until SIGTERM
 *
 * At the end it says how many threads finished, and how many of them saw themselves under sched_ext.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { POLICY_EXT = 7, MOST_THREADS = 20000, WAVE = 50 };

static atomic_int finished;
static atomic_int under_ext;
static atomic_int stop;
static long rounds;

static int64_t now_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* Uses this much CPU time. */
static void spin_us(int64_t us)
{
	int64_t end = now_ns(CLOCK_THREAD_CPUTIME_ID) + us * 1000;

	while (now_ns(CLOCK_THREAD_CPUTIME_ID) < end)
		;
}

static void sleep_us(int64_t us)
{
	struct timespec t = { us / 1000000, us % 1000000 * 1000 };

	while (nanosleep(&t, &t) && errno == EINTR)
		;
}

static void finish(void)
{
	if ((sched_getscheduler(0) & ~SCHED_RESET_ON_FORK) == POLICY_EXT)
		under_ext++;
	finished++;
}

static void *spinner(void *unused)
{
	for (long i = 0; i < rounds; i++)
		spin_us(1000);
	finish();
	return unused;
}

static void *sleeper(void *unused)
{
	for (long i = 0; i < rounds; i++) {
		spin_us(100);
		sleep_us(1000);
	}
	finish();
	return unused;
}

static void *yielder(void *unused)
{
	for (long i = 0; i < rounds; i++) {
		spin_us(100);
		sched_yield();
	}
	finish();
	return unused;
}

static void *endless(void *unused)
{
	while (!stop) {
		spin_us(2000);
		sleep_us(5000);
	}
	finish();
	return unused;
}

static pthread_t start(void *(*body)(void *))
{
	pthread_attr_t attributes;
	pthread_t thread;
	int error;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 64 * 1024);
	error = pthread_create(&thread, &attributes, body, NULL);
	if (error) {
		fprintf(stderr, "threads: pthread_create: %s\n", strerror(error));
		exit(1);
	}
	return thread;
}

static void run(int count, int at_once, void *(*const *bodies)(void *), int kinds)
{
	static pthread_t threads[MOST_THREADS];

	for (int first = 0; first < count; first += at_once) {
		int next = first + at_once < count ? first + at_once : count;

		for (int i = first; i < next; i++)
			threads[i] = start(bodies[i % kinds]);
		for (int i = first; i < next; i++)
			pthread_join(threads[i], NULL);
	}
}

static void on_term(int signal)
{
	(void)signal;
	stop = 1;
}

int main(int argc, char **argv)
{
	static void *(*const mixed[])(void *) = { spinner, sleeper, yielder, endless };
	int count = argc > 2 ? atoi(argv[2]) : 0;
	int64_t begin = now_ns(CLOCK_MONOTONIC);

	if (argc < 3 || count < 1 || count > MOST_THREADS) {
		fprintf(stderr, "usage: threads mixed|short|forever COUNT [ROUNDS|MS]\n");
		return 2;
	}
	rounds = argc > 3 ? atol(argv[3]) : 1;
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGTERM, on_term);
	if (!strcmp(argv[1], "mixed"))
		run(count, count, mixed, 3);
	else if (!strcmp(argv[1], "short"))
		run(count, WAVE, &mixed[0], 1);
	else
		run(count, count, &mixed[3], 1);
	printf("%s: %d threads finished, %d under sched_ext, %lld ms\n", argv[1], finished, under_ext,
	       (long long)(now_ns(CLOCK_MONOTONIC) - begin) / 1000000);
	return finished == count ? 0 : 1;
}
