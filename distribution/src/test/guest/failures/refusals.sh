#!/bin/bash
# timeout: 500
# What cannot be done is refused in one sentence, and nothing is thrown out by the kernel for it.
# shellcheck source-path=SCRIPTDIR source=../host.bash
source "$(dirname "$0")/../host.bash"

# refused TEXT COMMAND...: fails, and says so.
refused() {
    local text=$1
    shift
    if "$@" > said.txt 2>&1; then
        fail "was not refused: $*"
    fi
    cat said.txt
    grep -qiE "$text" said.txt || fail "$* was refused for another reason than '$text'"
    (($(wc -l < said.txt) == 1)) || fail "more than one sentence"
}

start_host --policy "$policies/policy-fifo-per-cpu.jar"
chmod 711 "$work"
refused 'another|in use|host' ghost host --backend sched_ext --ghost_cpus 1-3 --workdir "$PWD/other"
refused 'cpu' ask 'ghost:create 2-3'
refused 'process|pid|exist' inside 1 --pid 999999
refused 'host' inside 1 --pid "$host"
refused 'kernel' inside 1 --pid 2
refused 'enclave' inside 9 --pid "$$"
refused 'own|user|permi' busybox su user -c "GHOST_SOCKET=$GHOST_SOCKET inside 1 --pid 1"
threads_finish mixed 30 5
stop_host
refused 'root|capab|privileg' busybox su user -c "ghost host --backend sched_ext --ghost_cpus 1-3 --workdir /tmp/of-user"
