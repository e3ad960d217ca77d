package org.ghosthost.enclave;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.ghosthost.enclave.kernel.KernelBackend;
import org.ghosthost.enclave.kernel.KernelEnclave;
import org.ghosthost.enclave.kernel.KernelException;
import org.ghosthost.enclave.kernel.Tunable;
import org.ghosthost.policy.Feature;
import org.ghosthost.policy.Gtid;
import org.ghosthost.policy.InKernel;
import org.ghosthost.policy.Policy;
import org.ghosthost.policy.PolicyModel;
import org.ghosthost.policy.StatusWords;
import org.ghosthost.policy.topology.CpuSet;
import org.jspecify.annotations.Nullable;

/**
 * A set of CPUs and tasks, and the policy that leads there. Owned by the host: CPUs, tasks, queues, status words and
 * agents stay when the policy changes. The public methods may be called by any thread; each runs between two passes.
 */
public final class Enclave {
    private static final Logger LOG = LogManager.getLogger(Enclave.class);

    private final KernelBackend backend;
    private final KernelEnclave kernel;
    private final EnclaveManager manager;
    private final CpuSet cpus;
    private final EnclaveMemory memory;
    private final Agents agents;
    private final Chronicle chronicle;
    private final long seed;
    private final Lead lead;
    private final List<WeakReference<ClassLoader>> past = new ArrayList<>();
    private int nextGeneration = 1;
    private volatile boolean autoRoll = true;
    private volatile @Nullable String destroyedBecause;

    Enclave(EnclaveManager manager, KernelBackend backend, KernelEnclave kernel, long seed)
            throws KernelException, EnclaveException {
        this.manager = manager;
        this.backend = backend;
        this.kernel = kernel;
        this.seed = seed;
        cpus = kernel.cpus().frozen();
        memory = new EnclaveMemory(kernel.statusWords());
        agents = new Agents(kernel, cpus);
        chronicle = new Chronicle(kernel.statusWords().capacity(), cpus.last() + 1);
        lead = new Lead(this, agents, memory, newFifo());
        agents.attach(this);
        lead.leader().attached(agents, cpus);
        agents.begin(lead.leader());
        agents.tellLead(lead.leader());
    }

    /** Its number. */
    public int id() {
        return kernel.id();
    }

    /** A copy of its CPUs. */
    public CpuSet cpus() {
        return cpus.copy();
    }

    /** Whether it is still there. */
    public boolean alive() {
        return kernel.alive();
    }

    /** Why it is gone; null while it is there. */
    public @Nullable String destroyedBecause() {
        return destroyedBecause;
    }

    void destroy(String reason) {
        backend.execute(() -> destroyBecause(reason));
    }

    // ---- policies

    /**
     * Lets this release take over, whatever leads now: makes its policies, lets them follow, passes the lead at a safe
     * point, watches. Returns when it follows; {@link Handoff#await} tells how it ends.
     *
     * @param configuration of the policy, by key
     * @throws EnclaveException if the release cannot run here, leads already, or another handoff is under way
     */
    public Handoff attach(PolicyRelease release, Map<String, String> configuration) throws EnclaveException {
        for (Feature need : release.needs()) {
            if (!backend.features().contains(need)) {
                throw new EnclaveException("policy " + release.id() + " needs " + need.text() + ", which the "
                        + backend.name() + " backend has not got");
            }
        }
        if (release.model() == PolicyModel.GLOBAL && cpus.size() < 2) {
            throw new EnclaveException("policy " + release.id() + " is global and needs an enclave of 2 or more CPUs: "
                    + "one is the agent's; enclave " + id() + " has CPU " + cpus);
        }
        return owned(() -> follow(release, configuration));
    }

    /** {@link #attach} with the configuration of the present generation if it is of the same policy. */
    public Handoff roll(PolicyRelease release) throws EnclaveException {
        Generation leader = lead.leader();
        boolean same = leader.release().name().equals(release.name());
        return attach(release, same ? leader.configuration() : Map.of());
    }

