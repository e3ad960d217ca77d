/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "ghost_client.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define MAX_ITEMS (1u << 17)
#define MAX_CLASSES (1u << 12)
#define MAX_LINE 4352
/* How many further entries of the stream are tried when the first one is taken. */
#define STREAM_RETRIES 3
#define SPINS 1000
/* At least a second: longer than a writer that lives can be kept off its CPU. */
#define PAUSES 10000
#define PAUSE_NS 100000

static _Thread_local char error_text[512] = "";

const char *ghost_error(void)
{
    return error_text;
}

static int failed(int number, const char *text)
{
    snprintf(error_text, sizeof(error_text), "%s", text);
    errno = number;
    return -1;
}

/* ---- the host's client socket: a line each way */

struct ghost_client {
    int fd;
    pthread_mutex_t lock;
};

static bool take_path(char *path, size_t size, const char *folder, const char *rest)
{
    return folder && folder[0] == '/' && (size_t)snprintf(path, size, "%s%s", folder, rest) < size
        && access(path, F_OK) == 0;
}

static const char *find_socket(const char *given, char *path, size_t size)
{
    if (given)
        return given;
    const char *named = getenv("GHOST_SOCKET");
    if (named)
        return named;
    if (take_path(path, size, getenv("XDG_RUNTIME_DIR"), "/ghosthost/default/client")
            || take_path(path, size, getenv("HOME"), "/.ghosthost/default/client"))
        return path;
    return "/run/ghosthost/default/client";
}

static int connect_to(const char *socket_path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(socket_path) >= sizeof(address.sun_path))
        return failed(ENAMETOOLONG, "the path of the host's socket is too long");
    strcpy(address.sun_path, socket_path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return failed(errno, "cannot make a socket");
    while (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
        if (errno == EINTR)
            continue;
        int number = errno;
        char text[256];
        snprintf(text, sizeof(text), "no host answers at %s: %s", socket_path, strerror(number));
        close(fd);
        return failed(number, text);
    }
    return fd;
}

ghost_client *ghost_connect(const char *socket)
{
    char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
    int fd = connect_to(find_socket(socket, path, sizeof(path)));
    if (fd < 0)
        return NULL;
    ghost_client *client = malloc(sizeof(*client));
    if (!client) {
        close(fd);
        failed(ENOMEM, "out of memory");
        return NULL;
    }
    client->fd = fd;
    pthread_mutex_init(&client->lock, NULL);
    return client;
}

void ghost_disconnect(ghost_client *client)
{
    if (!client)
        return;
    close(client->fd);
    pthread_mutex_destroy(&client->lock);
    free(client);
}

static bool send_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return false;
        bytes += sent;
        length -= (size_t)sent;
    }
    return true;
}

/* Reads up to the end of a line. Nothing follows an answer, so that what comes is taken as it comes. */
static bool receive_line(int fd, char *line, size_t size)
{
    size_t length = 0;
    while (length < size - 1) {
        ssize_t received = recv(fd, line + length, size - 1 - length, 0);
        if (received < 0 && errno == EINTR)
            continue;
        if (received <= 0)
            return false;
        length += (size_t)received;
        if (line[length - 1] == '\n') {
            line[length - 1] = 0;
            return true;
        }
    }
    return false;
}

/* Asks; how many threads came or went, and the gtid if there is one. */
static int ask(ghost_client *client, const char *request, int64_t *gtid)
{
    char line[MAX_LINE];
    pthread_mutex_lock(&client->lock);
    bool answered = send_all(client->fd, request, strlen(request)) && receive_line(client->fd, line, sizeof(line));
    pthread_mutex_unlock(&client->lock);
    if (!answered)
        return failed(ECONNRESET, "the host went away");
    int threads, number, text;
    long long id;
    if (sscanf(line, "ok %d %lld", &threads, &id) == 2) {
        if (gtid)
            *gtid = id;
        return threads;
    }
    if (sscanf(line, "error %d %n", &number, &text) == 1)
        return failed(number, line + text);
    return failed(EPROTO, "the host answered nonsense");
}

static const char *enclave_name(int enclave, char *text, size_t size)
{
    if (enclave == GHOST_ONLY_ENCLAVE)
        return "-";
    snprintf(text, size, "%d", enclave);
    return text;
}

