package org.ghosthost.enclave;

import java.util.Set;
import org.ghosthost.policy.Feature;
import org.ghosthost.policy.PolicyFactory;
import org.ghosthost.policy.PolicyModel;

/**
 * One installed release of a policy: what its bundle declares, and the factory that the bundle registered.
 *
 * @param name releases of one policy share it
 * @param version version of the bundle
 * @param model who decides
 * @param needs what the backend must offer
 * @param factory makes the policies; of the bundle's own class loader
 * @param origin where it came from, for people
 */
public record PolicyRelease(
        String name,
        PolicyVersion version,
        PolicyModel model,
        Set<Feature> needs,
        PolicyFactory factory,
        String origin) {
    /** Copies the set. */
    public PolicyRelease {
        needs = Set.copyOf(needs);
    }

    /** Name and version, the name of a release for people: {@code edf 1.1.0}. */
    public String id() {
        return name + " " + version;
    }
}
