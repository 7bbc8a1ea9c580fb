// A reservation that is being made is counted for as long as this lives: whatever ends it, an exception too.
#pragma once
#include <cstddef>

class Inside {
public:
    explicit Inside(std::size_t& count) : count_(count) { ++count_; }
    ~Inside() { --count_; }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;
private:
    std::size_t& count_;
};
