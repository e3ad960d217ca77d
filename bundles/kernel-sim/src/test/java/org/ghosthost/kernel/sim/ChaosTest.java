package org.ghosthost.kernel.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.ghosthost.enclave.kernel.EnclaveMode;
import org.ghosthost.enclave.kernel.Errno;
import org.ghosthost.enclave.kernel.KernelException;
import org.ghosthost.enclave.kernel.Tunable;
import org.ghosthost.policy.topology.CpuSet;
import org.ghosthost.policy.topology.Topology;
import org.ghosthost.workload.SchedulingClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Whatever agents, tasks and operators do, the invariants hold; and when a sane agent takes over, every task goes on to
 * its end. More seeds: {@code -Dghost.chaos.seeds=1000}.
 */
class ChaosTest {
    private static final int SEEDS = Integer.getInteger("ghost.chaos.seeds", 200);
    private static final long FIRST_SEED = Long.getLong("ghost.chaos.first", 1);

    @ParameterizedTest
    @EnumSource(Profile.class)
    void theInvariantsHoldAndEveryTaskEndsWhateverHappensBefore(Profile profile) {
        for (long seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
            try {
                new Run(seed, profile).run();
            } catch (RuntimeException | KernelException | AssertionError e) {
                throw new AssertionError("seed " + seed, e);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Profile.class)
    void theSameSeedMakesTheSameChaos(Profile profile) throws KernelException {
        assertEquals(new Run(5, profile).run(), new Run(5, profile).run());
    }

    private static final class Run {
        private final Rng rng;
        private final int cpus;
        private final SimulatedKernel kernel;
        private final Machine m;
        private SimEnclave e;

        Run(long seed, Profile profile) throws KernelException {
            rng = new Rng(seed);
            cpus = 2 + rng.below(4);
            FaultPlan faults = new FaultPlan(rng.below(20_000), rng.below(200_000), rng.below(20_000), 0);
            kernel = new SimulatedKernel(MachineConfig.of(Topology.parse(Integer.toString(cpus)), seed)
                    .withInvariants(true)
                    .withStatusWords(24 + rng.below(40))
                    .withProfile(profile)
                    .withFaults(faults));
            m = kernel.machine();
            e = newEnclave();
        }

        private SimEnclave newEnclave() throws KernelException {
            SimEnclave made = (SimEnclave) kernel.createEnclave(1, CpuSet.range(0, cpus - 1 - rng.below(2)));
            for (int i = 0; i < 4; i++) {
                made.createQueue(1 << rng.below(9));
                made.configWakeup(i, rng.below(3) == 0 ? -1 : rng.below(cpus));
            }
            made.setDefaultQueue(rng.below(5) - 1);
            return made;
        }

        long run() throws KernelException {
            for (int i = 2 + rng.below(20); i > 0; i--) {
                SchedulingClass in = SchedulingClass.values()[Math.min(2, rng.below(8))];
                kernel.spawn(Programs.of(in, "chaos", new ChaosProgram(rng.next(), cpus, 10 + rng.below(150))), e);
            }
            for (int i = 0; i < 300; i++) {
                kernel.runFor(rng.below(100_000));
                reviveEnclave();
                act();
            }
            reviveEnclave();
            soberUp();
            for (int i = 0; i < 2000 && kernel.liveTasks() > 0; i++) {
                for (int id = 0; id < m.createdTasks(); id++) {
                    m.life.wake(id, 0);
                }
                kernel.runFor(1_000_000);
            }
            assertEquals(0, kernel.liveTasks(), this::dump);
            assertEquals(0, e.taskCount());
            e.destroy();
            kernel.runFor(1_000_000);
            assertTrue(m.enclaves.isEmpty());
            return kernel.traceHash();
        }

        /** What became of the tasks that did not end. */
        private String dump() {
            StringBuilder out = new StringBuilder("tasks never end:\n");
            for (int id = 0; id < m.createdTasks(); id++) {
                Task t = m.taskOrNull(id);
                if (t != null) {
                    out.append(t + " state=" + t.state + " step=" + t.step + " class=" + t.schedulingClass + " word="
                            + t.statusWord + " barrier=" + t.barrier + " gated=" + t.gatedWord + " wakeable="
                            + t.wakeable + " list=" + (t.list != null) + " cpu=" + t.cpu + " on=" + t.isOnCpu()
                            + " new=" + t.newTask + " latched=" + t.isLatched() + "\n");
                }
            }
            for (Cpu c : m.cpus) {
                out.append("cpu " + c.id + " current=" + c.current + " agent=" + (c.agent != null) + " on="
                        + c.agentCurrent + " resched=" + c.reschedAt + " phase=" + c.phaseAt + " enclave="
                        + (c.enclave != null) + "\n");
            }
            return out.toString();
        }

        private void act() throws KernelException {
            Task t = m.taskOrNull(rng.below(Math.max(1, m.createdTasks())));
            int cpu = rng.below(cpus);
            switch (rng.below(26)) {
                case 0, 1, 2, 3, 4, 5 -> toggleAgent(cpu);
                case 6 -> setTunable(Tunable.values()[rng.below(8)], rng.below(2));
                case 7 -> e.setMode(EnclaveMode.values()[new int[] {0, 0, 1, 3}[rng.below(4)]], 0);
                case 8 -> e.setGeneration(e.generation + 1);
                case 9 -> setCpus();
                case 10 -> kernel.blockAgent(cpu, rng.below(200_000));
                case 11 -> kernel.setOnline(cpu, rng.below(4) != 0);
                case 12 -> replaceEnclave();
                case 13, 14 -> e.configWakeup(rng.below(4), rng.below(3) == 0 ? -1 : onlineCpu(cpu));
                case 15 -> e.setDefaultQueue(rng.below(5) - 1);
                default -> {
                    if (t != null) {
                        act(t);
                    }
                }
            }
        }

        private void setTunable(Tunable tunable, int value) {
            try {
                e.setTunable(tunable, value);
            } catch (KernelException refused) {
                assertEquals(Errno.ENOTSUP, refused.errno());
            }
        }

        private int onlineCpu(int cpu) {
            return m.cpus[cpu].online ? cpu : -1;
        }

        private void act(Task t) throws KernelException {
            switch (rng.below(5)) {
                case 0 -> m.properties.setAffinity(t, CpuSet.of(rng.below(cpus), rng.below(cpus)));
                case 1 -> m.properties.setNice(t, rng.below(40) - 20);
                case 2 -> m.life.wake(t.id, rng.below(cpus));
                case 3 -> enter(t);
                default -> {
                    if (t.enclave == e) {
                        e.leave(t.gtid);
                    }
                }
            }
        }

        private void enter(Task t) {
            try {
                e.enter(t.pid);
            } catch (KernelException refused) {
                assertTrue(refused.getMessage() != null);
            }
        }

        private void toggleAgent(int cpu) throws KernelException {
            if (e.hasAgent(cpu)) {
                if (rng.below(3) == 0) {
                    e.detachAgent(cpu);
                }
            } else if (m.cpus[cpu].enclave == e && m.cpus[cpu].online && e.words.available() > 0) {
                int queue = rng.below(4);
                ChaosAgent agent = new ChaosAgent(e, m, cpu, queue, new Rng(rng.next()));
                agent.word = e.attachAgent(cpu, queue, agent);
            }
        }

        private void setCpus() throws KernelException {
            CpuSet to = new CpuSet();
            for (int cpu = 0; cpu < cpus; cpu++) {
                boolean kept = e.hasAgent(cpu) || (e.cpus.contains(cpu) && rng.below(3) != 0);
                if (kept || (m.cpus[cpu].online && rng.below(2) == 0)) {
                    to.add(cpu);
                }
            }
            to.forEach(cpu -> {
                if (!m.cpus[cpu].online) {
                    kernel.setOnline(cpu, true);
                }
            });
            e.setCpus(to);
        }

        private void replaceEnclave() throws KernelException {
            if (rng.below(10) == 0) {
                e.destroy();
                reviveEnclave();
            }
        }

        /** The watchdog may have destroyed it. */
        private void reviveEnclave() throws KernelException {
            if (!e.alive) {
                for (int cpu = 0; cpu < cpus; cpu++) {
                    kernel.setOnline(cpu, true);
                }
                e = newEnclave();
            }
        }

        private void freeWords() {
            for (int i = 0; i < e.words.capacity(); i++) {
                e.freeStatusWord(i);
            }
        }

        private void soberUp() throws KernelException {
            for (int cpu = 0; cpu < cpus; cpu++) {
                if (e.hasAgent(cpu)) {
                    e.detachAgent(cpu);
                }
                kernel.setOnline(cpu, true);
            }
            e.setCpus(CpuSet.range(0, cpus - 1));
            e.setMode(EnclaveMode.AGENTS, 0);
            for (Tunable tunable : Tunable.values()) {
                setTunable(tunable, 0);
            }
            for (int i = 0; i < 4; i++) {
                e.drain(i, message -> {}, 65_536);
                e.configWakeup(i, 0);
            }
            freeWords();
            while (e.words.available() < cpus) { // agents need words, too
                e.leave(e.members.first().gtid);
                freeWords();
            }
            StatelessAgent agent = new StatelessAgent(e, m, 0, 0);
            agent.word = e.attachAgent(0, 0, agent);
            for (int cpu = 1; cpu < cpus; cpu++) {
                ScriptedAgent.attach(e, cpu, false);
            }
            for (int id = 0; id < m.createdTasks(); id++) {
                m.properties.setAffinity(m.taskOrNull(id), CpuSet.range(0, cpus - 1));
            }
        }
    }
}
