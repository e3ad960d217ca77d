#!/bin/bash
# timeout: 150
# program: ../../c/threads.c
# All threads of two clients end under policy-edf: a hundred that spin, sleep and yield, and a thousand short ones.
# shellcheck source-path=SCRIPTDIR source=../host.bash
source "$(dirname "$0")/../host.bash"

start_host --policy "$policies/policy-edf.jar"
expect policy edf "$(status policy)"
threads_finish mixed 100 20
threads_finish short 1000 1
expect "tasks lost" 0 "$(status tasks_lost)"
stop_host
