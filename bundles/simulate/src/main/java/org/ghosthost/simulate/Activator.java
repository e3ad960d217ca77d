package org.ghosthost.simulate;

import java.util.Map;
import org.apache.felix.service.command.CommandProcessor;
import org.osgi.annotation.bundle.Header;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.FrameworkUtil;

/** Offers the functions of this bundle to Gogo. */
@Header(name = Constants.BUNDLE_ACTIVATOR, value = "${@class}")
public final class Activator implements BundleActivator {

    /** Called by the framework. */
    public Activator() {
    }

    @Override
    public void start(BundleContext context) {
        Map<String, Object> properties = Map.of(CommandProcessor.COMMAND_SCOPE, "ghost",
                CommandProcessor.COMMAND_FUNCTION, SimulateFunctions.functions());
        context.registerService(SimulateFunctions.class, new SimulateFunctions(context),
                FrameworkUtil.asDictionary(properties));
    }

    @Override
    public void stop(BundleContext context) {
        // The framework takes the service back by itself.
    }
}
