/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Each runs in an enclave of its own, of all CPUs. */
#ifndef GHOST_TEST_SCENARIOS_H
#define GHOST_TEST_SCENARIOS_H

extern int stress_seconds;

void a_task_lives(void);
void a_running_thread_joins(void);
void errors_come_in_order(void);
void a_commit_preempts(void);
void preempts_are_elided(void);
void a_slice_ends(void);
void a_cpu_commits_when_it_schedules(void);
void properties_change(void);
void own_cpu_runs_when_the_agent_sleeps(void);
void a_fair_hog_takes_the_cpu(void);
void a_silent_host_is_replaced(void);
void virtual_runtime_weighs(void);
void children_inherit(void);
void entering_is_checked(void);
void a_thread_comes_back_unless_it_was_taken_out(void);
void exec_by_another_thread_is_a_new_task(void);
void enclaves_are_apart(void);
void a_full_queue_loses_no_task(void);
void groups_hold_together(void);
void tasks_exit_under_a_busy_agent(void);
void status_words_run_out(void);
void tasks_change_queues(void);
void a_sleeping_agent_is_woken(void);
void cpus_tell(void);
void calls_have_a_price(void);
void strangers_run(void);
void strangers_and_tasks_share(void);
void cpus_go_and_come(void);
void random_commits_race(void);
void it_comes_and_goes(void);
void a_forgotten_task_is_rescued(void);

#endif
