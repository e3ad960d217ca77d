package org.ghosthost.kernel.schedext;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.ghosthost.policy.topology.CpuSet;
import org.ghosthost.testkit.Action;
import org.ghosthost.testkit.Signal;
import org.ghosthost.testkit.TestThread;
import org.ghosthost.testkit.ThreadScript;
import org.jspecify.annotations.Nullable;

/** Threads of another process, {@code puppet.c}, that follow scripts. They begin when time passes in the test. */
final class Puppets implements AutoCloseable {
    private static final int MAX_THREADS = 4096;
    private static final int MAX_SIGNALS = 4096;
    private static final int SIGNALS = 1;
    private static final int CALLS = SIGNALS + MAX_SIGNALS;
    private static final int WORDS = CALLS + MAX_THREADS;
    private static final int MAX_NAME = 15;

    /** One of them. */
    final class Puppet implements TestThread {
        private final int id;
        private final List<Consumer<TestThread>> calls = new ArrayList<>();
        private final CountDownLatch started = new CountDownLatch(1);
        private volatile int tid;
        private volatile boolean ended;

        Puppet(int id) {
            this.id = id;
        }

        @Override
        public int tid() {
            return tid;
        }

        /** Its last words may come a moment before its end. */
        @Override
        public boolean ended() {
            return ended && !Files.exists(Path.of("/proc/" + process.pid() + "/task/" + tid));
        }
    }

    private final Path file;
    private final Process process;
    private final BufferedWriter orders;
    private final IntBuffer shared;
    private final List<Puppet> puppets = new CopyOnWriteArrayList<>();
    private final Map<Signal, Integer> signals = new IdentityHashMap<>();
    private final List<Signal> unraised = new CopyOnWriteArrayList<>();
    private final Thread listener;
    private int time = 1;
    private volatile boolean closing;

    /** Starts the process. */
    Puppets(String program) throws IOException {
        file = Files.createTempFile("puppets", ".shared");
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            shared = channel.map(FileChannel.MapMode.READ_WRITE, 0, WORDS * (long) Integer.BYTES)
                    .order(ByteOrder.nativeOrder()).asIntBuffer();
        }
        process = new ProcessBuilder(program, file.toString()).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        orders = process.outputWriter();
        listener = Thread.ofPlatform().daemon().start(this::listen);
    }

    /** Starts a thread, which waits until {@link #passTime}. */
    Puppet start(String name, @Nullable CpuSet cpus, ThreadScript script) {
        try {
            Puppet puppet = write(name, cpus, script);
            orders.write("start " + puppet.id + " " + time + "\n");
            orders.flush();
            puppet.started.await();
            return puppet;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private Puppet write(String name, @Nullable CpuSet cpus, ThreadScript script) throws IOException {
        Puppet puppet = new Puppet(puppets.size());
        puppets.add(puppet);
        List<String> steps = new ArrayList<>();
        for (Action action : script.actions()) {
            steps.add(step(puppet, action));
        }
        String called = name.replace(' ', '-');
        orders.write("thread " + puppet.id + " " + called.substring(0, Math.min(MAX_NAME, called.length())) + " "
                + (cpus == null ? "0" : Long.toHexString(cpus.word(0))) + " " + steps.size() + "\n");
        for (String step : steps) {
            orders.write(step + "\n");
        }
        return puppet;
    }

    private String step(Puppet self, Action action) throws IOException {
        return switch (action) {
            case Action.Run run -> "r " + run.ns();
            case Action.Sleep sleep -> "s " + sleep.ns();
            case Action.Yield() -> "y";
            case Action.SpinUntil spin -> "u " + number(spin.signal());
            case Action.SetNice nice -> "n " + nice.nice();
            case Action.SetAffinity set -> "a " + (set.thread() instanceof Puppet other ? other.id : -1) + " "
                    + Long.toHexString(set.cpus().word(0));
            case Action.Leave() -> "l";
            case Action.AskForClass() -> "c";
            case Action.Fork fork -> "f " + write(fork.name(), null, fork.script()).id;
            case Action.Call call -> {
                self.calls.add(call.call());
                yield "k " + (self.calls.size() - 1);
            }
        };
    }

    private int number(Signal signal) {
        return signals.computeIfAbsent(signal, _ -> {
            unraised.add(signal);
            return signals.size();
        });
    }

    /** Lets the threads begin that were started, and tells them which signals were raised. */
    void passTime() {
        shared.put(0, time);
        time = shared.get(0) + 1;
        tellSignals();
    }

    private void tellSignals() {
        for (Signal signal : unraised) {
            if (signal.isRaised()) {
                unraised.remove(signal);
                shared.put(SIGNALS + signals.get(signal), 1);
            }
        }
    }

    private void listen() {
        try (BufferedReader words = process.inputReader()) {
            for (String line = words.readLine(); line != null; line = words.readLine()) {
                String[] parts = line.split(" ", -1);
                Puppet puppet = puppets.get(Integer.parseInt(parts[1]));
                switch (parts[0]) {
                    case "S" -> {
                        puppet.tid = Integer.parseInt(parts[2]);
                        puppet.started.countDown();
                    }
                    case "K" -> {
                        int call = Integer.parseInt(parts[2]);
                        puppet.calls.get(call).accept(puppet);
                        tellSignals();
                        shared.put(CALLS + puppet.id, call + 1);
                    }
                    case "E" -> puppet.ended = true;
                    default -> throw new IOException("not understood: " + line);
                }
            }
        } catch (IOException e) {
            if (!closing) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @Override
    public void close() {
        closing = true;
        process.destroyForcibly();
        try {
            process.waitFor();
            listener.join();
            Files.delete(file);
        } catch (InterruptedException | IOException e) {
            throw new AssertionError(e);
        }
    }
}
