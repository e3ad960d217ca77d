package org.ghosthost.host;

import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntConsumer;

/**
 * What the terminal or the operator sends: the first signal asks for a clean end, the second ends the process at once.
 * Reached by reflection, because the compiler warns of {@code sun.misc.Signal} in a way that cannot be turned off; Java
 * has no other door to it.
 */
final class Signals {
    private static final int FROM_SIGNAL = 128;
    private static final Map<String, Integer> NUMBERS = Map.of("HUP", 1, "INT", 2, "TERM", 15);

    private Signals() {}

    /** Calls {@code end} with the exit status for the first of these signals. */
    static void onFirst(List<String> names, IntConsumer end) {
        AtomicBoolean asked = new AtomicBoolean();
        for (String name : names) {
            int status = FROM_SIGNAL + NUMBERS.getOrDefault(name, 0);
            handle(name, () -> {
                if (asked.getAndSet(true)) {
                    Runtime.getRuntime().halt(status);
                }
                end.accept(status);
            });
        }
    }

    private static void handle(String name, Runnable action) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Object proxy = Proxy.newProxyInstance(Signals.class.getClassLoader(), new Class<?>[] {handler},
                    (self, method, arguments) -> switch (method.getName()) {
                        case "handle" -> {
                            action.run();
                            yield null;
                        }
                        case "equals" -> false; // nobody keeps handlers in a collection
                        case "hashCode" -> name.hashCode();
                        default -> name;
                    });
            signal.getMethod("handle", signal, handler)
                    .invoke(null, signal.getConstructor(String.class).newInstance(name), proxy);
        } catch (ReflectiveOperationException | IllegalArgumentException _) {
            // A JVM without it, or one that keeps the signal for itself (-Xrs): it ends the process as it always did.
        }
    }
}
