package org.ghosthost.policy;

/**
 * How the backend schedules an enclave by itself, without agents.
 *
 * @param order who goes first
 * @param sliceNs longest turn of a task while others wait, ns, at least 1
 */
public record InKernel(Order order, long sliceNs) {
    /** Who goes first. */
    public enum Order {
        /** Who came first. */
        FIFO(Feature.MODE_FIFO),
        /** Who had least CPU time, weighted by nice value. */
        VRUNTIME(Feature.MODE_VRUNTIME);

        private final Feature feature;

        Order(Feature feature) {
            this.feature = feature;
        }

        /** What the backend must offer. */
        public Feature feature() {
            return feature;
        }
    }

    /** Checks the slice. */
    public InKernel {
        if (sliceNs < 1) {
            throw new IllegalArgumentException("the slice must be at least 1 ns: " + sliceNs);
        }
    }
}
