#!/bin/bash
# timeout: 400
# The host is killed without a chance to clean up: the threads go on in the fair class.
# shellcheck source-path=SCRIPTDIR source=../host.bash
source "$(dirname "$0")/../host.bash"

start_host --policy "$policies/policy-edf.jar"
threads forever 4 > threads.txt &
client=$!
sleep 1
inside 1 --pid "$client"
expect "threads under sched_ext" 5 "$(under_ext "$client")"
expect_to_run "$client"
kill -KILL "$host"
expect_no_scheduler
expect_to_run "$client"
kill -TERM "$client"
wait "$client"
cat threads.txt