static pid_t this_thread(void)
{
    return (pid_t)syscall(SYS_gettid);
}

int64_t ghost_enter(ghost_client *client, int enclave, pid_t tid)
{
    char name[16], request[64];
    int64_t gtid = 0;
    snprintf(request, sizeof(request), "enter %s tid %d\n", enclave_name(enclave, name, sizeof(name)),
             tid ? tid : this_thread());
    return ask(client, request, &gtid) < 0 ? -1 : gtid;
}

int ghost_enter_process(ghost_client *client, int enclave, pid_t pid)
{
    char name[16], request[64];
    snprintf(request, sizeof(request), "enter %s pid %d\n", enclave_name(enclave, name, sizeof(name)),
             pid ? pid : getpid());
    return ask(client, request, NULL);
}

int ghost_enter_cgroup(ghost_client *client, int enclave, const char *path)
{
    char name[16], request[MAX_LINE];
    int length = snprintf(request, sizeof(request), "enter %s cgroup %s\n", enclave_name(enclave, name, sizeof(name)),
                          path);
    if ((size_t)length >= sizeof(request) || strchr(path, '\n'))
        return failed(EINVAL, "this cannot be the path of a cgroup");
    return ask(client, request, NULL);
}

int ghost_leave(ghost_client *client, pid_t tid)
{
    char request[64];
    snprintf(request, sizeof(request), "leave tid %d\n", tid ? tid : this_thread());
    return ask(client, request, NULL) < 0 ? -1 : 0;
}

int ghost_leave_process(ghost_client *client, pid_t pid)
{
    char request[64];
    snprintf(request, sizeof(request), "leave pid %d\n", pid ? pid : getpid());
    return ask(client, request, NULL);
}

bool ghost_inside(pid_t tid)
{
    int policy = (int)syscall(SYS_sched_getscheduler, tid);
    return policy >= 0 && (policy & ~SCHED_RESET_ON_FORK) == SCHED_EXT;
}

/* ---- PrioTable */

_Static_assert(sizeof(struct ghost_table_header) == 64, "header");
_Static_assert(sizeof(struct ghost_sched_item) == 64, "sched item");
_Static_assert(sizeof(struct ghost_work_class) == 64, "work class");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the table is little endian");

struct ghost_table {
    int fd;
    size_t length;
    uint32_t item_count;
    uint32_t class_count;
    struct ghost_table_header *header;
    struct ghost_sched_item *items;
    struct ghost_work_class *classes;
    struct ghost_stream *stream;
    struct ghost_deadline *attributes; /* by item; this side's own */
};

static void lay_out(ghost_table *table, uint32_t items, uint32_t classes)
{
    struct ghost_table_header *header = table->header;
    header->header_length = sizeof(*header);
    header->table_length = (uint32_t)table->length;
    header->item_count = items;
    header->items_offset = sizeof(*header);
    header->class_count = classes;
    header->classes_offset = header->items_offset + items * (uint32_t)sizeof(struct ghost_sched_item);
    header->stream_capacity = GHOST_TABLE_STREAM_CAPACITY;
    header->stream_offset = header->classes_offset + classes * (uint32_t)sizeof(struct ghost_work_class);
    char *start = (char *)header;
    table->items = (struct ghost_sched_item *)(start + header->items_offset);
    table->classes = (struct ghost_work_class *)(start + header->classes_offset);
    table->stream = (struct ghost_stream *)(start + header->stream_offset);
    for (uint32_t sid = 0; sid < items; sid++) {
        table->items[sid].sid = sid;
        atomic_init(&table->items[sid].deadline_ns, GHOST_NO_DEADLINE);
    }
    for (uint32_t id = 0; id < classes; id++)
        table->classes[id].id = id;
    for (int i = 0; i < GHOST_TABLE_STREAM_CAPACITY; i++)
        atomic_init(&table->stream->entries[i], -1);
}

