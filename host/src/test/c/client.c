/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the client library run. */
#include "ghost_client.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OFFSET(type, field) printf(#type "." #field " %zu\n", offsetof(struct type, field))
#define SIZE(type) printf(#type " %zu\n", sizeof(struct type))

static int layout(void)
{
    SIZE(ghost_table_header);
    OFFSET(ghost_table_header, version);
    OFFSET(ghost_table_header, header_length);
    OFFSET(ghost_table_header, table_length);
    OFFSET(ghost_table_header, item_count);
    OFFSET(ghost_table_header, items_offset);
    OFFSET(ghost_table_header, class_count);
    OFFSET(ghost_table_header, classes_offset);
    OFFSET(ghost_table_header, stream_capacity);
    OFFSET(ghost_table_header, stream_offset);
    SIZE(ghost_sched_item);
    OFFSET(ghost_sched_item, sid);
    OFFSET(ghost_sched_item, work_class);
    OFFSET(ghost_sched_item, gtid);
    OFFSET(ghost_sched_item, flags);
    OFFSET(ghost_sched_item, seqcount);
    OFFSET(ghost_sched_item, deadline_ns);
    SIZE(ghost_work_class);
    OFFSET(ghost_work_class, id);
    OFFSET(ghost_work_class, flags);
    OFFSET(ghost_work_class, qos);
    OFFSET(ghost_work_class, exec_time_ns);
    OFFSET(ghost_work_class, period_ns);
    OFFSET(ghost_stream, scrape_all);
    OFFSET(ghost_stream, entries);
    printf("GHOST_TABLE_ALIGNMENT %d\n", GHOST_TABLE_ALIGNMENT);
    printf("GHOST_ITEM_RUNNABLE %u\n", GHOST_ITEM_RUNNABLE);
    printf("GHOST_CLASS_ONE_SHOT %u\n", GHOST_CLASS_ONE_SHOT);
    printf("GHOST_CLASS_REPEATING %u\n", GHOST_CLASS_REPEATING);
    return 0;
}

static int say(const char *what, long long result)
{
    if (result < 0)
        printf("%s: %d %s\n", what, errno, ghost_error());
    else
        printf("%s: %lld\n", what, result);
    return result < 0;
}

static void wait_for_input(void)
{
    char byte;
    fflush(stdout);
    if (read(STDIN_FILENO, &byte, 1) < 0)
        exit(1);
}

/* Enters and leaves, and says what came of it. */
static int join(const char *socket, int enclave)
{
    ghost_client *client = ghost_connect(socket);
    if (!client)
        return say("connect", -1);
    printf("pid: %d\n", getpid());
    say("enter", ghost_enter(client, enclave, 0));
    wait_for_input();
    say("leave", ghost_leave(client, 0));
    say("enter_process", ghost_enter_process(client, enclave, 0));
    say("leave_process", ghost_leave_process(client, 0));
    say("leave", ghost_leave(client, 0));
    say("enter_cgroup", ghost_enter_cgroup(client, enclave, "/no/such/group"));
    printf("inside: %d\n", ghost_inside(0));
    ghost_disconnect(client);
    return 0;
}

/* Makes a table, hands it over, and waits until the other side has given item 2 work. */
static int table(const char *socket)
{
    ghost_client *client = ghost_connect(socket);
    ghost_table *table = ghost_table_create(4, 2);
    if (!client || !table)
        return say("table", -1);
    ghost_table_set_class(table, 1, GHOST_CLASS_REPEATING, 7, 1000, 20000);
    ghost_table_set_item(table, 3, 1, 42, GHOST_ITEM_RUNNABLE, 123456789);
    struct ghost_deadline attributes = {.runtime_ns = 5, .period_ns = 100};
    ghost_table_set_deadline(table, 0, 43, &attributes);
    ghost_table_release(table, 0, 1000);
    printf("pid: %d\n", getpid());
    say("publish", ghost_table_publish(table, client));
    say("no such item", ghost_table_mark_idle(table, 4));
    say("too many", ghost_table_create(1 << 20, 1) ? 0 : -1);
    fflush(stdout);
    ghost_table_wait_until_runnable(table, 2);
    printf("runnable: 2\n");
    for (int i = 0; i < 1000; i++)
        ghost_table_set_item(table, (uint32_t)i % 4, 0, 44, 0, i);
    printf("written\n");
    wait_for_input();
    ghost_table_destroy(table);
    ghost_disconnect(client);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "layout") == 0)
        return layout();
    if (argc == 4 && strcmp(argv[1], "join") == 0)
        return join(argv[2], atoi(argv[3]));
    if (argc == 3 && strcmp(argv[1], "table") == 0)
        return table(argv[2]);
    return 2;
}
