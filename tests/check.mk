# The parts of `make check` that are about source text. Each leaves stamps below build/check, so
# that only what changed is looked at again.
C_FILES   := $(shell find core tests -name '*.[ch]' -o -name '*.def' | LC_ALL=C sort)
C_SOURCES := $(filter %.c,$(C_FILES))
# msg.def and its like are tables that read best in their own alignment.
FORMATTED := $(filter %.c %.h,$(C_FILES))
CHECK     := $(BUILD)/check
TIDY      := $(patsubst core/%.c,$(CHECK)/tidy/%.ok,$(SRC))
CLANG_OK  := $(patsubst %.c,$(CHECK)/clang/%.ok,$(C_SOURCES))

.PHONY: check-format check-clang check-tidy check-cppcheck check-lua
format: ## lay out all C files by .clang-format
	clang-format -i $(FORMATTED)

check-format:
	@clang-format --dry-run -Werror $(FORMATTED)
	@echo "format: $(words $(FORMATTED)) files in the house's layout"

check-clang: $(CLANG_OK)
	@echo "clang: $(words $(CLANG_OK)) files without a warning"
$(CHECK)/clang/%.ok: %.c $(C_FILES)
	@mkdir -p $(@D)
	@clang $(STD) $(WARN) $(WARN_CLANG) -Werror -O0 -fsyntax-only $(LIB_CFLAGS) -I$(GEN) -Itests $<
	@touch $@

check-tidy: $(TIDY)
	@echo "clang-tidy: $(words $(TIDY)) files clean"
$(CHECK)/tidy/%.ok: core/%.c .clang-tidy $(filter %.h,$(C_FILES))
	@mkdir -p $(@D)
	@clang-tidy --quiet $< -- $(STD) $(LIB_CFLAGS) -I$(GEN) 2>$@.log || { cat $@.log; exit 1; }
	@touch $@

check-cppcheck: $(CHECK)/cppcheck.ok
	@echo "cppcheck: clean"
$(CHECK)/cppcheck.ok: $(filter core/%,$(C_FILES)) tests/cppcheck.txt
	@mkdir -p $(@D)
	@cppcheck --quiet --std=c11 --enable=warning,portability,performance --inline-suppr \
	    --suppressions-list=tests/cppcheck.txt --error-exitcode=1 -j$(JOBS) -Icore $(SRC)
	@touch $@

check-lua:
	@luacheck --quiet $(wildcard lua tools agents tests/lua)
	@echo "luacheck: clean"
