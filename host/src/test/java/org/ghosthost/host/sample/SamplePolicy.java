package org.ghosthost.host.sample;

import java.util.Hashtable;
import org.ghosthost.policy.Policy;
import org.ghosthost.policy.PolicyContext;
import org.ghosthost.policy.PolicyFactory;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;

/** The smallest policy that can be a bundle: leaves all tasks waiting. */
public final class SamplePolicy implements BundleActivator, PolicyFactory {
    @Override
    public Policy create(PolicyContext context) {
        return agent -> Policy.UNTIL_MESSAGE;
    }

    @Override
    public void start(BundleContext context) {
        context.registerService(PolicyFactory.class, this, new Hashtable<>());
    }

    @Override
    public void stop(BundleContext context) {
        // The framework takes the service back.
    }
}