/* Memory that a host can map without fear: whoever maps what can shrink may die of it. */
static int share(ghost_table *table)
{
    table->fd = memfd_create("ghost-priotable", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (table->fd < 0)
        return failed(errno, "cannot make memory to share");
    if (ftruncate(table->fd, (off_t)table->length) < 0
            || fcntl(table->fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) < 0)
        return failed(errno, "cannot fix the size of shared memory");
    table->header = mmap(NULL, table->length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, table->fd, 0);
    if (table->header == MAP_FAILED) {
        table->header = NULL;
        return failed(errno, "cannot map shared memory");
    }
    return 0;
}

ghost_table *ghost_table_create(uint32_t items, uint32_t classes)
{
    if (items > MAX_ITEMS || classes > MAX_CLASSES || (items > 0 && classes == 0)) {
        failed(EINVAL, "a table has up to 131072 items and 4096 work classes, and one class if there are items");
        return NULL;
    }
    ghost_table *table = calloc(1, sizeof(*table));
    if (!table) {
        failed(ENOMEM, "out of memory");
        return NULL;
    }
    size_t stream = (sizeof(struct ghost_stream) + GHOST_TABLE_ALIGNMENT - 1) & ~(size_t)(GHOST_TABLE_ALIGNMENT - 1);
    table->fd = -1;
    table->item_count = items;
    table->class_count = classes;
    table->length = sizeof(struct ghost_table_header) + (size_t)items * sizeof(struct ghost_sched_item)
        + (size_t)classes * sizeof(struct ghost_work_class) + stream;
    table->attributes = calloc(items ? items : 1, sizeof(*table->attributes));
    if (!table->attributes || share(table) < 0) {
        int number = errno;
        ghost_table_destroy(table);
        errno = number;
        return NULL;
    }
    lay_out(table, items, classes);
    return table;
}

int ghost_table_publish(ghost_table *table, ghost_client *client)
{
    char request[64];
    snprintf(request, sizeof(request), "table %d %d\n", getpid(), table->fd);
    return ask(client, request, NULL) < 0 ? -1 : 0;
}

void ghost_table_destroy(ghost_table *table)
{
    if (!table)
        return;
    if (table->header)
        munmap(table->header, table->length);
    if (table->fd >= 0)
        close(table->fd);
    free(table->attributes);
    free(table);
}

int ghost_table_set_class(ghost_table *table, uint32_t id, uint32_t flags, uint32_t qos, uint64_t exec_time_ns,
                          uint64_t period_ns)
{
    if (id >= table->class_count)
        return failed(ERANGE, "the table has no such work class");
    struct ghost_work_class *class = &table->classes[id];
    class->flags = flags;
    class->qos = qos;
    class->exec_time_ns = exec_time_ns;
    class->period_ns = period_ns;
    /* Pairs with the exchange of the first item that refers to the class. */
    atomic_thread_fence(memory_order_release);
    return 0;
}

static void pause_for(long ns)
{
    struct timespec time = {.tv_nsec = ns};
    nanosleep(&time, NULL);
}

/* Locks an item for writing: makes its number odd. Waits for another writer; 0 if that one never ends. */
static uint32_t write_begin(struct ghost_sched_item *item)
{
    for (int i = 0; i < SPINS + PAUSES; i++) {
        uint32_t before = atomic_load_explicit(&item->seqcount, memory_order_relaxed);
        if (!(before & 1) && atomic_compare_exchange_strong(&item->seqcount, &before, before + 1)) {
            /* Who reads one of our stores reads the odd number too. */
            atomic_thread_fence(memory_order_release);
            return before + 1;
        }
        if (i >= SPINS) /* the other writer may wait for this CPU */
            pause_for(PAUSE_NS);
    }
    return 0;
}

/* Puts the index of a changed item into the stream; if there is no room, asks for a scan of all items. */
static void announce(ghost_table *table, uint32_t sid)
{
    struct ghost_stream *stream = table->stream;
    if (atomic_load_explicit(&stream->scrape_all, memory_order_relaxed) <= 0) {
        for (uint32_t i = 0; i <= STREAM_RETRIES; i++) {
            int32_t empty = -1;
            if (atomic_compare_exchange_strong(&stream->entries[(sid + i) % GHOST_TABLE_STREAM_CAPACITY], &empty,
                                               (int32_t)sid))
                return;
        }
    }
    /* Also if it is above 0: the scan that is asked for then sees the change, or another one follows. */
    atomic_fetch_add(&stream->scrape_all, 1);
}

static void write_end(ghost_table *table, uint32_t sid, uint32_t begin)
{
    atomic_store_explicit(&table->items[sid].seqcount, begin + 1, memory_order_release);
    announce(table, sid);
}

static int begin_item(ghost_table *table, uint32_t sid, uint32_t *begin)
{
    if (sid >= table->item_count)
        return failed(ERANGE, "the table has no such item");
    *begin = write_begin(&table->items[sid]);
    return *begin ? 0 : failed(EDEADLK, "the item's other writer has died in the middle of a write");
}

int ghost_table_set_item(ghost_table *table, uint32_t sid, uint32_t work_class, int64_t gtid, uint32_t flags,
                         int64_t deadline_ns)
{
    uint32_t begin;
    if (work_class >= table->class_count || gtid < 0 || deadline_ns < 0)
        return failed(ERANGE, "the table has no such work class, or the gtid or the deadline is negative");
    if (begin_item(table, sid, &begin) < 0)
        return -1;
    struct ghost_sched_item *item = &table->items[sid];
    atomic_store_explicit(&item->work_class, work_class, memory_order_relaxed);
    atomic_store_explicit(&item->gtid, gtid, memory_order_relaxed);
    atomic_store_explicit(&item->flags, flags, memory_order_relaxed);
    atomic_store_explicit(&item->deadline_ns, deadline_ns, memory_order_relaxed);
    write_end(table, sid, begin);
    return 0;
}

int ghost_table_mark_runnable(ghost_table *table, uint32_t sid, int64_t deadline_ns)
{
    uint32_t begin;
    if (deadline_ns < 0)
        return failed(ERANGE, "the deadline is negative");
    if (begin_item(table, sid, &begin) < 0)
        return -1;
    struct ghost_sched_item *item = &table->items[sid];
    atomic_store_explicit(&item->deadline_ns, deadline_ns, memory_order_relaxed);
    /* Pairs with the acquire load of the thread that waits for work. The host sets this flag without the lock. */
    atomic_fetch_or_explicit(&item->flags, GHOST_ITEM_RUNNABLE, memory_order_release);
    write_end(table, sid, begin);
    return 0;
}

int ghost_table_mark_idle(ghost_table *table, uint32_t sid)
{
    uint32_t begin;
    if (begin_item(table, sid, &begin) < 0)
        return -1;
    atomic_fetch_and_explicit(&table->items[sid].flags, ~GHOST_ITEM_RUNNABLE, memory_order_relaxed);
    write_end(table, sid, begin);
    return 0;
}

bool ghost_table_runnable(const ghost_table *table, uint32_t sid)
{
    return sid < table->item_count
        && (atomic_load_explicit(&table->items[sid].flags, memory_order_acquire) & GHOST_ITEM_RUNNABLE);
}

void ghost_table_wait_until_runnable(const ghost_table *table, uint32_t sid)
{
    while (sid < table->item_count && !ghost_table_runnable(table, sid)) {
#if defined(__x86_64__)
        __builtin_ia32_pause();
#elif defined(__aarch64__)
        __asm__ volatile("yield");
#endif
    }
}

/* ---- deadlines */

int ghost_table_set_deadline(ghost_table *table, uint32_t sid, int64_t gtid, const struct ghost_deadline *attributes)
{
    if (sid >= table->item_count || sid >= table->class_count)
        return failed(ERANGE, "the table has no item and work class of this number");
    table->attributes[sid] = *attributes;
    ghost_table_set_class(table, sid, GHOST_CLASS_ONE_SHOT, 1, attributes->runtime_ns, attributes->period_ns);
    return ghost_table_set_item(table, sid, sid, gtid, GHOST_ITEM_RUNNABLE, GHOST_NO_DEADLINE);
}

int ghost_table_release(ghost_table *table, uint32_t sid, int64_t release_ns)
{
    if (sid >= table->item_count)
        return failed(ERANGE, "the table has no such item");
    const struct ghost_deadline *attributes = &table->attributes[sid];
    uint64_t relative = attributes->deadline_ns ? attributes->deadline_ns : attributes->period_ns;
    return ghost_table_mark_runnable(table, sid, release_ns + (int64_t)relative);
}

int64_t ghost_now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}
