package org.ghosthost.workload.generator;

import org.ghosthost.workload.Step;
import org.ghosthost.workload.TaskContext;
import org.ghosthost.workload.TaskProgram;

/** Sleeps until a request arrives and gives it to a free worker, or leaves it for the next one that is free. */
final class Dispatcher implements TaskProgram {
    private final Requests requests;
    private boolean pending;

    Dispatcher(final Requests requests) {
        this.requests = requests;
    }

    @Override
    public Step next(final TaskContext task) {
        final Arrivals arrivals = requests.arrivals(task);
        while (true) {
            if (!pending && !arrivals.next()) {
                requests.setExhausted();
                for (DispatchedWorker w = requests.takeFree(); w != null; w = requests.takeFree()) {
                    w.dismiss(task);
                }
                return task.exit();
            }
            pending = true;
            if (task.now() < arrivals.generatedNs()) {
                return task.sleepUntil(arrivals.generatedNs());
            }
            pending = false;
            final DispatchedWorker worker = requests.takeFree();
            if (worker == null) {
                requests.addBacklog(arrivals.generatedNs(), arrivals.serviceNs());
            } else {
                worker.take(arrivals.generatedNs(), arrivals.serviceNs());
                worker.wake(task);
            }
        }
    }
}
