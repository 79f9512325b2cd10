package dev.holdfast.testbed;

import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** A VFIO variant driver, loaded on the virtual node; {@code src/test/variant-driver} builds it on the kernel's vfio-pci-core. */
public record VfioVariant(VirtualNode node) {
    /** Its name in sysfs. */
    public static final String DRIVER = "example_vfio_pci";

    private static final int NO_HEADERS = 3;

    /** Builds the driver for the node's kernel, and loads it unless it is. The test is skipped where the kernel's headers are missing. */
    public static VfioVariant load(Build build, VirtualNode node) {
        node.exec(
                        "sh",
                        "-c",
                        "modprobe vfio-pci && { grep -q '^example_vfio_pci ' /proc/modules || insmod \"$0\"; }",
                        built(build))
                .orThrow();
        return new VfioVariant(node);
    }

    /** Binds a function that has no driver. */
    public void bind(String address) {
        node.exec(
                        "sh",
                        "-c",
                        "echo " + DRIVER + " > /sys/bus/pci/devices/$0/driver_override"
                                + " && echo $0 > /sys/bus/pci/drivers_probe",
                        address)
                .orThrow();
    }

    private static String built(Build build) {
        try {
            Process script = new ProcessBuilder(
                            build.script("variant-driver/build").toString())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            String path = new String(script.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            int status = script.waitFor();
            // The repositories keep the headers of their latest kernels only.
            assumeThat(status)
                    .as("0 when the headers of the node's kernel can be had")
                    .isNotEqualTo(NO_HEADERS);
            if (status != 0) {
                throw new IllegalStateException("There is no variant driver; see the lines above");
            }
            return path;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the variant driver was built", e);
        }
    }
}
