/* The frames of msg.def: header, fixed payload heads, and the rules that a frame is held to. */
#ifndef MB_IPC_MSG_H
#define MB_IPC_MSG_H

#include "base/base.h"

enum mb_msg_type {
#define MB_MSG(name, number, from, phase, cap) MB_MSG_##name = (number),
#include "ipc/msg.def"
#undef MB_MSG
};

enum mb_msg_from { MB_MSG_FROM_CORE = 1, MB_MSG_FROM_WORKER = 2 };
enum mb_msg_phase { MB_MSG_PHASE_ANY, MB_MSG_PHASE_BOOT, MB_MSG_PHASE_LIVE, MB_MSG_PHASE_RUN };

/* On the wire: 16 bytes, little-endian, then `len` bytes of payload. */
struct mb_msg_head {
    uint32_t len;
    uint16_t type;
    uint16_t zero; /* reserved, must be 0 */
    uint32_t run;
    uint32_t step;
};

/* Fixed heads of payloads (little-endian, packed by layout). */
struct mb_msg_start {
    uint8_t seed[16];     /* of the run's random numbers and ids */
    int64_t clock_us;     /* the run's clock at its start: Unix time */
    uint64_t cpu_left_us; /* CPU time that the run may still use in this worker */
};
struct mb_msg_answer {
    int64_t clock_us; /* the run's clock moves to this */
    uint32_t ok;      /* 1: json is the result; 0: json is the error */
    uint32_t zero;
};
struct mb_msg_call {
    uint64_t cpu_us; /* CPU that the run has used in this worker since START */
    uint64_t branch; /* that asks; the same whenever the run is read again. 0 = the main function */
    uint32_t tool_len; /* bytes of the tool's name, 1 to 64 */
    uint32_t zero;
};
struct mb_msg_end {
    uint64_t cpu_us;
    uint64_t memory_bytes; /* Lua memory of the worker just then */
};

/* The row of msg.def for a type; NULL when there is no such type. */
struct mb_msg_rule {
    const char *name;
    enum mb_msg_from from;
    enum mb_msg_phase phase;
    uint32_t cap;
};
const struct mb_msg_rule *mb_msg_rule(uint16_t type);

/* Checks a header that came from `from`: known type, right direction, length under its cap,
 * reserved field 0. Returns NULL when it is fine, else what is wrong (static text). */
const char *mb_msg_refuse(const struct mb_msg_head *head, enum mb_msg_from from);

#endif
