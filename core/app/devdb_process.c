/* Running other programs to their end, as another user where that is needed. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/devdb_private.h"
#include "base/buf.h"

char *mb_devdb_format(const char *fmt, ...)
{
    char *text = NULL;
    va_list ap;
    va_start(ap, fmt);
    int n = vasprintf(&text, fmt, ap);
    va_end(ap);
    mb_assert(n >= 0);
    return text;
}

int mb_devdb_user(struct mb_devdb_user *user, struct mb_err *err)
{
    *user = (struct mb_devdb_user){geteuid(), getegid()};
    if (user->uid != 0)
        return 0;
    const struct passwd *pw = getpwnam("postgres");
    if (!pw)
        return mb_err_set(err, MB_E_CONFIG,
                          "PostgreSQL does not run as root, and there is no user 'postgres'");
    *user = (struct mb_devdb_user){pw->pw_uid, pw->pw_gid};
    return 0;
}

/* A folder under /root, say, is closed to the user postgres, and so would be a data folder in it.
 * With CAP_DAC_OVERRIDE kept over the change of user the server gets at its own files there, and
 * that is all it needs; where root has no such capability (a container) it does without. */
static void keep_entering(void)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{0}};
    data[0].permitted = data[0].effective = data[0].inheritable = 1u << CAP_DAC_OVERRIDE;
    if (syscall(SYS_capset, &head, data) == 0)
        prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0);
}

static bool become(const struct mb_devdb_user *user, bool override)
{
    if (!user || user->uid == geteuid())
        return true;
    if (override)
        prctl(PR_SET_KEEPCAPS, 1);
    if (setgroups(0, NULL) != 0 || setgid(user->gid) != 0 || setuid(user->uid) != 0)
        return false;
    if (override)
        keep_entering();
    return true;
}

/* Nothing of ours leaks into the program: no signal mask, no handler, no descriptor. */
static void reset(const char *log)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (int sig = 1; sig < NSIG; sig++)
        signal(sig, SIG_DFL);
    int in = open("/dev/null", O_RDWR);
    int out = log ? open(log, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0600) : -1;
    dup2(in, STDIN_FILENO);
    dup2(out >= 0 ? out : in, STDOUT_FILENO);
    dup2(out >= 0 ? out : in, STDERR_FILENO);
    close_range(STDERR_FILENO + 1, ~0u, 0);
}

static int wait_for(pid_t pid)
{
    int status;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return 127;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int mb_devdb_run(const struct mb_devdb_user *user, const char *log, const char *const *argv)
{
    pid_t pid = fork();
    if (pid < 0)
        return 127;
    if (pid == 0) {
        reset(log);
        if (become(user, true) && chdir("/") == 0)
            execv(argv[0], (char *const *)(const void *)argv);
        _exit(127);
    }
    return wait_for(pid);
}

bool mb_devdb_can_enter(const struct mb_devdb_user *user, const char *dir)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(become(user, false) && access(dir, X_OK) == 0 ? 0 : 1);
    return pid > 0 && wait_for(pid) == 0;
}

char *mb_devdb_find(const char *name)
{
    if (strchr(name, '/'))
        return access(name, X_OK) == 0 ? mb_strdup(name) : NULL;
    const char *path = getenv("PATH");
    char *list = mb_strdup(path ? path : "/usr/bin:/bin"), *rest = list, *found = NULL;
    for (char *dir; !found && (dir = strsep(&rest, ":"));) {
        char *file = mb_devdb_format("%s/%s", *dir ? dir : ".", name);
        if (access(file, X_OK) == 0)
            found = file;
        else
            free(file);
    }
    free(list);
    return found;
}

char *mb_devdb_tail(const char *path)
{
    char text[300];
    ssize_t n = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        off_t size = lseek(fd, 0, SEEK_END);
        n = pread(fd, text, sizeof(text) - 1, MB_MAX(size - (off_t)sizeof(text) + 1, (off_t)0));
        close(fd);
    }
    size_t len = n > 0 ? (size_t)n : 0;
    while (len && text[len - 1] == '\n')
        len--;
    text[len] = '\0';
    for (size_t i = 0; i < len; i++)
        if (text[i] == '\n')
            text[i] = ' ';
    return mb_strdup(text);
}
