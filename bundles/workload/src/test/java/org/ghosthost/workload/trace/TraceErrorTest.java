package org.ghosthost.workload.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.ghosthost.workload.WorkloadException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TraceErrorTest {

    private static String errorOf(final String text) {
        return assertThrows(WorkloadException.class, () -> TraceReplayTest.load(text)).getMessage();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '^', quoteCharacter = '~', value = {
        "a-1 [000] 12345678: sched_switch: a:1 [120] S ==> b:2 [120]^ the time 12345678 is not in seconds with a"
                + " fraction;"
                + " record with the trace clock local, global or mono",
        "a-1 [000] 1.: sched_switch: a:1 [120] S ==> b:2 [120]^ the time 1. must have one to nine digits after the dot",
        "a-1 [xy] 1.5: sched_switch: a:1 [120] S ==> b:2 [120]^ \"xy\" is no CPU",
        "a-1 [99999] 1.5: sched_switch: a:1 [120] S ==> b:2 [120]^ \"99999\" is no CPU",
        "a-9999999999 [0] 1.5: sched_switch: a:1 [120] S ==> b:2 [120]^ \"9999999999\" is no pid",
        "a [0] 1.5: sched_switch: a:1 [120] S ==> b:2 [120]^ \"\" is no pid",
        "a-1 1.5: sched_switch: a:1 [120] S ==> b:2 [120]^"
                + " expected a task, a CPU in brackets and a time before the event",
        "a-1 [0] 1.5: sched_switch: a:1 [120] S^"
                + " a sched_switch needs both its tasks, with ==> between them",
        "a-1 [0] 1.5: sched_switch: prev_comm=a prev_pid=1 prev_prio=120 ==> next_comm=b next_pid=2 next_prio=120^"
                + " a sched_switch needs prev_state",
        "a-1 [0] 1.5: sched_switch: a ==> b^ expected a task such as make:71 [120]",
        "a-1 [0] 1.5: sched_waking: comm=a prio=120^ expected comm=... pid=",
        "a-1 [0] 1.5: sched_waking: comm=a pid=1x prio=120^ \"1x\" is no pid",
        "a-1 [0] 1.5: sched_waking: comm=a pid=1^ expected prio=",
        "a-1 [0] 1.5: sched_process_fork: comm=a pid=1^ a sched_process_fork needs child_comm and child_pid",
    })
    void aMalformedLineIsNamed(final String line, final String why) {
        // A malformed last line would count as cut off.
        final String message = errorOf("# head\n" + line + "\n# tail\n");
        assertEquals("t:2: " + why.strip() + ", found \"", message.substring(0, message.lastIndexOf(line.substring(0,
                3))));
    }

    @Test
    void aTextWithoutSchedulingEventsIsNoTrace() {
        final String sentence = "t: neither an rt-app file nor a trace with sched_switch events; record sched_switch,"
                + " sched_waking, sched_wakeup_new, sched_process_fork and sched_process_exit";
        assertEquals(sentence, errorOf(""));
        assertEquals(sentence, errorOf("hello\nworld\n"));
        assertEquals(sentence, errorOf("a-1 [000] 1.5: irq_handler_entry: irq=5 name=sched_switch: x\n"));
    }

    @Test
    void binaryFilesAreToldHowToBecomeText() {
        assertEquals("t: this is trace-cmd's binary file; write its text with \"trace-cmd report -i t\" and name that",
                errorOfStart("\u0017\bDtracing6"));
        assertEquals("t: this is perf's binary file; write its text with \"perf script -i t\" and name that",
                errorOfStart("PERFILE2xxxx"));
        assertEquals("t: neither an rt-app file nor the text of a trace", errorOfStart("\u007fELF\0\0"));
    }

    private static String errorOfStart(final String start) {
        return assertThrows(WorkloadException.class, () -> TraceLoader.load("t",
                start.getBytes(StandardCharsets.ISO_8859_1), InputStream.nullInputStream())).getMessage();
    }

    @Test
    void anEndlessLineIsRefused() {
        final InputStream endless = new InputStream() {
            @Override
            public int read() {
                return 'x';
            }
        };
        assertEquals("t:1: the line is longer than 4096 characters, so this is no trace",
                assertThrows(WorkloadException.class, () -> TraceLoader.load("t", new byte[0], endless)).getMessage());
    }

    @Test
    void tooManyTasksAreRefused() {
        final StringBuilder text = new StringBuilder();
        for (int i = 1; i <= Recorder.MAX_TASKS + 1; i++) {
            text.append("a-1 [0] 1.5: sched_waking: comm=t pid=").append(i).append(" prio=120 target_cpu=0\n");
        }
        assertEquals("t:100001: the trace has more than 100000 tasks; cut it into shorter ones",
                errorOf(text.toString()));
    }
}
