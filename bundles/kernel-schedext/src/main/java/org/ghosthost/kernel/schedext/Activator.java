package org.ghosthost.kernel.schedext;

import java.nio.file.Path;
import java.util.Map;
import org.apache.felix.service.command.CommandProcessor;
import org.ghosthost.enclave.kernel.KernelBackendFactory;
import org.ghosthost.kernel.schedext.probe.Doctor;
import org.osgi.annotation.bundle.Header;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.FrameworkUtil;

/**
 * Offers what this bundle has: the kernel of this machine as a backend, which loads nothing before it is made, and
 * {@code ghost:doctor}, which works on every machine.
 */
@Header(name = Constants.BUNDLE_ACTIVATOR, value = "${@class}")
public final class Activator implements BundleActivator {
    /** Called by the framework. */
    public Activator() {}

    @Override
    public void start(BundleContext context) {
        context.registerService(KernelBackendFactory.class, new SchedExtBackendFactory(),
                FrameworkUtil.asDictionary(Map.of(KernelBackendFactory.NAME, "sched_ext")));
        context.registerService(Doctor.class, new Doctor(Path.of("/")), FrameworkUtil.asDictionary(Map.of(
                CommandProcessor.COMMAND_SCOPE, "ghost", CommandProcessor.COMMAND_FUNCTION, Doctor.functions())));
    }

    /** Nothing: the framework takes the services back. */
    @Override
    public void stop(BundleContext context) {}
}
