/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#include "machine.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct ghost_control *control;
struct ghost_enclave *enclaves;
struct ghost_cpu *cpus;
struct ghost_transaction *transactions;
struct ghost_commit_request *requests;
struct ghost_queue *queues;
struct ghost_status_word *words[GHOST_MAX_ENCLAVES];
bool with_switch_probe = true, verifier_says;
int cpu_total;

static struct bpf_object *object;
static struct bpf_link *link_ops, *link_switch;

struct ring {
    uint64_t *consumer;
    volatile uint64_t *producer;
    const unsigned char *data;
    uint32_t size;
    int fd;
};
static struct ring rings[GHOST_MAX_QUEUES];

void die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "FAILED: ");
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n");
    va_end(args);
    fflush(NULL);
    _exit(1);
}

uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ull + t.tv_nsec;
}

void nap_ms(int ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000l};
    nanosleep(&t, NULL);
}

static int map_fd(const char *name)
{
    int fd = bpf_object__find_map_fd_by_name(object, name);
    if (fd < 0)
        die("no map %s", name);
    return fd;
}

static void *map_memory(const char *name, size_t size)
{
    size = (size + 4095) & ~4095ul;
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, map_fd(name), 0);
    if (p == MAP_FAILED)
        die("mmap %s: %s", name, strerror(errno));
    return p;
}

/* Of all that the verifier says, how much work each program was. */
static int print_effort(enum libbpf_print_level level, const char *format, va_list args)
{
    static char text[1 << 16];
    vsnprintf(text, sizeof(text), format, args);
    char *effort = strstr(text, "processed ");
    if (level == LIBBPF_WARN || (effort && strchr(effort, '(')))
        printf("  %.40s %.40s\n", text, effort ? effort : "");
    return 0;
}

/* The value of an enumerator in the kernel's types; false if it has none of that name. */
static bool kernel_constant(const char *enumerator, uint64_t *value)
{
    static struct btf *kernel;
    if (!kernel)
        kernel = btf__load_vmlinux_btf();
    for (uint32_t id = 1; id < btf__type_cnt(kernel); id++) {
        const struct btf_type *t = btf__type_by_id(kernel, id);
        for (int i = 0; (btf_is_enum(t) || btf_is_enum64(t)) && i < btf_vlen(t); i++) {
            const char *name = btf__name_by_offset(
                kernel, btf_is_enum(t) ? btf_enum(t)[i].name_off : btf_enum64(t)[i].name_off);
            if (!strcmp(name, enumerator)) {
                *value = btf_is_enum(t) ? (uint64_t)btf_enum(t)[i].val : btf_enum64_value(&btf_enum64(t)[i]);
                return true;
            }
        }
    }
    return false;
}

static void adapt_to_kernel(void)
{
    size_t size;
    uint64_t value;
    char *ops = bpf_map__initial_value(bpf_object__find_map_by_name(object, "ghost_ops"), &size);
    if (!ops)
        die("no image of ghost_ops");
    if (kernel_constant("SCX_OPS_ALL_FLAGS", &value))
        *(uint64_t *)(ops + GHOST_OPS_FLAGS) &= value;
    if (kernel_constant("SCX_ENQ_IMMED", &value)) {
        *(void **)(ops + GHOST_OPS_CPU_ACQUIRE) = NULL;
        *(void **)(ops + GHOST_OPS_CPU_RELEASE) = NULL;
    }
}

void machine_load(const char *file)
{
    LIBBPF_OPTS(bpf_object_open_opts, opts, .kernel_log_level = verifier_says ? 4 : 0);
    if (verifier_says)
        libbpf_set_print(print_effort);
    object = bpf_object__open_file(file, &opts);
    if (!object)
        die("open %s: %s", file, strerror(errno));
    if (!with_switch_probe)
        bpf_program__set_autoload(bpf_object__find_program_by_name(object, "ghost_sched_switch"), false);
    adapt_to_kernel();
    if (bpf_object__load(object))
        die("load: %s", strerror(errno));
    control = map_memory("control", sizeof(*control));
    enclaves = map_memory("enclaves", sizeof(*enclaves) * GHOST_MAX_ENCLAVES);
    cpus = map_memory("cpus", sizeof(*cpus) * GHOST_MAX_CPUS);
    transactions = map_memory("transactions", sizeof(*transactions) * GHOST_MAX_CPUS);
    requests = map_memory("requests", sizeof(*requests) * GHOST_MAX_CPUS);
    queues = map_memory("queues", sizeof(*queues) * GHOST_MAX_QUEUES);
    control->host_tgid = getpid();
    cpu_total = sysconf(_SC_NPROCESSORS_ONLN);
}

