package org.ghosthost.workload.trace;

import org.ghosthost.workload.Step;
import org.ghosthost.workload.TaskContext;
import org.ghosthost.workload.TaskProgram;
import org.jspecify.annotations.Nullable;

/**
 * One replay of a trace. Each wake-up that was a dependency has a number in its task, and a block waits for its own
 * number only. So a task never goes on before what it waited for in the recording, and since each wait was over at a
 * recorded time, no policy can bring the replay to a deadlock.
 */
final class Replay {
    private final TraceWorkload workload;
    private final @Nullable Program[] programs;

    Replay(final TraceWorkload workload) {
        this.workload = workload;
        programs = new Program[workload.recorded().size()];
    }

    TaskProgram program(final RecordedTask task) {
        return programOf(task.index);
    }

    private Program programOf(final int index) {
        Program program = programs[index];
        if (program == null) {
            program = new Program(workload.recorded().get(index));
            programs[index] = program;
        }
        return program;
    }

    private final class Program implements TaskProgram {
        private static final int NOTHING = -1;

        private final Ops ops;
        private final long[] woken;
        private int at;
        private int id = NOTHING;
        private int awaited = NOTHING;

        Program(final RecordedTask task) {
            ops = task.ops;
            woken = new long[(task.wakes + 63) / 64];
        }

        @Override
        public Step next(final TaskContext task) {
            id = task.id();
            while (at < ops.size()) {
                final int op = at++;
                switch (ops.kind(op)) {
                    case Ops.RUN -> {
                        return task.run(ops.argument(op));
                    }
                    case Ops.SLEEP -> {
                        return task.sleep(ops.argument(op));
                    }
                    case Ops.BLOCK -> {
                        final int number = (int) ops.argument(op);
                        if (!isWoken(number)) {
                            at = op;
                            awaited = number;
                            return task.block();
                        }
                    }
                    case Ops.WAKE -> programOf(ops.wokenTask(op)).wake(ops.wakeNumber(op), task);
                    case Ops.FORK -> {
                        final RecordedTask child = workload.recorded().get((int) ops.argument(op));
                        task.fork(workload.spec(child, Replay.this, 0));
                    }
                    default -> throw new AssertionError("unknown operation: " + ops.kind(op));
                }
            }
            return task.exit();
        }

        private boolean isWoken(final int number) {
            return (woken[number >> 6] & 1L << number) != 0;
        }

        private void wake(final int number, final TaskContext waker) {
            woken[number >> 6] |= 1L << number;
            if (awaited == number) {
                awaited = NOTHING;
                waker.wake(id);
            }
        }
    }
}
