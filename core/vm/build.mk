# The platform's Lua goes into the sandbox program as data: lua/**/*.lua -> mb_lua_files[], named by
# their paths below lua/. The list is a file of its own so that a removed one is noticed too.
LUA_FILES := $(shell find lua -name '*.lua' ! -path '*/spec/*' | LC_ALL=C sort)
GEN_SANDBOX += $(GEN)/vm/lua_files.c

$(GEN)/vm/lua_files.txt: FORCE
	@mkdir -p $(@D)
	@echo '$(LUA_FILES)' | cmp -s - $@ || echo '$(LUA_FILES)' >$@

$(GEN)/vm/lua_files.c: core/base/embed.sh $(GEN)/vm/lua_files.txt $(LUA_FILES)
	sh core/base/embed.sh mb_lua_files lua $(LUA_FILES) >$@

# The one fuzz target that needs the sandbox's side of the house.
$(B)/fuzz_worker_frames: $(B)/libsandbox.a
$(B)/fuzz_worker_frames: LIBS_CORE = $(LIBS_SANDBOX)
