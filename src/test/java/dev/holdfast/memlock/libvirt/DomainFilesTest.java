package dev.holdfast.memlock.libvirt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.holdfast.memlock.MemlockInput.Backend;
import dev.holdfast.memlock.MemlockInput.Devices;
import dev.holdfast.memlock.MemlockInput.Display;
import dev.holdfast.memlock.MemlockInput.MemoryModule.Kind;
import dev.holdfast.memlock.MemlockInput.Video;
import dev.holdfast.memlock.MemlockPlan;
import dev.holdfast.memlock.Policy;
import dev.holdfast.memlock.Term;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests the domains in the resources: what QEMU creates, what libvirt counts, and the notes. */
class DomainFilesTest {
    private static final long MIB = 1L << 20;
    private static final long GIB = 1L << 30;

    @Test
    void mapsMemoryForEachDeviceBehindAnIommuOfTheCommandLine() {
        Domain domain = Inputs.file("viommu-by-commandline.xml");

        assertThat(domain.plan(Policy.EXACT, null).requiredBytes()).isEqualTo(2 * 48 * GIB);
        assertThat(domain.plan(Policy.EXACT, null).addressSpaces()).isEqualTo(2);
        assertThat(domain.plan(Policy.LIBVIRT, null).limitBytes()).isEqualTo(49 * GIB);
        assertThat(domain.plan(Policy.LIBVIRT, null).requiredBytes()).isEqualTo(2 * 48 * GIB);
        assertThat(domain.notes()).isEmpty();
    }

    @Test
    void readsDevicesOfTheCommandLineInBothForms() {
        Domain domain = Inputs.file("devices-by-commandline.xml");

        assertThat(domain.input().devices()).isEqualTo(Devices.vfio(2, false));
        assertThat(domain.input().guestBytes()).isEqualTo(8 * GIB);
        assertThat(domain.input().memory().maxBytes()).isEqualTo(32 * GIB);
        assertThat(domain.input().displays()).containsExactly(new Display(Video.QXL, 128 * MIB + 64 * MIB + 8192));
        assertThat(domain.input().emulated().ramBarBytes()).containsExactly(32 * MIB);
        assertThat(domain.input().memory().modules()).singleElement().satisfies(module -> {
            assertThat(module.kind()).isEqualTo(Kind.DIMM);
            assertThat(module.bytes()).isEqualTo(GIB);
        });
        assertThat(domain.libvirtInput().devices()).isEqualTo(Devices.vfio(0, false));
        assertThat(domain.plan(Policy.LIBVIRT, null).limitBytes()).isZero();
        assertThat(domain.notes()).isEmpty();
    }

    /** Linux charges an SEV guest for registered memory; libvirt counts devices. */
    @Test
    void chargesAnSevGuestWithoutDevices() {
        Domain domain = Inputs.file("encrypted.xml");

        MemlockPlan exact = domain.plan(Policy.EXACT, null);

        assertThat(exact.requiredBytes()).isBetween(2 * GIB + 16 * MIB, 2 * GIB + 20 * MIB);
        assertThat(exact.limitBytes()).isEqualTo(exact.requiredBytes() + MIB);
        assertThat(exact.terms()).extracting(Term::name).contains("flash", "firmware-tables");
        assertThat(domain.plan(Policy.LIBVIRT, null).limitBytes()).isZero();
        assertThat(domain.notes()).singleElement().asString().contains("all RAM of an sev guest");
    }

