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
leads() {
    [[ $(status version) == "$1" ]]
}

# It is refused if it throws while it is on probation; on a slow machine that can be over before.
ask "felix:install /opt/ghost/examples/policy-edf-1.2.0-throws.jar" || true
await 60 "the release throws" grep 'broken on purpose' work/host.log
await 60 "the release before leads again" leads 1.1.0
expect "threads inside" 5 "$(under_ext "$client")"
expect_to_run "$client"
kill -TERM "$client"
wait "$client"
expect "tasks lost" 0 "$(status tasks_lost)"
stop_host
