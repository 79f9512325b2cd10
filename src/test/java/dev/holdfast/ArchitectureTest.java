package dev.holdfast;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** The arrows between the packages: what each may know of ours. {@code docs/development.md} draws them. */
class ArchitectureTest {
    private static final Map<String, Set<String>> MAY_USE = Map.ofEntries(
            Map.entry("text", Set.of()),
            Map.entry("api", Set.of("text")),
            Map.entry("memlock", Set.of("text")),
            Map.entry("schema", Set.of()),
            Map.entry("convert", Set.of("api", "memlock", "text")),
            Map.entry("qemu", Set.of("memlock")),
            Map.entry("plan", Set.of("api", "memlock", "qemu", "schema", "text")),
            Map.entry("reconcile", Set.of("plan", "api", "telemetry")),
            Map.entry("grant", Set.of()),
            Map.entry("host", Set.of()),
            Map.entry("agent", Set.of("host", "api", "grant", "telemetry")),
            Map.entry("launch", Set.of("qemu", "host", "grant")),
            Map.entry("telemetry", Set.of()));

    static final Set<String> PACKAGES = new TreeSet<>(MAY_USE.keySet());

    private static final JavaClasses OURS = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.holdfast");

    @ParameterizedTest
    @FieldSource("PACKAGES")
    void usesOnlyWhatItsArrowsAllow(String name) {
        Set<String> allowed = MAY_USE.getOrDefault(name, Set.of());
        String[] forbidden = PACKAGES.stream()
                .filter(other -> !other.equals(name) && !allowed.contains(other))
                .map(ArchitectureTest::tree)
                .toArray(String[]::new);

        noClasses()
                .that()
                .resideInAPackage(tree(name))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(forbidden)
                .orShould()
                .dependOnClassesThat()
                .resideInAPackage(tree("app"))
                .allowEmptyShould(true)
                .check(OURS);
    }

    @Test
    void everyClassHasARoomInOneOfThePackages() {
        String[] rooms = Stream.concat(PACKAGES.stream(), Stream.of("app"))
                .map(ArchitectureTest::tree)
                .toArray(String[]::new);

        classes().should().resideInAnyPackage(rooms).check(OURS);
    }

    @Test
    void planReadsASpecInOneRoomAndMakesPodsInAnother() {
        inPlan("machine", "dev.holdfast.plan", tree("plan.pod"), tree("plan.observed"));
        inPlan("observed", "dev.holdfast.plan", tree("plan.pod"));
        inPlan("pod", "dev.holdfast.plan", tree("schema"));
    }

    private static void inPlan(String room, String... forbidden) {
        noClasses()
                .that()
                .resideInAPackage(tree("plan." + room))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(forbidden)
                .check(OURS);
    }

    @Test
    void onlyLibcCallsTheKernelDirectly() {
        noClasses()
                .that()
                .haveNameNotMatching("dev\\.holdfast\\.host\\.Libc(\\$.*)?")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("com.sun.jna..")
                .check(OURS);
    }

    @Test
    void theCalculatorAndTheCommandLineKnowNoKubernetes() {
        noClasses()
                .that()
                .resideInAnyPackage(
                        tree("memlock"), tree("schema"), tree("qemu"), tree("launch"), tree("host"), tree("grant"))
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.fabric8..")
                .check(OURS);
    }

    private static String tree(String name) {
        return "dev.holdfast." + name + "..";
    }
}
