package org.ghosthost.host;

import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.logging.log4j.LogManager;
import org.ghosthost.enclave.EnclaveStatus;

/** {@code ghost host}: puts a host up and waits for its end. */
final class HostCommand {
    private HostCommand() {}

    static int run(List<String> args, PrintStream out, PrintStream err) throws GhostException {
        CommandLine line = HostOptions.PARSER.parse(args, false);
        if (line.hasOption("help")) {
            HostOptions.PARSER.printHelp(out);
            return 0;
        }
        HostOptions options = HostOptions.of(line);
        try (WorkDirectory work = WorkDirectory.open(options.workDirectory(), options.state())) {
            Logging.toFile(work.log());
            return run(work, options, out, err);
        } catch (IOException e) {
            throw new GhostException("cannot give the work directory back: " + Sentences.of(e));
        }
    }

    private static int run(WorkDirectory work, HostOptions options, PrintStream out, PrintStream err)
            throws GhostException {
        try (Host host = new Host(work, options, Main.home())) {
            Thread hook = new Thread(host::close, "last resort");
            Runtime.getRuntime().addShutdownHook(hook);
            Signals.onFirst(List.of("INT", "TERM", "HUP"), host::end);
            announce(host, work, options, out);
            if (options.console()) {
                Console.open(host, work, out, err);
            }
            Thread rest = Thread.ofVirtual().name("complete").start(() -> complete(host));
            int status = host.await();
            Supervisor.stopping();
            rest.join();
            return status;
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return GhostException.FAILED;
        } finally {
            Logging.end();
        }
    }

    private static void complete(Host host) {
        try {
            host.complete();
        } catch (GhostException e) {
            LogManager.getLogger(HostCommand.class).error("{}", e.toString());
        }
    }

    private static void announce(Host host, WorkDirectory work, HostOptions options, PrintStream out) {
        long upMs = ManagementFactory.getRuntimeMXBean().getUptime();
        LogManager.getLogger(HostCommand.class).info("up after {} ms, {} with {} CPUs", upMs,
                host.enclaves().backend().name(), options.machine().cpuCount());
        if (options.json()) {
            out.println(new Json().add("host", work.path().toString()).add("pid", ProcessHandle.current().pid())
                    .add("backend", host.enclaves().backend().name()).add("cpus", options.machine().cpuCount())
                    .add("control", work.socket().toString()).add("enclaves", enclaves(host))
                    .add("policies", host.reports()).add("up_ms", upMs));
        } else {
            out.println("ghost: host up after " + upMs + " ms in " + work.path() + ", "
                    + host.enclaves().backend().name() + " machine of " + options.machine().cpuCount() + " CPUs");
            host.reports().forEach(report -> out.println("ghost: " + report));
            enclaves(host).forEach(enclave -> out.println("ghost: " + enclave));
        }
        out.flush();
        Supervisor.ready("enclaves: " + host.enclaves().enclaves().size());
    }

    private static List<String> enclaves(Host host) {
        return host.enclaves().enclaves().stream().map(enclave -> {
            EnclaveStatus status = enclave.status();
            return "enclave " + status.id() + " on CPUs " + status.cpus() + ": "
                    + (status.policy() + " " + status.version()).strip();
        }).toList();
    }
}
