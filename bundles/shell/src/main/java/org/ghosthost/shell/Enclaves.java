package org.ghosthost.shell;

import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;
import org.apache.felix.service.command.Process;
import org.ghosthost.enclave.Enclave;
import org.ghosthost.enclave.EnclaveException;
import org.ghosthost.enclave.EnclaveManager;
import org.jspecify.annotations.Nullable;

/** What all commands share: reading their words, finding their enclave, and printing. */
final class Enclaves {
    /** One command, with its words sorted. */
    interface Body {
        /** Returns what to print. */
        String run(Arguments arguments) throws ShellException, EnclaveException, InterruptedException;
    }

    private final Supplier<@Nullable EnclaveManager> manager;

    Enclaves(Supplier<@Nullable EnclaveManager> manager) {
        this.manager = manager;
    }

    EnclaveManager manager() throws ShellException {
        EnclaveManager found = manager.get();
        if (found == null) {
            throw new ShellException("this is no running host: there are no enclaves here");
        }
        return found;
    }

    /** Runs a command and prints what it returns to wherever its output goes. */
    void run(Object commands, String name, Set<String> valued, CommandSession session, String[] words, Body body)
            throws ShellException {
        Descriptor[] descriptors = descriptors(commands, name);
        String usage = (name + " " + descriptors[1].value()).strip();
        Arguments arguments = Arguments.parse(usage, valued, words);
        try {
            print(session, arguments.help() ? "usage: " + usage + "\n" + descriptors[0].value() : body.run(arguments));
        } catch (EnclaveException e) {
            throw new ShellException(String.valueOf(e.getMessage()));
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new ShellException("interrupted");
        }
    }

    private static void print(CommandSession session, String text) {
        Process process = Process.Utils.current();
        (process == null ? session.getConsole() : process.out()).println(text);
    }

    /** What the command does, and what it takes, as its method says. */
    private static Descriptor[] descriptors(Object commands, String name) {
        for (Method method : commands.getClass().getMethods()) {
            Descriptor what = method.getAnnotation(Descriptor.class);
            if (what != null && method.getName().equals(name)) {
                for (Annotation annotation : method.getParameterAnnotations()[1]) {
                    if (annotation instanceof Descriptor takes) {
                        return new Descriptor[] {what, takes};
                    }
                }
            }
        }
        throw new AssertionError("command " + name + " does not describe itself");
    }

    /** The enclave that the next word names; without a number, the only one there is. */
    Enclave next(Arguments arguments) throws ShellException, EnclaveException {
        if (arguments.nextIsNumber()) {
            return manager().enclave(arguments.nextNumber("the number of an enclave"));
        }
        return only();
    }

    /** The only enclave there is. */
    Enclave only() throws ShellException {
        List<Enclave> all = manager().enclaves();
        if (all.size() == 1) {
            return all.getFirst();
        }
        throw new ShellException(all.isEmpty() ? "there is no enclave: create CPUS makes one"
                : "say which enclave: there are " + all.stream().map(Enclave::id).toList());
    }
}
