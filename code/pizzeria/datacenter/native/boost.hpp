// Everything of Boost that the Asio servers use: the part that is precompiled, for it never changes.
#ifndef PIZZERIA_BOOST_HPP
#define PIZZERIA_BOOST_HPP
#include <utility>

#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/json.hpp>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace json = boost::json;
using tcp = asio::ip::tcp;
#endif
