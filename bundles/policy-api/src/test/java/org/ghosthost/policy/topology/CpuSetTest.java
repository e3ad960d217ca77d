package org.ghosthost.policy.topology;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class CpuSetTest {
    @Test
    void aNewSetIsEmpty() {
        final CpuSet set = new CpuSet();
        assertTrue(set.isEmpty());
        assertEquals(0, set.size());
        assertEquals(CpuSet.NO_CPU, set.first());
        assertEquals(CpuSet.NO_CPU, set.last());
        assertEquals(CpuSet.NO_CPU, set.nth(0));
        assertEquals(CpuSet.NO_CPU, set.pollFirst());
        assertEquals("", set.toString());
        assertEquals("0", set.toMask());
    }

    @Test
    void theCpusAtTheEdgesOfTheRangeCanBeUsed() {
        final CpuSet set = CpuSet.of(0, 63, 64, CpuSet.MAX_CPUS - 1);
        assertEquals("0,63-64,1023", set.toString());
        assertEquals(1023, set.last());
        assertEquals(1023, set.next(65));
        assertEquals(CpuSet.NO_CPU, set.next(1024));
        assertEquals(CpuSet.NO_CPU, set.next(Integer.MAX_VALUE));
        assertEquals(0, set.next(-5));
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 1024, Integer.MAX_VALUE, Integer.MIN_VALUE})
    void anIdOutOfRangeIsNeverAMemberAndCannotBecomeOne(final int cpu) {
        final CpuSet set = CpuSet.range(0, CpuSet.MAX_CPUS - 1);
        assertFalse(set.contains(cpu));
        final String refusal = refusalOf(() -> set.add(cpu));
        assertTrue(refusal.contains(Integer.toString(cpu)), refusal);
        assertThrows(IllegalArgumentException.class, () -> set.remove(cpu));
        assertThrows(IllegalArgumentException.class, () -> CpuSet.of(3, cpu));
        assertThrows(IllegalArgumentException.class, () -> CpuSet.range(0, cpu));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 20250601})
    void everyOperationAgreesWithBitSetOnRandomSets(final long seed) {
        final Random random = new Random(seed);
        final BitSet model = new BitSet();
        final CpuSet set = new CpuSet();
        for (int step = 0; step < 5_000; step++) {
            applyRandomStep(random, set, model);
            final String context = "seed " + seed + ", step " + step;
            assertEquals(model.cardinality(), set.size(), context);
            assertEquals(model.isEmpty(), set.isEmpty(), context);
            assertEquals(model.length() - 1, set.last(), context);
            assertArrayEquals(model.stream().toArray(), set.toArray(), context);
            final int from = random.nextInt(CpuSet.MAX_CPUS);
            assertEquals(model.nextSetBit(from), set.next(from), context);
            assertEquals(model.nextSetBit(from) >= 0 ? model.nextSetBit(from) : model.nextSetBit(0),
                    set.nextCyclic(from), context);
            final int n = random.nextInt(80);
            assertEquals(model.stream().skip(n).findFirst().orElse(CpuSet.NO_CPU), set.nth(n), context);
            assertEquals(set, CpuSet.parse(set.toString()), context);
            assertEquals(set, CpuSet.parseMask(set.toMask()), context);
        }
    }

    private static void applyRandomStep(final Random random, final CpuSet set, final BitSet model) {
        final CpuSet other = new CpuSet();
        final BitSet otherModel = new BitSet();
        for (int i = random.nextInt(100); i > 0; i--) {
            final int cpu = random.nextInt(random.nextBoolean() ? 64 : CpuSet.MAX_CPUS);
            other.add(cpu);
            otherModel.set(cpu);
        }
        assertEquals(model.intersects(otherModel), set.intersects(other));
        final BitSet missing = (BitSet) otherModel.clone();
        missing.andNot(model);
        assertEquals(missing.isEmpty(), set.containsAll(other));
        final int cpu = random.nextInt(CpuSet.MAX_CPUS);
        switch (random.nextInt(8)) {
            case 0 -> {
                set.addAll(other);
                model.or(otherModel);
            }
            case 1 -> {
                set.removeAll(other);
                model.andNot(otherModel);
            }
            case 2 -> {
                set.addAll(other);
                set.retainAll(other);
                model.or(otherModel);
                model.and(otherModel);
            }
            case 3 -> {
                set.copyFrom(other);
                model.clear();
                model.or(otherModel);
            }
            case 4 -> {
                assertEquals(model.nextSetBit(0), set.pollFirst());
                model.clear(Math.max(model.nextSetBit(0), 0));
            }
            case 5 -> {
                set.addRange(cpu, Math.min(cpu + 70, CpuSet.MAX_CPUS - 1));
                model.set(cpu, Math.min(cpu + 70, CpuSet.MAX_CPUS - 1) + 1);
            }
            case 6 -> {
                set.add(cpu);
                model.set(cpu);
            }
            default -> {
                set.remove(cpu);
                model.clear(cpu);
            }
        }
        assertEquals(model.get(cpu), set.contains(cpu));
    }

    @Test
    void aCopyGoesItsOwnWay() {
        final CpuSet set = CpuSet.of(1, 2);
        final CpuSet copy = set.copy();
        copy.add(3);
        assertEquals(CpuSet.of(1, 2), set);
        assertEquals(CpuSet.of(1, 2, 3), copy);
        assertNotEquals(set, copy);
    }

    @Test
    void aFrozenSetRefusesEveryChange() {
        final CpuSet frozen = CpuSet.of(1, 2).frozen();
        final CpuSet other = CpuSet.of(2);
        assertThrows(UnsupportedOperationException.class, () -> frozen.add(1));
        assertThrows(UnsupportedOperationException.class, () -> frozen.addRange(1, 2));
        assertThrows(UnsupportedOperationException.class, () -> frozen.remove(1));
        assertThrows(UnsupportedOperationException.class, frozen::clear);
        assertThrows(UnsupportedOperationException.class, frozen::pollFirst);
        assertThrows(UnsupportedOperationException.class, () -> frozen.addAll(other));
        assertThrows(UnsupportedOperationException.class, () -> frozen.removeAll(other));
        assertThrows(UnsupportedOperationException.class, () -> frozen.retainAll(other));
        assertThrows(UnsupportedOperationException.class, () -> frozen.copyFrom(other));
        assertThrows(UnsupportedOperationException.class, () -> frozen.setWord(0, 0));
        assertEquals("1-2", frozen.toString());
        assertTrue(frozen.isFrozen());
        assertSame(frozen, frozen.frozen());
    }

    @Test
    void freezingASetLeavesTheSetItselfMutable() {
        final CpuSet set = CpuSet.of(1, 2);
        final CpuSet frozen = set.frozen();
        set.add(3);
        assertEquals("1-2", frozen.toString());
        final CpuSet thawed = frozen.copy();
        thawed.add(9);
        assertEquals("1-2,9", thawed.toString());
        assertEquals(frozen, CpuSet.of(1, 2));
        assertEquals(frozen.hashCode(), CpuSet.of(1, 2).hashCode());
    }

    @Test
    void wordsHoldSixtyFourCpusEach() {
        final CpuSet set = CpuSet.of(0, 65);
        assertEquals(1, set.word(0));
        assertEquals(2, set.word(1));
        set.setWord(15, 1L << 63);
        assertTrue(set.contains(1023));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "1e | 1-4", "21 | 0,5", "ff | 0-7", "4d | 0,2-3,6", "1,ffffffff | 0-32", "1,00000000 | 32", "0 | ''",
        "00000000,00000001 | 0", "FF | 0-7", "1,1 | 0,32", "80000000,00000000,00000000 | 95"})
    @DisplayName("EnclaveTest.SetCpus: mask and list formats name the same CPUs")
    void aMaskAndAListNameTheSameCpus(final String mask, final String list) {
        assertEquals(CpuSet.parse(list), CpuSet.parseMask(mask + "\n"));
        assertEquals(list, CpuSet.parseMask(mask).toString());
    }

    @Test
    void aMaskMayHaveLeadingZeroGroupsWithoutBound() {
        assertEquals(CpuSet.of(0), CpuSet.parseMask("00000000,".repeat(200) + "1"));
        assertEquals(CpuSet.of(1023), CpuSet.parseMask("80000000" + ",00000000".repeat(31)));
        assertThrows(IllegalArgumentException.class, () -> CpuSet.parseMask("1" + ",00000000".repeat(32)));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "hello | \"hello\" is not hexadecimal",
        "'' | hexadecimal digits are missing",
        ",1 | hexadecimal digits are missing",
        "1, | hexadecimal digits are missing",
        "0x1 | \"0x1\" is not hexadecimal",
        "-1 | \"-1\" is not hexadecimal",
        "1 f | \"1 f\" is not hexadecimal",
        "1ffffffff | more than 8 digits stand together"})
    @DisplayName("EnclaveTest.BadCpus: a bad mask is refused with the reason")
    void aBadMaskIsRefusedWithTheReason(final String mask, final String reason) {
        final String refusal = refusalOf(() -> CpuSet.parseMask(mask));
        assertTrue(refusal.startsWith("bad CPU mask \"" + mask + "\": "), refusal);
        assertTrue(refusal.contains(reason), refusal);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "-2 | \"-2\" is neither a CPU nor a range",
        "9999999999 | CPU 9999999999 is out of range 0-1023",
        "1024 | CPU 1024 is out of range 0-1023",
        "0-1024 | CPU 1024 is out of range 0-1023",
        "3-1 | range 3-1 runs backwards",
        "1,,2 | a CPU is missing at a comma",
        ", | a CPU is missing at a comma",
        "1, | a CPU is missing at a comma",
        "1-2-3 | \"1-2-3\" is neither a CPU nor a range",
        "1- | \"1-\" is neither a CPU nor a range",
        "a | \"a\" is neither a CPU nor a range",
        "1 2 | \"1 2\" is neither a CPU nor a range",
        "+1 | \"+1\" is neither a CPU nor a range",
        "0-3:2 | \"0-3:2\" is neither a CPU nor a range"})
    @DisplayName("EnclaveTest.BadCpus: a bad list is refused with the reason")
    void aBadListIsRefusedWithTheReason(final String list, final String reason) {
        final String refusal = refusalOf(() -> CpuSet.parse(list));
        assertTrue(refusal.startsWith("bad CPU list \"" + list + "\": "), refusal);
        assertTrue(refusal.contains(reason), refusal);
    }

    @Test
    void aListCanBeBoundToTheCpusOfOneMachine() {
        assertEquals("0-7", CpuSet.parse("0-7", 8).toString());
        final String refusal = refusalOf(() -> CpuSet.parse("0-8", 8));
        assertEquals("bad CPU list \"0-8\": CPU 8 is out of range 0-7", refusal);
        assertThrows(IllegalArgumentException.class, () -> CpuSet.parse("0", 0));
        assertThrows(IllegalArgumentException.class, () -> CpuSet.parse("0", 1025));
    }

    @Test
    void hostileTextIsQuotedShortAndWithoutControlCharacters() {
        final String hostile = "\u001b[2J\u202e" + "x".repeat(100_000);
        final String refusal = refusalOf(() -> CpuSet.parse(hostile));
        assertTrue(refusal.length() < 250, refusal);
        assertFalse(refusal.contains("\u001b"), refusal);
        assertFalse(refusal.contains("\u202e"), refusal);
    }

    private static String refusalOf(final Executable action) {
        return String.valueOf(assertThrows(IllegalArgumentException.class, action).getMessage());
    }

    @Test
    void leadingZerosAndSpaceRoundAListAreFine() {
        assertEquals(CpuSet.of(7, 8, 9), CpuSet.parse(" 007,8-09\n"));
        assertEquals(CpuSet.of(0), CpuSet.parse("000"));
    }
}
