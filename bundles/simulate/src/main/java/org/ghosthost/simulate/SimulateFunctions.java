package org.ghosthost.simulate;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;
import org.apache.felix.service.command.Process;
import org.ghosthost.enclave.PolicyLoader;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;

/** The Gogo functions {@code ghost:simulate} and {@code ghost:demo}; also subcommands of {@code ghost}. */
public final class SimulateFunctions {
    private final BundleContext context;

    SimulateFunctions(BundleContext context) {
        this.context = context;
    }

    /** Names of the functions. */
    static String[] functions() {
        return new String[] {"simulate", "demo"};
    }

    /** Runs a workload under a policy on a simulated machine of its own; {@code --help} says more. */
    @Descriptor("run a workload under a policy on a simulated machine; --help says more")
    public void simulate(CommandSession session, @Descriptor("[OPTIONS]") String[] arguments) {
        List<String> words = List.of(arguments);
        PrintStream out = output(session);
        if (CommandLines.wantsHelp(words)) {
            out.print(CommandLines.help("simulate", "Runs a workload under a policy on a simulated machine,"
                    + " as fast as it goes, and says what happened.", SimulateOptions.options()));
            return;
        }
        withPolicies(policies -> new SimulateCommand(policies, session.currentDir(), out)
                .run(SimulateOptions.parse(words)));
    }

    /** Rolls a policy twice under load, the second time to a release that fails, and tells what happened. */
    @Descriptor("roll a policy twice under load, and show what happened; --help says more")
    public void demo(CommandSession session, @Descriptor("[OPTIONS]") String[] arguments) {
        List<String> words = List.of(arguments);
        PrintStream out = output(session);
        if (CommandLines.wantsHelp(words)) {
            out.print(CommandLines.help("demo", "Rolls EDF to its next release under load, then to one that throws,"
                    + " and says what happened.", DemoCommand.options()));
            return;
        }
        withPolicies(policies -> new DemoCommand(policies, home(), session.currentDir(), out).run(words));
    }

    /** Where the command that runs on this thread writes to: the session, a pipe or a file. */
    private static PrintStream output(CommandSession session) {
        Process process = Process.Utils.current();
        return process == null ? session.getConsole() : process.out();
    }

    private Path home() {
        String home = context.getProperty("ghost.home");
        if (home == null) {
            throw new SimulateException("start Ghosthost by its bin/ghost, which says where it is installed");
        }
        return Path.of(home);
    }

    private void withPolicies(PoliciesUser user) {
        ServiceReference<PolicyLoader> reference = context.getServiceReference(PolicyLoader.class);
        PolicyLoader policies = reference == null ? null : context.getService(reference);
        if (policies == null) {
            throw new SimulateException("the host offers no policies: start Ghosthost by its bin/ghost");
        }
        try {
            user.use(policies);
        } finally {
            context.ungetService(reference);
        }
    }

    /** What needs policies. */
    @FunctionalInterface
    private interface PoliciesUser {
        void use(PolicyLoader policies);
    }
}
