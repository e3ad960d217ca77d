package org.ghosthost.kernel.sim;

import java.lang.foreign.MemorySegment;
import org.ghosthost.enclave.kernel.AgentPass;
import org.ghosthost.enclave.kernel.EnclaveMode;
import org.ghosthost.enclave.kernel.Errno;
import org.ghosthost.enclave.kernel.KernelEnclave;
import org.ghosthost.enclave.kernel.KernelException;
import org.ghosthost.enclave.kernel.TransactionTable;
import org.ghosthost.enclave.kernel.Tunable;
import org.ghosthost.policy.Gtid;
import org.ghosthost.policy.StatusWords;
import org.ghosthost.policy.abi.TransactionLayout;
import org.ghosthost.policy.priotable.PrioTable;
import org.ghosthost.policy.topology.CpuSet;
import org.ghosthost.workload.SchedulingClass;
import org.jspecify.annotations.Nullable;

/** An enclave of the simulated machine. */
final class SimEnclave implements KernelEnclave {
    final int id;
    final CpuSet cpus = new CpuSet();
    final StatusWordTable words;
    final MemorySegment slots;
    final TransactionTable table;
    final QueueTable queues;
    final Members members;

    /** Runnable tasks without a CPU, the one that waits longest first; only while somebody wants to know them. */
    final TaskList waiting = new TaskList();
    boolean keepsWaiting;

    EnclaveMode mode = EnclaveMode.AGENTS;
    long inKernelSliceNs;
    long vruntime;
    int generation;
    boolean alive = true;

    /** Messages in queues that wake nobody, so far. */
    long polled;
    /** Agents that wait spinning. */
    @Nullable Agent spinners;

    long messages;
    long transactions;
    boolean wantsTicks;
    long timeoutNs;
    final int watchdogCall;

    private final Machine m;
    private final long[] tunables = new long[Tunable.values().length];
    private @Nullable DestroyListener listener;
    private long debtNs;
    long overflows;
    private boolean resync;
    private long resyncs;
    private long lostTasks;

    SimEnclave(Machine machine, int id, CpuSet cpus) {
        m = machine;
        this.id = id;
        words = new StatusWordTable(m.config.statusWords());
        queues = new QueueTable(m, this);
        members = new Members(m, this);
        slots = MemorySegment.ofArray(new long[m.cpus.length * (TransactionLayout.SIZE / Long.BYTES)]);
        table = new TransactionTable(slots);
        watchdogCall = m.calls.register(() -> m.watchdog.check(this));
        for (int cpu = 0; cpu < m.cpus.length; cpu++) {
            table.reset(cpu);
        }
        cpus.forEach(this::addCpu);
        keepWaiting();
    }

    @Override
    public int id() {
        return id;
    }

    // ---- CPUs

    @Override
    public CpuSet cpus() {
        return cpus.copy();
    }

    @Override
    public void setCpus(CpuSet to) throws KernelException {
        checkAlive();
        m.checkFree(to, this);
        for (int cpu = cpus.first(); cpu >= 0; cpu = cpus.next(cpu + 1)) {
            if (!to.contains(cpu) && m.cpus[cpu].agent != null) {
                throw new KernelException(Errno.EEXIST, "CPU " + cpu + " has an agent and cannot leave the enclave");
            }
        }
        CpuSet old = cpus.copy();
        old.forEach(cpu -> {
            if (!to.contains(cpu)) {
                removeCpu(cpu);
            }
        });
        to.forEach(cpu -> {
            if (!old.contains(cpu)) {
                addCpu(cpu);
            }
        });
    }

    private void addCpu(int cpu) {
        cpus.add(cpu);
        table.reset(cpu);
        m.cpus[cpu].enclave = this;
        m.cpus[cpu].runFlags = 0;
        m.kick(m.cpus[cpu]);
    }

    private void removeCpu(int cpu) {
        Cpu c = m.cpus[cpu];
        m.lateOutcomes.settle(cpu);
        cpus.remove(cpu);
        c.enclave = null;
        if (c.isLatched()) {
            m.scheduler.cancelLatch(c);
        }
        m.ticks.update(c);
        m.kick(c);
    }

    // ---- shared memory

    @Override
    public StatusWords statusWords() {
        return words.view();
    }

    @Override
    public TransactionTable transactions() {
        return table;
    }

    boolean hasReady(int cpu) {
        return table.state(cpu) == TransactionLayout.STATE_READY;
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
        queues.setDefault(queue);
    }

