# The cache: parts that are made once, under a lock, and never change afterwards.
# shellcheck shell=bash

cache=${GHOST_GUEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ghosthost-guest}

# Ends with one sentence and the status of a harness that could not do its work.
fail() {
    echo "guest: $*" >&2
    exit 125
}

say() {
    echo "guest: $*" >&2
}

# The first 16 digits of the hash of what comes in.
digest() {
    sha256sum | cut -c 1-16
}

# Runs a function while no other run does so in this cache.
locked() {
    mkdir -p "$cache" || fail "$cache cannot be made: set GHOST_GUEST_CACHE to a folder that can."
    (
        flock 9
        "$@"
    ) 9> "$cache/lock"
}

# once PART FUNCTION [ARG...]: makes the folder PART of the cache unless it is there. The function gets an empty folder
# as its last argument; only when it succeeds does the folder get its name, so a part is whole or absent.
once() {
    [[ -d $cache/$1 ]] || locked make_part "$@"
}

make_part() {
    local part=$1
    shift
    [[ ! -d $cache/$part ]] || return 0 # another run was faster
    scratch=$(mktemp -d "$cache/making.XXXXXX")
    trap 'rm -rf "$scratch"' EXIT
    mkdir "$scratch/part"
    "$@" "$scratch/part"
    mkdir -p "$(dirname "$cache/$part")"
    mv -T "$scratch/part" "$cache/$part"
}
