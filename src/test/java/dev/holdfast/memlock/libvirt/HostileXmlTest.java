package dev.holdfast.memlock.libvirt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.holdfast.CaseCount;
import dev.holdfast.Slow;
import dev.holdfast.memlock.ExactPolicy;
import dev.holdfast.memlock.LibvirtPolicy;
import dev.holdfast.memlock.Policy;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests hostile XML: no entity is expanded, nothing is fetched, and nothing takes long. */
@Slow
class HostileXmlTest {
    /** Time limit: unbounded growth would exceed it, everything else takes milliseconds. */
    private static final Duration SOON = Duration.ofMinutes(1);

    @TempDir
    private Path folder = Path.of("");

    @Test
    void readsNoFileThroughAnEntity() throws IOException {
        Path secret = Files.writeString(folder.resolve("secret"), "1048576");

        refuses(
                "<!DOCTYPE domain [<!ENTITY s SYSTEM 'file://" + secret + "'>]>"
                        + "<domain type='kvm'><memory>&s;</memory></domain>",
                "document type or entity found");
    }

    @Test
    void connectsToNoServer() throws IOException {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            server.setSoTimeout(200);
            String url = "http://127.0.0.1:" + server.getLocalPort() + "/domain.dtd";

            refuses("<!DOCTYPE domain SYSTEM '" + url + "'><domain type='kvm'/>", "document type or entity found");
            refuses(
                    "<!DOCTYPE domain [<!ENTITY % p SYSTEM '" + url + "'> %p;]><domain type='kvm'/>",
                    "document type or entity found");
            assertThatCode(server::accept).isInstanceOf(java.net.SocketTimeoutException.class);
        }
    }

    @Test
    void expandsNoBillionLaughs() {
        StringBuilder dtd = new StringBuilder("<!DOCTYPE domain [<!ENTITY l0 'ha'>");
        for (int i = 1; i < 30; i++) {
            dtd.append("<!ENTITY l%d '&l%d;&l%d;'>".formatted(i, i - 1, i - 1));
        }

        refuses(dtd + "]><domain type='kvm'><name>&l29;</name></domain>", "document type or entity found");
    }

    @Test
    void refusesAnUndeclaredEntity() {
        refuses("<domain type='kvm'><memory>&lots;</memory></domain>", "");
        refuses("<domain type='&lots;'/>", "not XML: ");
    }

    @Test
    void stopsAtTheFirstElementThatIsTooDeep() {
        refuses("<a>".repeat(1_300_000), "deeper than 256");
        refuses("<domain type='kvm'>" + "<a>".repeat(300) + "</a>".repeat(300) + "</domain>", "deeper than 256");
    }

    @Test
    void boundsNumberAndSizeOfElements() {
        refuses("<domain type='kvm'>" + "<a/>".repeat(1_000_000) + "</domain>", "more than 100000");
        refuses("<domain type='kvm'>" + " ".repeat(4 << 20) + "</domain>", "larger than 4 MiB");
        refuses("<domain type='kvm' " + "x".repeat(3 << 20) + "='1'/>", "not XML: ");
        refuses("<domain type='kvm' name='" + "x".repeat(3 << 20) + "'/>", "");
        StringBuilder attributes = new StringBuilder("<domain type='kvm'");
        for (int i = 0; i < 200_000; i++) {
            attributes.append(" a").append(i).append("=''");
        }
        refuses(attributes + "/>", "");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", " ", "<", "<domain", "<domain type='kvm'>", "<domain></network>", "{}", "\u0000", "\ufeff"})
    void refusesInvalidXml(String document) {
        refuses(document, "not XML: ");
    }

    @Test
    void shortensTheNameToOneLine() {
        String document =
                "<domain type='kvm'><name>" + "long\n".repeat(100) + "</name><memory>1048576</memory></domain>";

        assertThat(Inputs.read(document.getBytes(StandardCharsets.UTF_8)).name())
                .hasSizeLessThan(100)
                .doesNotContain("\n");
    }

    /** Tests thousands of documents, each a valid one with some bytes changed; a failure reports seed and number. */
    @ParameterizedTest
    @ValueSource(longs = {1, 20151110})
    void failsOnlyWithAMessage(long seed) throws IOException {
        byte[] whole = Files.readAllBytes(Path.of("examples", "memlock", "storage.xml"));
        Random random = new Random(seed);
        for (int i = 0; i < CaseCount.of(3_000, 10_000); i++) {
            byte[] document = whole.clone();
            for (int n = 1 + random.nextInt(4); n > 0; n--) {
                document[random.nextInt(document.length)] = (byte) random.nextInt(random.nextBoolean() ? 256 : 64);
            }
            if (random.nextInt(4) == 0) {
                document = Arrays.copyOf(document, random.nextInt(document.length));
            }
            try {
                var input = Inputs.read(document).input();
                ExactPolicy.plan(input);
                LibvirtPolicy.plan(input);
            } catch (IllegalArgumentException e) {
                assertThat(e.getMessage())
                        .as("seed %d, number %d", seed, i)
                        .isNotBlank()
                        .doesNotContain("\n");
            } catch (RuntimeException | StackOverflowError e) {
                throw new AssertionError("seed %d, number %d".formatted(seed, i), e);
            }
        }
    }

    /** Tests other domains, with everything that is read besides devices, in the same way. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "devices-by-commandline.xml",
                "encrypted.xml",
                "large-maximum.xml",
                "mixed-iommufd.xml",
                "pool.xml",
                "two-domains.xml"
            })
    void failsOnlyWithAMessageForOtherDomains(String file) {
        byte[] whole = Inputs.bytes(file);
        Random random = new Random(file.hashCode());
        for (int i = 0; i < CaseCount.of(1_000, 3_000); i++) {
            byte[] document = whole.clone();
            for (int n = 1 + random.nextInt(4); n > 0; n--) {
                document[random.nextInt(document.length)] = (byte) (32 + random.nextInt(95));
            }
            try {
                for (Domain domain : Domain.readAll(document, 4096)) {
                    domain.plan(Policy.EXACT, null);
                    domain.plan(Policy.LIBVIRT, null);
                }
            } catch (IllegalArgumentException e) {
                assertThat(e.getMessage())
                        .as("%s, number %d", file, i)
                        .isNotBlank()
                        .doesNotContainPattern("\\p{Cntrl}");
            } catch (RuntimeException | StackOverflowError e) {
                throw new AssertionError("%s, number %d".formatted(file, i), e);
            }
        }
    }

    private static void refuses(String document, String message) {
        byte[] bytes = document.getBytes(StandardCharsets.UTF_8);
        assertTimeoutPreemptively(
                SOON,
                () -> assertThatIllegalArgumentException()
                        .isThrownBy(() -> Inputs.read(bytes))
                        .withMessageContaining(message)
                        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n")));
    }
}
