package org.ghosthost.host;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.ghosthost.enclave.Enclave;
import org.ghosthost.enclave.EnclaveManager;
import org.ghosthost.enclave.Handoff;
import org.ghosthost.enclave.Roll;
import org.jspecify.annotations.Nullable;

/** What became of the enclaves by a command: remembers how they were, then tells who rolled, and how it went. */
final class EnclaveNews {
    private static final long ROLL_TIMEOUT_MS = 5_000;

    private final Map<Enclave, @Nullable Handoff> before = new LinkedHashMap<>();
    private final Map<Enclave, String> ledBefore = new LinkedHashMap<>();
    private boolean good = true;

    /** Looks at the enclaves as they are now. */
    EnclaveNews(@Nullable EnclaveManager enclaves) {
        for (Enclave enclave : enclaves == null ? List.<Enclave>of() : enclaves.enclaves()) {
            before.put(enclave, enclave.handoff());
            ledBefore.put(enclave, leader(enclave));
        }
    }

    /**
     * Tells about each enclave, and waits for the end of the rolls that have begun meanwhile.
     *
     * @param title release that may have been taken
     * @param decisions what the enclaves said when it was offered
     */
    List<String> of(String title, List<String> decisions) {
        List<String> news = new ArrayList<>();
        for (Enclave enclave : before.keySet()) {
            String decision = decisions.stream().filter(said -> said.startsWith("enclave " + enclave.id() + " "))
                    .findFirst().orElse("");
            Handoff now = enclave.handoff();
            boolean rolls = now != null && now != before.get(enclave) && now.roll().to().equals(title);
            String sentence = rolls ? outcome(now) : decision;
            if (!sentence.isEmpty()) {
                news.add(sentence);
            }
        }
        return news;
    }

    private String outcome(@Nullable Handoff handoff) {
        if (handoff == null) {
            return "";
        }
        try {
            handoff.await(ROLL_TIMEOUT_MS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        Roll roll = handoff.roll();
        good &= roll.outcome() == Roll.Outcome.COMMITTED || roll.outcome() == Roll.Outcome.UNDER_WAY;
        return sentence(roll);
    }

    /** How a roll went, or stands. */
    static String sentence(Roll roll) {
        String enclave = "enclave " + roll.enclave();
        return switch (roll.outcome()) {
            case COMMITTED -> enclave + " rolled from " + roll.from() + " to " + roll.to() + " (generation "
                    + roll.toGeneration() + ", blackout " + TimeUnit.NANOSECONDS.toMicros(roll.blackoutNs()) + " us)";
            case UNDER_WAY -> enclave + " is rolling from " + roll.from() + " to " + roll.to();
            case ROLLED_BACK, REMOVED -> enclave + " went back to " + roll.from() + " from " + roll.to()
                    + (roll.reason().isEmpty() ? "" : ": " + roll.reason());
        };
    }

    /** Whether every roll that was told of went well. */
    boolean good() {
        return good;
    }

    /** Tells who leads in the enclaves whose leader has changed. */
    List<String> leaders() {
        List<String> news = new ArrayList<>();
        ledBefore.forEach((enclave, led) -> {
            String leads = leader(enclave);
            if (!leads.equals(led)) {
                news.add("enclave " + enclave.id() + " goes on with " + leads);
            }
        });
        return news;
    }

    private static String leader(Enclave enclave) {
        var policy = enclave.policy();
        return policy == null ? "the built-in FIFO" : policy.id();
    }
}