void machine_attach(void)
{
    for (int tries = 0; tries < 100; tries++) {
        link_ops = bpf_map__attach_struct_ops(bpf_object__find_map_by_name(object, "ghost_ops"));
        if (link_ops || errno != EBUSY)
            break;
        nap_ms(20);
    }
    if (!link_ops)
        die("attach: %s", strerror(errno));
    if (!control->attached)
        die("attach: exit %u code %lld %s: %s", control->exit_kind, control->exit_code, control->exit_reason,
            control->exit_message);
    if (with_switch_probe && !link_switch) {
        link_switch = bpf_program__attach(bpf_object__find_program_by_name(object, "ghost_sched_switch"));
        if (!link_switch)
            die("attach sched_switch: %s", strerror(errno));
    }
}

void machine_detach(void)
{
    bpf_link__destroy(link_ops);
    link_ops = NULL;
}

bool machine_attached(void)
{
    return __atomic_load_n(&control->attached, __ATOMIC_ACQUIRE);
}

int run(const char *program, struct ghost_request *request)
{
    struct bpf_program *p = bpf_object__find_program_by_name(object, program);
    LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = request, .ctx_size_in = sizeof(*request));
    if (!p || bpf_prog_test_run_opts(bpf_program__fd(p), &opts))
        die("run %s: %s", program, strerror(errno));
    return request->result;
}

/* ---- queues */

void make_queue(uint32_t queue, uint32_t enclave, int wakeup_cpu, uint32_t bytes)
{
    int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "ring", 0, 0, bytes, NULL);
    if (fd < 0)
        die("ring: %s", strerror(errno));
    if (bpf_map_update_elem(map_fd("rings"), &queue, &fd, 0))
        die("rings[%u]: %s", queue, strerror(errno));
    struct ring *r = &rings[queue];
    r->size = bytes;
    r->fd = fd;
    r->consumer = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    void *rest = mmap(NULL, 4096 + 2ul * bytes, PROT_READ, MAP_SHARED, fd, 4096);
    if (r->consumer == MAP_FAILED || rest == MAP_FAILED)
        die("mmap ring: %s", strerror(errno));
    r->producer = rest;
    r->data = (unsigned char *)rest + 4096;
    queues[queue].wakeup_cpu = wakeup_cpu;
    __atomic_store_n(&queues[queue].enclave, enclave, __ATOMIC_RELEASE);
}

int ring_fd(uint32_t queue)
{
    return rings[queue].fd;
}

bool next_message(uint32_t queue, struct ghost_message *into)
{
    struct ring *r = &rings[queue];
    for (;;) {
        uint64_t at = *r->consumer;
        if (at == __atomic_load_n(r->producer, __ATOMIC_ACQUIRE))
            return false;
        const unsigned char *record = r->data + (at & (r->size - 1));
        uint32_t header = __atomic_load_n((uint32_t *)record, __ATOMIC_ACQUIRE);
        if (header >> 31)
            return false;
        bool discarded = header >> 30 & 1;
        uint32_t length = header & 0x3fffffff;
        if (!discarded)
            memcpy(into, record + 8, sizeof(*into));
        __atomic_store_n(r->consumer, at + ((length + 8 + 7) & ~7u), __ATOMIC_RELEASE);
        if (!discarded)
            return true;
    }
}

bool await(uint32_t queue, int type, int64_t gtid, struct ghost_message *into, int ms)
{
    uint64_t end = now_ns() + ms * 1000000ull;
    for (;;) {
        while (next_message(queue, into))
            if (into->type == type && (gtid == 0 || into->gtid == gtid))
                return true;
        if (now_ns() > end)
            return false;
        nap_ms(1);
    }
}

void drain(uint32_t queue)
{
    struct ghost_message m;
    while (next_message(queue, &m)) {
    }
}

const char *type_name(int type)
{
    static const char *const task[] = {"DEAD", "BLOCKED", "WAKEUP", "NEW", "PREEMPT", "YIELD", "DEPARTED", "SWITCHTO",
        "AFFINITY_CHANGED", "ON_CPU", "PRIORITY_CHANGED", "LATCH_FAILURE"};
    static const char *const cpu[] = {
        "TICK", "TIMER_EXPIRED", "NOT_IDLE", "AVAILABLE", "BUSY", "AGENT_BLOCKED", "AGENT_WAKEUP"};
    if (type >= GHOST_TASK_DEAD && type <= GHOST_TASK_LATCH_FAILURE)
        return task[type - GHOST_TASK_DEAD];
    if (type >= GHOST_CPU_TICK && type <= GHOST_CPU_AGENT_WAKEUP)
        return cpu[type - GHOST_CPU_TICK];
    return "?";
}

/* ---- enclaves */

