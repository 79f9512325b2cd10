package dev.holdfast.convert.kubevirt;

import dev.holdfast.convert.draft.Bytes;
import dev.holdfast.convert.draft.Draft;
import dev.holdfast.convert.draft.Notes;
import dev.holdfast.convert.draft.Values;
import dev.holdfast.convert.tree.Part;
import java.math.RoundingMode;
import java.util.stream.Stream;

/** Reader of the CPUs. If the topology is absent, KubeVirt creates as many sockets as the pod has CPUs. */
final class CpuReader {
    private static final int MAX_SOCKETS = 64;

    private final Part cpu;
    private final Part resources;
    private final Draft draft;
    private final Notes notes;
    private final Values values;

    CpuReader(Part domain, Draft draft, Notes notes) {
        this.cpu = domain.field("cpu");
        this.resources = domain.field("resources");
        this.draft = draft;
        this.notes = notes;
        this.values = new Values(notes);
    }

    void read() {
        if (Stream.of("cores", "sockets", "threads")
                .noneMatch(field -> cpu.field(field).present())) {
            fromResources();
        }
        values.number(cpu.field("cores"), 1, 512).ifPresent(cores -> draft.put("spec.cpu.cores", cores));
        values.number(cpu.field("sockets"), 1, MAX_SOCKETS)
                .ifPresent(sockets -> draft.put("spec.cpu.sockets", sockets));
        values.number(cpu.field("threads"), 1, 8).ifPresent(threads -> draft.put("spec.cpu.threads", threads));
        model();
    }

    private void fromResources() {
        Stream.of(
                        resources.field("limits").field("cpu"),
                        resources.field("requests").field("cpu"))
                .filter(Part::present)
                .findFirst()
                .ifPresent(part -> Bytes.of(part.peek().orElse(""))
                        .map(number -> number.setScale(0, RoundingMode.CEILING))
                        .filter(number ->
                                number.signum() > 0 && number.intValue() <= MAX_SOCKETS && number.precision() < 4)
                        .ifPresent(number -> {
                            draft.put("spec.cpu.sockets", number.intValue());
                            notes.changed(
                                    part,
                                    "replaced by cpu.sockets, because KubeVirt derives the topology from it; the pod"
                                            + " requests a tenth of a CPU for each");
                        }));
    }

    private void model() {
        Part model = cpu.field("model");
        if (!model.present()) {
            notes.differs(
                    cpu.path() + ".model",
                    "KubeVirt's default is host-model, Holdfast's is host-passthrough, the node's own CPU; set"
                            + " cpu.model for another");
        } else if (model.is("host-model")) {
            notes.changed(
                    model,
                    "replaced by host-passthrough, because host-model requires libvirt; set a model that"
                            + " `qemu-system-x86_64 -cpu help` lists for another");
        } else {
            values.text(model, Values.CPU_MODEL, "a model of `qemu-system-x86_64 -cpu help`")
                    .ifPresent(name -> draft.put("spec.cpu.model", name));
        }
    }
}
