// The compiled half of Boost.Asio, Beast and JSON: an object file of its own, made once a standard.
#include "boost.hpp"

#include <boost/asio/impl/src.hpp>
#include <boost/beast/src.hpp>
#include <boost/json/src.hpp>
