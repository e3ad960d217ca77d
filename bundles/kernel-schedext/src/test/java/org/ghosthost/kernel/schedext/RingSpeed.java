package org.ghosthost.kernel.schedext;

import org.ghosthost.enclave.kernel.KernelEnclave;
import org.ghosthost.ffm.Bpf;
import org.ghosthost.ffm.FileDescriptor;
import org.ghosthost.ffm.NativeException;

/** Measures what docs/sched-ext.md says: how long a message takes to be drained and read, and a program to be run. */
final class RingSpeed {
    private static final int BYTES = 1 << 20;
    private static final int BATCH = 64;
    private static final int BATCHES = 40;
    private static final int TRIES = 4_000;
    private static long sum;

    private RingSpeed() {}

    /** Prints the best of many tries, which other work on the machine disturbs least. */
    public static void main(String[] arguments) throws NativeException {
        try (FileDescriptor file = Bpf.createMap("speed", Bpf.RING_BUFFER, 0, 0, BYTES, 0)) {
            RingProducer producer = new RingProducer(file, BATCH, RingProducer.NO_WAKEUP);
            RingProducer single = new RingProducer(file, 1, RingProducer.NO_WAKEUP);
            RingQueue ring = RingQueue.map(file, BYTES);
            KernelEnclave.MessageHandler handler = message ->
                    sum += message.gtid() + message.seqnum() + message.type() + message.statusWord() + message.cpu();
            long drainNs = Long.MAX_VALUE;
            long runNs = Long.MAX_VALUE;
            for (int i = 0; i < TRIES; i++) {
                for (int batch = 0; batch < BATCHES; batch++) {
                    producer.produce();
                }
                long start = System.nanoTime();
                ring.drain(handler, BATCH * BATCHES);
                drainNs = Math.min(drainNs, System.nanoTime() - start);
                start = System.nanoTime();
                for (int run = 0; run < BATCH; run++) {
                    single.produce();
                }
                runNs = Math.min(runNs, System.nanoTime() - start);
                ring.drain(handler, BATCH);
            }
            System.out.printf("%.2f ns a message, %.0f ns a run (%d)%n", drainNs / (double) (BATCH * BATCHES),
                    runNs / (double) BATCH, sum);
        }
    }
}
