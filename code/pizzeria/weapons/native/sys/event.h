// kqueue for Linux, just enough for the post: the four filters READ, WRITE, TIMER and USER, in terms of epoll, timerfd
// and eventfd. On BSD and macOS this file steps aside for the real one. Not thread-safe, 256 knotes a process.
#pragma once
#ifndef __linux__
#include_next <sys/event.h>
#else
#include <errno.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { EVFILT_READ = -1, EVFILT_WRITE = -2, EVFILT_TIMER = -7, EVFILT_USER = -10 };
enum { EV_ADD = 0x1, EV_DELETE = 0x2, EV_ONESHOT = 0x10, EV_CLEAR = 0x20, EV_EOF = 0x8000 };
enum { NOTE_TRIGGER = 0x01000000 };

struct kevent {
    uintptr_t ident;
    int16_t filter;
    uint16_t flags;
    uint32_t fflags;
    intptr_t data;
    void *udata;
};

static inline void EV_SET(struct kevent *event, uintptr_t ident, int filter, int flags, uint32_t fflags,
                          intptr_t data, void *udata) {
    event->ident = ident;
    event->filter = (int16_t)filter;
    event->flags = (uint16_t)flags;
    event->fflags = fflags;
    event->data = data;
    event->udata = udata;
}

// A knote is what kqueue calls one (identity, filter) pair that it watches. Each gets a descriptor of its own, a dup
// for READ and WRITE, because epoll knows a descriptor once and kqueue knows it once a filter.
struct linux_knote {
    struct kevent event;
    int queue, fd, used;
};
static struct linux_knote linux_knotes[256];

static inline int kqueue(void) { return epoll_create1(EPOLL_CLOEXEC); }

static inline int linux_knote_fail(int code) {
    errno = code;
    return -1;
}

static inline struct linux_knote *linux_knote_find(int queue, uintptr_t ident, int filter) {
    for (int i = 0; i < 256; i++) {
        struct linux_knote *note = &linux_knotes[i];
        if (note->used && note->queue == queue && note->event.ident == ident && note->event.filter == filter)
            return note;
    }
    return 0;
}

static inline int linux_knote_drop(struct linux_knote *note) {
    epoll_ctl(note->queue, EPOLL_CTL_DEL, note->fd, 0);
    close(note->fd);
    note->used = 0;
    return 0;
}

static inline int linux_knote_open(const struct kevent *event) {
    switch (event->filter) {
    case EVFILT_READ:
    case EVFILT_WRITE: return dup((int)event->ident);
    case EVFILT_TIMER: return timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    case EVFILT_USER: return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    default: return linux_knote_fail(EINVAL);
    }
}

static inline int linux_knote_add(int queue, const struct kevent *event) {
    struct linux_knote *note = linux_knote_find(queue, event->ident, event->filter);
    if (!note) {
        for (int i = 0; i < 256 && !note; i++)
            if (!linux_knotes[i].used) note = &linux_knotes[i];
        if (!note) return linux_knote_fail(ENOMEM);
        note->queue = queue;
        note->fd = linux_knote_open(event);
        if (note->fd < 0) return -1;
        struct epoll_event wanted;
        wanted.events = event->filter == EVFILT_WRITE ? EPOLLOUT : EPOLLIN | EPOLLRDHUP;
        if (event->flags & EV_CLEAR) wanted.events |= EPOLLET;
        wanted.data.ptr = note;
        if (epoll_ctl(queue, EPOLL_CTL_ADD, note->fd, &wanted) < 0) {
            int code = errno;
            close(note->fd);
            return linux_knote_fail(code);
        }
        note->used = 1;
    }
    note->event = *event;
    if (event->filter != EVFILT_TIMER) return 0;
    struct itimerspec period;
    period.it_value.tv_sec = event->data / 1000; // kqueue counts in milliseconds
    period.it_value.tv_nsec = event->data % 1000 * 1000000;
    period.it_interval = period.it_value;
    return timerfd_settime(note->fd, 0, &period, 0);
}

static inline int linux_knote_change(int queue, const struct kevent *change) {
    struct linux_knote *note = linux_knote_find(queue, change->ident, change->filter);
    if (change->flags & EV_ADD) return linux_knote_add(queue, change);
    if (!note) return linux_knote_fail(ENOENT);
    if (change->flags & EV_DELETE) return linux_knote_drop(note);
    if (change->filter == EVFILT_USER && change->fflags & NOTE_TRIGGER) return eventfd_write(note->fd, 1);
    return 0;
}

static inline int kevent(int queue, const struct kevent *changes, int nchanges, struct kevent *events, int nevents,
                         const struct timespec *timeout) {
    for (int i = 0; i < nchanges; i++)
        if (linux_knote_change(queue, &changes[i]) < 0) return -1;
    if (nevents == 0) return 0;
    struct epoll_event ready[64];
    int wait_ms = timeout ? (int)(timeout->tv_sec * 1000 + (timeout->tv_nsec + 999999) / 1000000) : -1;
    int count = epoll_wait(queue, ready, nevents < 64 ? nevents : 64, wait_ms);
    for (int i = 0; i < count; i++) {
        struct linux_knote *note = (struct linux_knote *)ready[i].data.ptr;
        uint64_t rang = 0;
        int waiting = 0;
        events[i] = note->event;
        events[i].data = 0;
        if (note->event.filter == EVFILT_READ) {
            if (ioctl(note->fd, FIONREAD, &waiting) == 0) events[i].data = waiting; // bytes to read
            if (ready[i].events & (EPOLLRDHUP | EPOLLHUP)) events[i].flags |= EV_EOF;
        } else if (note->event.filter == EVFILT_TIMER || note->event.flags & (EV_CLEAR | EV_ONESHOT)) {
            if (note->event.filter != EVFILT_WRITE && read(note->fd, &rang, sizeof rang) > 0)
                events[i].data = (intptr_t)rang; // how often the timer rang since you last looked
        }
        if (note->event.flags & EV_ONESHOT) linux_knote_drop(note);
    }
    return count;
}
#endif
