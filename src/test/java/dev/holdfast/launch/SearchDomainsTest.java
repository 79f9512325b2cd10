package dev.holdfast.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SearchDomainsTest {
    @TempDir
    private Path folder = Path.of("");

    @Test
    void areThoseOfTheLastLine() throws IOException {
        Path file = Files.writeString(
                folder.resolve("resolv.conf"),
                "search old\nnameserver 10.96.0.10\n search lab.svc.cluster.local\tsvc.cluster.local \noptions ndots:5\n");

        assertThat(SearchDomains.of(file)).containsExactly("lab.svc.cluster.local", "svc.cluster.local");
    }

    @Test
    void areNoneThatWouldEndTheOption() throws IOException {
        Path file = Files.writeString(folder.resolve("resolv.conf"), "search a,hostfwd=tcp::1-:1 . b.c -x\n");

        assertThat(SearchDomains.of(file)).containsExactly("b.c");
    }

    @Test
    void areNoneWithoutAFileOrAText() throws IOException {
        assertThat(SearchDomains.of(folder.resolve("none"))).isEmpty();
        assertThat(SearchDomains.of(Files.write(folder.resolve("resolv.conf"), new byte[] {(byte) 0xff})))
                .isEmpty();
    }
}
