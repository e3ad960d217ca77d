package org.ghosthost.policy.topology;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * The CPUs of a machine and how they share cores, L3 caches, NUMA nodes and sockets.
 *
 * <p>Immutable and free for all threads. Everything is computed once: a query returns a stored number or a stored,
 * frozen set, and allocates nothing. To change such a set, take a {@link CpuSet#copy()} of it.
 *
 * <p>CPU ids run from 0 without gaps. Any number of hardware threads per core is fine, and cores may differ in it.
 */
public final class Topology {
    private static final String TEST_MACHINE = "sockets=2 cores=28 smt=2";

    private final List<Cpu> cpus;
    private final Cpu[] byId;
    private final CpuSet allCpus;
    private final CpuSet cores;
    private final CpuGroups l3Groups;
    private final CpuGroups numaNodes;
    private final CpuGroups sockets;
    private final int smtCount;
    private final boolean consecutiveSmtNumbering;

    private Topology(final List<Cpu> cpus) {
        this.cpus = cpus;
        this.byId = cpus.toArray(new Cpu[0]);
        final CpuSet all = new CpuSet();
        final CpuSet leaders = new CpuSet();
        int widest = 0;
        boolean adjacent = true;
        for (final Cpu cpu : byId) {
            all.add(cpu.id());
            leaders.add(cpu.core());
            final int width = cpu.siblings().size();
            widest = Math.max(widest, width);
            adjacent &= cpu.siblings().last() - cpu.siblings().first() + 1 == width;
        }
        this.allCpus = all.frozen();
        this.cores = leaders.frozen();
        this.smtCount = widest;
        this.consecutiveSmtNumbering = widest > 1 && adjacent;
        this.l3Groups = CpuGroups.bySet(byId, Cpu::l3Siblings);
        this.numaNodes = CpuGroups.byNumber(byId, Cpu::numaNode);
        this.sockets = CpuGroups.byNumber(byId, Cpu::socket);
    }

    /**
     * Makes the topology of the given CPUs; {@link #cpus()} gives them back.
     *
     * @param cpus in the order of their ids, which run from 0
     * @throws IllegalArgumentException if there is no CPU, an id is not its position, or the CPUs contradict each
     *     other: each CPU is one of its own siblings, siblings agree on their core, L3 cache, NUMA node and socket, and
     *     CPUs that share an L3 cache agree on who does
     */
    public static Topology of(final List<Cpu> cpus) {
        final List<Cpu> copy = List.copyOf(cpus);
        TopologyCheck.check(copy);
        return new Topology(copy);
    }

    /**
     * Makes the topology that a short text describes.
     *
     * <p>Either the number of CPUs, as in {@code "8"}: one socket of eight cores that share one L3 cache. Or any of
     * these, between spaces, in any order:
     * <ul>
     * <li>{@code sockets=2}: how many sockets (1 if left out),
     * <li>{@code cores=28}: how many cores in each socket (1),
     * <li>{@code smt=2}: how many CPUs in each core (1),
     * <li>{@code nodes=1}: how many NUMA nodes in each socket (1),
     * <li>{@code l3=2}: how many L3 caches in each socket (1); 0 means that it is unknown,
     * <li>{@code numbering=split}: the first CPU of every core, then the second of every core, … (this is the default,
     *     and how Linux numbers them on most machines), or {@code numbering=consecutive}: all CPUs of the first core,
     *     then all of the second, ….
     * </ul>
     * Or the word {@code test}, for {@link #test()}.
     *
     * @throws IllegalArgumentException if the text is anything else or describes more than {@link CpuSet#MAX_CPUS}
     *     CPUs; the message quotes the text and says what is wrong with it
     */
    public static Topology parse(final String description) {
        if (description.strip().equals("test")) {
            return test();
        }
        return of(TopologyDescription.parse(description).cpus());
    }

    /**
     * Returns the machine of ghOSt's own tests: 112 CPUs in 2 sockets, each of them one NUMA node and one L3 cache,
     * with 2 CPUs per core, CPU {@code n + 56} being the sibling of CPU {@code n}.
     */
    public static Topology test() {
        return parse(TEST_MACHINE);
    }

    /** Returns {@link #test()} with the other numbering: CPU {@code 2 * n + 1} is the sibling of CPU {@code 2 * n}. */
    public static Topology testConsecutive() {
        return parse(TEST_MACHINE + " numbering=consecutive");
    }

    /**
     * Reads the topology of this machine.
     *
     * @throws IOException if it is not a Linux machine or its {@code /sys} does not make sense
     */
    public static Topology ofHost() throws IOException {
        return ofSysfs(Path.of("/sys"));
    }

    /**
     * Reads the topology of a machine from the files that Linux keeps about it.
     *
     * <p>Only {@code devices/system/cpu/present} (or {@code possible}) must be there. A CPU about which nothing is
     * known, as in some containers or when it is offline, is a core of its own in node 0 and socket 0, without L3
     * cache. Sockets are renumbered from 0, in the order of their lowest CPUs.
     *
     * @param root the folder that is {@code /sys} on that machine
     * @throws IOException if the files cannot be read or contradict each other; the message names the file
     */
    public static Topology ofSysfs(final Path root) throws IOException {
        final List<Cpu> cpus = new SysfsTopology(root).read();
        try {
            return of(cpus);
        } catch (IllegalArgumentException e) {
            throw new IOException(root + " contradicts itself: " + e.getMessage(), e);
        }
    }

    /** Returns the number of CPUs; their ids are 0 to one less. */
    public int cpuCount() {
        return byId.length;
    }

    /** Returns all CPUs in the order of their ids: what {@link #of(List)} takes. */
    public List<Cpu> cpus() {
        return cpus;
    }

    /**
     * Returns one CPU.
     *
     * @throws IllegalArgumentException if there is no such CPU
     */
    public Cpu cpu(final int id) {
        if (id < 0 || id >= byId.length) {
            throw new IllegalArgumentException("no CPU " + id + ": this machine has 0-" + (byId.length - 1));
        }
        return byId[id];
    }

    /** Returns whether this machine has a CPU of that id. */
    public boolean hasCpu(final int id) {
        return id >= 0 && id < byId.length;
    }

    /** Returns the set of all CPUs. */
    public CpuSet allCpus() {
        return allCpus;
    }

    /** Returns the cores of the machine, each by the id of its first CPU. */
    public CpuSet cores() {
        return cores;
    }

    /**
     * Finds the cores to which some CPUs belong.
     *
     * @param result is made the set of these cores, each by the id of its first CPU; must not be {@code cpus} itself
     * @throws IllegalArgumentException if {@code cpus} has a CPU that this machine has not
     */
    public void coresOf(final CpuSet cpus, final CpuSet result) {
        result.clear();
        for (int cpu = cpus.first(); cpu >= 0; cpu = cpus.next(cpu + 1)) {
            result.add(cpu(cpu).core());
        }
    }

    /** Returns how many CPUs the widest core has. */
    public int smtCount() {
        return smtCount;
    }

    /** Returns whether cores have several CPUs and the CPUs of each core have adjacent ids. */
    public boolean consecutiveSmtNumbering() {
        return consecutiveSmtNumbering;
    }

    /** Returns the number of sockets. */
    public int socketCount() {
        return sockets.count();
    }

    /**
     * Returns the CPUs of one socket; none if that number is left out.
     *
     * @throws IllegalArgumentException if the number is negative or above that of all sockets
     */
    public CpuSet cpusOnSocket(final int socket) {
        return sockets.get(socket, "socket");
    }

    /** Returns the number of NUMA nodes that have CPUs. */
    public int numaNodeCount() {
        return numaNodes.count();
    }

    /** Returns the highest number of a NUMA node that has CPUs. */
    public int highestNumaNode() {
        return numaNodes.highest();
    }

    /**
     * Returns the CPUs of one NUMA node; none if that number is left out.
     *
     * @throws IllegalArgumentException if the number is negative or above {@link #highestNumaNode()}
     */
    public CpuSet cpusOnNode(final int node) {
        return numaNodes.get(node, "NUMA node");
    }

    /** Returns the number of L3 caches; 0 if they are unknown. */
    public int l3GroupCount() {
        return l3Groups.count();
    }

    /**
     * Returns the CPUs of one L3 cache. Caches are numbered from 0 in the order of their lowest CPUs.
     *
     * @throws IllegalArgumentException if there is no such cache
     */
    public CpuSet l3Group(final int group) {
        return l3Groups.get(group, "L3 cache");
    }

    /**
     * Returns the number of the L3 cache that a CPU uses, or -1 if that is unknown.
     *
     * @throws IllegalArgumentException if there is no such CPU
     */
    public int l3GroupOf(final int cpu) {
        return l3Groups.indexOf(cpu(cpu).id());
    }

    /**
     * Reads a list of CPUs of this machine, in the format of {@link CpuSet#parse(String)}.
     *
     * @throws IllegalArgumentException as there, and if this machine lacks one of the CPUs
     */
    public CpuSet parseCpus(final String list) {
        return CpuSet.parse(list, byId.length);
    }

    /** Returns whether {@code other} is a topology of equal CPUs. */
    @Override
    public boolean equals(final Object other) {
        return other instanceof Topology that && cpus.equals(that.cpus);
    }

    @Override
    public int hashCode() {
        return cpus.hashCode();
    }

    /** Returns a summary for people, as in {@code "112 CPUs, 56 cores, 2 L3 caches, 2 NUMA nodes, 2 sockets"}. */
    @Override
    public String toString() {
        return plural(cpuCount(), "CPU") + ", " + plural(cores.size(), "core") + ", "
                + plural(l3GroupCount(), "L3 cache") + ", " + plural(numaNodeCount(), "NUMA node") + ", "
                + plural(socketCount(), "socket");
    }

    private static String plural(final int count, final String noun) {
        return count + " " + noun + (count == 1 ? "" : "s");
    }
}
