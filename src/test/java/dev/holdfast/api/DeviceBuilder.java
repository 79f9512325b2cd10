package dev.holdfast.api;

import dev.holdfast.api.node.PassthroughNodeStatus.Bar;
import dev.holdfast.api.node.PassthroughNodeStatus.Blocker;
import dev.holdfast.api.node.PassthroughNodeStatus.Device;
import dev.holdfast.api.node.PassthroughNodeStatus.State;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A device of a node's report for tests: a free VGA display that says no more than it must. */
public final class DeviceBuilder {
    private final String address;
    private String vendor = "1b36";
    private String device = "0005";
    private String classCode = "030000";
    private @Nullable String driver;
    private @Nullable Integer group;
    private @Nullable List<String> members;
    private @Nullable String groupID;
    private boolean viable = true;
    private @Nullable List<Blocker> blockers;
    private @Nullable String message;
    private @Nullable Integer numaNode;
    private @Nullable String pcieRoot;
    private @Nullable List<Bar> bars;
    private @Nullable List<String> resetMethods;
    private @Nullable String deviceClass;
    private State state = State.Free;

    private DeviceBuilder(String address) {
        this.address = address;
    }

    public static DeviceBuilder at(String address) {
        return new DeviceBuilder(address);
    }

    /** As {@code lspci -n} prints them, {@code 10de:20f1}. */
    public DeviceBuilder ids(String vendorAndDevice) {
        vendor = vendorAndDevice.substring(0, 4);
        device = vendorAndDevice.substring(5);
        return this;
    }

    public DeviceBuilder classCode(String code) {
        classCode = code;
        return this;
    }

    public DeviceBuilder driver(@Nullable String name) {
        driver = name;
        return this;
    }

    /** The group's number, what stands for it, and its members. */
    public DeviceBuilder group(@Nullable Integer number, String id, String... addresses) {
        group = number;
        groupID = id;
        members = addresses.length == 0 ? null : List.of(addresses);
        return this;
    }

    public DeviceBuilder notViable(@Nullable String sentence, Blocker... inTheWay) {
        viable = false;
        message = sentence;
        blockers = inTheWay.length == 0 ? null : List.of(inTheWay);
        state = State.NotViable;
        return this;
    }

    public DeviceBuilder message(@Nullable String sentence) {
        message = sentence;
        return this;
    }

    public DeviceBuilder numaNode(@Nullable Integer node) {
        numaNode = node;
        return this;
    }

    public DeviceBuilder pcieRoot(@Nullable String root) {
        pcieRoot = root;
        return this;
    }

    public DeviceBuilder bars(Bar... registers) {
        bars = List.of(registers);
        return this;
    }

    public DeviceBuilder resetMethods(String... methods) {
        resetMethods = List.of(methods);
        return this;
    }

    public DeviceBuilder deviceClass(@Nullable String name) {
        deviceClass = name;
        return this;
    }

    public DeviceBuilder state(State now) {
        state = now;
        return this;
    }

    public Device build() {
        return new Device(
                address,
                vendor,
                device,
                null,
                null,
                classCode,
                null,
                driver,
                group,
                members,
                groupID,
                viable,
                blockers,
                message,
                numaNode,
                pcieRoot,
                bars,
                resetMethods,
                null,
                null,
                null,
                null,
                deviceClass,
                state,
                null);
    }
}
