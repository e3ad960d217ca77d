#!/bin/bash
# timeout: 900
# Every case of the client library's simple_exp, under first come first served and by deadlines; deadlines that threads
# tell by a PrioTable; what a user may do, and what everybody is refused.
# program: ../../../../client/examples/simple_exp.c ../../../../client/ghost_client.c
# program: ../../../../client/examples/deadlines.c ../../../../client/ghost_client.c
# shellcheck source-path=SCRIPTDIR source=../host.bash
source "$(dirname "$0")/../host.bash"

# refused SENTENCE COMMAND...: the command fails with it.
refused() {
    local sentence=$1 said
    shift
    if said=$("$@" 2>&1); then
        fail "$* was not refused: $said"
    fi
    [[ $said == *"$sentence"* ]] || fail "$*: expected '$sentence', got '$said'"
}

as_user() {
    su -s /bin/bash user -c "GHOST_SOCKET='$GHOST_SOCKET' $*"
}

start_host --policy "$policies/policy-fifo-per-cpu.jar"
chmod 711 "$work"
simple_exp -n 30
expect "tasks lost" 0 "$(status tasks_lost)"

as_user simple_exp -n 5 SimpleExp TaskDepartedMany
sleep 1000 &
refused "is not one of user user alone" as_user inside 1 --pid $!
kill $!
refused "is a thread of the kernel" inside 1 --pid 2
refused "is this host" inside 1 --pid "$host"
refused "there is no process $!" inside 1 --pid $!
refused "there is no enclave 9" inside 9 --pid $$
refused "is in no enclave" inside - --pid $$

ask "ghost:destroy 1"
ask "ghost:create 1-3 --id 1"
ask "felix:install $policies/policy-edf.jar"
[[ $(status policy) == edf ]] || ask "ghost:attach 1 edf"
simple_exp -n 10 SimpleExp SimpleExpMany TaskDeparted TaskDepartedManyRace
deadlines -n 4 -u 0.05 -t 2 | tee deadlines.txt
grep -qE '^[1-9][0-9]* jobs in time, ' deadlines.txt
expect "tasks lost" 0 "$(status tasks_lost)"
stop_host
