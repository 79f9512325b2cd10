package dev.holdfast.plan.machine;

import java.util.Optional;

/** Direct start of a Linux kernel, or none. */
public sealed interface KernelStart {
    /** The firmware boots the guest. */
    record None() implements KernelStart {}

    /**
     * A kernel from a container image.
     *
     * @param kernelPath absolute, in the image
     * @param initrdPath absolute, in the image; empty for none
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
