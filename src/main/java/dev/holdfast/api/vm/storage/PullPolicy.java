package dev.holdfast.api.vm.storage;

/** Pull policy of an image, as of a container. */
public enum PullPolicy {
    Always,
    IfNotPresent,
    Never
}
