package dev.holdfast.convert.tree;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.holdfast.convert.Conversion;
import dev.holdfast.convert.Conversion.Unusable;
import dev.holdfast.convert.draft.DeviceClasses;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests hostile inputs: nothing is expanded without a bound, nothing is fetched, and nothing takes long. */
class HostileInputTest {
    private static final Duration SOON = Duration.ofMinutes(1);

    @TempDir
    private Path folder = Path.of("");

    @Test
    void refusesAliasesThatExpandToTooMuch() {
        StringBuilder laughs = new StringBuilder("l0: &l0 [ha]\n");
        for (int i = 1; i < 40; i++) {
            laughs.append("l%d: &l%d [*l%d, *l%d]\n".formatted(i, i, i - 1, i - 1));
        }

        assertThat(refusal(laughs.toString())).contains("expands to more than 200000 values");
    }

    @Test
    void refusesARecursiveAnchor() {
        assertThat(refusal("a: &a [*a]\n")).isNotEmpty();
        assertThat(refusal("&a {*a : b}\n")).isNotEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"[", "{a: ", "- ", "? ", "{\"a\":", "<a>", "<a ", "<!--"})
    void refusesDeepNesting(String piece) {
        assertThat(refusal(piece.repeat(300_000))).isNotEmpty();
    }

    @Test
    void readsNoFileThroughAnEntity() throws IOException {
        Path secret = Files.writeString(folder.resolve("secret"), "gpu-host");

        assertThat(refusal("<!DOCTYPE domain [<!ENTITY s SYSTEM 'file://" + secret
                        + "'>]><domain type='kvm'><name>&s;</name></domain>"))
                .contains("document type or entity found")
                .doesNotContain("gpu-host");
    }

    @Test
    void connectsToNoServer() throws IOException {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            server.setSoTimeout(200);
            String url = "http://127.0.0.1:" + server.getLocalPort() + "/domain.dtd";

            assertThat(refusal("<!DOCTYPE domain SYSTEM '" + url + "'><domain type='kvm'/>"))
                    .contains("document type or entity found");
            Assertions.assertThatCode(server::accept).isInstanceOf(SocketTimeoutException.class);
        }
    }

    @Test
    void reportsAnUndefinedAlias() {
        assertThat(refusal("a: *zzz")).contains("alias \"zzz\" is undefined");
        assertThat(refusal("a: &x [*x]")).contains("alias \"x\" is undefined or recursive");
    }

    /** The parser's time grows with the square of a line's length. */
    @Test
    void refusesALineOfMegabytes() {
        assertThat(refusal("a: " + "x".repeat(2 << 20))).contains("must have at most 307200");
    }

    @Test
    void expandsNoEntities() {
        StringBuilder dtd = new StringBuilder("<!DOCTYPE domain [<!ENTITY l0 'ha'>");
        for (int i = 1; i < 30; i++) {
            dtd.append("<!ENTITY l%d '&l%d;&l%d;'>".formatted(i, i - 1, i - 1));
        }

        assertThat(refusal(dtd + "]><domain type='kvm'><name>&l29;</name></domain>"))
                .contains("document type or entity found");
    }

    @Test
    void refusesTooManyHostDevices() {
        String hostdev = "<hostdev type='pci'><source><address bus='1'/></source></hostdev>";

        assertThat(refusal("<domain type='kvm'><memory>1048576</memory><os><type>hvm</type></os><devices>"
                        + hostdev.repeat(1025) + "</devices></domain>"))
                .contains("has 1025 host devices, must have at most 1024");
    }

    @Test
    void refusesTooManyObjects() {
        String list = "{kind: List, items: [" + "{kind: Secret}, ".repeat(500) + "]}\n---\n";

        assertThat(refusal(list + list + "{kind: Secret}")).contains("1001 objects found, must be at most 1000");
    }

    @Test
    void refusesTooManyElements() {
        assertThat(refusal("<domain type='kvm'>" + "<a/>".repeat(200_000) + "</domain>"))
                .contains("more than 100000");
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-16LE", "UTF-16BE", "UTF-16"})
    void recognizesXmlInOtherEncodings(String encoding) {
        byte[] document = "\ufeff<network/>".getBytes(Charset.forName(encoding));

        assertThat(Conversion.of(document, new DeviceClasses(List.of()))).isInstanceOf(Unusable.class);
    }

    private static String refusal(String input) {
        return assertTimeoutPreemptively(SOON, () -> {
            Conversion conversion = Conversion.of(input.getBytes(StandardCharsets.UTF_8), new DeviceClasses(List.of()));
            assertThat(conversion).isInstanceOf(Unusable.class);
            return String.join("\n", ((Unusable) conversion).messages());
        });
    }
}
