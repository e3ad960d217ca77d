# Boots the guest and gives back what its command wrote and how it ended.
# shellcheck shell=bash

check_tools() {
    local tool missing=()
    for tool in qemu-system-x86_64:qemu-system-x86 apt-get:apt dpkg-deb:dpkg flock:util-linux setpriv:util-linux; do
        command -v "${tool%:*}" > /dev/null || missing+=("${tool#*:}")
    done
    ((${#missing[@]} == 0)) || fail "Missing here: ${missing[*]} (apt-get install ${missing[*]})."
}

boot() {
    sweep
    work=$(mktemp -d "${TMPDIR:-/tmp}/ghosthost-guest.XXXXXX")
    exec 8> "$work/lock"
    flock 8
    qemu=
    trap 'finish' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    log=${log:-$work/kernel.log}
    : > "$log" || fail "$log cannot be written."

    pack_run
    mkfifo "$work/out" "$work/err"
    cat "$work/out" &
    local readers=($!)
    cat "$work/err" >&2 &
    readers+=($!)
    start_qemu
    local ended=0
    wait "$qemu" || ended=$?
    qemu=
    wait "${readers[@]}" || true
    result "$ended"
}

# Removes what runs left that were killed without mercy: nobody holds their lock any more.
sweep() {
    local old
    while IFS= read -r -d '' old; do
        (flock -n 8 && rm -rf "$old") 8> "$old/lock" || true
    done < <(find "${TMPDIR:-/tmp}" -maxdepth 1 -name 'ghosthost-guest.??????' -type d -mmin +2 -user "$EUID" -print0)
}

# The archive of this run: its files, the product, the command. The kernel takes archives one behind the other.
pack_run() {
    local root=$work/root pair from to
    mkdir -p "$root/guest" "$root/opt"
    cp "$here/init" "$root/init"
    {
        for pair in ${variables[@]+"${variables[@]}"}; do
            [[ $pair =~ ^[A-Za-z_][A-Za-z0-9_]*= ]] || fail "--env wants NAME=VALUE and got '$pair'."
            printf 'export %q\n' "$pair"
        done
        printf 'exec --'
        printf ' %q' "${command[@]}"
        echo
    } > "$root/guest/command"
    [[ -z $product ]] || cp -RL "$product" "$root/opt/ghost"
    for pair in ${files[@]+"${files[@]}"}; do
        from=${pair%:*} to=${pair##*:}
        [[ $pair == *:/* && -n $from ]] || fail "--file wants HOST:/GUEST and got '$pair'."
        [[ -e $from ]] || fail "--file: there is no $from."
        mkdir -p "$root$(dirname "$to")"
        [[ -L $root$to || ! -d $root$to ]] || to=$to/.
        [[ $to != */. ]] || from=$from/.
        cp -RL --preserve=mode,timestamps "$from" "$root$to"
    done
    archive "$root" > "$work/run.cpio"
    cat "${archives[@]}" "$work/run.cpio" > "$work/initrd"
    rm -rf "$root" "$work/run.cpio"
}

# One emulation thread for all CPUs: with several, a JVM that patches its own code crashes now and then.
# A CPU that this machine has no time for looks stalled to the guest's kernel, and it ejects the scheduler: be patient.
# The kernel writes to the serial port; the command's output, its errors and its status have a virtio port each.
start_qemu() {
    setpriv --pdeathsig TERM \
        timeout --foreground --kill-after=5 "$timeout" \
        qemu-system-x86_64 -accel "${GHOST_GUEST_ACCEL:-tcg,thread=single}" -cpu max -smp "$cpus" -m "$memory" \
        -nodefaults -display none -no-reboot -nic none \
        -chardev file,id=log,path="$log" -serial chardev:log -device virtio-serial-pci \
        -chardev file,id=out,path="$work/out" -device virtserialport,chardev=out,name=out \
        -chardev file,id=err,path="$work/err" -device virtserialport,chardev=err,name=err \
        -chardev file,id=status,path="$work/status" -device virtserialport,chardev=status,name=status \
        -kernel "$vmlinuz" -initrd "$work/initrd" \
        -append "console=ttyS0 loglevel=7 panic=-1 rcupdate.rcu_cpu_stall_timeout=300 $append" \
        < /dev/null > "$work/qemu.log" 2>&1 &
    qemu=$!
}

# Ends with the status of the command, or says why there is none.
result() {
    local status
    status=$(cat "$work/status" 2> /dev/null || true)
    [[ $status == 0 ]] && exit 0
    keep_log
    if (($1 == 124 || $1 == 137)); then
        say "The command was not done after $timeout s: the guest was ended. The kernel's messages: $log"
        exit 124
    fi
    [[ $status =~ ^[0-9]+$ ]] ||
        fail "The guest ended without a status. $(ending) The kernel's messages: $log"
    say "The kernel's messages: $log"
    exit "$status"
}

# Why, if the kernel or qemu said so.
ending() {
    grep -aom 1 'Kernel panic.*' "$log" || tail -n 1 "$work/qemu.log"
}

# Takes the log out of the folder of this run, which goes.
keep_log() {
    if [[ $log == "$work"/* ]]; then
        mv "$log" "$work.log"
        log=$work.log
    fi
}

finish() {
    trap '' INT TERM
    [[ -z $qemu ]] || { kill "$qemu" 2> /dev/null; wait "$qemu"; } || true
    rm -rf "$work"
}
