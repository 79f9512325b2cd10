package dev.holdfast.testbed;

import dev.holdfast.api.Names;
import dev.holdfast.api.deviceclass.PassthroughDeviceClass;
import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Allocation;
import dev.holdfast.api.vm.PassthroughVM;
import io.fabric8.kubernetes.api.model.resource.v1.Device;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaimTemplate;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Devices by Dynamic Resource Allocation: classes and slices as the administrator, claims and VMs as the user. */
public record DeviceClaims(ApiServer api) {

    /** Changes how pods get the devices of a class. */
    public void allocate(String deviceClass, Allocation allocation) {
        api.admin()
                .resources(PassthroughDeviceClass.class)
                .withName(deviceClass)
                .patch(
                        PatchContext.of(PatchType.JSON_MERGE),
                        "{\"spec\": {\"allocation\": \"%s\"}}".formatted(allocation));
    }

    /** The names of the devices in Holdfast's slices, sorted. */
    public List<String> published() {
        return api.admin().dynamicResourceAllocation().v1().resourcesSlices().list().getItems().stream()
                .filter(slice -> slice.getSpec().getDriver().equals(Names.DRA_DRIVER))
                .flatMap(slice -> slice.getSpec().getDevices().stream())
                .map(Device::getName)
                .sorted()
                .toList();
    }

    /** How many claims are in the user's namespace. */
    public int claims() {
        return api.admin()
                .dynamicResourceAllocation()
                .v1()
                .resourceClaims()
                .inNamespace("default")
                .list()
                .getItems()
                .size();
    }

    /** Creates a template for a claim of one device of a class; both have the class's name. */
    public void createTemplate(String deviceClass) {
        ResourceClaimTemplate template =
                Serialization.unmarshal("""
                apiVersion: resource.k8s.io/v1
                kind: ResourceClaimTemplate
                metadata: {name: %1$s, namespace: default}
                spec:
                  spec:
                    devices:
                      requests: [{name: gpu, exactly: {deviceClassName: %1$s}}]
                """.formatted(deviceClass), ResourceClaimTemplate.class);
        api.user().resource(template).create();
    }

    /** Creates the templates of a file. */
    public void createTemplates(Path file) {
        try (var content = Files.newInputStream(file)) {
            api.user().load(content).items().stream()
                    .filter(ResourceClaimTemplate.class::isInstance)
                    .forEach(template -> api.user().resource(template).create());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Deletes all templates of the user. */
    public void deleteTemplates() {
        api.user()
                .dynamicResourceAllocation()
                .v1()
                .resourceClaimTemplates()
                .inNamespace("default")
                .delete();
    }

    /** Creates a claim of one device of a class; both have the class's name. */
    public void createClaim(String deviceClass) {
        ResourceClaim claim = Serialization.unmarshal("""
                apiVersion: resource.k8s.io/v1
                kind: ResourceClaim
                metadata: {name: %1$s, namespace: default}
                spec:
                  devices:
                    requests: [{name: gpu, exactly: {deviceClassName: %1$s}}]
                """.formatted(deviceClass), ResourceClaim.class);
        api.user().resource(claim).create();
    }

    /** Deletes all claims of the user. */
    public void deleteClaims() {
        api.user()
                .dynamicResourceAllocation()
                .v1()
                .resourceClaims()
                .inNamespace("default")
                .delete();
    }

    /** Creates a VM of firmware alone, with one GPU by a claim made from the template. */
    public void createVm(String name, String template) {
        createVm(name, "resourceClaimTemplateName", template);
    }

    /** Creates such a VM with an existing claim. */
    public void createVmWithClaim(String name, String claim) {
        createVm(name, "resourceClaimName", claim);
    }

    private void createVm(String name, String field, String object) {
        api.apply(Serialization.unmarshal("""
                apiVersion: holdfast.dev/v1alpha1
                kind: PassthroughVM
                metadata: {name: %s, namespace: default}
                spec:
                  memory: {guest: 256Mi}
                  terminationGracePeriodSeconds: 5
                  resourceClaims: [{name: gpu, %s: %s}]
                  devices: {gpus: [{name: gpu0, claimName: gpu}]}
                """.formatted(name, field, object), PassthroughVM.class));
    }
}
