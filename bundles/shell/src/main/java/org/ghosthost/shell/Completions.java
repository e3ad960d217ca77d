package org.ghosthost.shell;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.ghosthost.enclave.EnclaveManager;
import org.ghosthost.enclave.PolicyRelease;
import org.ghosthost.policy.GhostPolicy;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleContext;

/** What the Tab key of the console offers as arguments; called by its profile. */
public final class Completions {
    private final BundleContext context;
    private final Supplier<@Nullable EnclaveManager> manager;

    Completions(BundleContext context, Supplier<@Nullable EnclaveManager> manager) {
        this.context = context;
        this.manager = manager;
    }

    static String[] functions() {
        return new String[] {"enclaves", "releases", "tunables", "bundles"};
    }

    private Stream<EnclaveManager> manager() {
        return Optional.ofNullable(manager.get()).stream();
    }

    /** Numbers of the enclaves. */
    public List<String> enclaves() {
        return manager().flatMap(all -> all.enclaves().stream()).map(enclave -> Integer.toString(enclave.id()))
                .toList();
    }

    /** Numbers of the enclaves, names and versions of the installed policies. */
    public List<String> releases() {
        Stream<PolicyRelease> releases = manager().flatMap(all -> all.policies().releases().stream());
        Stream<String> words = releases.flatMap(r -> Stream.of(r.name(), r.version().toString()));
        return Stream.concat(enclaves().stream(), words).distinct().toList();
    }

    /** Numbers of the enclaves, names of their tunables. */
    public List<String> tunables() {
        return Stream.concat(enclaves().stream(), manager().flatMap(all -> all.enclaves().stream())
                .flatMap(enclave -> enclave.tunables().keySet().stream())).distinct().toList();
    }

    /** Numbers of the policies' bundles. */
    public List<String> bundles() {
        return Arrays.stream(context.getBundles())
                .filter(bundle -> String.valueOf(bundle.getHeaders("").get("Provide-Capability"))
                        .contains(GhostPolicy.NAMESPACE))
                .map(bundle -> Long.toString(bundle.getBundleId())).toList();
    }
}
