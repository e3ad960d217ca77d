#!/bin/bash
# timeout: 500
# package: stress-ng rt-tests
# EDF is rolled up and down twenty times while two programs of others run inside: both end normally, no thread is lost,
# and the scheduler is the same all the time.
# shellcheck source-path=SCRIPTDIR source=../host.bash
source "$(dirname "$0")/../host.bash"

start_host --policy "$policies/policy-edf.jar"
loaded=$(cat /sys/kernel/sched_ext/enable_seq)
push stress-ng --cpu 4 --matrix 2 --switch 4 --timeout 60 > stress.txt 2>&1 &
stress=$!
until [[ -e rolled ]]; do
    push hackbench -g 2 -f 5 -l 200 || touch failed
done > hackbench.txt 2>&1 &
bench=$!

ask "felix:install $policies/policy-edf-1.1.0.jar"
generation=$(status generation)
for _ in {1..10}; do
    ask "ghost:roll 1.0.0" "ghost:roll 1.1.0"
    sleep 1
done
touch rolled
expect generation "$((generation + 20))" "$(status generation)"
expect version 1.1.0 "$(status version)"

wait "$bench"
wait "$stress" || fail "stress-ng ended with status $?: $(cat stress.txt)"
[[ ! -e failed ]] || fail "hackbench failed: $(cat hackbench.txt)"
grep 'Time:' hackbench.txt
expect "tasks lost" 0 "$(status tasks_lost)"
expect "the scheduler was loaded" "$loaded" "$(cat /sys/kernel/sched_ext/enable_seq)"
stop_host
