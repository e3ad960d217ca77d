package org.ghosthost.policy;

/** What a backend may offer and a policy may need. A policy that needs what is absent is refused before it runs. */
public enum Feature {
    /** CPU_TICK messages. */
    TICKS("ticks"),
    /** CPU_AVAILABLE and CPU_BUSY messages. */
    CPU_AVAILABILITY("cpu-availability"),
    /** CPU_AGENT_BLOCKED and CPU_AGENT_WAKEUP messages. */
    AGENT_RUNNABILITY("agent-runnability"),
    /** CPU_NOT_IDLE messages. */
    CPU_NOT_IDLE("cpu-not-idle"),
    /** Timers of {@link Agent#armTimer}. */
    TIMERS("timers"),
    /** Switchto chains. */
    SWITCHTO("switchto"),
    /** All-or-nothing commits over several CPUs. */
    SYNC_GROUP("sync-group"),
    /** Transactions that are committed when the CPU schedules next. */
    COMMIT_AT_SCHEDULE("commit-at-schedule"),
    /** L1 data cache flush before a guest is entered. */
    L1D_FLUSH("l1d-flush"),
    /** A slice in the transaction, enforced by the backend. */
    SLICE("slice"),
    /** The mode in which the backend itself schedules first come, first served. */
    MODE_FIFO("mode-fifo"),
    /** The mode in which the backend itself schedules by virtual runtime. */
    MODE_VRUNTIME("mode-vruntime"),
    /** PrioTables of client processes. */
    PRIO_TABLE("prio-table");

    private final String text;

    Feature(String text) {
        this.text = text;
    }

    /** The name in manifests and messages. */
    public String text() {
        return text;
    }

    /** The feature with this name. */
    public static Feature parse(String text) {
        for (Feature feature : values()) {
            if (feature.text.equals(text)) {
                return feature;
            }
        }
        throw new IllegalArgumentException("unknown feature '" + text + "'");
    }
}
