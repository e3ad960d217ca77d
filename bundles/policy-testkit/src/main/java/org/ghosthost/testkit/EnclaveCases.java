package org.ghosthost.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.ghosthost.enclave.kernel.Errno;
import org.ghosthost.enclave.kernel.KernelEnclave;
import org.ghosthost.enclave.kernel.KernelException;
import org.ghosthost.enclave.kernel.TransactionTable;
import org.ghosthost.enclave.kernel.Tunable;
import org.ghosthost.policy.Feature;
import org.ghosthost.policy.TransactionState;
import org.ghosthost.policy.abi.TransactionLayout;
import org.ghosthost.policy.topology.CpuSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Enclaves: how they are made, get CPUs, are tuned and end. */
public abstract class EnclaveCases extends KernelCases {
    /** Cases on one machine. */
    protected EnclaveCases() {}

    @Test
    @DisplayName("EnclaveTest.TxnRegionFree")
    final void aDestroyedEnclaveGivesAllItsCpusToTheNext() {
        CpuSet all = kernel.topology().allCpus();
        for (int round = 0; round < 3; round++) {
            KernelEnclave enclave = createWhenFree(round + 1, all);
            control(() -> FifoAgent.lead(kernel, enclave, cpu(0)));
            assertEquals(all, enclave.cpus());
            control(enclave::destroy);
        }
    }

    /** On a real kernel CPUs come back a little later. */
    private KernelEnclave createWhenFree(int id, CpuSet cpus) {
        AtomicReference<KernelEnclave> made = new AtomicReference<>();
        eventually("the CPUs are free", () -> {
            kernel.execute(() -> {
                try {
                    made.set(kernel.createEnclave(id, cpus));
                } catch (KernelException e) {
                    assertEquals(Errno.EBUSY, e.errno(), e.getMessage());
                }
            });
            return made.get() != null;
        });
        return made.get();
    }

    @Test
    @DisplayName("EnclaveTest.MakeAnyEnclave")
    final void anEnclaveIsMadeUnderAFreeNumberAndIsGoneWhenDestroyed() {
        KernelEnclave enclave = control(() -> kernel.createEnclave(65535, cpus(1)));
        assertEquals(65535, enclave.id());
        assertTrue(enclave.alive());
        refused(() -> kernel.createEnclave(65535, cpus(0)), Errno.EEXIST);
        refused(() -> kernel.createEnclave(0, cpus(0)), Errno.EINVAL);
        refused(() -> kernel.createEnclave(65536, cpus(0)), Errno.EINVAL);
        refused(() -> kernel.createEnclave(7, cpus(1)), Errno.EBUSY);
        control(enclave::destroy);
        eventually("the enclave is gone", () -> !enclave.alive());
        control(enclave::destroy);
    }

    @Test
    @DisplayName("EnclaveTest.SetCpus")
    final void cpusAreSetAsAWholeAndMaskAndListSayTheSame() {
        needsCpus(8);
        KernelEnclave enclave = enclave(new CpuSet());
        assertTrue(enclave.cpus().isEmpty());
        String[][] same = {{"1e", "1-4"}, {"21", "0,5"}, {"ff", "0-7"}, {"4d", "0,2-3,6"}};
        for (String[] texts : same) {
            CpuSet cpus = CpuSet.parseMask(texts[0]);
            assertEquals(CpuSet.parse(texts[1]), cpus);
            control(() -> enclave.setCpus(cpus));
            assertEquals(texts[1], enclave.cpus().toString());
            assertEquals(texts[0], enclave.cpus().toMask().replaceFirst("^[0,]*", ""));
        }
        control(() -> enclave.setCpus(CpuSet.parse("")));
        assertTrue(enclave.cpus().isEmpty());
    }

    @Test
    @DisplayName("EnclaveTest.BadCpus")
    final void whatIsNoSetOfCpusOfThisMachineIsRefusedAndChangesNothing() {
        KernelEnclave enclave = enclave(1);
        assertThrows(IllegalArgumentException.class, () -> CpuSet.parseMask("hello"));
        assertThrows(IllegalArgumentException.class, () -> CpuSet.parse("-2"));
        assertThrows(IllegalArgumentException.class, () -> CpuSet.parse("9999999999"));
        CpuSet beyond = CpuSet.of(cpu(0), CpuSet.MAX_CPUS - 1);
        refused(() -> enclave.setCpus(beyond), Errno.EINVAL, Errno.ENODEV, Errno.ERANGE, Errno.EOVERFLOW);
        assertEquals(cpus(1), enclave.cpus());
    }

    @Test
    @DisplayName("EnclaveTest.CleanupLeakedCpus")
    final void aDestroyedEnclaveFreesACpuThatNeverHadAnAgent() {
        needsCpus(2);
        CpuSet one = CpuSet.of(cpu(1));
        for (int round = 0; round < 2; round++) {
            KernelEnclave enclave = enclave(one);
            refused(() -> kernel.createEnclave(999, one), Errno.EBUSY);
            control(enclave::destroy);
        }
        KernelEnclave last = createWhenFree(999, one);
        assertEquals(one, last.cpus());
    }

