package org.ghosthost.distribution;

import static org.junit.platform.engine.TestExecutionResult.Status.ABORTED;
import static org.junit.platform.engine.TestExecutionResult.Status.SUCCESSFUL;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.UniqueId;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** Runs the JUnit classes that its arguments name, inside of the guest, and prints verdicts as scenarios do. */
final class GuestSuite implements TestExecutionListener {
    private int tests;
    private int failures;
    private long startedNs;

    private GuestSuite() {}

    /** Ends with 0 if there were tests and none failed. */
    public static void main(String[] classes) {
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
                .selectors(Arrays.stream(classes).map(name -> selectClass(name)).toList()).build();
        GuestSuite suite = new GuestSuite();
        LauncherFactory.create().execute(request, suite);
        System.out.println("== end: " + suite.tests + " tests, " + suite.failures + " failures");
        // a thread that a test left behind must not hold the guest
        System.exit(suite.tests > 0 && suite.failures == 0 ? 0 : 1);
    }

    @Override
    public void executionStarted(TestIdentifier test) {
        if (test.isTest()) {
            startedNs = System.nanoTime();
            System.out.println("== " + name(test));
        }
    }

    @Override
    public void executionSkipped(TestIdentifier test, String reason) {
        System.out.println("== " + name(test) + "\n" + reason + "\n== " + name(test) + ": skipped");
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
        if (!test.isTest() && result.getStatus() == SUCCESSFUL) {
            return;
        }
        if (!test.isTest()) {
            System.out.println("== " + name(test));
        }
        tests++;
        if (result.getStatus() == SUCCESSFUL) {
            long ms = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startedNs);
            System.out.println("== " + name(test) + ": passed in " + ms + " ms");
            return;
        }
        StringWriter text = new StringWriter();
        result.getThrowable().ifPresent(problem -> problem.printStackTrace(new PrintWriter(text)));
        System.out.println(text);
        if (result.getStatus() == ABORTED) {
            System.out.println("== " + name(test) + ": skipped");
        } else {
            failures++;
            System.out.println("== " + name(test) + ": FAILED");
        }
    }

    /** Of each part but the engine: {@code TaskTest.Blocked.aTaskWakes()}. */
    private static String name(TestIdentifier test) {
        return test.getUniqueIdObject().getSegments().stream().skip(1).map(UniqueId.Segment::getValue)
                .map(part -> part.substring(part.lastIndexOf('.') + 1)).map(part -> part.replace(':', ';'))
                .collect(Collectors.joining("."));
    }
}
