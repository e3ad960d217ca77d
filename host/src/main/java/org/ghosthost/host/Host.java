package org.ghosthost.host;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.ghosthost.enclave.EnclaveException;
import org.ghosthost.enclave.EnclaveManager;
import org.ghosthost.enclave.PolicyLoader;
import org.ghosthost.enclave.kernel.KernelBackend;
import org.ghosthost.enclave.kernel.KernelBackendFactory;
import org.ghosthost.enclave.kernel.KernelException;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleEvent;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.SynchronousBundleListener;

/** A running host: everything it consists of, in the order in which it is put up and, reversed, taken down. */
final class Host implements AutoCloseable {
    private static final Logger LOG = LogManager.getLogger(Host.class);

    private final HostOptions options;
    private final List<String> reports = new ArrayList<>();
    private final Deque<AutoCloseable> parts = new ArrayDeque<>();
    private final ReentrantLock closing = new ReentrantLock();
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile int status;

    private final EmbeddedFramework framework;
    private final Gogo gogo;
    private final OwnBundles bundles;
    private final EnclaveManager enclaves;
    private final PolicyBundles policies;

    /** Puts a host up; when this fails, nothing of it is left. */
    Host(WorkDirectory work, HostOptions options, Path home) throws GhostException {
        this.options = options;
        bundles = new OwnBundles(home);
        try {
            ContentRegister register = new ContentRegister();
            BundleGate gate = new BundleGate(register);
            framework = part(EmbeddedFramework.start(work.cache(), gate));
            BundleContext context = framework.context();
            gogo = part(Gogo.start(context));
            framework.addOwn(bundles.first(options.backend()));
            KernelBackend backend = part(backend(context, options));
            enclaves = part(new EnclaveManager(backend, System.nanoTime(), work.state()));
            context.registerService(EnclaveManager.class, enclaves, null);
            policies = part(new PolicyBundles(context, gate, register,
                    new PolicySource(home.resolve("policies"), work.path().resolve("incoming")), enclaves));
            context.registerService(PolicyLoader.class, policies, null);
            parts.push(enclaves); // closed twice: first of all here, so that no policy is taken out one by one
            context.addBundleListener((SynchronousBundleListener) this::frameworkStops);
            gogo.offer("felix", new BundleCommands(context, gate, policies, this::end), BundleCommands.functions());
            gogo.offer("ghost", new HostCommands(gogo, this::end), HostCommands.functions());
            gogo.offer(UnknownCommand.SCOPE, new UnknownCommand(), UnknownCommand.FUNCTION);
            makeEnclave();
            reports.addAll(new PlannedEnclaves(enclaves, policies, options.enclaves()).make());
            part(ClientServer.start(enclaves, WorkDirectory.clientSocket(work.path())));
            part(ControlServer.start(gogo, work.socket()));
        } catch (GhostException | RuntimeException | Error e) {
            close();
            throw e instanceof GhostException known ? known : new GhostException(Sentences.of(e));
        }
    }

    private <T extends AutoCloseable> T part(T part) {
        parts.push(part);
        return part;
    }

    private static KernelBackend backend(BundleContext context, HostOptions options) throws GhostException {
        try {
            Collection<ServiceReference<KernelBackendFactory>> found = context.getServiceReferences(
                    KernelBackendFactory.class, "(" + KernelBackendFactory.NAME + "=" + options.backend() + ")");
            if (found.isEmpty()) {
                throw new GhostException("the installation is not complete: no bundle offers the backend '"
                        + options.backend() + "'");
            }
            return context.getService(found.iterator().next()).create(options.machine(), options.backendOptions());
        } catch (KernelException e) {
            throw new GhostException("the backend '" + options.backend() + "' does not start: " + Sentences.of(e));
        } catch (InvalidSyntaxException e) {
            throw new AssertionError("a backend's name is made of letters", e);
        }
    }

    private void makeEnclave() throws GhostException {
        if (options.cpus() == null) {
            return;
        }
        try {
            enclaves.create(options.enclave(), options.cpus());
        } catch (EnclaveException e) {
            throw new GhostException(Sentences.of(e));
        }
        for (String jar : options.policies()) {
            PolicyBundles.Report report = policies.install(jar, Path.of("").toAbsolutePath());
            if (!report.good()) {
                throw new GhostException(report.line());
            }
            reports.add(report.line());
        }
    }

    /** What became of the policies that the host was started with. */
    List<String> reports() {
        return List.copyOf(reports);
    }

    /** Adds what a host can do without at first: subcommands, and the shell on the terminal if there shall be one. */
    void complete() throws GhostException {
        framework.addOwn(bundles.later(options.backend()));
    }

    EnclaveManager enclaves() {
        return enclaves;
    }

    EmbeddedFramework framework() {
        return framework;
    }

    OwnBundles bundles() {
        return bundles;
    }

    Gogo gogo() {
        return gogo;
    }

    /** Asks the host to end; returns at once. */
    void end() {
        end(0);
    }

    /** Asks the host to end, and its process to have this exit status. */
    void end(int exitStatus) {
        status = exitStatus;
        ended.countDown();
    }

    /** Waits until somebody has asked the host to end; the exit status of its process. */
    int await() throws InterruptedException {
        ended.await();
        return status;
    }

    /** Somebody stops Felix itself: all else ends first, while what it stands on is still there. */
    private void frameworkStops(BundleEvent event) {
        boolean stops = event.getType() == BundleEvent.STOPPING && event.getBundle().getBundleId() == 0;
        if (stops && closing.tryLock()) { // else it stops because the host is being closed
            try {
                closeAllBut(framework);
                end();
            } finally {
                closing.unlock();
            }
        }
    }

    /** Takes everything down: enclaves first, so that their threads go back, Felix last. Idempotent. */
    @Override
    public void close() {
        closing.lock();
        try {
            closeAllBut(null);
            ended.countDown();
        } finally {
            closing.unlock();
        }
    }

    private void closeAllBut(@Nullable AutoCloseable last) {
        while (!parts.isEmpty() && !parts.peek().equals(last)) {
            try {
                parts.pop().close();
            } catch (Exception e) { // NOPMD the others have to be closed too
                LOG.warn("while stopping: {}", Sentences.of(e));
            }
        }
    }
}
