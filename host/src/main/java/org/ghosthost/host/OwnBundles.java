package org.ghosthost.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** The bundles of the product, and which of them are needed when. */
final class OwnBundles {
    private static final List<String> MACHINE = List.of("workload.jar", "kernel-sim.jar");
    private static final List<String> THIS_MACHINE = List.of("kernel-schedext.jar");
    private static final List<String> SHELL = List.of("org.apache.felix.gogo.command.jar", "shell.jar");
    private static final List<String> CONSOLE = List.of("jline.jar", "org.apache.felix.gogo.jline.jar");

    private final Path folder;

    OwnBundles(Path home) {
        folder = home.resolve("bundles");
    }

    /** What a host needs before it can make an enclave and take a command. */
    List<Path> first(String backend) {
        return paths(Stream.concat(machine(backend).stream(), SHELL.stream()));
    }

    private static List<String> machine(String backend) {
        return backend.equals(HostOptions.SCHED_EXT) ? THIS_MACHINE : MACHINE;
    }

    /** What simulates without a host. */
    List<Path> simulator() throws GhostException {
        List<Path> jars = new ArrayList<>(paths(MACHINE.stream()));
        jars.addAll(later(HostOptions.SIMULATED));
        return jars;
    }

    /** What knows this machine, and nothing else. */
    List<Path> thisMachine() {
        return paths(THIS_MACHINE.stream());
    }

    /** What the shell on the terminal needs. */
    List<Path> console() {
        return paths(CONSOLE.stream());
    }

    /** All the others: subcommands and whatever they need. */
    List<Path> later(String backend) throws GhostException {
        Set<Path> others = Set.copyOf(paths(Stream.of(machine(backend), SHELL, CONSOLE).flatMap(List::stream)));
        List<Path> later = new ArrayList<>();
        try (Stream<Path> files = Files.list(folder)) {
            files.filter(file -> file.toString().endsWith(".jar") && !others.contains(file)).sorted()
                    .forEach(later::add);
        } catch (IOException e) {
            throw new GhostException("the installation is not complete: " + Sentences.of(e));
        }
        return later;
    }

    private List<Path> paths(Stream<String> names) {
        return names.map(folder::resolve).toList();
    }
}