    @Test
    void acceptsALargeMaximumThatIsNotPartOfASum() {
        Domain domain = Inputs.file("large-maximum.xml");

        assertThat(domain.input().memory().maxBytes()).isEqualTo(1L << 50);
        // Cells and modules, rounded up, and one GiB.
        assertThat(domain.plan(Policy.LIBVIRT, null).limitBytes()).isEqualTo((200 + 512 + 512 + 16 + 1024) * MIB);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Inputs.read(text("large-maximum.xml")
                                .replace(">1</maxMemory>", ">5</maxMemory>")
                                .getBytes(StandardCharsets.UTF_8))
                        .plan(Policy.EXACT, null))
                .withMessageContaining("must be at most 4Pi");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Inputs.read(text("large-maximum.xml")
                                .replace("x86_64", "ppc64le")
                                .getBytes(StandardCharsets.UTF_8))
                        .plan(Policy.LIBVIRT, null))
                .withMessageContaining("maximum memory is 1125899906842624 bytes");
    }

    @ParameterizedTest
    @ValueSource(strings = {"two-domains.xml", "collection.xml"})
    void readsEveryDomainOfAFile(String file) {
        List<Domain> domains = Domain.readAll(Inputs.bytes(file), 4096);

        assertThat(domains).extracting(Domain::name).containsExactly("first", "second");
        assertThat(domains).extracting(domain -> domain.input().guestBytes()).containsExactly(GIB, 2 * GIB);
    }

    @Test
    void reportsTheNumberOfTheInvalidDomain() {
        String second = text("two-domains.xml").replace("<memory unit='GiB'>2<", "<memory unit='GiB'>two<");

        assertThatIllegalArgumentException()
                .isThrownBy(() -> Domain.readAll(second.getBytes(StandardCharsets.UTF_8), 4096))
                .withMessageStartingWith("domain 2 of 2: <memory> is \"two\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"<network/>", "</domain>", "lots", "<!DOCTYPE domain>", "<domain"})
    void refusesOtherContentAfterADomain(String rest) {
        String document = text("companion.xml") + rest;

        assertThatIllegalArgumentException()
                .isThrownBy(() -> Domain.readAll(document.getBytes(StandardCharsets.UTF_8), 4096))
                .satisfies(e -> assertThat(e.getMessage()).isNotBlank().doesNotContain("\n"));
    }

    @Test
    void readsTwoDomainsInAnotherEncoding() {
        String document = text("two-domains.xml").replace("UTF-8", "UTF-16").replace("second", "zweite-grüne");

        assertThat(Domain.readAll(document.getBytes(StandardCharsets.UTF_16), 4096))
                .extracting(Domain::name)
                .containsExactly("first", "zweite-grüne");
    }

    @Test
    void countsAnUnassignedCompanionForLibvirtOnly() {
        Domain domain = Inputs.file("companion.xml");

        assertThat(domain.plan(Policy.EXACT, null).addressSpaces()).isEqualTo(1);
        assertThat(domain.plan(Policy.EXACT, null).requiredBytes()).isEqualTo(8 * GIB);
        assertThat(domain.plan(Policy.LIBVIRT, null).limitBytes()).isEqualTo(17 * GIB);
    }

    @Test
    void notesANetworkThatCanAssignHostDevices() {
        Domain domain = Inputs.file("pool.xml");

        assertThat(domain.notes())
                .singleElement()
                .asString()
                .startsWith("the network \"virtual-functions\" of 2 interfaces can assign host devices");
        assertThat(domain.plan(Policy.LIBVIRT, null).limitBytes()).isZero();
    }

    /** Both charge the process, each with its own map. */
    @Test
    void addsTheContainerOfADeviceWithoutIommufd() {
        Domain domain = Inputs.file("mixed-iommufd.xml");

        assertThat(domain.input().accounting().backend()).isEqualTo(Backend.IOMMUFD_PROCESS);
        assertThat(domain.input().accounting().containerDevices()).isEqualTo(1);
        assertThat(domain.plan(Policy.EXACT, null).addressSpaces()).isEqualTo(2);
        assertThat(domain.plan(Policy.EXACT, null).requiredBytes()).isEqualTo(16 * GIB);
        assertThat(domain.plan(Policy.LIBVIRT, null).limitBytes()).isEqualTo(9 * GIB);
        assertThat(domain.notes()).singleElement().asString().contains("fdgroup");
    }

    private static String text(String file) {
        return new String(Inputs.bytes(file), StandardCharsets.UTF_8);
    }
}
