package org.ghosthost.enclave.kernel;

import static org.ghosthost.policy.TransactionFlags.COMMIT_AT_TXN_COMMIT;
import static org.ghosthost.policy.TransactionFlags.COMMIT_MASK;
import static org.ghosthost.policy.TransactionFlags.RUN_MASK;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import org.ghosthost.policy.Gtid;
import org.ghosthost.policy.TransactionState;
import org.ghosthost.policy.abi.TransactionLayout;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TransactionTableTest {
    private static final int CPUS = 4;

    private final Arena arena = Arena.ofShared();
    private final TransactionTable table = new TransactionTable(
            arena.allocate((long) CPUS * TransactionLayout.SIZE, TransactionLayout.SIZE));

    @BeforeEach
    void cpusComeIn() {
        for (int cpu = 0; cpu < CPUS; cpu++) {
            table.reset(cpu);
        }
    }

    @AfterEach
    void free() {
        arena.close();
    }

    private void open(int cpu) {
        table.open(cpu, Gtid.of(1, 1), 1, 0, COMMIT_AT_TXN_COMMIT, 0, 1);
    }

    @Test
    void theSlotOfANewCpuIsCompleteAndOwnedByNobody() {
        for (int cpu = 0; cpu < CPUS; cpu++) {
            assertEquals(cpu, table.cpu(cpu));
            assertEquals(0, table.version(cpu));
            assertEquals(-1, table.owner(cpu));
            assertEquals(TransactionState.COMPLETE.code(), table.state(cpu));
        }
    }

    @Test
    void anOpenedSlotIsReadyAndHoldsWhatWasAskedForAndTheOthersAreAsTheyWere() {
        int flags = RUN_MASK | COMMIT_MASK;
        table.open(2, Long.MAX_VALUE, -7, Integer.MIN_VALUE, flags, 5_000_000_000L, 9);
        assertEquals(TransactionLayout.STATE_READY, table.state(2));
        assertEquals(Long.MAX_VALUE, table.gtid(2));
        assertEquals(-7, table.taskBarrier(2));
        assertEquals(Integer.MIN_VALUE, table.agentBarrier(2));
        assertEquals(flags, table.flags(2));
        assertEquals(5_000_000_000L, table.sliceNs(2));
        assertEquals(9, table.generation(2));
        theSlotOfAnUntouchedCpuIsUnchanged(1);
        theSlotOfAnUntouchedCpuIsUnchanged(3);
    }

    private void theSlotOfAnUntouchedCpuIsUnchanged(int cpu) {
        assertEquals(TransactionState.COMPLETE.code(), table.state(cpu));
        assertEquals(0, table.gtid(cpu));
        assertEquals(0, table.flags(cpu));
    }

    @Test
    void aClaimedSlotNamesItsClaimerAndCanNotBeAbortedNorClaimedAgain() {
        open(1);
        assertTrue(table.claim(1, 3));
        assertEquals(3, table.state(1));
        assertFalse(TransactionState.isResult(table.state(1)));
        assertFalse(table.abort(1));
        assertFalse(table.claim(1, 2));
        table.committed(1, 77, 88);
        table.store(1, TransactionState.TARGET_STALE);
        assertEquals(TransactionState.TARGET_STALE, TransactionState.of(table.state(1)));
        assertEquals(77, table.commitTimeNs(1));
        assertEquals(88, table.cpuSeqnum(1));
    }

    @Test
    void anAbortedSlotCanNotBeClaimed() {
        open(0);
        assertTrue(table.abort(0));
        assertFalse(table.claim(0, 0));
        assertEquals(TransactionState.ABORTED, TransactionState.of(table.state(0)));
        assertFalse(table.abort(0), "there is nothing to abort any more");
    }

    @Test
    void aSlotThatIsNotReadyCanNeitherBeClaimedNorAborted() {
        assertFalse(table.claim(0, 1));
        assertFalse(table.abort(0));
        assertEquals(TransactionState.COMPLETE.code(), table.state(0));
    }

    @Test
    void aSlotWithoutAResultCanNotBeOpenedAgain() {
        open(1);
        assertThrows(IllegalStateException.class, () -> open(1), "READY");
        table.claim(1, 0);
        assertThrows(IllegalStateException.class, () -> open(1), "claimed");
        table.store(1, TransactionState.CPU_UNAVAIL);
        open(1);
    }

    @Test
    void aSyncGroupOwnsASlotAlone() {
        assertTrue(table.own(0, 2));
        assertTrue(table.own(0, 2), "again by the same owner");
        assertFalse(table.own(0, 3));
        assertEquals(2, table.owner(0));
        table.disown(0);
        assertTrue(table.own(0, 3));
    }

    @Test
    void everyStateHasItsOwnCodeAndComesBackFromIt() {
        for (TransactionState state : TransactionState.values()) {
            table.store(0, state);
            assertTrue(TransactionState.isResult(table.state(0)));
            assertEquals(state, TransactionState.of(table.state(0)));
        }
        assertFalse(TransactionState.isResult(TransactionLayout.STATE_READY));
    }

    /** The agent aborts while the kernel side claims: exactly one of them has the slot, each time. */
    @Test
    void ofAnAbortAndAClaimAtTheSameTimeExactlyOneWins() {
        int rounds = 20_000;
        CyclicBarrier round = new CyclicBarrier(2);
        boolean[] claimed = new boolean[rounds];
        assertTimeoutPreemptively(Duration.ofSeconds(30), () -> {
            CompletableFuture<Void> kernel = CompletableFuture.runAsync(() -> {
                for (int i = 0; i < rounds; i++) {
                    meet(round);
                    claimed[i] = table.claim(0, 1);
                    meet(round);
                }
            });
            int[] wins = new int[2];
            for (int i = 0; i < rounds; i++) {
                open(0);
                meet(round);
                boolean aborted = table.abort(0);
                meet(round);
                assertTrue(aborted ^ claimed[i], "round " + i + ": aborted " + aborted + ", claimed " + claimed[i]);
                int expected = aborted ? TransactionState.ABORTED.code() : 1;
                assertEquals(expected, table.state(0));
                wins[aborted ? 0 : 1]++;
                table.store(0, TransactionState.COMPLETE);
            }
            kernel.join();
            assertEquals(rounds, wins[0] + wins[1]);
        });
    }

    private static void meet(CyclicBarrier barrier) {
        try {
            barrier.await();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
