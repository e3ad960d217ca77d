#!/bin/bash
# timeout: 600
# A pinned host is killed: its threads go on under the kernel's own FIFO, and the next host takes them over.
# shellcheck source-path=SCRIPTDIR source=../host.bash
source "$(dirname "$0")/../host.bash"

start_host --pin --policy "$policies/policy-edf.jar"
loaded=$(cat /sys/kernel/sched_ext/enable_seq)
threads forever 4 > threads.txt &
client=$!
sleep 1
inside 1 --pid "$client"
expect_to_run "$client"
kill -KILL "$host"
expect "state of sched_ext" enabled "$(cat /sys/kernel/sched_ext/state)"
expect_to_run "$client"
expect "threads inside" 5 "$(under_ext "$client")"

start_host --pin --policy "$policies/policy-edf.jar"
expect tasks 5 "$(status tasks)"
expect "the scheduler was loaded" "$loaded" "$(cat /sys/kernel/sched_ext/enable_seq)"
expect_to_run "$client"
threads_finish mixed 30 5
kill -TERM "$client"
wait "$client"
grep -q '4 threads finished, 4 under sched_ext' threads.txt
ask "ghost:destroy 1"
ask ghost:shutdown
