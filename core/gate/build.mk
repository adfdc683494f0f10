# The manifests of the core's own tools: mb_tools_embed (base/embed.h).
MB_TOOL_MANIFESTS := $(sort $(wildcard core/gate/tools/*.json core/llm/tools/*.json))
MB_GATE_SCHEMAS := $(sort $(wildcard core/gate/*.schema.json))
GEN_CORE += $(GEN)/gate/tools.c $(GEN)/gate/schemas.c

$(GEN)/gate/tools.c: $(MB_TOOL_MANIFESTS) core/base/embed.sh
	@mkdir -p $(@D)
	core/base/embed.sh mb_tools_embed core $(MB_TOOL_MANIFESTS) >$@
$(GEN)/gate/schemas.c: $(MB_GATE_SCHEMAS) core/base/embed.sh
	@mkdir -p $(@D)
	core/base/embed.sh mb_gate_schemas core/gate $(MB_GATE_SCHEMAS) >$@
