# The built-in table of models and its form: mb_llm_files (base/embed.h). And the program that makes
# one model call, for the end-to-end tests of the model clients.
MB_LLM_FILES := core/llm/models.json core/llm/models.schema.json
GEN_CORE += $(GEN)/llm/files.c

$(GEN)/llm/files.c: $(MB_LLM_FILES) core/base/embed.sh
	@mkdir -p $(@D)
	core/base/embed.sh mb_llm_files core/llm $(MB_LLM_FILES) >$@

programs: $(B)/llmcall
$(B)/llmcall: $(B)/obj/tests/e2e/llmcall/llmcall.o $(B)/libcore.a
	$(CC) $(OPT) $(HARDEN) $^ $(LIBS_CORE) -o $@
