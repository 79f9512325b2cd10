package dev.holdfast.api.vm;


/** When an image is fetched, as of a container. */
public enum PullPolicy {
    Always,
    IfNotPresent,
    Never
}
