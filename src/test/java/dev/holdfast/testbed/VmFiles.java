package dev.holdfast.testbed;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.api.vm.PassthroughVM;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/** VMs from files, and what the demo and the tests change in them. */
public final class VmFiles {
    private VmFiles() {}

    public static PassthroughVM read(Path file) {
        try {
            return Serialization.unmarshal(Files.readString(file), PassthroughVM.class);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns the VM with another GPU and no other device. */
    public static PassthroughVM withDevice(PassthroughVM vm, String deviceName) {
        return changed(vm, spec -> {
            spec.remove(List.of("volumes", "networks"));
            spec.putObject("devices")
                    .putArray("gpus")
                    .addObject()
                    .put("name", "gpu0")
                    .put("deviceName", deviceName);
        });
    }

    /** Returns the VM with one GPU, by a claim that a template makes for it. */
    public static PassthroughVM byClaim(PassthroughVM vm, String template) {
        return changed(vm, spec -> {
            spec.putArray("resourceClaims").addObject().put("name", "gpu").put("resourceClaimTemplateName", template);
            spec.putObject("devices")
                    .putArray("gpus")
                    .addObject()
                    .put("name", "gpu0")
                    .put("claimName", "gpu");
        });
    }

    /** Returns the VM with a seed for cloud-init, its data in the spec. */
    public static PassthroughVM withUserData(PassthroughVM vm, String userData) {
        return changed(vm, spec -> {
            spec.withObjectProperty("devices")
                    .withArrayProperty("disks")
                    .addObject()
                    .put("name", "seed");
            spec.withArrayProperty("volumes")
                    .addObject()
                    .put("name", "seed")
                    .putObject("cloudInitNoCloud")
                    .put("userData", userData);
        });
    }

    /** Returns the VM with firmware only: it does not react to the power button, so its grace period is short. */
    public static PassthroughVM withoutGuest(PassthroughVM vm) {
        return changed(vm, spec -> {
            spec.remove("firmware");
            spec.put("terminationGracePeriodSeconds", 5);
        });
    }

    private static PassthroughVM changed(PassthroughVM vm, Consumer<ObjectNode> change) {
        KubernetesSerialization json = new KubernetesSerialization();
        ObjectNode object = json.convertValue(vm, ObjectNode.class);
        change.accept(object.withObjectProperty("spec"));
        return json.convertValue(object, PassthroughVM.class);
    }
}
