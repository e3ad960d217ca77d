package org.ghosthost.workload.generator;

import org.ghosthost.workload.Step;
import org.ghosthost.workload.TaskContext;
import org.ghosthost.workload.TaskProgram;

/** Takes the next arrival when it is free, sleeps until that comes up, and serves it. */
final class SleepingWorker implements TaskProgram {
    private final Requests requests;
    private long generatedNs;
    private long serviceNs;
    private boolean taken;
    private boolean serving;

    SleepingWorker(final Requests requests) {
        this.requests = requests;
    }

    @Override
    public Step next(final TaskContext task) {
        if (serving) {
            serving = false;
            task.jobEnd();
        }
        if (!taken) {
            final Arrivals arrivals = requests.arrivals(task);
            if (!arrivals.next()) {
                return task.exit();
            }
            taken = true;
            generatedNs = arrivals.generatedNs();
            serviceNs = arrivals.serviceNs();
            task.jobStart(generatedNs, requests.deadlineNs(generatedNs));
            task.markRunnable(requests.deadlineNs(generatedNs));
        }
        if (task.now() < generatedNs) {
            return task.sleepUntil(generatedNs);
        }
        taken = false;
        serving = true;
        return task.run(serviceNs);
    }
}
