package org.ghosthost.policy;

/** Who decides for a CPU. */
public enum PolicyModel {
    /** One agent decides for all CPUs of the enclave; the agents of the others are satellites that wait. */
    GLOBAL("global"),
    /** The agent of each CPU decides for its own. */
    PER_CPU("per-cpu"),
    /** The backend decides, in a mode that the policy chooses. */
    IN_KERNEL("in-kernel");

    private final String text;

    PolicyModel(String text) {
        this.text = text;
    }

    /** The name in manifests and tables. */
    public String text() {
        return text;
    }

    /** The model with this name. */
    public static PolicyModel parse(String text) {
        for (PolicyModel model : values()) {
            if (model.text.equals(text)) {
                return model;
            }
        }
        throw new IllegalArgumentException("unknown model '" + text + "': use global, per-cpu or in-kernel");
    }
}