    /**
     * Lets the release take over again that led before the present one, which is never taken by itself from now on.
     *
     * @throws EnclaveException if there is none, or it is not installed any more
     */
    public Handoff rollback() throws EnclaveException {
        PolicyRelease present = policy();
        if (present == null) {
            throw new EnclaveException("enclave " + id() + " runs the built-in FIFO: there is nothing to roll back");
        }
        String before = history().reversed().stream()
                .filter(roll -> roll.to().equals(present.id()) && roll.outcome() != Roll.Outcome.ROLLED_BACK)
                .map(Roll::from).filter(id -> !manager.policies().isRejected(id)).findFirst().orElse("nothing");
        PolicyRelease former = BuiltInFifo.RELEASE.id().equals(before) ? BuiltInFifo.RELEASE
                : manager.policies().releases().stream().filter(release -> release.id().equals(before)).findFirst()
                        .orElseThrow(() -> new EnclaveException("enclave " + id() + " cannot go back to " + before
                                + ": it is not installed any more"));
        Handoff way = roll(former);
        manager.policies().reject(present);
        return way;
    }

    /** The last handoff, under way or ended; null if there was none. */
    public @Nullable Handoff handoff() {
        List<Handoff> ways = new ArrayList<>();
        backend.execute(() -> ways.addAll(lead.history()));
        return ways.isEmpty() ? null : ways.getLast();
    }

    private Handoff follow(PolicyRelease release, Map<String, String> configuration) throws EnclaveException {
        checkAlive();
        Handoff current = lead.handoff();
        if (current != null && current.state() == HandoffState.FOLLOWING) {
            throw new EnclaveException("enclave " + id() + " is rolling to " + current.roll().to()
                    + " already: wait for its end");
        }
        Generation leader = lead.leader();
        if (leader.release().equals(release) && leader.configuration().equals(configuration)) {
            throw new EnclaveException("enclave " + id() + " runs " + release.id() + " already"
                    + (configuration.isEmpty() ? "" : ", so configured"));
        }
        int number = nextGeneration;
        Handoff way = new Handoff(id(), leader.number(), leader.release().id(), number, release.id(), backend.now());
        Generation next = Generation.create(number, release, configuration, memory, cpus, backend.topology(),
                seed + number);
        checkMode(next);
        nextGeneration++;
        way.advance(Handoff.Event.PREPARED);
        lead.start(next, way);
        return way;
    }

    private void checkMode(Generation next) throws EnclaveException {
        InKernel inKernel = next.inKernel();
        if (inKernel != null && !backend.features().contains(inKernel.order().feature())) {
            throw new EnclaveException("policy " + next.release().id() + ", so configured, needs "
                    + inKernel.order().feature().text() + ", which the " + backend.name() + " backend has not got");
        }
    }

    /** The handoffs so far, oldest first. */
    public List<Roll> history() {
        List<Roll> rolls = new ArrayList<>();
        backend.execute(() -> lead.history().forEach(way -> rolls.add(way.roll())));
        return rolls;
    }

    /** Release that leads; null for the built-in FIFO. */
    public @Nullable PolicyRelease policy() {
        PolicyRelease release = lead.leader().release();
        return release.factory() instanceof BuiltInFifo ? null : release;
    }

    /** Whether a higher version of the policy that leads is taken without being asked for. */
    public boolean autoRoll() {
        return autoRoll;
    }

    void remove(PolicyRelease release) {
        backend.execute(() -> {
            if (alive()) {
                lead.remove(release);
            }
        });
    }

    // ---- people

    /** How it is at this moment. */
    public EnclaveStatus status() {
        EnclaveStatus[] status = new EnclaveStatus[1];
        backend.execute(() -> status[0] = statusNow());
        return status[0];
    }

    private EnclaveStatus statusNow() {
        Generation leader = lead.leader();
        Handoff way = lead.handoff();
        List<Handoff> history = lead.history();
        boolean builtIn = policy() == null;
        return new EnclaveStatus(id(), cpus(), leader.number(), leader.release().name(),
                builtIn ? "" : leader.release().version().toString(), leader.release().model().text(),
                way == null ? "" : way.state().name(), agents.globalCpu(leader), kernel.taskCount(),
                kernel.count(KernelEnclave.Counter.LOST_TASKS), agents.passes(), agents.messages(), agents.decisions(),
                agents.staleMessages(),
                kernel.count(KernelEnclave.Counter.OVERFLOWS), agents.transactions(),
                history.isEmpty() ? -1 : history.getLast().roll().blackoutNs(), reachablePast());
    }

