package org.ghosthost.kernel.schedext;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.ghosthost.enclave.kernel.AgentPass;
import org.ghosthost.enclave.kernel.EnclaveMode;
import org.ghosthost.enclave.kernel.Errno;
import org.ghosthost.enclave.kernel.KernelEnclave;
import org.ghosthost.enclave.kernel.KernelException;
import org.ghosthost.enclave.kernel.TransactionTable;
import org.ghosthost.enclave.kernel.Tunable;
import org.ghosthost.ffm.FileDescriptor;
import org.ghosthost.ffm.NativeException;
import org.ghosthost.ffm.SharedMemory;
import org.ghosthost.policy.StatusWords;
import org.ghosthost.policy.TransactionState;
import org.ghosthost.policy.abi.StatusWordLayout;
import org.ghosthost.policy.abi.TransactionLayout;
import org.ghosthost.policy.priotable.PrioTable;
import org.ghosthost.policy.topology.CpuSet;
import org.jspecify.annotations.Nullable;

/** An enclave of real CPUs and threads. */
final class SchedExtEnclave implements KernelEnclave {
    private final SchedExtKernel kernel;
    private final KernelSide side;
    private final int slot;
    private final int id;
    private final PassGate gate;
    private final CpuSet cpus = new CpuSet();
    private final FileDescriptor wordsFile;
    private final StatusWords words;
    private final Queues queues;
    private final Members members;
    private final TunableSettings tunables;
    private final AtomicReferenceArray<@Nullable AgentThread> agents =
            new AtomicReferenceArray<>(SchedExtLayout.MAX_CPUS);
    private final AtomicLong resyncs = new AtomicLong();

    private volatile EnclaveMode mode = EnclaveMode.AGENTS;
    private volatile boolean alive = true;
    private volatile @Nullable String failure;
    private volatile @Nullable DestroyListener listener;

    /** Makes the enclave in the kernel, without CPUs. */
    SchedExtEnclave(SchedExtKernel kernel, int slot, int id) throws KernelException {
        this.kernel = kernel;
        this.slot = slot;
        this.id = id;
        side = kernel.side();
        gate = new PassGate(SchedExtLayout.MAX_CPUS, SchedExtKernel.PATIENCE_NS);
        int capacity = kernel.options().statusWords();
        try {
            wordsFile = side.createStatusWords(slot, capacity, StatusWordLayout.SIZE);
            words = new StatusWords(
                    SharedMemory.map(wordsFile, 0, (long) capacity * StatusWordLayout.SIZE, true));
            queues = new Queues(side, kernel.queueNumbers(), slot);
        } catch (NativeException e) {
            side.removeStatusWords(slot);
            throw Errors.of(e);
        }
        members = new Members(side, slot, id, words);
        tunables = new TunableSettings(side.enclaves, slot);
        for (int at = SchedExtLayout.Enclave.MESSAGES; at < SchedExtLayout.Enclave.SIZE; at += Long.BYTES) {
            side.enclaves.setLong(slot, at, 0); // counters of the enclave that had the slot before
        }
        Errors.check(request().value(id).statusWord(capacity).call(side.program(Program.CREATE_ENCLAVE)),
                "the kernel does not make enclave " + id);
        begin();
    }

    private void begin() {
        RecordTable record = side.enclaves;
        record.setInt(slot, SchedExtLayout.Enclave.MODE, EnclaveModes.number(EnclaveMode.AGENTS));
        record.setLong(slot, SchedExtLayout.Enclave.HEARTBEAT_NS, kernel.now());
        record.setLong(slot, SchedExtLayout.Enclave.HEARTBEAT_TIMEOUT_NS, kernel.options().heartbeatMs() * 1_000_000L);
        record.setLong(slot, SchedExtLayout.Enclave.IN_KERNEL_SLICE_NS, kernel.options().sliceUs() * 1_000L);
        record.setInt(slot, SchedExtLayout.Enclave.DEFAULT_QUEUE, SchedExtLayout.NONE);
        record.setInt(slot, SchedExtLayout.Enclave.GENERATION, 0);
        record.setInt(slot, SchedExtLayout.Enclave.DELIVER, 0);
    }

    private Request request() {
        return Request.of(slot);
    }

    @Override
    public int id() {
        return id;
    }

