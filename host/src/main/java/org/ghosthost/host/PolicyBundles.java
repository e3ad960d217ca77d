package org.ghosthost.host;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.ghosthost.enclave.EnclaveException;
import org.ghosthost.enclave.EnclaveManager;
import org.ghosthost.enclave.PolicyLoader;
import org.ghosthost.enclave.PolicyRelease;
import org.ghosthost.policy.Feature;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;

/**
 * Policies as bundles: brings jars past the gate into Felix, starts and replaces them, and says what the enclaves made
 * of it.
 */
final class PolicyBundles implements PolicyLoader, AutoCloseable {
    /** Releases of one policy that stay installed though no enclave runs them: what one may want to roll back to. */
    static final int MAX_IDLE_RELEASES = 2;

    private static final Logger LOG = LogManager.getLogger(PolicyBundles.class);
    private static final int DIGEST_CHARS = 16;

    private final BundleContext context;
    private final BundleGate gate;
    private final ContentRegister register;
    private final PolicySource source;
    private final @Nullable EnclaveManager enclaves;
    private final ReleaseTracker releases;
    /** Bundles that were loaded for somebody else than the host's enclaves. */
    private final Set<Long> aside = ConcurrentHashMap.newKeySet();

    /** With {@code enclaves} null, policies are loaded and offered to nobody. */
    PolicyBundles(BundleContext context, BundleGate gate, ContentRegister register, PolicySource source,
            @Nullable EnclaveManager enclaves) {
        this.context = context;
        this.gate = gate;
        this.register = register;
        this.source = source;
        this.enclaves = enclaves;
        releases = new ReleaseTracker(context, gate, enclaves, aside);
    }

    /** What came of a command: one line, and whether every enclave that tried it kept it. */
    record Report(String line, boolean good) {
        static Report of(List<String> happened, boolean good) {
            String line = String.join("; ", happened);
            LOG.info("{}", line);
            return new Report(line, good);
        }
    }

    /**
     * Installs a policy and starts it; enclaves take it by the rule of rolling.
     *
     * @param name file name; a relative one is looked up in {@code directory}, then in {@code policies/}
     * @throws GhostException if the gate refuses it, or this version is installed already; nothing has changed then
     */
    Report install(String name, Path directory) throws GhostException {
        EnclaveNews news = new EnclaveNews(enclaves);
        Bundle bundle;
        try (PolicySource.Copy copy = source.open(name, directory)) {
            synchronized (this) {
                check(copy.jar());
                bundle = find(copy.jar());
                if (bundle == null) {
                    bundle = put(copy, false);
                } else {
                    adopt(bundle, copy.jar());
                }
            }
            List<String> happened = news.of(copy.jar().title(), releases.decisions(bundle));
            happened.addFirst("policy " + copy.jar().title() + " is installed as bundle " + bundle.getBundleId());
            happened.addAll(retire(copy.jar().name()));
            return Report.of(happened, news.good());
        } catch (IOException e) {
            throw new GhostException("cannot read " + name + ": " + Sentences.of(e));
        }
    }

    /** A bundle that was loaded for a simulation is offered to the enclaves too; any other is there already. */
    private void adopt(Bundle bundle, PolicyJar jar) throws GhostException {
        PolicyRelease release = releases.of(bundle);
        if (release == null || !aside.remove(bundle.getBundleId())) {
            throw new GhostException("policy " + jar.title() + " is installed already, as bundle "
                    + bundle.getBundleId() + (release == null
                            ? ", and stopped: felix:start " + bundle.getBundleId() + " starts it"
                            : ": ghost:roll goes to it; a new build needs a version of its own"));
        }
        releases.offer(bundle, release);
    }

    @Override
    public PolicyRelease load(String name, Path directory) throws EnclaveException {
        try (PolicySource.Copy copy = source.open(name, directory)) {
            Bundle bundle;
            synchronized (this) {
                register.check(copy.jar());
                bundle = find(copy.jar());
                if (bundle == null) {
                    bundle = put(copy, true);
                }
            }
            PolicyRelease release = releases.of(bundle);
            if (release == null) {
                throw new GhostException("policy " + copy.jar().title() + " is stopped, bundle " + bundle.getBundleId()
                        + ": felix:start " + bundle.getBundleId() + " starts it");
            }
            return release;
        } catch (GhostException | IOException e) {
            throw new EnclaveException(Sentences.of(e));
        }
    }

    /** The only bundle with this release in it, or null. */
    private @Nullable Bundle find(PolicyJar jar) {
        return policies(jar.name()).filter(bundle -> bundle.getVersion().equals(jar.version()))
                .findFirst().orElse(null);
    }

    /** The bundles that hold releases of this policy. */
    private Stream<Bundle> policies(String name) {
        return Stream.of(context.getBundles()).filter(bundle -> {
            try {
                return !gate.isOwn(bundle) && gate.policy(bundle).name().equals(name);
            } catch (GhostException _) {
                return false;
            }
        });
    }

    private void check(PolicyJar jar) throws GhostException {
        register.check(jar);
        if (enclaves == null) {
            return;
        }
        for (Feature need : jar.needs()) {
            if (!enclaves.backend().features().contains(need)) {
                throw new GhostException("policy " + jar.title() + " needs " + need.text() + ", which the "
                        + enclaves.backend().name() + " backend has not got");
            }
        }
    }

