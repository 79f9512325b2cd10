package dev.holdfast.plan.claims;

import dev.holdfast.api.Names;
import dev.holdfast.plan.machine.Given;
import io.fabric8.kubernetes.api.model.resource.v1.CELDeviceSelector;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceClass;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceClassSpec;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The devices that a DeviceClass selects, as far as that shows without evaluating CEL. */
public sealed interface DeviceSelection {
    /** Attribute of a device of the own driver: the name of its PassthroughDeviceClass. */
    String CLASS_ATTRIBUTE = "deviceClass";

    /** Devices of a PassthroughDeviceClass. */
    record OfClass(String name) implements DeviceSelection {
        boolean selects(SliceDevice device) {
            return device.id().driver().equals(Names.DRA_DRIVER)
                    && name.equals(device.attributes().get(Names.DRA_DRIVER + "/" + CLASS_ATTRIBUTE));
        }
    }

    /** All devices of a driver. */
    record OfDriver(String driver) implements DeviceSelection {}

    /** Devices that only the scheduler can tell. */
    record Unknown() implements DeviceSelection {}

    Pattern DRIVER = Pattern.compile("\\s*device\\.driver\\s*==\\s*(?:\"([^\"]*)\"|'([^']*)')\\s*");

    /** Returns the CEL expression that selects the devices of a PassthroughDeviceClass. */
    static String expression(String passthroughClass) {
        return "device.driver == '%s' && device.attributes['%s'].%s == '%s'"
                .formatted(Names.DRA_DRIVER, Names.DRA_DRIVER, CLASS_ATTRIBUTE, passthroughClass);
    }

    /** Reads the selectors of a DeviceClass. */
    static DeviceSelection of(DeviceClass deviceClass) {
        List<String> expressions = expressions(deviceClass);
        if (expressions.size() != 1) {
            return new Unknown();
        }
        if (expressions.getFirst().equals(expression(deviceClass.getMetadata().getName()))) {
            return new OfClass(deviceClass.getMetadata().getName());
        }
        Matcher driver = DRIVER.matcher(expressions.getFirst());
        return driver.matches()
                ? new OfDriver(Given.of(driver.group(1)).orElseGet(() -> driver.group(2)))
                : new Unknown();
    }

    /** Returns the CEL expressions of a DeviceClass. */
    static List<String> expressions(DeviceClass deviceClass) {
        return Given.list(Given.of(deviceClass.getSpec(), DeviceClassSpec::getSelectors)).stream()
                .map(selector -> Given.of(selector.getCel(), CELDeviceSelector::getExpression)
                        .orElse(""))
                .toList();
    }
}
