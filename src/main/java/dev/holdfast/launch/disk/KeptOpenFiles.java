package dev.holdfast.launch.disk;

import dev.holdfast.host.kernel.OpenFile;
import dev.holdfast.host.kernel.OpenFile.Kind;
import dev.holdfast.qemu.argv.InheritedDescriptors;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Files of the pod's volumes for QEMU, kept open until it has inherited them. */
public final class KeptOpenFiles implements Closeable {
    private final List<OpenFile> files = new ArrayList<>();
    private final List<Integer> blockNodes = new ArrayList<>();
    private final Map<String, Integer> others = new LinkedHashMap<>();

    /** Opens a file for a block node, as {@link OpenFile#beneath} does. */
    public OpenFile blockNode(Path folder, String name, Kind kind, boolean writable) throws IOException {
        OpenFile file = kept(OpenFile.beneath(folder, name, kind, writable));
        blockNodes.add(file.descriptor());
        return file;
    }

    /** Opens a file that must be directly in its folder, which is trusted. */
    public OpenFile blockNode(Path file, Kind kind, boolean writable) throws IOException {
        return blockNode(
                Objects.requireNonNull(file.getParent()), file.getFileName().toString(), kind, writable);
    }

    /**
     * Opens a file that QEMU only reads.
     *
     * @param inShape its path in the shape
     */
    public OpenFile other(String inShape, Path folder, String name) throws IOException {
        OpenFile file = kept(OpenFile.beneath(folder, name, Kind.REGULAR_FILE, false));
        others.put(inShape, file.descriptor());
        return file;
    }

    public InheritedDescriptors opened() {
        return new InheritedDescriptors(blockNodes, others);
    }

    /** Returns all descriptors that QEMU must inherit. */
    public List<Integer> descriptors() {
        return files.stream().map(OpenFile::descriptor).toList();
    }

    /** Closes all files; not called when QEMU replaces this process. */
    @Override
    public void close() {
        files.forEach(OpenFile::close);
    }

    private OpenFile kept(OpenFile file) {
        files.add(file);
        return file;
    }
}
