#!/bin/bash
# timeout: 400
# The host stands still: the kernel's own FIFO takes over, and gives the threads back when the host goes on.
# shellcheck source-path=SCRIPTDIR source=../host.bash
source "$(dirname "$0")/../host.bash"

start_host --policy "$policies/policy-edf.jar" --option heartbeat-ms=10000
threads forever 4 > threads.txt &
client=$!
sleep 1
inside 1 --pid "$client"
expect_to_run "$client"
kill -STOP "$host"
sleep 12
expect_to_run "$client"
expect "threads under sched_ext" 5 "$(under_ext "$client")"
kill -CONT "$host"
threads_finish mixed 30 10
expect policy edf "$(status policy)"
expect_to_run "$client"
kill -TERM "$client"
wait "$client"
expect "tasks lost" 0 "$(status tasks_lost)"
stop_host
