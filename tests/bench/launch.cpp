// Runs a program and appends what it used to a file, as one line of JSON: launch FILE PROGRAM ARGUMENT...
// A process of its own, and a small one: the peak memory that the system notes for a program begins with that of the
// process which started it.
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <ctime>

int main(int count, char** values)
{
    if (count < 3) {
        std::fputs("usage: launch FILE PROGRAM ARGUMENT...\n", stderr);
        return 2;
    }
    timespec began{};
    clock_gettime(CLOCK_MONOTONIC, &began);
    pid_t const child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);  // a runner that gives up leaves nothing behind
        execvp(values[2], values + 2);
        std::perror(values[2]);
        _exit(127);
    }
    int status = 0;
    rusage used{};
    if (child < 0 || wait4(child, &status, 0, &used) != child) {
        std::perror("launch");
        return 1;
    }
    timespec ended{};
    clock_gettime(CLOCK_MONOTONIC, &ended);
    auto const seconds = [](auto whole, auto fraction, double unit) {
        return static_cast<double>(whole) + static_cast<double>(fraction) * unit;
    };
    FILE* const out = std::fopen(values[1], "w");
    if (out == nullptr) {
        std::perror(values[1]);
        return 1;
    }
    std::fprintf(out, "{\"wall\": %.6f, \"user\": %.6f, \"system\": %.6f, \"peak_kib\": %ld, \"switches\": %ld}\n",
                 seconds(ended.tv_sec - began.tv_sec, ended.tv_nsec - began.tv_nsec, 1e-9),
                 seconds(used.ru_utime.tv_sec, used.ru_utime.tv_usec, 1e-6),
                 seconds(used.ru_stime.tv_sec, used.ru_stime.tv_usec, 1e-6), used.ru_maxrss,
                 used.ru_nvcsw + used.ru_nivcsw);
    std::fclose(out);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
