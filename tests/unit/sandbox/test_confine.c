/* DESIGN section 2, "Confinement", line by line, as the kernel tells it of a running sandbox. What
 * a host does not give (--probe says so) is skipped. */
#include <dirent.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness.h"
#include "sandbox/isolate.h"

struct fixture {
    struct zygote z;
    struct worker agent;
    char probe[2048];
};

static int set_up(void **state)
{
    struct fixture *f = mb_zalloc(sizeof(*f));
    char command[PATH_MAX + 16];
    snprintf(command, sizeof(command), "'%s' --probe", harness_binary());
    FILE *probe = popen(command, "r");
    if (!probe || !fgets(f->probe, sizeof(f->probe), probe) || pclose(probe) != 0)
        return -1;
    f->z = harness_zygote();
    f->agent = harness_worker(&f->z, "agent", 8 * 1024 * 1024);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    harness_worker_end(&f->agent);
    harness_end(&f->z);
    free(f);
    return 0;
}

static void need(const struct fixture *f, const char *what)
{
    char text[64];
    snprintf(text, sizeof(text), "\"%s\":true", what);
    if (!strstr(f->probe, text))
        skip();
}

static char *in_proc(const struct fixture *f, const char *name)
{
    static char path[64];
    snprintf(path, sizeof(path), "/proc/%d/%s", (int)f->agent.pid, name);
    return path;
}

static void has_one_descriptor(void **state)
{
    DIR *dir = opendir(in_proc(*state, "fd"));
    struct dirent *e;
    int n = 0;
    assert_non_null(dir);
    while ((e = readdir(dir)))
        if (e->d_name[0] != '.') {
            assert_string_equal(e->d_name, "3");
            n++;
        }
    closedir(dir);
    assert_int_equal(n, 1);
}

static void has_an_empty_environment(void **state)
{
    char c;
    FILE *f = fopen(in_proc(*state, "environ"), "re");
    if (!f)
        skip(); /* not ours to read */
    assert_int_equal(fread(&c, 1, 1, f), 0);
    fclose(f);
}

static void can_gain_no_privileges(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(harness_proc(f->agent.pid, "status", "NoNewPrivs"), 1);
}

static void has_a_system_call_filter(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(harness_proc(f->agent.pid, "status", "Seccomp"), 2);
}

static void has_no_capabilities(void **state)
{
    struct fixture *f = *state;
    static const char *const sets[] = {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"};
    for (size_t i = 0; i < MB_LEN(sets); i++)
        assert_int_equal(harness_proc(f->agent.pid, "status", sets[i]), 0);
}

static void has_a_user_id_of_its_own(void **state)
{
    struct fixture *f = *state;
    need(f, "uid_drop");
    struct worker other = harness_worker(&f->z, "agent", 8 * 1024 * 1024);
    long long a = harness_proc(f->agent.pid, "status", "Uid");
    long long b = harness_proc(other.pid, "status", "Uid");
    assert_true(a > 0 && b > 0);
    if (a != 65534)
        assert_int_not_equal(a, b);
    assert_int_equal(harness_proc(other.pid, "status", "Gid"), b);
    char groups[256] = "";
    FILE *status = fopen(in_proc(f, "status"), "re");
    while (fgets(groups, sizeof(groups), status) && strncmp(groups, "Groups:", 7) != 0)
        continue;
    fclose(status);
    assert_int_equal(strspn(groups + 7, " \t\n"), strlen(groups + 7));
    harness_worker_end(&other);
}

static void is_not_dumpable(void **state)
{
    struct fixture *f = *state;
    struct stat st;
    need(f, "uid_drop");
    assert_int_equal(stat(in_proc(f, "mem"), &st), 0);
    assert_int_equal(st.st_uid, 0); /* the kernel gives what is not dumpable to root */
}

static void has_limits(void **state)
{
    static const char *const rows[] = {"Max core file size", "Max open files",
                                       "Max processes",      "Max file size",
                                       "Max locked memory",  "Max msgqueue size"};
    char line[256];
    size_t found = 0;
    bool space = false;
    FILE *f = fopen(in_proc(*state, "limits"), "re");
    assert_non_null(f);
    while (fgets(line, sizeof(line), f)) {
        unsigned long long soft = 1, hard = 1;
        for (size_t i = 0; i < MB_LEN(rows); i++)
            if (strncmp(line, rows[i], strlen(rows[i])) == 0) {
                assert_int_equal(sscanf(line + 26, "%llu %llu", &soft, &hard), 2);
                assert_int_equal(soft, 0);
                assert_int_equal(hard, 0);
                found++;
            }
        if (strncmp(line, "Max address space", 17) == 0)
            space = sscanf(line + 26, "%llu", &soft) == 1 && soft < 1ULL << 30;
    }
    fclose(f);
    assert_int_equal(found, MB_LEN(rows));
    assert_true(space);
}

static void expect_other_namespace(struct fixture *f, const char *row, const char *name)
{
    char path[64], mine[64] = "", its[64] = "";
    need(f, row);
    snprintf(path, sizeof(path), "/proc/self/ns/%s", name);
    assert_true(readlink(path, mine, sizeof(mine) - 1) > 0);
    snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)f->agent.pid, name);
    if (readlink(path, its, sizeof(its) - 1) <= 0)
        skip();
    assert_string_not_equal(mine, its);
}

