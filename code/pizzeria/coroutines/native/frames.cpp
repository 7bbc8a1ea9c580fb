#include "weighed.hpp"
#define APART __attribute__((noinline))              // its caller does not look inside

volatile char taste;
void knead(char (&dough)[1000]) {
    for (char& crumb : dough) crumb = taste;
    taste = dough[7];
}
void knead_some() { char dough[1000]; knead(dough); }

APART Weighed nothing() { co_await pause; }
APART Weighed needed()  { char d[1000]; knead(d); co_await pause; taste = d[9]; }
APART Weighed dead()    { { char d[1000]; knead(d); } co_await pause; }
APART Weighed unborn()  { co_await pause; { char d[1000]; knead(d); } }
APART Weighed in_turn() {
    { char d[1000]; knead(d); co_await pause; taste = d[9]; }
    { char d[1000]; knead(d); co_await pause; taste = d[9]; }
}
APART Weighed called()  { knead_some(); co_await pause; }
inline Weighed seen()   { char d[1000]; knead(d); co_await pause; taste = d[9]; }

int main() {
    weigh("nothing", nothing);
    weigh("needed after the wait", needed);
    weigh("dead before it", dead);
    weigh("unborn before it", unborn);
    weigh("one, then another", in_turn);
    weigh("in a plain function", called);
    weigh("needed, never out of sight", [] { return seen(); });
}
