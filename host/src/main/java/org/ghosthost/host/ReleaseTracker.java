package org.ghosthost.host;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.ghosthost.enclave.EnclaveManager;
import org.ghosthost.enclave.PolicyRelease;
import org.ghosthost.enclave.PolicyVersion;
import org.ghosthost.policy.PolicyFactory;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;
import org.osgi.util.tracker.ServiceTracker;
import org.osgi.util.tracker.ServiceTrackerCustomizer;

/**
 * Turns the factories that policy bundles register into releases for the enclaves. A bundle that stops takes its
 * factory back on its own thread, and that thread goes on only when no enclave runs its code any more.
 */
final class ReleaseTracker implements ServiceTrackerCustomizer<PolicyFactory, PolicyRelease>, AutoCloseable {
    private static final Logger LOG = LogManager.getLogger(ReleaseTracker.class);

    private final BundleContext context;
    private final BundleGate gate;
    private final @Nullable EnclaveManager enclaves;
    private final Set<Long> aside;
    private final Map<Long, PolicyRelease> releases = new ConcurrentHashMap<>();
    private final Map<Long, List<String>> decisions = new ConcurrentHashMap<>();
    private final ServiceTracker<PolicyFactory, PolicyRelease> tracker;

    /** Offers to {@code enclaves} what no bundle in {@code aside} registers. */
    ReleaseTracker(BundleContext context, BundleGate gate, @Nullable EnclaveManager enclaves, Set<Long> aside) {
        this.context = context;
        this.gate = gate;
        this.enclaves = enclaves;
        this.aside = aside;
        tracker = new ServiceTracker<>(context, PolicyFactory.class, this);
        tracker.open();
    }

    /** What a bundle offers; null while it is stopped. */
    @Nullable PolicyRelease of(Bundle bundle) {
        return releases.get(bundle.getBundleId());
    }

    /** What the enclaves said when the bundle's release was offered to them; told once. */
    List<String> decisions(Bundle bundle) {
        List<String> told = decisions.remove(bundle.getBundleId());
        return told == null ? List.of() : told;
    }

    /** Offers a release to the enclaves. */
    void offer(Bundle bundle, PolicyRelease release) {
        if (enclaves != null) {
            decisions.put(bundle.getBundleId(), enclaves.policies().add(release));
        }
    }

    @Override
    public @Nullable PolicyRelease addingService(ServiceReference<PolicyFactory> reference) {
        Bundle bundle = reference.getBundle();
        try {
            PolicyJar jar = gate.policy(bundle);
            PolicyRelease release = new PolicyRelease(jar.name(), PolicyVersion.parse(jar.version().toString()),
                    jar.model(), jar.needs(), context.getService(reference), bundle.getLocation());
            if (releases.putIfAbsent(bundle.getBundleId(), release) != null) {
                LOG.warn("bundle {} registers more than one PolicyFactory: the first one counts", bundle);
                context.ungetService(reference);
                return null;
            }
            if (!aside.contains(bundle.getBundleId())) {
                offer(bundle, release);
            }
            return release;
        } catch (GhostException | IllegalArgumentException e) {
            LOG.warn("bundle {} registers a PolicyFactory and is not a policy: {}", bundle, Sentences.of(e));
            return null;
        }
    }

    @Override
    public void modifiedService(ServiceReference<PolicyFactory> reference, PolicyRelease release) {
        // Properties of the service say nothing.
    }

    @Override
    public void removedService(ServiceReference<PolicyFactory> reference, PolicyRelease release) {
        Bundle bundle = reference.getBundle();
        if (bundle != null) {
            releases.remove(bundle.getBundleId());
            decisions.remove(bundle.getBundleId());
        }
        if (enclaves != null) {
            enclaves.policies().remove(release);
        }
        context.ungetService(reference);
    }

    @Override
    public void close() {
        tracker.close();
    }
}