    private Bundle put(PolicySource.Copy copy, boolean forOthers) throws GhostException, IOException {
        Bundle bundle = null;
        try (var in = copy.open()) {
            bundle = context.installBundle(location(copy), in);
            if (forOthers) {
                aside.add(bundle.getBundleId());
            }
            gate.policy(bundle);
            bundle.start();
            if (releases.of(bundle) == null) {
                throw new GhostException("policy " + copy.jar().title()
                        + " registers no PolicyFactory when its bundle starts");
            }
            return bundle;
        } catch (BundleException e) {
            uninstall(bundle);
            throw new GhostException("policy " + copy.jar().title() + " does not start: " + Sentences.of(e));
        } catch (GhostException e) {
            uninstall(bundle);
            throw e;
        }
    }

    private void uninstall(@Nullable Bundle bundle) {
        try {
            if (bundle != null) {
                aside.remove(bundle.getBundleId());
                bundle.uninstall();
            }
        } catch (BundleException e) {
            LOG.warn("bundle {} stays installed: {}", bundle, Sentences.of(e));
        }
    }

    /** Path and content: so the same path with new content is a new bundle and not, silently, the old one. */
    private String location(PolicySource.Copy copy) {
        String location = copy.source().toUri() + "#" + copy.jar().sha256().substring(0, DIGEST_CHARS);
        String free = location;
        for (int again = 2; context.getBundle(free) != null; again++) { // was updated to something else in place
            free = location + "-" + again;
        }
        return free;
    }

    /** Where the jar of a bundle came from. */
    private static String origin(Bundle bundle) {
        return bundle.getLocation().replaceFirst("#[^#]*$", "");
    }

    /**
     * Replaces a bundle in place, stop-first: the built-in FIFO bridges the gap.
     *
     * @param name file to replace it by; empty = the file it came from
     * @throws GhostException if the new jar is refused; nothing has changed then
     */
    Report update(Bundle bundle, String name, Path directory) throws GhostException {
        EnclaveNews news = new EnclaveNews(enclaves);
        PolicyJar before = gate.policy(bundle);
        try (PolicySource.Copy copy = source.open(name.isEmpty() ? origin(bundle) : name, directory)) {
            PolicyJar jar = copy.jar();
            synchronized (this) {
                check(jar);
                Bundle same = find(jar);
                if (!jar.symbolicName().equals(before.symbolicName())) {
                    throw new GhostException("bundle " + bundle.getBundleId() + " is " + before.symbolicName()
                            + " and cannot become " + jar.symbolicName() + ": felix:install installs it beside");
                }
                if (same != null && !same.equals(bundle)) {
                    throw new GhostException("policy " + jar.title() + " is installed already, as bundle "
                            + same.getBundleId() + ": ghost:roll goes to it");
                }
                bundle.update(copy.open());
                gate.policy(bundle);
                bundle.start();
            }
            List<String> happened = news.of(jar.title(), releases.decisions(bundle));
            happened.addFirst("bundle " + bundle.getBundleId() + " was " + before.title() + " and is " + jar.title());
            return Report.of(happened, news.good());
        } catch (BundleException | IOException e) {
            throw new GhostException("bundle " + bundle.getBundleId() + " is not updated: " + Sentences.of(e));
        }
    }

    /** Starts a bundle that was stopped. */
    Report start(Bundle bundle) throws GhostException {
        PolicyJar jar = gate.policy(bundle);
        EnclaveNews news = new EnclaveNews(enclaves);
        try {
            bundle.start();
        } catch (BundleException e) {
            throw new GhostException("bundle " + bundle.getBundleId() + " does not start: " + Sentences.of(e));
        }
        List<String> happened = news.of(jar.title(), releases.decisions(bundle));
        happened.addFirst("bundle " + bundle.getBundleId() + " (" + jar.title() + ") runs");
        return Report.of(happened, news.good());
    }

    /** Stops or uninstalls a bundle; enclaves that ran it go on with the built-in FIFO. */
    Report end(Bundle bundle, boolean uninstall) throws GhostException {
        EnclaveNews news = new EnclaveNews(enclaves);
        String title = bundle.getSymbolicName() + " " + bundle.getVersion();
        try {
            if (uninstall) {
                bundle.uninstall();
                aside.remove(bundle.getBundleId());
            } else {
                bundle.stop();
            }
        } catch (BundleException e) {
            throw new GhostException("bundle " + bundle.getBundleId() + " does not stop: " + Sentences.of(e));
        }
        List<String> happened = new ArrayList<>(news.leaders());
        happened.addFirst("bundle " + bundle.getBundleId() + " (" + title + ") is "
                + (uninstall ? "uninstalled" : "stopped"));
        return Report.of(happened, true);
    }

    /** Uninstalls the oldest releases of a policy that nobody runs, so that their classes can go. */
    private synchronized List<String> retire(String name) {
        if (enclaves == null) {
            return List.of();
        }
        Set<String> active = enclaves.enclaves().stream().map(enclave -> enclave.status())
                .map(status -> status.policy() + " " + status.version()).collect(Collectors.toSet());
        Map<Bundle, String> idle = new LinkedHashMap<>();
        policies(name).sorted(Comparator.comparingLong(Bundle::getBundleId)).forEach(bundle -> {
            PolicyRelease release = releases.of(bundle);
            if (release != null && !active.contains(release.id()) && !aside.contains(bundle.getBundleId())) {
                idle.put(bundle, release.id());
            }
        });
        List<String> retired = new ArrayList<>();
        for (Map.Entry<Bundle, String> entry : idle.entrySet()) {
            if (idle.size() - retired.size() > MAX_IDLE_RELEASES) {
                LOG.info("{} is uninstalled: no enclave runs it and newer ones are installed", entry.getValue());
                uninstall(entry.getKey());
                retired.add(entry.getValue() + " is retired");
            }
        }
        return retired;
    }

    @Override
    public void close() {
        releases.close();
    }
}
