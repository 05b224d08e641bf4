# pg_tenancy
#
# PGXS builds, installs and tests the extension: extension/core + extension/pg -> pg_tenancy.so.
# CMake builds what needs no server: the same extension/core, policy/ -> build/dev/tenancy, unit tests.
# `make help` lists the targets.

EXTENSION     = extension/pg_tenancy
# Not VERSION: PGXS sets that to the server's.
EXTVERSION   := $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" $(EXTENSION).control)
MODULE_big    = pg_tenancy
OBJS          = $(patsubst %.cpp,%.o,$(wildcard extension/core/*.cpp extension/pg/*.cpp))
DATA          = $(wildcard sql/*--*.sql)
SHLIB_EXPORTS = extension/exports.txt
SHLIB_LINK    = -lstdc++ -lcrypto -ljansson
PG_CPPFLAGS   = -Iextension -DTENANCY_VERSION='"$(EXTVERSION)"' -MMD -MP
PG_CXXFLAGS   = -std=c++20 -Wall -Wextra -Wno-missing-field-initializers -fno-strict-aliasing $(if $(WERROR),-Werror)
REGRESS       = $(patsubst tests/sql/%.sql,%,$(wildcard tests/sql/*.sql))
REGRESS_OPTS  = --inputdir=tests --outputdir=build/regress --dbname=tenancy_regress
EXTRA_CLEAN   = $(OBJS:.o=.d) build
# PGXS would compile all objects again as LLVM bitcode, without PG_CXXFLAGS; nothing here gains from
# inlining by the JIT.
override with_llvm := no

PG_CONFIG    ?= pg_config
PGXS         := $(shell $(PG_CONFIG) --pgxs 2>/dev/null)
ifneq ($(PGXS),)
include $(PGXS)
else
# A machine without the server's headers: only the targets that need none, `deps` first of all.
.DEFAULT_GOAL := no-server
no-server:
	@echo "pg_config not found: run 'make deps', or name it: make PG_CONFIG=/path/to/pg_config"; exit 1
all install: no-server
endif
-include $(OBJS:.o=.d)

