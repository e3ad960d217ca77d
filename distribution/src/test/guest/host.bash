# program: ../c/ask.c
# program: ../c/inside.c ../../../client/ghost_client.c
# program: ../c/threads.c
# What scenarios with a host share: one host with one enclave on CPUs 1 to 3, of the guest's four.
# shellcheck shell=bash
set -euo pipefail

policies=/opt/ghost/policies
work=$PWD/work
export GHOST_SOCKET=$work/client

fail() {
    echo "$*" >&2
    exit 1
}

# What a scenario that failed leaves to read.
report() {
    if (($? != 0)); then
        tail -n 40 host.txt work/host.log
        ask 'ghost:status --json'
    fi >&2
}
trap report EXIT
trap 'exit 143' TERM

# await SECONDS WHAT COMMAND...: until the command succeeds.
await() {
    local seconds=$1 what=$2 end=$((SECONDS + $1))
    shift 2
    until "$@"; do
        ((SECONDS < end)) || fail "$what: not within $seconds s"
        sleep 0.2
    done
}

# Starts a host with these options, and waits until its enclave is there.
start_host() {
    ghost host --backend sched_ext --option heartbeat-ms=15000 --ghost_cpus 1-3 --workdir "$work" "$@" \
        > host.txt 2>&1 &
    host=$!
    await 240 "the host starts" host_is_up
}

host_is_up() {
    if ! kill -0 "$host" 2> /dev/null; then
        cat host.txt >&2
        fail "the host ended"
    fi
    grep -q '^ghost: enclave ' host.txt
}

# Stops it as an administrator does; then no scheduler is loaded.
stop_host() {
    local status=0
    kill -TERM "$host"
    wait "$host" || status=$?
    ((status == 143)) || fail "the host ended with status $status: $(cat host.txt)"
    expect_no_scheduler
}

expect_no_scheduler() {
    await 10 "the scheduler is gone" scheduler_is disabled
}

scheduler_is() {
    [[ $(cat /sys/kernel/sched_ext/state) == "$1" ]]
}

# ask LINE...: runs commands in the host.
ask() {
    command ask "$work/control" "$@"
}

# status FIELD: of the enclave.
status() {
    ask 'ghost:status --json' | grep -oE "\"$1\": (\"[^\"]*\"|[^,}]*)" | head -n 1 | cut -d ' ' -f 2- | tr -d '"'
}

# push COMMAND...: runs it in the enclave.
push() {
    inside 1 "$@"
}

# expect WHAT WANTED GOT
expect() {
    [[ $2 == "$3" ]] || fail "$1: expected $2, got $3"
}

# Runs threads in the enclave: all finish, and all were scheduled there.
threads_finish() {
    local said
    said=$(push threads "$@")
    echo "$said"
    [[ $said == "$1: $2 threads finished, $2 under sched_ext, "* ]] || fail "threads $*: $said"
}

# CPU time of a process, in ticks of 10 ms.
ticks() {
    awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$1/stat"
}

# Each of the processes gets CPU time again.
expect_to_run() {
    local process before
    for process in "$@"; do
        before=$(ticks "$process")
        await 40 "process $process runs" runs_since "$process" "$before"
    done
}

runs_since() {
    (($(ticks "$1") > $2 + 5))
}

# under_ext PROCESS: how many of its threads are in the class of sched_ext.
under_ext() {
    cat "/proc/$1"/task/*/stat | awk '{ sub(/.*\) /, ""); if ($39 == 7) n++ } END { print n + 0 }'
}
