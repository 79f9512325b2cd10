package dev.holdfast.testbed.apiserver;

/** What an API server has of Dynamic Resource Allocation, by its version. */
public enum DraSupport {
    /** Before 1.34: no {@code resource.k8s.io/v1}. */
    NONE,
    /** 1.34 and 1.35: the server drops {@code extendedResourceName}. */
    WITHOUT_EXTENDED_RESOURCES,
    FULL
}
