#!/bin/bash
# timeout: 120
# program: ../../c/threads.c
# The host is killed without a chance to clean up: the threads go on in the fair class.
# shellcheck source-path=SCRIPTDIR source=../host.bash
source "$(dirname "$0")/../host.bash"

start_host --policy "$policies/policy-edf.jar"
threads forever 20 > threads.txt &
client=$!
ghost push 1 --workdir "$work" --pid "$client"
expect "threads under sched_ext" 21 "$(under_ext "$client")"
expect_to_run "$client"
kill -KILL "$host"
expect_no_scheduler
expect_to_run "$client"
kill -TERM "$client"
wait "$client"
cat threads.txt
