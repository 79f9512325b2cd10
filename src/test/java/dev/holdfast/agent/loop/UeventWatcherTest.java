package dev.holdfast.agent.loop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.host.kernel.Uevent;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UeventWatcherTest {
    @ParameterizedTest
    @CsvSource({
        "add,     pci,     /devices/pci0000:00/0000:00:04.0/0000:04:00.0, true",
        "unbind,  pci,     /devices/pci0000:00/0000:00:04.0/0000:04:00.0, true",
        "add,     drivers, /bus/pci/drivers/vfio-pci,                     true",
        "add,     misc,    /devices/virtual/misc/vfio,                    true",
        "remove,  misc,    /devices/virtual/misc/kvm,                     true",
        "add,     drivers, /bus/usb/drivers/hub,                          false",
        "add,     misc,    /devices/virtual/misc/fuse,                    false",
        "change,  block,   /devices/virtual/block/loop0,                  false",
        "add,     usb,     /devices/pci0000:00/0000:00:14.0/usb1,         false"
    })
    void distinguishesRelevantUevents(String action, String subsystem, String path, boolean relevant) {
        assertThat(UeventWatcher.relevant(new Uevent(action, subsystem, path))).isEqualTo(relevant);
    }
}