    int slot() {
        return slot;
    }

    PassGate gate() {
        return gate;
    }

    PolledQueues polled() {
        return queues.polled();
    }

    int barrier(int statusWord) {
        return words.barrier(statusWord);
    }

    @Nullable AgentThread agent(int cpu) {
        return cpu >= 0 && cpu < agents.length() ? agents.get(cpu) : null;
    }

    // ---- CPUs

    @Override
    public CpuSet cpus() {
        return cpus.copy();
    }

    @Override
    public void setCpus(CpuSet to) throws KernelException {
        checkAlive();
        CpuSet removed = cpus.copy();
        removed.removeAll(to);
        for (int cpu = removed.first(); cpu >= 0; cpu = removed.next(cpu + 1)) {
            if (agent(cpu) != null) {
                throw new KernelException(Errno.EEXIST, "CPU " + cpu + " has an agent and cannot leave the enclave");
            }
        }
        kernel.checkFree(to, this);
        for (int cpu = removed.first(); cpu >= 0; cpu = removed.next(cpu + 1)) {
            removeCpu(cpu);
        }
        for (int cpu = to.first(); cpu >= 0; cpu = to.next(cpu + 1)) {
            if (!cpus.contains(cpu)) {
                kernel.transactions().reset(cpu);
                Errors.check(request().cpu(cpu).call(side.program(Program.SET_CPU)),
                        "CPU " + cpu + " cannot come into enclave " + id);
                cpus.add(cpu);
            }
        }
    }

    private void removeCpu(int cpu) {
        Request.of(SchedExtLayout.NONE).cpu(cpu).call(side.program(Program.SET_CPU));
        cpus.remove(cpu);
    }

    // ---- shared memory

    @Override
    public StatusWords statusWords() {
        return words;
    }

    @Override
    public TransactionTable transactions() {
        return kernel.transactions();
    }

    // ---- queues

    @Override
    public int createQueue(int elements) throws KernelException {
        checkAlive();
        return queues.create(elements);
    }

    @Override
    public void setDefaultQueue(int queue) throws KernelException {
        checkAlive();
        int number = queue == -1 ? SchedExtLayout.NONE : queues.get(queue).number();
        side.enclaves.setInt(slot, SchedExtLayout.Enclave.DEFAULT_QUEUE, number);
    }

    @Override
    public void configWakeup(int queue, int cpu) throws KernelException {
        checkAlive();
        SchedExtQueue found = queues.get(queue);
        if (cpu != CpuSet.NO_CPU && !cpus.contains(cpu)) {
            throw new KernelException(Errno.EINVAL, "CPU " + cpu + " is not of enclave " + id);
        }
        queues.wake(found, cpu, agent(found.wakeupCpu()), agent(cpu));
    }

    @Override
    public int drain(int queue, MessageHandler handler, int limit) {
        return queues.ring(queue).drain(handler, limit);
    }

    @Override
    public int depth(int queue) {
        return queues.ring(queue).depth();
    }

    @Override
    public int associate(long gtid, int queue, int barrier) {
        return gtid <= 0 ? -Errno.ENOENT.number() : associate(request().gtid(gtid), queue, barrier);
    }

    @Override
    public int associateAgent(int cpu, int queue, int barrier) {
        return agent(cpu) == null ? -Errno.ENOENT.number() : associate(request().cpu(cpu), queue, barrier);
    }

    private int associate(Request request, int queue, int barrier) {
        if (queues.find(queue) == null) {
            return -Errno.EBADF.number();
        }
        int result = request.queue(queue).barrier(barrier).call(side.program(Program.ASSOCIATE));
        return result < 0 ? result : request.flags();
    }

    @Override
    public boolean takeResync() {
        boolean wanted = side.enclaves.getInt(slot, SchedExtLayout.Enclave.RESYNC) != 0
                && side.enclaves.exchangeInt(slot, SchedExtLayout.Enclave.RESYNC, 0) != 0;
        if (wanted) {
            resyncs.incrementAndGet();
        }
        return wanted;
    }

    // ---- agents

