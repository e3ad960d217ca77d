package org.ghosthost.policies.flux;

import org.ghosthost.agent.Task;
import org.jspecify.annotations.Nullable;

/** A task with the one scheduler that it belongs to. */
final class FluxTask extends Task {
    @Nullable Leaf scheduler;

    @Override
    protected void begin() {
        scheduler = null;
    }
}
