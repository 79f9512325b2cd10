package dev.holdfast.convert.libvirt;

import dev.holdfast.convert.draft.Draft;
import dev.holdfast.convert.draft.Notes;
import dev.holdfast.convert.draft.Values;
import dev.holdfast.convert.tree.Part;
import java.util.Optional;

/** The processors: how many, in which sockets, of which model. */
final class CpuReader {
    private static final int MOST = 4096;
    private static final int MOST_SOCKETS = 64;
    private static final int MOST_CORES = 512;

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
        int count = values.number(vcpu, 1, MOST).orElse(1);
        vcpu.attribute("placement").is("static");
        Part current = vcpu.attribute("current");
        if (current.present() && !current.is(String.valueOf(count))) {
            notes.notCarriedOver(
                    current,
                    "CPUs are not plugged in later, so the guest has all %d from the start; set cpu.cores to what it needs"
                            .formatted(count));
        }
        if (cpu.child("topology").present()) {
            topology(cpu.child("topology"));
        } else {
            counted(count);
        }
        model();
    }

    /** libvirt makes sockets of a single core where no topology is given. */
    private void counted(int count) {
        if (count == 1) {
            return;
        }
        if (count <= MOST_SOCKETS) {
            draft.put("spec.cpu.sockets", count);
        } else if (count <= MOST_CORES) {
            draft.put("spec.cpu.cores", count);
            notes.changed(
                    vcpu,
                    "libvirt makes %d sockets of it, here it is %d cores of one, since there are at most 64 sockets; nothing to do"
                            .formatted(count, count));
        } else {
            notes.notCarriedOver(vcpu, "cores must be at most 512; set cpu.sockets and cpu.cores");
        }
    }

    private void topology(Part topology) {
        int cores = values.number(topology.attribute("cores"), 1, MOST_CORES).orElse(1);
        int dies = values.number(topology.attribute("dies"), 1, MOST_CORES).orElse(1)
                * values.number(topology.attribute("clusters"), 1, MOST_CORES).orElse(1);
        if (dies > 1) {
            notes.changed(
                    topology,
                    "there are no dies and clusters, so a socket has the cores of all of its dies; nothing to do");
        }
        if ((long) cores * dies > MOST_CORES) {
            notes.notCarriedOver(topology, "a socket must have at most 512 cores; set cpu.sockets and cpu.cores");
            return;
        }
        draft.put("spec.cpu.cores", cores * dies);
        values.number(topology.attribute("sockets"), 1, MOST_SOCKETS)
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
            // All that libvirt writes beside it by default.
            cpu.attribute("check").is("none");
            cpu.attribute("migratable").is("on");
        } else if (mode.is("host-model")) {
            notes.changed(
                    mode,
                    "it is now host-passthrough, since libvirt composes host-model and there is no libvirt; name a model of `qemu-system-x86_64 -cpu help` for a certain one");
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
                    "libvirt's default is qemu64, here it is host-passthrough, the node's own processor; set cpu.model for a certain one");
        }
    }
}
