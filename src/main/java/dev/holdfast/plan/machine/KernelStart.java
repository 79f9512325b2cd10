package dev.holdfast.plan.machine;

import java.util.Optional;

/** Whether a Linux kernel is started directly. */
public sealed interface KernelStart {
    /** The firmware starts what it finds. */
    record None() implements KernelStart {}

    /**
     * A kernel out of a container image.
     *
     * @param kernelPath absolute, in the image
     * @param initrdPath likewise; empty for none
     * @param args       the kernel's command line
     */
    record FromImage(String image, String kernelPath, String initrdPath, String args) implements KernelStart {
        public Optional<String> initrd() {
            return Optional.of(initrdPath).filter(path -> !path.isEmpty());
        }
    }

    default Optional<FromImage> fromImage() {
        return this instanceof FromImage image ? Optional.of(image) : Optional.empty();
    }
}
