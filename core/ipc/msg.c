#include "ipc/msg.h"

#define FROM_CORE   MB_MSG_FROM_CORE
#define FROM_WORKER MB_MSG_FROM_WORKER

static const struct mb_msg_rule rules[] = {
#define MB_MSG(name, number, from, phase, cap)                                                     \
    [number] = {#name, FROM_##from, MB_MSG_PHASE_##phase, (cap)},
#include "ipc/msg.def"
#undef MB_MSG
};

const struct mb_msg_rule *mb_msg_rule(uint16_t type)
{
    return type < MB_LEN(rules) && rules[type].name ? &rules[type] : NULL;
}

const char *mb_msg_refuse(const struct mb_msg_head *head, enum mb_msg_from from)
{
    const struct mb_msg_rule *rule = mb_msg_rule(head->type);
    if (!rule)
        return "unknown message";
    if (rule->from != from)
        return "message in the wrong direction";
    if (head->len > rule->cap)
        return "message over its cap";
    if (head->zero)
        return "reserved field is not 0";
    return NULL;
}
