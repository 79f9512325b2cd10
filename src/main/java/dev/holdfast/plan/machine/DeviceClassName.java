package dev.holdfast.plan.machine;

import dev.holdfast.api.Names;

/** The name of a PassthroughDeviceClass. */
public record DeviceClassName(String value) {
    /**
     * Returns the class of one of Holdfast's extended resources.
     *
     * @throws IllegalArgumentException for another resource
     */
    public static DeviceClassName ofResource(String resource) {
        if (!resource.startsWith(Names.RESOURCE_PREFIX)) {
            throw new IllegalArgumentException(
                    "resource is \"%s\", must start with %s".formatted(resource, Names.RESOURCE_PREFIX));
        }
        return new DeviceClassName(resource.substring(Names.RESOURCE_PREFIX.length()));
    }

    /** Returns the extended resource that kubelet and scheduler count. */
    public String resource() {
        return Names.resourceOf(value);
    }
}
