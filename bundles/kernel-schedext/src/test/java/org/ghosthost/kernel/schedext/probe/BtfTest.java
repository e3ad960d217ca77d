package org.ghosthost.kernel.schedext.probe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class BtfTest {
    @Test
    void functionsAreKnownWithTheirParameters() throws IOException {
        Btf btf = Btf.parse(new BtfWriter().function("none", 0).integer("int").function("three", 3).blob());
        assertEquals(OptionalInt.of(0), btf.parameters("none"));
        assertEquals(OptionalInt.of(3), btf.parameters("three"));
        assertEquals(OptionalInt.empty(), btf.parameters("four"));
    }

    @Test
    void everyKindOfTypeIsPassedOver() throws IOException {
        BtfWriter writer = new BtfWriter();
        for (int kind : new int[] {2, 7, 8, 9, 10, 11, 16, 18}) {
            writer.type("t" + kind, kind, 0, 0, 0);
        }
        writer.type("array", 3, 0, 0, 0, 1, 1, 1).type("union", 5, 2, 0, 8, new int[6]).type("var", 14, 0, 0, 1, 0)
                .type("section", 15, 2, 0, 8, new int[6]).type("tag", 17, 0, 0, 1, -1).struct("last", 2);
        Btf btf = Btf.parse(writer.blob());
        assertTrue(btf.hasStruct("last"));
        assertFalse(btf.hasStruct("union"));
    }

    @Test
    void enumeratorsHaveTheirValues() throws IOException {
        Btf btf = Btf.parse(new BtfWriter().enumeration(true, "MINUS", -1).enumeration(false, "PLUS", -1)
                .wideEnumeration("WIDE", 1L << 63 | 2).blob());
        assertEquals(OptionalLong.of(-1), btf.enumerator("MINUS"));
        assertEquals(OptionalLong.of(0xffff_ffffL), btf.enumerator("PLUS"));
        assertEquals(OptionalLong.of(1L << 63 | 2), btf.enumerator("WIDE"));
        assertEquals(OptionalLong.empty(), btf.enumerator("NONE"));
    }

    @Test
    void whatIsNoBtfIsRefused() {
        assertThrows(IOException.class, () -> Btf.parse(new byte[0]));
        assertThrows(IOException.class, () -> Btf.parse(new byte[64]));
        assertThrows(IOException.class, () -> Btf.parse(new BtfWriter().type("x", 31, 0, 0, 0).blob()));
    }

    @Test
    void aDamagedBlobIsRefusedOrReadButNeverHangs() {
        byte[] whole = new BtfWriter().function("f", 2).struct("s", 2).enumeration(false, "E", 1).blob();
        long seed = 20261123;
        Random random = new Random(seed);
        for (int i = 0; i < 20_000; i++) {
            byte[] damaged = Arrays.copyOf(whole, random.nextInt(whole.length + 1));
            if (damaged.length > 0) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
            }
            try {
                Btf btf = Btf.parse(damaged);
                btf.parameters("f");
                btf.hasStruct("s");
                btf.enumerator("E");
            } catch (IOException e) {
                assertFalse(e.getMessage().isBlank(), "seed " + seed);
            }
        }
    }

    @Test
    void thisMachinesOwnTypesAreRead() throws IOException {
        Path file = Path.of("/sys/kernel/btf/vmlinux");
        assumeTrue(Files.isReadable(file), "this kernel does not describe its types");
        assertTrue(Btf.read(file).hasStruct("task_struct"));
    }
}
