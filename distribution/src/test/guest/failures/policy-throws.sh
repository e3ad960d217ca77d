#!/bin/bash
# timeout: 400
# A release that throws is put out while threads run under it: the one before leads again, and no thread notices.
# shellcheck source-path=SCRIPTDIR source=../host.bash
source "$(dirname "$0")/../host.bash"

start_host --policy "$policies/policy-edf-1.1.0.jar"
threads forever 4 > threads.txt &
client=$!
sleep 1
inside 1 --pid "$client"
expect_to_run "$client"
if ask "felix:install /opt/ghost/examples/policy-edf-1.2.0-throws.jar" 2> refused.txt; then
    fail "the release that throws was taken"
fi
grep 'broken on purpose' refused.txt
expect version 1.1.0 "$(status version)"
expect "threads inside" 5 "$(under_ext "$client")"
expect_to_run "$client"
kill -TERM "$client"
wait "$client"
expect "tasks lost" 0 "$(status tasks_lost)"
stop_host
