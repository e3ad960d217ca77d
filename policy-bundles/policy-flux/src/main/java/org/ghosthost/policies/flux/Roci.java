package org.ghosthost.policies.flux;

/** The top: a CPU goes to the primary child as long as that wants one, else to the idle one. */
@SuppressWarnings("ReferenceEquality") // a node is equal to itself only
final class Roci extends SubScheduler {
    /** Most CPUs that are taken from the idle child at once. */
    private static final int MAX_VICTIMS = 5;

    private final SubScheduler primary;
    private final Idle idle;

    Roci(SubScheduler primary, Idle idle) {
        super("roci");
        this.primary = primary;
        this.idle = idle;
        primary.parent = this;
        idle.parent = this;
    }

    @Override
    void request(Tree tree, SubScheduler child) {
        for (int victims = 0; victims < MAX_VICTIMS && child == primary && child.needs() > 0; victims++) {
            int cpu = idle.held.first();
            if (cpu < 0) {
                return;
            }
            tree.preempt(this, cpu);
        }
    }

    @Override
    void pick(Tree tree, int cpu) {
        tree.grant(this, primary.needs() > 0 ? primary : idle, cpu);
    }
}
