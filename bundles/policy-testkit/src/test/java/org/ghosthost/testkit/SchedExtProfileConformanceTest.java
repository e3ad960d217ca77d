package org.ghosthost.testkit;

import org.ghosthost.kernel.sim.Profile;
import org.junit.jupiter.api.DisplayName;

@DisplayName("The simulated machine as sched_ext is")
class SchedExtProfileConformanceTest extends SimConformance {
    SchedExtProfileConformanceTest() {
        super(Profile.SCHED_EXT);
    }
}
