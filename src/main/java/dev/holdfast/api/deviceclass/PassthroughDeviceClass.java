package dev.holdfast.api.deviceclass;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import dev.holdfast.api.Names;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;

/**
 * A kind of device that VMs may ask for, by what its PCI functions look like. The class {@code nvidia-a100} is the
 * extended resource {@code holdfast.dev/nvidia-a100}. The spec is written by administrators only, the status by the
 * operator.
 */
@Group(Names.GROUP)
@Version(Names.VERSION)
@ShortNames("ptclass")
@Singular("passthroughdeviceclass")
@Plural("passthroughdeviceclasses")
@AdditionalPrinterColumn(name = "Resource", jsonPath = ".status.resource")
@AdditionalPrinterColumn(name = "Selectors", jsonPath = ".status.selectors")
@AdditionalPrinterColumn(name = "Binding", jsonPath = ".spec.binding")
@AdditionalPrinterColumn(name = "Devices", jsonPath = ".status.total", type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(name = "Usable", jsonPath = ".status.usable", type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(name = "Nodes", jsonPath = ".status.nodes", type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(
        name = "Age",
        jsonPath = ".metadata.creationTimestamp",
        type = AdditionalPrinterColumn.Type.DATE)
@ValidationRule(
        value = "self.metadata.name.matches('^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$')",
        message = "the name becomes that of an extended resource, so it has at most 63 lower-case letters, digits and"
                + " inner dashes; choose one such as nvidia-a100")
@JsonClassDescription("A kind of device that VMs may ask for, by what its PCI functions look like.")
public final class PassthroughDeviceClass
        extends CustomResource<PassthroughDeviceClassSpec, PassthroughDeviceClassStatus> {
    private static final long serialVersionUID = 1;
}
