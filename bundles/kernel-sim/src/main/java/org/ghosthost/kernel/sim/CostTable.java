package org.ghosthost.kernel.sim;

/**
 * What things cost on the simulated machine, in ns. The defaults are the figures of the ghOSt paper (SOSP 2021, table
 * 3); {@code ipi} is what remains of its end-to-end latency of a remote commit.
 *
 * @param messageGlobal delivery of one message to an agent that spins
 * @param messageLocal delivery of one message to an agent that sleeps, switch to it included
 * @param scheduleLocal commit on the agent's own CPU until the task runs
 * @param commitRemote agent's side of one remote commit
 * @param commitGroup agent's side of a group of ten
 * @param target target's side of one remote commit, until the task runs
 * @param targetGroup target's side of each commit in a group of ten
 * @param syscall a system call that does nothing; the least that a pass costs
 * @param switchMinimal context switch without scheduling
 * @param switchFull context switch by another scheduling class
 * @param ipi from the kick of a remote CPU to its answer
 * @param roll handing an enclave to another generation
 */
public record CostTable(
        long messageGlobal,
        long messageLocal,
        long scheduleLocal,
        long commitRemote,
        long commitGroup,
        long target,
        long targetGroup,
        long syscall,
        long switchMinimal,
        long switchFull,
        long ipi,
        long roll) {
    /** The paper's figures. */
    public static final CostTable PAPER =
            new CostTable(265, 725, 888, 668, 3964, 1064, 1821, 72, 410, 599, 40, 10_000);

    private static final int GROUP = 10;

    /** Checks the ranges. */
    public CostTable {
        check("messageGlobal", messageGlobal);
        check("messageLocal", messageLocal);
        check("scheduleLocal", scheduleLocal);
        check("commitRemote", commitRemote);
        check("commitGroup", commitGroup);
        check("target", target);
        check("targetGroup", targetGroup);
        check("switchMinimal", switchMinimal);
        check("switchFull", switchFull);
        check("ipi", ipi);
        check("roll", roll);
        if (syscall < 1) {
            throw new IllegalArgumentException("a syscall must cost 1 ns or more, else time stands still: " + syscall);
        }
    }

    /**
     * The same table with one cost changed.
     *
     * @param name name of a component of this record
     * @throws IllegalArgumentException if there is no such cost or the value is out of range
     */
    public CostTable with(String name, long ns) {
        long[] v = {
            messageGlobal, messageLocal, scheduleLocal, commitRemote, commitGroup, target, targetGroup, syscall,
            switchMinimal, switchFull, ipi, roll
        };
        var components = CostTable.class.getRecordComponents();
        for (int i = 0; i < v.length; i++) {
            if (components[i].getName().equals(name)) {
                v[i] = ns;
                return new CostTable(v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8], v[9], v[10], v[11]);
            }
        }
        throw new IllegalArgumentException("unknown cost '" + name + "'");
    }

    /** Agent's side of committing {@code n} remote transactions at once: linear through one and ten. */
    long commitNs(int n) {
        return n == 0 ? 0 : commitRemote + (n - 1) * (commitGroup - commitRemote) / (GROUP - 1);
    }

    /** Target's side of each of {@code n} transactions that were committed at once. */
    long targetNs(int n) {
        return target + (n - 1) * (targetGroup - target) / (GROUP - 1);
    }

    private static void check(String name, long ns) {
        if (ns < 0 || ns > 1_000_000_000) {
            throw new IllegalArgumentException("cost '" + name + "' must be 0 ns to 1 s: " + ns);
        }
    }
}
