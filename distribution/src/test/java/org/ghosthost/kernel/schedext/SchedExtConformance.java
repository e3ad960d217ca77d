package org.ghosthost.kernel.schedext;

import org.ghosthost.testkit.ChannelCases;
import org.ghosthost.testkit.CommitCases;
import org.ghosthost.testkit.EnclaveCases;
import org.ghosthost.testkit.KernelTestMachine;
import org.ghosthost.testkit.RaceCases;
import org.ghosthost.testkit.TaskCases;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;

/** ghOSt's kernel cases on real threads; {@code ConformanceIT} runs it in a guest, with {@code puppet} on its path. */
public final class SchedExtConformance {
    private static final String PUPPET = "puppet";

    @Nested
    @DisplayName("channels")
    class Channels extends ChannelCases {
        @Override
        protected KernelTestMachine newMachine() throws Exception {
            return new SchedExtTestMachine(PUPPET);
        }
    }

    @Nested
    @DisplayName("enclaves")
    class Enclaves extends EnclaveCases {
        @Override
        protected KernelTestMachine newMachine() throws Exception {
            return new SchedExtTestMachine(PUPPET);
        }
    }

    @Nested
    @DisplayName("tasks")
    class Tasks extends TaskCases {
        @Override
        protected KernelTestMachine newMachine() throws Exception {
            return new SchedExtTestMachine(PUPPET);
        }
    }

    @Nested
    @DisplayName("races")
    class Races extends RaceCases {
        @Override
        protected KernelTestMachine newMachine() throws Exception {
            return new SchedExtTestMachine(PUPPET);
        }
    }

    @Nested
    @DisplayName("commits")
    class Commits extends CommitCases {
        @Override
        protected KernelTestMachine newMachine() throws Exception {
            return new SchedExtTestMachine(PUPPET);
        }
    }
}
