package dev.holdfast.convert.libvirt;

import dev.holdfast.convert.draft.Draft;
import dev.holdfast.convert.draft.Notes;
import dev.holdfast.convert.draft.Values;
import dev.holdfast.convert.tree.Part;
import java.util.Optional;

/** Reader of the CPUs: number, topology and model. */
final class CpuReader {
    private static final int MAX = 4096;
    private static final int MAX_SOCKETS = 64;
    private static final int MAX_CORES = 512;

    private final Part vcpu;
    private final Part cpu;
    private final Draft draft;
    private final Notes notes;
    private final Values values;

    CpuReader(Part domain, Draft draft, Notes notes) {
        this.vcpu = domain.child("vcpu");
        this.cpu = domain.child("cpu");
        this.draft = draft;
        this.notes = notes;
        this.values = new Values(notes);
    }

    void read() {
        int count = values.number(vcpu, 1, MAX).orElse(1);
        vcpu.attribute("placement").is("static");
        Part current = vcpu.attribute("current");
        if (current.present() && !current.is(String.valueOf(count))) {
            notes.notCarriedOver(
                    current,
                    "CPUs cannot be plugged later, so the guest has all %d at start; set cpu.cores to the number that it needs"
                            .formatted(count));
        }
        if (cpu.child("topology").present()) {
            topology(cpu.child("topology"));
        } else {
            counted(count);
        }
        model();
    }

    /** Reads the number of CPUs; without a topology, libvirt creates sockets with one core each. */
    private void counted(int count) {
        if (count == 1) {
            return;
        }
        if (count <= MAX_SOCKETS) {
            draft.put("spec.cpu.sockets", count);
        } else if (count <= MAX_CORES) {
            draft.put("spec.cpu.cores", count);
            notes.changed(
                    vcpu,
                    "libvirt creates %d sockets, Holdfast creates one with %d cores, because there can be at most 64 sockets; no action is needed"
                            .formatted(count, count));
        } else {
            notes.notCarriedOver(vcpu, "cores must be at most 512; set cpu.sockets and cpu.cores");
        }
    }

    private void topology(Part topology) {
        int cores = values.number(topology.attribute("cores"), 1, MAX_CORES).orElse(1);
        int dies = values.number(topology.attribute("dies"), 1, MAX_CORES).orElse(1)
                * values.number(topology.attribute("clusters"), 1, MAX_CORES).orElse(1);
        if (dies > 1) {
            notes.changed(
                    topology,
                    "dies and clusters are not supported, so a socket has the cores of all of its dies; no action is"
                            + " needed");
        }
        if ((long) cores * dies > MAX_CORES) {
            notes.notCarriedOver(topology, "a socket must have at most 512 cores; set cpu.sockets and cpu.cores");
            return;
        }
        draft.put("spec.cpu.cores", cores * dies);
        values.number(topology.attribute("sockets"), 1, MAX_SOCKETS)
                .ifPresent(sockets -> draft.put("spec.cpu.sockets", sockets));
        values.number(topology.attribute("threads"), 1, 8)
                .filter(threads -> threads > 1)
                .ifPresent(threads -> draft.put("spec.cpu.threads", threads));
    }

    private void model() {
        Part mode = cpu.attribute("mode");
        Part model = cpu.child("model");
        if (mode.is("host-passthrough")) {
            draft.put("spec.cpu.model", "host-passthrough");
            // Attributes that libvirt adds by default.
            cpu.attribute("check").is("none");
            cpu.attribute("migratable").is("on");
        } else if (mode.is("host-model")) {
            notes.changed(
                    mode,
                    "replaced by host-passthrough, because host-model requires libvirt; set a model that"
                            + " `qemu-system-x86_64 -cpu help` lists for another");
        } else if (mode.is("maximum")) {
            draft.put("spec.cpu.model", "max");
        } else if (model.present()) {
            mode.is("custom");
            cpu.attribute("match").is("exact");
            model.attribute("fallback").done();
            Optional<String> name = values.text(model, Values.CPU_MODEL, "a model of `qemu-system-x86_64 -cpu help`");
            name.ifPresent(text -> draft.put("spec.cpu.model", text));
        } else {
            notes.differs(
                    cpu.path() + "@mode",
                    "libvirt's default is qemu64, Holdfast's is host-passthrough, the node's own CPU; set cpu.model"
                            + " for another");
        }
    }
}
