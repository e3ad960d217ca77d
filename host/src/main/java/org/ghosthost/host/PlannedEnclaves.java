package org.ghosthost.host;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.ghosthost.enclave.Enclave;
import org.ghosthost.enclave.EnclaveException;
import org.ghosthost.enclave.EnclaveManager;
import org.ghosthost.enclave.Handoff;
import org.ghosthost.enclave.PolicyRelease;
import org.ghosthost.enclave.Roll;
import org.ghosthost.policy.Configuration;
import org.jspecify.annotations.Nullable;

/** Makes the enclaves of a configuration file. Their policies are loaded and checked before the first one is made. */
final class PlannedEnclaves {
    private static final long ATTACH_TIMEOUT_MS = 10_000;
    private static final Path ROOT = Path.of("/");

    private final EnclaveManager enclaves;
    private final PolicyBundles policies;
    private final List<HostConfig.EnclavePlan> plans;

    PlannedEnclaves(EnclaveManager enclaves, PolicyBundles policies, List<HostConfig.EnclavePlan> plans) {
        this.enclaves = enclaves;
        this.policies = policies;
        this.plans = plans;
    }

    /**
     * Makes them.
     *
     * @return what became of their policies
     * @throws GhostException with the place in the file
     */
    List<String> make() throws GhostException {
        Map<String, PolicyRelease> releases = new LinkedHashMap<>();
        for (HostConfig.EnclavePlan plan : plans) {
            if (!plan.policy().isEmpty()) {
                releases.putIfAbsent(plan.policy(), load(plan));
                check(plan, releases);
            }
        }
        List<String> reports = new ArrayList<>();
        for (HostConfig.EnclavePlan plan : plans) {
            try {
                make(plan, releases.get(plan.policy()));
            } catch (EnclaveException e) {
                throw wrong(plan, Sentences.of(e));
            }
        }
        for (String jar : releases.keySet()) {
            // What else it says is that the enclaves run it already.
            reports.add(policies.install(jar, ROOT).line().split("; ", 2)[0]);
        }
        return reports;
    }

    private PolicyRelease load(HostConfig.EnclavePlan plan) throws GhostException {
        try {
            return policies.load(plan.policy(), ROOT);
        } catch (EnclaveException e) {
            throw wrong(plan, Sentences.of(e));
        }
    }

    private static void check(HostConfig.EnclavePlan plan, Map<String, PolicyRelease> releases) throws GhostException {
        PolicyRelease release = releases.get(plan.policy());
        try {
            if (release != null) {
                Configuration.of(release.factory().configuration(), plan.configuration());
            }
        } catch (IllegalArgumentException e) {
            throw wrong(plan, String.valueOf(e.getMessage()));
        }
    }

    private void make(HostConfig.EnclavePlan plan, @Nullable PolicyRelease release)
            throws EnclaveException, GhostException {
        Enclave enclave = enclaves.create(plan.id(), plan.cpus());
        for (Map.Entry<String, String> tunable : plan.tunables().entrySet()) {
            enclave.setTunable(tunable.getKey(), tunable.getValue());
        }
        if (release == null) {
            return;
        }
        Handoff handoff = enclave.attach(release, plan.configuration());
        try {
            handoff.await(ATTACH_TIMEOUT_MS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        Roll roll = handoff.roll();
        if (roll.outcome() == Roll.Outcome.ROLLED_BACK || roll.outcome() == Roll.Outcome.REMOVED) {
            throw wrong(plan, EnclaveNews.sentence(roll));
        }
    }

    private static GhostException wrong(HostConfig.EnclavePlan plan, String sentence) {
        return new GhostException(plan.where() + ": " + sentence);
    }
}
