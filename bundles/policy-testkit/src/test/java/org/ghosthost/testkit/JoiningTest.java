package org.ghosthost.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.ghosthost.enclave.EnclaveException;
import org.ghosthost.enclave.EnclaveManager;
import org.ghosthost.enclave.join.Caller;
import org.ghosthost.enclave.join.JoinException;
import org.ghosthost.enclave.join.Joining;
import org.ghosthost.enclave.join.Target;
import org.ghosthost.enclave.kernel.Errno;
import org.ghosthost.policy.topology.CpuSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real processes of this machine come and go; only their scheduling is missing. */
final class JoiningTest {
    /** Threads of this shell: itself. It lives until its input is closed. */
    private static final String PATIENT = "read line; exit 7";
    private static final int NOBODY = 65_534;

    private final MembershipKernel kernel = new MembershipKernel(4);
    private final EnclaveManager enclaves = new EnclaveManager(kernel, 1, null);
    private final Joining joining = new Joining(enclaves);
    private Caller self;
    private Process process;
    private int pid;

    @BeforeEach
    void start() throws Exception {
        enclaves.create(1, CpuSet.range(0, 1));
        enclaves.create(2, CpuSet.range(2, 3));
        self = Caller.self();
        process = new ProcessBuilder("sh", "-c", PATIENT).start();
        pid = (int) process.pid();
    }

    @AfterEach
    void end() throws Exception {
        process.destroyForcibly().waitFor();
        enclaves.close();
    }

    private static Caller nobody() throws IOException {
        return new Caller(FileSystems.getDefault().getUserPrincipalLookupService()
                .lookupPrincipalByName(Integer.toString(NOBODY)));
    }

    private JoinException refused(Caller caller, int enclave, Target target) {
        return assertThrows(JoinException.class, () -> joining.push(caller, enclave, target));
    }

    private static Set<Integer> threadsOf(int process) throws IOException {
        try (Stream<Path> tasks = Files.list(Path.of("/proc/" + process + "/task"))) {
            return new TreeSet<>(tasks.map(task -> Integer.valueOf(task.getFileName().toString())).toList());
        }
    }

    @Test
    void aProcessComesInAndGoesBack() throws Exception {
        assertEquals(1, joining.push(self, 1, new Target.OneProcess(pid)));
        assertEquals(Set.of(pid), kernel.members(1));
        assertNotEquals(0, joining.gtid(1, pid));
        assertEquals(0, joining.push(self, 1, new Target.OneProcess(pid)), "it was in already");
        assertEquals(1, joining.pull(self, new Target.OneProcess(pid)));
        assertEquals(Set.of(), kernel.members(1));
    }

    @Test
    void allThreadsOfAProcessComeIn(@TempDir Path folder) throws Exception {
        Path program = folder.resolve("Threads.java");
        Files.writeString(program, """
                void main() throws Exception {
                    for (int i = 0; i < 50; i++) {
                        Thread thread = new Thread(() -> { try { Thread.sleep(60_000); } catch (Exception e) { } });
                        thread.setDaemon(true);
                        thread.start();
                    }
                    System.out.println("up");
                    System.in.read();
                }
                """);
        Process java = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC", program.toString()).start();
        try {
            assertEquals("up", java.inputReader().readLine());
            int count = joining.push(self, 1, new Target.OneProcess((int) java.pid()));
            assertTrue(count >= 50, "only " + count);
            assertTrue(kernel.members(1).containsAll(threadsOf((int) java.pid())));
            assertTrue(joining.pull(self, new Target.OneProcess((int) java.pid())) >= 50);
            assertEquals(Set.of(), kernel.members(1));
        } finally {
            java.destroyForcibly().waitFor();
        }
    }

    @Test
    void aThreadOfAnotherEnclaveStaysThere() throws Exception {
        joining.push(self, 1, new Target.OneThread(pid));
        JoinException refusal = refused(self, 2, new Target.OneThread(pid));
        assertEquals(Errno.EBUSY, refusal.errno());
        assertEquals("thread " + pid + " is in enclave 1 already: pull it first", refusal.getMessage());
        assertEquals(Set.of(pid), kernel.members(1));
        assertEquals(Set.of(), kernel.members(2));
    }

