package org.ghosthost.workload.generator;

import org.ghosthost.workload.Step;
import org.ghosthost.workload.TaskContext;
import org.ghosthost.workload.TaskProgram;

/** Serves what the dispatcher gives it or what waits; else it blocks, or spins with an idle item in the PrioTable. */
final class DispatchedWorker implements TaskProgram {
    private final Requests requests;
    private final boolean spins;
    private int id;
    private long generatedNs;
    private long serviceNs;
    private boolean taken;
    private boolean isFree;

    DispatchedWorker(final Requests requests, final boolean spins) {
        this.requests = requests;
        this.spins = spins;
    }

    /** Takes a request, before its next step. */
    void take(final long requestGeneratedNs, final long requestServiceNs) {
        generatedNs = requestGeneratedNs;
        serviceNs = requestServiceNs;
        taken = true;
        isFree = false;
    }

    /** Wakes this worker, which has taken a request; {@code dispatcher} is the task that does so. */
    void wake(final TaskContext dispatcher) {
        dispatcher.markRunnable(id, requests.deadlineNs(generatedNs));
        dispatcher.wake(id);
    }

    @Override
    public Step next(final TaskContext task) {
        id = task.id();
        if (!taken && !isFree) {
            task.jobEnd();
            if (requests.hasBacklog()) {
                requests.takeBacklog(this);
                task.markRunnable(requests.deadlineNs(generatedNs));
            } else if (requests.isExhausted()) {
                return task.exit();
            } else {
                isFree = true;
                requests.addFree(this);
                if (spins) {
                    task.markIdle();
                }
            }
        }
        if (!taken) {
            return requests.isExhausted() ? task.exit() : spins ? task.spin() : task.block();
        }
        taken = false;
        task.jobStart(generatedNs, requests.deadlineNs(generatedNs));
        return task.run(serviceNs);
    }

    /** Ends this worker if it is free, when no request comes any more. */
    void dismiss(final TaskContext dispatcher) {
        dispatcher.markRunnable(id, TaskContext.NO_DEADLINE);
        dispatcher.wake(id);
    }
}
