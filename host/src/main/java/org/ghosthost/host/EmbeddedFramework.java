package org.ghosthost.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.FrameworkEvent;
import org.osgi.framework.hooks.resolver.ResolverHookFactory;
import org.osgi.framework.launch.Framework;
import org.osgi.framework.launch.FrameworkFactory;

/** Felix inside of this process. Its cache is scratch: what is installed is decided afresh at each start. */
final class EmbeddedFramework implements AutoCloseable {
    private static final Logger LOG = LogManager.getLogger(EmbeddedFramework.class);
    private static final long STOP_TIMEOUT_MS = 5_000;

    private final Framework framework;
    private final BundleGate gate;

    private EmbeddedFramework(Framework framework, BundleGate gate) {
        this.framework = framework;
        this.gate = gate;
    }

    /**
     * Starts Felix with no bundle in it.
     *
     * @param cache folder for Felix alone; emptied
     */
    static EmbeddedFramework start(Path cache, BundleGate gate) throws GhostException {
        try {
            Map<String, String> settings = Map.of(
                    Constants.FRAMEWORK_STORAGE, cache.toString(),
                    Constants.FRAMEWORK_STORAGE_CLEAN, Constants.FRAMEWORK_STORAGE_CLEAN_ONFIRSTINIT,
                    Constants.FRAMEWORK_SYSTEMPACKAGES_EXTRA, SystemPackages.export(),
                    Constants.FRAMEWORK_BSNVERSION, Constants.FRAMEWORK_BSNVERSION_SINGLE,
                    "felix.cache.locking", "false",
                    "felix.log.level", "2");
            Framework framework = ServiceLoader.load(FrameworkFactory.class).findFirst()
                    .orElseThrow(() -> new GhostException("Felix is not on the class path"))
                    .newFramework(withLog(settings));
            framework.init();
            BundleContext context = framework.getBundleContext();
            context.addFrameworkListener(EmbeddedFramework::log);
            context.registerService(ResolverHookFactory.class, gate, null);
            framework.start();
            return new EmbeddedFramework(framework, gate);
        } catch (IOException | BundleException e) {
            throw new GhostException("cannot start Felix in " + cache + ": " + Sentences.of(e));
        }
    }

    /** Felix wants its logger as an object among the texts. */
    @SuppressWarnings({"unchecked", "rawtypes"}) // the factory's signature says texts only
    private static Map<String, String> withLog(Map<String, String> settings) {
        Map<String, Object> all = new HashMap<>(settings);
        all.put("felix.log.logger", new FelixLog());
        return (Map) all;
    }

    private static void log(FrameworkEvent event) {
        if (event.getType() == FrameworkEvent.ERROR || event.getType() == FrameworkEvent.WARNING) {
            LOG.warn("bundle {}: {}", event.getBundle(), Sentences.of(event.getThrowable()));
        }
    }

    BundleContext context() {
        return framework.getBundleContext();
    }

    /**
     * Installs bundles of the host itself, by reference to their jars, then starts those of them that can be started.
     *
     * @throws GhostException if one of them is missing or does not start
     */
    List<Bundle> addOwn(List<Path> jars) throws GhostException {
        List<Bundle> bundles = new ArrayList<>();
        for (Path jar : jars) {
            if (!Files.exists(jar)) {
                throw new GhostException("the installation is not complete: " + jar + " is missing");
            }
            try {
                String location = "reference:" + jar.toUri();
                gate.pass(location);
                bundles.add(context().installBundle(location));
            } catch (BundleException e) {
                throw new GhostException("cannot install " + jar + ": " + Sentences.of(e));
            }
        }
        for (Bundle bundle : bundles) {
            start(bundle);
        }
        return bundles;
    }

    private static void start(Bundle bundle) throws GhostException {
        try {
            bundle.start();
        } catch (BundleException e) {
            throw new GhostException("cannot start " + bundle.getSymbolicName() + ": " + Sentences.of(e));
        }
    }

    /** Waits until somebody stops Felix. */
    void awaitStop() throws InterruptedException {
        framework.waitForStop(0);
    }

    /** Stops all bundles and Felix. Idempotent. */
    @Override
    public void close() {
        try {
            framework.stop();
            if (framework.waitForStop(STOP_TIMEOUT_MS).getType() == FrameworkEvent.WAIT_TIMEDOUT) {
                LOG.warn("Felix did not stop within {} ms", STOP_TIMEOUT_MS);
            }
        } catch (BundleException e) {
            LOG.warn("Felix did not stop: {}", Sentences.of(e));
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
