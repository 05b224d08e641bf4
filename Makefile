# pg_tenancy: two builds of one set of sources.
#
# PGXS builds, installs and tests the extension: extension/core + extension/pg -> pg_tenancy.so
# CMake builds what needs no server: extension/core + policy -> build/dev/tenancy, unit tests
#
# `make help` lists the targets.

# --- the extension, for PGXS ---------------------------------------------------------------------

EXTENSION     = extension/pg_tenancy extension/pg_tenancy_test
# Not VERSION: PGXS sets that to the server's.
EXTVERSION   := $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" extension/pg_tenancy.control)
MODULE_big    = pg_tenancy
OBJS          = $(patsubst %.cpp,%.o,$(wildcard extension/core/*.cpp extension/pg/*.cpp))
DATA          = $(wildcard sql/*--*.sql)
SHLIB_EXPORTS = extension/exports.txt
SHLIB_LINK    = -lstdc++ -lcrypto -ljansson -lcurl
PG_CPPFLAGS   = -Iextension -DTENANCY_VERSION='"$(EXTVERSION)"' -MMD -MP
PG_CXXFLAGS   = -std=c++20 -Wall -Wextra -Wno-missing-field-initializers $(if $(WERROR),-Werror)
# In this order: each builds on the database of the ones before it.
REGRESS       = objects login directory keys plans expiry answers connection revocation guard settings column_rules orm_columns report
# The tests sign real tokens: with the tool, and with keys of their own.
REGRESS_PREP  = build/test/keys/jwks.json
REGRESS_OPTS  = --inputdir=tests --outputdir=build/regress
EXTRA_CLEAN   = $(OBJS:.o=.d)
# PGXS would compile every object again as LLVM bitcode, without PG_CXXFLAGS; nothing here gains from
# inlining by the JIT.
override with_llvm := no

PG_CONFIG    ?= pg_config
PGXS         := $(shell $(PG_CONFIG) --pgxs 2>/dev/null)

# PGXS has a target `check` of its own, which only says that it is not supported; and on a fresh
# machine there is no PGXS before `make deps`. So these stand without it: all that have a line of help.
hash         := \#
OWN_TARGETS  := $(shell sed -n 's/^\([a-z-]*\):.*$(hash)$(hash) .*/\1/p' Makefile)

.DEFAULT_GOAL := all
ifeq ($(filter $(OWN_TARGETS),$(MAKECMDGOALS)),)

ifneq ($(wildcard $(PGXS)),)
include $(PGXS)
else
all install installcheck clean:
	@echo "no PGXS found by '$(PG_CONFIG) --pgxs': run 'make deps', or name one: make PG_CONFIG=/path/to/pg_config" >&2
	@exit 1
endif
-include $(OBJS:.o=.d)
# The version is compiled in.
$(OBJS): extension/pg_tenancy.control

build/test/keys/jwks.json:
	@$(MAKE) --no-print-directory tenancy
	tests/support/keys.sh build/test/keys

else

# --- everything else -----------------------------------------------------------------------------

JOBS    ?= $(shell nproc)
SUDO    := $(if $(filter 0,$(shell id -u)),,sudo)
TENANCY := build/dev/tenancy
SOURCES := $(wildcard extension/*/*.[ch]pp policy/*.[ch]pp policy/*/*.[ch]pp tests/*/*.[ch]pp tests/*/*/*.[ch]pp)

.PHONY: $(OWN_TARGETS)

help: ## list the targets
	@printf '  make %-14s %s\n' '' 'build the extension; PG_CONFIG=... chooses the server' \
	  install 'install the extension into that server' \
	  installcheck 'regression tests against a running server (PGHOST, PGPORT)'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | awk -F '|' '{printf "  make %-14s %s\n", $$1, $$2}'

deps: ## install what the build and the tests need (Debian packages; nothing if all is there)
	@tests/support/deps.sh

build/dev/CMakeCache.txt: CMakeLists.txt CMakePresets.json
	cmake --preset dev

tenancy: build/dev/CMakeCache.txt ## build the command line tool: build/dev/tenancy
	cmake --build --preset dev --parallel $(JOBS) --target tenancy

unit: build/dev/CMakeCache.txt ## unit tests of core and compiler; no server
	cmake --build --preset dev --parallel $(JOBS)
	ctest --preset dev

fuzz: ## fuzz each target for FUZZ_SECONDS (60), or FUZZ_RUNS executions
	@tests/fuzz/run.sh

mutants: ## plant bugs in the verifier, one at a time; the unit tests must catch each
	@tests/mutants/run.sh

bench-verify: ## the cost of a hostile token, class by class, against its limits
	@tests/bench/hostile_tokens.sh

coverage: ## line and branch coverage of extension/core by its unit tests
	@tests/unit/coverage.sh

bench-accessor: ## what the accessors cost in a policy, against the same policy with literals
	@tests/bench/accessor.sh

bench-columns: ## what the column rules cost a point read and an insert of 50 columns, on against off
	@tests/bench/column_rules.sh

bench-compile: tenancy ## what a policy of 2,000 tables costs to check and build, against one of half the size
	@tests/bench/compile.sh

bench-apply: ## how long anybody waits while a policy is applied to ROWS (10000000) rows in use, and removed
	@tests/bench/apply_under_load.sh

torture: tenancy ## logins interrupted at random moments, and very many of them: no mixed identity, no leak; hours
	@tests/torture/run.sh

check-core: ## PostgreSQL's own regression suite with the library in the server, against the same without
	@tests/core_suite/run.sh

check-valgrind: tenancy ## the tests of the session on a server under valgrind
	@tests/instrumented/run.sh valgrind

check-asan: tenancy ## the same with the library built with AddressSanitizer and UndefinedBehaviorSanitizer
	@tests/instrumented/run.sh asan

demo: deps ## install, then the whole path once: server, sample application, real tokens; leaves the server up
	@mkdir -p build
	@echo "building (minutes the first time; build/build.log)"
	@{ $(MAKE) -j$(JOBS) all && $(SUDO) $(MAKE) install && $(MAKE) tenancy; } > build/build.log 2>&1 \
	  || { tail -n 40 build/build.log; exit 1; }
	@policy/examples/saas/demo.sh start

demo-stop: ## stop the demo's server and remove it
	@policy/examples/saas/demo.sh stop

check: deps ## all tests
	@tests/run.sh

check-all: deps ## all tests on PostgreSQL 15, 17 and 18; SERVERS="17 18" chooses; folders for the newer ones in build/matrix
	@tests/matrix/run.sh $(SERVERS)

sanitize: ## unit tests with AddressSanitizer and UndefinedBehaviorSanitizer
	cmake --preset asan
	cmake --build --preset asan --parallel $(JOBS)
	ctest --preset asan

format: ## format the C++ sources
	clang-format -i $(SOURCES)

lint: ## formatting, layers, symbols, documented tables; clang-tidy if it is installed
	@tests/lint/run.sh --tidy

distclean: clean demo-stop ## remove all that was built
	rm -rf build

# PGXS targets beside one of these on the same command line.
all install installcheck clean:
	@$(MAKE) --no-print-directory $@

endif