    @Test
    void whatIsNotThereIsNamed() throws Exception {
        process.destroyForcibly().waitFor();
        assertEquals("there is no process " + pid, refused(self, 1, new Target.OneProcess(pid)).getMessage());
        assertEquals("there is no thread " + pid, refused(self, 1, new Target.OneThread(pid)).getMessage());
        assertEquals(Errno.ENOENT, refused(self, 1, new Target.Cgroup("no/such/group")).errno());
        assertTrue(assertThrows(EnclaveException.class, () -> joining.push(self, 9, new Target.OneThread(pid)))
                .getMessage().startsWith("there is no enclave 9"));
    }

    @Test
    void theHostItselfIsRefused() throws Exception {
        int host = (int) ProcessHandle.current().pid();
        JoinException refusal = refused(self, 1, new Target.OneProcess(host));
        assertEquals(Errno.EPERM, refusal.errno());
        assertEquals("process " + host + " is this host: its threads would wait for themselves", refusal.getMessage());
        for (int tid : threadsOf(host)) {
            assertEquals(Errno.EPERM, refused(self, 1, new Target.OneThread(tid)).errno());
        }
        assertEquals(Set.of(), kernel.members(1));
    }

    @Test
    void aThreadThatIsNamedAsAProcessIsRefused() throws Exception {
        int host = (int) ProcessHandle.current().pid();
        int thread = threadsOf(host).stream().filter(tid -> tid != host).findFirst().orElseThrow();
        assertTrue(refused(self, 1, new Target.OneProcess(thread)).getMessage()
                .startsWith(thread + " is a thread of process " + host));
    }

    @Test
    void aThreadOfTheKernelIsRefused() {
        assumeTrue(Files.exists(Path.of("/proc/2")), "the threads of the kernel are not seen in this container");
        JoinException refusal = refused(self, 1, new Target.OneThread(2));
        assertEquals("2 is a thread of the kernel, which stays where it is", refusal.getMessage());
    }

    @Test
    void processesOfOthersAreRefused() throws Exception {
        JoinException refusal = refused(nobody(), 1, new Target.OneProcess(pid));
        assertEquals(Errno.EPERM, refusal.errno());
        assertTrue(refusal.getMessage().startsWith("process " + pid + " is not one of user "), refusal.getMessage());
        joining.push(self, 1, new Target.OneProcess(pid));
        assertThrows(JoinException.class, () -> joining.pull(nobody(), new Target.OneProcess(pid)));
        assertThrows(JoinException.class, () -> joining.takePrioTable(nobody(), pid, 3));
        assertEquals(Set.of(pid), kernel.members(1));
    }

    @Test
    void whoeverIsInNoEnclaveCannotLeaveOne() {
        assertEquals("process " + pid + " is in no enclave",
                assertThrows(JoinException.class, () -> joining.pull(self, new Target.OneProcess(pid))).getMessage());
    }

    @Test
    void aTableIsHandedToTheBackend() throws Exception {
        joining.takePrioTable(self, pid, 5);
        assertEquals(Map.of(pid, 5), kernel.prioTables());
        assertEquals(Errno.EBADF,
                assertThrows(JoinException.class, () -> joining.takePrioTable(self, pid, -1)).errno());
    }

    @Test
    void aSimulatedMachineTakesNoProcesses() throws Exception {
        try (Lab lab = new Lab(LabSettings.profiles().findFirst().orElseThrow())) {
            JoinException refusal = assertThrows(JoinException.class,
                    () -> new Joining(lab.manager).push(self, 1, new Target.OneProcess(pid)));
            assertEquals(Errno.ENOTSUP, refusal.errno());
            assertTrue(refusal.getMessage().endsWith("that needs a host with --backend sched_ext"));
        }
    }
}
