package dev.holdfast.qemu.dryrun;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.memlock.MemlockInput.Video;
import dev.holdfast.pci.PciAddress;
import dev.holdfast.qemu.argv.NodeFacts;
import dev.holdfast.qemu.argv.NodeFacts.Accelerator;
import dev.holdfast.qemu.argv.QemuArgv;
import dev.holdfast.qemu.shape.QemuShape;
import dev.holdfast.testbed.fixtures.Shapes;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DryRunArgvTest {
    private static final Path SOCKET = Path.of("/run/holdfast/vm/dry-run-1/qmp.sock");

    @Test
    void isTheVmsCommandLineExceptForWhatItWouldUse() {
        QemuShape shape = Shapes.of(1 << 30, Shapes.KERNEL, Video.VGA, null, List.of("gpu0"));
        List<String> real = QemuArgv.of(
                shape,
                new NodeFacts(
                        Accelerator.KVM,
                        Map.of("gpu0", List.of(PciAddress.parse("0000:01:00.0"), PciAddress.parse("0000:01:00.1")))));

        List<String> dry = DryRunArgv.of(shape, Accelerator.KVM, null, SOCKET);

        List<String> gone = new ArrayList<>(real);
        dry.forEach(gone::remove);
        List<String> come = new ArrayList<>(dry);
        real.forEach(come::remove);
        assertThat(gone)
                .containsExactlyInAnyOrder(
                        "memory-backend-ram,id=ram0,size=1073741824",
                        "stdio,id=console,signal=off",
                        "socket,id=qmp,path=/run/holdfast/vm/qmp.sock,server=on,wait=off",
                        "-kernel",
                        Shapes.KERNEL.image(),
                        "-initrd",
                        Shapes.KERNEL.initrd(),
                        "-append",
                        Shapes.KERNEL.args(),
                        "-device",
                        "vfio-pci,host=0000:01:00.0,id=dev-gpu0,bus=rp0,addr=0.0,multifunction=on",
                        "-device",
                        "vfio-pci,host=0000:01:00.1,id=dev-gpu0.1,bus=rp0,addr=0.1");
        assertThat(come)
                .containsExactlyInAnyOrder(
                        "memory-backend-ram,id=ram0,size=1073741824,reserve=off,prealloc=off",
                        "null,id=console",
                        "socket,id=qmp,path=" + SOCKET,
                        "-S");
    }

    @Test
    void usesNoHugePagesAndNoFiles() {
        List<String> argv = List.of(
                "qemu-system-x86_64",
                "-nodefaults",
                "-overcommit",
                "mem-lock=on",
                "-object",
                "memory-backend-memfd,id=ram0,size=1G,hugetlb=on,hugetlbsize=2M,prealloc=on,share=on,host-nodes=0,policy=bind",
                "-object",
                "memory-backend-file,size=2G,mem-path=/dev/hugepages/x,id=mem1",
                "-object",
                "rng-random,id=rng0,filename=/dev/urandom",
                "-device",
                "vfio-pci-nohotplug,host=0000:01:00.0",
                "-device",
                "pc-dimm,memdev=mem1");

        assertThat(DryRunArgv.of(argv, null, Path.of("/a,b")))
                .containsExactly(
                        "qemu-system-x86_64",
                        "-nodefaults",
                        "-object",
                        "memory-backend-ram,id=ram0,size=1G,reserve=off,prealloc=off",
                        "-object",
                        "memory-backend-ram,size=2G,id=mem1,reserve=off,prealloc=off",
                        "-object",
                        "rng-random,id=rng0,filename=/dev/urandom",
                        "-device",
                        "pc-dimm,memdev=mem1",
                        "-S");
    }

    /** The value of an option may look like an option. */
    @Test
    void doesNotParseTheGuestsKernelCommandLine() {
        assertThat(DryRunArgv.of(
                        List.of("qemu", "-append", "-object", "-device", "VGA", "-kernel", "-device"), null, SOCKET))
                .containsExactly("qemu", "-device", "VGA", "-S");
    }
}