    /** Its living tasks, by status word. */
    public List<TaskInfo> tasks() {
        List<TaskInfo> tasks = new ArrayList<>();
        backend.execute(() -> {
            StatusWords words = kernel.statusWords();
            for (int word = 0; word < words.capacity(); word++) {
                if (words.isTask(word)) {
                    tasks.add(task(words, word));
                }
            }
        });
        return tasks;
    }

    private TaskInfo task(StatusWords words, int word) {
        long since = words.runnableSinceNs(word);
        String state = words.onCpu(word) ? "running" : words.runnable(word) ? "runnable" : "blocked";
        return new TaskInfo(words.gtid(word), kernel.taskName(words.gtid(word)), state, words.cpu(word),
                words.nice(word), words.runtimeNs(word), since == 0 ? 0 : backend.now() - since);
    }

    /**
     * Says in one sentence why a task runs, waits or sleeps: which event, whose decision, when.
     *
     * @param task a gtid, a thread id, or a name
     * @return empty if the enclave has no such task
     */
    public Optional<String> why(String task) throws EnclaveException {
        return owned(() -> {
            StatusWords words = kernel.statusWords();
            for (int word = 0; word < words.capacity(); word++) {
                if (words.isTask(word) && isCalled(words.gtid(word), task)) {
                    return Optional.of(
                            new Explanation(kernel, chronicle, cpus, this::nameOf, backend.now()).of(word));
                }
            }
            return Optional.empty();
        });
    }

    private boolean isCalled(long gtid, String task) {
        return task.equals(Gtid.toString(gtid)) || task.equals(Integer.toString(Gtid.pid(gtid)))
                || task.equals(kernel.taskName(gtid));
    }

    /** What people call a generation. */
    private String nameOf(int generation) {
        Generation leader = lead.leader();
        String release = leader.number() == generation ? leader.release().id()
                : lead.history().stream().map(Handoff::roll).filter(roll -> roll.toGeneration() == generation)
                        .map(Roll::to).findFirst().orElse("a policy");
        return release + " (generation " + generation + ")";
    }

    /** Names and values of all tunables. */
    public Map<String, String> tunables() {
        Map<String, String> values = new LinkedHashMap<>();
        values.put("auto_roll", autoRoll ? "1" : "0");
        backend.execute(() -> {
            for (Tunable tunable : Tunable.values()) {
                values.put(tunable.text(), Long.toString(kernel.tunable(tunable)));
            }
        });
        return values;
    }

    /** Sets a tunable. */
    public void setTunable(String name, String value) throws EnclaveException {
        long number;
        try {
            number = Long.parseLong(value.strip());
        } catch (NumberFormatException e) {
            throw new EnclaveException("tunable " + name + " takes a whole number, not '" + value + "'", e);
        }
        if (name.equals("auto_roll")) {
            autoRoll = number != 0;
            return;
        }
        for (Tunable tunable : Tunable.values()) {
            if (tunable.text().equals(name)) {
                this.<Object>owned(() -> {
                    kernel.setTunable(tunable, number);
                    return name;
                });
                return;
            }
        }
        throw new EnclaveException("enclave " + id() + " has no tunable '" + name + "': it has " + tunables().keySet());
    }

    /**
     * Brings a thread into the enclave; fine if it is in it already.
     *
     * @throws KernelException as {@link KernelEnclave#enter}
     */
    public void enter(long tid) throws EnclaveException, KernelException {
        move(() -> kernel.enter(tid));
    }

    /**
     * Gives a thread back to the default scheduler.
     *
     * @throws KernelException ESRCH if it is not in the enclave
     */
    public void leave(long tid) throws EnclaveException, KernelException {
        move(() -> kernel.leave(tid));
    }

    /** The gtid of a living thread in the enclave; 0 if there is none with this number. */
    public long gtid(int tid) {
        return alive() ? kernel.gtid(tid) : 0;
    }

