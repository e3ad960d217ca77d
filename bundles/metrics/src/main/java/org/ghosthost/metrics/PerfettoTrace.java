package org.ghosthost.metrics;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Writes what tasks did as a trace for the Perfetto viewer (ui.perfetto.dev): a track per CPU with the task or agent
 * that runs there, a track per task with its state, and the rolls as instants.
 *
 * <p>The format is Perfetto's own protobuf, {@code TrackDescriptor} and {@code TrackEvent} packets of one sequence,
 * with interned names. A slice costs about 40 bytes, a third of the JSON format, and the viewer needs no limit on the
 * file's size to read it. Memory is bounded by {@value #BUFFER_BYTES} bytes, and some for each task.
 *
 * <p>All calls come from one thread, with times that never go back. Calls never fail, because they come from the middle
 * of a simulated event: the first trouble with the file is kept for {@link #failure}, and nothing is written after it.
 *
 * @see <a href="https://perfetto.dev/docs/reference/trace-packet-proto">Perfetto, TracePacket</a>
 */
public final class PerfettoTrace {
    static final int BUFFER_BYTES = 1 << 16;

    /** Longer names and texts are cut. */
    static final int MAX_TEXT_CHARS = 200;

    private static final int MAX_PACKET_BYTES = 4096;

    // Field numbers: Trace, TracePacket
    private static final int PACKET = 1;
    private static final int TIMESTAMP = 8;
    private static final int SEQUENCE_ID = 10;
    private static final int TRACK_EVENT = 11;
    private static final int INTERNED_DATA = 12;
    private static final int SEQUENCE_FLAGS = 13;
    private static final int TRACK_DESCRIPTOR = 60;
    private static final int FIRST_PACKET_ON_SEQUENCE = 87;
    // TrackDescriptor
    private static final int UUID = 1;
    private static final int NAME = 2;
    private static final int PARENT_UUID = 5;
    private static final int CHILD_ORDERING = 11;
    private static final int SIBLING_ORDER_RANK = 12;
    // TrackEvent
    private static final int DEBUG_ANNOTATIONS = 4;
    private static final int TYPE = 9;
    private static final int NAME_IID = 10;
    private static final int TRACK_UUID = 11;
    private static final int EVENT_NAME = 23;
    // DebugAnnotation
    private static final int STRING_VALUE = 6;
    private static final int ANNOTATION_NAME = 10;
    // InternedData, EventName
    private static final int EVENT_NAMES = 2;
    private static final int IID = 1;

    private static final int STATE_CLEARED = 1;
    private static final int NEEDS_STATE = 2;
    private static final int EXPLICIT = 3;
    private static final int SLICE_BEGIN = 1;
    private static final int SLICE_END = 2;
    private static final int INSTANT = 3;
    private static final int SEQUENCE = 1;

    private static final int ROLLS = 1;
    private static final int CPUS = 2;
    private static final int TASKS = 3;
    private static final int FIRST_CPU = 16;

    private static final int NO_SLICE = 0;
    private static final int RUNNING = 1;
    private static final int RUNNABLE = 2;
    private static final int BLOCKED = 3;
    private static final int MISSED = 4;
    private static final int AGENT = 5;
    private static final int ENDED = 6;
    private static final int FIRST_TASK_NAME = 16;

    private final OutputStream out;
    private final ProtoBuffer buffer = new ProtoBuffer(BUFFER_BYTES);
    private final int firstTask;
    private final boolean[] cpuBusy;
    private byte[] taskSlices = new byte[64];
    private int taskCount;
    private long written;
    private @Nullable IOException failure;

    /**
     * Starts a trace.
     *
     * @param out where it goes; not closed by this object
     * @param cpus number of CPUs, which are 0 to {@code cpus - 1}
     */
    public PerfettoTrace(OutputStream out, int cpus) {
        this.out = out;
        firstTask = FIRST_CPU + cpus;
        cpuBusy = new boolean[cpus];
        start();
        track(ROLLS, 0, "Rolls", 0);
        track(CPUS, 0, "CPUs", 1);
        track(TASKS, 0, "Tasks", 2);
        for (int cpu = 0; cpu < cpus; cpu++) {
            track(FIRST_CPU + cpu, CPUS, "CPU " + cpu, cpu);
        }
    }

    /** A task exists from now on; numbers count up from 0. Names need not be unique: the number is shown, too. */
    public void taskCreated(int task, String name, long nowNs) {
        if (task != taskCount) {
            throw new IllegalArgumentException("task " + task + " follows " + (taskCount - 1));
        }
        taskCount++;
        if (taskCount > taskSlices.length) {
            taskSlices = Arrays.copyOf(taskSlices, 2 * taskSlices.length);
        }
        String label = cut(name) + " #" + task;
        beginPacket(NEEDS_STATE);
        intern(FIRST_TASK_NAME + task, label);
        describe(firstTask + task, TASKS, label, task);
        endPacket();
        slice(task, BLOCKED, nowNs);
    }

    /** A task waits for a CPU from now on. */
    public void runnable(int task, long nowNs) {
        slice(task, RUNNABLE, nowNs);
    }

    /** A task runs on a CPU from now on. */
    public void onCpu(int task, int cpu, long nowNs) {
        takeCpu(cpu, FIRST_TASK_NAME + task, nowNs);
        slice(task, RUNNING, nowNs);
    }

    /** A task has left its CPU, and waits for one again or is blocked. */
    public void offCpu(int task, int cpu, boolean waits, long nowNs) {
        leaveCpu(cpu, nowNs);
        slice(task, waits ? RUNNABLE : BLOCKED, nowNs);
    }

    /** The agent of a CPU runs or spins on it from now on. */
    public void agentOnCpu(int cpu, long nowNs) {
        takeCpu(cpu, AGENT, nowNs);
    }

    /** The agent of a CPU has left it. */
    public void agentOffCpu(int cpu, long nowNs) {
        leaveCpu(cpu, nowNs);
    }

    /** A task has ended; it is on no CPU any more. */
    public void taskExited(int task, long nowNs) {
        slice(task, ENDED, nowNs);
    }

    /** A task missed a deadline; seen now, which may be later than the deadline. */
    public void deadlineMissed(int task, long nowNs) {
        event(INSTANT, firstTask + task, MISSED, nowNs);
    }

    /**
     * Another policy leads from now on.
     *
     * @param text one line for people
     * @param from the policy before
     * @param to the policy that leads now
     */
    public void roll(String text, String from, String to, long nowNs) {
        beginPacket(NEEDS_STATE);
        buffer.number(TIMESTAMP, nowNs);
        buffer.begin(TRACK_EVENT);
        buffer.number(TYPE, INSTANT);
        buffer.number(TRACK_UUID, ROLLS);
        buffer.text(EVENT_NAME, cut(text));
        annotate("from", from);
        annotate("to", to);
        buffer.end();
        endPacket();
    }

    /** Ends the slices that are open and writes what is left. The trace is complete if {@link #failure} is null. */
    public void finish(long endNs) {
        for (int cpu = 0; cpu < cpuBusy.length; cpu++) {
            leaveCpu(cpu, endNs);
        }
        for (int task = 0; task < taskCount; task++) {
            slice(task, ENDED, endNs);
        }
        flush();
    }

    /** The first trouble with the file, or null. */
    public @Nullable IOException failure() {
        return failure;
    }

    /** Bytes handed to the file so far. */
    public long writtenBytes() {
        return written;
    }

    private void start() {
        beginPacket(STATE_CLEARED);
        buffer.number(FIRST_PACKET_ON_SEQUENCE, 1);
        buffer.begin(INTERNED_DATA);
        name(RUNNING, "Running");
        name(RUNNABLE, "Runnable");
        name(BLOCKED, "Blocked");
        name(MISSED, "Deadline missed");
        name(AGENT, "Agent");
        buffer.end();
        endPacket();
    }

    private void takeCpu(int cpu, int nameIid, long nowNs) {
        leaveCpu(cpu, nowNs);
        cpuBusy[cpu] = true;
        event(SLICE_BEGIN, FIRST_CPU + cpu, nameIid, nowNs);
    }

    private void leaveCpu(int cpu, long nowNs) {
        if (cpuBusy[cpu]) {
            cpuBusy[cpu] = false;
            event(SLICE_END, FIRST_CPU + cpu, 0, nowNs);
        }
    }

    private void slice(int task, int state, long nowNs) {
        int before = taskSlices[task];
        if (before == state || before == ENDED) {
            return;
        }
        if (before != NO_SLICE) {
            event(SLICE_END, firstTask + task, 0, nowNs);
        }
        if (state != ENDED) {
            event(SLICE_BEGIN, firstTask + task, state, nowNs);
        }
        taskSlices[task] = (byte) state;
    }

    private void event(int type, int track, int nameIid, long nowNs) {
        beginPacket(NEEDS_STATE);
        buffer.number(TIMESTAMP, nowNs);
        buffer.begin(TRACK_EVENT);
        buffer.number(TYPE, type);
        buffer.number(TRACK_UUID, track);
        if (nameIid != 0) {
            buffer.number(NAME_IID, nameIid);
        }
        buffer.end();
        endPacket();
    }

    private void track(int uuid, int parent, String name, int rank) {
        beginPacket(NEEDS_STATE);
        describe(uuid, parent, name, rank);
        endPacket();
    }

    private void describe(int uuid, int parent, String name, int rank) {
        buffer.begin(TRACK_DESCRIPTOR);
        buffer.number(UUID, uuid);
        buffer.text(NAME, name);
        if (parent == 0) {
            buffer.number(CHILD_ORDERING, EXPLICIT);
        } else {
            buffer.number(PARENT_UUID, parent);
        }
        buffer.number(SIBLING_ORDER_RANK, rank);
        buffer.end();
    }

    private void intern(int iid, String name) {
        buffer.begin(INTERNED_DATA);
        name(iid, name);
        buffer.end();
    }

    private void name(int iid, String name) {
        buffer.begin(EVENT_NAMES);
        buffer.number(IID, iid);
        buffer.text(NAME, name);
        buffer.end();
    }

    private void annotate(String name, String value) {
        buffer.begin(DEBUG_ANNOTATIONS);
        buffer.text(ANNOTATION_NAME, name);
        buffer.text(STRING_VALUE, cut(value));
        buffer.end();
    }

    private static String cut(String text) {
        return text.length() <= MAX_TEXT_CHARS ? text : text.substring(0, MAX_TEXT_CHARS);
    }

    private void beginPacket(int sequenceFlags) {
        if (buffer.free() < MAX_PACKET_BYTES) {
            flush();
        }
        buffer.begin(PACKET);
        buffer.number(SEQUENCE_ID, SEQUENCE);
        buffer.number(SEQUENCE_FLAGS, sequenceFlags);
    }

    private void endPacket() {
        buffer.end();
    }

    private void flush() {
        if (failure == null) {
            try {
                out.write(buffer.bytes(), 0, buffer.size());
                written += buffer.size();
            } catch (IOException e) {
                failure = e;
            }
        }
        buffer.clear();
    }
}
