package org.ghosthost.shell;

import java.util.Map;
import org.apache.felix.service.command.CommandProcessor;
import org.ghosthost.enclave.EnclaveManager;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkUtil;
import org.osgi.util.tracker.ServiceTracker;

/** Offers the commands as soon as the bundle starts; the enclaves they are about may come later. */
public final class Shell implements BundleActivator {
    /** Made by the framework. */
    public Shell() {}

    @Override
    public void start(BundleContext context) {
        ServiceTracker<EnclaveManager, EnclaveManager> manager =
                new ServiceTracker<>(context, EnclaveManager.class, null);
        manager.open();
        Enclaves enclaves = new Enclaves(manager::getService);
        offer(context, "ghost", new EnclaveCommands(enclaves), EnclaveCommands.functions());
        offer(context, "ghost", new PolicyCommands(enclaves), PolicyCommands.functions());
        offer(context, "ghost", new JoinCommands(enclaves), JoinCommands.functions());
        offer(context, "complete", new Completions(context, manager::getService), Completions.functions());
    }

    private static void offer(BundleContext context, String scope, Object commands, String... functions) {
        context.registerService(Object.class, commands, FrameworkUtil.asDictionary(Map.of(
                CommandProcessor.COMMAND_SCOPE, scope, CommandProcessor.COMMAND_FUNCTION, functions)));
    }

    /** Nothing: the framework takes services and trackers back. */
    @Override
    public void stop(BundleContext context) {}
}
