# The SQL is built into the core: mb_sql_files (base/embed.h).
MB_SQL_FILES := $(sort $(wildcard sql/migrations/*.sql)) $(sort $(wildcard sql/functions/*/*.sql))
GEN_CORE += $(GEN)/app/sql.c

$(GEN)/app/sql.c: $(MB_SQL_FILES) $(sort $(dir $(MB_SQL_FILES))) core/base/embed.sh
	@mkdir -p $(@D)
	core/base/embed.sh mb_sql_files sql $(MB_SQL_FILES) >$@
