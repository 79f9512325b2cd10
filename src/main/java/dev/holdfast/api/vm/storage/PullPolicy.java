package dev.holdfast.api.vm.storage;

/** When an image is fetched, as of a container. */
public enum PullPolicy {
    Always,
    IfNotPresent,
    Never
}
