# Moonbase's build. `make help` lists the targets.
#
# Sources are found by being there: core/**/*.c becomes build/moonbase, core/{base,ipc,sandbox,vm}
# becomes build/moonbase-sandbox, tests/unit/**/test_*.c and tests/fuzz/fuzz_*.c become a program
# each. What a folder has to generate at build time is said by its own core/*/build.mk, which adds
# to GEN_CORE or GEN_SANDBOX (C sources below build/gen) and gives the rule.

BUILD   ?= build
FLAVOUR ?= release# release, asan (gcc, ASan and UBSan), fuzz (clang, libFuzzer, ASan and UBSan)
JOBS    ?= $(shell nproc)
B       := $(BUILD)$(if $(filter-out release,$(FLAVOUR)),/$(FLAVOUR))
GEN     := $(BUILD)/gen
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all
# V=1 shows the commands; else a line a file.
Q   := $(if $(V),,@)
say  = @printf '  %-5s %s\n' $(1) '$(2)'

# ------------------------------------------------------------------------------- packages (Debian)
DEPS_BUILD := gcc libc6-dev make pkg-config libh2o-evloop-dev libssl-dev libluajit2-5.1-dev \
    libpq-dev libhiredis-dev libcurl4-openssl-dev lua-cjson-dev libjansson-dev libmbedtls-dev \
    libseccomp-dev libyaml-dev libarchive-dev libpcre2-dev
DEPS_RUN   := postgresql-15 postgresql-client-15 redis-server ca-certificates curl tzdata
DEPS_TEST  := lua-busted lua-cjson luajit2 libcmocka-dev nginx libnginx-mod-http-lua prometheus \
    clang libclang-rt-14-dev zlib1g-dev openssl procps binutils
DEPS_CHECK := clang clang-format clang-tidy cppcheck lua-check
DEPS_BENCH := wrk

# ------------------------------------------------------------------------------------------- flags
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
    -Wwrite-strings -Wundef -Wvla -Wformat=2 -Wimplicit-fallthrough -Wswitch-enum -Wcast-qual \
    -Wnull-dereference -Wconversion -Wno-sign-conversion
STD  := -std=gnu17 -D_GNU_SOURCE -DH2O_USE_LIBUV=0 -fno-common -fstack-protector-strong -Icore
SAN  := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer

# clang's own that do not fit us: mb_assert(!"what went wrong"), constants used in sizeof only.
WARN_CLANG := -Wno-string-conversion -Wno-unneeded-internal-declaration

CC_release := gcc
CC_asan    := gcc
CC_fuzz    := clang
OPT_release := -O2 -g -D_FORTIFY_SOURCE=2 -Werror
OPT_asan    := -O1 -g $(SAN)
OPT_fuzz    := -O1 -g -fsanitize=fuzzer-no-link $(SAN) $(WARN_CLANG)
# The sandbox binary runs with an address space limit and a system call filter, under which ASan's
# own runtime cannot live. Its code is held to ASan by the unit tests, which link it unconfined;
# the program itself has UBSan's checks, as traps that need no runtime.
OPT_confined_asan := -O1 -g -fsanitize=undefined -fsanitize-undefined-trap-on-error
CC       := $(CC_$(FLAVOUR))
OPT      := $(OPT_$(FLAVOUR))
OPT_CONFINED := $(or $(OPT_confined_$(FLAVOUR)),$(OPT))
# Asked only when something is compiled, so that `make deps` works before pkg-config is there.
LIB_CFLAGS = $(eval LIB_CFLAGS := $(subst -I,-isystem ,$(shell pkg-config --cflags $(PKGS))))$(LIB_CFLAGS)
PKGS := libh2o-evloop libpq hiredis libcurl jansson libarchive libpcre2-8 luajit \
    libseccomp yaml-0.1
COMPILE  = $(CC) $(STD) $(WARN) $(LIB_CFLAGS) -I$(GEN)
HARDEN  := -Wl,-z,relro,-z,now -Wl,--as-needed
LIBS_CORE := -lh2o-evloop -lssl -lcrypto -lpq -lhiredis -lcurl -ljansson -lmbedcrypto -larchive \
    -lpcre2-8 -lm -lpthread
LIBS_SANDBOX := -lluajit-5.1 -l:liblua5.1-cjson.a -lseccomp -lm
LIBS_TEST := -lcmocka -lz

