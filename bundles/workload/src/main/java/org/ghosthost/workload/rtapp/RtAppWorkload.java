package org.ghosthost.workload.rtapp;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.ghosthost.policy.topology.CpuSet;
import org.ghosthost.workload.ProcessSpec;
import org.ghosthost.workload.TaskSpec;
import org.ghosthost.workload.WorkClass;
import org.ghosthost.workload.Workload;
import org.ghosthost.workload.WorkloadException;
import org.jspecify.annotations.Nullable;

/** An rt-app file that has been read. All its tasks are threads of one process. */
final class RtAppWorkload implements Workload {
    private final FileContext context;
    private final long durationNs;
    private final List<TaskDef> defs;
    private final boolean hasTable;
    private final ProcessSpec process;
    private final Map<List<Integer>, Integer> workClassIndexes = new HashMap<>();
    private final List<WorkClass> workClasses = new ArrayList<>();

    RtAppWorkload(final FileContext context, final long durationNs, final List<TaskDef> defs) {
        this.context = context;
        this.durationNs = durationNs;
        this.defs = List.copyOf(defs);
        hasTable = defs.stream().anyMatch(def -> def.jobs().release() != Jobs.Release.NOTHING);
        if (hasTable) {
            for (int i = 0; i < defs.size(); i++) {
                addWorkClasses(i);
            }
        }
        process = hasTable ? new ProcessSpec(context.file, workClasses, maxTasks())
                : ProcessSpec.plain(context.file);
    }

    /** Follows the phases twice, since the first one may find another policy when they begin again. */
    private void addWorkClasses(final int index) {
        final TaskDef def = defs.get(index);
        final SchedState state = new SchedState(def.sched());
        addWorkClass(index, state.qos());
        for (int round = 0; round < 2; round++) {
            for (final Phase phase : def.phases()) {
                state.apply(phase.sched());
                addWorkClass(index, state.qos());
            }
        }
    }

    private void addWorkClass(final int index, final int qos) {
        if (workClassIndexes.putIfAbsent(List.of(index, qos), workClasses.size()) == null) {
            workClasses.add(WorkClass.oneShot(qos, defs.get(index).jobs().expectedRunNs()));
        }
    }

    /** Returns the work class of the tasks of a definition while they have this QoS. */
    int workClass(final int defIndex, final int qos) {
        return workClassIndexes.getOrDefault(List.of(defIndex, qos), 0);
    }

    boolean hasTable() {
        return hasTable;
    }

    List<TaskDef> defs() {
        return defs;
    }

    @Override
    public String name() {
        return context.file;
    }

    @Override
    public long durationNs() {
        return durationNs;
    }

    private int maxTasks() {
        int count = 0;
        boolean forks = false;
        for (final TaskDef def : defs) {
            count += def.instances();
            forks |= def.phases().stream().flatMap(phase -> phase.events().stream())
                    .anyMatch(event -> event.kind() == EventKind.FORK);
        }
        return forks ? count + Run.MAX_FORKS_OF_ALL : count;
    }

    @Override
    public List<ProcessSpec> processes() {
        return List.of(process);
    }

    @Override
    public List<TaskSpec> tasks(final long seed) {
        final Run run = new Run(this, context);
        final List<TaskSpec> tasks = new ArrayList<>();
        for (int i = 0; i < defs.size(); i++) {
            final TaskDef def = defs.get(i);
            for (int instance = 0; instance < def.instances(); instance++) {
                final String name = def.instances() == 1 ? def.name() : def.name() + "-" + instance;
                tasks.add(run.task(i, name, def.delayNs(), RtAppProgram.UNKNOWN));
            }
        }
        return tasks;
    }

    @Override
    public void checkCpus(final int cpuCount) {
        for (final TaskDef def : defs) {
            checkCpus(def, def.cpus(), cpuCount);
            for (final Phase phase : def.phases()) {
                checkCpus(def, phase.cpus(), cpuCount);
            }
        }
    }

    private void checkCpus(final TaskDef def, final @Nullable CpuSet cpus, final int cpuCount) {
        if (cpus != null && cpus.last() >= cpuCount) {
            throw WorkloadException.at(context.file, def.line(), def.column(), "the task " + def.name()
                    + " wants CPU " + cpus.last() + ", but the machine has CPUs 0-" + (cpuCount - 1)
                    + "; change \"cpus\" or use a larger machine");
        }
    }

    @Override
    public List<String> remarks() {
        return context.remarks();
    }
}
