#!/bin/bash
# The machine is looked at before sched_ext is touched, and is found good.
set -euo pipefail

ghost doctor
