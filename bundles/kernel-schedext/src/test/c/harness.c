/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Scenarios of the BPF program, without a JVM. harness OBJECT [no-switch-probe] [SCENARIO...]; without names, all.
 * Needs root, a kernel with sched_ext and four CPUs. The process is the agent, on CPU 0; CPUs 1 to 3 have satellites.
 */
#include "members.h"
#include "scenarios.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *name;
    void (*run)(void);
} scenarios[] = {
#define SCENARIO(name) {#name, name}
    SCENARIO(a_task_lives),
    SCENARIO(a_running_thread_joins),
    SCENARIO(errors_come_in_order),
    SCENARIO(a_commit_preempts),
    SCENARIO(preempts_are_elided),
    SCENARIO(a_slice_ends),
    SCENARIO(a_cpu_commits_when_it_schedules),
    SCENARIO(properties_change),
    SCENARIO(own_cpu_runs_when_the_agent_sleeps),
    SCENARIO(a_fair_hog_takes_the_cpu),
    SCENARIO(a_silent_host_is_replaced),
    SCENARIO(virtual_runtime_weighs),
    SCENARIO(children_inherit),
    SCENARIO(entering_is_checked),
    SCENARIO(a_thread_comes_back_unless_it_was_taken_out),
    SCENARIO(exec_by_another_thread_is_a_new_task),
    SCENARIO(enclaves_are_apart),
    SCENARIO(a_full_queue_loses_no_task),
    SCENARIO(groups_hold_together),
    SCENARIO(tasks_exit_under_a_busy_agent),
    SCENARIO(status_words_run_out),
    SCENARIO(tasks_change_queues),
    SCENARIO(a_sleeping_agent_is_woken),
    SCENARIO(cpus_tell),
    SCENARIO(calls_have_a_price),
    SCENARIO(strangers_run),
    SCENARIO(strangers_and_tasks_share),
    SCENARIO(cpus_go_and_come),
    SCENARIO(random_commits_race),
    SCENARIO(it_comes_and_goes),
    SCENARIO(a_forgotten_task_is_rescued),
};

static bool wanted(const char *name, int argc, char **argv)
{
    bool none = true;
    for (int i = 2; i < argc; i++) {
        if (!strcmp(argv[i], name))
            return true;
        none &= !strcmp(argv[i], "no-switch-probe") || !strcmp(argv[i], "verifier") || argv[i][0] == '=';
    }
    return none;
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc == 2 && !strcmp(argv[1], "spin"))
        for (;;) {
        }
    if (argc < 2)
        die("usage: harness OBJECT [no-switch-probe] [verifier] [=STRESS-SECONDS] [SCENARIO...]");
    for (int i = 2; i < argc; i++) {
        with_switch_probe &= strcmp(argv[i], "no-switch-probe") != 0;
        verifier_says |= strcmp(argv[i], "verifier") == 0;
        if (argv[i][0] == '=')
            stress_seconds = atoi(argv[i] + 1);
    }
    pin(getpid(), 0); /* elsewhere it would be in the way of its own tasks */
    uint64_t start = now_ns();
    machine_load(argv[1]);
    printf("loaded in %llu ms\n", (unsigned long long)(now_ns() - start) / 1000000);
    start = now_ns();
    machine_attach();
    printf("attached in %llu ms\n", (unsigned long long)(now_ns() - start) / 1000000);
    for (long i = 0; i < 4; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, satellite, (void *)i);
        while (!satellites[i])
            nap_ms(1);
    }
    int count = 0;
    for (unsigned i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
        if (!wanted(scenarios[i].name, argc, argv))
            continue;
        printf("%s\n", scenarios[i].name);
        open_enclave();
        scenarios[i].run();
        close_enclave();
        CHECK(machine_attached());
        count++;
    }
    machine_detach();
    printf("%d scenarios passed\n", count);
    return 0;
}
