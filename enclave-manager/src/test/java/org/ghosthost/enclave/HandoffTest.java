package org.ghosthost.enclave;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.ghosthost.enclave.Handoff.Event;
import org.ghosthost.enclave.Roll.Outcome;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class HandoffTest {
    /** The good road: what moves a handoff out of each state, in order. */
    private static final Map<HandoffState, Event> ROAD = new EnumMap<>(Map.of(
            HandoffState.RESOLVED, Event.PREPARED,
            HandoffState.PREPARED, Event.FOLLOW,
            HandoffState.FOLLOWING, Event.LEAD,
            HandoffState.ONLINE, Event.FIRST_PASS,
            HandoffState.PROBATION, Event.HEALTHY));

    private static Handoff handoff() {
        return new Handoff(1, 4, "edf 1.0.0", 5, "edf 1.1.0", 1000);
    }

    private static Handoff handoffThatIs(HandoffState state) {
        Handoff handoff = handoff();
        if (state == HandoffState.ROLLED_BACK) {
            handoff.fail(Outcome.ROLLED_BACK, "it threw");
            return handoff;
        }
        while (handoff.state() != state) {
            handoff.advance(ROAD.get(handoff.state()));
        }
        return handoff;
    }

    @ParameterizedTest
    @EnumSource(HandoffState.class)
    void everyStateRefusesEveryEventThatIsNotItsOwn(HandoffState state) {
        for (Event event : Event.values()) {
            boolean allowed = event == ROAD.get(state) || (event == Event.FAILED && !state.isFinal());
            Handoff handoff = handoffThatIs(state);
            if (allowed) {
                handoff.advance(event);
            } else {
                var refused = assertThrows(AssertionError.class, () -> handoff.advance(event), state + " " + event);
                assertTrue(refused.getMessage().contains("generation 5"), refused.getMessage());
                assertEquals(state, handoff.state(), "a refused event changes nothing");
            }
        }
    }

    @ParameterizedTest
    @EnumSource(value = HandoffState.class, names = {"COMMITTED", "ROLLED_BACK"}, mode = EnumSource.Mode.EXCLUDE)
    void aFailureLeadsBackFromEverywhereOnTheWay(HandoffState state) {
        Handoff handoff = handoffThatIs(state);
        handoff.fail(Outcome.REMOVED, "edf 1.1.0 was taken out");
        assertEquals(HandoffState.ROLLED_BACK, handoff.state());
        assertEquals(Outcome.REMOVED, handoff.roll().outcome());
        assertEquals("edf 1.1.0 was taken out", handoff.roll().reason());
    }

    @Test
    void aRefusedFailureDoesNotRewriteHowItEnded() {
        Handoff handoff = handoffThatIs(HandoffState.COMMITTED);
        assertThrows(AssertionError.class, () -> handoff.fail(Outcome.ROLLED_BACK, "too late"));
        assertEquals(Outcome.COMMITTED, handoff.roll().outcome());
        assertEquals("", handoff.roll().reason());
    }

    @Test
    void theRollTellsWhoHandsOverToWhomAndHowFarItIs() {
        Handoff handoff = handoff();
        assertEquals(new Roll(1, 4, "edf 1.0.0", 5, "edf 1.1.0", Outcome.UNDER_WAY, "", 1000, -1, 0, 0),
                handoff.roll());
        for (Event event : List.of(Event.PREPARED, Event.FOLLOW)) {
            handoff.advance(event);
        }
        handoff.tasks(10, 9);
        handoff.advance(Event.LEAD);
        handoff.blackoutNs(12_000);
        handoff.advance(Event.FIRST_PASS);
        assertEquals(Outcome.UNDER_WAY, handoff.roll().outcome());
        handoff.advance(Event.HEALTHY);
        assertEquals(new Roll(1, 4, "edf 1.0.0", 5, "edf 1.1.0", Outcome.COMMITTED, "", 1000, 12_000, 10, 9),
                handoff.roll());
    }

    @Test
    void whoeverAwaitsItsEndIsToldByItsEnd() {
        Handoff handoff = handoffThatIs(HandoffState.PROBATION);
        assertTimeoutPreemptively(Duration.ofSeconds(20), () -> {
            CompletableFuture<HandoffState> waiting = CompletableFuture.supplyAsync(() -> await(handoff, 15_000));
            handoff.advance(Event.HEALTHY);
            assertEquals(HandoffState.COMMITTED, waiting.join());
        });
    }

    @Test
    void whoeverHasWaitedLongEnoughIsToldWhereItStands() {
        assertEquals(HandoffState.FOLLOWING, await(handoffThatIs(HandoffState.FOLLOWING), 1));
        assertEquals(HandoffState.FOLLOWING, await(handoffThatIs(HandoffState.FOLLOWING), 0));
        assertEquals(HandoffState.ROLLED_BACK, await(handoffThatIs(HandoffState.ROLLED_BACK), 0));
    }

    private static HandoffState await(Handoff handoff, long timeoutMs) {
        try {
            return handoff.await(timeoutMs);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
