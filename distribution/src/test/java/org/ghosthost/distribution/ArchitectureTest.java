package org.ghosthost.distribution;

import static com.tngtech.archunit.core.domain.JavaModifier.FINAL;
import static com.tngtech.archunit.core.domain.JavaModifier.STATIC;
import static com.tngtech.archunit.core.domain.JavaModifier.SYNTHETIC;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.Set;
import java.util.TreeSet;
import org.ghosthost.policies.planted.PlantedPolicy;
import org.ghosthost.policies.planted.below.PlantedHelper;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Keeps the arrows between the rooms, and the habits that no compiler checks. */
final class ArchitectureTest {

    private static final JavaClasses PRODUCT = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests()).importPackages("org.ghosthost");

    /** Classes of this test that break every rule. */
    private static final JavaClasses PLANTED = new ClassFileImporter()
            .importClasses(PlantedPolicy.class, PlantedHelper.class);

    private enum Rule {
        NO_OTHER_ARROW(classes().should(keepToTheArrows())),
        NO_CYCLES(slices().matching("org.ghosthost.(**)").should().beFreeOfCycles()),
        EVERY_PACKAGE_IS_NULL_MARKED(classes().should(liveInANullMarkedPackage())),
        POLICIES_NEED_NOTHING_BUT_THE_API(noClasses().that(livesIn(Set.of("policy", "policies")))
                .should().dependOnClassesThat().resideOutsideOfPackages(
                        "org.ghosthost..", "java..", "org.jspecify..", "org.osgi.annotation..")),
        POLICIES_HAVE_NO_STATIC_STATE(fields().that().areDeclaredInClassesThat(livesIn(Set.of("agent", "policies")))
                .and().haveModifier(STATIC).and().doNotHaveModifier(SYNTHETIC).should().haveModifier(FINAL)),
        POLICIES_HAVE_NO_CLOCK_AND_NO_THREAD(noClasses().that(livesIn(Set.of("agent", "policies")))
                .should().accessTargetWhere(readsAClockOrMakesAThread())),
        ONLY_THE_HOST_PRINTS(noClasses().that(livesIn(Set.of("host")).negate()).should(ACCESS_STANDARD_STREAMS)),
        NO_JAVA_UTIL_LOGGING(noClasses().should().dependOnClassesThat().resideInAPackage("java.util.logging.."));

        private final ArchRule rule;

        Rule(ArchRule rule) {
            this.rule = rule.as(name()).allowEmptyShould(true);
        }
    }

    @ParameterizedTest
    @EnumSource
    void theProductKeeps(Rule rule) {
        rule.rule.check(PRODUCT);
    }

    @ParameterizedTest
    @EnumSource
    void thePlantedClassesBreak(Rule rule) {
        assertTrue(rule.rule.evaluate(PLANTED).hasViolation(), "the rule sees nothing");
    }

    @Test
    void everyRoomIsLookedAt() {
        Set<String> seen = new TreeSet<>();
        PRODUCT.forEach(item -> seen.add(Rooms.of(item.getPackageName())));
        assertEquals(Rooms.ALL, seen);
    }

    @Test
    void aPackageWithoutARoomIsAnError() {
        assertEquals("enclave.kernel", Rooms.of("org.ghosthost.enclave.kernel"));
        assertEquals("policy", Rooms.of("org.ghosthost.policy.topology"));
        assertThrows(IllegalArgumentException.class, () -> Rooms.of("org.ghosthost.attic"));
    }

    private static ArchCondition<JavaClass> keepToTheArrows() {
        return new ArchCondition<>("import only what the table of rooms allows") {
            @Override
            public void check(JavaClass item, ConditionEvents events) {
                for (Dependency dependency : item.getDirectDependenciesFromSelf()) {
                    String to = dependency.getTargetClass().getBaseComponentType().getPackageName();
                    if (Rooms.isOurs(to) && !Rooms.mayImport(item.getPackageName(), to)) {
                        events.add(SimpleConditionEvent.violated(item, dependency.getDescription()));
                    }
                }
            }
        };
    }

    private static ArchCondition<JavaClass> liveInANullMarkedPackage() {
        return new ArchCondition<>("live in a package that is @NullMarked") {
            @Override
            public void check(JavaClass item, ConditionEvents events) {
                JavaPackage home = item.getPackage();
                if (!home.tryGetPackageInfo().map(info -> info.isAnnotatedWith(NullMarked.class)).orElse(false)) {
                    events.add(SimpleConditionEvent.violated(item, home.getName() + " is not @NullMarked"));
                }
            }
        };
    }

    private static DescribedPredicate<JavaClass> livesIn(Set<String> rooms) {
        return DescribedPredicate.describe("live in " + rooms,
                item -> Rooms.isOurs(item.getPackageName()) && rooms.contains(Rooms.of(item.getPackageName())));
    }

    private static DescribedPredicate<JavaAccess<?>> readsAClockOrMakesAThread() {
        Set<String> types = Set.of("java.lang.Thread", "java.lang.Thread$Builder", "java.time.Clock",
                "java.time.Instant", "java.util.concurrent.Executors", "java.util.concurrent.ThreadLocalRandom");
        Set<String> methods = Set.of("java.lang.System.nanoTime", "java.lang.System.currentTimeMillis",
                "java.lang.Math.random");
        return DescribedPredicate.describe("time, chance and threads come from the host", access -> {
            String owner = access.getTargetOwner().getName();
            return types.contains(owner) || methods.contains(owner + "." + access.getTarget().getName());
        });
    }
}
