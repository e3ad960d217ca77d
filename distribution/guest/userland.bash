# What is in the guest besides its kernel: a few Debian packages and a small Java, each an archive that the kernel unpacks.
# shellcheck shell=bash

base_packages=(libc6 libc-bin libgcc-s1 bash busybox-static zlib1g libelf1 libbpf1/bookworm-backports)

# What the product's jars want (java.desktop: Log4j has listeners of java.beans), and jcmd to look at a host that hangs.
java_modules=java.base,java.desktop,java.logging,java.management,java.naming,java.xml,jdk.httpserver,jdk.jcmd
java_modules+=,jdk.jfr,jdk.management,jdk.net,jdk.unsupported

# Sets $busybox and the list $archives.
prepare_userland() {
    local recipe
    recipe=$(cat "$here/userland.bash" "$here/packages.bash" | digest)
    once "base/$recipe" make_base
    busybox=$cache/base/$recipe/busybox
    archives=("$cache/base/$recipe/base.cpio")

    local jdk
    jdk=$(find_jdk) || fail "No JDK 25 or newer was found: set JAVA_HOME to its folder."
    recipe=$({ echo "$java_modules"; cat "$jdk/release"; stat -c '%Y %s' "$jdk/lib/modules"; } | digest)
    once "java/$recipe" make_java "$jdk"
    archives+=("$cache/java/$recipe/java.cpio")
}

# Adds the packages of --package to $archives.
prepare_packages() {
    local name recipe
    for name in ${packages[@]+"${packages[@]}"}; do
        [[ $name =~ ^[a-z0-9][a-z0-9+.-]+$ ]] || fail "'$name' cannot be the name of a Debian package."
        recipe=$({ echo "$name"; cat "$here/packages.bash"; } | digest)
        once "packages/$name-$recipe" make_package "$name"
        archives+=("$cache/packages/$name-$recipe/package.cpio")
    done
}

# archive FOLDER: all that is in the folder, owned by root, as the kernel's unpacker wants it.
archive() {
    (cd "$1" && find . -print0 | LC_ALL=C sort -z | "$busybox" cpio -0 -o -H newc -R 0:0 --ignore-devno --renumber-inodes)
}

make_base() {
    local folder=$1 root=$scratch/root applet
    say "making the guest's base system"
    mkdir -p "$root"/{dev,proc,sys,tmp,run,etc,opt,root,home/user,var/tmp}
    empty_root "$root"
    install_packages "$root" "${base_packages[@]}"
    busybox=$folder/busybox
    cp "$root/usr/bin/busybox" "$busybox"
    for applet in $("$busybox" --list); do
        [[ -e $root/usr/bin/$applet || -e $root/usr/sbin/$applet ]] || ln -s busybox "$root/usr/bin/$applet"
    done
    printf '%s\n' 'root:x:0:0:root:/root:/bin/bash' 'user:x:1000:1000:user:/home/user:/bin/bash' > "$root/etc/passwd"
    printf '%s\n' 'root:x:0:' 'user:x:1000:' > "$root/etc/group"
    echo guest > "$root/etc/hostname"
    echo '127.0.0.1 localhost guest' > "$root/etc/hosts"
    archive "$root" > "$folder/base.cpio"
}

make_java() {
    local jdk=$1 folder=$2
    say "making the guest's Java from $jdk"
    mkdir -p "$scratch/root/opt"
    "$jdk/bin/jlink" --add-modules "$java_modules" --strip-debug --no-header-files --no-man-pages \
        --generate-cds-archive --output "$scratch/root/opt/jre" > "$cache/jlink.log" 2>&1 ||
        fail "jlink of $jdk cannot make a Java: $cache/jlink.log has its words."
    archive "$scratch/root" > "$folder/java.cpio"
}

make_package() {
    local name=$1 folder=$2
    say "fetching $name"
    install_packages "$scratch/root" "$name"
    archive "$scratch/root" > "$folder/package.cpio"
}

# Prints the folder of the newest enough JDK: JAVA_HOME, or one of the usual places.
find_jdk() {
    local jdk version
    for jdk in "${JAVA_HOME:-/none}" /usr/lib/jvm/* "$HOME"/.jdks/* "$HOME"/.sdkman/candidates/java/*; do
        [[ -x $jdk/bin/jlink && -r $jdk/release ]] || continue
        version=$(sed -nE 's/^JAVA_VERSION="([0-9]+).*/\1/p' "$jdk/release")
        ((${version:-0} >= 25)) && echo "$jdk" && return
    done
    return 1
}
