# openapi.yaml is built into the core as JSON: mb_http_documents[0] (base/embed.h).
GEN_CORE += $(GEN)/http/openapi.c

$(GEN)/http/gen_openapi: core/http/gen_openapi.c
	@mkdir -p $(@D)
	gcc -std=gnu17 -O1 -Wall -Wextra -Werror $< -lyaml -ljansson -o $@
$(GEN)/http/openapi.json: core/http/openapi.yaml $(GEN)/http/gen_openapi
	$(GEN)/http/gen_openapi $< >$@
$(GEN)/http/openapi.c: $(GEN)/http/openapi.json core/base/embed.sh
	core/base/embed.sh mb_http_documents $(GEN)/http $(GEN)/http/openapi.json >$@