static void has_its_own_network(void **state)
{
    expect_other_namespace(*state, "network_namespace", "net");
}

static void has_its_own_ipc(void **state)
{
    expect_other_namespace(*state, "ipc_namespace", "ipc");
}

static void has_its_own_host_name(void **state)
{
    expect_other_namespace(*state, "uts_namespace", "uts");
}

static void has_its_own_mounts(void **state)
{
    expect_other_namespace(*state, "mount_namespace", "mnt");
}

static void has_its_own_processes(void **state)
{
    expect_other_namespace(*state, "pid_namespace", "pid");
}

static void has_an_empty_root(void **state)
{
    need(*state, "empty_root");
    DIR *dir = opendir(in_proc(*state, "root/"));
    struct dirent *e;
    if (!dir)
        skip();
    while ((e = readdir(dir)))
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            fail_msg("its root holds '%s'", e->d_name);
    closedir(dir);
}

static void runs_below_the_cores_priority(void **state)
{
    struct fixture *f = *state;
    char text[512] = "";
    FILE *stat = fopen(in_proc(f, "stat"), "re");
    assert_non_null(stat);
    assert_non_null(fgets(text, sizeof(text), stat));
    fclose(stat);
    char *at = strrchr(text, ')') + 2; /* field 3, the state; niceness is field 19 */
    for (int i = 3; i < 19; i++)
        at = strchr(at, ' ') + 1;
    assert_in_range(atoi(at), 10, 19);
}

static void write_text(const char *folder, const char *name, const char *text)
{
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void joins_a_control_group_where_there_is_one(void **state)
{
    (void)state;
    char folder[] = "/tmp/moonbase-cgroup-XXXXXX", group[64], path[PATH_MAX], text[32];
    assert_non_null(mkdtemp(folder));
    assert_false(mb_isolate_join_cgroup(folder, "none"));
    write_text(folder, "cgroup.controllers", "cpu memory");
    write_text(folder, "cgroup.subtree_control", "");
    snprintf(group, sizeof(group), "%s/boxes", folder);
    assert_int_equal(mkdir(group, 0755), 0);
    write_text(group, "cpu.weight", "100");
    write_text(group, "cgroup.procs", "");
    assert_true(mb_isolate_join_cgroup(folder, "boxes"));
    snprintf(path, sizeof(path), "%s/cgroup.procs", group);
    FILE *f = fopen(path, "re");
    assert_non_null(fgets(text, sizeof(text), f));
    fclose(f);
    assert_int_equal(atoi(text), getpid());
    snprintf(path, sizeof(path), "rm -r '%s'", folder);
    assert_int_equal(system(path), 0);
}

/* What readelf says the program needs: exactly this. */
static void links_nothing_but_its_four_libraries(void **state)
{
    (void)state;
    static const char *const allowed[] = {"libluajit-5.1",  "libseccomp", "libc.so",
                                          "libm.so",        "libgcc_s",   "ld-linux",
                                          "liblua5.1-cjson"};
    char command[PATH_MAX + 64], line[512];
    snprintf(command, sizeof(command), "readelf -d '%s'", harness_binary());
    FILE *f = popen(command, "r");
    int n = 0;
    assert_non_null(f);
    while (fgets(line, sizeof(line), f)) {
        char *library = strstr(line, "(NEEDED)") ? strchr(line, '[') : NULL;
        bool known = false;
        if (!library)
            continue;
        for (size_t i = 0; i < MB_LEN(allowed); i++)
            known = known || strncmp(library + 1, allowed[i], strlen(allowed[i])) == 0;
        if (!known)
            fail_msg("it links %s", library);
        n++;
    }
    assert_int_equal(pclose(f), 0);
    assert_in_range(n, 2, 7);
}

static void probe_names_every_protection(void **state)
{
    struct fixture *f = *state;
    static const char *const always[] = {"no_new_privs", "syscall_filter",  "resource_limits",
                                         "not_dumpable", "no_capabilities", "preemption_timer"};
    for (size_t i = 0; i < MB_LEN(always); i++) {
        char text[64];
        snprintf(text, sizeof(text), "\"%s\":true", always[i]);
        assert_non_null(strstr(f->probe, text));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_one_descriptor),
        cmocka_unit_test(has_an_empty_environment),
        cmocka_unit_test(can_gain_no_privileges),
        cmocka_unit_test(has_a_system_call_filter),
        cmocka_unit_test(has_no_capabilities),
        cmocka_unit_test(has_a_user_id_of_its_own),
        cmocka_unit_test(is_not_dumpable),
        cmocka_unit_test(has_limits),
        cmocka_unit_test(has_its_own_network),
        cmocka_unit_test(has_its_own_ipc),
        cmocka_unit_test(has_its_own_host_name),
        cmocka_unit_test(has_its_own_mounts),
        cmocka_unit_test(has_its_own_processes),
        cmocka_unit_test(has_an_empty_root),
        cmocka_unit_test(runs_below_the_cores_priority),
        cmocka_unit_test(joins_a_control_group_where_there_is_one),
        cmocka_unit_test(links_nothing_but_its_four_libraries),
        cmocka_unit_test(probe_names_every_protection),
    };
    return cmocka_run_group_tests_name("confinement", tests, set_up, tear_down);
}
