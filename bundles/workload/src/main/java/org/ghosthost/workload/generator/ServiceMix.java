package org.ghosthost.workload.generator;

import java.util.Arrays;
import java.util.SplittableRandom;

/** How long requests take: some of them this long, some that long. */
final class ServiceMix {
    private static final int MAX_PARTS = 16;

    private final double[] limits;
    private final long[] serviceNs;
    private final double meanNs;

    private ServiceMix(final double[] limits, final long[] serviceNs, final double meanNs) {
        this.limits = limits;
        this.serviceNs = serviceNs;
        this.meanNs = meanNs;
    }

    /** Reads {@code 0.995x10us+0.005x5ms}; the shares add up to 1, and a time alone is a share of 1. */
    static ServiceMix parse(final Parameters parameters, final String name, final String otherwise) {
        final String found = parameters.find(name);
        final String text = found == null ? otherwise : found;
        final String[] parts = text.split("\\+", -1);
        if (parts.length > MAX_PARTS) {
            throw parameters.error(name + " has more than " + MAX_PARTS + " parts; merge some");
        }
        final double[] limits = new double[parts.length];
        final long[] serviceNs = new long[parts.length];
        double sum = 0;
        double meanNs = 0;
        for (int i = 0; i < parts.length; i++) {
            final int cross = parts[i].indexOf('x');
            final double share =
                    cross < 0 ? 1 : parameters.number("a share of " + name, parts[i].substring(0, cross), 0, 1);
            serviceNs[i] = parameters.durationNs(name, parts[i].substring(cross + 1), 1);
            sum += share;
            meanNs += share * serviceNs[i];
            limits[i] = sum;
        }
        if (Math.abs(sum - 1) > 1e-6) {
            throw parameters.error("the shares of " + name + " add up to " + sum + "; they must add up to 1");
        }
        return new ServiceMix(limits, serviceNs, meanNs);
    }

    long drawNs(final SplittableRandom random) {
        final double draw = random.nextDouble();
        int part = 0;
        while (part < limits.length - 1 && draw >= limits[part]) {
            part++;
        }
        return serviceNs[part];
    }

    long meanNs() {
        return Math.round(meanNs);
    }

    @Override
    public String toString() {
        return Arrays.toString(serviceNs);
    }
}
