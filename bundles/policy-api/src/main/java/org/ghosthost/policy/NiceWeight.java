package org.ghosthost.policy;

/** The weight of each nice value in the fair class of Linux: a step of one is about a tenth of the CPU. */
public final class NiceWeight {
    /** Weight of nice value 0. */
    public static final int NICE_0 = 1024;

    private static final int LOWEST = -20;
    private static final int[] WEIGHTS = {
        88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916,
        9548, 7620, 6100, 4904, 3906, 3121, 2501, 1991, 1586, 1277,
        1024, 820, 655, 526, 423, 335, 272, 215, 172, 137,
        110, 87, 70, 56, 45, 36, 29, 23, 18, 15,
    };

    private NiceWeight() {}

    /** The weight of a nice value, which is taken as the nearest of -20 to 19. */
    public static int of(int nice) {
        return WEIGHTS[Math.clamp(nice - LOWEST, 0, WEIGHTS.length - 1)];
    }
}
