package org.ghosthost.distribution;

import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The scenarios of {@code src/test/guest} with a host on real threads; a guest for each folder. */
final class ScenariosIT {
    @BeforeAll
    static void aGuestIsNeeded() throws Exception {
        Guest.isNeededBy(ScenariosIT.class);
    }

    @TestFactory
    Stream<DynamicTest> clients() throws Exception {
        return Guest.scenarios("clients");
    }

    @TestFactory
    Stream<DynamicTest> rolls() throws Exception {
        return Guest.scenarios("roll");
    }

    @TestFactory
    Stream<DynamicTest> failures() throws Exception {
        return Guest.scenarios("failures");
    }
}
