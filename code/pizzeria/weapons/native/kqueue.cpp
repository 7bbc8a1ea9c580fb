// The kqueue API as BSD and macOS have it: four kinds of news in one queue, two of them no descriptors at all.
#include <sys/types.h>
#include <sys/event.h>
#include <sys/time.h>
#include <unistd.h>
#include <cstdio>

int main() {
    int pipe_ends[2];
    if (pipe(pipe_ends) < 0) return 1;
    const int queue = kqueue();

    struct kevent wanted[4];
    EV_SET(&wanted[0], pipe_ends[0], EVFILT_READ, EV_ADD, 0, 0, nullptr);
    EV_SET(&wanted[1], pipe_ends[1], EVFILT_WRITE, EV_ADD | EV_ONESHOT, 0, 0, nullptr);
    EV_SET(&wanted[2], 30, EVFILT_TIMER, EV_ADD | EV_ONESHOT, 0, 30, nullptr);      // order 30: 30 ms in the oven
    EV_SET(&wanted[3], 7, EVFILT_USER, EV_ADD | EV_CLEAR, 0, 0, nullptr);           // table 7 may ring
    if (kevent(queue, wanted, 4, nullptr, 0, nullptr) < 0) return 1;

    for (int seen = 0; seen < 4;) {
        struct kevent events[4];
        const struct timespec patience = {5, 0};
        const int count = kevent(queue, nullptr, 0, events, 4, &patience);
        if (count <= 0) return 1;
        for (int i = 0; i < count; i++, seen++) {
            char text[16] = "";
            struct kevent ring;
            switch (events[i].filter) {
            case EVFILT_WRITE:
                std::puts("WRITE: the pipe has room");
                if (write(pipe_ends[1], "calzone", 7) != 7) return 1;
                break;
            case EVFILT_READ:
                std::printf("READ: %d bytes wait", static_cast<int>(events[i].data));
                if (read(pipe_ends[0], text, sizeof text) < 0) return 1;
                std::printf(", \"%s\"\n", text);
                EV_SET(&ring, 7, EVFILT_USER, 0, NOTE_TRIGGER, 0, nullptr);
                if (kevent(queue, &ring, 1, nullptr, 0, nullptr) < 0) return 1;
                break;
            case EVFILT_USER: std::printf("USER: table %d rings\n", static_cast<int>(events[i].ident)); break;
            case EVFILT_TIMER: std::printf("TIMER: order %d is baked\n", static_cast<int>(events[i].ident)); break;
            }
        }
    }
    close(queue);
}
