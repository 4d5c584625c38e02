# Targets of Candor. `make help` lists them.

SHELL       := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

GO          ?= go
LINT        := $(GO) tool -modfile=tools/go.mod golangci-lint
VERSION     := $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
LDFLAGS     := -s -w -X main.version=$(VERSION)
# Symbols of DuckDB are nobody else's: 7 MB less of the program. The runtime of C++ is
# in it: else each start loads and relocates that.
HIDDEN       = $(if $(COMPILER), -extldflags "-Wl$(COMMA)--exclude-libs$(COMMA)ALL -static-libstdc++ -static-libgcc")
PLATFORMS   ?= linux/amd64 linux/arm64
PACKAGES    ?= ./...
# DuckDB is C++: with a compiler the program has it, without one it does without.
COMPILER     = $(shell command -v g++)
TAGS         = $(if $(COMPILER),-tags duckdb$(COMMA)netgo$(COMMA)osusergo)
COMMA       := ,
FUZZTIME    ?= 30s
BENCH       ?= .
# Debian packages that tests compare with, and that they start.
DEBIAN      := yara clamav clamdscan clamav-milter osslsigncode postgresql chromium fonts-noto-cjk \
               c-icap squid zip xz-utils bzip2 zstd lz4 brotli binutils cpio p7zip-full genisoimage \
               lzip gcab cabextract msitools qpdf rpm \
               nginx-light apache2-bin php-cli fonts-noto-core \
               nfdump softflowd nftables iproute2 procps freeradius freeradius-utils gobgpd bird2 \
               g++ clickhouse-server
# Where "make run" keeps everything, and where it answers.
DATA        ?= $(if $(EMPTY),data/empty,data/sample)
LISTEN      ?= 127.0.0.1:8080
EMPTY       ?=
# Content for benchmarks and conformance, and the definitions to use on it.
CONTENT     ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/candor-bench/content
DEFINITIONS ?= $(CANDOR_DEFINITIONS)
PATHS       ?=
CAPTURES    ?=
ARGS        ?=

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

.PHONY: build
build: ## Build bin/candor, with DuckDB where there is a C++ compiler
	@mkdir -p bin
	@[ -n '$(COMPILER)' ] || echo 'There is no g++: the program is built without DuckDB, and keeps no flows unless in ClickHouse (apt-get install g++).' >&2
	CGO_ENABLED=$(if $(COMPILER),1,0) $(GO) build $(TAGS) -trimpath -ldflags '$(LDFLAGS)$(HIDDEN)' -o bin/candor ./cmd/candor

