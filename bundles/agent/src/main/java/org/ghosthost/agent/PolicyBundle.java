package org.ghosthost.agent;

import org.ghosthost.policy.PolicyFactory;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;

/**
 * What a bundle needs to be a policy: a class that extends this one, says how a policy is made, and bears
 * {@link org.ghosthost.policy.GhostPolicy}. It becomes the bundle's activator and registers itself.
 */
public abstract class PolicyBundle implements PolicyFactory, BundleActivator {
    /** Made by the framework. */
    protected PolicyBundle() {}

    @Override
    public final void start(BundleContext context) {
        context.registerService(PolicyFactory.class, this, null);
    }

    /** Nothing: the framework takes the service back. */
    @Override
    public final void stop(BundleContext context) {}
}
