package org.ghosthost.kernel.schedext;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import org.ghosthost.ffm.ProgramRun;

/**
 * One call of a syscall program: set what goes in, {@link #call}, read what comes out. Each thread has its own, used
 * again and again without allocation.
 */
final class Request {
    private static final ThreadLocal<Request> CURRENT = ThreadLocal.withInitial(Request::new);

    private final ProgramRun run = new ProgramRun(SchedExtLayout.Request.SIZE);
    private final MemorySegment record = run.context();

    /** The request of this thread, for an enclave's slot; all else is zero. */
    static Request of(int enclave) {
        Request request = CURRENT.get();
        for (int at = 0; at < SchedExtLayout.Request.SIZE; at += Long.BYTES) {
            request.record.set(JAVA_LONG, at, 0);
        }
        request.record.set(JAVA_INT, SchedExtLayout.Request.ENCLAVE, enclave);
        return request;
    }

    Request cpu(int cpu) {
        record.set(JAVA_INT, SchedExtLayout.Request.CPU, cpu);
        return this;
    }

    Request queue(int queue) {
        record.set(JAVA_INT, SchedExtLayout.Request.QUEUE, queue);
        return this;
    }

    Request gtid(long gtid) {
        record.set(JAVA_LONG, SchedExtLayout.Request.GTID, gtid);
        return this;
    }

    Request tid(int tid) {
        record.set(JAVA_INT, SchedExtLayout.Request.TID, tid);
        return this;
    }

    Request barrier(int barrier) {
        record.set(JAVA_INT, SchedExtLayout.Request.BARRIER, barrier);
        return this;
    }

    Request statusWord(int index) {
        record.set(JAVA_INT, SchedExtLayout.Request.STATUS_WORD, index);
        return this;
    }

    Request flags(int flags) {
        record.set(JAVA_INT, SchedExtLayout.Request.FLAGS, flags);
        return this;
    }

    Request value(long value) {
        record.set(JAVA_LONG, SchedExtLayout.Request.VALUE, value);
        return this;
    }

    int statusWord() {
        return record.get(JAVA_INT, SchedExtLayout.Request.STATUS_WORD);
    }

    long gtid() {
        return record.get(JAVA_LONG, SchedExtLayout.Request.GTID);
    }

    int flags() {
        return record.get(JAVA_INT, SchedExtLayout.Request.FLAGS);
    }

    long value() {
        return record.get(JAVA_LONG, SchedExtLayout.Request.VALUE);
    }

    /** Runs the program; 0 or {@code -errno}. */
    int call(int program) {
        int result = run.run(program);
        return result < 0 ? result : record.get(JAVA_INT, SchedExtLayout.Request.RESULT);
    }
}
