package dev.holdfast.image;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DebianPackageTest {
    private static final String STATUS = """
            Package: libc6
            Status: install ok installed
            Architecture: amd64
            Source: glibc (2.41-12)
            Version: 2.41-12+deb13u1
            Description: GNU C Library
             Package: of a continuation line

            Package: removed
            Status: deinstall ok config-files
            Version: 1

            Package: zlib1g
            Status: install ok installed
            Architecture: amd64
            Version: 1:1.3.dfsg+really1.3.1~1
            """;

    @Test
    void readsWhatIsInstalledAndItsSource() {
        assertThat(DebianPackage.read(STATUS))
                .containsExactly(
                        new DebianPackage("libc6", "2.41-12+deb13u1", "amd64", "glibc"),
                        new DebianPackage("zlib1g", "1:1.3.dfsg+really1.3.1~1", "amd64", "zlib1g"));
    }

    @Test
    void hasAUrlThatScannersKnow() {
        assertThat(DebianPackage.read(STATUS))
                .extracting(DebianPackage::url)
                .containsExactly(
                        "pkg:deb/debian/libc6@2.41-12%2Bdeb13u1?arch=amd64&distro=debian-13&upstream=glibc",
                        "pkg:deb/debian/zlib1g@1%3A1.3.dfsg%2Breally1.3.1~1?arch=amd64&distro=debian-13&upstream=zlib1g");
    }
}