.PHONY: compiler
compiler:
	@if [ -z '$(COMPILER)' ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends g++ || true; fi

.PHONY: run
run: compiler build ## Build, and start the desk with a sample provider at 127.0.0.1:8080; EMPTY=1 starts bare
	bin/candor serve --data '$(DATA)' --listen '$(LISTEN)' $(if $(EMPTY),,--sample) $(ARGS)

# What a scan found is no failure of make: only status 2 is.
.PHONY: scan
scan: build ## Build, and scan the samples; PATHS="/var/www" scans those, ARGS="…" are options
ifeq ($(strip $(PATHS)),)
	@dir=$$(mktemp -d); trap 'rm -rf "$$dir"' EXIT; \
	bin/candor samples "$$dir"; \
	bin/candor scan $(ARGS) "$$dir" || [ $$? -eq 1 ]
else
	@bin/candor scan $(ARGS) $(PATHS) || [ $$? -eq 1 ]
endif

.PHONY: tools
tools: ## Install the programs that tests use (Debian, as root), or say how
	@missing=; for p in $(DEBIAN); do \
	  dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$p"; done; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if ! command -v apt-get >/dev/null; then \
	  echo "Tests that use these are skipped; install them for a full run:$$missing" >&2; exit 0; fi; \
	if [ "$$(id -u)" != 0 ]; then \
	  echo "Tests that use these are skipped; for a full run: sudo apt-get install$$missing" >&2; exit 0; fi; \
	apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing

.PHONY: test
test: tools ## Run all tests
	$(GO) test $(TAGS) -timeout 20m $(PACKAGES)

# The race detector needs cgo and a C compiler.
.PHONY: race
race: ## Run all tests with the race detector
	@command -v gcc >/dev/null || command -v clang >/dev/null || { \
	  echo "The race detector needs a C compiler: apt-get install gcc libc6-dev" >&2; exit 1; }
	CGO_ENABLED=1 $(GO) test $(TAGS) -timeout 30m -race $(PACKAGES)

.PHONY: fuzz
fuzz: ## Run every fuzz test for FUZZTIME (30s)
	@GO='$(GO)' FUZZTIME='$(FUZZTIME)' ./tools/fuzz

.PHONY: bench
bench: ## Run the benchmarks beside the packages; BENCH is a regular expression
	$(GO) test $(TAGS) -run '^$$' -bench '$(BENCH)' -benchmem $(PACKAGES)

$(CONTENT):
	$(GO) run ./bench/cmd/content '$(CONTENT)'

.PHONY: definitions
definitions:
	@[ -n '$(DEFINITIONS)' ] || { echo 'Name the folder of definitions: make DEFINITIONS=/path …, or set CANDOR_DEFINITIONS.' >&2; exit 1; }

.PHONY: bench-peers
bench-peers: build definitions $(CONTENT) ## Print ratios beside yara, YARA-X and ClamAV, in one run
	$(GO) run ./bench/cmd/peers -candor bin/candor -content '$(CONTENT)' -definitions '$(DEFINITIONS)' $(ARGS)

.PHONY: bench-estate
bench-estate: definitions $(CONTENT) ## Print what scans cost that follow what changed, beside their least and beside clamd
	$(GO) run ./bench/cmd/estate -content '$(CONTENT)' -definitions '$(DEFINITIONS)' $(ARGS)

.PHONY: bench-watch
bench-watch: ## Print how long after a file is written it is filed, on both databases, and what an agent takes that waits
	$(GO) run ./bench/cmd/watch -database sqlite $(ARGS)
	$(GO) run ./bench/cmd/watch -database postgres $(ARGS)
	$(GO) run ./bench/cmd/idle -agent 100

.PHONY: bench-house
bench-house: ## Print figures of the desk with 1,000,000 findings, on both databases
	$(GO) run ./bench/cmd/house -database sqlite $(ARGS)
	$(GO) run ./bench/cmd/house -database postgres $(ARGS)

.PHONY: bench-consent
bench-consent: ## Print how fast it is asked what parties agreed to, on both databases
	$(GO) run ./bench/cmd/consent -database sqlite $(ARGS)
	$(GO) run ./bench/cmd/consent -database postgres $(ARGS)

.PHONY: bench-flow
bench-flow: ## Print how many records of NetFlow v9 the collector takes, beside nfcapd, fastnetmon and goflow2
	$(GO) build -o bin/bench-flow ./bench/cmd/flow
	bin/bench-flow $(ARGS)

.PHONY: bench-traffic
bench-traffic: ## Simulate lines with labelled abuse; print recall and false isolations
	$(GO) run ./bench/cmd/traffic $(ARGS)

# The captures are public, and not part of the program: CAPTURES is a folder that
# holds the collections.
.PHONY: flow-captures
flow-captures: ## Print what is found and missed in labelled public captures; CAPTURES="/path" holds them
	$(GO) run ./bench/cmd/captures -folder '$(CAPTURES)' $(ARGS)

# The samples are public, and not part of the program: they are fetched once.
SAMPLES     ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/candor-bench/samples
SAMPLE_SETS := xarf/xarf-spec abusix/xarf sisimai/set-of-emails certtools/intelmq@3.2.1 domainaware/parsedmarc AbuseIO/AbuseIO
.PHONY: intake-samples
intake-samples: ## Print what is read of public samples of reports, which are fetched to SAMPLES; ARGS=-reasons tells why not
	@mkdir -p '$(SAMPLES)'
	@for r in $(SAMPLE_SETS); do \
	  n=$${r%@*}; d='$(SAMPLES)'/$${n#*/}; tag=; test "$$n" = "$$r" || tag="--branch $${r#*@}"; \
	  test -d "$$d" || git clone -q --depth 1 $$tag "https://github.com/$$n" "$$d"; \
	done
	$(GO) run ./bench/cmd/samples -folder '$(SAMPLES)' $(ARGS)

.PHONY: bench-archive
bench-archive: ## Fill the flow archives with an hour of traffic, and print how long questions wait
	$(GO) build $(TAGS) -o bin/bench-archive ./bench/cmd/archive
	bin/bench-archive $(ARGS)

.PHONY: conformance
conformance: tools definitions $(CONTENT) ## Hold verdicts against those of yara and clamscan, and print counts
	$(GO) run ./bench/cmd/conformance -content '$(CONTENT)' -definitions '$(DEFINITIONS)' $(ARGS)

# The linter remembers findings by the absolute path of the file: a cache that
# trees share tells of files of a tree that is gone.
.PHONY: lint
lint: ## Run the linters
	$(GO) vet ./...
	$(GO) vet $(TAGS) ./...
	GOLANGCI_LINT_CACHE='$(CURDIR)/bin/lint' $(LINT) run --allow-parallel-runners

.PHONY: generate
generate: ## Write generated files anew
	$(GO) generate ./...

.PHONY: verify
verify: ## Check that the tree is what its sources say, and speaks of itself alone
	@./tools/verify

.PHONY: e2e
e2e: build ## Run the whole program on real files
	$(GO) test $(TAGS) -count=1 -run 'TestScript' ./cmd/candor
	$(GO) test $(TAGS) -count=1 ./internal/e2e

.PHONY: release
release: ## Build reproducible static binaries into dist/
	@rm -rf dist; mkdir -p dist
	@for p in $(PLATFORMS); do \
	  out="dist/candor-$(VERSION)-$${p%/*}-$${p#*/}"; echo "$$out"; \
	  CGO_ENABLED=0 GOOS=$${p%/*} GOARCH=$${p#*/} $(GO) build -trimpath -buildvcs=false -ldflags '$(LDFLAGS) -buildid=' -o "$$out" ./cmd/candor; \
	done
	@cd dist && sha256sum candor-* > SHA256SUMS && cat SHA256SUMS

.PHONY: clean
clean: ## Remove what was built
	rm -rf bin dist
	@[ ! -d data ] || echo 'What "make run" kept is still in data/.'
