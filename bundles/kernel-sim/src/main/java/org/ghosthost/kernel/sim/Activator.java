package org.ghosthost.kernel.sim;

import java.util.Hashtable;
import org.ghosthost.enclave.kernel.KernelBackendFactory;
import org.osgi.annotation.bundle.Header;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;

/** Offers the simulated machine to the host. */
@Header(name = Constants.BUNDLE_ACTIVATOR, value = "${@class}")
public final class Activator implements BundleActivator {
    /** Made by the framework. */
    public Activator() {}

    @Override
    public void start(BundleContext context) {
        @SuppressWarnings("JdkObsolete") // what the OSGi API takes
        Hashtable<String, Object> properties = new Hashtable<>();
        properties.put(KernelBackendFactory.NAME, "sim");
        context.registerService(KernelBackendFactory.class, new SimulatedKernelFactory(), properties);
    }

    /** Nothing: the framework takes the service back. */
    @Override
    public void stop(BundleContext context) {}
}
