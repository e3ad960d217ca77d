package org.ghosthost.kernel.schedext.probe;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The checklist over trees of files that look like machines. */
final class ProbeTest {
    @TempDir
    Path root;

    /** A Debian 13 with a kernel from backports, and root. */
    @BeforeEach
    void aMachineThatCan() throws IOException {
        write("proc/sys/kernel/osrelease", "7.3.4+deb14-amd64\n");
        write("proc/cmdline", "BOOT_IMAGE=/vmlinuz root=/dev/vda1 quiet\n");
        write("proc/self/status", "Name:\tjava\nCapEff:\t000001ffffffffff\n");
        write("proc/self/limits", "Limit  Soft Limit  Hard Limit  Units\nMax locked memory  8388608  8388608  bytes\n");
        write("proc/self/mounts", "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\nbpf /sys/fs/bpf bpf rw 0 0\n");
        write("sys/kernel/sched_ext/state", "disabled\n");
        btf(Map.of());
        write("usr/lib/x86_64-linux-gnu/libbpf.so.1.5.0", "");
    }

    private void write(String file, String text) throws IOException {
        Path path = root.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }

    private void btf(Map<String, Integer> changed) throws IOException {
        Path file = root.resolve("sys/kernel/btf/vmlinux");
        Files.createDirectories(file.getParent());
        Files.write(file, BtfWriter.kernel(changed));
    }

    private void delete(String file) throws IOException {
        Files.delete(root.resolve(file));
    }

    private Finding finding(String name) {
        return Probe.run(root).findings().stream().filter(f -> f.name().equals(name)).findFirst().orElseThrow();
    }

    private void assertRefused(String name, String sentence) {
        Probe.Report report = Probe.run(root);
        assertFalse(report.usable());
        assertEquals(sentence, report.refusal());
        assertEquals(name, report.findings().stream().filter(Finding::fatal).findFirst().orElseThrow().name());
    }

    @Test
    void aMachineWithEverythingIsInOrder() {
        Probe.Report report = Probe.run(root);
        assertEquals(List.of(), report.findings().stream().filter(f -> f.verdict() != Finding.Verdict.OK).toList());
        assertTrue(report.usable());
        assertEquals("", report.refusal());
        assertEquals("1.5.0", report.libbpf().orElseThrow().version());
    }

    @Test
    void aKernelWithoutSchedExtIsNamed() throws IOException {
        delete("sys/kernel/sched_ext/state");
        delete("sys/kernel/sched_ext");
        assertRefused("kernel", "Linux 7.3.4+deb14-amd64 has no sched_ext: boot a kernel of 6.12 or newer that was"
                + " built with CONFIG_SCHED_CLASS_EXT");
        write("boot/config-7.3.4+deb14-amd64", "CONFIG_BPF=y\n# CONFIG_SCHED_CLASS_EXT is not set\n");
        assertRefused("kernel", "Linux 7.3.4+deb14-amd64 was built without CONFIG_SCHED_CLASS_EXT: boot a kernel that"
                + " has it, 6.12 or newer");
    }

    @Test
    void whatIsNoLinuxIsNamed(@TempDir Path empty) {
        assertEquals("this is not Linux: use --backend sim", Probe.run(empty).refusal());
    }

    @Test
    void aKernelThatDoesNotDescribeItselfIsRefused() throws IOException {
        delete("sys/kernel/btf/vmlinux");
        assertTrue(finding("btf").text().contains("CONFIG_DEBUG_INFO_BTF"));
        write("sys/kernel/btf/vmlinux", "nonsense nonsense nonsense");
        assertRefused("btf", "the kernel's BTF cannot be read (it is no BTF of version 1): boot another kernel");
    }

    @ParameterizedTest
    @CsvSource({"scx_bpf_create_dsq,3,2", "bpf_iter_scx_dsq_new,4,3", "scx_bpf_kick_cpu,3,2"})
    void aHiddenParameterInTheBtfIsCalledADefect(String function, int described, int right) throws IOException {
        btf(Map.of(function, described));
        assertRefused("btf", "the kernel's BTF is defective (made by a pahole that is too old): " + function
                + " is described with " + described + " parameters, not " + right + "; boot another kernel");
    }

    @Test
    void aDefectIsNamedBeforeWhatIsMerelyMissing() throws IOException {
        btf(Map.of("bpf_task_from_pid", -1, "scx_bpf_kick_cpu", 3));
        String text = finding("btf").text();
        assertTrue(text.contains("scx_bpf_kick_cpu is described with 3 parameters, not 2 (and 1 more)"), text);
    }

    @Test
    void anOlderNameOfAFunctionWillDo() throws IOException {
        btf(Map.of("scx_bpf_dsq_insert___v2", -1, "scx_bpf_dsq_move", -1, "__scx_bpf_dsq_insert_vtime", -1));
        assertTrue(Probe.run(root).usable());
        btf(Map.of("scx_bpf_dsq_insert___v2", 5));
        assertTrue(Probe.run(root).usable());
    }

    @Test
    void aFunctionThatIsMissingUnderEveryNameIsNamed() throws IOException {
        btf(Map.of("scx_bpf_dsq_move", -1, "scx_bpf_dispatch_from_dsq", -1));
        assertRefused("btf", "the kernel has no function scx_bpf_dsq_move: boot a kernel of 6.12 or newer");
    }

