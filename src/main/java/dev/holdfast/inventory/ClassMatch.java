package dev.holdfast.inventory;

import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Companions;
import dev.holdfast.host.pci.PciAddress;
import dev.holdfast.host.pci.PciFunction;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The classes that can offer something, and what is wrong with the others.
 *
 * @param classes  in the order of their names
 * @param problems one sentence each
 */
record ClassMatch(List<DeviceClass> classes, List<String> problems) {
    ClassMatch {
        classes = List.copyOf(classes);
        problems = List.copyOf(problems);
    }

    static ClassMatch of(List<DeviceClass> classes) {
        List<DeviceClass> usable = new ArrayList<>();
        List<String> problems = new ArrayList<>();
        classes.stream().sorted(Comparator.comparing(DeviceClass::name)).forEach(deviceClass -> {
            if (deviceClass.name().length() > DeviceClass.MAX_NAME) {
                problems.add("the name of device class " + deviceClass.name() + " has "
                        + deviceClass.name().length() + " characters, and an extended resource takes at most "
                        + DeviceClass.MAX_NAME + "; nothing is offered by it: make one with a shorter name");
                return;
            }
            for (int i = 0; i < deviceClass.selectors().size(); i++) {
                if (DeviceClass.empty(deviceClass.selectors().get(i))) {
                    problems.add("selector " + (i + 1) + " of device class " + deviceClass.name()
                            + " names no field and matches nothing; give it at least one, vendorID for instance");
                }
            }
            usable.add(deviceClass);
        });
        return new ClassMatch(usable, problems);
    }

    /** Whether a guest gets more of a group than its main function; so for a held group whose class is gone. */
    boolean withCompanions(@Nullable String deviceClass) {
        return classes.stream()
                .filter(one -> one.name().equals(deviceClass))
                .noneMatch(one -> one.companions() == Companions.None);
    }

    /** The first class by name that matches any member; a second match is added to the problems. */
    @Nullable
    String classOf(PciAddress group, List<PciFunction> members, List<String> problems) {
        List<String> matching = classes.stream()
                .filter(deviceClass -> members.stream().anyMatch(deviceClass::matches))
                .map(DeviceClass::name)
                .toList();
        if (matching.size() > 1) {
            problems.add("the group of " + group + " matches the device classes " + String.join(", ", matching)
                    + "; it is offered by " + matching.getFirst() + " alone: narrow the selectors of the others");
        }
        return matching.isEmpty() ? null : matching.getFirst();
    }
}
