package org.ghosthost.host;

import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.apache.felix.gogo.runtime.CommandProcessorImpl;
import org.apache.felix.gogo.runtime.CommandProxy;
import org.apache.felix.gogo.runtime.activator.Activator;
import org.apache.felix.service.command.CommandProcessor;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Converter;
import org.apache.felix.service.command.Descriptor;
import org.apache.felix.service.command.Function;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.FrameworkUtil;

/**
 * The command language. Its runtime lives on the host's class path and is started here as a part of the host, so that
 * no bundle command can take away what commands are given with.
 */
final class Gogo implements AutoCloseable {
    /** Scopes in which a command without one is looked for, in this order. */
    static final String SCOPES = "ghost:felix:gogo:*";
    /** Rank of the host's commands over those of the same name in Gogo's own bundles. */
    private static final Integer RANK = 100;

    private final Activated runtime;
    private final BundleContext context;

    private Gogo(Activated runtime, BundleContext context) {
        this.runtime = runtime;
        this.context = context;
    }

    /** Gogo's activator, with a way to its processor. */
    private static final class Activated extends Activator {
        CommandProcessorImpl processor() {
            return processor;
        }
    }

    static Gogo start(BundleContext context) throws GhostException {
        Activated runtime = new Activated();
        try {
            runtime.start(context);
        } catch (Exception e) { // NOPMD the activator declares no less
            throw new GhostException("cannot start Gogo: " + Sentences.of(e));
        }
        context.registerService(Converter.class, new BundleNames(context), null);
        return new Gogo(runtime, context);
    }

    /** Offers public methods of {@code commands} as Gogo functions. */
    void offer(String scope, Object commands, String... functions) {
        context.registerService(Object.class, commands, FrameworkUtil.asDictionary(Map.of(
                CommandProcessor.COMMAND_SCOPE, scope,
                CommandProcessor.COMMAND_FUNCTION, functions,
                Constants.SERVICE_RANKING, RANK)));
    }

    /** Opens a session with the variables that every session has. */
    CommandSession session(InputStream in, PrintStream out, PrintStream err, Path directory) {
        CommandSession session = runtime.processor().createSession(in, out, err);
        session.currentDir(directory);
        session.put("SCOPE", SCOPES);
        return session;
    }

    /** The function {@code scope:name}, or null. */
    static @Nullable Function function(CommandSession session, String scope, String name) {
        return session.get(scope + ":" + name) instanceof Function function ? function : null;
    }

    /** The commands of a scope, without it. */
    List<String> functions(String scope) {
        return runtime.processor().getCommands().stream().filter(name -> name.startsWith(scope + ":"))
                .map(name -> name.substring(scope.length() + 1)).sorted().toList();
    }

    /** What the descriptor of a function says. */
    String describe(CommandSession session, String function) {
        if (!(session.get(function) instanceof CommandProxy proxy) || proxy.getTarget() == null) {
            return "";
        }
        try {
            String name = function.substring(function.indexOf(':') + 1);
            return Stream.of(proxy.getTarget().getClass().getMethods())
                    .filter(method -> method.getName().equalsIgnoreCase(name))
                    .map(method -> method.getAnnotation(Descriptor.class)).filter(Objects::nonNull)
                    .map(Descriptor::value).sorted().findFirst().orElse("");
        } finally {
            proxy.ungetTarget();
        }
    }

    @Override
    public void close() {
        runtime.stop(context);
    }

    /** Lets Gogo's own commands take a bundle by its number or its symbolic name. */
    private record BundleNames(BundleContext context) implements Converter {
        @Override
        public @Nullable Object convert(Class<?> desiredType, Object in) {
            if (desiredType != Bundle.class) {
                return null;
            }
            String name = in.toString();
            return Arrays.stream(context.getBundles())
                    .filter(b -> name.equals(Long.toString(b.getBundleId())) || name.equals(b.getSymbolicName()))
                    .findFirst().orElse(null);
        }

        @Override
        public @Nullable CharSequence format(Object target, int level, Converter escape) {
            return null;
        }
    }
}
