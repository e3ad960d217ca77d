package org.ghosthost.testkit;

import org.ghosthost.kernel.sim.MachineConfig;
import org.ghosthost.kernel.sim.Profile;
import org.ghosthost.policy.topology.Topology;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;

/** ghOSt's kernel cases on the simulated machine, which checks its invariants after every event. */
abstract class SimConformance {
    private final Profile profile;

    SimConformance(Profile profile) {
        this.profile = profile;
    }

    private KernelTestMachine machine(Topology topology) {
        MachineConfig config = MachineConfig.of(topology, 1).withProfile(profile);
        return new SimTestMachine(config.withInvariants(true).withStatusWords(topology.cpuCount() + 64));
    }

    @Nested
    @DisplayName("channels")
    class Channels extends ChannelCases {
        @Override
        protected KernelTestMachine newMachine() {
            return machine(Topology.parse("8"));
        }
    }

    @Nested
    @DisplayName("enclaves")
    class Enclaves extends EnclaveCases {
        @Override
        protected KernelTestMachine newMachine() {
            return machine(Topology.parse("8"));
        }
    }

    @Nested
    @DisplayName("tasks")
    class Tasks extends TaskCases {
        @Override
        protected KernelTestMachine newMachine() {
            return machine(Topology.parse("8"));
        }
    }

    @Nested
    @DisplayName("races")
    class Races extends RaceCases {
        @Override
        protected KernelTestMachine newMachine() {
            return machine(Topology.parse("8"));
        }
    }

    @Nested
    @DisplayName("commits")
    class Commits extends CommitCases {
        @Override
        protected KernelTestMachine newMachine() {
            return machine(Topology.parse("8"));
        }
    }

    @Nested
    @DisplayName("enclaves of a machine with 112 CPUs")
    class EnclavesOfABigMachine extends EnclaveCases {
        @Override
        protected KernelTestMachine newMachine() {
            return machine(Topology.test());
        }
    }
}
