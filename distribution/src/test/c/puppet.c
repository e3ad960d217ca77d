/*
 * Threads that do what a test on the other side of a pipe has written down for them. Standard input: lines
 *   thread ID NAME CPUS(hex, 0 = all) STEPS, then so many lines of steps, of any number of threads; start ID
 * steps
 *   r NS  burn CPU time        s NS  sleep       y      yield             u N    be busy until signal N is raised
 *   n N   nice value           a ID CPUS(hex)    affinity of a thread (-1 = itself)
 *   l     fair class           c     class of enclaves                    f ID   start another thread
 *   k N   call number N: printed, and busy until it was made
 * Standard output: "S ID TID" started, "K ID N" call, "E ID" ended. The file named by the argument is shared: word 0
 * counts up when time may pass; then signals, then for each thread the number of its last call that was made, plus 1.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define MAX_THREADS 4096
#define SIGNALS 1
#define CALLS (SIGNALS + 4096)
#define WORDS (CALLS + MAX_THREADS)
#define SCHED_EXT 7

struct step {
    char what;
    long a;
    unsigned long b;
};
struct thread {
    int id;
    char name[16];
    unsigned long cpus;
    long count;
    struct step *steps;
    int go;
    volatile int tid;
};

static struct thread threads[MAX_THREADS];
static volatile int *shared;

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void say(const char *format, int id, long value)
{
    char line[64];
    int length = snprintf(line, sizeof(line), format, id, value);
    if (write(1, line, length) != length)
        exit(1);
}

static long cpu_time(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec * 1000000000L + t.tv_nsec;
}

static void burn(long ns)
{
    long end = cpu_time() + ns;
    while (cpu_time() < end)
        ;
}

static void nap(long ns)
{
    struct timespec t = {ns / 1000000000, ns % 1000000000};
    while (nanosleep(&t, &t) && errno == EINTR)
        ;
}

static void restrict_to(int tid, unsigned long cpus)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    for (int cpu = 0; cpu < 64; cpu++)
        if (cpus >> cpu & 1)
            CPU_SET(cpu, &set);
    sched_setaffinity(tid, sizeof(set), &set); /* a thread that is gone needs none */
}

static void start(int id, int go);

static void perform(struct thread *self, struct step *step)
{
    struct sched_param none = {0};
    switch (step->what) {
    case 'r': burn(step->a); break;
    case 's': nap(step->a); break;
    case 'y': sched_yield(); break;
    case 'u':
        while (!shared[SIGNALS + step->a])
            __builtin_ia32_pause();
        break;
    case 'n': setpriority(PRIO_PROCESS, syscall(SYS_gettid), step->a); break;
    case 'a': restrict_to(step->a < 0 ? 0 : threads[step->a].tid, step->b); break;
    case 'l': sched_setscheduler(0, SCHED_OTHER, &none); break;
    case 'c': sched_setscheduler(0, SCHED_EXT, &none); break;
    case 'f': start(step->a, 0); break;
    case 'k':
        say("K %d %ld\n", self->id, step->a);
        while (shared[CALLS + self->id] != step->a + 1)
            __builtin_ia32_pause();
        break;
    default: fprintf(stderr, "unknown step %c\n", step->what); exit(1);
    }
}

static void *body(void *argument)
{
    struct thread *self = argument;
    self->tid = syscall(SYS_gettid);
    pthread_setname_np(pthread_self(), self->name);
    if (self->cpus)
        restrict_to(0, self->cpus);
    say("S %d %ld\n", self->id, self->tid);
    while (shared[0] < self->go)
        __builtin_ia32_pause();
    for (long i = 0; i < self->count; i++)
        perform(self, &self->steps[i]);
    say("E %d\n", self->id, 0);
    return NULL;
}

static void start(int id, int go)
{
    pthread_t thread;
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 65536);
    pthread_attr_setdetachstate(&small, PTHREAD_CREATE_DETACHED);
    threads[id].go = go;
    if (pthread_create(&thread, &small, body, &threads[id]))
        die("pthread_create");
}

static void read_thread(void)
{
    int id;
    if (scanf("%d", &id) != 1 || id < 0 || id >= MAX_THREADS)
        die("thread");
    struct thread *t = &threads[id];
    t->id = id;
    if (scanf("%15s %lx %ld", t->name, &t->cpus, &t->count) != 3)
        die("thread");
    t->steps = calloc(t->count + 1, sizeof(*t->steps));
    for (long i = 0; i < t->count; i++) {
        struct step *step = &t->steps[i];
        if (scanf(" %c", &step->what) != 1)
            die("step");
        if (strchr("rsunafk", step->what) && scanf("%ld", &step->a) != 1)
            die("step");
        if (step->what == 'a' && scanf("%lx", &step->b) != 1)
            die("step");
    }
}

int main(int count, char **arguments)
{
    char word[16];
    int file = count == 2 ? open(arguments[1], O_RDWR) : -1;
    if (file < 0)
        die("shared file");
    shared = mmap(NULL, WORDS * sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (shared == MAP_FAILED)
        die("mmap");
    while (scanf("%15s", word) == 1) {
        int id, go;
        if (!strcmp(word, "thread"))
            read_thread();
        else if (!strcmp(word, "start") && scanf("%d %d", &id, &go) == 2)
            start(id, go);
        else
            die("command");
    }
    _exit(0);
}
