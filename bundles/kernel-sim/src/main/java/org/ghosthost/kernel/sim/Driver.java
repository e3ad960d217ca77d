package org.ghosthost.kernel.sim;

import java.util.ArrayDeque;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Who may touch the machine: one thread at a time. It is either the thread in {@link #runUntil}, or the machine's own
 * thread, which keeps virtual time at the pace of the wall clock. A command of another thread is handed to that thread
 * and done between two events; while nobody drives, it is done by who gives it. Wall-clock time decides only when
 * commands come in, never the order of events.
 */
final class Driver {
    private static final long LONGEST_NAP_NS = 100_000_000;

    private final Machine m;
    private final Object lock = new Object();
    private final ArrayDeque<Command> commands = new ArrayDeque<>();
    /** Some command waits. */
    private volatile boolean pending;
    private volatile boolean stopping;
    private @Nullable Thread owner;
    private @Nullable Thread paced;
    private volatile @Nullable Throwable failure;

    Driver(Machine machine) {
        m = machine;
    }

    private static final class Command {
        final Runnable action;
        final CountDownLatch done = new CountDownLatch(1);
        @Nullable Throwable failure;

        Command(Runnable action) {
            this.action = action;
        }

        void run() {
            try {
                action.run();
            } catch (Throwable t) { // belongs to the thread that waits for it
                failure = t;
            } finally {
                done.countDown();
            }
        }

        void await() {
            boolean interrupted = false;
            while (true) {
                try {
                    done.await();
                    break;
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
            switch (failure) {
                case null -> {
                    // done
                }
                case RuntimeException e -> throw e;
                case Error e -> throw e;
                default -> throw new IllegalStateException(failure);
            }
        }
    }

    // ---- as fast as possible

    void runUntil(long timeNs) {
        acquire();
        try {
            do {
                if (pending) {
                    runCommands();
                }
            } while (m.step(timeNs));
            m.now = Math.max(m.now, timeNs);
        } finally {
            release();
        }
    }

    // ---- commands

    void execute(Runnable action) {
        Command command = null;
        boolean mine;
        synchronized (lock) {
            Thread me = Thread.currentThread();
            mine = owner == me;
            if (owner == null) {
                owner = me;
            } else if (!mine) {
                command = new Command(action);
                commands.add(command);
                pending = true;
                LockSupport.unpark(owner);
            }
        }
        if (command != null) {
            command.await();
        } else if (mine) {
            action.run();
        } else {
            try {
                action.run();
            } finally {
                release();
            }
        }
    }

    private void runCommands() {
        while (true) {
            Command next;
            synchronized (lock) {
                next = commands.poll();
                if (next == null) {
                    pending = false;
                    return;
                }
            }
            next.run();
        }
    }

    private void acquire() {
        synchronized (lock) {
            Thread me = Thread.currentThread();
            if (owner == me) {
                throw new IllegalStateException("the machine cannot be driven from inside of one of its own events");
            }
            if (paced != null) {
                throw new IllegalStateException("the machine follows the wall clock: stop it first");
            }
            boolean interrupted = false;
            while (owner != null) {
                try {
                    lock.wait();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            owner = me;
            if (interrupted) {
                me.interrupt();
            }
        }
    }

    private void release() {
        while (true) {
            runCommands();
            synchronized (lock) {
                if (commands.isEmpty()) {
                    owner = null;
                    lock.notifyAll();
                    return;
                }
            }
        }
    }

    // ---- at the pace of the wall clock

    void start(double speed) {
        synchronized (lock) {
            if (owner != null || paced != null) {
                throw new IllegalStateException("the machine is driven already");
            }
            stopping = false;
            Thread thread = new Thread(() -> follow(speed), "machine");
            thread.setDaemon(true);
            owner = thread;
            paced = thread;
            thread.start();
        }
    }

    void stop() {
        Thread thread;
        synchronized (lock) {
            thread = paced;
        }
        if (thread == null || thread == Thread.currentThread()) {
            stopping = true;
            return;
        }
        stopping = true;
        LockSupport.unpark(thread);
        boolean interrupted = false;
        while (true) {
            try {
                thread.join();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    boolean isPaced() {
        synchronized (lock) {
            return paced != null;
        }
    }

    /** Why the machine's thread ended by itself; null if it did not. */
    @Nullable Throwable failure() {
        return failure;
    }

    private void follow(double speed) {
        long wallStart = System.nanoTime();
        long virtualStart = m.now;
        try {
            while (!stopping) {
                long target = virtualStart + (long) ((System.nanoTime() - wallStart) * speed);
                while (!pending && !stopping && m.step(target)) {
                    // all is done by the event
                }
                if (!pending) {
                    nap(target, speed);
                } else {
                    m.now = Math.max(m.now, Math.min(target, m.nextTime()));
                    runCommands();
                }
            }
        } catch (Throwable t) { // kept for who asks; commands must not wait for a dead thread
            failure = t;
        } finally {
            synchronized (lock) {
                paced = null;
            }
            release();
        }
    }

    private void nap(long target, double speed) {
        long next = m.nextTime();
        if (next > target) {
            m.now = Math.max(m.now, target);
            long wallNs = (long) Math.min(LONGEST_NAP_NS, (next - target) / speed);
            LockSupport.parkNanos(this, Math.max(1, wallNs));
        }
    }
}
