package org.ghosthost.kernel.sim;

import java.util.Map;
import org.ghosthost.enclave.kernel.Errno;
import org.ghosthost.enclave.kernel.KernelBackend;
import org.ghosthost.enclave.kernel.KernelBackendFactory;
import org.ghosthost.enclave.kernel.KernelException;
import org.ghosthost.policy.topology.Topology;

/**
 * Makes simulated machines that follow the wall clock. Options: {@code seed} (a number), {@code profile}
 * ({@code ghost}, {@code sched_ext}), {@code speed} (virtual seconds per second), and {@code cost.X} in ns for each
 * component X of {@link CostTable}.
 */
final class SimulatedKernelFactory implements KernelBackendFactory {
    @Override
    public KernelBackend create(Topology machine, Map<String, String> options) throws KernelException {
        MachineConfig config = MachineConfig.of(machine, 1);
        double speed = 1;
        for (Map.Entry<String, String> option : options.entrySet()) {
            String value = option.getValue();
            try {
                switch (option.getKey()) {
                    case "seed" -> config = config.withSeed(Long.parseLong(value));
                    case "profile" -> config = config.withProfile(profile(value));
                    case "speed" -> speed = Double.parseDouble(value);
                    default -> config = config.withCosts(cost(config.costs(), option.getKey(), value));
                }
            } catch (IllegalArgumentException e) {
                String named = option.getKey() + "=" + value;
                throw new KernelException(
                        Errno.EINVAL, "option " + named + " of the simulated machine: " + e.getMessage());
            }
        }
        SimulatedKernel kernel = new SimulatedKernel(config);
        try {
            kernel.start(speed);
        } catch (IllegalArgumentException e) {
            throw new KernelException(Errno.EINVAL, String.valueOf(e.getMessage()));
        }
        return kernel;
    }

    private static Profile profile(String text) {
        return switch (text) {
            case "ghost" -> Profile.GHOST;
            case "sched_ext" -> Profile.SCHED_EXT;
            default -> throw new IllegalArgumentException("write ghost or sched_ext");
        };
    }

    private static CostTable cost(CostTable costs, String key, String value) {
        if (!key.startsWith("cost.")) {
            throw new IllegalArgumentException("there are seed, profile, speed and cost.X");
        }
        return costs.with(key.substring("cost.".length()), Long.parseLong(value));
    }
}