void make_enclave(uint32_t slot, int id, uint32_t capacity)
{
    LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE | BPF_F_INNER_MAP);
    int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "words", 4, sizeof(struct ghost_status_word), capacity, &opts);
    if (fd < 0 || bpf_map_update_elem(map_fd("status_words"), &slot, &fd, 0))
        die("status words: %s", strerror(errno));
    size_t size = (capacity * sizeof(struct ghost_status_word) + 4095) & ~4095ul;
    words[slot] = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
    if (words[slot] == MAP_FAILED)
        die("mmap status words: %s", strerror(errno));
    struct ghost_request r = {.enclave = slot, .value = id, .status_word = capacity};
    if (run("ghost_create_enclave", &r))
        die("create enclave: %d", r.result);
    enclaves[slot].default_queue = GHOST_NONE;
    enclaves[slot].generation = 1;
    enclaves[slot].mode = GHOST_MODE_AGENTS;
    enclaves[slot].deliver = 0;
    enclaves[slot].heartbeat_timeout_ns = 0;
}

void add_cpu(uint32_t slot, int cpu)
{
    struct ghost_request r = {.enclave = slot, .cpu = cpu};
    if (run("ghost_set_cpu", &r))
        die("add CPU %d: %d", cpu, r.result);
}

int attach_agent(uint32_t slot, int cpu, uint32_t queue, int tid)
{
    struct ghost_request r = {.enclave = slot, .cpu = cpu, .queue = queue, .tid = tid};
    return run("ghost_attach_agent", &r) ? r.result : (int)r.status_word;
}

int try_enter(uint32_t slot, int tid, struct ghost_request *request)
{
    *request = (struct ghost_request){.enclave = slot, .tid = tid};
    return run("ghost_enter", request);
}

int set_policy(int tid, int policy)
{
    struct sched_param param = {0};
    return syscall(SYS_sched_setscheduler, tid, policy, &param) ? -errno : 0;
}

int64_t enter(uint32_t slot, int tid)
{
    struct ghost_request r;
    if (try_enter(slot, tid, &r))
        die("enter %d: %d", tid, r.result);
    int error = set_policy(tid, SCHED_EXT_POLICY);
    if (error)
        die("set policy of %d: %d", tid, error);
    return r.gtid;
}

/* ---- commits */

void fill(int cpu, int64_t gtid, uint32_t barrier, uint32_t run_flags, uint32_t commit_flags, uint64_t slice_ns)
{
    struct ghost_transaction *x = &transactions[cpu];
    x->version = 0;
    x->cpu = cpu;
    x->gtid = gtid;
    x->task_barrier = barrier;
    x->run_flags = run_flags;
    x->commit_flags = commit_flags;
    x->slice = slice_ns;
    uint32_t slot = cpus[cpu].enclave;
    x->generation = slot < GHOST_MAX_ENCLAVES ? enclaves[slot].generation : 1;
    int word = cpus[cpu].agent_status_word;
    x->agent_barrier = slot < GHOST_MAX_ENCLAVES && word >= 0 ? words[slot][word].barrier : 0;
    __atomic_store_n(&x->state, GHOST_TXN_READY, __ATOMIC_RELEASE);
}

int commit_filled(int agent_cpu, const int *which, int count, bool group)
{
    struct ghost_commit_request *r = &requests[agent_cpu];
    memset(r->cpus, 0, sizeof(r->cpus));
    for (int i = 0; i < count; i++)
        r->cpus[which[i] / 64] |= 1ull << (which[i] & 63);
    r->sync_group = group;
    r->committed = 0;
    struct ghost_request request = {.cpu = agent_cpu};
    int result = run("ghost_commit", &request);
    return result ? result : (int)r->committed;
}

int result_of(int cpu)
{
    int state = __atomic_load_n(&transactions[cpu].state, __ATOMIC_ACQUIRE);
    return state < 0 ? (int)((unsigned)state - 0x80000000u) : -1;
}

int commit(int agent_cpu, int cpu, int64_t gtid, uint32_t barrier)
{
    fill(cpu, gtid, barrier, 0, GHOST_COMMIT_AT_TXN_COMMIT, 0);
    int error = commit_filled(agent_cpu, &cpu, 1, false);
    return error < 0 ? error : result_of(cpu);
}

const char *result_name(int result)
{
    static const char *const names[] = {"COMPLETE", "ABORTED", "TARGET_ONCPU", "TARGET_STALE", "TARGET_NOT_FOUND",
        "TARGET_NOT_RUNNABLE", "AGENT_STALE", "CPU_OFFLINE", "CPU_UNAVAIL", "INVALID_FLAGS", "INVALID_TARGET",
        "NOT_PERMITTED", "INVALID_CPU", "NO_AGENT", "UNSUPPORTED_VERSION", "POISONED"};
    return result >= 0 && result <= GHOST_POISONED ? names[result] : "?";
}
