package dev.holdfast.api.node;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import dev.holdfast.api.Names;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;

/**
 * Devices of a node that can be passed through, and the VMs that use them. Has the name of the Node, is owned by it, and is
 * written by the node's agent only.
 */
@Group(Names.GROUP)
@Version(Names.VERSION)
@ShortNames("ptnode")
@Singular("passthroughnode")
@Plural("passthroughnodes")
@AdditionalPrinterColumn(name = "Iommu", jsonPath = ".status.conditions[?(@.type==\"IommuEnabled\")].status")
@AdditionalPrinterColumn(name = "Vfio", jsonPath = ".status.conditions[?(@.type==\"VfioReady\")].status")
@AdditionalPrinterColumn(name = "Kvm", jsonPath = ".status.conditions[?(@.type==\"KvmAvailable\")].status")
@AdditionalPrinterColumn(name = "Groups", jsonPath = ".status.summary")
@AdditionalPrinterColumn(
        name = "Age",
        jsonPath = ".metadata.creationTimestamp",
        type = AdditionalPrinterColumn.Type.DATE)
@JsonClassDescription(
        "Devices of the Node of the same name that can be passed through, and the VMs that use them; written by the agent of that node.")
public final class PassthroughNode extends CustomResource<Void, PassthroughNodeStatus> {
    private static final long serialVersionUID = 1;
}
