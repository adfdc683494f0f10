#include "sandbox/isolate.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/base.h"

static bool write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t n = write(fd, text, strlen(text));
    close(fd);
    return n == (ssize_t)strlen(text);
}

/* -- control group ---------------------------------------------------------------------------- */

bool mb_isolate_join_cgroup(const char *root, const char *name)
{
    char path[256], group[192], pid[16];
    snprintf(path, sizeof(path), "%s/cgroup.controllers", root);
    if (access(path, R_OK) != 0)
        return false;
    snprintf(path, sizeof(path), "%s/cgroup.subtree_control", root);
    bool weighted = write_file(path, "+cpu");
    snprintf(group, sizeof(group), "%s/%s", root, name);
    if (mkdir(group, 0755) != 0 && errno != EEXIST)
        return false;
    /* A quarter of the default 100: what competes with the core for a CPU gets the smaller part. */
    snprintf(path, sizeof(path), "%s/cpu.weight", group);
    weighted = write_file(path, "25") && weighted;
    snprintf(path, sizeof(path), "%s/cgroup.procs", group);
    snprintf(pid, sizeof(pid), "%d", (int)getpid());
    return write_file(path, pid) && weighted;
}

/* -- namespaces ------------------------------------------------------------------------------- */

/* For who is not root: a user namespace, in which one may make the others. */
static bool enter_user_namespace(void)
{
    char map[48];
    uid_t uid = getuid();
    gid_t gid = getgid();
    if (uid == 0 || unshare(CLONE_NEWUSER) != 0)
        return false;
    snprintf(map, sizeof(map), "65534 %u 1", (unsigned)uid);
    bool ok = write_file("/proc/self/uid_map", map);
    ok = write_file("/proc/self/setgroups", "deny") && ok;
    snprintf(map, sizeof(map), "65534 %u 1", (unsigned)gid);
    return write_file("/proc/self/gid_map", map) && ok;
}

/* The first process of a process namespace, whose end ends all others in it. It only waits for the
 * zygote to be gone: the zygote alone has the pipe's other end. */
static void MB_NORETURN be_init(int pipe_read)
{
    char c;
    prctl(PR_SET_NAME, "moonbase-init");
    prctl(PR_SET_DUMPABLE, 0);
    if (pipe_read > 0)
        close_range(0, (unsigned)pipe_read - 1, 0);
    close_range((unsigned)pipe_read + 1, ~0U, 0);
    while (read(pipe_read, &c, 1) != 0)
        if (errno != EINTR)
            break;
    _exit(0);
}

static bool enter_pid_namespace(void)
{
    int ends[2];
    if (unshare(CLONE_NEWPID) != 0)
        return false;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false; /* forks will be refused: the namespace has no first process */
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[1]);
        be_init(ends[0]);
    }
    close(ends[0]); /* the other end stays open until the zygote ends */
    return pid > 0;
}

/* -- an empty root ---------------------------------------------------------------------------- */

/* In a mount namespace of our own: a tmpfs that nothing is in, made the root, the old one gone. */
static bool pivot_into_tmpfs(void)
{
    static const char *const places[] = {"/tmp", "/run", "/mnt", "/dev", "/proc"};
    if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        return false;
    for (size_t i = 0; i < MB_LEN(places); i++) {
        if (mount("moonbase", places[i], "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
                  "size=4k,nr_inodes=2,mode=555") != 0)
            continue;
        if (chdir(places[i]) != 0 || syscall(SYS_pivot_root, ".", ".") != 0 ||
            umount2(".", MNT_DETACH) != 0 || chdir("/") != 0)
            return false;
        return mount(NULL, "/", NULL,
                     MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
                     NULL) == 0;
    }
    return false;
}

/* Without a mount namespace: a directory that is removed while we stand in it. */
static bool chroot_into_nothing(void)
{
    char path[] = "/tmp/moonbase-XXXXXX";
    if (!mkdtemp(path))
        return false;
    bool inside = chdir(path) == 0;
    bool removed = rmdir(path) == 0;
    return inside && removed && chroot(".") == 0;
}

/* -- capabilities ----------------------------------------------------------------------------- */

/* Whatever is executed from here on, it gains none. */
static void empty_bounding_set(void)
{
    for (int cap = 0; prctl(PR_CAPBSET_READ, cap) >= 0; cap++)
        prctl(PR_CAPBSET_DROP, cap);
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}

bool mb_isolate_keep_caps(unsigned long long keep)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {0};
    if (syscall(SYS_capget, &head, data) != 0)
        return false;
    for (int i = 0; i < 2; i++) {
        data[i].permitted &= (uint32_t)(keep >> (32 * i));
        data[i].effective = data[i].permitted;
        data[i].inheritable = 0;
    }
    return syscall(SYS_capset, &head, data) == 0;
}

void mb_isolate(struct mb_got *got)
{
    got->cgroup_v2 = mb_isolate_join_cgroup("/sys/fs/cgroup", "moonbase.sandboxes");
    if (geteuid() != 0)
        got->user_namespace = enter_user_namespace();
    got->network_namespace = unshare(CLONE_NEWNET) == 0;
    got->ipc_namespace = unshare(CLONE_NEWIPC) == 0;
    got->uts_namespace = unshare(CLONE_NEWUTS) == 0;
    got->mount_namespace = unshare(CLONE_NEWNS) == 0;
    got->pid_namespace = enter_pid_namespace();
    got->empty_root = got->mount_namespace && pivot_into_tmpfs();
    if (!got->empty_root)
        got->empty_root = chroot_into_nothing();
    empty_bounding_set();
    /* To give each child a user id of its own, and so that its end reaches them. */
    mb_isolate_keep_caps(1ULL << CAP_SETUID | 1ULL << CAP_SETGID | 1ULL << CAP_KILL);
}