    @Override
    public int attachAgent(int cpu, int queue, AgentPass pass) throws KernelException {
        checkAlive();
        if (!cpus.contains(cpu)) {
            throw new KernelException(Errno.ENODEV, "CPU " + cpu + " is not of enclave " + id);
        }
        if (agent(cpu) != null) {
            throw new KernelException(Errno.EBUSY, "CPU " + cpu + " has an agent");
        }
        int about = queue == -1 ? side.enclaves.getInt(slot, SchedExtLayout.Enclave.DEFAULT_QUEUE)
                : queues.get(queue).number();
        if (about == SchedExtLayout.NONE) {
            throw new KernelException(Errno.ENXIO, "enclave " + id + " has no default queue");
        }
        try {
            AgentThread agent = new AgentThread(this, side.cpus, cpu, pass, kernel.options().spinUs() * 1_000L);
            Request request = request().cpu(cpu).tid(agent.start()).queue(about);
            int result = request.call(side.program(Program.ATTACH_AGENT));
            if (result < 0) {
                agent.stop();
                Errors.check(result, "CPU " + cpu + " of enclave " + id + " cannot have an agent");
            }
            agents.set(cpu, agent);
            for (SchedExtQueue each : queues.all()) {
                if (each.wakeupCpu() == cpu) {
                    agent.watch(each);
                }
            }
            agent.begin(request.statusWord());
            return agent.statusWord();
        } catch (NativeException e) {
            throw Errors.of(e);
        }
    }

    @Override
    public void detachAgent(int cpu) throws KernelException {
        AgentThread agent = agent(cpu);
        if (agent == null) {
            throw new KernelException(Errno.ENODEV, "CPU " + cpu + " of enclave " + id + " has no agent");
        }
        if (!agent.stop() && agent.inPass() && !gate.isMine()) {
            kernel.hangs(this, cpu);
        }
        agents.set(cpu, null);
        request().cpu(cpu).call(side.program(Program.DETACH_AGENT));
    }

    @Override
    public boolean ping(int cpu) {
        AgentThread agent = agent(cpu);
        if (agent == null) {
            return false;
        }
        Request request = request().cpu(cpu);
        if (request.call(side.program(Program.PING)) < 0) {
            return false;
        }
        if (request.flags() != 0) {
            agent.wake();
        }
        return true;
    }

    /** A defect: the enclave is destroyed as soon as possible. Any thread. */
    void fail(String reason) {
        if (failure == null) {
            failure = reason;
        }
    }

    /** Why it has to be destroyed; null if it has not. */
    @Nullable String failure() {
        return failure;
    }

    // ---- transactions

    @Override
    public void commit(int agentCpu, CpuSet slots) {
        commit(agentCpu, slots, false);
    }

    @Override
    public boolean commitSyncGroup(int agentCpu, CpuSet slots) {
        return commit(agentCpu, slots, true);
    }

    /** One crossing, however many slots. */
    private boolean commit(int agentCpu, CpuSet slots, boolean syncGroup) {
        RecordTable requests = side.requests;
        for (int word = 0; word < SchedExtLayout.MAX_CPUS / Long.SIZE; word++) {
            requests.setLong(agentCpu, SchedExtLayout.CommitRequest.CPUS + word * Long.BYTES, slots.word(word));
        }
        requests.setInt(agentCpu, SchedExtLayout.CommitRequest.SYNC_GROUP, syncGroup ? 1 : 0);
        requests.setInt(agentCpu, SchedExtLayout.CommitRequest.COMMITTED, 0);
        int result = request().cpu(agentCpu).call(side.program(Program.COMMIT));
        if (result < 0) {
            refuse(slots);
            return false;
        }
        return !syncGroup || requests.getInt(agentCpu, SchedExtLayout.CommitRequest.COMMITTED) != 0;
    }

    /** The program did not run: nothing was decided. */
    private void refuse(CpuSet slots) {
        for (int cpu = slots.first(); cpu >= 0; cpu = slots.next(cpu + 1)) {
            if (kernel.transactions().state(cpu) == TransactionLayout.STATE_READY) {
                kernel.transactions().store(cpu, TransactionState.NOT_PERMITTED);
            }
        }
    }

    @Override
    public void setGeneration(int generation) {
        side.enclaves.setInt(slot, SchedExtLayout.Enclave.GENERATION, generation);
    }

    // ---- tasks

    @Override
    public void enter(long tid) throws KernelException {
        checkAlive();
        members.enter(tid);
    }

    @Override
    public void leave(long tid) throws KernelException {
        members.leave(tid);
    }