    @Override
    public void configWakeup(int queue, int cpu) throws KernelException {
        checkAlive();
        queues.configWakeup(queue, cpu);
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
        return queues.associate(gtid, queue, barrier);
    }

    @Override
    public int associateAgent(int cpu, int queue, int barrier) {
        return queues.associateAgent(hasAgent(cpu) ? m.cpus[cpu].agent : null, queue, barrier);
    }

    /** Who decides must read the status words again. */
    void wantResync() {
        resync = true;
    }

    /** A message of this task did not fit: its state is unknown until the status words are read. */
    void lost(Task t) {
        if (t.lostIn != resyncs) {
            t.lostIn = resyncs;
            lostTasks++;
        }
    }

    @Override
    public boolean takeResync() {
        boolean taken = resync;
        if (taken) {
            resync = false;
            resyncs++;
            lostTasks = 0;
        }
        return taken;
    }

    /** A message is in a queue that wakes nobody: who polls sees it. */
    void polled() {
        polled++;
        while (spinners != null) {
            m.agents.poke(spinners);
        }
    }

    /** A process wrote to its PrioTable. */
    void prioTableChanged() {
        SimQueue q = queues.defaultQueue();
        if (q != null && q.wakeCpu != SimQueue.POLLED && hasAgent(q.wakeCpu) && spinners == null) {
            m.agents.wake(m.cpus[q.wakeCpu]);
        } else {
            polled();
        }
    }

    // ---- agents

    boolean hasAgent(int cpu) {
        return cpu >= 0 && cpu < m.cpus.length && m.cpus[cpu].enclave == this && m.cpus[cpu].agent != null;
    }

    int remoteCommits(int cpu) {
        Agent a = m.cpus[cpu].agent;
        return a == null ? 1 : a.remoteCommits;
    }

    @Override
    public int attachAgent(int cpu, int queue, AgentPass pass) throws KernelException {
        checkAlive();
        return m.agentTable.attach(this, cpu, queue == -1 ? queues.defaultQueue() : queues.queue(queue), pass);
    }

    @Override
    public void detachAgent(int cpu) throws KernelException {
        m.agentTable.detach(this, cpu);
    }

    @Override
    public boolean ping(int cpu) {
        boolean there = hasAgent(cpu);
        if (there) {
            m.agents.wake(m.cpus[cpu]);
        }
        return there;
    }

    // ---- transactions

    @Override
    public void commit(int agentCpu, CpuSet slots) {
        m.commits.commit(this, agentCpu, slots);
    }

    @Override
    public boolean commitSyncGroup(int agentCpu, CpuSet slots) {
        return m.commits.commitSyncGroup(this, agentCpu, slots);
    }

    @Override
    public void setGeneration(int to) {
        generation = to;
        debtNs += m.costs.roll();
        m.observer.generation(id, to, m.now);
    }

    /** What is still to be paid for rolls: by the next pass. */
    long takeDebt() {
        long debt = debtNs;
        debtNs = 0;
        return debt;
    }

    // ---- tasks

    @Override
    public void enter(long tid) throws KernelException {
        checkAlive();
        Task t = thread(tid);
        if (t == null || t.state == Task.DEAD || t.exiting) {
            throw new KernelException(Errno.ESRCH, "no such thread: " + tid);
        }
        if (t.isAgent) {
            throw new KernelException(Errno.EPERM, "an agent cannot leave its class: " + tid);
        }
        SimEnclave in = t.enclave;
        if (in == this) {
            return;
        }
        if (in != null) {
            throw new KernelException(Errno.EBUSY, "thread " + tid + " is in enclave " + in.id);
        }
        if (!members.enter(t)) {
            throw new KernelException(Errno.ENOMEM, "enclave " + id + " has no free status word");
        }
    }

    @Override
    public void leave(long tid) throws KernelException {
        Task t = thread(tid);
        if (t == null || t.enclave != this || t.isAgent) {
            throw new KernelException(Errno.ESRCH, "thread " + tid + " is not in enclave " + id);
        }
        m.properties.setSchedulingClass(t, SchedulingClass.FAIR);
    }

    /** By its pid or, if the part above it is not zero, by its gtid. */
    private @Nullable Task thread(long tid) {
        if (tid >>> Gtid.GENERATION_BITS != 0) {
            return m.find(tid);
        }
        return m.pids.get(tid) instanceof Task found ? found : null;
    }

