# The same targets run on a desk and in CI; CI calls nothing else.
.DEFAULT_GOAL := help
GO    ?= go
LINT  := $(GO) tool -modfile=tools/golangci-lint.mod golangci-lint
SQLC  := $(GO) tool -modfile=tools/sqlc.mod sqlc
FUZZTIME ?= 10s

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "%-12s %s\n", $$1, $$2}'

.PHONY: build
build: ## one static binary in bin/
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags='-s -w' -o bin/stockdigest ./cmd/stockdigest

.PHONY: run
run: ## the shipped night, as digests on disk
	$(GO) run ./cmd/stockdigest demo

.PHONY: check
check: fmt lint vet race verify ## everything a push must pass

.PHONY: fmt
fmt: ## fail when gofmt would change a file
	@out=$$(gofmt -l $$(git ls-files -co --exclude-standard '*.go')); [ -z "$$out" ] || { echo "gofmt would change:"; echo "$$out"; exit 1; }

.PHONY: lint
lint: ## golangci-lint, pinned in tools/
	$(LINT) run ./...

.PHONY: vet
vet:
	$(GO) vet ./...
	$(GO) vet -tags train ./internal/page

.PHONY: test
test: ## all tests, both engines when PostgreSQL is installed
	$(GO) test -shuffle=on ./...

.PHONY: race
race: ## the same with the race detector; SQLite's own pointers, made of C, are not checked: it is a third of the time
	$(GO) test -race -gcflags='modernc.org/...=-d=checkptr=0' -shuffle=on -timeout 40m ./...

# Each line has the limit of one package; together they are eleven hours at
# most. A rig that fails does not keep the next from running.
.PHONY: torture
torture: ## every rig in full: kills, stops, restarts, full disks; prints what it measured
	@mkdir -p var; : >var/torture.log; status=0; \
	rigs() { TORTURE=1 $(GO) test -count=1 -p 1 -parallel 1 -v -timeout "$$@" >>var/torture.log 2>&1 || status=1; }; \
	rigs 20m ./internal/adapter/store ./internal/control/...; \
	rigs 90m ./internal/bench; \
	rigs 60m ./internal/app -run '^Test(Bill|Budget)'; \
	rigs 60m ./internal/app -run '^Test(Kills|Stop|Frozen|Restart)'; \
	rigs 60m ./internal/app -run '^TestService$$'; \
	rigs 30m ./internal/deliver ./internal/adapter/mail ./internal/web/...; \
	rigs 90m ./internal/app -run '^Test(Mails|Rate|ARefused|EachReader)'; \
	rigs 90m ./internal/app -skip '^Test(Bill|Budget|Kills|Stop|Frozen|Restart|Mails|Rate|ARefused|EachReader|Service$$)'; \
	grep -E 'measured: |^ *--- FAIL|^FAIL|^ok|^panic' var/torture.log; exit $$status

# Both take the .eml files of the folder MAILS, as the outbox holds them.
MAILS ?= var/outbox
.PHONY: mail-postfix
mail-postfix: ## mails through a real Postfix on loopback (Debian, root)
	@[ -x /usr/sbin/postfix ] || { echo 'postfix postfix/main_mailer_type select No configuration' | debconf-set-selections; \
	DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends postfix; }
	MAILS=$(abspath $(MAILS)) $(GO) test -tags postfix -count=1 -run Postfix -v ./internal/adapter/mail

.PHONY: mail-spam
mail-spam: ## SpamAssassin's score of every mail, at most 0.5 (Debian)
	@command -v spamassassin >/dev/null || DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends spamassassin
	tools/mail-spam.sh $(MAILS)

.PHONY: fuzz
fuzz: ## every fuzz target for FUZZTIME
	@for pkg in $$($(GO) list ./...); do \
	  for f in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
	    echo "$$pkg $$f"; $(GO) test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x $$pkg || exit 1; \
	  done; done

.PHONY: bench
bench: ## every benchmark
	$(GO) test -run '^$$' -bench . -benchmem ./...

.PHONY: generate
generate: ## queries and docs that are made from code
	$(SQLC) generate
	$(GO) test ./internal/app -run TestSettingsDoc -update >/dev/null

.PHONY: verify
verify: ## fail when generate or tidy would change a file
	$(SQLC) diff
	$(GO) mod tidy -diff
	$(GO) mod verify >/dev/null
