// POSIX AIO: a write and a read of a disk file, started first and done later, and who did them.
#include <aio.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>

int bell[2]; // the notification rings it: a pipe, so that a select, a poll or an epoll can hear it

std::string threads() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.rfind("Threads:", 0) == 0) return line.substr(9);
    return "(not counted here)";
}

void ring(int, siginfo_t *, void *) {
    const int saved = errno;
    if (write(bell[1], "!", 1) != 1) std::abort();
    errno = saved;
}

ssize_t finish(aiocb &operation, const char *what) { // wait for the notification, then collect
    pollfd wanted{bell[0], POLLIN, 0};
    char byte;
    int rang;
    while ((rang = poll(&wanted, 1, 60000)) < 0 && errno == EINTR) {}
    if (rang != 1 || read(bell[0], &byte, 1) != 1) std::exit(1);
    if (aio_error(&operation) != 0) std::exit(1);
    const ssize_t bytes = aio_return(&operation);
    std::printf("%s: notified, %zd bytes\n", what, bytes);
    return bytes;
}

int main() {
#ifdef __GLIBC__
    aioinit habits{};
    habits.aio_idle_time = 60; // s that the hidden thread stays, else one: it shall not leave before it is counted
    aio_init(&habits);
#endif
    struct sigaction action {};
    action.sa_sigaction = ring;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    char path[] = "/tmp/reservation-XXXXXX";
    const int file = mkstemp(path);
    if (file < 0 || pipe(bell) < 0 || sigaction(SIGUSR1, &action, nullptr) < 0) return 1;
    unlink(path);
    std::printf("threads before: %s\n", threads().c_str());

    char text[] = "table for two", back[sizeof text] = "";
    aiocb operation{};
    operation.aio_fildes = file;
    operation.aio_nbytes = sizeof text;
    operation.aio_sigevent.sigev_notify = SIGEV_SIGNAL;
    operation.aio_sigevent.sigev_signo = SIGUSR1;

    operation.aio_buf = text;
    if (aio_write(&operation) < 0) return 1; // started
    finish(operation, "write");
    operation.aio_buf = back;
    if (aio_read(&operation) < 0) return 1;
    finish(operation, "read");
    std::printf("it says \"%s\"\n", back);
    std::printf("threads after: %s\n", threads().c_str());
    close(file);
    return std::strcmp(text, back) != 0;
}