    /** ghOSt maps a page for each CPU; here the slots are reached through {@link TransactionTable}. */
    @Test
    @DisplayName("EnclaveTest.MmapTxn")
    final void theSlotOfACpuThatComesInIsCompleteAndOwnedByNobody() {
        needsCpus(5);
        KernelEnclave enclave = enclave(new CpuSet());
        TransactionTable slots = enclave.transactions();
        for (int i = 0; i < 5; i++) {
            int cpu = cpu(i);
            CpuSet cpus = enclave.cpus();
            cpus.add(cpu);
            control(() -> enclave.setCpus(cpus));
            assertEquals(cpu, slots.cpu(cpu));
            assertEquals(TransactionLayout.VERSION_NUMBER, slots.version(cpu));
            assertEquals(-1, slots.owner(cpu));
            assertEquals(TransactionState.COMPLETE.code(), slots.state(cpu));
        }
    }

    @Test
    @DisplayName("EnclaveTest.CpuListComma")
    final void aMaskOfMoreThan32CpusIsWrittenInGroupsAndRefusedIfTheMachineHasFewer() {
        CpuSet wide = CpuSet.parseMask("1,00000001");
        assertEquals(CpuSet.of(0, 32), wide);
        assertTrue(wide.toMask().endsWith("1,00000001"), wide.toMask());
        KernelEnclave enclave = enclave(new CpuSet());
        if (kernel.topology().allCpus().containsAll(wide)) {
            control(() -> enclave.setCpus(wide));
            assertEquals(wide, enclave.cpus());
        } else {
            refused(() -> enclave.setCpus(wide), Errno.EINVAL, Errno.ENODEV, Errno.ERANGE, Errno.EOVERFLOW);
            assertTrue(enclave.cpus().isEmpty());
        }
    }

    @Test
    @DisplayName("EnclaveTest.DestroyAndSetsched")
    final void aThreadThatEntersWhileTheEnclaveIsDestroyedIsInOrRefusedButNeverLost() {
        needsCpus(2);
        int entered = 0;
        for (int round = 0; round < 100; round++) {
            KernelEnclave enclave = createWhenFree(round + 1, CpuSet.of(cpu(1)));
            AtomicReference<@Nullable Errno> result = new AtomicReference<>();
            Signal over = new Signal();
            TestThread thread = machine.start("late", ThreadScript.EMPTY.run((round % 10 + 1) * 2L * US)
                    .call(self -> result.set(tryToEnter(enclave, self))).raise(over));
            machine.runFor((round / 10 + 1) * 2L * US);
            control(enclave::destroy);
            eventually("the thread goes on", over::isRaised);
            eventually("the thread ends outside", thread::ended);
            Errno refusal = result.get();
            entered += refusal == null ? 1 : 0;
            assertTrue(refusal == null || List.of(Errno.ENXIO, Errno.ENOMEM, Errno.EBADF, Errno.EXDEV, Errno.ENODEV,
                    Errno.ENOENT).contains(refusal), "refused with " + refusal);
        }
        assertTrue(entered > 0 && entered < 100, "both must have won: the thread won " + entered + " of 100");
    }

    @Test
    @DisplayName("EnclaveTest.GetNrTasks")
    final void aFreshEnclaveHasNoTasks() {
        KernelEnclave enclave = enclave(1);
        assertEquals(0, enclave.taskCount());
        for (KernelEnclave.Counter counter : KernelEnclave.Counter.values()) {
            assertEquals(0, enclave.count(counter), counter.name());
        }
    }

    @Test
    @DisplayName("EnclaveTest.SetDeliverAgentRunnability")
    final void deliverAgentRunnabilityIsOffUntilItIsSet() {
        needs(Feature.AGENT_RUNNABILITY);
        offUntilSet(Tunable.DELIVER_AGENT_RUNNABILITY);
    }

    @Test
    @DisplayName("EnclaveTest.SetDeliverCpuAvailability")
    final void deliverCpuAvailabilityIsOffUntilItIsSet() {
        needs(Feature.CPU_AVAILABILITY);
        offUntilSet(Tunable.DELIVER_CPU_AVAILABILITY);
    }

    private void offUntilSet(Tunable tunable) {
        KernelEnclave enclave = enclave(1);
        assertEquals(0, enclave.tunable(tunable));
        control(() -> enclave.setTunable(tunable, 1));
        assertEquals(1, enclave.tunable(tunable));
        control(() -> enclave.setTunable(tunable, 0));
        assertEquals(0, enclave.tunable(tunable));
    }

    /** ghOSt kills the agent's process; here its agents make no further pass. */
    @Test
    @DisplayName("EnclaveTest.KillActiveEnclave")
    final void destroyingAnEnclaveUnderLoadEndsItsAgentsAndNoThread() {
        needsCpus(4);
        KernelEnclave enclave = enclave(4);
        FifoAgent agent = control(() -> FifoAgent.lead(kernel, enclave, cpu(0)));
        Signal enough = new Signal();
        List<TestThread> threads = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            ThreadScript script = i == 0
                    ? ThreadScript.EMPTY.spinUntil(enough)
                    : ThreadScript.EMPTY.repeat(50, ThreadScript.EMPTY.run(50 * US).sleep(50 * US)).spinUntil(enough);
            TestThread thread = machine.start("worker " + i, script);
            threads.add(thread);
            enter(enclave, thread);
        }
        eventually("the agent schedules them", () -> agent.completed() > 20);
        control(enclave::destroy);
        eventually("the enclave is gone", () -> !enclave.alive());
        machine.runFor(5 * MS);
        long passes = agent.passes();
        machine.runFor(5 * MS);
        assertEquals(passes, agent.passes(), "an agent of a destroyed enclave is called no more");
        enough.raise();
        join(threads);
        assertFalse(enclave.alive());
        refused(() -> enclave.enter(threads.getFirst().tid()), Errno.EXDEV, Errno.ENODEV, Errno.ESRCH);
    }
}