    @Test
    void aForeignSchedulerIsNamed() throws IOException {
        write("sys/kernel/sched_ext/state", "enabled\n");
        write("sys/kernel/sched_ext/root/ops", "lavd_1.0.4\n");
        assertRefused("scheduler", "another sched_ext scheduler is attached, 'lavd_1.0.4' (enabled): stop it first,"
                + " the kernel has room for one");
        write("sys/kernel/sched_ext/root/ops", "ghosthost\n");
        assertEquals(Finding.Verdict.NOTE, finding("scheduler").verdict());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "isolcpus=2-3 | true", "quiet isolcpus=domain,managed_irq,2 | true", "isolcpus=nohz,2-3 | false",
        "isolcpus=managed_irq,2 quiet | false", "noisolcpus=1 | false"})
    void cpusThatWereIsolatedAtBootAreRefused(String line, boolean refused) throws IOException {
        write("proc/cmdline", line);
        assertEquals(refused, finding("isolcpus").fatal());
    }

    @Test
    void missingCapabilitiesAreNamed() throws IOException {
        write("proc/self/status", "CapEff:\t0000000000000000\n");
        assertTrue(finding("privileges").text().startsWith("this process has no CAP_BPF and no CAP_PERFMON, "));
        write("proc/self/status", "CapEff:\t0000008000000000\n");
        assertTrue(finding("privileges").text().startsWith("this process has no CAP_PERFMON, "));
        write("proc/self/status", "CapEff:\t000000c000000000\n");
        assertEquals(Finding.Verdict.NOTE, finding("privileges").verdict());
        assertTrue(finding("memory").text().contains("(the limit is 8388608 bytes)"), finding("memory").text());
        write("proc/self/status", "CapEff:\t000000c000800000\n");
        assertEquals(Finding.Verdict.OK, finding("privileges").verdict());
        write("proc/self/status", "CapEff:\t0000000000200000\n");
        assertFalse(finding("privileges").fatal());
    }

    @Test
    void aHostInsideOfAnEnclaveIsRefused() throws IOException {
        write("proc/self/stat", "12 (a) b) R " + "0 ".repeat(37) + "0 0 0\n");
        assertTrue(Probe.run(root).usable());
        write("proc/self/stat", "12 (a) b) R " + "0 ".repeat(37) + "7 0 0\n");
        assertRefused("class", "this process was started inside of an enclave, whose policy would have to schedule its"
                + " own host: start it from elsewhere, or ghost pull it");
    }

    @Test
    void anOldLibbpfIsNamedWithItsVersionAndThePackage() throws IOException {
        delete("usr/lib/x86_64-linux-gnu/libbpf.so.1.5.0");
        assertTrue(finding("libbpf").text().startsWith("libbpf was not found, and 1.4 or newer is needed: install the"
                + " package libbpf1 "));
        write("usr/lib/x86_64-linux-gnu/libbpf.so.1.1.2", "");
        assertTrue(finding("libbpf").text().startsWith("libbpf 1.1.2 is not what is needed, 1.4 or newer"));
        write("usr/local/lib/libbpf.so.1.10.0", "");
        write("usr/lib64/libbpf.so.1.9.9", "");
        assertEquals(root.resolve("usr/local/lib/libbpf.so.1.10.0"), Probe.run(root).libbpf().orElseThrow().file());
    }

    @Test
    void whatOnlySomeCommandsNeedIsANote() throws IOException {
        write("proc/self/mounts", "tmpfs /sys/fs/cgroup tmpfs rw 0 0\n");
        assertEquals(Finding.Verdict.NOTE, finding("bpffs").verdict());
        assertEquals(Finding.Verdict.NOTE, finding("cgroup").verdict());
        assertTrue(Probe.run(root).usable());
    }

    @Test
    void theChecklistIsPrintedAndTheStatusSaysWhetherItCanBeUsed() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(bytes, true, UTF_8);
        // Tests are on the class path, where native calls are nobody's own.
        assertEquals(1, new Doctor(root).doctor(List.of(), out));
        String text = bytes.toString(UTF_8);
        assertTrue(text.startsWith("ok   kernel     Linux 7.3.4+deb14-amd64 has sched_ext"), text);
        assertEquals(List.of("java"), text.lines().filter(line -> line.startsWith("FAIL"))
                .map(line -> line.split(" +", 3)[1]).toList(), text);
        bytes.reset();
        assertEquals(1, new Doctor(root).doctor(List.of("--json"), out));
        assertTrue(bytes.toString(UTF_8).startsWith("{\"usable\": false, \"findings\": [{\"name\": \"kernel\","
                + " \"verdict\": \"ok\", "), bytes.toString(UTF_8));
        assertThrows(IllegalArgumentException.class, () -> new Doctor(root).doctor(List.of("x"), out));
    }

    @Test
    void theJavaThatMayMakeNativeCallsIsInOrder() {
        assertFalse(Doctor.java(Object.class.getModule()).fatal());
        assertTrue(Doctor.java(null).text().endsWith("start it by bin/ghost"));
    }
}
