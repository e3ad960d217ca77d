package org.ghosthost.testkit;

import org.ghosthost.kernel.sim.Profile;
import org.junit.jupiter.api.DisplayName;

@DisplayName("The simulated machine as ghOSt's kernel is")
class SimConformanceTest extends SimConformance {
    SimConformanceTest() {
        super(Profile.GHOST);
    }
}
