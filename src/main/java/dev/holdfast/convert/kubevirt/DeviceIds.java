package dev.holdfast.convert.kubevirt;

import dev.holdfast.convert.tree.Part;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** IDs of KubeVirt's device names, if the file contains the KubeVirt object that permits the devices. */
record DeviceIds(Map<String, String> byName) {
    DeviceIds {
        byName = Map.copyOf(byName);
    }

    static DeviceIds of(List<Part> objects) {
        Map<String, String> ids = new HashMap<>();
        for (Part object : objects) {
            if (object.field("kind").peek().filter("KubeVirt"::equals).isPresent()) {
                Part permitted = object.field("spec").field("configuration").field("permittedHostDevices");
                for (Part device : permitted.field("pciHostDevices").items()) {
                    Optional<String> name = device.field("resourceName").peek();
                    Optional<String> selector =
                            device.field("pciVendorSelector").peek();
                    if (name.isPresent() && selector.isPresent()) {
                        ids.put(name.get(), selector.get());
                    }
                }
            }
        }
        return new DeviceIds(ids);
    }

    /** Returns the keys for which the user may have set a class: the device name, and its IDs if known. */
    List<String> keys(String deviceName) {
        String found = byName.get(deviceName);
        return found == null ? List.of(deviceName) : List.of(deviceName, found);
    }
}
