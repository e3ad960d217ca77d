#!/bin/sh
# Records the scheduling of a small Maven build: the build's own tasks and the kernel's threads, nobody else.
# Needs root, tracefs (Linux 5.4 or later), awk, gzip, and Maven with the plugins it needs at hand.
#
#   sh record-build.sh maven-build.trace.gz
#
# The result replays with: ghost simulate --workload maven-build.trace.gz ...
set -eu

out=${1:?usage: sh record-build.sh OUT.trace.gz}
work=$(mktemp -d)
tracefs=/sys/kernel/tracing
mountpoint -q "$tracefs" || mount -t tracefs nodev "$tracefs"
ring=$tracefs/instances/ghost-record-$$

cleanup() {
    if [ -d "$ring" ]; then
        echo 0 > "$ring/tracing_on"
        rmdir "$ring"
    fi
    rm -rf "$work"
}
trap cleanup EXIT INT TERM

# A throwaway project: two modules, some classes, a jar each.
project=$work/project
write_module() {
    mkdir -p "$project/$1/src/main/java/demo/$1"
    cat > "$project/$1/pom.xml" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <parent><groupId>demo</groupId><artifactId>demo</artifactId><version>1</version></parent>
  <artifactId>$1</artifactId>
</project>
POM
    for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        cat > "$project/$1/src/main/java/demo/$1/Part$i.java" <<JAVA
package demo.$1;

import java.util.List;
import java.util.stream.Collectors;

/** Part $i. */
public record Part$i(int number, List<String> names) {
    /** Joins the names that are longer than the number says. */
    public String joined() {
        return names.stream().filter(name -> name.length() > number).sorted().collect(Collectors.joining(","));
    }
}
JAVA
    done
}
plugin() {
    echo "<plugin><artifactId>maven-$1-plugin</artifactId><version>$2</version></plugin>"
}
mkdir -p "$project"
cat > "$project/pom.xml" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>demo</groupId><artifactId>demo</artifactId><version>1</version><packaging>pom</packaging>
  <modules><module>one</module><module>two</module></modules>
  <properties>
    <maven.compiler.release>17</maven.compiler.release>
    <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
  </properties>
  <build><pluginManagement><plugins>
    $(plugin clean 3.5.0)
    $(plugin resources 3.5.0)
    $(plugin compiler 3.16.0)
    $(plugin surefire 3.6.1)
    $(plugin jar 3.5.1)
  </plugins></pluginManagement></build>
</project>
POM
write_module one
write_module two
mvn -q -B -f "$project/pom.xml" clean package

# Once more, recorded. All tasks at first: the kernel's own filter by pid loses some of the switches between a task that
# is recorded and one that is not.
mkdir "$ring"
echo 0 > "$ring/tracing_on"
echo mono > "$ring/trace_clock"
echo 65536 > "$ring/buffer_size_kb"
for event in sched_switch sched_waking sched_wakeup_new sched_process_fork sched_process_exit; do
    echo 1 > "$ring/events/sched/$event/enable"
done
ps -e -o pid= -o ppid= | awk '$1 == 2 || $2 == 2 { print $1 }' > "$work/kernel"
export ring project work
sh -c 'echo $$ > "$work/build"
       echo 1 > "$ring/tracing_on"
       exec mvn -q -B -o -f "$project/pom.xml" -T 2 clean package'
echo 0 > "$ring/tracing_on"
cat "$ring/trace" > "$work/trace"

# Keeps the build, whose tasks are the shell above and all that come of it, and the kernel's threads. Whoever else had a
# CPU in between becomes the idle task, so that neither names nor pids of other processes remain. Where such a task gave
# its CPU to one of ours and the kernel did not record it, the switch is put where the CPU or our task came free last.
cat > "$work/strip.awk" <<'AWK'
function pid_of(name,    s) {
    if (!match($0, " " name "=[0-9]+")) { return -1 }
    s = substr($0, RSTART, RLENGTH)
    sub(/.*=/, "", s)
    return s + 0
}
function comm_of(name,    s) {
    s = $0
    sub(".* " name "_comm=", "", s)
    sub(" " name "_pid=.*", "", s)
    return s
}
FILENAME != ARGV[ARGC - 1] { ours[$1 + 0] = 1; next }
/^#/ { if (!/entries-in-buffer/) { print }; next }
{
    if (!match($0, /-[0-9]+ +\[[0-9]+\]/)) { next }
    head = substr($0, RSTART + 1, RLENGTH - 1)
    body = substr($0, RSTART + RLENGTH)
    cpu = head
    sub(/^[0-9]+ +/, "", cpu)
    if (!((head + 0) in ours)) { $0 = sprintf("%16s-%-7d %s%s", "<idle>", 0, cpu, body) }
    match($0, /[0-9]+\.[0-9]+: sched_/)
    time = substr($0, RSTART, RLENGTH - 8)
}
/: sched_switch: / {
    prev = pid_of("prev_pid")
    next_ = pid_of("next_pid")
    if (prev in ours && cpu in last && last[cpu] != prev && !(last[cpu] in ours)) {
        at = prev in free && free[prev] + 0 > free[cpu] + 0 ? free[prev] : free[cpu]
        printf("%16s-%-7d %s d..2. %s: sched_switch: prev_comm=swapper prev_pid=0 prev_prio=120 prev_state=R", "<idle>",
            0, cpu, at)
        printf(" ==> next_comm=%s next_pid=%d next_prio=%d\n", comm_of("prev"), prev, pid_of("prev_prio"))
    }
    last[cpu] = next_
    free[cpu] = free[prev] = time
    if (!(prev in ours) && !(next_ in ours)) { next }
    if (!(prev in ours)) { sub(/prev_comm=.* ==>/, "prev_comm=swapper prev_pid=0 prev_prio=120 prev_state=R ==>") }
    if (!(next_ in ours)) { sub(/next_comm=.*/, "next_comm=swapper next_pid=0 next_prio=120") }
    print
    next
}
/: sched_process_fork: / {
    if (pid_of("pid") in ours) { ours[pid_of("child_pid")] = 1; print }
    next
}
{
    pid = pid_of("pid")
    if (pid in ours) { free[pid] = time; print }
}
AWK
awk -f "$work/strip.awk" "$work/kernel" "$work/build" "$work/trace" | gzip -9 -n > "$out"
