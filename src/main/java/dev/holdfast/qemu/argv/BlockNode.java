package dev.holdfast.qemu.argv;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.qemu.shape.QemuDisk;
import dev.holdfast.qemu.shape.QemuDisk.Format;
import dev.holdfast.qemu.shape.QemuDisk.Io;
import java.util.Locale;

/**
 * Block node of a disk for QEMU's -blockdev. The format is always given and never detected: a guest could write the header
 * of another format into its raw disk, with the name of a file of the pod (CVE-2008-2004). For the same reason a disk image
 * has the backing file that is given here, or none, whatever its header says.
 */
final class BlockNode {
    private BlockNode() {}

    /** Returns the node as JSON, in which commas need no escape. */
    static String of(String name, QemuDisk disk, DiskFacts facts) {
        ObjectNode node = format(facts.format(), disk.readOnly());
        node.put("node-name", name);
        if (disk.discard() && !disk.readOnly()) {
            node.put("discard", "unmap").put("detect-zeroes", "unmap");
        }
        cache(node, facts.direct());
        node.set(
                "file",
                file(facts.file(), facts.device(), disk.readOnly(), disk.discard(), facts.direct(), facts.io()));
        if (facts.backing() != null) {
            ObjectNode backing = format(facts.backing().format(), true);
            backing.set("file", file(facts.backing().file(), false, true, false, false, Io.THREADS));
            node.set("backing", backing);
        }
        return node.toString();
    }

    private static ObjectNode format(Format format, boolean readOnly) {
        ObjectNode node = JsonNodeFactory.instance
                .objectNode()
                .put("driver", format.name().toLowerCase(Locale.ROOT))
                .put("read-only", readOnly);
        if (format == Format.QCOW2) {
            node.putNull("backing");
        }
        return node;
    }

    private static ObjectNode file(
            String path, boolean device, boolean readOnly, boolean discard, boolean direct, Io io) {
        ObjectNode node = JsonNodeFactory.instance
                .objectNode()
                .put("driver", device ? "host_device" : "file")
                .put("filename", path)
                .put("read-only", readOnly)
                .put("aio", io.name().toLowerCase(Locale.ROOT));
        if (discard && !readOnly) {
            node.put("discard", "unmap");
        }
        cache(node, direct);
        return node;
    }

    /** Sets the cache mode; in every mode a flush of the guest reaches the volume. */
    private static void cache(ObjectNode node, boolean direct) {
        node.putObject("cache").put("direct", direct).put("no-flush", false);
    }
}
