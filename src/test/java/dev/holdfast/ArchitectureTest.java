package dev.holdfast;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The arrows between the packages: what each may use of ours. {@code docs/development.md} draws them. */
class ArchitectureTest {
    private static final String ROOT = "dev.holdfast";

    /** The tables of arrows: {@link Golden} files. */
    private static final Path TABLES = Path.of("src/test/resources/dev/holdfast");

    /** Folder of the test classes. */
    private static final String TEST_CLASSES = ArchitectureTest.class
            .getProtectionDomain()
            .getCodeSource()
            .getLocation()
            .getPath();

    private static final JavaClasses MAIN = classes(location -> !location.contains(TEST_CLASSES));
    private static final JavaClasses TESTS = classes(location -> location.contains(TEST_CLASSES));

    @Test
    void packagesUseEachOtherAsTheTableSays() throws IOException {
        assertThat(text(arrows(MAIN))).isEqualTo(Golden.of(TABLES.resolve("arrows-main.txt"), text(arrows(MAIN))));
    }

    @Test
    void testPackagesUseEachOtherAsTheTableSays() throws IOException {
        assertThat(text(arrows(TESTS))).isEqualTo(Golden.of(TABLES.resolve("arrows-test.txt"), text(arrows(TESTS))));
    }

    @Test
    void noPackagesFormACycle() {
        for (JavaClasses classes : List.of(MAIN, TESTS)) {
            SlicesRuleDefinition.slices()
                    .matching(ROOT + ".(**)")
                    .should()
                    .beFreeOfCycles()
                    .check(classes);
        }
    }

    @Test
    void onlyLibcCallsTheKernelDirectly() {
        noClasses()
                .that()
                .haveNameNotMatching("dev\\.holdfast\\.host\\.kernel\\.Libc(\\$.*)?")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("com.sun.jna..")
                .check(MAIN);
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
                .check(MAIN);
    }

    /** Returns the packages that each package uses, by name without the root; all may use the root. */
    private static Map<String, Set<String>> arrows(JavaClasses classes) {
        Map<String, Set<String>> arrows = new TreeMap<>();
        for (JavaClass from : classes) {
            Set<String> used = arrows.computeIfAbsent(room(from), name -> new TreeSet<>());
            from.getDirectDependenciesFromSelf().stream()
                    .map(Dependency::getTargetClass)
                    .map(JavaClass::getBaseComponentType)
                    .filter(classes::contains)
                    .map(ArchitectureTest::room)
                    .filter(to -> !to.isEmpty() && !to.equals(room(from)))
                    .forEach(used::add);
        }
        arrows.values().removeIf(Set::isEmpty);
        return arrows;
    }

    private static String room(JavaClass type) {
        return type.getPackageName().equals(ROOT) ? "" : type.getPackageName().substring(ROOT.length() + 1);
    }

    /** Lines such as {@code agent.bind: host.pci inventory}. */
    private static String text(Map<String, Set<String>> arrows) {
        return arrows.entrySet().stream()
                .map(arrow -> arrow.getKey() + ": " + String.join(" ", arrow.getValue()) + "\n")
                .collect(Collectors.joining());
    }

    private static JavaClasses classes(ImportOption option) {
        return new ClassFileImporter().withImportOption(option).importPackages(ROOT);
    }

    private static String tree(String name) {
        return ROOT + "." + name + "..";
    }
}
