package org.ghosthost.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import org.awaitility.Awaitility;
import org.ghosthost.enclave.EnclaveException;
import org.ghosthost.enclave.PolicyRelease;
import org.ghosthost.host.sample.BrokenActivator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleException;

/** Jars on their way through the gate into a real Felix. */
final class PolicyBundlesTest {
    @TempDir
    Path folder;

    private Embedded embedded;

    @BeforeEach
    void start() throws Exception {
        embedded = new Embedded(folder);
    }

    @AfterEach
    void stop() {
        embedded.close();
    }

    private Path jar(String name, String version) throws Exception {
        return TestJar.policy(name, version).write(folder.resolve("p.jar"));
    }

    private String install(String name) {
        return embedded.run(folder, "felix:install " + name);
    }

    private long policyCount() {
        return Arrays.stream(embedded.context().getBundles()).filter(b -> !embedded.gate.isOwn(b)).count();
    }

    @Test
    void anInstalledPolicyIsVerifiedAndStarted() throws Exception {
        jar("edf", "1.0.0");
        assertEquals("0 policy edf 1.0.0 is installed as bundle 1", install("p.jar"));
        assertEquals(Bundle.ACTIVE, embedded.context().getBundle(1).getState());
    }

    @Test
    void aRelativeNameIsLookedUpWithTheCallerThenAmongThePolicies() throws Exception {
        TestJar.policy("far", "1.0.0").write(embedded.policyFolder.resolve("p.jar"));
        assertEquals("0 policy far 1.0.0 is installed as bundle 1", install("p.jar"));
        jar("near", "1.0.0");
        assertEquals("0 policy near 1.0.0 is installed as bundle 2", install("file:p.jar"));
        String missing = install("q.jar");
        assertEquals("1 ghost: there is no file q.jar, neither in " + folder + " nor in " + embedded.policyFolder,
                missing);
    }

    @Test
    void theSamePathWithNewContentIsANewBundle() throws Exception {
        jar("edf", "1.0.0");
        install("p.jar");
        jar("edf", "1.1.0");
        assertEquals("0 policy edf 1.1.0 is installed as bundle 2", install("p.jar"));
        assertEquals(Bundle.ACTIVE, embedded.context().getBundle(1).getState());
    }

    @Test
    void theSameVersionTwiceIsRefused() throws Exception {
        jar("edf", "1.0.0");
        install("p.jar");
        String again = install("p.jar");
        assertTrue(again.startsWith("1 ghost: policy edf 1.0.0 is installed already, as bundle 1: "), again);
        assertEquals(1, policyCount());
    }

    @Test
    void theSameVersionWithOtherContentIsRefusedEvenAfterItsUninstallation() throws Exception {
        jar("edf", "1.0.0");
        install("p.jar");
        TestJar.policy("edf", "1.0.0").entry("extra.txt", new byte[] {1}).write(folder.resolve("p.jar"));
        assertTrue(install("p.jar").contains("was taken before with other content"));
        assertEquals("0 bundle 1 (org.example.policy-edf 1.0.0) is uninstalled",
                embedded.run(folder, "felix:uninstall 1"));
        assertTrue(install("p.jar").contains("was taken before with other content"));
    }

    @Test
    void aReleaseIsOneBundleWhateverTheBundleIsCalled() throws Exception {
        jar("edf", "1.0.0");
        install("p.jar");
        TestJar.policy("edf", "1.0.0").with("Bundle-SymbolicName", "com.example.mine")
                .write(folder.resolve("mine.jar"));
        assertTrue(install("mine.jar").contains("edf 1.0.0 was taken before with other content"));
        TestJar.policy("mine", "1.0.0").with("Bundle-SymbolicName", "org.example.policy-edf")
                .write(folder.resolve("mine.jar"));
        assertTrue(install("mine.jar").startsWith("1 ghost: policy mine 1.0.0 does not start: "));
        assertEquals(1, policyCount());
    }

