#!/bin/bash
# timeout: 900
# Every case of the client library's simple_exp, under first come first served and by deadlines, and by a user that is not
# root; deadlines that threads tell by a PrioTable.
# program: ../../../../client/examples/simple_exp.c ../../../../client/ghost_client.c
# program: ../../../../client/examples/deadlines.c ../../../../client/ghost_client.c
# shellcheck source-path=SCRIPTDIR source=../host.bash
source "$(dirname "$0")/../host.bash"

as_user() {
    busybox su user -c "GHOST_SOCKET='$GHOST_SOCKET' $*"
}

start_host --policy "$policies/policy-fifo-per-cpu.jar"
chmod 711 "$work"
simple_exp -n 30
expect "tasks lost" 0 "$(status tasks_lost)"

as_user simple_exp -n 5 SimpleExp TaskDepartedMany

ask "ghost:destroy 1"
ask "ghost:create 1-3 --id 1"
ask "felix:install $policies/policy-edf.jar"
[[ $(status policy) == edf ]] || ask "ghost:attach 1 edf"
simple_exp -n 10 SimpleExp SimpleExpMany TaskDeparted TaskDepartedManyRace
deadlines -n 4 -u 0.05 -t 2 | tee deadlines.txt
grep -qE '^[1-9][0-9]* jobs in time, ' deadlines.txt
expect "tasks lost" 0 "$(status tasks_lost)"
stop_host
