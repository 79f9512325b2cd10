package dev.holdfast.api.deviceclass;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import dev.holdfast.api.DnsNames;
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
 * Kind of device that VMs can request, selected by properties of PCI functions. The class {@code nvidia-a100} is the
 * extended resource {@code holdfast.dev/nvidia-a100}. Administrators write the spec, the operator writes the status.
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
        value = "self.metadata.name.matches('^" + DnsNames.LABEL_63 + "$')",
        message = "the name must be at most 63 lower-case letters, digits and inner dashes, because it is part of the"
                + " name of an extended resource; choose a name such as nvidia-a100")
@ValidationRule(
        value = "self.metadata.name != '" + Names.GRANT + "'",
        message = "the name grant is reserved, because the extended resource holdfast.dev/grant is that of the agents;"
                + " choose another name")
@JsonClassDescription("A PassthroughDeviceClass is a kind of device that VMs can request, selected by properties of"
        + " PCI functions.")
public final class PassthroughDeviceClass
        extends CustomResource<PassthroughDeviceClassSpec, PassthroughDeviceClassStatus> {
    private static final long serialVersionUID = 1;
}
