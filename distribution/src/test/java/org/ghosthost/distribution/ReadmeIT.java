package org.ghosthost.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.StringWriter;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.ghosthost.enclave.Enclave;
import org.ghosthost.enclave.EnclaveManager;
import org.ghosthost.enclave.Handoff;
import org.ghosthost.enclave.HandoffState;
import org.ghosthost.enclave.PolicyRelease;
import org.ghosthost.enclave.PolicyVersion;
import org.ghosthost.kernel.sim.MachineConfig;
import org.ghosthost.kernel.sim.SimulatedKernel;
import org.ghosthost.policy.PolicyFactory;
import org.ghosthost.policy.PolicyModel;
import org.ghosthost.policy.topology.Topology;
import org.ghosthost.workload.loader.Workloads;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The README's policy is compiled as it stands there, and schedules. */
final class ReadmeIT {
    private static final String IMPORTS = "import org.ghosthost.agent.*; import org.ghosthost.policy.*;";

    @TempDir
    private Path folder;

    @Test
    void thePolicyOfTheReadmeSchedulesATaskSet() throws Exception {
        String readme = Files.readString(Path.of(System.getProperty("ghost.root")).resolve("README.md"));
        int from = readme.indexOf("```java\n") + "```java\n".length();
        compile(readme.substring(from, readme.indexOf("```", from)));
        try (URLClassLoader loader = new URLClassLoader(new URL[] {folder.toUri().toURL()});
                SimulatedKernel kernel = new SimulatedKernel(MachineConfig.of(Topology.parse("4"), 1));
                EnclaveManager manager = new EnclaveManager(kernel, 1, null)) {
            PolicyFactory factory = (PolicyFactory) loader.loadClass("MyFifo").getConstructor().newInstance();
            Enclave enclave = manager.create(0, kernel.topology().allCpus().copy());
            PolicyRelease release = new PolicyRelease("my-fifo", PolicyVersion.parse("1.0.0"), PolicyModel.GLOBAL,
                    Set.of(), factory, "README");
            Handoff way = enclave.attach(release, Map.of());
            kernel.load(Workloads.parse("spin:tasks=20,run=1ms,sleep=1ms"), enclave.id());
            kernel.runFor(1_000_000_000);
            assertEquals(HandoffState.COMMITTED, way.state(), way.roll().reason());
            assertEquals("my-fifo", enclave.status().policy());
            assertTrue(enclave.tasks().stream().allMatch(task -> task.runtimeNs() > 100_000_000),
                    () -> "20 tasks on 3 CPUs get 150 ms each: " + enclave.tasks());
        }
    }

    private void compile(String source) {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        URI name = URI.create("string:///MyFifo.java");
        JavaFileObject file = new SimpleJavaFileObject(name, JavaFileObject.Kind.SOURCE) {
            @Override
            public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                return IMPORTS + source;
            }
        };
        StringWriter problems = new StringWriter();
        List<String> options = List.of("-proc:none", "-d", folder.toString(), "-classpath",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
        assertTrue(compiler.getTask(problems, null, null, options, null, List.of(file)).call(), problems::toString);
    }
}
