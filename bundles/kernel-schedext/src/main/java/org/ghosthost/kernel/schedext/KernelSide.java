package org.ghosthost.kernel.schedext;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.ghosthost.enclave.kernel.Errno;
import org.ghosthost.enclave.kernel.KernelException;
import org.ghosthost.ffm.Bpf;
import org.ghosthost.ffm.BpfLink;
import org.ghosthost.ffm.BpfObject;
import org.ghosthost.ffm.FileDescriptor;
import org.ghosthost.ffm.LibBpf;
import org.ghosthost.ffm.NativeException;
import org.ghosthost.ffm.SharedMemory;
import org.ghosthost.policy.abi.TransactionLayout;
import org.jspecify.annotations.Nullable;

/** The BPF program in the kernel: loaded, its memory mapped, attached to the extensible scheduling class or not. */
final class KernelSide implements AutoCloseable {
    private static final Logger LOG = LogManager.getLogger(KernelSide.class);

    private static final String OBJECT = "ghost.bpf.o";
    private static final String OPERATIONS = "ghost_ops";
    /** Sees every switch of every CPU, so that it is known which class has a CPU. */
    private static final String SWITCHES = "ghost_sched_switch";
    private static final Path STATE = Path.of("/sys/kernel/sched_ext/state");
    private static final Path ATTACHED = Path.of("/sys/kernel/sched_ext/root/ops");
    private static final String ENABLED = "enabled";
    /** Of libbpf's log are kept. */
    private static final int LOG_LINES = 60;
    /** The kernel disables a scheduler in the background; until it has, another one is refused. */
    private static final int ATTACH_TRIES = 50;
    private static final long ATTACH_PAUSE_MS = 20;

    final RecordTable control;
    final RecordTable enclaves;
    final RecordTable cpus;
    final RecordTable queues;
    final RecordTable requests;
    final MemorySegment transactions;

    private final BpfObject object;
    private final FileDescriptor rings;
    private final FileDescriptor statusWords;
    private final int[] programs = new int[Program.values().length];
    private @Nullable BpfLink link;
    private @Nullable BpfLink switches;

    private KernelSide(BpfObject object) throws NativeException {
        this.object = object;
        control = table("control", 1, SchedExtLayout.Control.SIZE);
        enclaves = table("enclaves", SchedExtLayout.MAX_ENCLAVES, SchedExtLayout.Enclave.SIZE);
        cpus = table("cpus", SchedExtLayout.MAX_CPUS, SchedExtLayout.Cpu.SIZE);
        queues = table("queues", SchedExtLayout.MAX_QUEUES, SchedExtLayout.Queue.SIZE);
        requests = table("requests", SchedExtLayout.MAX_CPUS, SchedExtLayout.CommitRequest.SIZE);
        transactions = memory("transactions", SchedExtLayout.MAX_CPUS, TransactionLayout.SIZE);
        rings = object.mapFile("rings");
        statusWords = object.mapFile("status_words");
        for (Program program : Program.values()) {
            programs[index(program)] = object.programNumber(program.text());
        }
    }

    /** Loads the program; the kernel does nothing with it yet. */
    static KernelSide load(SchedExtOptions options, int possibleCpus) throws KernelException {
        checkKernel();
        BpfObject object = null;
        try {
            object = LibBpf.find(options.library()).open(objectFile());
            Operations.fit(object.initialValue(OPERATIONS));
            object.load();
            KernelSide side = new KernelSide(object);
            side.begin(possibleCpus);
            return side;
        } catch (NativeException e) {
            if (object != null) {
                LOG.error("libbpf says: {}", tail(object.log()));
                object.close();
            }
            throw Errors.of(e);
        }
    }

    private static void checkKernel() throws KernelException {
        if (!Files.exists(STATE)) {
            throw new KernelException(Errno.ENODEV, "this kernel (" + System.getProperty("os.version")
                    + ") has no sched_ext: it needs Linux 6.12 or newer, built with CONFIG_SCHED_CLASS_EXT");
        }
        String state = text(STATE);
        if (!state.equals("disabled")) {
            throw new KernelException(Errno.EBUSY, "another scheduler is attached to sched_ext: " + text(ATTACHED)
                    + " (" + state + "); stop it first");
        }
    }

