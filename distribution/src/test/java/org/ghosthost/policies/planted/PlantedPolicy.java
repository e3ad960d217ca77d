package org.ghosthost.policies.planted;

import java.util.logging.Logger;
import org.apache.logging.log4j.LogManager;
import org.ghosthost.enclave.kernel.KernelBackend;
import org.ghosthost.policies.planted.below.PlantedHelper;

/** Breaks every rule of the architecture, so that a test shows that each rule sees it. */
public final class PlantedPolicy {

    private static long lastSeenNs;

    private final PlantedHelper helper = new PlantedHelper(this);

    long reachInto(KernelBackend backend) {
        Logger.getLogger("planted").info(backend.toString());
        LogManager.getLogger(PlantedPolicy.class).info(helper);
        System.out.println(lastSeenNs);
        lastSeenNs = System.nanoTime();
        return lastSeenNs;
    }
}
