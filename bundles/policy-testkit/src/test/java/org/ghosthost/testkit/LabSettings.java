package org.ghosthost.testkit;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.ghosthost.kernel.sim.Profile;
import org.ghosthost.testkit.Lab.Setting;

/** Where the settings of the tests on a {@link Lab} come from. */
final class LabSettings {
    private static final long[] SEEDS = {1, 2, 20_260_101};

    private LabSettings() {}

    /** Both profiles, several seeds. */
    static Stream<Setting> settings() {
        List<Setting> settings = new ArrayList<>();
        for (Profile profile : Profile.values()) {
            for (long seed : SEEDS) {
                settings.add(new Setting(profile, seed));
            }
        }
        return settings.stream();
    }

    /** Both profiles, one seed. */
    static Stream<Setting> profiles() {
        return Stream.of(Profile.values()).map(profile -> new Setting(profile, 7));
    }
}
