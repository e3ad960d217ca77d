#!/bin/bash
# timeout: 60
# The guest is what the other scenarios take it for.
set -euo pipefail

[[ $(cat /sys/kernel/sched_ext/state) == disabled ]]
[[ -r /sys/kernel/btf/vmlinux ]]
[[ $(id -u) == 0 ]]
(($(nproc) == 4))
[[ ! -t 1 ]]
java -version 2>&1 | grep -q '"25'
ghost --version | grep -q '^ghost 1'
ghost check /opt/ghost/policies/policy-edf.jar