    private interface Move {
        void run() throws KernelException;
    }

    private void move(Move move) throws EnclaveException, KernelException {
        KernelException refused = owned(() -> {
            try {
                move.run();
                return Optional.<KernelException>empty();
            } catch (KernelException e) {
                return Optional.of(e);
            }
        }).orElse(null);
        if (refused != null) {
            throw refused;
        }
    }

    /** The dump that the policy makes of itself, for people. */
    public String dump() {
        StringBuilder out = new StringBuilder();
        backend.execute(() -> {
            for (int cpu = cpus.first(); cpu >= 0; cpu = cpus.next(cpu + 1)) {
                Policy instance = lead.leader().instance(cpu);
                try {
                    if (cpu == cpus.first() || !lead.leader().isGlobal()) {
                        instance.dump(out);
                    }
                } catch (Throwable t) { // a policy's fault in its dump is no reason to put it out
                    out.append("dump failed: ").append(Thrown.text(t)).append('\n');
                }
            }
        });
        return out.toString();
    }

    /** Runs on the owner's thread; what it throws comes out as one sentence. */
    private <T> T owned(Callable<T> command) throws EnclaveException {
        List<T> result = new ArrayList<>();
        Exception[] thrown = new Exception[1];
        backend.execute(() -> {
            try {
                checkAlive();
                result.add(command.call());
            } catch (Exception e) { // handed to the caller's thread below
                thrown[0] = e;
            }
        });
        return switch (thrown[0]) {
            case null -> result.getFirst();
            case EnclaveException e -> throw e;
            case KernelException e -> throw new EnclaveException(String.valueOf(e.getMessage()), e);
            default -> throw new IllegalStateException(thrown[0]);
        };
    }

    private void checkAlive() throws EnclaveException {
        if (!alive()) {
            throw new EnclaveException("enclave " + id() + " is gone"
                    + (destroyedBecause == null ? "" : ": " + destroyedBecause));
        }
    }

    // ---- what the loops and the lead need

    Agents agents() {
        return agents;
    }

    Chronicle chronicle() {
        return chronicle;
    }

    Lead lead() {
        return lead;
    }

    CpuSet cpuSet() {
        return cpus;
    }

    long clock() {
        return backend.now();
    }

    Generation newFifo() {
        try {
            int number = nextGeneration++;
            return Generation.create(number, BuiltInFifo.RELEASE, Map.of(), memory, cpus, backend.topology(), seed);
        } catch (EnclaveException e) {
            throw new AssertionError("the built-in FIFO cannot be made", e);
        }
    }

    Handoff newHandoff(Generation from, Generation to) {
        return new Handoff(id(), from.number(), from.release().id(), to.number(), to.release().id(), backend.now());
    }

    void reject(PolicyRelease release) {
        manager.policies().reject(release);
    }

    void reattach(PolicyRelease release) {
        try {
            follow(release, Map.of());
        } catch (EnclaveException e) {
            LOG.error("enclave {} stays with the built-in FIFO: {}", id(), e.getMessage());
        }
    }

    void retired(Generation generation) {
        ClassLoader loader = generation.release().factory().getClass().getClassLoader();
        past.removeIf(other -> other.get() == null || loader.equals(other.get()));
        if (!loader.equals(Enclave.class.getClassLoader())) {
            past.add(new WeakReference<>(loader));
        }
    }

    /** Class loaders of releases that led once and lead no more, as far as something still holds them. */
    private int reachablePast() {
        ClassLoader present = lead.leader().release().factory().getClass().getClassLoader();
        past.removeIf(other -> other.get() == null);
        return (int) past.stream().filter(other -> !present.equals(other.get())).count();
    }

    /** Ends the enclave from within: its tasks go back to the default scheduler. */
    void destroyBecause(String reason) {
        destroyed(reason);
        kernel.destroy();
    }

    /** The enclave is gone, or about to go. */
    void destroyed(String reason) {
        if (destroyedBecause == null) {
            LOG.info("enclave {} is gone: {}", id(), reason);
            destroyedBecause = reason;
        }
    }
}
