// Reads the metadata of devices (KEP-5304) as a program in a container does, by Kubernetes' own library.
//
//	device-metadata path claim DRIVER CLAIM REQUEST       prints the path in the container
//	device-metadata path template DRIVER CLAIM REQUEST    the same for a claim of a template, by its name in the pod
//	device-metadata decode                                reads a file on standard input; a line for each device on standard output
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"k8s.io/dynamic-resource-allocation/api/metadata"
	"k8s.io/dynamic-resource-allocation/devicemetadata"
)

func main() {
	command := strings.Join(os.Args[1:min(3, len(os.Args))], " ")
	switch {
	case len(os.Args) == 6 && command == "path claim":
		fmt.Println(metadata.ResourceClaimFilePath(os.Args[3], os.Args[4], os.Args[5]))
	case len(os.Args) == 6 && command == "path template":
		fmt.Println(metadata.ResourceClaimTemplateFilePath(os.Args[3], os.Args[4], os.Args[5]))
	case len(os.Args) == 2 && command == "decode":
		decode()
	default:
		fail("usage: device-metadata path claim|template DRIVER CLAIM REQUEST, or device-metadata decode")
	}
}

func decode() {
	var file metadata.DeviceMetadata
	if err := devicemetadata.DecodeMetadataFromStream(json.NewDecoder(os.Stdin), &file); err != nil {
		fail(err)
	}
	claim := "-"
	if file.PodClaimName != nil {
		claim = *file.PodClaimName
	}
	for _, request := range file.Requests {
		for _, device := range request.Devices {
			address := device.Attributes["resource.kubernetes.io/pciBusID"].StringValue
			if address == nil {
				fail("device ", device.Name, " has no PCI address")
			}
			fmt.Println(file.Namespace, claim, request.Name, device.Driver, device.Pool, device.Name, *address)
		}
	}
}

func fail(message ...any) {
	fmt.Fprintln(os.Stderr, append([]any{"device-metadata:"}, message...)...)
	os.Exit(1)
}
