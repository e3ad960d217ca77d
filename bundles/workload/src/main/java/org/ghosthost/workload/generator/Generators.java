package org.ghosthost.workload.generator;

import static org.ghosthost.workload.WorkloadException.quote;

import org.ghosthost.workload.Workload;
import org.ghosthost.workload.WorkloadException;

/** Makes workloads from texts such as {@code periodic:tasks=100,utilisation=6.5,seed=1}. */
public final class Generators {
    /** How many tasks one text may ask for. */
    static final int MAX_TASKS = 100_000;

    private Generators() {
    }

    /** Returns whether {@code text} begins as a generator's text does. */
    public static boolean accepts(final String text) {
        return switch (kind(text)) {
            case "periodic", "poisson", "spin" -> true;
            default -> false;
        };
    }

    /**
     * Makes a workload.
     *
     * @throws WorkloadException if the text is none of a generator
     */
    public static Workload parse(final String text) {
        return switch (kind(text)) {
            case "periodic" -> PeriodicGenerator.parse(text);
            case "poisson" -> PoissonGenerator.parse(text);
            case "spin" -> SpinGenerator.parse(text);
            default -> throw new WorkloadException("no generator is called " + quote(kind(text))
                    + "; there are periodic, poisson and spin");
        };
    }

    private static String kind(final String text) {
        final int colon = text.indexOf(':');
        return colon < 0 ? text : text.substring(0, colon);
    }
}
