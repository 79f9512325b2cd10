// SPDX-License-Identifier: GPL-2.0-only
// A VFIO variant driver: vfio-pci-core under another driver's name, as drivers of vendors are built on it
// (drivers/vfio/pci/nvgrace-gpu, mlx5, virtio). It adds nothing, and binds only by driver_override.
#include <linux/module.h>
#include <linux/vfio_pci_core.h>

static int example_open(struct vfio_device *device)
{
	struct vfio_pci_core_device *core = container_of(device, struct vfio_pci_core_device, vdev);
	int error = vfio_pci_core_enable(core);

	if (!error)
		vfio_pci_core_finish_enable(core);
	return error;
}

static const struct vfio_device_ops example_ops = {
	.name = "example-vfio-pci",
	.init = vfio_pci_core_init_dev,
	.release = vfio_pci_core_release_dev,
	.open_device = example_open,
	.close_device = vfio_pci_core_close_device,
	.ioctl = vfio_pci_core_ioctl,
	.device_feature = vfio_pci_core_ioctl_feature,
	.read = vfio_pci_core_read,
	.write = vfio_pci_core_write,
	.mmap = vfio_pci_core_mmap,
	.request = vfio_pci_core_request,
	.match = vfio_pci_core_match,
};

static int example_probe(struct pci_dev *function, const struct pci_device_id *id)
{
	struct vfio_pci_core_device *core =
		vfio_alloc_device(vfio_pci_core_device, vdev, &function->dev, &example_ops);
	int error;

	if (IS_ERR(core))
		return PTR_ERR(core);
	dev_set_drvdata(&function->dev, core);
	error = vfio_pci_core_register_device(core);
	if (error)
		vfio_put_device(&core->vdev);
	return error;
}

static void example_remove(struct pci_dev *function)
{
	struct vfio_pci_core_device *core = dev_get_drvdata(&function->dev);

	vfio_pci_core_unregister_device(core);
	vfio_put_device(&core->vdev);
}

static const struct pci_device_id example_ids[] = {
	{ PCI_DRIVER_OVERRIDE_DEVICE_VFIO(PCI_ANY_ID, PCI_ANY_ID) },
	{}
};

static struct pci_driver example_driver = {
	.name = KBUILD_MODNAME,
	.id_table = example_ids,
	.probe = example_probe,
	.remove = example_remove,
	.err_handler = &vfio_pci_core_err_handlers,
	.driver_managed_dma = true,
};
module_pci_driver(example_driver);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("vfio-pci-core under another name, for tests");