    @Test
    void aRefusedJarLeavesNothingBehind() throws Exception {
        TestJar.policy("edf", "1.0.0").with("Export-Package", "a.b").write(folder.resolve("p.jar"));
        assertTrue(install("p.jar").startsWith("1 ghost: p.jar has the header Export-Package"));
        Files.write(folder.resolve("p.jar"), new byte[] {'P', 'K', 3, 4});
        assertTrue(install("p.jar").startsWith("1 ghost: p.jar is damaged"));
        assertEquals(0, policyCount());
        try (var left = Files.list(folder.resolve("incoming"))) {
            assertEquals(0, left.count());
        }
    }

    @Test
    void aFileThatOthersCanChangeIsRefused() throws Exception {
        Path file = jar("edf", "1.0.0");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-"));
        assertTrue(install("p.jar").contains("can be written by others"));
        assertEquals(0, policyCount());
    }

    @Test
    void aPolicyThatDoesNotStartIsTakenOutAgain() throws Exception {
        TestJar.policy("edf", "1.0.0").activator(BrokenActivator.class).write(folder.resolve("p.jar"));
        assertEquals("1 ghost: policy edf 1.0.0 does not start: no luck today", install("p.jar"));
        assertEquals(0, policyCount());
    }

    @Test
    void policiesComeFromFilesOnly() {
        assertEquals("1 ghost: policies are installed from files, not from http://example.org/p.jar",
                install("http://example.org/p.jar"));
    }

    @Test
    void anUnverifiedBundleNeverResolvesWhoeverStartsIt() throws Exception {
        Path file = TestJar.policy("edf", "1.0.0").without("Provide-Capability").write(folder.resolve("p.jar"));
        Bundle smuggled = embedded.context().installBundle(file.toUri().toString());
        assertThrows(BundleException.class, smuggled::start);
        assertEquals(Bundle.INSTALLED, smuggled.getState());
        assertEquals("1 ghost: p.jar is no policy: it does not declare the capability ghost.policy",
                embedded.run(folder, "felix:start " + smuggled.getBundleId()));
    }

    @Test
    void anUnverifiedBundleThatNeedsNothingDoesNotResolveEither() throws Exception {
        Path file = TestJar.policy("edf", "1.0.0").without("Provide-Capability").without("Import-Package")
                .write(folder.resolve("p.jar"));
        Bundle smuggled = embedded.context().installBundle(file.toUri().toString());
        assertThrows(BundleException.class, smuggled::start);
        embedded.run(folder, "felix:resolve");
        assertEquals(Bundle.INSTALLED, smuggled.getState());
    }

    @Test
    void anUnverifiedBundleIsNotInTheWayOfOthersAndOffersThemNothing() throws Exception {
        Path bad = TestJar.policy("bad", "1.0.0").without("Provide-Capability")
                .with("Export-Package", "org.apache.logging.log4j;version=99").write(folder.resolve("bad.jar"));
        Bundle smuggled = embedded.context().installBundle(bad.toUri().toString());
        assertThrows(BundleException.class, smuggled::start);
        jar("edf", "1.0.0");
        assertEquals("0 policy edf 1.0.0 is installed as bundle 2", install("p.jar"));
        TestJar.policy("needy", "1.0.0")
                .with("Import-Package", "org.ghosthost.policy,org.osgi.framework,org.apache.logging.log4j;version=99")
                .write(folder.resolve("needy.jar"));
        assertTrue(install("needy.jar").startsWith("1 ghost: policy needy 1.0.0 does not start: "));
        assertEquals(Bundle.INSTALLED, smuggled.getState());
    }

    @Test
    void theGateLooksAtTheStoredBytesAndNotAtThePath() throws Exception {
        Path file = TestJar.policy("edf", "1.0.0").with("Export-Package", "a.b").write(folder.resolve("p.jar"));
        Bundle smuggled = embedded.context().installBundle(file.toUri().toString());
        jar("edf", "1.0.0");
        assertThrows(BundleException.class, smuggled::start);
    }

    @Test
    void aBundleByReferenceHasNoBytesOfItsOwnAndIsRefused() throws Exception {
        Path file = jar("edf", "1.0.0");
        Bundle smuggled = embedded.context().installBundle("reference:" + file.toUri());
        assertThrows(BundleException.class, smuggled::start);
        assertTrue(embedded.run(folder, "felix:start 1").contains("without reference:"));
    }

