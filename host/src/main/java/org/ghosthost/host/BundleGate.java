package org.ghosthost.host;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;
import org.osgi.framework.hooks.resolver.ResolverHook;
import org.osgi.framework.hooks.resolver.ResolverHookFactory;
import org.osgi.framework.wiring.BundleCapability;
import org.osgi.framework.wiring.BundleRequirement;
import org.osgi.framework.wiring.BundleRevision;

/**
 * Decides which bundles may resolve: the host's own, and policies whose stored bytes were found in order. Looks at
 * Felix's own copy of the jar, never at the path it came from, and has the last word whoever installs or starts it.
 */
final class BundleGate implements ResolverHookFactory {
    private static final Logger LOG = LogManager.getLogger(BundleGate.class);

    /** What was found out about one revision: a policy, or why not. */
    private record Verdict(@Nullable PolicyJar policy, @Nullable String refusal) {}

    private final ContentRegister register;
    private final Set<String> own = ConcurrentHashMap.newKeySet();
    private final Map<BundleRevision, Verdict> verdicts = Collections.synchronizedMap(new WeakHashMap<>());

    BundleGate(ContentRegister register) {
        this.register = register;
    }

    /** Lets the bundle of the host itself pass that is about to be installed from this location. */
    void pass(String location) {
        own.add(location);
    }

    /** Whether a bundle is part of the host. */
    boolean isOwn(Bundle bundle) {
        return bundle.getBundleId() == 0 || own.contains(bundle.getLocation());
    }

    /**
     * What a bundle is, by its stored bytes.
     *
     * @throws GhostException with the one reason why it is not a policy that this host takes
     */
    PolicyJar policy(Bundle bundle) throws GhostException {
        BundleRevision revision = bundle.adapt(BundleRevision.class);
        Verdict verdict = revision == null ? new Verdict(null, "is not installed") : verdict(revision);
        if (verdict.policy() == null) {
            throw new GhostException(String.valueOf(verdict.refusal()));
        }
        return verdict.policy();
    }

    private Verdict verdict(BundleRevision revision) {
        Verdict known = verdicts.get(revision);
        if (known != null) {
            return known;
        }
        Verdict verdict = examine(revision.getBundle());
        verdicts.put(revision, verdict);
        if (verdict.refusal() != null) {
            LOG.warn("refused bundle {} ({}): {}", revision.getBundle().getBundleId(), revision.getSymbolicName(),
                    verdict.refusal());
        }
        return verdict;
    }

    private Verdict examine(Bundle bundle) {
        try {
            PolicyJar jar = PolicyJar.read(storedJar(bundle), knownAs(bundle));
            register.take(jar);
            return new Verdict(jar, null);
        } catch (GhostException e) {
            return new Verdict(null, e.getMessage());
        }
    }

    private static String knownAs(Bundle bundle) {
        return bundle.getLocation().replaceFirst("#[^#]*$", "").replaceFirst("^.*/", "");
    }

    /** Felix keeps a bundle in {@code version<refreshes>.<updates>/bundle.jar}; the highest is the current one. */
    private static Path storedJar(Bundle bundle) throws GhostException {
        File data = bundle.getDataFile("");
        File[] revisions = data == null ? null : data.getParentFile().listFiles(
                file -> file.getName().matches("version\\d+\\.\\d+") && new File(file, "bundle.jar").isFile());
        if (revisions == null || revisions.length == 0) {
            throw new GhostException("bundle " + bundle.getBundleId() + " has no copy in the host's cache:"
                    + " install it from a jar, without reference:");
        }
        TreeMap<Integer, File> byUpdate = new TreeMap<>();
        for (File revision : revisions) {
            String name = revision.getName();
            byUpdate.put(Integer.valueOf(name.substring(name.indexOf('.') + 1)), revision);
        }
        Path jar = byUpdate.lastEntry().getValue().toPath().resolve("bundle.jar");
        if (Files.isSymbolicLink(jar)) {
            throw new GhostException("the host's copy of bundle " + bundle.getBundleId() + " is a link");
        }
        return jar;
    }

    /** Whether a bundle is a part of the host, or a policy that is in order. */
    boolean mayResolve(Bundle bundle) {
        BundleRevision revision = bundle.adapt(BundleRevision.class);
        return revision != null && mayResolve(revision);
    }

    private boolean mayResolve(BundleRevision revision) {
        return isOwn(revision.getBundle()) || verdict(revision).policy() != null;
    }

    @Override
    public ResolverHook begin(Collection<BundleRevision> triggers) {
        return new Hook(triggers.stream().allMatch(this::mayResolve));
    }

    /**
     * Keeps what is not verified out of one resolution. Once a hook has taken anything out of the resolvable ones,
     * Felix 7.0.5 offers no bundle that is resolved already, not even the system bundle; so that is done only when
     * the resolution has to fail anyway.
     */
    private final class Hook implements ResolverHook {
        private final boolean triggersMayResolve;

        Hook(boolean triggersMayResolve) {
            this.triggersMayResolve = triggersMayResolve;
        }

        @Override
        public void filterResolvable(Collection<BundleRevision> candidates) {
            if (!triggersMayResolve) {
                candidates.removeIf(revision -> !mayResolve(revision));
            }
        }

        @Override
        public void filterSingletonCollisions(
                BundleCapability singleton, Collection<BundleCapability> collisionCandidates) {
            // Nothing to say: two releases of a policy are no collision.
        }

        @Override
        public void filterMatches(BundleRequirement requirement, Collection<BundleCapability> candidates) {
            if (mayResolve(requirement.getRevision())) {
                candidates.removeIf(capability -> !mayResolve(capability.getRevision()));
            } else {
                candidates.clear();
            }
        }

        @Override
        public void end() {
            // Nothing is kept for one resolution.
        }
    }
}
