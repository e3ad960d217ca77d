package org.ghosthost.policies.planted.below;

import org.ghosthost.policies.planted.PlantedPolicy;

/** The other half of a cycle between packages. */
public final class PlantedHelper {

    private final PlantedPolicy owner;

    public PlantedHelper(PlantedPolicy owner) {
        this.owner = owner;
    }

    @Override
    public String toString() {
        return "helper of " + owner.getClass();
    }
}