    @Test
    void aVerifiedBundleThatIsUpdatedBehindTheHostsBackIsVerifiedAgain() throws Exception {
        jar("edf", "1.0.0");
        install("p.jar");
        Path bad = TestJar.policy("edf", "1.1.0").with("Export-Package", "a.b").write(folder.resolve("bad.jar"));
        Bundle bundle = embedded.context().getBundle(1);
        assertThrows(BundleException.class, () -> bundle.update(Files.newInputStream(bad)));
        assertNotEquals(Bundle.ACTIVE, bundle.getState());
    }

    @Test
    void aStoppedPolicyStartsAgain() throws Exception {
        jar("edf", "1.0.0");
        install("p.jar");
        assertEquals("0 bundle 1 (org.example.policy-edf 1.0.0) is stopped",
                embedded.run(folder, "felix:stop org.example.policy-edf"));
        assertTrue(install("p.jar").contains("felix:start 1 starts it"));
        assertEquals("0 bundle 1 (edf 1.0.0) runs", embedded.run(folder, "felix:start 1"));
        assertEquals("0", embedded.run(folder, "felix:refresh 1"));
        Awaitility.await().until(() -> embedded.context().getBundle(1).getState() == Bundle.ACTIVE);
        assertEquals("0", embedded.run(folder, "felix:refresh"));
    }

    @Test
    void anUpdateReplacesTheBundleInPlace() throws Exception {
        jar("edf", "1.0.0");
        install("p.jar");
        assertEquals("0 bundle 1 was edf 1.0.0 and is edf 1.0.0", embedded.run(folder, "felix:update 1"));
        jar("edf", "1.1.0");
        assertEquals("0 bundle 1 was edf 1.0.0 and is edf 1.1.0", embedded.run(folder, "felix:update 1"));
        jar("edf", "1.0.0");
        assertEquals("0 policy edf 1.0.0 is installed as bundle 2", install("p.jar"));
        TestJar.policy("edf", "1.2.0").write(folder.resolve("other.jar"));
        assertEquals("0 bundle 1 was edf 1.1.0 and is edf 1.2.0", embedded.run(folder, "felix:update 1 other.jar"));
    }

    @Test
    void anUpdateThatIsRefusedLeavesTheOldReleaseRunning() throws Exception {
        jar("edf", "1.0.0");
        install("p.jar");
        TestJar.policy("edf", "1.1.0").with("Require-Bundle", "x").write(folder.resolve("p.jar"));
        assertTrue(embedded.run(folder, "felix:update 1").contains("Require-Bundle"));
        jar("fifo", "1.0.0");
        assertTrue(embedded.run(folder, "felix:update 1").contains("cannot become org.example.policy-fifo"));
        assertEquals(Bundle.ACTIVE, embedded.context().getBundle(1).getState());
        assertEquals("1.0.0", embedded.context().getBundle(1).getVersion().toString());
    }

    @Test
    void aLoadedPolicyIsGivenToWhoeverAsksForIt() throws Exception {
        jar("edf", "1.0.0");
        PolicyRelease release = embedded.policies.load("p.jar", folder);
        assertEquals("edf 1.0.0", release.id());
        assertNotNull(release.factory());
        assertEquals(release, embedded.policies.load("p.jar", folder));
        assertEquals("0 policy edf 1.0.0 is installed as bundle 1", install("p.jar"));
        assertThrows(EnclaveException.class, () -> embedded.policies.load("absent.jar", folder));
    }

    @Test
    void partsOfTheHostAreNotForBundleCommands() {
        String sentence = embedded.run(folder, "felix:uninstall 0");
        assertEquals("1 ghost: bundle 0 (org.apache.felix.framework) is a part of the host;"
                + " ghost:shutdown stops the host", sentence);
        assertEquals(sentence, embedded.run(folder, "felix:start 0"));
        assertEquals("1 ghost: there is no bundle 99: felix:lb lists them", embedded.run(folder, "felix:stop 99"));
    }
}
