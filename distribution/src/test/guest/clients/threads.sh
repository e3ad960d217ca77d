#!/bin/bash
# timeout: 500
# Under each policy all threads of two clients end: a hundred that spin, sleep and yield, and a thousand short ones.
# shellcheck source-path=SCRIPTDIR source=../host.bash
source "$(dirname "$0")/../host.bash"

start_host --enclave 1
for policy in fifo-per-cpu edf fifo-centralized; do
    ask "felix:install $policies/policy-$policy.jar"
    [[ $(status policy) == "$policy" ]] || ask "ghost:attach 1 $policy"
    expect policy "$policy" "$(status policy)"
    threads_finish mixed 100 20
    threads_finish short 1000 1
    expect "policy at the end" "$policy" "$(status policy)"
    expect "tasks lost" 0 "$(status tasks_lost)"
done
stop_host
