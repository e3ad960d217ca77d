package org.ghosthost.testkit;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.ghosthost.kernel.sim.Profile;
import org.ghosthost.testkit.Lab.Setting;

/** Where the settings of the tests on a {@link Lab} come from. */
final class LabSettings {
    /** How many seeds; more of them, to search for what happens rarely: {@code -Dghost.lab.seeds=100}. */
    private static final int SEEDS = Integer.getInteger("ghost.lab.seeds", 2);
    private static final int FIRST_SEED = Integer.getInteger("ghost.lab.first", 1);

    private LabSettings() {}

    /** Both profiles, several seeds. */
    static Stream<Setting> settings() {
        List<Setting> settings = new ArrayList<>();
        for (Profile profile : Profile.values()) {
            for (int i = 0; i < SEEDS; i++) {
                settings.add(new Setting(profile, FIRST_SEED + i));
            }
        }
        return settings.stream();
    }

    /** Both profiles, one seed. */
    static Stream<Setting> profiles() {
        return Stream.of(Profile.values()).map(profile -> new Setting(profile, FIRST_SEED));
    }
}