# ----------------------------------------------------------------------------------------- sources
.PHONY: all
all: $(B)/moonbase $(B)/moonbase-sandbox ## build both programs into build/

GEN_CORE :=
GEN_SANDBOX :=
include $(wildcard core/*/build.mk)

SRC          := $(shell find core -name '*.c' ! -name 'gen_*.c' | LC_ALL=C sort)
MAINS        := core/app/main.c core/sandbox/main.c
SRC_CORE     := $(filter-out $(MAINS) core/sandbox/% core/vm/%,$(SRC))
SRC_SANDBOX  := $(filter-out $(MAINS),$(filter core/base/% core/ipc/% core/sandbox/% core/vm/%,$(SRC)))
obj           = $(patsubst $(GEN)/%.c,$(B)/$(2)/gen/%.o,$(patsubst core/%.c,$(B)/$(2)/core/%.o,$(1)))
OBJ_CORE     := $(call obj,$(SRC_CORE) $(GEN_CORE),obj)
OBJ_SANDBOX  := $(call obj,$(SRC_SANDBOX) $(GEN_SANDBOX),obj)
# In the asan flavour the sandbox program has objects of its own (see OPT_confined_asan).
CONFINED     := $(if $(OPT_confined_$(FLAVOUR)),confined,obj)
OBJ_CONFINED := $(call obj,$(SRC_SANDBOX) $(GEN_SANDBOX),$(CONFINED))
UNIT_SRC     := $(shell find tests/unit -name 'test_*.c' 2>/dev/null | LC_ALL=C sort)
UNIT         := $(UNIT_SRC:%.c=$(B)/%)
FUZZ_SRC     := $(wildcard tests/fuzz/fuzz_*.c)
FUZZ         := $(FUZZ_SRC:tests/fuzz/%.c=$(B)/%)

# ------------------------------------------------------------------------------------------- rules
# The flags as a file, so that changing them compiles everything anew.
$(B)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(COMPILE) $(OPT) $(OPT_CONFINED)' | cmp -s - $@ || \
	    echo '$(COMPILE) $(OPT) $(OPT_CONFINED)' >$@
FORCE:

$(B)/obj/core/%.o: core/%.c $(B)/flags
	@mkdir -p $(@D)
	$(call say,cc,$<)
	$(Q)$(COMPILE) $(OPT) -MMD -MP -c $< -o $@
$(B)/confined/core/%.o: core/%.c $(B)/flags
	@mkdir -p $(@D)
	$(call say,cc,$<)
	$(Q)$(COMPILE) $(OPT_CONFINED) -MMD -MP -c $< -o $@
$(B)/obj/gen/%.o: $(GEN)/%.c $(B)/flags
	@mkdir -p $(@D)
	$(call say,cc,$<)
	$(Q)$(COMPILE) $(OPT) -MMD -MP -c $< -o $@
$(B)/confined/gen/%.o: $(GEN)/%.c $(B)/flags
	@mkdir -p $(@D)
	$(call say,cc,$<)
	$(Q)$(COMPILE) $(OPT_CONFINED) -MMD -MP -c $< -o $@
$(B)/obj/tests/%.o: tests/%.c $(B)/flags
	@mkdir -p $(@D)
	$(call say,cc,$<)
	$(Q)$(COMPILE) $(OPT) -Itests -MMD -MP -c $< -o $@

$(B)/libcore.a: $(OBJ_CORE)
	@rm -f $@
	$(call say,ar,$@)
	$(Q)ar qcs $@ $^
$(B)/libsandbox.a: $(OBJ_SANDBOX)
	@rm -f $@
	$(call say,ar,$@)
	$(Q)ar qcs $@ $^
$(B)/libconfined.a: $(OBJ_CONFINED)
	@rm -f $@
	$(call say,ar,$@)
	$(Q)ar qcs $@ $^

$(B)/moonbase: $(B)/obj/core/app/main.o $(B)/libcore.a
	$(call say,link,$@)
	$(Q)$(CC) $(OPT) $(HARDEN) $^ $(LIBS_CORE) -o $@
# The linker takes from the archive only what the program uses: an object that needs a library of
# the core's fails here.
$(B)/moonbase-sandbox: $(B)/$(CONFINED)/core/sandbox/main.o $(B)/libconfined.a
	$(call say,link,$@)
	$(Q)$(CC) $(OPT_CONFINED) $(HARDEN) $^ $(LIBS_SANDBOX) -o $@

# A unit test sees its layer's side of the house: sandbox and vm link what the sandbox links.
# Other C files beside a test are helpers, linked into every test of that folder.
.SECONDEXPANSION:
helpers = $(patsubst %.c,$(B)/obj/%.o,$(filter-out $(wildcard $(1)/test_*.c),$(wildcard $(1)/*.c)))
$(filter $(B)/tests/unit/sandbox/% $(B)/tests/unit/vm/%,$(UNIT)): $(B)/tests/%: \
        $(B)/obj/tests/%.o $$(call helpers,tests/$$(*D)) $(B)/libsandbox.a
	@mkdir -p $(@D)
	$(call say,link,$@)
	$(Q)$(CC) $(OPT) $(HARDEN) $^ $(LIBS_SANDBOX) $(LIBS_TEST) -o $@
$(filter-out $(B)/tests/unit/sandbox/% $(B)/tests/unit/vm/%,$(UNIT)): $(B)/tests/%: \
        $(B)/obj/tests/%.o $$(call helpers,tests/$$(*D)) $(B)/libcore.a
	@mkdir -p $(@D)
	$(call say,link,$@)
	$(Q)$(CC) $(OPT) $(HARDEN) $^ $(LIBS_CORE) $(LIBS_TEST) -o $@
$(FUZZ): $(B)/fuzz_%: $(B)/obj/tests/fuzz/fuzz_%.o $(B)/libcore.a
	$(call say,link,$@)
	$(Q)$(CC) $(OPT) -fsanitize=fuzzer $^ $(LIBS_CORE) -o $@

-include $(shell find $(B)/obj $(B)/confined -name '*.d' 2>/dev/null)

# ----------------------------------------------------------------------------------------- targets
.PHONY: help deps deps-build deps-run run programs unit-programs fuzz-programs test check asan fuzz bench \
    chaos clean format
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps: ## install the Debian packages that are missing (as root, or by sudo)
	@tests/deps $(DEPS_BUILD) $(DEPS_RUN) $(DEPS_TEST) $(DEPS_CHECK) $(DEPS_BENCH) 'node>=18:nodejs'
deps-build:
	@tests/deps $(DEPS_BUILD)
deps-run:
	@tests/deps $(DEPS_BUILD) $(DEPS_RUN)

run: deps-run ## build, start a server with a demo, show a ticket being resolved, keep serving
	@$(MAKE) -s -j$(JOBS) all
	@exec $(B)/moonbase serve --dev --demo

programs: all $(UNIT)
fuzz-programs: $(FUZZ)

test: deps ## run every test; the last line counts them
	@$(MAKE) -s -j$(JOBS) programs
	@if command -v clang >/dev/null; then \
	    $(MAKE) -s -j$(JOBS) FLAVOUR=fuzz fuzz-programs; fi
	@tests/run --build $(B) --fuzz $(BUILD)/fuzz unit lua sql gates e2e fuzz chaos

asan: deps ## run the tests under AddressSanitizer and UndefinedBehaviorSanitizer
	@$(MAKE) -s -j$(JOBS) FLAVOUR=asan programs
	@tests/run --build $(BUILD)/asan unit e2e

FUZZ_SECONDS ?= 60
fuzz: deps ## run every fuzz target for FUZZ_SECONDS (60)
	@$(MAKE) -s -j$(JOBS) FLAVOUR=fuzz fuzz-programs
	@tests/run --build $(B) --fuzz $(BUILD)/fuzz --fuzz-seconds $(FUZZ_SECONDS) fuzz

bench: deps ## measure, print the table, write build/bench.json (PEERS=1: the peers beside)
	@$(MAKE) -s -j$(JOBS) all
	@MB_BUILD=$(abspath $(B)) PEERS=$(PEERS) tests/bench/run

chaos: deps ## kill processes at random under load, then audit the journal and the money
	@$(MAKE) -s -j$(JOBS) all
	@MB_BUILD=$(abspath $(B)) tests/chaos/run

check: deps ## format, lint, warnings of both compilers, gates
	@$(MAKE) -s -j$(JOBS) all
	@rc=0; $(MAKE) -s -k -j$(JOBS) check-format check-clang check-tidy check-cppcheck check-lua \
	    || rc=1; tests/run --build $(B) gates || rc=1; exit $$rc

clean: ## remove build/
	rm -rf $(BUILD)

include tests/check.mk