    @Override
    public int taskCount() {
        return members.size();
    }

    @Override
    public String taskName(long gtid) {
        Task t = m.find(gtid);
        return t == null ? Gtid.toString(gtid) : t.name;
    }

    @Override
    public boolean affinity(long gtid, CpuSet into) {
        Task t = m.find(gtid);
        if (t == null) {
            return false;
        }
        CpuSet own = t.affinity;
        into.copyFrom(own == null ? m.config.topology().allCpus() : own);
        return true;
    }

    @Override
    public @Nullable PrioTable prioTable(int tgid) {
        return m.pids.get(tgid) instanceof SimProcess process ? process.prioTable : null;
    }

    @Override
    public int freeStatusWord(int index) {
        return members.freeWord(index);
    }

    @Override
    public int armTimer(int cpu, long atNs, long type, long cookie) {
        if (!hasAgent(cpu) || m.config.profile() != Profile.GHOST) {
            return -Errno.EINVAL.number();
        }
        return m.timers.arm(m.cpus[cpu], atNs, type, cookie) ? 0 : -Errno.EINVAL.number();
    }

    // ---- the rest

    @Override
    public long tunable(Tunable tunable) {
        return tunables[index(tunable)];
    }

    boolean isSet(Tunable tunable) {
        return tunables[index(tunable)] != 0;
    }

    @SuppressWarnings("EnumOrdinal") // index into a table that is as long as the enum
    private static int index(Tunable tunable) {
        return tunable.ordinal();
    }

    @Override
    public void setTunable(Tunable tunable, long value) throws KernelException {
        checkAlive();
        if (tunable == Tunable.DELIVER_AGENT_RUNNABILITY && m.config.profile() != Profile.GHOST) {
            throw new KernelException(Errno.ENOTSUP, "this machine cannot tell that an agent blocks");
        }
        boolean timeout = tunable == Tunable.RUNNABLE_TIMEOUT;
        if (timeout && (value < 0 || value > 1_000_000_000)) {
            throw new KernelException(Errno.EINVAL, "runnable_timeout must be 0 to 1000000000 ms: " + value);
        }
        tunables[index(tunable)] = timeout || value == 0 ? value : 1;
        wantsTicks = isSet(Tunable.DELIVER_TICKS) || isSet(Tunable.COMMIT_AT_TICK);
        if (timeout) {
            m.watchdog.timeoutChanged(this);
        }
        cpus.forEach(cpu -> m.ticks.update(m.cpus[cpu]));
    }

    @Override
    public void setMode(EnclaveMode to, long sliceNs) throws KernelException {
        checkAlive();
        mode = to;
        inKernelSliceNs = sliceNs > 0 ? sliceNs : m.config.fifoSliceNs();
        keepWaiting();
        if (to.isInKernel()) {
            m.inKernel.start(this);
        }
    }

    /** Begins or ceases to keep the list of those that wait. */
    private void keepWaiting() {
        boolean keep = mode.isInKernel() || m.config.profile() == Profile.SCHED_EXT;
        if (keep != keepsWaiting) {
            keepsWaiting = keep;
            if (keep) {
                members.fill(waiting);
            } else {
                while (waiting.poll() != null) {
                    // none is kept
                }
            }
        }
    }

    @Override
    public EnclaveMode mode() {
        return mode;
    }

    @Override
    public long count(Counter counter) {
        return switch (counter) {
            case MESSAGES -> messages;
            case OVERFLOWS -> overflows;
            case RESYNCS -> resyncs;
            case LOST_TASKS -> lostTasks;
            case TRANSACTIONS -> transactions;
            case ENTERED -> members.entered();
            case DIED -> members.died();
            case DEPARTED -> members.departed();
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

    /** The machine itself ends the enclave. */
    void destroyFromBelow(String reason) {
        if (alive) {
            destroy(reason);
            DestroyListener told = listener;
            if (told != null) {
                told.destroyed(reason);
            }
        }
    }

    @Override
    public void destroy() {
        destroy("destroyed");
    }

    private void destroy(String reason) {
        if (!alive) {
            return;
        }
        alive = false;
        m.calls.release(watchdogCall);
        m.agentTable.detachAll(this);
        members.release();
        cpus.copy().forEach(this::removeCpu);
        m.forget(this, reason);
    }

    private void checkAlive() throws KernelException {
        if (!alive) {
            throw new KernelException(Errno.EXDEV, "enclave " + id + " is destroyed");
        }
    }
}
