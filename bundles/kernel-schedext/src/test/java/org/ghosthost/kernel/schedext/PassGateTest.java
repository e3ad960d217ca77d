package org.ghosthost.kernel.schedext;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Many threads at one gate. */
@Timeout(60)
final class PassGateTest {
    private static final long PATIENCE_NS = 30_000_000_000L;
    private static final int AGENTS = 6;
    private static final int ROUNDS = 20_000;

    private final PassGate gate = new PassGate(AGENTS, PATIENCE_NS);

    /** Changed by whoever is alone without any synchronisation of its own; so two at a time lose updates. */
    private long alone;
    private final AtomicInteger inside = new AtomicInteger();
    private final AtomicReference<String> fault = new AtomicReference<>();

    private static boolean never() {
        return false;
    }

    private void checkAlone() {
        if (inside.get() != 0) {
            fault.set("somebody was inside beside the one that was alone");
        }
        alone++;
        if (inside.get() != 0) {
            fault.set("somebody came in beside the one that was alone");
        }
    }

    private void checkShared(long before) {
        if (alone != before) {
            fault.set("somebody was alone during a pass of another");
        }
    }

    private long agent(int slot, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        long timesAlone = 0;
        for (int round = 0; round < ROUNDS; round++) {
            if (random.nextInt(16) == 0) {
                assertTrue(gate.enterAlone(PassGateTest::never));
                checkAlone();
                timesAlone++;
                gate.leaveAlone();
            } else {
                assertTrue(gate.enter(slot, PassGateTest::never));
                inside.incrementAndGet();
                long before = alone;
                for (int i = random.nextInt(20); i > 0; i--) {
                    Thread.onSpinWait();
                }
                checkShared(before);
                inside.decrementAndGet();
                gate.leave(slot);
            }
        }
        return timesAlone;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void whoIsAloneIsAlone(long seed) throws InterruptedException {
        List<Thread> threads = new ArrayList<>();
        long[] times = new long[AGENTS];
        for (int slot = 0; slot < AGENTS; slot++) {
            int own = slot;
            threads.add(Thread.ofPlatform().start(() -> times[own] = agent(own, seed * AGENTS + own)));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(null, fault.get(), "seed " + seed);
        long sum = 0;
        for (long each : times) {
            sum += each;
        }
        assertEquals(sum, alone, "seed " + seed);
    }

    @Test
    void passesOverlapWhenNobodyWantsToBeAlone() {
        assertTrue(gate.enter(0, PassGateTest::never));
        assertTrue(gate.enter(1, PassGateTest::never));
        gate.leave(1);
        gate.leave(0);
    }

    @Test
    void whoWaitsCanGiveUp() throws InterruptedException {
        assertTrue(gate.enterAlone(PassGateTest::never));
        assertTrue(gate.isMine());
        AtomicBoolean stop = new AtomicBoolean();
        List<Boolean> results = new ArrayList<>();
        Thread other = Thread.ofPlatform().start(() -> {
            results.add(gate.enter(0, stop::get));
            results.add(gate.enterAlone(stop::get));
            results.add(gate.isMine());
        });
        stop.set(true);
        other.join();
        assertEquals(List.of(false, false, false), results);
        gate.leaveAlone();
        assertTrue(gate.enter(0, PassGateTest::never));
    }

    @Test
    void anAgentThatHangsIsNotWaitedFor() throws InterruptedException {
        PassGate impatient = new PassGate(AGENTS, 20_000_000);
        CountDownLatch end = new CountDownLatch(1);
        CountDownLatch in = new CountDownLatch(1);
        Thread hung = Thread.ofPlatform().start(() -> {
            impatient.enter(3, PassGateTest::never);
            in.countDown();
            try {
                end.await();
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
            impatient.leave(3);
        });
        in.await();
        assertTrue(impatient.enterAlone(PassGateTest::never));
        impatient.leaveAlone();
        end.countDown();
        hung.join();
    }

    @Test
    void aCommandIsAloneInAllGatesAndMayGiveCommands() {
        Gates gates = new Gates();
        List<String> order = new ArrayList<>();
        gates.execute(() -> {
            gates.add(gate);
            assertTrue(gate.isMine(), "no agent begins before the command that makes it has ended");
            gates.execute(() -> order.add("inner"));
            order.add("outer");
        });
        assertFalse(gate.isMine());
        gates.execute(() -> assertTrue(gate.isMine()));
        gates.execute(() -> gates.remove(gate));
        gates.execute(() -> assertFalse(gate.isMine()));
        assertEquals(List.of("inner", "outer"), order);
    }
}
