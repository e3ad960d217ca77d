#!/bin/bash
# timeout: 500
# A policy never comes back from a pass: within the heartbeat the kernel's own FIFO takes over, and the threads go on.
# shellcheck source-path=SCRIPTDIR source=../host.bash
source "$(dirname "$0")/../host.bash"

start_host --policy /opt/ghost/examples/policy-edf-1.3.0-hangs.jar --option heartbeat-ms=10000
threads forever 4 > threads.txt &
client=$!
sleep 1
inside 1 --pid "$client"
inside 1 threads mixed 30 300 > /dev/null # passes enough for it to hang
sleep 12
expect_to_run "$client"
expect "threads inside" 5 "$(under_ext "$client")"
grep -i 'heartbeat\|silent\|fifo' work/host.log || true
kill -TERM "$client"
wait "$client"
kill -KILL "$host"
expect_no_scheduler
