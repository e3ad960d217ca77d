package org.ghosthost.simulate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SimulateOptionsTest {

    @Test
    void whatIsNotSaidHasADefault() {
        SimulateOptions options = SimulateOptions.parse(List.of("--workload", "spin:tasks=1"));
        assertEquals(8, options.machine().cpuCount());
        assertEquals(1, options.seed());
        assertNull(options.durationNs());
        assertNull(options.policy());
        assertFalse(options.schedExt() || options.check() || options.allTasks());
        assertEquals(List.of(), options.rolls());
    }

    @Test
    void everyOptionIsRead() {
        SimulateOptions options = SimulateOptions.parse(List.of("--machine", "cores=4 smt=2", "--policy", "a b.jar",
                "--workload", "w.json", "--duration", "1.5s", "--seed", "-3", "--roll", "800ms=b=2.jar",
                "--roll=500ms=a.jar", "--config", "slice=1ms", "--config", "x=", "--json", "-", "--trace", "t",
                "--profile", "sched_ext", "--costs", "roll=5", "--check", "--all-tasks"));
        assertEquals(8, options.machine().cpuCount());
        assertEquals(2, options.machine().smtCount());
        assertEquals("a b.jar", options.policy());
        assertEquals("w.json", options.workload());
        assertEquals(1_500_000_000L, options.durationNs());
        assertEquals(-3, options.seed());
        assertEquals(List.of(new RollPlan(500_000_000, "a.jar"), new RollPlan(800_000_000, "b=2.jar")),
                options.rolls());
        assertEquals(Map.of("slice", "1ms", "x", ""), options.config());
        assertEquals("-", options.json());
        assertEquals("t", options.trace());
        assertEquals(Map.of("roll", "5"), options.costs());
        assertTrue(options.schedExt() && options.check() && options.allTasks());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            --wrkload w | unknown option '--wrkload'; 'ghost simulate --help' lists the options
            --work w | unknown option '--work'; 'ghost simulate --help' lists the options
            w | 'w' belongs to no option; 'ghost simulate --help' lists them
            --seed | --seed needs a value: --seed N
            --seed x --workload w | --seed 'x' is not a whole number of 64 bits
            --seed 1 --seed 2 --workload w | --seed is given twice; give it once
            --cpus 8 --machine 4 --workload w | give either --cpus or --machine, not both
            --cpus 0-3 --workload w | --cpus '0-3' is not a number of CPUs, 1 to 1024
            --profile qemu --workload w | unknown profile 'qemu': use sim or sched_ext
            --roll 2s --workload w | --roll '2s' is not TIME=JAR, as in 2s=policy-edf-1.1.0.jar
            --roll 2s= --workload w | --roll '2s=' is not TIME=JAR, as in 2s=policy-edf-1.1.0.jar
            --roll 2s=a --roll 2000ms=b --workload w | two rolls at 2s; give each its own time
            --roll 0s=a --workload w | --roll must be more than 0 and have an end: '0s'
            --duration inf --workload w | --duration must be more than 0 and have an end: 'inf'
            --config slice --workload w | --config 'slice' is not NAME=VALUE
            --config a=1 --config a=2 --workload w | --config sets 'a' twice; set it once
            --check | name a workload: --workload FILE, or a generator such as spin:tasks=10,run=1ms
            """)
    void whatIsWrongIsSaidInOneSentence(String arguments, String sentence) {
        SimulateException e = assertThrows(SimulateException.class,
                () -> SimulateOptions.parse(List.of(arguments.strip().split(" "))));
        assertEquals(sentence, e.getMessage());
    }

    @ParameterizedTest
    @CsvSource({"--cpus 0,0", "--cpus 4000,4000", "--duration 10,10", "--duration 1x,1x", "--roll x=a,x"})
    void badNumbersAreQuoted(String arguments, String quoted) {
        SimulateException e = assertThrows(SimulateException.class,
                () -> SimulateOptions.parse(List.of((arguments + " --workload w").split(" "))));
        String option = arguments.substring(0, arguments.indexOf(' '));
        assertTrue(e.getMessage().startsWith(option) && e.getMessage().contains(quoted), e.getMessage());
    }
}
