package dev.holdfast.plan.observed;

import dev.holdfast.api.Undecodable;
import dev.holdfast.api.node.Grant;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.node.PassthroughNodeStatus;
import dev.holdfast.plan.machine.Given;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The report of one node. */
public final class ReportedNode {
    private final PassthroughNode report;
    private final Optional<List<Grant>> grants;

    public ReportedNode(PassthroughNode report) {
        this.report = report;
        this.grants = Given.of(report.getStatus(), PassthroughNodeStatus::grants);
    }

    /** Returns the name of the report and of its node. */
    public String name() {
        return report.getMetadata().getName();
    }

    /** Lists the devices that the node reports; none before its first report. */
    public Stream<ReportedDevice> devices() {
        return Given.list(Given.of(report.getStatus(), PassthroughNodeStatus::devices)).stream()
                .map(ReportedDevice::of);
    }

    /** Lists the grants that the node reports; none before its first report. */
    public List<Grant> grants() {
        return Given.list(grants);
    }

    /** Returns whether the report may have grants that could not be decoded; a missing grant then proves nothing. */
    public boolean mayHideGrants() {
        return Undecodable.is(report) && grants.isEmpty();
    }
}
