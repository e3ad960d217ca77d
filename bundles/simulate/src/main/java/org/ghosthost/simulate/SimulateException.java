package org.ghosthost.simulate;

/** What is wrong with a request, as one sentence for the person who made it. */
final class SimulateException extends RuntimeException {
    private static final long serialVersionUID = 1;

    SimulateException(String sentence) {
        super(sentence);
    }

    SimulateException(String sentence, Throwable cause) {
        super(sentence, cause);
    }
}
