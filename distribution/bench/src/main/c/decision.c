/*
 * The yardstick of the decision benchmark: the same way of a decision, on the same layouts, as a plain C loop without
 * any structure around it. A message is read from the ring, its task is found by its status word and queued, first
 * come first served; each free CPU gets the first task by a transaction; the kernel side checks and commits it, and
 * the task yields at once.
 *
 * usage: decision TASKS [CPUS]; prints nanoseconds per decision, the median of 15 runs.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RING 65536
#define MAX_CPUS 1024
#define READY INT32_MAX
#define COMPLETE INT32_MIN
#define GENERATION_BITS 41
#define RUNS 15
#define PASSES 400000

enum { TASK_YIELD = 69 };
enum { FLAG_IN_USE = 1, FLAG_CAN_FREE = 2, FLAG_CPU_AVAILABLE = 1 << 8, FLAG_ON_CPU = 1 << 16, FLAG_RUNNABLE = 1 << 17 };
enum { COMMIT_AT_TXN_COMMIT = 2 };

struct message {
    uint16_t type, flags;
    uint32_t seqnum;
    int64_t gtid;
    int32_t cpu, status_word;
    int64_t runtime, cpu_seqnum;
    int32_t nice, waker_cpu;
    int64_t data, time;
} __attribute__((aligned(64)));

struct status_word {
    uint32_t barrier, flags;
    int64_t gtid, switch_time, runtime;
    int32_t enclave, cpu, tgid, nice;
    int64_t runnable_since, reserved;
} __attribute__((aligned(64)));

struct txn {
    uint32_t version;
    int32_t cpu, state;
    uint32_t agent_barrier, task_barrier;
    uint16_t run_flags;
    uint8_t commit_flags, pad;
    int64_t gtid, commit_time, cpu_seqnum;
    int32_t sync_group_owner, generation;
    int64_t slice;
} __attribute__((aligned(64)));

struct task {
    int64_t gtid;
    uint32_t seqnum;
    int32_t status_word, cpu, state;
    struct task *next, *previous;
    int64_t runtime;
} __attribute__((aligned(64)));

static struct message ring[RING] __attribute__((aligned(64)));
static struct txn txns[MAX_CPUS] __attribute__((aligned(64)));
static struct status_word *words, agents[MAX_CPUS];
static struct task **tasks, *current[MAX_CPUS], queue;
static uint64_t head, tail, seqnums[MAX_CPUS], now;
static int free_cpus[MAX_CPUS], free_count;

static void send(int index, int cpu)
{
    struct status_word *word = &words[index];
    struct message *message = &ring[head & (RING - 1)];

    __atomic_store_n(&word->barrier, word->barrier + 1, __ATOMIC_RELEASE);
    memset(message, 0, sizeof *message);
    message->type = TASK_YIELD;
    message->seqnum = word->barrier;
    message->gtid = word->gtid;
    message->cpu = cpu;
    message->status_word = index;
    message->time = now;
    message->cpu_seqnum = cpu < 0 ? 0 : ++seqnums[cpu];
    __atomic_store_n(&head, head + 1, __ATOMIC_RELEASE);
}

static void enqueue(struct task *task)
{
    task->previous = queue.previous;
    task->next = &queue;
    queue.previous->next = task;
    queue.previous = task;
}

static void handle(const struct message *message)
{
    struct task *task = tasks[message->status_word];

    if (task->gtid != message->gtid || (int32_t)(message->seqnum - task->seqnum) <= 0)
        return;
    task->seqnum = message->seqnum;
    if (task->cpu >= 0 && current[task->cpu] == task) {
        current[task->cpu] = NULL;
        free_cpus[free_count++] = task->cpu;
    }
    enqueue(task);
}

static int validate(const struct txn *txn, int cpu)
{
    int index = (int)(txn->gtid >> GENERATION_BITS) - 1;
    struct status_word *word = &words[index];

    if (txn->version != 0 || txn->cpu != cpu || txn->commit_flags != COMMIT_AT_TXN_COMMIT || txn->generation != 1)
        return COMPLETE + 9;
    if (word->gtid != txn->gtid)
        return COMPLETE + 4;
    if ((word->flags & FLAG_CAN_FREE) || word->barrier != txn->task_barrier)
        return COMPLETE + 3;
    if (!(word->flags & FLAG_RUNNABLE))
        return COMPLETE + 5;
    if (word->flags & FLAG_ON_CPU)
        return COMPLETE + 2;
    return agents[cpu].flags & FLAG_CPU_AVAILABLE ? COMPLETE : COMPLETE + 8;
}

static uint64_t pass(void)
{
    int opened[MAX_CPUS], count = 0;

    now += 1000;
    for (uint64_t to = __atomic_load_n(&head, __ATOMIC_ACQUIRE); tail < to;) {
        handle(&ring[tail & (RING - 1)]);
        __atomic_store_n(&tail, tail + 1, __ATOMIC_RELEASE);
    }
    while (free_count > 0 && queue.next != &queue) {
        struct task *task = queue.next;
        struct status_word *word = &words[task->status_word];
        int cpu = free_cpus[--free_count];
        struct txn *txn = &txns[cpu];

        queue.next = task->next;
        task->next->previous = &queue;
        if (__atomic_load_n(&word->barrier, __ATOMIC_ACQUIRE) != task->seqnum || (word->flags & FLAG_ON_CPU)
            || !(agents[cpu].flags & FLAG_CPU_AVAILABLE))
            abort();
        task->cpu = cpu;
        txn->task_barrier = task->seqnum;
        txn->run_flags = 0;
        txn->commit_flags = COMMIT_AT_TXN_COMMIT;
        txn->gtid = task->gtid;
        txn->generation = 1;
        txn->slice = 0;
        __atomic_store_n(&txn->state, READY, __ATOMIC_RELEASE);
        opened[count++] = cpu;
        current[cpu] = task;
    }
    for (int i = 0; i < count; i++) {
        struct txn *txn = &txns[opened[i]];
        int ready = READY;

        if (__atomic_compare_exchange_n(&txn->state, &ready, 0, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
            int state = validate(txn, opened[i]);

            txn->commit_time = now;
            txn->cpu_seqnum = ++seqnums[opened[i]];
            __atomic_store_n(&txn->state, state, __ATOMIC_RELEASE);
        }
    }
    for (int i = 0; i < count; i++) {
        if (__atomic_load_n(&txns[opened[i]].state, __ATOMIC_ACQUIRE) != COMPLETE)
            abort();
        send((int)(txns[opened[i]].gtid >> GENERATION_BITS) - 1, opened[i]);
    }
    return count;
}

static int compare(const void *one, const void *other)
{
    double difference = *(const double *)one - *(const double *)other;

    return difference < 0 ? -1 : difference > 0;
}

int main(int argc, char **argv)
{
    int count = argc > 1 ? atoi(argv[1]) : 10, cpus = argc > 2 ? atoi(argv[2]) : 8;
    double results[RUNS];

    if (count < 1 || count > RING / 2 || cpus < 1 || cpus > MAX_CPUS) {
        fprintf(stderr, "usage: decision TASKS [CPUS]; at most %d tasks\n", RING / 2);
        return 1;
    }
    words = aligned_alloc(64, count * sizeof *words);
    tasks = malloc(count * sizeof *tasks);
    memset(words, 0, count * sizeof *words);
    queue.next = queue.previous = &queue;
    for (int cpu = 0; cpu < cpus; cpu++) {
        txns[cpu].cpu = cpu;
        txns[cpu].state = COMPLETE;
        agents[cpu].flags = FLAG_IN_USE | FLAG_CPU_AVAILABLE;
        free_cpus[free_count++] = cpu;
    }
    int *order = malloc(count * sizeof *order);
    for (int i = 0; i < count; i++) {
        tasks[i] = aligned_alloc(64, sizeof **tasks);
        memset(tasks[i], 0, sizeof **tasks);
        words[i].flags = FLAG_IN_USE | FLAG_RUNNABLE;
        words[i].gtid = tasks[i]->gtid = ((int64_t)(i + 1) << GENERATION_BITS) + 1;
        tasks[i]->status_word = i;
        tasks[i]->cpu = -1;
        order[i] = i;
    }
    srand(1);
    for (int i = count - 1; i > 0; i--) {
        int other = rand() % (i + 1), moved = order[i];

        order[i] = order[other];
        order[other] = moved;
    }
    for (int i = 0; i < count; i++)
        send(order[i], -1);
    for (int i = 0; i < PASSES; i++)
        pass();
    for (int run = 0; run < RUNS; run++) {
        struct timespec from, to;
        uint64_t decisions = 0;

        clock_gettime(CLOCK_MONOTONIC, &from);
        for (int i = 0; i < PASSES; i++)
            decisions += pass();
        clock_gettime(CLOCK_MONOTONIC, &to);
        results[run] = ((to.tv_sec - from.tv_sec) * 1e9 + (to.tv_nsec - from.tv_nsec)) / decisions;
    }
    qsort(results, RUNS, sizeof *results, compare);
    printf("%.1f\n", results[RUNS / 2]);
    return 0;
}
