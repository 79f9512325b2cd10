package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.testbed.fixtures.cases.ImportCase;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/** An imported domain requires as much locked memory as before, or the notes say which part of the limit is missing. */
class ImportedLimitTest {
    /** Domains whose unconverted parts do not affect the limit. */
    private static final Set<String> SAME =
            Set.of("domain-plain", "domain-virt-install", "domain-viommu", "domain-odd-memory");

    /** Domains with devices in QEMU arguments, which libvirt itself does not count. */
    private static final Set<String> SAME_EXACTLY = Set.of("domain-viommu-by-hand", "domain-json-arguments");

    /** Returns domains other than snapshots and status files, which the calculator does not read. */
    static List<ImportCase> domains() throws IOException {
        return ImportCase.all().stream()
                .filter(input -> input.isDomain() && !input.isRefused())
                .filter(input -> !Set.of("domain-snapshot", "domain-status").contains(input.toString()))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("domains")
    void isThatOfTheDomain(ImportCase domain) throws IOException {
        boolean exact = isSame(domain, "Exact");
        boolean same = exact && isSame(domain, "Libvirt");

        if (SAME.contains(domain.toString())) {
            assertThat(same).isTrue();
        }
        if (SAME_EXACTLY.contains(domain.toString())) {
            assertThat(exact).isTrue();
        }
        if (!same) {
            assertThat(Files.readString(domain.errors())).contains("limit");
        }
    }

    private static boolean isSame(ImportCase domain, String policy) throws IOException {
        JsonNode before = memlock("--domain-xml", domain.input(), policy);
        JsonNode after = memlock("-f", domain.output(), policy);
        return before.path("limitBytes").equals(after.path("limitBytes"))
                && before.path("requiredBytes").equals(after.path("requiredBytes"));
    }

    private static JsonNode memlock(String option, Path file, String policy) throws IOException {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int status = new CommandLine(new MemlockCommand())
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err, true))
                .execute(option, file.toString(), "--policy", policy, "-o", "json");
        assertThat(status).as(err.toString()).isZero();
        return new ObjectMapper().readTree(out.toString());
    }
}
