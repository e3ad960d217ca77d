# Debian packages without installing them: apt with lists, sources and a cache of its own, which asks for no rights.
# shellcheck shell=bash

# The guest's programs come from one suite, whatever this machine runs; kernels and a newer libbpf from backports.
suites="bookworm bookworm-backports trixie-backports"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

mirror() {
    local uri=${GHOST_GUEST_MIRROR:-}
    [[ -n $uri || ! -r /etc/apt/sources.list.d/debian.sources ]] ||
        uri=$(awk '/^URIs:/ { print $2; exit }' /etc/apt/sources.list.d/debian.sources)
    echo "${uri:-http://deb.debian.org/debian}"
}

# own_apt get|cache ARG...
own_apt() {
    local tool=apt-$1 apt=$cache/apt
    shift
    "$tool" -qq -o Dir::State="$apt" -o Dir::State::lists="$apt/lists" -o Dir::State::status="$apt/status" \
        -o Dir::Cache="$apt/cache" -o Dir::Etc::sourcelist="$apt/debian.sources" -o Dir::Etc::sourceparts=- \
        -o Dir::Etc::preferences=- -o Dir::Etc::preferencesparts=- -o Dir::Log="$apt" -o APT::Architecture=amd64 \
        -o APT::Architectures=amd64 -o APT::Sandbox::User= -o Acquire::Retries=3 -o Acquire::http::Timeout=30 "$@"
}

# Fetches the lists of packages unless that was done this week. Without a network old lists will do.
update_lists() {
    local apt=$cache/apt
    [[ -z $(find "$apt/kernels" -mtime -7 2> /dev/null) ]] || return 0
    [[ -r $keyring ]] || fail "$keyring is missing: install the package debian-archive-keyring."
    mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
    : > "$apt/status"
    printf '%s\n' "Types: deb" "URIs: $(mirror)" "Suites: $suites" "Components: main" "Signed-By: $keyring" \
        > "$apt/debian.sources"
    say "fetching the lists of packages from $(mirror)"
    if own_apt get update -o APT::Update::Error-Mode=any > "$apt/update.log" 2>&1; then
        own_apt cache pkgnames linux- | sed -nE 's/^linux-(binary|image)-([0-9].*\+deb13-cloud-amd64)$/\2/p' |
            sort -uV > "$apt/kernels.new"
        mv "$apt/kernels.new" "$apt/kernels"
    elif [[ ! -s $apt/kernels ]]; then
        fail "The lists of packages cannot be fetched from $(mirror): is there a network? $apt/update.log has apt's words."
    fi
}

# download FOLDER PACKAGE...: these packages, without those they depend on.
download() {
    local folder=$1
    shift
    (cd "$folder" && own_apt get download "$@") > "$cache/apt/download.log" 2>&1 ||
        fail "Cannot download $*: is there a network? $cache/apt/download.log has apt's words."
}

# Unpacks a package into a root where /bin and its like are links into /usr.
unpack() {
    dpkg-deb --fsys-tarfile "$2" | tar -x -C "$1" --keep-directory-symlink --no-same-owner
}

# A root without files, of the form that Debian has today.
empty_root() {
    mkdir -p "$1"/usr/{bin,sbin,lib,lib64}
    ln -s usr/bin usr/sbin usr/lib usr/lib64 "$1"
}

# install_packages ROOT PACKAGE...: puts the packages' files there, and of the packages they depend on only the shared
# libraries that their programs are linked with.
install_packages() {
    local root=$1 all=$scratch/all debs=$scratch/debs names=() deb
    shift
    rm -rf "$all" "$debs"
    mkdir -p "$debs" "$root"
    empty_root "$all"
    mapfile -t names < <(own_apt get --simulate --no-install-recommends install "$@" 2> "$cache/apt/download.log" |
        awk '$1 == "Inst" { print $2 "=" substr($3, 2) }')
    ((${#names[@]})) || fail "apt cannot resolve $*: is that a package of Debian? $cache/apt/download.log has its words."
    download "$debs" "${names[@]}"
    for deb in "$debs"/*.deb; do
        unpack "$all" "$deb"
    done
    local wanted
    for wanted in "$@"; do
        for deb in "$debs/${wanted%%/*}"_*.deb; do
            unpack "$root" "$deb"
        done
    done
    rm -rf "$root"/usr/share/{doc,man,info,locale,lintian,bug} "$root"/usr/lib/x86_64-linux-gnu/gconv
    copy_libraries "$all" "$root"
    rm -rf "$all" "$debs"
}

# Asks the guest's own loader which libraries each program wants, and copies what is not there yet.
copy_libraries() {
    local all=$1 root=$2 folder=usr/lib/x86_64-linux-gnu file library
    find "$root" -type f -size +1k -print0 |
        while IFS= read -r -d '' file; do
            # A script, or a program without libraries: the loader complains, and there is nothing to copy.
            "$all/$folder/ld-linux-x86-64.so.2" --library-path "$all/$folder" --list "$file" 2> /dev/null || true
        done 2> /dev/null |
        sed -nE "s|.* => $all/(.*) \(0x[0-9a-f]+\)$|\1|p" | sort -u |
        while IFS= read -r library; do
            [[ ! -e $root/$library ]] || continue
            mkdir -p "$root/$(dirname "$library")"
            cp -L "$all/$library" "$root/$library"
        done
}
