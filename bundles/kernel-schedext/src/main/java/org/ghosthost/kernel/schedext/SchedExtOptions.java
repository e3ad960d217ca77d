package org.ghosthost.kernel.schedext;

import java.util.Map;
import org.ghosthost.enclave.kernel.Errno;
import org.ghosthost.enclave.kernel.KernelException;
import org.ghosthost.ffm.LibBpf;

/**
 * Settings of the backend, each with its name on the command line.
 *
 * @param statusWords {@code status-words}: most tasks and agents of an enclave, 64 to 65536
 * @param heartbeatMs {@code heartbeat-ms}: when agents are silent for so long the in-kernel FIFO takes over, 20 to
 *     60000
 * @param spinUs {@code spin-us}: a global agent without work spins so long and then sleeps until there is some, 0 to
 *     1000000; 0 = it spins for ever
 * @param sliceUs {@code fifo-slice-us}: slice of the in-kernel FIFO, 100 to 1000000
 * @param lockMemory {@code lock-memory}: 1 = keep all memory of this process in place, 0 = do not
 * @param selfTest {@code self-test}: 1 = schedule a probe thread before the backend is used, 0 = do not
 * @param library {@code libbpf}: name or path of libbpf
 */
record SchedExtOptions(
        int statusWords, int heartbeatMs, int spinUs, int sliceUs, boolean lockMemory, boolean selfTest,
        String library) {
    private static final SchedExtOptions DEFAULTS =
            new SchedExtOptions(65_536, 1_000, 0, 5_000, true, true, LibBpf.DEFAULT_NAME);

    static SchedExtOptions of(Map<String, String> options) throws KernelException {
        SchedExtOptions all = DEFAULTS;
        for (Map.Entry<String, String> option : options.entrySet()) {
            all = all.with(option.getKey(), option.getValue());
        }
        return all;
    }

    private SchedExtOptions with(String name, String value) throws KernelException {
        return switch (name) {
            case "status-words" -> new SchedExtOptions(number(name, value, 64, SchedExtLayout.MAX_STATUS_WORDS),
                    heartbeatMs, spinUs, sliceUs, lockMemory, selfTest, library);
            case "heartbeat-ms" -> new SchedExtOptions(statusWords, number(name, value, 20, 60_000), spinUs, sliceUs,
                    lockMemory, selfTest, library);
            case "spin-us" -> new SchedExtOptions(statusWords, heartbeatMs, number(name, value, 0, 1_000_000),
                    sliceUs, lockMemory, selfTest, library);
            case "fifo-slice-us" -> new SchedExtOptions(statusWords, heartbeatMs, spinUs,
                    number(name, value, 100, 1_000_000), lockMemory, selfTest, library);
            case "lock-memory" -> new SchedExtOptions(statusWords, heartbeatMs, spinUs, sliceUs,
                    number(name, value, 0, 1) == 1, selfTest, library);
            case "self-test" -> new SchedExtOptions(statusWords, heartbeatMs, spinUs, sliceUs, lockMemory,
                    number(name, value, 0, 1) == 1, library);
            case "libbpf" ->
                    new SchedExtOptions(statusWords, heartbeatMs, spinUs, sliceUs, lockMemory, selfTest, value);
            case "pin" -> throw new KernelException(Errno.ENOTSUP, "this release cannot leave threads to the next host:"
                    + " start it without --pin, then they go back to the fair class when it ends");
            default -> throw new KernelException(Errno.EINVAL, "the sched_ext backend has no option '" + name
                    + "': it has status-words, heartbeat-ms, spin-us, fifo-slice-us, lock-memory, self-test, libbpf");
        };
    }

    private static int number(String name, String value, int least, int most) throws KernelException {
        try {
            int number = Integer.parseInt(value);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException _) {
            // Said below.
        }
        throw new KernelException(Errno.EINVAL,
                "option " + name + " must be a whole number from " + least + " to " + most + ", not '" + value + "'");
    }
}
