# The hardware of the virtual node, as QEMU arguments. Sourced by `boot`.
#
# Tests depend on the addresses, so all of them are set explicitly.
# Firmware numbers the buses in the order of the root ports' slots: slot 1 gives bus 01 and so on.
#
#   0000:01:00.0  1234:1111  GPU A, display (secondary-vga)       one IOMMU group
#   0000:01:00.1  8086:2668  GPU A, audio (intel-hda)             with the line above
#   0000:02:00.0  1002:5046  GPU B, VGA (ati-vga), alone in its group
#   0000:03:00.0  1013:00b8  GPU C, VGA (cirrus-vga)              one IOMMU group
#   0000:03:00.1  8086:293e  GPU C, audio (ich9-intel-hda)        with the line above
#   0000:04:00.0  1234:11e8  edu, alone in its group
#   0000:05:00.0  8086:10d3  network card (e1000e), alone in its group
#   0000:06:00.0  1b36:0010  NVMe disk of 16 MiB, alone in its group
#
# The node's own devices are on bus 0 above slot 0x18, which no test uses.

passthrough_devices=(
    -device pcie-root-port,id=port-a,chassis=1,slot=1,addr=01.0
    -device secondary-vga,bus=port-a,addr=00.0,multifunction=on
    -device intel-hda,id=audio-a,bus=port-a,addr=00.1

    # romfile= : the option ROM would only cost boot time.
    -device pcie-root-port,id=port-b,chassis=2,slot=2,addr=02.0
    -device ati-vga,bus=port-b,addr=00.0,romfile=

    -device pcie-root-port,id=port-c,chassis=3,slot=3,addr=03.0
    -device cirrus-vga,bus=port-c,addr=00.0,multifunction=on,romfile=
    -device ich9-intel-hda,id=audio-c,bus=port-c,addr=00.1
    # With a codec, so that its driver makes a sound card, which somebody can open.
    -audiodev none,id=silence
    -device hda-output,bus=audio-c.0,audiodev=silence

    -device pcie-root-port,id=port-d,chassis=4,slot=4,addr=04.0
    -device edu,bus=port-d,addr=00.0

    -device pcie-root-port,id=port-e,chassis=5,slot=5,addr=05.0
    -device e1000e,bus=port-e,addr=00.0,romfile=

    -device pcie-root-port,id=port-f,chassis=6,slot=6,addr=06.0
    -device nvme,bus=port-f,addr=00.0,drive=disk,serial=holdfast
    # Empty: for what a test plugs in.
    -device pcie-root-port,id=port-empty,chassis=16,slot=16,addr=10.0,pref64-reserve=64M
)

# Devices that consist only of a BAR, which uses no memory of this host. They are at 0000:08:00.0, 0000:09:00.0 and so
# on, after the empty port's bus 07.
# $@: sizes
bar_devices() {
    local size number=17
    bar_device_arguments=()
    for size in "$@"; do
        bar_device_arguments+=(
            -device "pcie-root-port,id=port-bar$number,chassis=$number,slot=$number,addr=$(printf %02x "$number").0"
            -device "pci-testdev,bus=port-bar$number,addr=00.0,membar=$size"
        )
        number=$((number + 1))
    done
}

# Disks from files of the host, /dev/vda, /dev/vdb and /dev/vdc in the node once virtio_blk is loaded. With snapshot=on the
# node's writes are discarded with it, and several nodes may use the same file; with snapshot=off the file is written.
# $@: snapshot=on:FILE or snapshot=off:FILE, at most three
extra_disks() {
    local disk file number=0 slots=(18 19 1d)
    extra_disk_arguments=()
    for disk in "$@"; do
        file=${disk#*:}
        [ $number -lt ${#slots[@]} ] || { echo "boot: $# disks (--disk), must be at most ${#slots[@]}" >&2; return 1; }
        extra_disk_arguments+=(
            -drive "file=${file//,/,,},format=raw,if=none,id=extra$number,${disk%%:*}"
            -device "virtio-blk-pci,drive=extra$number,addr=${slots[number]}.0"
        )
        number=$((number + 1))
    done
}

# Two shares: the host's root, which cannot be written, and the work folder, which can.
# multidevs=remap keeps inode numbers apart where the host's root spans several file systems.
# $1: work folder, $2: control pipe, $3: file of the disk, then pairs of ports HOST:NODE to forward from the host's loopback
node_devices() {
    local forward network=user,id=n0
    for forward in "${@:4}"; do
        network+=,hostfwd=tcp:127.0.0.1:${forward%:*}-:${forward#*:}
    done
    node_device_arguments=(
        -fsdev "local,id=host,path=/,security_model=none,readonly=on,multidevs=remap"
        -device virtio-9p-pci,fsdev=host,mount_tag=host,addr=1a.0
        -fsdev "local,id=work,path=${1//,/,,},security_model=none,multidevs=remap"
        -device virtio-9p-pci,fsdev=work,mount_tag=work,addr=1b.0
        -chardev "pipe,id=control,path=${2//,/,,}"
        -device virtio-serial-pci,addr=1c.0,max_ports=2
        -device virtserialport,chardev=control,name=control,nr=1
        -blockdev "driver=file,node-name=disk,filename=${3//,/,,}"
        -netdev "$network"
        -device virtio-net-pci,netdev=n0,romfile=,addr=1e.0
    )
}

# Emulation is the default even where /dev/kvm opens: on some machines guests then hang.
# Features that cost emulation time are off (five-level page tables a longer walk, erms a copy byte by byte), and cx16, whose
# flags QEMU before 8.0 computes wrongly (../guest/README.md): newer kernels crash because of it.
# Under KVM, interrupt remapping, which VFIO requires, requires the split interrupt controller.
accelerator() {
    case ${HOLDFAST_NODE_ACCEL:-tcg} in
        tcg) accelerator_arguments=(-machine q35 -accel "tcg,thread=multi" -cpu max,la57=off,erms=off,cx16=off) ;;
        kvm) accelerator_arguments=(-machine q35,kernel-irqchip=split -accel kvm -cpu host) ;;
        *) echo "boot: HOLDFAST_NODE_ACCEL is '$HOLDFAST_NODE_ACCEL', must be tcg or kvm" >&2; return 1 ;;
    esac
}