    @Override
    public int taskCount() {
        return members.count();
    }

    @Override
    public long gtid(int tid) {
        return members.gtid(tid);
    }

    @Override
    public String taskName(long gtid) {
        return members.name(gtid);
    }

    @Override
    public boolean affinity(long gtid, CpuSet into) {
        return Members.affinity(gtid, into);
    }

    @Override
    public @Nullable PrioTable prioTable(int tgid) {
        return kernel.clientTables().get(tgid);
    }

    @Override
    public int freeStatusWord(int index) {
        if (index < 0 || index >= words.capacity()) {
            return -Errno.ENOENT.number();
        }
        return request().statusWord(index).call(side.program(Program.FREE_WORD));
    }

    @Override
    public int armTimer(int cpu, long atNs, long type, long cookie) {
        return -Errno.EINVAL.number();
    }

    // ---- the rest

    @Override
    public long tunable(Tunable tunable) {
        return tunables.get(tunable);
    }

    @Override
    public void setTunable(Tunable tunable, long value) throws KernelException {
        checkAlive();
        tunables.set(tunable, value);
    }

    @Override
    public void setMode(EnclaveMode to, long sliceNs) throws KernelException {
        checkAlive();
        side.enclaves.setLong(slot, SchedExtLayout.Enclave.IN_KERNEL_SLICE_NS,
                sliceNs > 0 ? sliceNs : kernel.options().sliceUs() * 1_000L);
        mode = to;
        applyMode();
    }

    /** Tells the kernel side who decides; again after it has put its own FIFO in charge. */
    void applyMode() {
        side.enclaves.setInt(slot, SchedExtLayout.Enclave.MODE, EnclaveModes.number(mode));
        request().call(side.program(Program.KICK_ALL));
    }

    @Override
    public EnclaveMode mode() {
        return mode;
    }

    @Override
    public long count(Counter counter) {
        return switch (counter) {
            case MESSAGES -> side.enclaves.getLong(slot, SchedExtLayout.Enclave.MESSAGES);
            case OVERFLOWS -> side.enclaves.getLong(slot, SchedExtLayout.Enclave.OVERFLOWS);
            case RESYNCS -> resyncs.get();
            case LOST_TASKS -> 0;
            case TRANSACTIONS -> side.enclaves.getLong(slot, SchedExtLayout.Enclave.TRANSACTIONS);
            case ENTERED -> side.enclaves.getLong(slot, SchedExtLayout.Enclave.ENTERED);
            case DIED -> side.enclaves.getLong(slot, SchedExtLayout.Enclave.DIED);
            case DEPARTED -> side.enclaves.getLong(slot, SchedExtLayout.Enclave.DEPARTED);
        };
    }

    @Override
    public void onDestroyed(DestroyListener to) {
        listener = to;
    }

    @Override
    public boolean alive() {
        return alive;
    }

    Members members() {
        return members;
    }

    /** The backend itself ends the enclave. */
    void destroyFromBelow(String reason) {
        if (alive) {
            destroy();
            DestroyListener told = listener;
            if (told != null) {
                told.destroyed(reason);
            }
        }
    }

    @Override
    public void destroy() {
        if (!alive) {
            return;
        }
        alive = false;
        // Who waits for an agent that goes now runs all the same.
        side.enclaves.setInt(slot, SchedExtLayout.Enclave.MODE, EnclaveModes.number(EnclaveMode.FIFO));
        for (int cpu = cpus.first(); cpu >= 0; cpu = cpus.next(cpu + 1)) {
            if (agent(cpu) != null) {
                try {
                    detachAgent(cpu);
                } catch (KernelException e) {
                    throw new AssertionError("agent of CPU " + cpu, e);
                }
            }
        }
        request().call(side.program(Program.KICK_ALL));
        members.giveAllBack();
        cpus.copy().forEach(this::removeCpu);
        int result = request().call(side.program(Program.DESTROY_ENCLAVE));
        queues.close();
        wordsFile.close();
        if (result == 0) {
            side.removeStatusWords(slot);
        }
        kernel.forget(this, result == 0);
    }

    private void checkAlive() throws KernelException {
        if (!alive) {
            throw new KernelException(Errno.EXDEV, "enclave " + id + " is destroyed");
        }
    }
}
