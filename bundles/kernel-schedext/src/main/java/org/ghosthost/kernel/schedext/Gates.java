package org.ghosthost.kernel.schedext;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * The gates of all enclaves, for commands: one command at a time, alone in every gate. The gate of an enclave that a
 * command makes is taken by that command, so that no agent begins before the command has ended.
 */
final class Gates {
    private static final Logger LOG = LogManager.getLogger(Gates.class);

    private final ReentrantLock commands = new ReentrantLock();
    private final List<PassGate> all = new CopyOnWriteArrayList<>();
    private final List<PassGate> held = new ArrayList<>();

    /**
     * Runs a command while no pass is under way. From inside of another command it runs at once; so it does from inside
     * of a pass that is alone, which goes through one gate only but may change its own enclave.
     */
    void execute(Runnable command) {
        if (commands.isHeldByCurrentThread() || insideAlone()) {
            command.run();
            return;
        }
        if (Thread.currentThread() instanceof AgentThread.Carrier) {
            throw new IllegalStateException("an agent gives a command from inside of a pass that is not alone");
        }
        commands.lock();
        try {
            takeAll();
            command.run();
        } finally {
            releaseAll();
            commands.unlock();
        }
    }

    private boolean insideAlone() {
        if (Thread.currentThread() instanceof AgentThread.Carrier carrier) {
            return carrier.gate().isMine();
        }
        return false;
    }

    private void takeAll() {
        for (PassGate gate : all) {
            if (gate.enterAlone(() -> false)) {
                held.add(gate);
            } else {
                LOG.warn("a policy hangs in a pass that is alone: a command goes on beside it");
            }
        }
    }

    private void releaseAll() {
        held.forEach(PassGate::leaveAlone);
        held.clear();
    }

    /** From inside of a command: adds the gate of a new enclave. */
    void add(PassGate gate) {
        if (!commands.isHeldByCurrentThread()) {
            throw new IllegalStateException("enclaves are made by commands");
        }
        if (gate.enterAlone(() -> false)) {
            held.add(gate);
        }
        all.add(gate);
    }

    /** From inside of a command, or of a pass that is alone. */
    void remove(PassGate gate) {
        all.remove(gate);
    }
}
