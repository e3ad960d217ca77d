#!/bin/bash
# timeout: 400
# A host schedules real threads, is asked, and stops.
# shellcheck source-path=SCRIPTDIR source=../host.bash
source "$(dirname "$0")/../host.bash"

start_host --policy "$policies/policy-edf.jar"
expect policy edf "$(status policy)"
threads_finish mixed 30 10
threads_finish short 100 1
expect "tasks lost" 0 "$(status tasks_lost)"
stop_host
