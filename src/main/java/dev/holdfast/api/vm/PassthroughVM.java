package dev.holdfast.api.vm;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import dev.holdfast.api.Names;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.crd.generator.annotation.AdditionalSelectableField;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Categories;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;

/**
 * Virtual machine with devices of its node passed through to it. Users write the spec, the operator writes the status.
 */
@Group(Names.GROUP)
@Version(Names.VERSION)
@ShortNames("ptvm")
@Singular("passthroughvm")
@Plural("passthroughvms")
@Categories("all")
@AdditionalPrinterColumn(name = "Status", jsonPath = ".status.printableStatus")
@AdditionalPrinterColumn(
        name = "Devices",
        jsonPath = ".status.columns.devices",
        type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(name = "Limit", jsonPath = ".status.columns.limit")
@AdditionalPrinterColumn(name = "Locked", jsonPath = ".status.columns.locked")
@AdditionalPrinterColumn(name = "Node", jsonPath = ".status.nodeName")
@AdditionalPrinterColumn(name = "IP", jsonPath = ".status.podIP")
@AdditionalPrinterColumn(
        name = "Age",
        jsonPath = ".metadata.creationTimestamp",
        type = AdditionalPrinterColumn.Type.DATE)
@AdditionalPrinterColumn(name = "Ready", jsonPath = ".status.conditions[?(@.type==\"Ready\")].status", priority = 1)
@AdditionalPrinterColumn(name = "Memory", jsonPath = ".spec.memory.guest", priority = 1)
@AdditionalPrinterColumn(
        name = "Restarts",
        jsonPath = ".status.restarts",
        type = AdditionalPrinterColumn.Type.INTEGER,
        priority = 1)
@AdditionalSelectableField(jsonPath = ".spec.runStrategy")
@AdditionalSelectableField(jsonPath = ".status.nodeName")
@AdditionalSelectableField(jsonPath = ".status.phase")
// The kubelet cuts the host name of a pod with a longer name, and fails if the name of its log directory exceeds 255
// bytes.
@ValidationRule(
        value = "size(self.metadata.name) <= 63",
        message = "the name has more than 63 characters, but it is also the host name of the VM's pod and must be at"
                + " most 63; choose a shorter name")
@JsonClassDescription("A PassthroughVM is a virtual machine with devices of its node passed through to it.")
public final class PassthroughVM extends CustomResource<PassthroughVMSpec, PassthroughVMStatus> implements Namespaced {
    private static final long serialVersionUID = 1;
}
