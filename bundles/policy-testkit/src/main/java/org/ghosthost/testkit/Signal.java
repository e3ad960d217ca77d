package org.ghosthost.testkit;

/** Something that a scripted thread and a test tell each other: raised once, for good. Any thread. */
public final class Signal {
    private volatile boolean raised;

    /** A signal that is not raised. */
    public Signal() {}

    /** Raises it. */
    public void raise() {
        raised = true;
    }

    /** Whether it was raised. */
    public boolean isRaised() {
        return raised;
    }
}