    private static byte[] objectFile() throws KernelException {
        try (InputStream in = KernelSide.class.getResourceAsStream(OBJECT)) {
            if (in == null) {
                throw new KernelException(Errno.ENOENT, "the installation is not complete: " + OBJECT + " is missing");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new KernelException(Errno.ENOENT, "the installation is damaged: " + e.getMessage());
        }
    }

    private void begin(int possibleCpus) throws KernelException {
        int version = control.getInt(0, SchedExtLayout.Control.VERSION);
        if (version != 0 && version != SchedExtLayout.ABI_VERSION) {
            throw new KernelException(Errno.EINVAL, "the BPF program has version " + version
                    + " of the shared records, this host has " + SchedExtLayout.ABI_VERSION);
        }
        control.setInt(0, SchedExtLayout.Control.HOST_TGID, Math.toIntExact(ProcessHandle.current().pid()));
        control.setInt(0, SchedExtLayout.Control.CPUS, possibleCpus);
    }

    private RecordTable table(String map, int records, int size) throws NativeException {
        return new RecordTable(memory(map, records, size), size);
    }

    private MemorySegment memory(String map, int records, int size) throws NativeException {
        return SharedMemory.map(object.mapFile(map), 0, (long) records * size, true);
    }

    /** The number of a program, for {@link Request#call}. */
    int program(Program program) {
        return programs[index(program)];
    }

    @SuppressWarnings("EnumOrdinal") // index into a table that is as long as the enum
    private static int index(Program program) {
        return program.ordinal();
    }

    // ---- maps inside of maps

    /** Makes a ring buffer and shows it to the program as the queue of this number. */
    FileDescriptor createRing(int queue, int bytes) throws NativeException {
        FileDescriptor ring = Bpf.createMap("ghost_ring", Bpf.RING_BUFFER, 0, 0, bytes, 0);
        return shown(rings, queue, ring);
    }

    /** The program sends to this queue no more. */
    void removeRing(int queue) {
        Bpf.clearInner(rings, queue);
    }

    /** Makes an array of status words and shows it to the program as that of this enclave. */
    FileDescriptor createStatusWords(int enclave, int words, int size) throws NativeException {
        FileDescriptor array = Bpf.createMap(
                "ghost_words", Bpf.ARRAY, Integer.BYTES, size, words, Bpf.MAPPABLE | Bpf.INNER);
        return shown(statusWords, enclave, array);
    }

    /** The enclave has no status words any more. */
    void removeStatusWords(int enclave) {
        Bpf.clearInner(statusWords, enclave);
    }

    private static FileDescriptor shown(FileDescriptor outer, int slot, FileDescriptor inner) throws NativeException {
        try {
            Bpf.setInner(outer, slot, inner);
            return inner;
        } catch (NativeException e) {
            inner.close();
            throw e;
        }
    }

    // ---- attached or not

    /** Attaches the program; afterwards threads of the extensible class are scheduled by it. */
    void attach() throws KernelException {
        detach();
        control.setInt(0, SchedExtLayout.Control.EXITED, 0);
        for (int tries = 1; link == null; tries++) {
            try {
                link = object.attachStructOps(OPERATIONS);
            } catch (NativeException e) {
                if (e.errno() != Errno.EBUSY.number() || tries == ATTACH_TRIES) {
                    LOG.error("libbpf says: {}", tail(object.log()));
                    throw Errors.of(e);
                }
                pause();
            }
        }
        if (exited() || !text(STATE).equals(ENABLED)) {
            String why = exited() ? exitReason() : "its state is " + text(STATE);
            detach();
            throw new KernelException(Errno.ENODEV, "the kernel has not enabled the scheduler: " + why);
        }
        try {
            switches = object.attach(SWITCHES);
        } catch (NativeException e) {
            LOG.warn("{}: which CPUs other classes use is known less well", e.getMessage());
        }
    }

    /** The end of the verifier's log tells what it did not like. */
    private static String tail(String log) {
        List<String> lines = log.strip().lines().toList();
        return String.join("\n", lines.subList(Math.max(0, lines.size() - LOG_LINES), lines.size()));
    }

    private static void pause() throws KernelException {
        try {
            Thread.sleep(ATTACH_PAUSE_MS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new KernelException(Errno.EBUSY, "interrupted while the kernel ends the former scheduler");
        }
    }

    /** All threads go back to the fair class. Idempotent. */
    void detach() {
        if (switches != null) {
            switches.close();
            switches = null;
        }
        if (link != null) {
            link.close();
            link = null;
        }
    }

    /** Whether the kernel has put the scheduler out since it was attached. */
    boolean exited() {
        return control.getInt(0, SchedExtLayout.Control.EXITED) != 0;
    }

    /** Why, in the kernel's words. */
    String exitReason() {
        String reason = text(SchedExtLayout.Control.EXIT_REASON, SchedExtLayout.Control.EXIT_REASON_BYTES);
        String message = text(SchedExtLayout.Control.EXIT_MESSAGE, SchedExtLayout.Control.EXIT_MESSAGE_BYTES);
        int kind = control.getInt(0, SchedExtLayout.Control.EXIT_KIND);
        return (reason.isEmpty() ? "no reason given" : reason) + (message.isEmpty() ? "" : ": " + message)
                + " (kind " + kind + ")";
    }

    private String text(int offset, int bytes) {
        byte[] copy = control.memory().asSlice(offset, bytes).toArray(ValueLayout.JAVA_BYTE);
        int length = 0;
        while (length < bytes && copy[length] != 0) {
            length++;
        }
        return new String(copy, 0, length, StandardCharsets.UTF_8).replace('\n', ' ').strip();
    }

    private static String text(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (NoSuchFileException _) {
            return "";
        } catch (IOException e) {
            return "unreadable: " + e.getMessage();
        }
    }

    /** Detaches and takes the program out of the kernel. Idempotent. */
    @Override
    public void close() {
        detach();
        object.close();
    }
}
