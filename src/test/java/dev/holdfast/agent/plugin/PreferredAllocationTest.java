package dev.holdfast.agent.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.pci.GroupId;
import dev.holdfast.pci.PciAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PreferredAllocationTest {
    /** Devices on two sockets, with a letter for the number of the bus; a and b share a root, so do c and d, and e to h. */
    private static final List<PluginDevice> DEVICES = List.of(
            device('a', 0, "pci0000:00"),
            device('b', 0, "pci0000:00"),
            device('c', 0, "pci0000:40"),
            device('d', 0, "pci0000:40"),
            device('e', 1, "pci0000:80"),
            device('f', 1, "pci0000:80"),
            device('g', 1, "pci0000:80"),
            device('h', 1, "pci0000:80"));

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                // available | must | count | expected
                "abcdefgh | '' | 1 | a",
                "abcdefgh | '' | 2 | ab",
                // One root is preferred to one node, and one node to several.
                "bcdeh    | '' | 2 | eh",
                "acdeh    | '' | 3 | acd",
                "bcd      | '' | 2 | cd",
                "bcdefg   | '' | 3 | bcd",
                "abcdefgh | '' | 4 | abcd",
                // No node is large enough: all of the larger one, the rest close together.
                "abcdefgh | '' | 6 | abcdef",
                "abefgh   | '' | 5 | efgha",
                // Required devices attract the others.
                "abcdefgh | d  | 2 | dc",
                "abcdefgh | h  | 3 | hef",
                "abceh    | c  | 3 | cab",
                "abcdefgh | ae | 2 | ae",
                // More than are available.
                "ab       | '' | 3 | ab",
                "ab       | ab | 0 | ab"
            })
    void selectsDevicesThatAreClose(String available, String must, int count, String expected) {
        assertThat(letters(PreferredAllocation.of(named(available), ids(must), count)))
                .isEqualTo(expected);
    }

    @Test
    void usesAPartlyUsedPlaceBeforeAnUnusedOne() {
        assertThat(letters(PreferredAllocation.of(named("adefgh"), Set.of(), 1)))
                .isEqualTo("a");
        assertThat(letters(PreferredAllocation.of(named("abchefg"), Set.of(), 1)))
                .isEqualTo("c");
    }

    @Test
    void selectsTheLowestAddressesWithoutTopology() {
        List<PluginDevice> plain = List.of(device('b', null, null), device('a', null, null), device('c', null, null));

        assertThat(letters(PreferredAllocation.of(plain, Set.of(), 2))).isEqualTo("ab");
    }

    @Test
    void alwaysReturnsTheRequestedNumberOfDistinctDevicesWithTheRequiredOnes() {
        Random random = new Random(7);
        for (int i = 0; i < 1000; i++) {
            List<PluginDevice> available = new ArrayList<>(DEVICES);
            Collections.shuffle(available, random);
            available = available.subList(0, 1 + random.nextInt(available.size()));
            int count = 1 + random.nextInt(available.size());
            List<GroupId> must = available.subList(0, random.nextInt(count + 1)).stream()
                    .map(PluginDevice::id)
                    .toList();

            List<GroupId> chosen = PreferredAllocation.of(available, Set.copyOf(must), count);

            assertThat(chosen)
                    .hasSize(count)
                    .doesNotHaveDuplicates()
                    .containsAll(must)
                    .isSubsetOf(available.stream().map(PluginDevice::id).toList());
        }
    }

    private static List<PluginDevice> named(String ids) {
        return DEVICES.stream().filter(device -> ids(ids).contains(device.id())).toList();
    }

    private static Set<GroupId> ids(String letters) {
        return letters.chars()
                .filter(Character::isLetter)
                .mapToObj(letter -> id((char) letter))
                .collect(Collectors.toSet());
    }

    private static GroupId id(char letter) {
        return new GroupId(new PciAddress(0, letter, 0, 0));
    }

    private static String letters(List<GroupId> ids) {
        return ids.stream().map(id -> Character.toString(id.main().bus())).collect(Collectors.joining());
    }

    private static PluginDevice device(char letter, @Nullable Integer numaNode, @Nullable String root) {
        return new PluginDevice(id(letter), numaNode, root, null);
    }
}
