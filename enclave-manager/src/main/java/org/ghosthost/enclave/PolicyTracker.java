package org.ghosthost.enclave;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * The installed releases, and the rule of rolling: an enclave without a policy of its own takes an installed release;
 * an enclave whose policy has the same name and a lower version rolls to it, unless its {@code auto_roll} is off;
 * anything else waits for the operator. A release that was rolled back is never taken again by itself.
 */
public final class PolicyTracker {
    private static final Logger LOG = LogManager.getLogger(PolicyTracker.class);

    private final EnclaveManager manager;
    private final RejectedReleases rejected;
    private final Map<String, PolicyRelease> releases = new LinkedHashMap<>();

    PolicyTracker(EnclaveManager manager, RejectedReleases rejected) {
        this.manager = manager;
        this.rejected = rejected;
    }

    /**
     * A release is to be had from now on; enclaves take it by the rule.
     *
     * @return one sentence for each enclave: what it did, or why it did nothing
     */
    public List<String> add(PolicyRelease release) {
        synchronized (this) {
            releases.put(release.id(), release);
        }
        List<String> decisions = new ArrayList<>();
        for (Enclave enclave : manager.enclaves()) {
            decisions.add(consider(enclave, release));
        }
        return decisions;
    }

    /** A release is no longer to be had: when this returns, no enclave runs its code. */
    public void remove(PolicyRelease release) {
        synchronized (this) {
            releases.remove(release.id());
        }
        for (Enclave enclave : manager.enclaves()) {
            enclave.remove(release);
        }
    }

    /** The installed releases, by name and version. */
    public synchronized List<PolicyRelease> releases() {
        return releases.values().stream()
                .sorted(Comparator.comparing(PolicyRelease::name).thenComparing(PolicyRelease::version))
                .toList();
    }

    /** The release with this name, of this version or, when it is empty, the highest that was not rolled back. */
    public Optional<PolicyRelease> find(String name, String version) {
        return releases().stream()
                .filter(release -> release.name().equals(name))
                .filter(release -> version.isEmpty()
                        ? !isRejected(release)
                        : release.version().toString().equals(version))
                .reduce((lower, higher) -> higher);
    }

    /** Whether it was rolled back once. */
    public boolean isRejected(PolicyRelease release) {
        return isRejected(release.id());
    }

    boolean isRejected(String id) {
        return rejected.contains(id);
    }

    void reject(PolicyRelease release) {
        rejected.add(release.id());
    }

    /** What this enclave does about a release that is there now; one sentence. */
    String consider(Enclave enclave, PolicyRelease release) {
        String who = "enclave " + enclave.id();
        PolicyRelease active = enclave.policy();
        if (isRejected(release)) {
            return who + " does not take " + release.id() + " by itself: it was rolled back once; use ghost:roll";
        }
        if (active != null && !active.name().equals(release.name())) {
            return who + " runs " + active.id() + ": use ghost:attach for " + release.id();
        }
        if (active != null && active.version().compareTo(release.version()) >= 0) {
            return who + " runs " + active.id() + ": use ghost:roll for " + release.id();
        }
        if (active != null && !enclave.autoRoll()) {
            return who + " runs " + active.id() + " and has auto_roll off: use ghost:roll for " + release.id();
        }
        try {
            enclave.roll(release);
            return who + (active == null ? " takes " : " rolls from " + active.id() + " to ") + release.id();
        } catch (EnclaveException e) {
            LOG.warn("{} stays as it is: {}", who, e.getMessage());
            return who + " stays as it is: " + e.getMessage();
        }
    }
}
