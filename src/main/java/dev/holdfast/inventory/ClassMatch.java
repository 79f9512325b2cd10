package dev.holdfast.inventory;

import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Companions;
import dev.holdfast.host.pci.PciFunction;
import dev.holdfast.pci.GroupId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Device classes that can offer devices, and problems of the others.
 *
 * @param classes  sorted by name
 * @param problems a message for each
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
                problems.add(
                        "the name of device class " + deviceClass.name() + " has "
                                + deviceClass.name().length() + " characters, but must have at most "
                                + DeviceClass.MAX_NAME
                                + " as the name of an extended resource; it offers no devices: create a class with a shorter name");
                return;
            }
            for (int i = 0; i < deviceClass.selectors().size(); i++) {
                if (DeviceClass.empty(deviceClass.selectors().get(i))) {
                    problems.add("selector " + (i + 1) + " of device class " + deviceClass.name()
                            + " has no fields and matches nothing; set at least one, such as vendorID");
                }
            }
            usable.add(deviceClass);
        });
        return new ClassMatch(usable, problems);
    }

    /**
     * Returns whether a guest gets more of a group than its main function; true for a held group whose class has been
     * deleted.
     */
    boolean withCompanions(@Nullable String deviceClass) {
        return classes.stream()
                .filter(one -> one.name().equals(deviceClass))
                .noneMatch(one -> one.companions() == Companions.None);
    }

    /** Returns the first class by name that matches any member; further matches are added to the problems. */
    @Nullable
    String classOf(GroupId group, List<PciFunction> members, List<String> problems) {
        List<String> matching = classes.stream()
                .filter(deviceClass -> members.stream().anyMatch(deviceClass::matches))
                .map(DeviceClass::name)
                .toList();
        if (matching.size() > 1) {
            problems.add("the group of " + group + " matches the device classes " + String.join(", ", matching)
                    + "; it is offered by " + matching.getFirst() + " only: narrow the selectors of the others");
        }
        return matching.isEmpty() ? null : matching.getFirst();
    }
}
