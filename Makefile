# Holdfast's make targets. Each installs what it requires (by apt, as root) or prints the command that does.

MVN := mvn --batch-mode --no-transfer-progress
NODE := src/test/virtual-node
# Maven may run on another JDK than the programs that it starts.
JDK_FIRST := PATH="$$(src/main/bin/java-home)/bin:$$PATH"

.DEFAULT_GOAL := help
.PHONY: help demo check test image image-check simulate fuzz cluster-test node-test kernel-truth qemu-test endurance distribution bench bar-tables dashboard-picture build format crds release

help: ## Show the available targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

demo: ## Pass a GPU through to a VM on a disposable emulated node (GUEST=none: do not boot the guest; CLUSTER=real: use a real control plane; CLUSTER=kubelet: also use a real kubelet and the images; ALLOCATION=dra: by a ResourceClaim, on a real control plane)
	@[ '$(CLUSTER)' != kubelet ] || $(MAKE) --no-print-directory image
	@demo/cluster '$(CLUSTER)' '$(ALLOCATION)' >/dev/null
	@$(NODE)/prerequisites
	@$(MAKE) --no-print-directory build
	@CLUSTER='$(CLUSTER)' ALLOCATION='$(ALLOCATION)' GUEST='$(GUEST)' demo/run

check: ## Format, compile, and run the tests that require only Java: for each change, 90 seconds
	@src/test/check/run

test: ## Run the tests that do not require Go, including those on the virtual node's real kernel
	@$(NODE)/prerequisites --uefi --compiler
	@src/test/prometheus/programs >/dev/null
	$(MVN) verify

simulate: ## Run random schedules of a VM's life, starting with SEED (SEED=1 COUNT=1000000: some hours)
	@$(MVN) -q test-compile
	@$(JDK_FIRST) $(MVN) -q exec:exec@simulate -Dsimulation.seed=$(or $(SEED),1) -Dsimulation.count=$(or $(COUNT),1000000)

fuzz: ## Run the tests of generated cases with all of them; 'make test' runs the first fifth to third
	$(MVN) test -Dholdfast.cases=all -Dtest='LifeSimulationTest,MutatedTreesTest,GrantSocketFuzzTest,WorstCaseTest,ImportFuzzTest,MutatedFilesTest,VmPodTest,InvariantsTest,CommandLineTest,HostileXmlTest'

cluster-test: ## Test against a real control plane, which is built once (requires Go 1.26; K8S=1.37: another minor version)
	@$(NODE)/prerequisites
	@K8S='$(K8S)' src/test/control-plane/build >/dev/null
	@src/test/chart/helm >/dev/null
	@src/test/prometheus/build >/dev/null
	@src/test/prometheus-operator/crds >/dev/null
	K8S='$(K8S)' $(MVN) -Pcluster verify

node-test: ## Test Holdfast's images on a node with a real kubelet and containerd (ONLY=InstallRealNodeIT: one class; TAGS=ci: the tests of CI, a quarter of an hour)
	@$(MAKE) --no-print-directory image
	@src/test/real-node/prepare >/dev/null
	@src/test/prometheus/build >/dev/null
	$(MVN) -Pnode verify $(if $(ONLY),-Dit.test='$(ONLY)') $(if $(TAGS),-Dgroups='$(TAGS)')

kernel-truth: ## Compare the calculator with real kernels and QEMUs, a quarter of an hour for each of four combinations; writes docs/kernel-truth.md (ONLY='vga ovmf' COMBINATIONS=trixie KERNEL= QEMU=)
	@$(NODE)/prerequisites --uefi
	@$(MAKE) --no-print-directory build
	@COMBINATIONS='$(COMBINATIONS)' KERNEL='$(KERNEL)' QEMU='$(QEMU)' src/test/kernel-truth/run $(ONLY)

qemu-test: ## Run the tests that start a real QEMU with the QEMU of another Debian (SUITE=trixie), ten minutes
	@$(NODE)/prerequisites --uefi
	tree=$$($(NODE)/debian-node $(or $(SUITE),trixie)) && PATH="$$tree/launch:$$PATH" $(MVN) verify -Dtest='Real*Test,ShutdownTest' -Dit.test=none -Dsurefire.failIfNoSpecifiedTests=false -Dfailsafe.failIfNoSpecifiedTests=false

endurance: ## Kill agents and restart kubelets on the virtual node while VMs start, ten minutes
	@$(NODE)/prerequisites
	$(MVN) verify -Dit.test=RestartsEnduranceIT -Dtest=none -Dsurefire.failIfNoSpecifiedTests=false

distribution: ## Boot a real Debian by UEFI with cloud-init, ports, reboot and power button, an hour
	@$(NODE)/prerequisites --uefi
	@src/test/guest/build-debian >/dev/null
	$(MVN) verify '-Dit.test=Distribution*IT' -Dtest=none -Dsurefire.failIfNoSpecifiedTests=false

bench: ## Measure everything that has a budget, half an hour; fails when a budget is exceeded (ONLY='grants': only those; VMS=10000 NODES=1000: the size of scale)
	@$(MAKE) --no-print-directory build
	@src/test/bench/run $(ONLY)

bar-tables: ## Measure the page tables of BARs, on this host's kernel and that of Debian 13, five minutes
	@$(NODE)/prerequisites
	@src/test/bench/bar-tables

dashboard-picture: ## Draw docs/dashboard.png by headless Chromium, from the panels of a test with a real Prometheus
	$(MVN) test -Dtest=RealPrometheusTest
	@src/test/prometheus/picture

image: ## Build the images of operator and launcher, with docker, podman or neither (ENGINE=buildah VERSION=1.2.3 FRESH=yes)
	@$(MAKE) --no-print-directory build
	@src/main/image/build $(if $(ENGINE),--engine '$(ENGINE)') $(if $(VERSION),--version '$(VERSION)') $(if $(FRESH),--fresh)

image-check: ## Start every command in the images that 'make image' has built
	@src/main/image/check $(if $(ENGINE),--engine '$(ENGINE)') $(if $(VERSION),--version '$(VERSION)')

build: ## Build the distribution in target/holdfast
	@echo "Building target/holdfast: one minute, the first time some more for the libraries"
	@$(MVN) -q -DskipTests package

release: ## Write install.yaml, the Helm chart and checksums to target/release (with the images, if make image was run)
	@src/main/release/release

format: ## Format the Java sources
	$(MVN) -q spotless:apply

crds: ## Generate crds/, their copies in the chart, docs/api.md and docs/commands.md from the code
	$(JDK_FIRST) $(MVN) -q test-compile exec:exec@crds exec:exec@api-reference exec:exec@command-reference
