package org.ghosthost.workload.trace;

import java.util.ArrayList;
import java.util.List;
import org.ghosthost.workload.ProcessSpec;
import org.ghosthost.workload.TaskSpec;
import org.ghosthost.workload.Workload;

/** A trace that has been read. */
final class TraceWorkload implements Workload {
    private static final int BUILD = 0;
    private static final int KERNEL = 1;

    private final String file;
    private final List<RecordedTask> tasks;
    private final long startNs;
    private final List<String> remarks;

    TraceWorkload(final String file, final List<RecordedTask> tasks, final long startNs,
            final List<String> remarks) {
        this.file = file;
        this.tasks = List.copyOf(tasks);
        this.startNs = startNs;
        this.remarks = List.copyOf(remarks);
    }

    List<RecordedTask> recorded() {
        return tasks;
    }

    @Override
    public String name() {
        return file;
    }

    @Override
    public long durationNs() {
        return NO_DURATION;
    }

    @Override
    public List<ProcessSpec> processes() {
        return List.of(ProcessSpec.plain(file), ProcessSpec.plain("kernel threads"));
    }

    @Override
    public List<TaskSpec> tasks(final long seed) {
        final Replay replay = new Replay(this);
        final List<TaskSpec> specs = new ArrayList<>();
        for (final RecordedTask task : tasks) {
            if (!task.forked && task.state != RecordedTask.State.UNBORN) {
                specs.add(spec(task, replay, Math.max(0, task.bornNs - startNs)));
            }
        }
        return specs;
    }

    /** Makes the task that replays {@code task}, to start {@code delayNs} after the workload or the fork. */
    TaskSpec spec(final RecordedTask task, final Replay replay, final long delayNs) {
        final int process = task.isKernelThread() ? KERNEL : BUILD;
        return new TaskSpec(task.name, process, task.schedulingClass(), task.nice(), null, delayNs, null,
                replay.program(task));
    }

    @Override
    public List<String> remarks() {
        return remarks;
    }
}
