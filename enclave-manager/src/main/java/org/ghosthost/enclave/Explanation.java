package org.ghosthost.enclave;

import java.util.Locale;
import java.util.function.IntFunction;
import org.ghosthost.enclave.kernel.KernelEnclave;
import org.ghosthost.policy.Gtid;
import org.ghosthost.policy.MessageType;
import org.ghosthost.policy.StatusWords;
import org.ghosthost.policy.TransactionState;
import org.ghosthost.policy.topology.CpuSet;

/** Says in words why a task runs or does not run: what happened to it last, and who has the CPUs that it may use. */
final class Explanation {
    private static final int MAX_CPUS_NAMED = 8;
    private static final double NS_PER_MS = 1e6;

    private final KernelEnclave kernel;
    private final StatusWords words;
    private final Chronicle chronicle;
    private final CpuSet cpus;
    private final IntFunction<String> generations;
    private final long nowNs;
    private final StringBuilder out = new StringBuilder();

    /**
     * Explanations of this moment.
     *
     * @param generations what a generation with this number is called
     */
    Explanation(KernelEnclave kernel, Chronicle chronicle, CpuSet cpus, IntFunction<String> generations, long nowNs) {
        this.kernel = kernel;
        words = kernel.statusWords();
        this.chronicle = chronicle;
        this.cpus = cpus;
        this.generations = generations;
        this.nowNs = nowNs;
    }

    String of(int word) {
        out.append(name(words.gtid(word)));
        if (words.onCpu(word)) {
            out.append(" runs on CPU ").append(words.cpu(word)).append(" since ").append(ago(words.switchTimeNs(word)));
            decidedBy(word, words.cpu(word));
        } else if (words.runnable(word)) {
            out.append(" waits for a CPU since ").append(ago(words.runnableSinceNs(word))).append(": ");
            lastEvent(word);
            lastRefusal(word);
            cpusOf(word);
        } else {
            out.append(" sleeps");
            if (chronicle.type(word) == MessageType.TASK_BLOCKED) {
                out.append(" since ").append(ago(chronicle.timeNs(word)));
            }
            out.append(": it is not for the policy to run it before it wakes");
        }
        return out.append('.').toString();
    }

    private void decidedBy(int word, int cpu) {
        Chronicle.Decision held = chronicle.held(cpu);
        out.append(held.gtid() == words.gtid(word) ? ", by decision of " + generations.apply(held.generation())
                : ", without a decision of the present policy");
    }

    /** What made it wait. */
    private void lastEvent(int word) {
        int cpu = chronicle.cpu(word);
        String when = " " + ago(chronicle.timeNs(word)) + " ago";
        switch (chronicle.type(word)) {
            case MessageType.TASK_WAKEUP -> out.append("it woke").append(when);
            case MessageType.TASK_NEW -> out.append("it came into the enclave").append(when);
            case MessageType.TASK_YIELD -> out.append("it yielded CPU ").append(cpu).append(when);
            case MessageType.TASK_PREEMPT -> {
                out.append("it lost CPU ").append(cpu).append(when);
                Chronicle.Decision held = cpu >= 0 && cpus.contains(cpu) ? chronicle.held(cpu) : null;
                if (held != null && held.generation() > 0 && held.gtid() != words.gtid(word)) {
                    out.append(", where ").append(generations.apply(held.generation())).append(" decided for ")
                            .append(name(held.gtid()));
                }
            }
            default -> out.append("nothing was heard of it since the policy came");
        }
    }

    private void lastRefusal(int word) {
        Chronicle.Decision last = null;
        int lastCpu = CpuSet.NO_CPU;
        for (int cpu = cpus.first(); cpu >= 0; cpu = cpus.next(cpu + 1)) {
            Chronicle.Decision refused = chronicle.refused(cpu);
            if (refused.gtid() == words.gtid(word) && refused.timeNs() >= chronicle.timeNs(word)
                    && (last == null || refused.timeNs() > last.timeNs())) {
                last = refused;
                lastCpu = cpu;
            }
        }
        if (last == null) {
            out.append("; no decision for it has been refused since");
        } else {
            out.append("; ").append(generations.apply(last.generation())).append(" decided for it on CPU ")
                    .append(lastCpu).append(' ').append(ago(last.timeNs())).append(" ago, and was refused: ")
                    .append(last.state()).append(" (").append(meaning(last.state())).append(')');
        }
    }

    private void cpusOf(int word) {
        CpuSet allowed = new CpuSet();
        if (!kernel.affinity(words.gtid(word), allowed)) {
            return;
        }
        int named = 0;
        for (int cpu = allowed.first(); cpu >= 0; cpu = allowed.next(cpu + 1)) {
            if (cpus.contains(cpu) && named++ < MAX_CPUS_NAMED) {
                out.append(named == 1 ? "; of the CPUs that it may use, " : ", ").append(cpu).append(" has ")
                        .append(present(cpu));
            }
        }
        if (named > MAX_CPUS_NAMED) {
            out.append(" and ").append(named - MAX_CPUS_NAMED).append(" more are not named");
        } else if (named == 0) {
            out.append("; it may use none of the CPUs of the enclave (").append(cpus).append("), only ")
                    .append(allowed);
        }
    }

    /** What is on a CPU, as far as status words say. */
    private String present(int cpu) {
        for (int word = 0; word < words.capacity(); word++) {
            if (words.isTask(word) && words.onCpu(word) && words.cpu(word) == cpu) {
                return name(words.gtid(word)) + " for " + ago(words.switchTimeNs(word));
            }
        }
        return "no task of the enclave";
    }

    private String name(long gtid) {
        if (gtid <= 0) {
            return Gtid.toString(gtid);
        }
        String name = kernel.taskName(gtid);
        return name.equals(Gtid.toString(gtid)) ? name : name + " (" + Gtid.toString(gtid) + ")";
    }

    private String ago(long timeNs) {
        return String.format(Locale.ROOT, "%.3f ms", (nowNs - timeNs) / NS_PER_MS);
    }

    private static String meaning(TransactionState state) {
        return switch (state) {
            case COMPLETE -> "it held";
            case ABORTED -> "the agent took it back";
            case TARGET_ONCPU -> "it had not left its CPU yet";
            case TARGET_STALE -> "the policy had not seen its last message";
            case TARGET_NOT_FOUND -> "it was not there";
            case TARGET_NOT_RUNNABLE -> "it slept";
            case AGENT_STALE -> "the agent had unread messages, or its policy was not in charge any more";
            case CPU_OFFLINE -> "the CPU is offline";
            case CPU_UNAVAIL -> "a task of another class has the CPU";
            case INVALID_FLAGS -> "the flags contradict each other";
            case INVALID_TARGET -> "it is no task of the enclave";
            case NOT_PERMITTED -> "the agent may not do this";
            case INVALID_CPU -> "it may not use that CPU";
            case NO_AGENT -> "the CPU has no agent";
            case UNSUPPORTED_VERSION -> "the transaction has an unknown version";
            case POISONED -> "another decision of its group failed";
        };
    }
}
