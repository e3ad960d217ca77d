# Which kernel, and where from: Debian's own, as they come, so that what runs here runs for a user.
# shellcheck shell=bash

# 7.1 and 7.2 were built with a tool that damages their type information (BTF): no sched_ext program loads there.
unusable='^7\.[12]\.'

# Sets $vmlinuz for the newest kernel whose version starts with $1.
prepare_kernel() {
    local version
    version=$(grep -vE "$unusable" "$cache/apt/kernels" |
        awk -v prefix="$1" '!prefix || index($0, prefix ".") == 1 || index($0, prefix "+") == 1' | tail -n 1)
    [[ -n $version ]] || fail "There is no usable kernel $1; there are: $(usable_kernels | paste -sd ' ')."
    once "kernels/$version" fetch_kernel "$version"
    vmlinuz=$cache/kernels/$version/vmlinuz
}

# The lines of kernels that can be asked for, each once.
usable_kernels() {
    grep -vE "$unusable" "$cache/apt/kernels" | cut -d . -f 1-2 | sort -uV
}

# Since 6.19 the kernel proper is a package of its own, without modules. No module is needed here.
fetch_kernel() {
    local version=$1 folder=$2 package=linux-binary-$1
    own_apt cache show "$package" > /dev/null 2>&1 || package=linux-image-$version
    say "fetching $package"
    download "$scratch" "$package"
    dpkg-deb --fsys-tarfile "$scratch/$package"_*.deb | tar -x -O --wildcards '*/vmlinuz*' > "$folder/vmlinuz"
    [[ -s $folder/vmlinuz ]] || fail "$package has no kernel in it."
}
