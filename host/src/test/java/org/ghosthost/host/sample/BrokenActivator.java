package org.ghosthost.host.sample;

import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;

/** A policy bundle that does not start. */
public final class BrokenActivator implements BundleActivator {
    @Override
    public void start(BundleContext context) {
        throw new IllegalStateException("no luck today");
    }

    @Override
    public void stop(BundleContext context) {
        // Never started.
    }
}
