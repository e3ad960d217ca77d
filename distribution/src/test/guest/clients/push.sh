#!/bin/bash
# timeout: 400
# ghost push takes a whole process, one thread, a cgroup, or starts a command inside; ghost pull gives back.
# shellcheck source-path=SCRIPTDIR source=../host.bash
source "$(dirname "$0")/../host.bash"

start_host --policy "$policies/policy-fifo-per-cpu.jar"
threads forever 10 > threads.txt &
client=$!
sleep 1
ghost push 1 --workdir "$work" --pid "$client"
expect "threads inside" 11 "$(under_ext "$client")"
ghost pull --workdir "$work" --pid "$client"
expect "threads inside" 0 "$(under_ext "$client")"
ghost push --workdir "$work" --tid "$client"
expect "threads inside" 1 "$(under_ext "$client")"
ghost pull --workdir "$work" --tid "$client"

group=/sys/fs/cgroup/scenario/below
mkdir "$group"
echo "$client" > "$group/cgroup.procs"
ghost push 1 --workdir "$work" --cgroup "$group"
expect "threads inside" 11 "$(under_ext "$client")"
expect_to_run "$client"
kill -TERM "$client"
wait "$client"

ghost push 1 --workdir "$work" -- bash -c 'threads mixed 30 5; exit 7' > command.txt || status=$?
expect "status of the command" 7 "${status:-0}"
grep -q '^mixed: 30 threads finished, 30 under sched_ext, ' command.txt
expect "tasks lost" 0 "$(status tasks_lost)"
stop_host
