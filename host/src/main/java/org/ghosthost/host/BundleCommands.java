package org.ghosthost.host;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;
import org.apache.felix.service.command.Process;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.wiring.FrameworkWiring;

/**
 * The commands of scope {@code felix} that change bundles, in place of Gogo's own: names of files are looked up, every
 * jar passes the gate, and a failure is a failure (Gogo's own return it as a text).
 */
public final class BundleCommands {
    private final BundleContext context;
    private final BundleGate gate;
    private final PolicyBundles policies;
    private final Runnable shutdown;

    BundleCommands(BundleContext context, BundleGate gate, PolicyBundles policies, Runnable shutdown) {
        this.context = context;
        this.gate = gate;
        this.policies = policies;
        this.shutdown = shutdown;
    }

    /** Names of the functions. */
    static String[] functions() {
        return new String[] {"install", "start", "stop", "update", "uninstall", "refresh", "resolve"};
    }

    /** Installs policies from jars. */
    @Descriptor("install policies: an enclave without a policy takes it, one with a lower version rolls to it")
    public void install(CommandSession session, @Descriptor("JAR...") String[] jars) throws GhostException {
        needSome(jars, "install JAR...");
        for (String jar : jars) {
            tell(session, policies.install(jar, session.currentDir()));
        }
    }

    /** Starts policies that were stopped, or installs them if they are named by a jar. */
    @Descriptor("start policies that were stopped")
    public void start(CommandSession session, @Descriptor("BUNDLE...") String[] names) throws GhostException {
        needSome(names, "start BUNDLE...");
        for (String name : names) {
            if (name.endsWith(".jar")) {
                tell(session, policies.install(name, session.currentDir()));
            } else {
                tell(session, policies.start(policy(name)));
            }
        }
    }

    /** Stops policies. */
    @Descriptor("stop policies: enclaves that run one go on with the built-in FIFO; 0 stops the host")
    public void stop(CommandSession session, @Descriptor("BUNDLE...") String[] names) throws GhostException {
        needSome(names, "stop BUNDLE...");
        if (Arrays.asList(names).contains("0")) {
            shutdown.run();
            return;
        }
        for (Bundle bundle : policies(names)) {
            tell(session, policies.end(bundle, false));
        }
    }

    /** Uninstalls policies. */
    @Descriptor("uninstall policies: enclaves that run one go on with the built-in FIFO")
    public void uninstall(CommandSession session, @Descriptor("BUNDLE...") String[] names) throws GhostException {
        needSome(names, "uninstall BUNDLE...");
        for (Bundle bundle : policies(names)) {
            tell(session, policies.end(bundle, true));
        }
    }

    /** Replaces a policy in place. */
    @Descriptor("replace a policy in place, by its own jar or another one; the built-in FIFO bridges the gap")
    public void update(CommandSession session, @Descriptor("BUNDLE [JAR]") String[] arguments) throws GhostException {
        if (arguments.length < 1 || arguments.length > 2) {
            throw new GhostException("usage: update BUNDLE [JAR]");
        }
        Path directory = session.currentDir();
        tell(session, policies.update(policy(arguments[0]), arguments.length == 2 ? arguments[1] : "", directory));
    }

    /** Refreshes policies; none named = those that wait for it. */
    @Descriptor("let go of the former classes of policies that were updated or uninstalled")
    public void refresh(@Descriptor("[BUNDLE...]") String[] names) throws GhostException {
        wiring().refreshBundles(names.length == 0 ? null : policies(names));
    }

    /** Resolves policies; none named = all. */
    @Descriptor("resolve policies")
    public void resolve(@Descriptor("[BUNDLE...]") String[] names) throws GhostException {
        List<Bundle> bundles = names.length == 0
                ? Arrays.stream(context.getBundles()).filter(gate::mayResolve).toList() : policies(names);
        for (Bundle bundle : bundles) {
            if (!gate.mayResolve(bundle)) {
                gate.policy(bundle); // says why not
            }
        }
        if (!wiring().resolveBundles(bundles)) {
            throw new GhostException("not all bundles could be resolved");
        }
    }

    private FrameworkWiring wiring() {
        return context.getBundle(0).adapt(FrameworkWiring.class);
    }

    private static void needSome(String[] arguments, String usage) throws GhostException {
        if (arguments.length == 0) {
            throw new GhostException("usage: " + usage);
        }
    }

    private List<Bundle> policies(String[] names) throws GhostException {
        List<Bundle> bundles = new ArrayList<>();
        for (String name : names) {
            bundles.add(policy(name));
        }
        return bundles;
    }

    /** A bundle that is no part of the host. */
    private Bundle policy(String name) throws GhostException {
        Bundle bundle = bundle(name);
        if (gate.isOwn(bundle)) {
            throw new GhostException("bundle " + bundle.getBundleId() + " (" + bundle.getSymbolicName()
                    + ") is a part of the host; ghost:shutdown stops the host");
        }
        return bundle;
    }

    private Bundle bundle(String name) throws GhostException {
        List<Bundle> found = Arrays.stream(context.getBundles())
                .filter(b -> name.equals(Long.toString(b.getBundleId())) || name.equals(b.getSymbolicName())
                        || name.equals(b.getSymbolicName() + ":" + b.getVersion()))
                .toList();
        if (found.isEmpty()) {
            throw new GhostException("there is no bundle " + name + ": felix:lb lists them");
        }
        if (found.size() > 1) {
            throw new GhostException("there are several bundles " + name + ": "
                    + String.join(", ", found.stream().map(b -> Long.toString(b.getBundleId())).toList()));
        }
        return found.getFirst();
    }

    private static void tell(CommandSession session, PolicyBundles.Report report) throws GhostException {
        if (!report.good()) {
            throw new GhostException(report.line());
        }
        output(session).println(report.line());
    }

    /** Where the command that runs on this thread writes to: the session, a pipe or a file. */
    static PrintStream output(CommandSession session) {
        Process process = Process.Utils.current();
        return process == null ? session.getConsole() : process.out();
    }
}
