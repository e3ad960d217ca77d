package org.ghosthost.kernel.sim;

import org.ghosthost.policy.topology.CpuSet;
import org.ghosthost.workload.SchedulingClass;
import org.ghosthost.workload.Step;
import org.ghosthost.workload.TaskContext;
import org.ghosthost.workload.TaskProgram;
import org.ghosthost.workload.TaskSpec;

/** A task that does things at random, by a seed, and ends after a number of steps. */
final class ChaosProgram implements TaskProgram {
    private final Rng rng;
    private final int cpus;
    private int left;

    ChaosProgram(long seed, int cpus, int steps) {
        rng = new Rng(seed);
        this.cpus = cpus;
        left = steps;
    }

    @Override
    public Step next(TaskContext task) {
        if (--left <= 0) {
            return task.exit();
        }
        aside(task);
        return switch (rng.below(12)) {
            case 0, 1, 2, 3 -> task.run(rng.below(300_000));
            case 4 -> task.run(0);
            case 5, 6 -> task.sleep(rng.below(300_000));
            case 7 -> task.sleep(0);
            case 8 -> task.block();
            case 9 -> task.yield();
            case 10 -> task.switchTo(rng.below(task.id() + 3));
            default -> task.spin();
        };
    }

    private void aside(TaskContext task) {
        int other = rng.below(task.id() + 5);
        switch (rng.below(24)) {
            case 0, 1, 2, 3 -> task.wake(other);
            case 4 -> task.setNice(rng.below(40) - 20);
            case 5 -> task.setNice(other, rng.below(40) - 20);
            case 6 -> task.setAffinity(randomCpus());
            case 7 -> task.setAffinity(other, randomCpus());
            case 8 -> task.setSchedulingClass(SchedulingClass.values()[rng.below(3)]);
            case 9, 10 -> task.setSchedulingClass(SchedulingClass.GHOST);
            case 11 -> {
                if (left > 20) {
                    left /= 2;
                    task.fork(TaskSpec.of("child", new ChaosProgram(rng.next(), cpus, left)));
                }
            }
            case 12 -> task.jobStart(task.now(), task.now() + rng.below(100_000));
            case 13 -> task.jobEnd();
            default -> {
                // nothing
            }
        }
    }

    private CpuSet randomCpus() {
        CpuSet set = CpuSet.of(rng.below(cpus));
        for (int i = rng.below(cpus); i > 0; i--) {
            set.add(rng.below(cpus));
        }
        return set;
    }
}
