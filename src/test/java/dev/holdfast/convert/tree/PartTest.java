package dev.holdfast.convert.tree;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class PartTest {
    @Test
    void returnsUnreadParts() {
        Part document = yaml("a: {read: 1, left: 2}\nb: [1, 2]\n");

        assertThat(document.field("a").field("read").text()).contains("1");

        assertThat(unread(document)).containsExactly("a.left", "b");
    }

    @Test
    void treatsAnUnexpectedValueAsUnread() {
        Part document = yaml("a: x\n");

        assertThat(document.field("a").is("y")).isFalse();
        assertThat(unread(document)).containsExactly("a");

        assertThat(document.field("a").is("x")).isTrue();
        assertThat(unread(document)).isEmpty();
    }

    @Test
    void treatsAnObjectAsUnreadWhereAValueIsExpected() {
        Part document = yaml("a: {b: 1}\n");

        assertThat(document.field("a").text()).isEmpty();
        assertThat(unread(document)).containsExactly("a.b");
    }

    @Test
    void returnsAbsentParts() {
        Part document = yaml("a: 1\n");
        Part absent = document.field("x").field("y");

        assertThat(absent.present()).isFalse();
        assertThat(absent.text()).isEmpty();
        assertThat(absent.items()).isEmpty();
        assertThat(absent.path()).isEqualTo("x.y");
        assertThat(unread(document)).containsExactly("a");
    }

    @Test
    void marksThePresenceOfAnObjectAsReadWithoutItsFields() {
        Part document = yaml("a: {b: 1}\nc: {}\n");

        assertThat(document.field("a").given()).isTrue();
        assertThat(document.field("c").given()).isTrue();

        assertThat(unread(document)).containsExactly("a.b");
    }

    @Test
    void returnsAPartAsAWholeIfNothingInsideWasRead() {
        Part document = yaml("a: {b: 1, c: 2}\n");
        document.field("a").field("z");

        assertThat(document.unread(part -> part.path().equals("a")).map(Part::path))
                .containsExactly("a");

        document.field("a").field("b").text();
        assertThat(document.unread(part -> part.path().equals("a")).map(Part::path))
                .containsExactly("a.c");
    }

    @Test
    void omitsNulls() {
        assertThat(yaml("a: null\nb:\n").field("a").present()).isFalse();
    }

    @Test
    void addsIndicesToPathsOfRepeatedElements() {
        Part domain = xml("<domain><devices><disk a='1'>text</disk><disk><x/></disk><nic/></devices></domain>");

        domain.at("devices", "nic").given();

        assertThat(domain.at("devices").children("disk").get(1).path()).isEqualTo("/domain/devices/disk[2]");
        assertThat(unread(domain)).containsExactly("/domain/devices/disk[1]", "/domain/devices/disk[2]");
        assertThat(domain.at("devices", "disk").text()).contains("text");
        assertThat(unread(domain)).containsExactly("/domain/devices/disk[1]@a", "/domain/devices/disk[2]");
    }

    @Test
    void keepsElementsOfOtherNamespacesByTheirPrefix() {
        Part domain = xml("<domain xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>"
                + "<qemu:commandline><qemu:arg value='-S'/></qemu:commandline></domain>");

        assertThat(domain.at("qemu:commandline", "qemu:arg").attribute("value").text())
                .contains("-S");
    }

    @Test
    void writesSpecialKeysInBrackets() {
        assertThat(unread(yaml("labels: {\"kubevirt.io/size\": small, \"a\\nb\": 1}\n")
                        .field("labels")))
                .containsExactly("labels");
        Part labels =
                yaml("labels: {\"kubevirt.io/size\": small, \"a\\nb\": 1}\n").field("labels");
        labels.field("x");
        assertThat(unread(labels)).containsExactly("labels[\"kubevirt.io/size\"]", "labels[\"a b\"]");
    }

    private static Part yaml(String text) {
        return YamlTree.read(text).getFirst();
    }

    private static Part xml(String text) {
        return XmlTree.read(text.getBytes(StandardCharsets.UTF_8));
    }

    private static List<String> unread(Part part) {
        return part.unread(any -> false).map(Part::path).toList();
    }
}
