package org.ghosthost.testkit;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.ghosthost.policy.topology.CpuSet;
import org.ghosthost.workload.ProcessSpec;
import org.ghosthost.workload.SchedulingClass;
import org.ghosthost.workload.Step;
import org.ghosthost.workload.TaskContext;
import org.ghosthost.workload.TaskProgram;
import org.ghosthost.workload.TaskSpec;
import org.ghosthost.workload.Workload;

/**
 * Threads that do a bit of everything: burn, sleep, yield, change their nice values and CPUs, leave and come back, bear
 * children that soon die. What a thread does follows from the seed alone, not from when it gets a CPU. They end after
 * a fixed number of rounds, or when told.
 */
final class LabWorkload implements Workload {
    static final int FOR_EVER = Integer.MAX_VALUE;
    private static final long US = 1_000;

    private final int threads;
    private final int rounds;
    private final int commuters;
    private final int cpus;
    private final List<Life> lives = new ArrayList<>();
    private int firstCpu;
    private boolean stopping;

    LabWorkload(int threads, int rounds, int commuters, int cpus) {
        this.threads = threads;
        this.rounds = rounds;
        this.commuters = commuters;
        this.cpus = cpus;
    }

    /** Uses the CPUs from {@code cpu} on. */
    LabWorkload on(int cpu) {
        firstCpu = cpu;
        return this;
    }

    /** Every thread ends after the round that it is in. */
    void stop() {
        stopping = true;
    }

    /** Threads that were born so far. */
    int born() {
        return lives.size();
    }

    /** Threads that have not come to their end. */
    List<String> unfinished() {
        return lives.stream().filter(life -> !life.over).map(life -> life.name + " in round " + life.round).toList();
    }

    /** Rounds that each thread has done, by birth. */
    List<Integer> progress() {
        return lives.stream().map(life -> life.round).toList();
    }

    /** Rounds that each thread has done, by name. */
    Map<String, Integer> work() {
        Map<String, Integer> work = new TreeMap<>();
        lives.forEach(life -> work.put(life.name, life.round));
        return work;
    }

    /** Those among the threads that live and have done no round since {@code before}. */
    List<String> stuckSince(List<Integer> before) {
        List<String> stuck = new ArrayList<>();
        for (int i = 0; i < before.size(); i++) {
            Life life = lives.get(i);
            if (!life.over && life.round == before.get(i)) {
                stuck.add(life.name + " in round " + life.round);
            }
        }
        return stuck;
    }

    @Override
    public String name() {
        return "lab";
    }

    @Override
    public long durationNs() {
        return NO_DURATION;
    }

    @Override
    public List<ProcessSpec> processes() {
        return List.of(ProcessSpec.plain("lab"));
    }

    @Override
    public List<TaskSpec> tasks(long seed) {
        List<TaskSpec> tasks = new ArrayList<>();
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < threads; i++) {
            tasks.add(TaskSpec.of("t" + i, life("t" + i, i, rounds, random.split())));
        }
        for (int i = 0; i < commuters; i++) {
            tasks.add(TaskSpec.of("commuter" + i, commuter(life("commuter" + i, 0, rounds, random.split()))));
        }
        return tasks;
    }

    /** In the enclave for one round, outside for the next. */
    private static TaskProgram commuter(Life life) {
        return task -> {
            task.setSchedulingClass(life.round % 2 == 0 ? SchedulingClass.GHOST : SchedulingClass.FAIR);
            return life.next(task);
        };
    }

    @Override
    public List<String> remarks() {
        return List.of();
    }

    private Life life(String name, int kind, int roundsOfIt, SplittableRandom random) {
        Life life = new Life(name, kind, roundsOfIt, random);
        lives.add(life);
        return life;
    }

    private final class Life implements TaskProgram {
        private final String name;
        private final int kind;
        private final int rounds;
        private final SplittableRandom random;
        private int round;
        private int part;
        private int children;
        private boolean over;

        Life(String name, int kind, int rounds, SplittableRandom random) {
            this.name = name;
            this.kind = kind;
            this.rounds = rounds;
            this.random = random;
        }

        /** A round is: work, then what is its kind's own, then perhaps a nap. */
        @Override
        public Step next(TaskContext task) {
            part = (part + 1) % 3;
            if (part == 0) {
                round++;
            }
            if (round >= rounds || (stopping && part == 0)) {
                over = true;
                return task.exit();
            }
            return switch (part) {
                case 1 -> task.run((random.nextInt(20) + 1) * US);
                case 2 -> own(task);
                default -> random.nextInt(4) == 0 ? task.yield() : task.sleep((random.nextInt(600) + 1) * US);
            };
        }

        private Step own(TaskContext task) {
            switch (kind % 6) {
                case 0 -> {
                    return task.run((random.nextInt(100) + 1) * US);
                }
                case 1 -> {
                    return task.yield();
                }
                case 2 -> {
                    return task.sleep((random.nextInt(300) + 1) * US);
                }
                case 3 -> {
                    if (random.nextInt(3) == 0) {
                        String child = name + "." + children++;
                        task.fork(TaskSpec.of(child, life(child, 0, random.nextInt(4) + 1, random.split())));
                    }
                    return task.run(US);
                }
                case 4 -> {
                    task.setNice(random.nextInt(40) - 20);
                    return task.run(5 * US);
                }
                default -> {
                    int cpu = random.nextInt(cpus);
                    task.setAffinity(random.nextBoolean() ? CpuSet.range(firstCpu, firstCpu + cpus - 1)
                            : CpuSet.of(firstCpu + cpu, firstCpu + (cpu + 1) % cpus));
                    return task.run(5 * US);
                }
            }
        }
    }
}
