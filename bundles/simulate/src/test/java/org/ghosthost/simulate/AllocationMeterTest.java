package org.ghosthost.simulate;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AllocationMeterTest {

    private final AllocationMeter meter = new AllocationMeter();
    private final List<byte[]> garbage = new ArrayList<>();

    @Test
    void onlyTheSecondHalfCountsAndPausesDoNot() {
        for (int i = 1; i <= 100; i++) {
            meter.resume();
            garbage.add(new byte[i <= 50 ? 100_000 : 10_000]);
            meter.pause(i * 100L);
            garbage.add(new byte[50_000]);
        }
        assertEquals(100, meter.bytesPerDecision(), 10);
    }

    @Test
    void manySamplesAreThinnedAndTheResultStays() {
        for (int i = 1; i <= 10_000; i++) {
            meter.resume();
            garbage.clear();
            garbage.add(new byte[1_000]);
            meter.pause(i);
        }
        assertEquals(1_016, meter.bytesPerDecision(), 50);
    }

    @Test
    void aRunWithoutDecisionsHasNoBytes() {
        meter.resume();
        meter.pause(0);
        assertEquals(0, meter.bytesPerDecision());
    }
}
